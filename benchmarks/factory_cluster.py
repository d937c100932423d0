"""A Dask cluster of two workers beside the local pool of two, on this machine, in turn."""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.projects import ENVIRONMENT, counties, make_project, run_areas
from benchmarks.protocol import Measurement

COUNTIES, WORKERS, ROUNDS, READY_SECONDS = 4, 2, 3, 60.0


@contextmanager
def dask() -> Iterator[str]:
    """Start a scheduler and its workers as their command lines do; give the address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    here = ("--host", "127.0.0.1", "--no-dashboard")
    started = [_start("dask_scheduler", *here, "--port", str(port))]
    try:
        _wait(port)
        one = ("--nthreads", "1", "--no-nanny")
        started += [_start("dask_worker", address, *here, *one) for _ in range(WORKERS)]
        _wait_for_workers(address)
        yield address
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def _start(kind: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{kind}", *arguments],
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError(port)


def _wait_for_workers(address: str) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        client.wait_for_workers(WORKERS, timeout=READY_SECONDS)


def run(quick: bool) -> list[Measurement]:
    """Time the same counties both ways, in turn; medians."""
    number, rounds = (2, 1) if quick else (COUNTIES, ROUNDS)
    local, far = [], []
    with tempfile.TemporaryDirectory(prefix="xuewei-bench-") as name:
        root = make_project(Path(name), counties(number))
        everything = ("--all", "--fresh")
        for _ in range(rounds):
            local.append(run_areas(root, (), *everything, "--workers", str(WORKERS)).wall)
            with dask() as address:
                far.append(run_areas(root, (), *everything, "--scheduler", address).wall)
    note = f"{number} counties, {WORKERS} workers; medians of {rounds}; start of Dask not counted"
    ratio = statistics.median(far) / statistics.median(local)
    return [
        Measurement(
            "Dask on this machine",
            statistics.median(far),
            "s",
            baseline=statistics.median(local),
            baseline_name="local pool",
            note=note,
        ),
        Measurement("Dask against the local pool", ratio, "x", "<= 1.1", note=note),
    ]
