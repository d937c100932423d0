"""The documented configuration of an encrypted Dask cluster, on the loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pipeline import small

from analysis.briefing import write_index
from analysis.pipeline import run_area

from .certificates import Authority

PROJECT = Path(__file__).resolve().parents[2]
CONFIGURATION = PROJECT / "docs" / "serving" / "dask.yaml"
DOCUMENTED_FOLDER = "/etc/xuewei/tls"
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster tls")]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def configured(folder, certificates):
    """Return an environment that reads the documented file with these certificates."""
    text = CONFIGURATION.read_text("utf-8")
    assert DOCUMENTED_FOLDER in text
    folder.mkdir(exist_ok=True)
    (folder / "dask.yaml").write_text(text.replace(DOCUMENTED_FOLDER, str(certificates)), "utf-8")
    return {**os.environ, "DASK_CONFIG": str(folder), "XUEWEI_PDF": "0", "XUEWEI_WARM": ""}


@pytest.fixture(scope="module")
def authority():
    return Authority("county")


@pytest.fixture(scope="module")
def cluster(authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    environment = configured(folder / "config", authority.write(folder / "certificates", "node"))
    address = f"tls://127.0.0.1:{free_port()}"
    common = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard"]
    scheduler += ["--protocol", "tls", "--host", "127.0.0.1", "--port", address.rsplit(":", 1)[1]]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1"]
    worker += ["--no-nanny", "--no-dashboard", "--host", "127.0.0.1", "--death-timeout", "90"]
    running = [subprocess.Popen(command, **common) for command in (scheduler, worker)]
    yield address, environment
    for process in reversed(running):
        process.kill()
        process.wait()


ASK = """
import sys
from distributed import Client
with Client(sys.argv[1], timeout=float(sys.argv[2]), set_as_default=False) as client:
    client.wait_for_workers(1, timeout=60)
    print("workers", len(client.scheduler_info()["workers"]))
"""


def ask(address, environment, seconds=15):
    """Try to reach the cluster; return exit code and what was said."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, address, str(seconds)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def ready(cluster):
    """Wait until the cluster serves whoever may ask: else every refusal would be empty."""
    address, environment = cluster
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        code, said = ask(address, environment)
        if code == 0:
            assert "workers 1" in said
            return address, environment
        time.sleep(1)
    raise AssertionError(said)


def xuewei(root, address, environment):
    return subprocess.run(
        [sys.executable, "-m", "analysis", "run", "--all", "--scheduler", address],
        cwd=root,
        env={**environment, "XUEWEI_ROOT": str(root)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_the_encrypted_cluster_gives_the_results_of_the_local_run(ready, tmp_path, monkeypatch):
    address, environment = ready
    far = small.make_project(tmp_path / "far", ("a",))
    local = small.make_project(tmp_path / "local", ("a",))

    done = xuewei(far, address, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.setenv("XUEWEI_PDF", "0")
    monkeypatch.setenv("XUEWEI_WARM", "")
    assert not run_area(small.parameters("a"), root=local).failed
    write_index(local)

    assert small.results(far) == small.results(local)


def test_a_client_without_a_certificate_is_refused_in_words(ready, tmp_path):
    address, environment = ready
    bare = {k: v for k, v in environment.items() if k != "DASK_CONFIG"}

    done = xuewei(small.make_project(tmp_path / "project", ("a",)), address, bare)

    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert "certificate" in said
    assert not (tmp_path / "project" / "reports" / "a_2024_central" / "manifest.json").exists()


def test_a_certificate_of_another_authority_is_refused(ready, tmp_path):
    address, _ = ready
    folder = Authority("stranger").write(tmp_path / "certificates", "node")

    code, said = ask(address, configured(tmp_path / "config", folder), seconds=5)

    assert code != 0
    assert "workers" not in said


def test_a_certificate_of_another_authority_does_not_help_who_trusts_ours(
    ready, authority, tmp_path
):
    # it believes the scheduler, but the scheduler does not believe it
    address, _ = ready
    folder = Authority("stranger").write(tmp_path / "certificates", "node")
    ours = authority.write(tmp_path / "ours", "node")
    (folder / "ca.pem").write_bytes((ours / "ca.pem").read_bytes())

    code, said = ask(address, configured(tmp_path / "config", folder), seconds=5)

    assert code != 0
    assert "workers" not in said


def test_an_unencrypted_client_is_refused(ready):
    address, environment = ready
    bare = {k: v for k, v in environment.items() if k != "DASK_CONFIG"}

    code, said = ask(address.replace("tls:", "tcp:"), bare, seconds=5)

    assert code != 0
    assert "workers" not in said
