"""One area: what is run, what is skipped, what a failure leaves, what is the same again."""

from __future__ import annotations

import json
import os
import shutil
import time

import nbformat
import pytest

from analysis import store
from analysis.errors import ParameterError, RunLockedError
from analysis.pipeline import is_current, run_area
from pipeline import small

RUN = "some_2024_central"
PLACES = ("data/processed", "reports")


@pytest.fixture
def project(tmp_path):
    return small.make_project(tmp_path)


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A project whose area has been run; nobody changes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XUEWEI_PDF", "0")
        patch.setenv("XUEWEI_WARM", "")
        root = small.make_project(tmp_path_factory.mktemp("once"))
        assert not run_area(small.parameters(), root=root).failed
    return root


@pytest.fixture
def finished(once, tmp_path):
    """A copy of a project whose area has been run, to do with as a test likes."""
    return shutil.copytree(once, tmp_path / "project")


def last_value(root, step, run=RUN):
    book = nbformat.read(root / f"data/processed/{run}/notebooks/{step}.ipynb", as_version=4)
    return book.cells[-1].outputs[0]["data"]["text/plain"]


def test_a_run_reads_the_raw_files_and_leaves_a_briefing(project):
    told = []
    raw = small.contents(project, "data/raw")

    outcome = run_area(small.parameters(), root=project, on_step=lambda *a: told.append(a[:2]))

    assert outcome.error == ""
    assert outcome.ran == ("import", "10_first", "20_second", "export")
    assert told[:2] == [("import", "start"), ("import", "done")]
    # by hand: 1000 + 800 persons
    assert last_value(project, "10_first") == "1800.0"
    assert json.loads((outcome.reports / "status.json").read_text())["state"] == "done"
    assert (outcome.reports / "briefing.html").exists()
    assert small.contents(project, "data/raw") == raw
    manifest = json.loads((outcome.reports / "manifest.json").read_text())
    assert manifest["inputs"].keys() == {"人口.csv"}
    assert manifest["outputs"][f"reports/{RUN}/briefing.html"] == store.file_sha256(
        outcome.reports / "briefing.html"
    )


def test_only_what_has_changed_is_run_again(finished):
    again = run_area(small.parameters(), root=finished)
    assert (again.state, again.ran) == ("unchanged", ())
    assert is_current(small.parameters(), root=finished)

    # the second notebook changes: the first is not run again
    small.write_notebook(finished / "notebooks/20_second.ipynb", small.SECOND + "\n", "'more'")
    assert not is_current(small.parameters(), root=finished)
    assert run_area(small.parameters(), root=finished).ran == ("20_second", "export")

    # one raw cell changes: everything that depends on it
    small.add_area(finished, "some", persons=1001)
    assert run_area(small.parameters(), root=finished).ran == (
        "import",
        "10_first",
        "20_second",
        "export",
    )
    assert last_value(finished, "10_first") == "1801.0"

    # a raw file is touched but says the same: nothing
    os.utime(finished / "data/raw/some/人口.csv")
    assert run_area(small.parameters(), root=finished).state == "unchanged"


def test_an_earlier_step_run_again_leaves_later_ones_alone_if_its_tables_are_the_same(finished):
    small.write_notebook(finished / "notebooks/10_first.ipynb", "# a remark\n" + small.FIRST)

    assert run_area(small.parameters(), root=finished).ran == ("10_first", "export")


def test_a_step_never_sees_tables_of_later_steps(finished):
    first = small.FIRST + "\nlen(run.tables['turning_points']), 'turning_points' in run.tables"
    small.write_notebook(finished / "notebooks/10_first.ipynb", first)

    run_area(small.parameters(), root=finished)

    assert (finished / f"data/processed/{RUN}/tables/turning_points.parquet").exists()
    assert last_value(finished, "10_first") == "(0, False)"


def test_fresh_runs_everything_and_gives_the_same_bytes(finished):
    before = small.results(finished)

    outcome = run_area(small.parameters(), root=finished, fresh=True)

    assert outcome.ran == ("import", "10_first", "20_second", "export")
    assert small.results(finished) == before


def test_only_looks_at_the_named_steps(finished):
    small.write_notebook(finished / "notebooks/10_first.ipynb", "# a remark\n" + small.FIRST)

    assert run_area(small.parameters(), root=finished, only=("20",)).ran == ()
    assert run_area(small.parameters(), root=finished, only=("first",)).ran == (
        "10_first",
        "export",
    )
    with pytest.raises(ParameterError, match="10_first, 20_second"):
        run_area(small.parameters(), root=finished, only=("30",))


@pytest.mark.parametrize("damage", ["deleted", "changed", "cut"])
@pytest.mark.parametrize(("table", "part"), [("trend_pupils", "10_first"), ("headlines", "export")])
def test_a_result_that_was_damaged_is_made_again(finished, damage, table, part):
    # no notebook of this project writes headlines: the export gathers them
    before = small.results(finished)
    path = finished / f"data/processed/{RUN}/tables/{table}.parquet"
    if damage == "deleted":
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(content[:-9] if damage == "cut" else content[:-1] + b"x")

    assert part in run_area(small.parameters(), root=finished).ran
    assert small.results(finished) == before


def test_a_record_of_where_things_came_from_that_was_cut_is_written_again(finished):
    path = finished / f"data/processed/{RUN}/provenance.json"
    before = path.read_bytes()
    path.write_bytes(before[:40])

    assert run_area(small.parameters(), root=finished).ran == ("export",)
    assert path.read_bytes() == before
    assert run_area(small.parameters(), root=finished, fresh=True).state == "done"
    assert path.read_bytes() == before


def test_a_table_that_no_part_has_written_is_gone_after_the_next_export(finished):
    before = small.results(finished)
    tables = finished / f"data/processed/{RUN}/tables"
    (tables / "decisions.parquet").unlink()
    (tables / "seat_gap.parquet").write_bytes(b"of a step that is gone")

    assert run_area(small.parameters(), root=finished).ran == ("export",)
    assert small.results(finished) == before


def test_a_status_that_was_not_written_at_the_end_is_written_by_the_next_run(finished):
    before = small.results(finished)
    (finished / f"reports/{RUN}/status.json").write_text('{"state": "running"}')

    assert not is_current(small.parameters(), root=finished)
    assert run_area(small.parameters(), root=finished).state == "unchanged"
    assert small.results(finished) == before


def test_what_a_killed_write_left_is_removed_even_if_nothing_is_to_be_done(finished):
    left = [finished / f"{place}/{RUN}/.status.json.x1.part" for place in PLACES]
    for path in left:
        path.write_text("{")

    assert not is_current(small.parameters(), root=finished)
    assert run_area(small.parameters(), root=finished).state == "unchanged"
    assert [path for path in left if path.exists()] == []
    assert is_current(small.parameters(), root=finished)


def test_a_cell_that_fails_is_one_paragraph_a_page_and_a_status(project):
    small.write_notebook(project / "notebooks/20_second.ipynb", "1 / 0")

    outcome = run_area(small.parameters(), root=project)

    assert outcome.failed
    assert outcome.failed_step == "20_second"
    assert "20_second 第 In [" in outcome.error
    assert "ZeroDivisionError" in outcome.error
    status = json.loads((outcome.reports / "status.json").read_text())
    assert (status["state"], status["step"]) == ("failed", "20_second")
    assert "ZeroDivisionError" in (outcome.reports / "error.html").read_text("utf-8")
    assert (project / f"data/processed/{RUN}/failed/20_second.ipynb").exists()

    small.write_notebook(project / "notebooks/20_second.ipynb", small.SECOND)
    mended = run_area(small.parameters(), root=project)
    assert mended.ran == ("20_second", "export")
    assert not (outcome.reports / "error.html").exists()
    assert not (project / f"data/processed/{RUN}/failed/20_second.ipynb").exists()


def test_a_table_written_twice_is_an_error(project):
    small.write_notebook(
        project / "notebooks/20_second.ipynb",
        "run.save(StepResult({'trend_pupils': contract('trend_pupils').empty()}))",
    )

    outcome = run_area(small.parameters(), root=project)

    assert "writes tables an earlier step has written: trend_pupils" in outcome.error


def test_two_runs_of_one_area_exclude_each_other(project):
    with (
        store.run_lock(project, RUN),
        pytest.raises(RunLockedError, match="another process"),
    ):
        run_area(small.parameters(), root=project)


def test_a_broken_area_file_is_an_outcome_with_a_page(project):
    (project / "data/raw/some/area.toml").write_text("name_zh = [", encoding="utf-8")

    outcome = run_area(small.parameters(), root=project)

    assert outcome.failed
    assert "area.toml" in outcome.error
    assert (outcome.reports / "error.html").exists()


def test_inputs_that_change_during_the_run_are_noticed(project):
    def meddle(part, state, _seconds):
        if (part, state) == ("20_second", "start"):
            small.add_area(project, "some", persons=5)

    outcome = run_area(small.parameters(), root=project, on_step=meddle)
    assert outcome.failed
    assert "运行期间有改动" in outcome.error

    assert run_area(small.parameters(), root=project).state == "done"
    assert last_value(project, "10_first") == "805.0"


def test_results_do_not_depend_on_place_time_zone_locale_hash_seed_or_kind_of_kernel(
    once, tmp_path, monkeypatch
):
    root = small.make_project(tmp_path / "place")
    other = {"TZ": "Asia/Shanghai", "PYTHONHASHSEED": "77", "LC_ALL": "C", "XUEWEI_WARM": "0"}
    for name, value in other.items():
        monkeypatch.setenv(name, value)

    outcome = run_area(small.parameters(), root=root)

    assert set(outcome.kernels) == {"cold"}
    assert small.results(root) == small.results(once)


def test_a_clock_that_jumps_changes_nothing(finished, monkeypatch):
    before = small.results(finished)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 10_000_000)
    small.add_area(finished, "some", persons=1000)

    run_area(small.parameters(), root=finished, fresh=True)

    assert small.results(finished) == before


def test_braces_and_chinese_in_the_project_path(tmp_path):
    root = small.make_project(tmp_path / "县 {area} 规划")

    assert run_area(small.parameters(), root=root).error == ""
