"""Secrets left in a data folder are pointed at and never shown."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from analysis import cli, store, support
from analysis.support.secrets import secrets_in

# put together here, so that no scanner takes this file for a leak
CASES = {
    "private_key": "-----BEGIN " + "RSA PRIVATE KEY-----",
    "cloud_key": "AKIA" + "IOSFODNN7EXAMPLE",
    "token": "gh" + "p_" + "a1B2c3D4e5" * 4,
    "address": "postgres" + "://clerk:hunter22@10.0.0.5/edu",
    "password": "数据库密码" + "：S3cret!x",
}
HARMLESS = [
    "学校代码,学校名称,密码学竞赛获奖数",
    "https://www.moe.gov.cn/srcsite/A06/",
    "token economy in classrooms",
    "password policy adopted in 2019",
    "密码：",
    "21:35:07 学生 1,234 人",
]


@pytest.mark.parametrize(("kind", "text"), CASES.items())
def test_each_kind_is_seen_with_its_line(kind, text):
    found = list(secrets_in(f"甲,乙\n{text}\n1,2", "a.csv"))

    assert [(s.file, s.line, s.kind) for s in found] == [("a.csv", 2, kind)]


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_text_is_left_alone(text):
    assert not list(secrets_in(text, "a.csv"))


def test_a_secret_far_along_a_long_line_is_seen():
    assert list(secrets_in("x" * 9_990 + " " + CASES["cloud_key"], "a.csv"))


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "data" / "raw" / "some"
    folder.mkdir(parents=True)
    (folder / "area.toml").write_text(
        'name_zh = "某县"\nname_en = "Some"\ncode = "440000"\nbase_year = 2024\n'
        f"# {CASES['password']}\n",
        encoding="utf-8",
    )
    (folder / "说明.txt").write_text(CASES["token"], encoding="gb18030")
    (folder / "人口.csv").write_text("乡镇代码,年份,人口口径,人口数\nT1,2023,常住,900\n", "utf-8")
    monkeypatch.setenv(store.ROOT_VARIABLE, str(tmp_path))
    return folder


def test_files_of_a_folder_are_looked_through_and_links_are_not_followed(project, tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text(CASES["token"])
    (project / "link.txt").symlink_to(outside)

    found = support.find_secrets(project)

    assert [(s.file, s.kind) for s in found] == [("area.toml", "password"), ("说明.txt", "token")]


def test_check_points_at_them_and_shows_none(project):
    shown = CliRunner().invoke(cli.app, ["check", "some"])
    machine = CliRunner().invoke(cli.app, ["check", "some", "--json"])

    assert shown.exit_code == machine.exit_code == 0, shown.output + machine.output
    report = json.loads(machine.stdout)
    found = [f for f in report["findings"] if f["rule"].startswith("secret_")]
    assert [(f["file"], f["found"]) for f in found] == [
        ("area.toml", "line 5"),
        ("说明.txt", "line 1"),
    ]
    assert report["counts"]["note"] >= 2
    assert {len(f) for f in report["findings"]} == {len(found[0])}
    assert "area.toml 第 5 行像是密码" in shown.output.replace("\n", "")
    for output in (shown.output, machine.output):
        assert "S3cret" not in output
        assert CASES["token"] not in output
