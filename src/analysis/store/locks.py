"""Two runs of one area exclude each other; a lock dies with the process that holds it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import filelock

from analysis.errors import RunLockedError


@contextlib.contextmanager
def run_lock(root: Path, run_name: str, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the run to this process.

    Parameters
    ----------
    root
        The project folder.
    run_name
        Name of the run's folders.
    wait_seconds
        How long to wait for another process to finish; by default not at all.

    Raises
    ------
    RunLockedError
        Another process is working on the same run.
    """
    path = root / "data" / "processed" / f".{run_name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=wait_seconds, poll_interval=0.2)
    except filelock.Timeout as error:
        msg = (
            f"{run_name}: another process is working on this run. Wait until it has finished, "
            "or stop it; nothing was changed."
        )
        raise RunLockedError(msg) from error
    try:
        with contextlib.suppress(OSError):
            path.write_text(f"{os.getpid()}\n", encoding="utf-8")
        yield
    finally:
        lock.release()
