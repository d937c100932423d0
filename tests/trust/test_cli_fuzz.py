"""Whatever is typed after ``xuewei``: words and an exit code, and nothing written outside."""

from __future__ import annotations

import json
import os
import random
import subprocess
import unicodedata
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from analysis import cli, example, store
from analysis.errors import ExecutionError
from analysis.terminal import inert

#: More by hand: XUEWEI_FUZZ_CASES=3000 XUEWEI_FUZZ_SEED=1 pytest tests/trust/test_cli_fuzz.py
CASES = int(os.environ.get("XUEWEI_FUZZ_CASES", "300"))
SEED = int(os.environ.get("XUEWEI_FUZZ_SEED", "20261127"))
AREA = 'name_zh = "某县"\nname_en = "Some county"\ncode = "440000"\nbase_year = 2024\n'
#: What people and programs type by mistake, and what somebody might type on purpose.
PIECES = [
    "", " ", ".", "..", "../../etc/passwd", "/etc/passwd", "~", "~root", "C:\\x", "some/../some",
    "\\\\host\\share", "//host/share", "file:///etc/passwd", "http://evil.example/x",
    "some/", "./some", "some\x00", "so\nme", "some\r\n", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07",
    "\x9b31m", "\u202egnihtemos\u202c", "\u2066x\u2069", "\ufeffsome", "some\u200b", "ѕоmе",
    "县" * 70,
    "a" * 5000, "-", "--", "--help", "-h", "--version", "--all", "-rf", "$(touch owned)", "`id`",
    "; rm -rf /", "| cat", "&& id", "%s%s%n", "{}", "{0.__class__}", "{{7*7}}", "${HOME}", "*", "?",
    "CON", "nul", "COM1", "LPT9", "aux.txt", "/dev/zero", "/dev/stdin", "/dev/null",
    "/proc/self/mem",
    "link", "loop", "'); import os; ('", "__import__('os').system('id')", "0", "-1", "1e309", "NaN",
    "2024", "99999999999999999999", "０", "٣", "²", "national_2017", "../national_2017", "low",
    "高",
    "10", "10,20", "10_first", ",", "tcp://127.0.0.1:1", "s3://bucket/x", "3d", "2026-13-45",
    "\ud800",
    "😀", "\U000e0001", "\u2028", "%2e%2e%2f", "some%00", "PLAN.json", "deep.json", "broken.csv",
]  # fmt: skip
COMMANDS = [
    ["check", "X"], ["check", "X", "--json"], ["check", "X", "--lang", "X"],
    ["assess", "X"], ["assess", "X", "--rules", "X"], ["assess", "X", "--school-year", "X"],
    ["run", "X"], ["run", "X", "X", "--only", "X"], ["run", "X", "--base-year", "X"],
    ["run", "X", "--scenario", "X"], ["run", "X", "--workers", "X"], ["run", "X", "--since", "X"],
    ["run", "X", "--scheduler", "X"], ["run", "X", "--storage", "X"], ["run", "X", "--lang", "X"],
    ["new", "X"], ["new", "X", "--name", "X"], ["new", "X", "--code", "X"],
    ["new", "X", "--base-year", "X"], ["rerun", "X"], ["publish", "X"], ["diff", "X", "X"],
    ["diff", "X", "X", "--out", "in.csv"], ["clean", "X"], ["clean", "X", "X"],
    ["plan", "X", "--out", "out.json"], ["backtest", "X"], ["backtest", "X", "--births", "X"],
    ["backtest", "X", "--start-age", "X"], ["example", "X"], ["explore", "X"],
    ["explore", "X", "--port", "X"], ["lab", "--port", "X"], ["X"], ["X", "X"], ["X", "X", "X"],
]  # fmt: skip


def word(chance):
    """Return one argument: a piece, two of them joined, or random characters."""
    way = chance.random()
    if way < 0.6:
        return chance.choice(PIECES)
    if way < 0.8:
        return chance.choice(PIECES) + chance.choice(PIECES)
    return "".join(chr(chance.randrange(1, 0x3000)) for _ in range(chance.randrange(1, 20)))


@pytest.fixture
def project(tmp_path, monkeypatch):
    root = tmp_path / "project"
    folder = root / "data" / "raw" / "some"
    folder.mkdir(parents=True)
    (folder / "area.toml").write_text(AREA, encoding="utf-8")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "area.toml").write_text(AREA, encoding="utf-8")
    (root / "data" / "raw" / "link").symlink_to(outside)
    (root / "data" / "raw" / "loop").symlink_to(root / "data" / "raw" / "loop")
    (root / "deep.json").write_text("[" * 100_000)
    (root / "broken.csv").write_bytes(b'a,"b\n\xff\x00,1\n')
    monkeypatch.setenv(store.ROOT_VARIABLE, str(root))
    monkeypatch.chdir(root)

    # servers and whole runs are not what is tried here
    monkeypatch.setattr(subprocess, "run", lambda *_a, **_k: SimpleNamespace(returncode=0))
    monkeypatch.setattr("analysis.factory.run_with_progress", refuses_to_run)
    monkeypatch.setattr(example, "county", lambda **_values: {"a.txt": b"x"})
    return root


def refuses_to_run(wanted, **_options):
    raise ExecutionError(f"not run here: {len(wanted)}")


def files(folder):
    """Return every file below a folder, links not followed, and its content."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            found[str(path.relative_to(folder))] = None if path.is_symlink() else path.read_bytes()
    return found


def acts(text):
    """Return the characters of an output that could steer a terminal."""
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\n\t\r"}


def test_thousands_of_command_lines_end_in_words(project):
    chance = random.Random(SEED)
    before = files(project.parent)
    codes = {}
    for number in range(CASES):
        arguments = [word(chance) if a == "X" else a for a in chance.choice(COMMANDS)]
        result = CliRunner().invoke(cli.app, arguments)

        said = (number, arguments, result.output[-400:], result.exception)
        assert result.exception is None or isinstance(result.exception, SystemExit), said
        assert result.exit_code in (0, 1, 2), said
        assert "Traceback" not in result.output, said
        assert not acts(result.output), (said, acts(result.output))
        codes[result.exit_code] = codes.get(result.exit_code, 0) + 1

    assert codes[2] > CASES / 2, codes
    now = files(project.parent)
    assert {name: now.get(name) for name in before} == before, "a file was changed or lost"
    new = set(now) - set(before)
    allowed = ("project/data/raw/", "project/data/processed/", "project/reports/", "project/in.csv")
    assert {n for n in new if not n.startswith((*allowed, "project/out.json"))} == set()
    made = {Path(n).parts[3] for n in new if n.startswith("project/data/raw/")}
    assert all(name.isprintable() and "." not in name and name != "link" for name in made), made


@pytest.mark.parametrize(
    "arguments",
    [["rerun", "/dev/zero"], ["backtest", "/dev/zero"], ["check", "/dev/zero"],
     ["plan", "/dev/zero", "--out", "p.json"], ["rerun", "deep.json"], ["new", "CON"]],
)  # fmt: skip
def test_devices_and_bottomless_files_are_refused_at_once(project, arguments):
    result = CliRunner().invoke(cli.app, arguments)

    assert result.exit_code == 2, (result.output, result.exception)


def test_what_is_shown_cannot_steer_a_terminal():
    assert inert("a\x1b[31m\u202eb\u3000县\n") == "a\\u001b[31m\\u202eb\u3000县\n"
    assert (
        json.loads(inert(json.dumps("\x9b\U000e0001学", ensure_ascii=False))) == "\x9b\U000e0001学"
    )
