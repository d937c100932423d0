"""Every example in a docstring runs and gives what it says."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import analysis
from analysis.tables import contract

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"


def modules_with_examples() -> list[str]:
    found = [p for p in SOURCE.rglob("*.py") if ">>> " in p.read_text("utf-8")]
    names = [".".join(p.relative_to(SOURCE).with_suffix("").parts) for p in found]
    return sorted(name.removesuffix(".__init__") for name in names)


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "raw").symlink_to(ROOT / "data" / "raw", target_is_directory=True)
    monkeypatch.setenv("XUEWEI_ROOT", str(tmp_path))
    result = doctest.testmod(
        importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE
    )

    assert result.attempted > 0
    assert result.failed == 0


def test_the_door_and_the_tables_have_examples():
    names = modules_with_examples()

    assert "analysis" in names
    assert "analysis.tables.step" in names


def test_a_run_shows_itself_with_its_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "raw").symlink_to(ROOT / "data" / "raw", target_is_directory=True)
    monkeypatch.setenv("XUEWEI_ROOT", str(tmp_path))
    run = analysis.open_area("lingshou")
    shown = run._repr_html_()

    # two stages of one year: totals has two rows
    item = contract("totals")
    assert f"<code>totals</code></td><td>{item.zh}</td><td>{item.en}</td><td>2</td>" in shown
    assert "灵寿镇 Lingshou (lingshou)" in shown
    assert "totals" in run.tables._ipython_key_completions_()
    assert {"totals", "births"} <= set(dir(run.tables))
    with pytest.raises(AttributeError):
        run.tables.no_such_table  # noqa: B018
