"""Speed of the intake: a county's workbooks, and a nation's CSV file in bounded memory."""

from __future__ import annotations

import io
import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter

from benchmarks.protocol import Measurement, NotMeasuredError, interleaved, peak_megabytes

SCHOOLS, YEARS = 300, range(2014, 2024)
NATION_SCHOOLS, NATION_YEARS = 250_000, range(2014, 2024)
_GRADES = ("一", "二", "三", "四", "五", "六")


def _book(sheet: str, rows: list[list[object]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet)
        for place, row in enumerate(rows):
            page.write_row(place, 0, row)
    return buffer.getvalue()


def county(schools: int, years: range) -> dict[str, bytes]:
    """Return three workbooks a year: pupils and classes by grade, teachers, buildings."""
    rng = np.random.default_rng(7)
    codes = [f"2133{i:06d}" for i in range(schools)]
    size = rng.integers(20, 120, schools)
    files = {}
    roster: list[list[object]] = [["学校代码", "学校名称", "乡镇代码", "办学类型"]]
    roster += [[c, f"第{i}小学", f"T{i % 15}", "小学"] for i, c in enumerate(codes)]
    for year in years:
        heads = [f"{g}年级{m}" for g in _GRADES for m in ("人数", "班数")]
        pupils: list[list[object]] = [["学校代码", "学年", *heads]]
        staff: list[list[object]] = [
            ["学校代码", "学年", "学段", "专任教师数", "高于规定学历教师数", "县级以上骨干教师数",
             "体育艺术专任教师数", "持教师资格证教师数"]
        ]  # fmt: skip
        rooms: list[list[object]] = [
            ["学校代码", "学年", "教学及辅助用房面积（㎡）", "室内体育用房面积（㎡）",
             "运动场地面积（㎡）", "教学仪器设备值（万元）", "网络多媒体教室数", "教学用计算机数",
             "图书册数", "普通教室数", "校舍建筑面积（㎡）", "占地面积（㎡）"]
        ]  # fmt: skip
        for place, code in enumerate(codes):
            n = int(size[place])
            cells = [v for _ in _GRADES for v in (n, -(-n // 45))]
            pupils.append([code, year, *cells])
            full = 6 * n // 16 + 4
            staff.append([code, year, "小学", full, full - 2, full // 5, full // 8, full])
            whole = 6 * n
            rooms.append(
                [code, year, whole * 5, whole // 4, whole * 8, whole * 0.22, 6 + n // 40,
                 whole // 8, whole * 25, 6 * -(-n // 45) + 2, whole * 8, whole * 20]
            )  # fmt: skip
        files[f"{year}在校生.xlsx"] = _book("在校生", pupils)
        files[f"{year}教师.xlsx"] = _book("教师", staff)
        files[f"{year}办学条件.xlsx"] = _book("办学条件", rooms)
    return files | {"名单.xlsx": _book("学校", roster)}


def _pandas(files: dict[str, bytes]) -> None:
    for content in files.values():
        pd.read_excel(io.BytesIO(content), sheet_name=None, engine="openpyxl")


def _processor_seconds(work: Callable[[], object]) -> float:
    """Return the processor time of one call, which others on the machine do not lengthen."""
    started = time.process_time()
    work()
    return time.process_time() - started


def write_nation(path: Path, schools: int, years: range) -> None:
    """Write a tidy CSV file, one row a school and year."""
    rng = np.random.default_rng(11)
    with path.open("w", encoding="utf-8") as out:
        out.write("学校标识码,学年,学段,在校生总数,班级总数,招生数,毕业生数\n")
        for year in years:
            pupils = rng.integers(30, 2000, schools)
            block = pd.DataFrame(
                {
                    "code": np.arange(2_100_000_000, 2_100_000_000 + schools),
                    "year": year,
                    "stage": "小学",
                    "pupils": pupils,
                    "classes": pupils // 45 + 1,
                    "entrants": pupils // 6,
                    "graduates": pupils // 6,
                }
            )
            block.to_csv(out, header=False, index=False, lineterminator="\n")


def _ours(source: Path, target: Path) -> None:
    from analysis.store import read_raw

    result = read_raw({source.name: source}, target, area_code="")
    if not result.streamed:
        raise NotMeasuredError(f"{source.stat().st_size:,} bytes are below the streaming threshold")


def _frame(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    pd.read_csv(source, dtype={"学校标识码": str}).to_parquet(target / "plain.parquet")


def _measured(
    work: Callable[[Path, Path], None],
    source: Path,
    target: Path,
    out: multiprocessing.Queue[tuple[float, float, float]],
) -> None:
    if work is _ours:
        from analysis import intake, store  # noqa: F401 - pandas is imported already as well
    before, started = peak_megabytes(), time.perf_counter()
    work(source, target)
    out.put((time.perf_counter() - started, peak_megabytes(), before))


def _alone(
    work: Callable[[Path, Path], None], source: Path, target: Path
) -> tuple[float, float, float]:
    """Run in a fresh process, so that its peak memory is its own."""
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    process = context.Process(target=_measured, args=(work, source, target, out))
    process.start()
    found: tuple[float, float, float] = out.get()
    process.join()
    return found


def jump_alarms(folder: Path) -> tuple[int, int, int, int]:
    """Return cells, alarms that affect, notes, and schools with any, on published school data.

    The schools of Taiwan's counties are official counts; every alarm counts as a false one.
    """
    from analysis.intake.checks.pupils import jumps
    from analysis.intake.found import Findings
    from analysis.intake.record import Record

    table = pd.read_csv(folder / "dev" / "tw_school_grade.csv", dtype={"area_id": str})
    records = [
        Record(
            "enrolment",
            {
                "school_id": str(row["area_id"]),
                "school_year": int(row["year"]),
                "grade": int(row["grade"]),
                "pupils": float(row["enrolment"]),
                "classes": None if row["classes"] != row["classes"] else float(row["classes"]),
            },
            "tw.csv",
            "tw",
            place,
            {"pupils": 4},
        )
        for place, row in enumerate(table.to_dict("records"))
    ]
    found = Findings()
    jumps({"enrolment": records}, found)
    severities = Counter(str(row["severity"]) for row in found.rows)
    schools = {str(records[_row_of(row)].values["school_id"]) for row in found.rows}
    return len(records), severities["affects"], severities["note"], len(schools)


def _row_of(row: Mapping[str, object]) -> int:
    return int(str(row["cell"]).lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) - 1


def _jump_measurements() -> list[Measurement]:
    reference = os.environ.get("XUEWEI_REFERENCE_DATA")
    if not reference:
        return []
    cells, affects, notes, schools = jump_alarms(Path(reference))
    note = f"{cells:,} cells; {schools:,} schools with an alarm; 25 % rule"
    return [
        Measurement("false alarms of the jump rule: grade_jump", affects / cells * 1000,
                    "per 1 000 cells", note=note),
        Measurement("false alarms of the jump rule: cohort_out_of_range", notes / cells * 1000,
                    "per 1 000 cells", note=note),
    ]  # fmt: skip


def run(quick: bool) -> list[Measurement]:
    """Measure both jobs beside pandas in the same run."""
    from analysis import intake

    files = county(60 if quick else SCHOOLS, YEARS)
    taken = interleaved(
        {
            "ours": lambda: intake.read_area(files, area_code="330199"),
            "pandas": lambda: _pandas(files),
        },
        rounds=1 if quick else 3,
    )
    own_time = _processor_seconds(lambda: intake.read_area(files, area_code="330199"))
    plain_time = _processor_seconds(lambda: _pandas(files))
    schools = 50_000 if quick else NATION_SCHOOLS
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "nation.csv"
        write_nation(source, schools, NATION_YEARS)
        megabytes = source.stat().st_size / 1e6
        own = _alone(_ours, source, Path(folder) / "ours")
        plain = _alone(_frame, source, Path(folder) / "plain")
    return [
        Measurement(
            f"{len(files)} workbooks, {60 if quick else SCHOOLS} schools x 10 years: read, checked",
            taken["ours"],
            "s",
            "" if quick else "< 5 s",
            taken["pandas"],
            "pandas read_excel + openpyxl, reading alone",
            "ours joins, converts, checks and keeps the cell of every value",
        ),
        Measurement(
            "the same: processor time",
            own_time,
            "s",
            "< 5 s",
            plain_time,
            "pandas read_excel + openpyxl, reading alone",
            "beside it the wall time above shows how busy the machine was",
        ),
        Measurement(
            f"national CSV, {schools:,} schools x 10 years, to Parquet",
            megabytes / own[0],
            "MB/s",
            "",
            megabytes / plain[0],
            "pandas read_csv + to_parquet, no contract",
            f"{megabytes:.0f} MB",
        ),
        Measurement(
            "the same: peak memory of the process",
            own[1],
            "MB",
            "< 1024 MB",
            plain[1],
            "pandas",
            f"{own[2]:.0f} MB of it after the imports, before reading",
        ),
        *_jump_measurements(),
    ]
