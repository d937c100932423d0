"""The command: clear words, no traceback, exit codes 0, 1 and 2."""

from __future__ import annotations

import errno
import json
import os

import pytest
from typer.testing import CliRunner

from analysis import cli, store
from analysis.errors import ExecutionError

runner = CliRunner()
AREA = 'name_zh = "某县"\nname_en = "Some county"\ncode = "440000"\nbase_year = 2024\n'


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "data" / "raw" / "some").mkdir(parents=True)
    (tmp_path / "data" / "raw" / "some" / "area.toml").write_text(AREA, encoding="utf-8")
    monkeypatch.setenv(store.ROOT_VARIABLE, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_command_has_help_in_both_languages(name):
    result = runner.invoke(cli.app, [name, "--help"])

    assert result.exit_code == 0
    assert any("\u4e00" <= c <= "\u9fff" for c in result.output)
    assert any(word.isascii() and word.isalpha() for word in result.output.split())


def test_no_command_shows_help():
    result = runner.invoke(cli.app, [])

    assert "run" in result.output
    assert "check" in result.output


def test_version():
    result = runner.invoke(cli.app, ["--version"])

    assert result.exit_code == 0
    assert result.output.startswith("xuewei 0.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "nowhere"], "some"),
        (["run"], "--all"),
        (["run", "some", "--scenario", "middle"], "scenario"),
        (["run", "some", "--base-year", "1500"], "base_year"),
        (["run", "../etc"], "area name"),
        (["check", "nowhere"], "some"),
        (["assess", "some", "--rules", "national_2071"], "national_2017"),
        (["plan", "missing.json", "--out", "plan.json"], "missing.json"),
        (["backtest", "missing.csv"], "missing.csv"),
        (["new", "some"], "some"),
        (["new", "../x"], "Letters"),
        (["diff", "a", "b"], "holds no run"),
    ],
)
def test_usage_error_is_one_clear_paragraph_and_exit_code_two(project, arguments, said):
    result = runner.invoke(cli.app, arguments)

    assert result.exit_code == 2, result.output
    assert said in result.output
    assert "Traceback" not in result.output


def test_failure_of_the_work_is_exit_code_one(project, monkeypatch):
    def fails(*_args, **_kwargs):
        raise ExecutionError("40_seat_demand: the kernel died")

    monkeypatch.setattr(store, "raw_source", fails)
    result = runner.invoke(cli.app, ["check", "some"])

    assert result.exit_code == 1
    assert "the kernel died" in result.output


def test_unknown_option_is_exit_code_two(project):
    assert runner.invoke(cli.app, ["run", "--basee-year", "2030"]).exit_code == 2


def test_new_area_can_be_read_back_and_is_never_overwritten(project):
    made = runner.invoke(cli.app, ["new", "mine", "--name", "我县", "--code", "441234"])

    assert made.exit_code == 0, made.output
    area = store.read_area(project, "mine")
    assert (area.name_zh, area.code) == ("我县", "441234")
    before = (project / "data" / "raw" / "mine" / "template.xlsx").read_bytes()
    assert runner.invoke(cli.app, ["new", "mine"]).exit_code == 2
    assert (project / "data" / "raw" / "mine" / "template.xlsx").read_bytes() == before


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Somewhere without a project, with one folder of raw files."""
    monkeypatch.delenv(store.ROOT_VARIABLE, raising=False)
    folder = tmp_path / "elsewhere" / "returns"
    folder.mkdir(parents=True)
    (folder / "人口.csv").write_text(
        "乡镇代码,年份,人口口径,人口数\nT1,2023,常住,900\n", encoding="utf-8"
    )
    monkeypatch.chdir(folder.parent)
    return folder


@pytest.mark.parametrize("command", ["check", "assess"])
def test_a_folder_anywhere_can_be_read_without_a_project(elsewhere, command):
    result = runner.invoke(cli.app, [command, str(elsewhere), "--json"])

    assert result.exit_code == 0, result.output
    assert isinstance(json.loads(result.stdout), dict)
    assert [p.name for p in elsewhere.parent.iterdir()] == ["returns"]


def test_corrections_of_a_folder_without_a_project_never_overwrite_a_file(elsewhere):
    first = runner.invoke(cli.app, ["check", str(elsewhere)])
    written = elsewhere.parent / "returns_corrections.xlsx"
    before = written.read_bytes()
    second = runner.invoke(cli.app, ["check", str(elsewhere)])

    assert first.exit_code == 0, first.output
    assert second.exit_code == 2
    assert written.read_bytes() == before


def test_what_the_system_refuses_is_one_paragraph(project, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store, "write_bytes", full)
    result = runner.invoke(cli.app, ["check", "some"])

    assert result.exit_code == 1
    assert "No space left" in result.output
    assert "run again" in result.output
    assert "Traceback" not in result.output


def test_an_unknown_log_level_is_refused_and_a_known_one_reaches_the_workers(project, monkeypatch):
    seen = []

    def runs(_wanted, **_options):
        seen.append(os.environ["XUEWEI_LOG"])
        raise ExecutionError("not run here")

    monkeypatch.setenv("XUEWEI_LOG", "")
    monkeypatch.setattr("analysis.factory.run_with_progress", runs)

    assert runner.invoke(cli.app, ["run", "some", "--log", "loud"]).exit_code == 2
    assert runner.invoke(cli.app, ["run", "some", "--log", "debug"]).exit_code == 1
    assert seen == ["debug"]


def test_clean_only_lists_until_it_is_told_to_delete(project):
    folder = project / "data" / "processed" / "some_2024_central"
    folder.mkdir(parents=True)

    listed = runner.invoke(cli.app, ["clean"])
    assert "nothing was deleted" in listed.output.replace("\n", " ")
    assert "some_2024_central" in listed.output
    assert folder.is_dir()

    assert runner.invoke(cli.app, ["clean", "--yes"]).exit_code == 0
    assert not folder.exists()
    assert (project / "data" / "raw" / "some").is_dir()
    assert "Nothing to delete" in runner.invoke(cli.app, ["clean"]).output
