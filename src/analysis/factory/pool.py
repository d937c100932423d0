"""The pool on one machine: jobs to processes, with bounds on time and memory of each."""

from __future__ import annotations

import contextlib
import queue
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from analysis import wording
from analysis.factory.limits import Limits
from analysis.factory.messages import Job, outcome_of
from analysis.factory.processes import Heard, WorkingProcess
from analysis.pipeline import AreaOutcome, failed_outcome

#: How long to listen before looking up, and how often memory is measured, in seconds.
LISTEN_SECONDS, MEMORY_SECONDS = 0.5, 2.0
OnPart = Callable[[Job, dict[str, Any]], None]


class Pool:
    """Processes that work through jobs; use as a context so that none outlives the work."""

    def __init__(self, workers: int, limits: Limits, log: Path | None = None) -> None:
        self._workers = workers
        self._limits = limits
        self._heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._processes: list[WorkingProcess] = []
        self._log_path = log
        self._log: IO[bytes] | None = None

    def __enter__(self) -> Pool:
        """Open the log the processes write to."""
        if self._log_path is not None:
            self._log_path.parent.mkdir(parents=True, exist_ok=True)
            self._log = self._log_path.open("ab")
        return self

    def __exit__(self, *_: object) -> None:
        """End every process, whatever it is doing."""
        self.close()

    def close(self) -> None:
        """End every process, whatever it is doing, and close the log."""
        for process in self._processes:
            if process.job is None:
                process.close()
            else:
                process.kill()
        self._processes.clear()
        if self._log is not None:
            self._log.close()

    def run(self, jobs: Sequence[Job], on_part: OnPart) -> Iterator[AreaOutcome]:
        """Give the outcomes as they come, in no particular order."""
        waiting = deque((job, 1) for job in jobs)
        left = len(jobs)
        while left:
            self._employ(waiting)
            for outcome in self._listen(waiting, on_part):
                left -= 1
                yield outcome
            for outcome in self._look():
                left -= 1
                yield outcome

    def _employ(self, waiting: deque[tuple[Job, int]]) -> None:
        idle = [p for p in self._processes if p.job is None]
        busy = len(self._processes) - len(idle)
        while waiting and busy < self._workers:
            process = idle.pop() if idle else WorkingProcess(self._heard, self._log)
            if process not in self._processes:
                self._processes.append(process)
            process.give(*waiting.popleft())
            busy += 1

    def _listen(self, waiting: deque[tuple[Job, int]], on_part: OnPart) -> Iterator[AreaOutcome]:
        with contextlib.suppress(queue.Empty):
            process, message = self._heard.get(timeout=LISTEN_SECONDS)
            while True:
                if process in self._processes:
                    yield from self._hear(process, message, waiting, on_part)
                process, message = self._heard.get_nowait()

    def _hear(
        self,
        process: WorkingProcess,
        message: dict[str, Any] | None,
        waiting: deque[tuple[Job, int]],
        on_part: OnPart,
    ) -> Iterator[AreaOutcome]:
        job = process.job
        if message is None:
            yield from self._lost(process, waiting)
        elif message["event"] == "ready":
            process.begin()
        elif message["event"] == "part" and job is not None:
            on_part(job, message)
        elif message["event"] == "outcome" and job is not None:
            process.memory_mb()
            on_part(job, {"event": "memory", "peak_mb": round(process.peak_mb)})
            process.job = None
            process.done += 1
            if process.done >= self._limits.areas_per_process:
                self._processes.remove(process)
                process.close()
            del message["event"]
            yield outcome_of(message)

    def _lost(
        self, process: WorkingProcess, waiting: deque[tuple[Job, int]]
    ) -> Iterator[AreaOutcome]:
        """Try a job again whose process has ended by itself, or give it up."""
        process.close()
        self._dismiss(process)
        job = process.job
        if job is None:
            return
        if process.attempt < self._limits.attempts:
            waiting.appendleft((job, process.attempt + 1))
            return
        language = job.parameters.language
        code, times = process.exit_code, process.attempt
        reason = wording.say("pipeline.lost", language, times=times, code=code)
        yield _given_up(job, process, reason)

    def _look(self) -> Iterator[AreaOutcome]:
        """Stop what has passed its bounds."""
        now = time.monotonic()
        for process in list(self._processes):
            job = process.job
            if job is None:
                continue
            due = now - process.measured > MEMORY_SECONDS
            memory = process.memory_mb() if due else 0.0
            bounds, language = self._limits, job.parameters.language
            if process.seconds > bounds.seconds:
                seconds = f"{bounds.seconds:.0f}"
                reason = wording.say("pipeline.too_slow", language, seconds=seconds)
            elif memory > bounds.memory_mb:
                held, limit = f"{memory:.0f}", f"{bounds.memory_mb:.0f}"
                reason = wording.say("pipeline.too_hungry", language, memory=held, limit=limit)
            else:
                continue
            self._dismiss(process)
            yield _given_up(job, process, reason)

    def _dismiss(self, process: WorkingProcess) -> None:
        self._processes.remove(process)
        process.kill()


def _given_up(job: Job, process: WorkingProcess, reason: str) -> AreaOutcome:
    said = wording.say("pipeline.stopped", job.parameters.language, run=job.name, reason=reason)
    return failed_outcome(job.parameters, job.root, said, seconds=process.seconds)
