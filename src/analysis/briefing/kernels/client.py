"""Start the fork server, ask it for kernels, and know when not to."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import pkgutil
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import analysis
from analysis.briefing.kernels.server import receive, send

SWITCH = "XUEWEI_WARM"
#: A busy machine may take minutes over the imports; a cold start there would take as long.
READY_SECONDS = 180.0
#: Libraries a briefing's notebooks import; the modules of this package are added to them.
LIBRARIES = (
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "ipykernel_launcher",
    "tornado.platform.asyncio",
    "faulthandler",
    "sqlite3",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "numpy",
    "pandas",
    "pandas.io.formats.string",
    "pandas.core.arrays.arrow.extension_types",
    "pyarrow.parquet",
    "pyarrow.pandas_compat",
    "pyarrow.dataset",
    "scipy.stats",
    "scipy.optimize",
    "scipy.sparse",
    "statsmodels.api",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "seaborn",
    "pandera.pandas",
    "pandera.backends.pandas.register",
    "pandera.backends.pandas.builtin_checks",
    "pandera.backends.pandas.builtin_hypotheses",
    "highspy",
)
_NOT_IN_KERNELS = ("briefing", "pipeline", "factory", "cli", "support", "example", "__main__")
#: Variables that are put back in the forked process and that no library reads when imported.
HARMLESS = frozenset(
    {
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
        "TZ",
        "TERM",
        "COLUMNS",
        "LINES",
        "FORCE_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "NO_COLOR",
        "PAGER",
        "GIT_PAGER",
        # set by polars in a process that imports it; the server never does
        "_RJEM_MALLOC_CONF",
        "JPY_PARENT_PID",
        "JPY_SESSION_NAME",
        "PYTEST_CURRENT_TEST",
        "XUEWEI_ROOT",
        "XUEWEI_HIDDEN_TABLES",
        "XUEWEI_WARM",
        "XUEWEI_PDF",
        "XUEWEI_LOG",
        "XUEWEI_AREA_SECONDS",
        "XUEWEI_AREA_MEMORY_MB",
        "XUEWEI_AREAS_PER_PROCESS",
    }
)

log = logging.getLogger(__name__)


def why_cold(environment: Mapping[str, str]) -> str:
    """Say why this machine or this environment wants cold kernels; empty if warm ones are safe."""
    switch = environment.get(SWITCH, "")
    if switch == "0":
        return f"{SWITCH}=0"
    if not hasattr(os, "fork") or not hasattr(socket, "send_fds"):
        return f"{sys.platform} cannot fork"
    if sys.platform != "linux" and switch != "1":
        return f"forking after imports is not safe on {sys.platform} ({SWITCH}=1 insists)"
    if sys.flags.isolated or sys.flags.no_site:
        return "the interpreter was started isolated"
    threads = environment.get("OMP_NUM_THREADS", "1")
    if threads != "1":
        return f"OMP_NUM_THREADS={threads}: threads would be alive before the fork"
    return ""


def fingerprint(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that libraries may have read when they were imported."""
    return {k: v for k, v in environment.items() if k not in HARMLESS}


def package_stamp() -> tuple[tuple[str, int, int], ...]:
    """Return size and time of every source file of this package."""
    folder = Path(analysis.__file__).parent
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix not in ("", ".pyc") and "__pycache__" not in path.parts:
            status = path.stat()
            found.append((path.as_posix(), status.st_size, status.st_mtime_ns))
    return tuple(found)


def modules_to_load() -> list[str]:
    """Return what the server imports: the libraries, then this package's own modules."""
    own = [
        item.name
        for item in pkgutil.walk_packages(analysis.__path__, "analysis.", onerror=lambda _: None)
        if item.name.split(".")[1] not in _NOT_IN_KERNELS
    ]
    return [*LIBRARIES, *own]


class ForkedKernel:
    """A forked kernel with the manners of :class:`subprocess.Popen`."""

    def __init__(self, pid: int, connection: socket.socket, listening: IO[bytes]) -> None:
        self.pid = pid
        #: Readable once the kernel's sockets listen, or once it has ended before they did.
        self.listening = listening
        self.returncode: int | None = None
        self.stdin = self.stdout = self.stderr = None
        self._connection = connection

    def fileno(self) -> int:
        """Return what becomes readable when the kernel ends."""
        return self._connection.fileno()

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._look(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the kernel to end."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("kernel", timeout or 0.0)
        return code

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is not None:
            return self.returncode
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            if not selector.select(timeout):
                return None
        try:
            self.returncode = int(receive(self._connection)[0]["exit"])
        except (OSError, ValueError):
            self.returncode = -signal.SIGKILL  # the server is gone, and the kernel with it
        self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the kernel."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)


class RefusedError(Exception):
    """The server would not fork; the message says why."""


class ForkServer:
    """A fork server of this process: started at once, awaited when first needed."""

    def __init__(
        self, environment: Mapping[str, str], modules: Sequence[str] | None = None
    ) -> None:
        self.fingerprint = fingerprint(environment)
        self.stamp = package_stamp()
        self._folder = Path(tempfile.mkdtemp(prefix="xuewei-fork-"))  # 0700, ours alone
        self._socket = str(self._folder / "s")
        script = Path(__file__).with_name("server.py")
        loaded = modules_to_load() if modules is None else list(modules)
        self._process = subprocess.Popen(
            [sys.executable, str(script), self._socket, *loaded],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(environment),
            cwd=self._folder,
            start_new_session=True,
        )
        self._refusal: str | None = None
        atexit.register(self.close)

    @property
    def pid(self) -> int:
        """Number of the server's process."""
        return self._process.pid

    def usable(self) -> bool:
        """Tell whether the server runs, or has said that it will never run here."""
        return bool(self._refusal) or self.alive()

    def alive(self) -> bool:
        """Tell whether the server is running."""
        return self._process.poll() is None

    def why_not(self, environment: Mapping[str, str]) -> str:
        """Wait until the server is ready, and say why it cannot serve this environment."""
        if self._refusal is None:
            self._refusal = self._hear()
        if self._refusal:
            return self._refusal
        if not self.alive():
            return "the fork server has ended"
        wanted = fingerprint(environment)
        differing = {
            name
            for name in wanted.keys() | self.fingerprint.keys()
            if wanted.get(name) != self.fingerprint.get(name)
        }
        if differing:
            return f"other environment: {', '.join(sorted(differing))}"
        return ""

    def _hear(self) -> str:
        stream = self._process.stdout
        if stream is None:
            return "the fork server says nothing"
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            if not selector.select(READY_SECONDS):
                self.close()
                return f"the fork server was not ready after {READY_SECONDS:.0f} seconds"
        line = stream.readline()
        try:
            said = json.loads(line)
        except ValueError:
            return "the fork server could not import what kernels need"
        return "" if said["ready"] else str(said["reason"])

    def fork(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: str
    ) -> ForkedKernel:
        """Fork one kernel.

        Raises
        ------
        RefusedError
            The server refuses, or is gone.
        """
        request = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": folder,
        }
        heard, said = os.pipe()
        listening = os.fdopen(heard, "rb", buffering=0)
        try:
            connection, answer = self._asked(request, said)
        finally:
            os.close(said)
        if "pid" in answer:
            return ForkedKernel(int(answer["pid"]), connection, listening)
        connection.close()
        listening.close()
        raise RefusedError(str(answer.get("refused", "no reason given")))

    def _asked(self, request: dict[str, Any], said: int) -> tuple[socket.socket, dict[str, Any]]:
        """Send a request; once more if the server hung up before it was whole (nothing forked)."""
        answer: dict[str, Any] = {}
        for last in (False, True):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                with Path(os.devnull).open("rb") as nothing:
                    connection.connect(self._socket)
                    send(connection, request, (nothing.fileno(), 1, 2, said))
                    answer = _answer(connection)
            except BrokenPipeError as error:
                answer = {"refused": f"the fork server does not answer ({error})"}
                if not last:
                    connection.close()
                    continue
            except (OSError, ValueError) as error:
                answer = {"refused": f"the fork server does not answer ({error})"}
            break
        return connection, answer

    def close(self) -> None:
        """End the server and every kernel it has forked."""
        atexit.unregister(self.close)
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _answer(connection: socket.socket) -> dict[str, Any]:
    connection.settimeout(READY_SECONDS)
    message, _ = receive(connection)
    connection.settimeout(None)
    return message


_lock = threading.Lock()
_servers: dict[int, ForkServer] = {}


def shared_server(environment: Mapping[str, str]) -> ForkServer:
    """Return this process's server; a new one if it has ended or the package has changed."""
    with _lock:
        server = _servers.get(os.getpid())
        if server is not None and server.stamp == package_stamp() and server.usable():
            return server
        if server is not None:
            log.info("fork server renewed: it had ended, or the package has changed")
            server.close()
        _servers.clear()
        _servers[os.getpid()] = ForkServer(environment)
        return _servers[os.getpid()]


def close_shared_server() -> None:
    """End this process's server, if it has one, and every kernel forked from it."""
    server = _servers.pop(os.getpid(), None)
    if server is not None:
        server.close()
