"""The fork server: import once, then fork one kernel for each request.

Run as a script (never imported by the package, so that nothing but the standard library is loaded
before the environment is settled)::

    python server.py SOCKET [MODULE ...]

It says on its standard output, in one JSON line, whether it is ready or why it refuses, then
listens on the private socket. A request carries the kernel's arguments, environment and folder,
its standard input, output and error, and a pipe to write to once its sockets listen. The answer
names the process; the exit code follows when it ends. A client that closes its connection has its
kernel's process group killed. When the standard input of the server closes, because its owner is
gone, every kernel is killed and the server ends.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import stat
import struct
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

HEADER = struct.Struct("!I")
STANDARD_STREAMS = 3
#: Standard input, output and error of the kernel, and where it says that its sockets listen.
STREAMS = STANDARD_STREAMS + 1
REQUEST_SECONDS = 10.0
INLINE_BACKEND = "module://matplotlib_inline.backend_inline"
NOT_BEFORE_FORK = "polars"
CONTROL_SECONDS = 1.0
#: Variables that the imports themselves have set, as they would in the kernel.
set_by_imports: dict[str, str] = {}


@dataclass
class Forked:
    """A kernel that is running, and the connection of whoever asked for it."""

    pid: int
    connection: socket.socket


def preload(modules: list[str]) -> None:
    """Import what kernels will need, as it would be imported inside a kernel."""
    import importlib

    # IPython's kernel chooses this before anything is imported; so must we
    chosen = "MPLBACKEND" in os.environ
    os.environ.setdefault("MPLBACKEND", INLINE_BACKEND)
    # libraries ask on import whether they are in a kernel (pandas sets its display by it)
    in_kernel = SimpleNamespace(kernel=object(), config={"IPKernelApp": {}})
    builtins.get_ipython = lambda: in_kernel  # type: ignore[attr-defined]
    # it starts a thread when imported; it is imported in the kernel that asks for it
    sys.modules[NOT_BEFORE_FORK] = None  # type: ignore[assignment]
    try:
        for name in modules:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        drawing = sys.modules.get("analysis.figures.warm")
        if drawing is not None:
            drawing.warm_up()
    finally:
        del sys.modules[NOT_BEFORE_FORK]
        del builtins.get_ipython  # type: ignore[attr-defined]
        if not chosen:
            del os.environ["MPLBACKEND"]


def why_not(received: Sequence[int] = ()) -> str:
    """Say why this process must not be forked; empty if it may.

    ``received`` are open files that came with a request: they are the kernel's own.
    """
    count = threading.active_count()
    tasks = Path("/proc/self/task")
    if tasks.is_dir():
        count = max(count, sum(1 for _ in tasks.iterdir()))
    if count > 1:
        return f"{count} threads are alive"
    opened = _open_files(received)
    if opened:
        return f"files are open: {', '.join(opened)}"
    zmq = sys.modules.get("zmq")
    if zmq is not None and zmq.Context._instance is not None:
        return "a messaging context is alive"
    return ""


def _open_files(received: Sequence[int]) -> list[str]:
    """Return the regular files this process holds open, other than where it writes its log."""
    folder = Path("/proc/self/fd")
    streams = [os.fstat(number) for number in range(STANDARD_STREAMS)]
    own = {(status.st_dev, status.st_ino) for status in streams}
    found = []
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        with contextlib.suppress(OSError):
            status = entry.stat()
            if int(entry.name) in received:
                continue
            if stat.S_ISREG(status.st_mode) and (status.st_dev, status.st_ino) not in own:
                found.append(str(entry.readlink()))
    return found


class Server:
    """Listens, forks, reports exits; one thread, no event loop."""

    def __init__(self, path: str) -> None:
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(path)
        self._listener.listen(64)
        self._path = path
        self._kernels: dict[int, Forked] = {}
        self._wake, woken = socket.socketpair()
        self._woken = woken
        for end in (self._wake, woken):
            end.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._wake, selectors.EVENT_READ, self._reap)
        self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ, self._owner_gone)

    def serve(self) -> None:
        """Work until the owner is gone."""
        while True:
            for key, _ in self._selector.select():
                key.data(key.fileobj)

    def _owner_gone(self, _: object) -> None:
        for kernel in self._kernels.values():
            _kill(kernel.pid)
        Path(self._path).unlink(missing_ok=True)
        os._exit(0)

    def _accept(self, _: object) -> None:
        connection, _address = self._listener.accept()
        connection.settimeout(REQUEST_SECONDS)
        try:
            request, streams = receive(connection)
        except (OSError, ValueError):
            connection.close()
            return
        reason = why_not(streams)
        if reason:
            send(connection, {"refused": reason})
            connection.close()
        else:
            self._fork(connection, request, streams)
        for stream in streams:
            os.close(stream)

    def _fork(self, connection: socket.socket, request: dict[str, Any], streams: list[int]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._let_go(connection)
            become_kernel(request, streams, server)
        send(connection, {"pid": pid})
        connection.setblocking(False)
        self._kernels[pid] = Forked(pid, connection)
        self._selector.register(connection, selectors.EVENT_READ, self._client_gone)

    def _let_go(self, connection: socket.socket) -> None:
        """Close, in the new process, everything that belongs to the server."""
        signal.set_wakeup_fd(-1)
        self._selector.close()
        ours = (self._listener, self._wake, self._woken, connection)
        for item in (*ours, *(k.connection for k in self._kernels.values())):
            item.close()

    def _client_gone(self, connection: object) -> None:
        for kernel in list(self._kernels.values()):
            if kernel.connection is connection:
                _kill(kernel.pid)
                self._selector.unregister(kernel.connection)
                kernel.connection.close()
                # the process is reaped, and its number freed, when its end is reported
                del self._kernels[kernel.pid]

    def _reap(self, _: object) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._wake.recv(4096):
                pass
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            kernel = self._kernels.pop(pid, None)
            if kernel is not None:
                with contextlib.suppress(OSError):
                    send(kernel.connection, {"exit": os.waitstatus_to_exitcode(status)})
                self._selector.unregister(kernel.connection)
                kernel.connection.close()


def _kill(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def send(connection: socket.socket, message: dict[str, Any], streams: tuple[int, ...] = ()) -> None:
    """Send one message, with open files if any."""
    content = json.dumps(message).encode("utf-8")
    data = HEADER.pack(len(content)) + content
    if not streams:
        connection.sendall(data)
        return
    sent = socket.send_fds(connection, [data], list(streams))
    connection.sendall(data[sent:])


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Receive one message and the open files that came with it."""
    data, streams, _flags, _address = socket.recv_fds(connection, HEADER.size, STREAMS)
    try:
        head = data + _exactly(connection, HEADER.size - len(data))
        message: dict[str, Any] = json.loads(_exactly(connection, HEADER.unpack(head)[0]))
    except (OSError, ValueError):
        for stream in streams:
            os.close(stream)
        raise
    return message, streams


def _exactly(connection: socket.socket, size: int) -> bytes:
    """Receive ``size`` bytes and not one more: the next message may follow at once."""
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ValueError("the connection closed in the middle of a message")
        data += more
    return data


def become_kernel(request: dict[str, Any], streams: list[int], server: int) -> None:
    """Turn a newly forked process into an ordinary kernel; never returns."""
    code = 1
    try:
        listening = streams.pop()
        _settle(request, streams, server)
        code = _run_kernel(request["arguments"], listening)
    except BaseException:  # noqa: BLE001 - nothing may climb back into the server's code
        import traceback

        traceback.print_exc()
    finally:
        _leave(code)


def _settle(request: dict[str, Any], streams: list[int], server: int) -> None:
    os.setsid()
    _die_with(server)
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update({**set_by_imports, **request["environment"]})
    os.environ["JPY_PARENT_PID"] = str(server)
    os.chdir(request["folder"])
    _forget_state()


def _forget_state() -> None:
    """Undo what all children would otherwise share: time zone, random states, warnings shown."""
    import random
    import time
    import warnings
    import weakref

    time.tzset()
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
    for module in list(sys.modules.values()):
        registry = getattr(module, "__warningregistry__", None)
        if registry:
            registry.clear()
    warnings._filters_mutated()  # type: ignore[attr-defined]
    for item in list(weakref.finalize._registry):  # type: ignore[attr-defined]
        item.atexit = False  # the server's own temporary files are not ours to remove
    if "statsmodels.tools.data" in sys.modules:
        sys.meta_path.insert(0, PolarsArrives())


class PolarsArrives:
    """Tells statsmodels of polars' frames when polars is imported, as it would know them cold."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        """Answer for polars once, and stand aside."""
        del path, target
        if name != NOT_BEFORE_FORK:
            return None
        import importlib.machinery

        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_tell(module: Any) -> None:
            execute(module)
            data = sys.modules["statsmodels.tools.data"]
            data._POLARS_TYPES = (module.DataFrame, module.Series)  # type: ignore[attr-defined]

        spec.loader.exec_module = execute_and_tell  # type: ignore[method-assign]
        return spec


def _die_with(server: int) -> None:
    """Ask the system to kill this process when the server ends (Linux only)."""
    if sys.platform == "linux":
        import ctypes

        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)


def _run_kernel(arguments: list[str], listening: int) -> int:
    import ipykernel_launcher  # type: ignore[import-untyped]
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = [str(ipykernel_launcher.__file__), *arguments]
    try:
        application = IPKernelApp.instance()
        application.initialize(arguments)  # type: ignore[no-untyped-call]
        os.write(listening, b"1")
        os.close(listening)
        application.start()  # type: ignore[no-untyped-call]
        # the control thread still flushes through the output thread; ending that first is a
        # deadlock of ten seconds
        if application.control_thread is not None:
            application.control_thread.join(CONTROL_SECONDS)
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            return leaving.code or 0
        sys.stderr.write(f"{leaving.code}\n")
        return 1
    return 0


def _leave(code: int) -> None:
    """End as the interpreter does: threads, exit functions, buffers; then at once."""
    import atexit

    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    for stream in (sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(Exception):
            if stream is not None:
                stream.flush()
    os._exit(code)


def main() -> None:
    """Import, say so, serve."""
    path, modules = sys.argv[1], sys.argv[2:]
    folder = str(Path(__file__).resolve().parent)
    sys.path[:] = [item for item in sys.path if item not in (folder, "")]
    os.environ["JPY_PARENT_PID"] = str(os.getpid())
    before = set(os.environ)
    preload(modules)
    set_by_imports.update({k: v for k, v in os.environ.items() if k not in before})
    gc.collect()
    gc.freeze()  # what is there before the fork is never looked through, nor copied, again
    reason = why_not()
    server = None if reason else Server(path)
    sys.stdout.write(json.dumps({"ready": not reason, "reason": reason}) + "\n")
    sys.stdout.flush()
    if server is None:
        sys.exit(1)
    server.serve()


if __name__ == "__main__":
    main()
