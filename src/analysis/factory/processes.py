"""One working process as its parent sees it: start, give a job, listen, measure, kill."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

import psutil  # type: ignore[import-untyped]

from analysis.factory.messages import Job

END_SECONDS = 5.0
#: A message from a process: the process itself, and what it said (None: it has ended).
Heard = tuple["WorkingProcess", dict[str, Any] | None]


class WorkingProcess:
    """A process that brings areas up to date, one after the other."""

    def __init__(self, heard: queue.SimpleQueue[Heard], log: IO[bytes] | None = None) -> None:
        self.job: Job | None = None
        self.attempt = 0
        self.done = 0
        self.started = 0.0
        self.peak_mb = 0.0
        self.measured = 0.0
        self._heard = heard
        self._process = subprocess.Popen(
            [sys.executable, "-m", "analysis.factory.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log if log is not None else subprocess.DEVNULL,
            env={"PYTHONHASHSEED": "0", **os.environ},
            cwd=Path.cwd(),
            start_new_session=True,
            encoding="utf-8",
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def _listen(self) -> None:
        stream = self._process.stdout
        if stream is not None:
            for line in stream:
                self._heard.put((self, json.loads(line)))
        self._heard.put((self, None))

    def give(self, job: Job, attempt: int) -> None:
        """Hand over a job; a process that has just died is noticed by its end, not here."""
        self.job, self.attempt = job, attempt
        self.peak_mb = 0.0
        self.begin()
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(json.dumps(job.as_message()) + "\n")
                self._process.stdin.flush()

    def begin(self) -> None:
        """Count the seconds of the present job from now: loading libraries is not its time."""
        self.started = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long the present job has taken."""
        return time.monotonic() - self.started

    def memory_mb(self) -> float:
        """Return the memory of the process and all below it, shared pages shared out."""
        total = sum(_memory(process) for process in self._family())
        self.peak_mb = max(self.peak_mb, total)
        self.measured = time.monotonic()
        return total

    def _family(self) -> list[psutil.Process]:
        try:
            head = psutil.Process(self.pid)
            return [head, *head.children(recursive=True)]
        except psutil.Error:
            return []

    def kill(self) -> None:
        """End the process and everything below it at once, and wait for it."""
        for process in self._family():
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.close()

    def close(self) -> None:
        """Close its input, so that it ends, and wait for it."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(timeout=END_SECONDS)
        if self._process.stdout is not None and not self._listener.is_alive():
            self._process.stdout.close()

    @property
    def exit_code(self) -> int | None:
        """Its exit code once it has ended."""
        return self._process.poll()


def _memory(process: psutil.Process) -> float:
    try:
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii")
        line = next(row for row in text.splitlines() if row.startswith("Pss:"))
        return int(line.split()[1]) / 1024
    except (OSError, StopIteration, ValueError):
        try:
            return float(process.memory_info().rss) / 1024**2
        except psutil.Error:
            return 0.0
