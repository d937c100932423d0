"""A Dask cluster of real processes on the loopback: same results, refusals, losses, storage."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pipeline import small
from rich.console import Console

import analysis
from analysis.errors import ExecutionError, ParameterError
from analysis.factory import Limits, cluster, run_with_progress
from analysis.factory.messages import Job
from analysis.factory.storage import Storage

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]
AREAS = ("a", "b")
SLOW = "import time\ntime.sleep(4)\n" + small.SECOND


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for(port: int, seconds: float = 240.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError(port)


class Cluster:
    """A scheduler and workers as the command line starts them."""

    def __init__(self) -> None:
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.scheduler = self._start(
            "dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            self.address.rsplit(":", 1)[1],
            "--no-dashboard",
        )
        wait_for(int(self.address.rsplit(":", 1)[1]))
        self.workers: list[subprocess.Popen] = []

    def _start(self, kind: str, *arguments: str, **values: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{kind}", *arguments],
            env={**os.environ, **values},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def add_worker(self, **values: str) -> subprocess.Popen:
        worker = self._start(
            "dask_worker",
            self.address,
            "--nthreads",
            "1",
            "--no-nanny",
            "--no-dashboard",
            "--host",
            "127.0.0.1",
            "--death-timeout",
            "240",
            **values,
        )
        self.workers.append(worker)
        return worker

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def dask(monkeypatch):
    """A scheduler of a test's own, to add workers to and to take away."""
    monkeypatch.setenv("XUEWEI_WARM", "")
    found = Cluster()
    yield found
    found.close()


@pytest.fixture(scope="module")
def shared():
    """A cluster of two workers that every test leaves as it was."""
    found = Cluster()
    for _ in range(2):
        found.add_worker(XUEWEI_WARM="", XUEWEI_PDF="0")
    wait_for_workers(found, 2)
    yield found
    found.close()


def batch(root, scheduler="", **options):
    console = Console(file=io.StringIO(), width=200)
    wanted = [small.parameters(name) for name in AREAS]
    return run_with_progress(wanted, root=root, console=console, scheduler=scheduler, **options)


def wait_for_workers(dask, count):
    from distributed import Client

    with Client(dask.address, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=240)


def test_the_cluster_gives_the_results_of_the_local_run(shared, tmp_path):
    local = small.make_project(tmp_path / "local", AREAS)
    far = small.make_project(tmp_path / "far", AREAS)

    assert not batch(local).failed
    assert not batch(far, shared.address).failed

    assert small.results(far) == small.results(local)


def test_a_worker_with_other_code_is_refused_before_anything_is_done(dask, tmp_path):
    root = small.make_project(tmp_path / "project", AREAS)
    other = tmp_path / "other"
    shutil.copytree(
        Path(analysis.__file__).parent,
        other / "analysis",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    changed = other / "analysis" / "trends.py"
    changed.write_text(changed.read_text("utf-8") + "# another version\n", "utf-8")
    dask.add_worker(PYTHONPATH=str(other))
    wait_for_workers(dask, 1)

    with pytest.raises(cluster.MismatchError, match="other code or packages") as refused:
        batch(root, dask.address)

    assert "code" in str(refused.value)
    assert "requirements.lock" in str(refused.value)
    assert not (root / "data/processed/a_2024_central").exists()


def test_a_worker_that_joins_later_with_other_code_refuses_its_area(tmp_path):
    job = Job(small.parameters("a"), small.make_project(tmp_path, AREAS))
    expected = {**cluster.fingerprint(), "code": "0" * 64}

    with pytest.raises(cluster.MismatchError, match="code 000000000000"):
        cluster.do_area(job.as_message(), {}, expected, "")


def test_areas_of_a_lost_worker_are_done_by_another(dask, tmp_path):
    root = small.make_project(tmp_path, AREAS)
    small.write_notebook(root / "notebooks/20_second.ipynb", SLOW)
    first = dask.add_worker()
    wait_for_workers(dask, 1)
    started = tmp_path / "data/processed/a_2024_central/notebooks/10_first.ipynb"
    import threading

    def lose() -> None:
        deadline = time.monotonic() + 400
        while not started.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        dask.add_worker()
        first.send_signal(signal.SIGKILL)

    threading.Thread(target=lose).start()

    outcome = batch(root, dask.address)

    assert [a.state for a in outcome.areas] == ["done", "done"]


def test_a_lost_scheduler_is_said_and_the_next_run_goes_on(dask, tmp_path):
    root = small.make_project(tmp_path, AREAS)
    small.write_notebook(root / "notebooks/20_second.ipynb", SLOW)
    dask.add_worker()
    wait_for_workers(dask, 1)
    started = tmp_path / "data/processed/a_2024_central/notebooks/10_first.ipynb"
    import threading

    def lose() -> None:
        deadline = time.monotonic() + 400
        while not started.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        dask.close()

    threading.Thread(target=lose).start()

    outcome = batch(root, dask.address)
    assert len(outcome.failed) == 2
    assert "scheduler was lost" in outcome.failed[0].error

    assert not batch(root).failed


def test_an_area_completed_twice_is_the_same(shared, tmp_path):
    # two tasks for one area at once: one waits for the other and then finds nothing to do
    from distributed import Client

    root = small.make_project(tmp_path, AREAS)
    message, ours = Job(small.parameters("a"), root).as_message(), cluster.fingerprint()
    with Client(shared.address, set_as_default=False) as client:
        futures = [
            client.submit(
                cluster.do_area,
                message,
                {},
                ours,
                "",
                key=f"twice-{i}",
                pure=False,
            )
            for i in range(2)
        ]
        states = sorted(f.result(timeout=400)["state"] for f in futures)

    assert states == ["done", "unchanged"]


def test_a_straggler_is_stopped_and_the_others_finish(shared, tmp_path):
    root = small.make_project(tmp_path, AREAS)
    small.write_notebook(
        root / "notebooks/20_second.ipynb", "import time\ntime.sleep(600 if area == 'a' else 0)"
    )

    outcome = batch(root, shared.address, limits=Limits(seconds=10))

    # on a busy machine the other may pass the bound too, but then for the same reason
    assert outcome.areas[0].state == "failed"
    assert all("超过 10 秒" in a.error for a in outcome.failed)
    small.write_notebook(root / "notebooks/20_second.ipynb", small.SECOND)
    assert not batch(root, shared.address).failed


def test_the_partitions_of_a_nation_on_a_cluster_give_the_local_tables(shared, tmp_path):
    import polars as pl

    from analysis.factory.nation import assess_nation
    from factory.test_nation import school

    for number in range(3):
        folder = tmp_path / "nation" / f"province={number}"
        folder.mkdir(parents=True)
        rows = [school(f"C{number}", f"s{number}{k}", 0.8 + k / 10) for k in range(4)]
        pl.DataFrame(rows).write_parquet(folder / "part.parquet")

    here = assess_nation(tmp_path / "nation", tmp_path / "here")
    there = assess_nation(tmp_path / "nation", tmp_path / "there", scheduler=shared.address)

    assert (there.rows, there.groups) == (here.rows, here.groups) == (12, 3)
    assert small.contents(tmp_path / "there", ".") == small.contents(tmp_path / "here", ".")


def test_no_scheduler_is_one_clear_paragraph(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 2)
    root = small.make_project(tmp_path, AREAS)

    with pytest.raises(ExecutionError, match="No Dask scheduler answers"):
        batch(root, f"tcp://127.0.0.1:{free_port()}")


def test_storage_needs_a_scheduler(tmp_path):
    with pytest.raises(ParameterError, match="goes with --scheduler"):
        batch(small.make_project(tmp_path, AREAS), storage="s3://bucket/project")


@pytest.fixture
def bucket(monkeypatch):
    """A bucket on an S3-compatible server on the loopback."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_CA_BUNDLE", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(port)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    import fsspec

    system = fsspec.filesystem("s3", skip_instance_cache=True)
    system.mkdir("school-places")
    yield system, "s3://school-places/project"
    server.kill()
    server.wait()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_project_in_s3_gives_the_results_of_the_local_run(dask, bucket, tmp_path):
    system, address = bucket
    local = small.make_project(tmp_path / "local", AREAS)
    client = small.make_project(tmp_path / "client", AREAS)
    for name, content in small.contents(local, "notebooks", "data/raw").items():
        system.pipe_file(f"school-places/project/{name}", content)
    dask.add_worker()
    wait_for_workers(dask, 1)

    assert not batch(local).failed
    outcome = batch(client, dask.address, storage=address)
    assert not outcome.failed, outcome.failed

    back = tmp_path / "back"
    for name in AREAS:
        Storage(address).fetch(Job(small.parameters(name), back))
    expected = {k: v for k, v in small.results(local).items() if "index.html" not in k}
    assert small.results(back) == expected
    # a second run finds nothing to do
    again = batch(client, dask.address, storage=address)
    assert [a.state for a in again.areas] == ["unchanged", "unchanged"]
    assert Storage(address).areas() == sorted(AREAS)
