"""The provisioner jupyter_client is given: a forked kernel where that is safe, else a cold one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from analysis.briefing.kernels.client import ForkedKernel, RefusedError, shared_server, why_cold

PROVISIONER_NAME = "xuewei-warm"
GROUP = "jupyter_client.kernel_provisioners"
LAUNCHER = ["-m", "ipykernel_launcher"]
EXIT_SECONDS = 2.0

log = logging.getLogger(__name__)


class WarmProvisioner(LocalProvisioner):
    """Starts kernels by forking; whatever speaks against it leads to the ordinary cold start."""

    #: Why the last kernel was started cold; empty if it was forked.
    reason: str = ""
    process: Any = None

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
        return self.connection_info

    @staticmethod
    def _forked(cmd: list[str], environment: dict[str, str], folder: str) -> ForkedKernel:
        server = shared_server(environment)
        reason = server.why_not(environment)
        if reason:
            raise RefusedError(reason)
        return server.fork(cmd[3:], environment, folder)

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
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        number = process.fileno()
        loop.add_reader(number, ended.set)
        try:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(ended.wait(), seconds)
        finally:
            loop.remove_reader(number)
        process.poll()


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
