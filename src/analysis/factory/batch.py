"""Run a batch: skip what is current, send the rest to a pool or a cluster, write the index."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.console import Console

from analysis.config import RunParameters
from analysis.errors import AnalysisError, ParameterError
from analysis.factory.journal import Journal
from analysis.factory.limits import Limits
from analysis.factory.messages import Job
from analysis.factory.pool import Pool
from analysis.pipeline import AreaOutcome, chosen_steps, is_current, steps

INDEX = Path("reports") / "index.html"


@dataclass(frozen=True)
class Outcome:
    """What became of a batch."""

    index: Path
    failed: tuple[AreaOutcome, ...]
    areas: tuple[AreaOutcome, ...] = ()
    log: Path | None = None


def run_with_progress(
    wanted: Sequence[RunParameters],
    *,
    root: Path,
    workers: int = 1,
    fresh: bool = False,
    only: Sequence[str] = (),
    scheduler: str = "",
    storage: str = "",
    console: Console | None = None,
    limits: Limits | None = None,
) -> Outcome:
    """Bring many areas up to date and write the index over all of them.

    Parameters
    ----------
    wanted
        One entry an area.
    root
        The project folder.
    workers
        Processes that work side by side on this machine.
    fresh
        Run every part even if nothing has changed.
    only
        Numbers or names of the notebooks to look at; all if empty.
    scheduler
        Address of a Dask scheduler; then its workers do the areas.
    storage
        Address of shared storage (fsspec: ``s3://bucket/project``) that holds the project; each
        area is fetched from and delivered to it. Needs ``scheduler``.
    console
        Where progress is shown.
    limits
        Bounds on one area; by default those of the environment.

    Raises
    ------
    ParameterError
        ``only`` names no step, a bound is not a number, or storage without a scheduler.
    """
    chosen_steps(steps(root), only)
    if storage and not scheduler:
        msg = "--storage goes with --scheduler: it is where the cluster's workers find the project."
        raise ParameterError(msg)
    bounds = limits or Limits.from_environment()
    unique = {parameters.run_name: parameters for parameters in wanted}
    jobs = [Job(parameters, root, fresh, tuple(only)) for parameters in unique.values()]
    done: list[AreaOutcome] = []
    with Journal(root, console or Console(), len(jobs)) as journal, _terminated_as_interrupt():
        pending = []
        for job in jobs:
            if fresh or storage or not _current(job):
                pending.append(job)
                continue
            done.append(_unchanged(job))
            journal.outcome(done[-1])
        for outcome in _outcomes(pending, workers, (scheduler, storage), bounds, journal):
            done.append(outcome)
            journal.outcome(outcome)
        index = root / INDEX
        if pending or _older_than_a_run(index):
            index = _index(root)
        journal.write("index", path=INDEX.as_posix())
    place = {name: number for number, name in enumerate(unique)}
    done.sort(key=lambda outcome: place[outcome.run_name])
    failed = tuple(outcome for outcome in done if outcome.failed)
    return Outcome(index, failed, tuple(done), journal.path)


def _outcomes(
    jobs: list[Job],
    workers: int,
    cluster: tuple[str, str],
    limits: Limits,
    journal: Journal,
) -> Iterator[AreaOutcome]:
    if not jobs:
        return
    scheduler, storage = cluster
    if scheduler:
        from analysis.factory.cluster import run_on_cluster

        yield from run_on_cluster(jobs, scheduler, limits, journal.part, storage)
        return
    with Pool(min(workers, len(jobs)), limits, journal.worker_log) as pool:
        yield from pool.run(jobs, journal.part)


def _current(job: Job) -> bool:
    try:
        return is_current(job.parameters, root=job.root, only=job.only)
    except (AnalysisError, OSError, ValueError, KeyError):
        return False  # whatever is wrong is said when the area is run


def _unchanged(job: Job) -> AreaOutcome:
    reports = job.root / "reports" / job.name
    return AreaOutcome(job.parameters.area, job.name, "unchanged", reports)


def _older_than_a_run(index: Path) -> bool:
    """Tell whether a batch has ended, by force, between its last area and its index."""
    if not index.exists():
        return True
    written = index.stat().st_mtime_ns
    statuses = index.parent.glob("*/status.json")
    return any(path.stat().st_mtime_ns > written for path in statuses)


def _index(root: Path) -> Path:
    from analysis import briefing

    return briefing.write_index(root)


@contextmanager
def _terminated_as_interrupt() -> Iterator[None]:
    """Treat a request to end (kill) as Ctrl-C, so that every process is taken down cleanly."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
