"""A clean county raises no alarm; each planted fault is named at its cell; nothing else changes.

``python -m tests.intake.test_corpus 1 2 3`` prints the figures of those counties.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analysis import intake
from analysis.tables import contract
from tests.intake import county, damage

MOST_FALSE_ALARMS = 2
RECALL = 0.98


@cache
def _clean_bytes(seed: int) -> dict[str, bytes]:
    return county.packed(county.clean(seed))


def _read(files: dict[str, bytes]) -> intake.IntakeResult:
    return intake.read_area(files, area_code=county.COUNTY)


@cache
def _clean_result(seed: int) -> intake.IntakeResult:
    return _read(_clean_bytes(seed))


def _damaged(kind: str, seed: int) -> tuple[intake.IntakeResult, list[damage.Planted]]:
    files, planted = damage.damaged_cells(kind, seed)
    clean = county.clean(seed)
    same = {name for name in files if files[name] == clean[name]}
    packed = {
        name: _clean_bytes(seed)[name] if name in same else county.workbook(files[name])
        for name in files
    }
    return _read(packed), planted


def _missed(result: intake.IntakeResult, planted: list[damage.Planted]) -> list[damage.Planted]:
    findings = result.findings
    named = set(zip(findings["file"], findings["sheet"], findings["cell"], strict=True))
    return [p for p in planted if not any((p.file, p.sheet, c) in named for c in p.cells)]


def _silent_changes(
    clean: intake.IntakeResult, now: intake.IntakeResult, planted: list[damage.Planted]
) -> list[str]:
    """Return numbers that differ from the clean county and stand in no planted cell.

    A value that has become missing is no silent change if a finding of its table says that
    something of it was set aside or left out.
    """
    touched = {(p.file, p.sheet, c) for p in planted for c in (*p.cells, *p.changed)}
    found = now.findings
    at_planted = [
        place in touched for place in zip(found["file"], found["sheet"], found["cell"], strict=True)
    ]
    # a planted key moves its row to another key: then the finding at the cell has to say it
    said = set(found.loc[(found["treatment"] != "kept") | pd.Series(at_planted), "table_name"])
    wrong = []
    for name, frame in clean.tables.items():
        item = contract(name)
        keys = list(item.keys)
        numbers = [c.name for c in item.columns if c.dtype == "float64"]
        after = now.tables.get(name, item.empty())
        pairs = frame.merge(after, on=keys, how="left", suffixes=("", "_now"), indicator=True)
        for column in numbers:
            before, later = pairs[column], pairs[f"{column}_now"]
            differs = before.notna() & later.notna() & ~np.isclose(before, later, rtol=1e-12)
            for place in pairs.index[differs]:
                source = str(pairs.loc[place, "source_now"])
                file, _, rest = source.partition("#")
                sheet, _, _ = rest.partition("!")
                here = any((f, s) == (file, sheet) for f, s, _ in touched)
                key = pairs.loc[place, keys]
                if not here or not _in_touched_row(now, name, key, column, touched):
                    wrong.append(f"{name}.{column} {pairs.loc[place, keys].tolist()}")
            gone = before.notna() & later.isna()
            if gone.any() and name not in said and "" not in said:
                wrong.append(f"{name}.{column} missing unsaid")
    return wrong


def _in_touched_row(
    result: intake.IntakeResult,
    name: str,
    key: pd.Series,
    column: str,
    touched: set[tuple[str, str, str]],
) -> bool:
    for record in result.records[name]:
        if all(record.values.get(k) == v for k, v in key.items()):
            place = record.place(column)
            return (place.file, place.sheet, place.cell) in touched
    return False


@pytest.mark.parametrize("seed", range(4))
def test_clean_county_raises_at_most_two_alarms(seed):
    findings = _clean_result(seed).findings

    assert len(findings) <= MOST_FALSE_ALARMS, findings[["rule", "sheet", "cell", "found"]]


def test_corpus_is_large_enough():
    assert len(damage.DAMAGES) >= 80


@pytest.mark.parametrize("kind", sorted(damage.DAMAGES))
def test_planted_fault_is_named_at_its_cell_and_nothing_else_changes(kind):
    result, planted = _damaged(kind, 0)

    assert _missed(result, planted) == []
    assert _silent_changes(_clean_result(0), result, planted) == []


@dataclass
class Recall:
    """What became of the faults planted into one county."""

    planted: int = 0
    missed: list[tuple[str, damage.Planted]] = field(default_factory=list)
    silent: list[tuple[str, str]] = field(default_factory=list)
    false_alarms: int = 0


def recall(seed: int, kinds: Iterable[str] = tuple(damage.DAMAGES)) -> Recall:
    found = Recall(false_alarms=len(_clean_result(seed).findings))
    for kind in kinds:
        result, planted = _damaged(kind, seed)
        found.planted += len(planted)
        found.missed += [(kind, p) for p in _missed(result, planted)]
        found.silent += [(kind, s) for s in _silent_changes(_clean_result(seed), result, planted)]
    return found


@pytest.mark.slow
def test_recall_over_the_corpus_in_three_other_counties():
    # each kind in one of the three, in turn; every kind in each of them is the command above
    kinds = sorted(damage.DAMAGES)
    found = [recall(seed, kinds[seed - 1 :: 3]) for seed in (1, 2, 3)]
    planted = sum(one.planted for one in found)
    missed = [m for one in found for m in one.missed]

    assert planted >= len(kinds)
    assert (planted - len(missed)) / planted >= RECALL, missed
    assert [s for one in found for s in one.silent] == []


def test_the_measure_itself_sees_a_silent_change():
    # break it on purpose: a number that no planted cell explains must be caught
    clean = _clean_result(0)
    altered = _read(_clean_bytes(0))
    frame = altered.tables["teachers"].copy()
    frame.loc[0, "full_time"] += 1
    altered.tables["teachers"] = frame

    assert len(_silent_changes(clean, altered, [])) == 1


if __name__ == "__main__":
    for number in map(int, sys.argv[1:]):
        of = recall(number)
        at_cell = of.planted - len(of.missed)
        print(f"seed {number}: {len(damage.DAMAGES)} workbooks, {of.planted} planted faults,")
        print(f"  {at_cell} at the right cell ({at_cell / of.planted:.1%}), missed {of.missed}")
        print(f"  silent changes {of.silent}; false alarms in the clean county {of.false_alarms}")
