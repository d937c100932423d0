"""The pool: failures, hangs, hunger and lost processes stay with their area; logs; the index."""

from __future__ import annotations

import datetime
import io
import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest
from pipeline import small
from rich.console import Console

from analysis.errors import ParameterError
from analysis.factory import Limits, changed_since, moment, run_with_progress
from analysis.factory.journal import pace
from analysis.store import ROOT_VARIABLE

HANG = "import time\ntime.sleep(600 if area == 'bad' else 0)"
HUNGRY = "x = bytearray(700_000_000) if area == 'bad' else b''\nx and __import__('time').sleep(60)"
POISON = "1 / (area != 'bad')"


def batch(root, areas, **options):
    console = Console(file=io.StringIO(), width=200)
    wanted = [small.parameters(name) for name in areas]
    outcome = run_with_progress(wanted, root=root, console=console, **options)
    return outcome, console.file.getvalue()


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("XUEWEI_WARM", "")
    return small.make_project(tmp_path, ("good", "bad", "other"))


def test_a_poisoned_area_leaves_the_others_good(project):
    small.write_notebook(project / "notebooks/20_second.ipynb", POISON)

    outcome, shown = batch(project, ("good", "bad", "other"), workers=2)

    assert [a.area for a in outcome.failed] == ["bad"]
    assert [a.state for a in outcome.areas] == ["done", "failed", "done"]
    assert "ZeroDivisionError" in shown
    page = (project / "reports/bad_2024_central/error.html").read_text("utf-8")
    assert "ZeroDivisionError" in page
    index = outcome.index.read_text("utf-8")
    assert all(f"{name}_2024_central" in index for name in ("good", "bad", "other"))
    events = [json.loads(line) for line in outcome.log.read_text("utf-8").splitlines()]
    assert [e["event"] for e in events][0 :: len(events) - 1] == ["start", "end"]
    assert events[-1]["failed"] == 1
    ended = [e for e in events if e["event"] == "area"]
    assert [(e["number"], e["of"]) for e in ended] == [(1, 3), (2, 3), (3, 3)]
    assert ended[0]["left_seconds"] > 0
    assert ended[-1]["left_seconds"] == 0
    assert "/min  还需 left 0:" in shown

    # again: only the failed one is tried
    again, _ = batch(project, ("good", "bad", "other"), workers=2)
    assert [a.state for a in again.areas] == ["unchanged", "failed", "unchanged"]


@pytest.mark.parametrize(
    ("source", "limits", "words"),
    [
        (HANG, Limits(seconds=20), "超过 20 秒"),
        (HUNGRY, Limits(memory_mb=900), "超过 900 MB"),
    ],
)
@pytest.mark.slow
def test_an_area_beyond_its_bounds_is_stopped_with_all_its_processes(
    project, source, limits, words
):
    small.write_notebook(project / "notebooks/20_second.ipynb", source)
    before = {p.pid for p in psutil.process_iter()}

    outcome, _ = batch(project, ("bad", "good"), workers=1, limits=limits)

    # on a busy machine the good one may pass the bound too, but then for the same reason
    assert "bad" in [a.area for a in outcome.failed]
    assert all(words in a.error for a in outcome.failed)
    status = json.loads((project / "reports/bad_2024_central/status.json").read_text("utf-8"))
    assert (status["state"], words in status["error"]) == ("failed", True)
    left = [
        p.name()
        for p in psutil.Process().children(recursive=True)
        if p.pid not in before and "analysis.factory.worker" in " ".join(p.cmdline())
    ]
    assert left == []
    assert not batch(project, ("good",))[0].failed


def test_a_lost_process_is_replaced_and_its_area_tried_again(project):
    flag = project / "once"
    small.write_notebook(
        project / "notebooks/20_second.ipynb",
        "import os, pathlib, signal, psutil\n"
        f"flag = pathlib.Path({str(flag)!r})\n"
        "if area == 'bad' and not flag.exists():\n"
        "    flag.touch()\n"
        "    for p in psutil.Process().parents():\n"
        "        if 'analysis.factory.worker' in ' '.join(p.cmdline()):\n"
        "            p.kill()\n"
        "    __import__('time').sleep(30)",
    )

    outcome, _ = batch(project, ("bad", "good"), workers=1)

    assert flag.exists()
    assert [a.state for a in outcome.areas] == ["done", "done"]


@pytest.mark.slow
def test_interrupting_stops_every_process_and_the_next_run_does_the_rest(project):
    small.write_notebook(project / "notebooks/20_second.ipynb", HANG)
    environment = {**os.environ, ROOT_VARIABLE: str(project)}
    process = subprocess.Popen(
        [sys.executable, "-m", "analysis", "run", "good", "bad"],
        env=environment,
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )
    head = psutil.Process(process.pid)
    deadline = time.monotonic() + 400
    while (
        time.monotonic() < deadline
        and not (project / "data/processed/bad_2024_central/notebooks/10_first.ipynb").exists()
    ):
        time.sleep(0.2)
    family = head.children(recursive=True)
    process.send_signal(signal.SIGINT)
    shown, _ = process.communicate(timeout=120)

    assert process.returncode == 130
    assert "Stopped" in shown
    assert "Traceback" not in shown
    psutil.wait_procs(family, timeout=60)
    assert [p for p in family if p.is_running() and p.status() != "zombie"] == []

    small.write_notebook(project / "notebooks/20_second.ipynb", small.SECOND)
    outcome, _ = batch(project, ("good", "bad"))
    assert not outcome.failed
    assert "10_first" not in next(a for a in outcome.areas if a.area == "bad").ran


def test_processes_are_renewed_after_so_many_areas(project):
    # the notebook's value is the process of the pool that its area was given to
    source = (
        "import psutil\n"
        "[p.pid for p in psutil.Process().parents() if 'factory.worker' in ' '.join(p.cmdline())]"
    )
    small.write_notebook(project / "notebooks/20_second.ipynb", small.SECOND, source)

    outcome, _ = batch(project, ("good", "bad"), workers=1, limits=Limits(areas_per_process=1))

    assert [a.state for a in outcome.areas] == ["done", "done"]
    used = {last_value(project, "good"), last_value(project, "bad")}
    assert len(used) == 2 and "[]" not in used


def last_value(root, area):
    path = root / f"data/processed/{area}_2024_central/notebooks/20_second.ipynb"
    return nbformat.read(path, as_version=4).cells[-1].outputs[0]["data"]["text/plain"]


def test_an_index_older_than_a_run_is_written_again(project):
    outcome, _ = batch(project, ("good",))
    whole = outcome.index.read_bytes()
    outcome.index.write_text("of a batch before", "utf-8")
    os.utime(outcome.index, (1, 1))

    again, _ = batch(project, ("good",))

    assert [a.state for a in again.areas] == ["unchanged"]
    assert outcome.index.read_bytes() == whole


def test_pace():
    # 4 areas in 120 s: 2 a minute, 30 s each; 6 more need 180 s
    assert pace(4, 6, 120.0) == ("2.0/min", 180.0)
    assert pace(4, 0, 120.0) == ("2.0/min", 0.0)
    assert pace(0, 6, 120.0) == ("", None)  # all unchanged so far: no rate is claimed


@pytest.mark.parametrize("value", ["0", "-3", "long"])
def test_bounds_that_are_no_numbers_are_refused(monkeypatch, value):
    monkeypatch.setenv("XUEWEI_AREA_SECONDS", value)

    with pytest.raises(ParameterError, match="positive number"):
        Limits.from_environment()


def test_moments():
    now = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)

    assert moment("3d", now) == datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
    assert moment("12h", now) == datetime.datetime(2026, 11, 25, 0, tzinfo=datetime.UTC)
    assert moment("2026-11-01", now).date() == datetime.date(2026, 11, 1)
    with pytest.raises(ParameterError, match="--since"):
        moment("yesterday", now)


def test_areas_changed_since(project):
    old = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    for path in (project / "data/raw/good").iterdir():
        os.utime(path, (old.timestamp(), old.timestamp()))
    when = datetime.datetime(2021, 1, 1, tzinfo=datetime.UTC)

    assert [changed_since(project, a, when) for a in ("good", "bad")] == [False, True]
