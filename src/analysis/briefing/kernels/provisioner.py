"""The provisioner jupyter_client is given: a forked kernel where that is safe, else a cold one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import signal
import sys
import time
from importlib.metadata import EntryPoint
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from analysis.briefing.kernels.client import ForkedKernel, RefusedError, shared_server, why_cold

PROVISIONER_NAME = "xuewei-warm"
GROUP = "jupyter_client.kernel_provisioners"
LAUNCHER = ["-m", "ipykernel_launcher"]
EXIT_SECONDS, LISTEN_SECONDS, SETTLE_SECONDS = 2.0, 30.0, 0.01

log = logging.getLogger(__name__)


class PromptClient(AsyncKernelClient):
    """A client that knows at once when the kernel is ready, instead of listening for silence."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel has answered, and has said on its output channel that it is idle.

        Raises
        ------
        RuntimeError
            The kernel died, or was not ready in time.
        """
        deadline = time.monotonic() + (timeout if timeout is not None else math.inf)
        await asyncio.sleep(SETTLE_SECONDS)  # who asks before it is subscribed must ask twice
        while not await self._answers():
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > deadline:
                msg = f"Kernel didn't respond in {timeout:.0f} seconds"
                raise RuntimeError(msg)

    async def _answers(self) -> bool:
        asked = self.kernel_info()
        try:
            reply = await self.shell_channel.get_msg(timeout=1)
            while reply["parent_header"].get("msg_id") != asked:
                reply = await self.shell_channel.get_msg(timeout=1)
            self._handle_kernel_info_reply(reply)
            while True:
                heard = await self.iopub_channel.get_msg(timeout=0.2)
                mine = heard["parent_header"].get("msg_id") == asked
                if mine and heard["content"].get("execution_state") == "idle":
                    return True
        except Empty:
            return False


class WarmProvisioner(LocalProvisioner):
    """Starts kernels by forking; whatever speaks against it leads to the ordinary cold start."""

    #: Why the last kernel was started cold; empty if it was forked.
    reason: str = ""
    process: Any = None
    #: Set once every cell has run: a kernel that is to end then needs no interrupt.
    idle: bool = False
    #: Largest memory the kernel has held, read when its last cell has run.
    peak_mb: float = 0.0

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a kernel, or start one cold and say why."""
        environment = kwargs.get("env") or dict(os.environ)
        folder = str(kwargs.get("cwd") or Path.cwd())
        self.reason = _against(cmd, environment, kwargs)
        if not self.reason:
            try:
                self.process = self._forked(cmd, environment, folder)
            except RefusedError as error:
                self.reason = str(error)
        if self.reason:
            log.info("cold kernel: %s", self.reason)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = folder
        await self._listening(self.process)
        return self.connection_info

    @staticmethod
    def _forked(cmd: list[str], environment: dict[str, str], folder: str) -> ForkedKernel:
        server = shared_server(environment)
        reason = server.why_not(environment)
        if reason:
            raise RefusedError(reason)
        return server.fork(cmd[3:], environment, folder)

    async def send_signal(self, signum: int) -> None:
        """Send a signal; the interrupt before a shutdown only to a kernel that is busy.

        An interrupt that meets a kernel just as it answers its last request can make it miss the
        request to end, which then costs seconds.
        """
        ending = getattr(self.parent, "shutting_down", False)
        if not (signum == signal.SIGINT and ending and self.idle):
            await super().send_signal(signum)

    async def _listening(self, process: ForkedKernel) -> None:
        """Wait until the kernel's sockets listen: who connects before that tries again late."""
        with process.listening as pipe:
            await _readable(pipe.fileno(), LISTEN_SECONDS)

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Wait for the kernel to end by itself: no polling every tenth of a second."""
        del restart
        if isinstance(self.process, ForkedKernel):
            await self._ended(self.process, EXIT_SECONDS)

    async def wait(self) -> int | None:
        """Wait for the kernel to end."""
        process = self.process
        if not isinstance(process, ForkedKernel):
            return await super().wait()
        await self._ended(process, None)
        self.process = None
        return process.returncode

    async def _ended(self, process: ForkedKernel, seconds: float | None) -> None:
        if process.poll() is not None:
            return
        await _readable(process.fileno(), seconds)
        process.poll()


async def _readable(number: int, seconds: float | None) -> None:
    """Wait until a file can be read, without polling it."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(number, ready.set)
    try:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(ready.wait(), seconds)
    finally:
        loop.remove_reader(number)


def _against(cmd: list[str], environment: dict[str, str], options: dict[str, Any]) -> str:
    """Say what speaks against a fork before any server is asked."""
    if cmd[1:3] != LAUNCHER or not _same_interpreter(cmd[0]):
        return "another interpreter or another kernel"
    if environment.get("PYTHONEXECUTABLE"):
        return "PYTHONEXECUTABLE is set"
    redirected = [n for n in ("stdin", "stdout", "stderr") if options.get(n) is not None]
    if redirected:
        return f"{', '.join(redirected)} redirected"
    return why_cold(environment)


def _same_interpreter(path: str) -> bool:
    with contextlib.suppress(OSError):
        return Path(path).absolute() == Path(sys.executable).absolute() or (
            Path(path).samefile(sys.executable) and Path(path).parent == Path(sys.executable).parent
        )
    return False


def register() -> None:
    """Make the provisioner known to jupyter_client in this process.

    Installed packages are known by their entry point; this also serves an installation whose
    metadata is older than the code.
    """
    factory = KernelProvisionerFactory.instance()
    if PROVISIONER_NAME not in factory.provisioners:
        target = f"{__name__}:{WarmProvisioner.__name__}"
        factory.provisioners[PROVISIONER_NAME] = EntryPoint(PROVISIONER_NAME, target, GROUP)
