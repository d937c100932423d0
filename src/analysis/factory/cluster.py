"""Send areas to an existing Dask cluster: any deployment, one address.

Each area is one task. A worker does it in a process of its own with the same bounds as the local
pool, in the shared project folder, or in a folder of its own that is filled from and emptied into
shared storage. A worker with other code or other packages is refused before anything is done.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError, ExecutionError
from analysis.factory.limits import Limits
from analysis.factory.messages import Job, job_of, outcome_message, outcome_of
from analysis.factory.pool import Pool
from analysis.factory.storage import Storage
from analysis.pipeline import AreaOutcome, code_version, environment, failed_outcome

CONNECT_SECONDS = 20
#: A lost worker's area is tried again on another this often.
RETRIES = 3
#: How long a repeated task waits for the first one to let go of the area.
WAIT_SECONDS = 3600.0
#: Without one worker for this long, the batch is given up.
NO_WORKER_SECONDS = 60.0
LOOK_SECONDS = 0.2
SCHEDULER_LOST = (
    "The connection to the Dask scheduler was lost, or it cancelled the area. Areas that were "
    "finished are kept; run the same command again to do the rest."
)
OnPart = Callable[[Job, dict[str, Any]], None]


class MismatchError(AnalysisError):
    """A worker has other code or other packages than the client."""


def fingerprint() -> dict[str, str]:
    """Return the code version and the versions of the packages of this process."""
    return {"code": code_version(), **environment()}


def difference(ours: dict[str, str], theirs: dict[str, str]) -> str:
    """Say in words how a worker differs; empty if it does not."""
    names = sorted(n for n in {*ours, *theirs} if ours.get(n) != theirs.get(n))
    short = [f"{n} {ours.get(n, '-')[:12]} / {theirs.get(n, '-')[:12]}" for n in names]
    return ", ".join(short)


def refuse_other_code(expected: dict[str, str]) -> None:
    """Stop work on a worker that differs from the client; runs there.

    Raises
    ------
    MismatchError
        It has other code or packages.
    """
    found = difference(expected, fingerprint())
    if found:
        msg = (
            "A worker has other code or packages than the client (client / worker): "
            f"{found}. Install the same version and requirements.lock on every worker."
        )
        raise MismatchError(msg)


def do_area(
    message: dict[str, Any], limits: dict[str, Any], expected: dict[str, str], storage: str
) -> dict[str, Any]:
    """Do one area on a worker; runs there.

    Raises
    ------
    MismatchError
        This worker has other code or packages than the client.
    """
    refuse_other_code(expected)
    job = replace(job_of(message), wait_seconds=WAIT_SECONDS)
    if not storage:
        return outcome_message(_one(job, Limits(**limits)))
    with tempfile.TemporaryDirectory(prefix="xuewei-area-") as name:
        shared, own = Storage(storage), replace(job, root=Path(name))
        shared.fetch(own)
        outcome = _one(own, Limits(**limits))
        shared.deliver(own)
        return outcome_message(replace(outcome, reports=job.root / "reports" / job.name))


_idle: list[tuple[Limits, Pool]] = []
_idle_lock = threading.Lock()


def _one(job: Job, limits: Limits) -> AreaOutcome:
    """Do one area in a process that an earlier area on this worker may have left warm."""
    with _idle_lock:
        place = next((i for i, (bounds, _) in enumerate(_idle) if bounds == limits), None)
        pool = Pool(1, limits) if place is None else _idle.pop(place)[1]
    try:
        outcome = next(pool.run([job], _unheard))
    except BaseException:
        pool.close()
        raise
    with _idle_lock:
        _idle.append((limits, pool))
    return outcome


def _unheard(_job: Job, _message: dict[str, Any]) -> None:
    """Tell nobody: the client hears of whole areas only."""


def run_on_cluster(
    jobs: Sequence[Job], scheduler: str, limits: Limits, on_part: OnPart, storage: str = ""
) -> Iterator[AreaOutcome]:
    """Give the outcomes of all jobs as the cluster finishes them.

    Raises
    ------
    ExecutionError
        No scheduler answers at the address, or distributed is not installed.
    MismatchError
        A worker has other code or packages.
    """
    del on_part
    with connected(scheduler) as client:
        expected = fingerprint()
        futures = {
            client.submit(
                do_area,
                job.as_message(),
                asdict(limits),
                expected,
                storage,
                key=f"xuewei-{job.name}-{time.time_ns()}",
                retries=RETRIES,
                pure=False,
            ): job
            for job in jobs
        }
        yield from _collect(client, futures, limits, storage)


@contextlib.contextmanager
def connected(scheduler: str) -> Iterator[Any]:
    """Give a client of a scheduler all of whose workers have this code and these packages.

    Raises
    ------
    ExecutionError
        No scheduler answers at the address, or distributed is not installed.
    MismatchError
        A worker has other code or packages.
    """
    client = _client(scheduler)
    try:
        _check_workers(client)
        yield client
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=5)


def _client(scheduler: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        msg = "--scheduler needs the cluster extra: pip install 'xuewei[cluster]'"
        raise ExecutionError(msg) from error
    if scheduler.startswith("tls:"):
        _check_certificate(scheduler)
    try:
        return Client(  # type: ignore[no-untyped-call]
            scheduler, timeout=CONNECT_SECONDS, set_as_default=False
        )
    except (OSError, TimeoutError) as error:
        msg = f"No Dask scheduler answers at {scheduler}: {error}. Check address and firewall."
        raise ExecutionError(msg) from error


def _check_certificate(scheduler: str) -> None:
    """Refuse early what an encrypted cluster would refuse: a client without a certificate."""
    from distributed.security import Security

    try:
        context = Security().get_connection_args("client").get("ssl_context")  # type: ignore[no-untyped-call]
        problem = "none is configured"
    except (OSError, ValueError) as error:
        context, problem = None, f"it cannot be read: {error}"
    if context is None:
        msg = (
            f"{scheduler} is an encrypted cluster and answers only who has a certificate of its "
            f"authority; {problem}. See docs/serving/dask.yaml."
        )
        raise ExecutionError(msg)


def _check_workers(client: Any) -> None:
    ours = fingerprint()
    for address, theirs in client.run(fingerprint).items():
        if found := difference(ours, theirs):
            msg = (
                f"Worker {address} has other code or packages than this machine (here / there): "
                f"{found}. Install the same version and requirements.lock on every worker."
            )
            raise MismatchError(msg)


def _brought(outcome: AreaOutcome, job: Job, storage: str) -> AreaOutcome:
    """Bring the reports of an area that was done in shared storage, for the index here."""
    if storage and not outcome.failed:
        Storage(storage).fetch_reports(job)
    return outcome


def _collect(
    client: Any, futures: dict[Any, Job], limits: Limits, storage: str
) -> Iterator[AreaOutcome]:
    waiting = dict(futures)
    lonely_since: float | None = None
    while waiting:
        for future in [f for f in waiting if f.done()]:
            job = waiting.pop(future)
            yield _brought(_outcome(future, job), job, storage)
        if not waiting:
            return
        problem, lonely_since = _problem(client, lonely_since)
        if problem:
            for job in waiting.values():
                yield failed_outcome(job.parameters, job.root, problem)
            return
        time.sleep(min(LOOK_SECONDS, limits.seconds))


def _problem(client: Any, lonely_since: float | None) -> tuple[str, float | None]:
    """Say whether the cluster is lost; and since when it has had no worker."""
    if client.status != "running":
        return SCHEDULER_LOST, None
    if client.scheduler_info().get("workers"):
        return "", None
    since = lonely_since or time.monotonic()
    if time.monotonic() - since > NO_WORKER_SECONDS:
        return "The Dask cluster has had no worker for a minute. Start one and run again.", since
    return "", since


def _outcome(future: Any, job: Job) -> AreaOutcome:
    try:
        return outcome_of(future.result(timeout=CONNECT_SECONDS))
    except MismatchError as error:
        return failed_outcome(job.parameters, job.root, error)
    except CancelledError:
        return failed_outcome(job.parameters, job.root, SCHEDULER_LOST)
    except Exception as error:  # noqa: BLE001 - whatever one worker raises is one area's outcome
        said = " ".join(f"{type(error).__name__}: {error}".split())
        return failed_outcome(
            job.parameters,
            job.root,
            f"{job.name}: lost on the cluster after {RETRIES + 1} attempts ({said}). Run again.",
        )
