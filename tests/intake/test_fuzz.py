"""Whatever the bytes or cells: no crash, no hang, tables that keep their contracts.

``XUEWEI_FUZZ=10000`` runs that many inputs instead of the few of an ordinary run;
``XUEWEI_FUZZ_SEED=7`` makes them others, so that a long run can be made in pieces.
``python -m tests.intake.test_fuzz COUNT SEED`` does a piece and prints what it took.
"""

from __future__ import annotations

import os
import resource
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis import intake
from analysis.tables import contract
from tests.intake.county import workbook
from tests.intake.fuzzing import ODD, inputs

COUNT = int(os.environ.get("XUEWEI_FUZZ", "40"))
SEED = int(os.environ.get("XUEWEI_FUZZ_SEED", "0"))
MOST_SECONDS, MOST_BYTES = 5.0, 1024**3
BLOCKS = 4
HEADERS = (
    "学校代码",
    "学校名称",
    "学年",
    "年级",
    "学段",
    "在校生数",
    "班级数",
    "一年级",
    "专任教师数",
    "乡镇",
    "年份",
    "人口数",
    "合计",
    "教学仪器设备值（万元）",
    "2019年",
    "1月",
    "26-30人",
)


def check(name: str, content: bytes, *, report: bool = True) -> float:
    started = time.perf_counter()
    result = intake.read_area({name: content}, area_code="330199")
    if not report:
        return time.perf_counter() - started
    intake.check_report(result)
    seconds = time.perf_counter() - started
    for table, frame in result.tables.items():
        contract(table).validate(frame)
    for table, frame in result.result_tables().items():
        contract(table).validate(frame)
    return seconds


@pytest.mark.parametrize("block", range(BLOCKS))
def test_mutated_files_never_crash_or_hang(block):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slowest = max(check(name, content) for name, content in inputs(COUNT // BLOCKS, SEED + block))

    assert slowest < MOST_SECONDS
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < MOST_BYTES


CELLS = st.one_of(
    st.sampled_from(HEADERS),
    st.sampled_from(ODD),
    st.integers(-10, 3000),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(max_size=12),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(CELLS, min_size=1, max_size=8), min_size=1, max_size=10))
def test_any_cells_whatever(rows):
    text = [
        [None if isinstance(c, str) and ("\x00" in c or len(c) > 3000) else c for c in row]
        for row in rows
    ]

    assert check("表.xlsx", workbook({"学校": text})) < MOST_SECONDS


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["a.csv", "a.tsv", "a.xlsx", "a.xls", "a.txt"]))
def test_any_bytes_whatever(content, name):
    assert check(name, content) < MOST_SECONDS


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200))
def test_any_text_below_a_good_header(text):
    content = ("学校代码,学年,年级,在校生数\nA1,2023,1,90\n" + text).encode("utf-8", "ignore")

    assert check("在校生.csv", content) < MOST_SECONDS


def _piece(count: int, seed: int) -> None:
    """Read many inputs and print crashes, the slowest (processor seconds) and the peak.

    All are read and pass every rule, and their tables are made to their contracts. The documents of
    ``check --json`` and the result tables cost twice the reading; they are made of each fourth.
    """
    slowest, crashes, wall = (0.0, ""), 0, 0.0
    for number, (name, content) in enumerate(inputs(count, seed)):
        started = time.process_time()
        try:
            wall = max(wall, check(name, content, report=number % 4 == 0))
        except Exception as error:  # noqa: BLE001 - every crash is counted and shown
            crashes += 1
            print("CRASH", name, type(error).__name__, str(error)[:300])
        slowest = max(slowest, (time.process_time() - started, name))
    peak, apart = (
        resource.getrusage(whose).ru_maxrss / 1024
        for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"seed {seed}: {count} inputs, {crashes} crashes; slowest ({slowest[1]})")
    print(
        f"{slowest[0]:.2f} s of processor, {wall:.2f} s by the clock; peak {peak:.0f} MB, "
        f"{apart:.0f} MB of a process that reads apart"
    )


if __name__ == "__main__":
    _piece(int(sys.argv[1]), int(sys.argv[2]))
