"""A big CSV is read block by block: same as the ordinary reader, memory bounded by the block."""

from __future__ import annotations

import csv
import io
import random

import pandas as pd
import pytest

from analysis import intake
from analysis.errors import IntakeError
from analysis.intake import blocks, records
from analysis.store import read_raw, streams
from analysis.tables import contract

TEXT = (
    "学校标识码,学年,学段,在校生总数,班级总数,招生数\n"
    "0133000001,2023,小学,600,14,100\n"
    "0133000002,2023,初中,约700,15,\n"
    "0133000003,2023,小学,-5,2.5,\n"
    "0133000004,,小学,30,1,\n"
    "0133000005,2023,大学,30,1,\n"
    "0133000006,2023,小学,—,1,\n"
    "0133000007,2023,小学,30,0,50\n"
    "0133000001,2023,小学,610,14,100\n"
    "\n"
    "0133000008,2023学年,小学,\"1,234\",30\n"
    "合计,,,1304,60,200\n"
    "注：九月一日数。\n"
)  # fmt: skip
WIDE = (
    "全国小学在校生,,,,,,\n"
    "学校标识码,学校名称,学年,一年级人数,一年级班数,二年级人数,二年级班数,合计\n"
    "0133000001,城关小学,2022,40,1,42,1,82\n"
    "0133000001,城关小学,2023,41,1,40,1,80\n"
    "0133000002,东河 小学,2022,30,1,,,30\n"
    "0133000002,东河小学,2023,90,1,30,1,120\n"
    "0133000004,南湖小学,2023,0,0,0,0,0\n"
)


def large(text: str, tmp_path, monkeypatch, *, name="国.csv", encoding="utf-8", small=()):
    """Read one file as if it were big, next to small ones."""
    monkeypatch.setattr(intake, "LARGE_BYTES", 1)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 150)
    folder = tmp_path / "raw"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text.encode(encoding))
    paths = {name: folder / name}
    monkeypatch.setattr(streams, "is_large", lambda path: path.name == name)
    for other, content in dict(small).items():
        (folder / other).write_bytes(content.encode())
        paths[other] = folder / other
    result = read_raw(paths, tmp_path / "tables", area_code="330199")
    tables = dict(result.tables)
    for table in result.streamed:
        frame = pd.read_parquet(tmp_path / "tables" / f"{table}.parquet")
        assert len(frame) == result.streamed[table]
        tables[table] = contract(table).frame(frame)
    return result, tables


def ordinary(text: str, name="国.csv", encoding="utf-8", small=()):
    files = {name: text.encode(encoding), **{k: v.encode() for k, v in dict(small).items()}}
    return intake.read_area(files, area_code="330199")


def said(result: intake.IntakeResult) -> set[tuple[object, ...]]:
    found = result.findings
    # that rules across schools are not applied is said of streamed files only
    rows = found[found["rule"] != "stream_rules"].to_dict("records")
    return {(r["cell"], r["rule"], r["found"], r["severity"], r["expected_zh"]) for r in rows}


def listed(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    return sorted(frame.itertuples(index=False, name=None), key=str)


def assert_same(text: str, tmp_path, monkeypatch, **others) -> intake.IntakeResult:
    big, tables = large(text, tmp_path, monkeypatch, **others)
    whole = ordinary(text, **others)
    assert big.streamed
    assert set(tables) == set(whole.tables)
    for name, frame in whole.tables.items():
        pd.testing.assert_frame_equal(tables[name], frame)
    assert said(big) == said(whole)
    for name in ("intake_changes", "intake_unused", "intake_read"):
        assert listed(big.result_tables()[name]) == listed(whole.result_tables()[name])
    return big


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_same_as_the_ordinary_reader(encoding, tmp_path, monkeypatch):
    result = assert_same(TEXT, tmp_path, monkeypatch, encoding=encoding)

    rules = set(result.findings["rule"])
    assert {"not_a_number", "key_missing", "unknown_code", "below_range", "fraction"} <= rules
    assert {"repeated_row", "pupils_without_classes", "part_exceeds_whole"} <= rules


@pytest.mark.parametrize("text", [WIDE, WIDE.replace("\n", "\r\n"), WIDE.replace(",", "\t")])
def test_wide_by_grade(text, tmp_path, monkeypatch):
    result = assert_same(text, tmp_path, monkeypatch)

    rules = result.findings.groupby("rule")["cell"].agg(list)
    # 90 pupils in grade 1 of 2023 beside 30 the year before; all zero; 41 + 40 is not 80
    assert rules["grade_jump"] == ["D6"]
    assert rules["all_zero"] == ["D7"]
    assert rules["row_total_differs"] == ["H4"]


def test_a_year_alone_is_left_out(tmp_path, monkeypatch):
    rows = "".join(f"{i:010d},{y},小学,60,2\n" for i in range(6) for y in (2022, 2023))
    text = "学校标识码,学年,学段,在校生总数,班级总数\n" + rows + "0000000001,1993,小学,60,2\n"

    result = assert_same(text, tmp_path, monkeypatch)

    found = result.findings[result.findings["rule"] != "stream_rules"]
    assert found[["rule", "cell"]].values.tolist() == [["year_alone", "B14"]]
    assert result.streamed == {"school_totals": 12}


def test_columns_of_several_tables(tmp_path, monkeypatch):
    text = (
        "学校标识码,学校名称,乡镇代码,办学类型,学年,学段,专任教师数,骨干教师数,占地面积（亩）,教学仪器设备值\n"
        "0133000001,城关小学,t1,小学,2023,小学,40,8,30,500000\n"
        "0133000002,东河小学,t2,小学,2023,小学,30,31,20,\n"
    )

    assert_same(text, tmp_path, monkeypatch)


def test_codes_that_the_list_of_schools_lacks_block(tmp_path, monkeypatch):
    schools = "学校标识码,学校名称,乡镇,办学类型\n0133000001,城关小学,城关镇,小学\n"
    text = "学校标识码,学年,学段,在校生总数\n" + "".join(
        f"013300000{i},2023,小学,60\n" for i in (1, 2, 2)
    ).replace("2,2023", "2,2022", 1)

    result, _ = large(text, tmp_path, monkeypatch, small={"学校.csv": schools})

    unknown = result.findings[result.findings["rule"] == "school_unknown"]
    assert unknown[["cell", "severity"]].values.tolist() == [["A3", "blocks"]]


def test_random_files(tmp_path, monkeypatch):
    rng = random.Random(5)
    for trial in range(5):
        lines = ["学校标识码,学年,年级,在校生数,班级数,寄宿生数"]
        for school in range(6):
            for year in (2021, 2022, 2023):
                for grade in (1, 2, 3):
                    pupils = rng.choice([40, 41, 42, 39, 40, 90])
                    cells = [f"21330000{school:02d}", year, grade, pupils, 1, rng.randint(0, 41)]
                    if rng.random() < 0.1:
                        odd = ["", "-", "x", "40人", "０", " 41", "合计", "2023-2024学年"]
                        cells[rng.randrange(6)] = rng.choice(odd)
                    lines.append(",".join(map(str, cells)))
        (tmp_path / str(trial)).mkdir()
        assert_same("\n".join(lines), tmp_path / str(trial), monkeypatch)


def test_answers_reach_a_streamed_file(tmp_path, monkeypatch):
    answer = "文件,工作表,单元格,原值,答复\n国.csv,国,D3,约700,705\n国.csv,国,D9,610,确认\n"

    result, tables = large(TEXT, tmp_path, monkeypatch, small={"corrections.csv": answer})

    answered = dict(zip(result.left["cell"], result.left["answer"], strict=True))
    assert answered == {"D3": "705", "D9": "确认"}
    totals = tables["school_totals"].set_index("school_id")["pupils"]
    assert totals["0133000002"] == 705
    status = {r["cell"]: r["status"] for r in result.found.answered}
    assert status == {"D3": "applied", "D9": "confirmed"}


def test_a_form_of_one_school_is_left_to_the_ordinary_reader(tmp_path, monkeypatch):
    text = "学校名称：城关小学\n年级,一年级,二年级\n在校生数,40,41\n"

    result, _ = large(text, tmp_path, monkeypatch)

    assert result.streamed == {}


def test_a_streamed_file_says_which_rules_were_not_applied(tmp_path, monkeypatch):
    result, _ = large(WIDE, tmp_path, monkeypatch)

    found = result.findings[result.findings["rule"] == "stream_rules"]
    assert found[["file", "severity"]].values.tolist() == [["国.csv", "note"]]


def test_a_file_of_faults_is_not_read_to_the_end(monkeypatch):
    monkeypatch.setattr(records, "MOST_FAULTS", 30)
    rows = "".join(f"{i:010d},2023,小学,约{i}\n" for i in range(100))

    result = ordinary("学校标识码,学年,学段,在校生总数\n" + rows)

    found = result.findings.set_index("rule")
    # rows 2 to 31 hold the 30 faults, so row 32 is the first that is not tried
    assert found.loc["too_many_faults", ["cell", "severity"]].tolist() == ["A32", "blocks"]
    assert (found.index == "not_a_number").sum() == 30


def test_faults_in_every_row_are_counted_not_all_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "MOST_ALIKE", 10)
    rows = "".join(f"{i:010d},2023,小学,约{i}\n" for i in range(100))

    result, _ = large("学校标识码,学年,学段,在校生总数\n" + rows, tmp_path, monkeypatch)

    rules = result.findings["rule"].value_counts()
    assert rules["not_a_number"] == 10
    more = result.findings[result.findings["rule"] == "more_alike"]
    assert more["found"].tolist() == ["+90"]


def test_an_unfinished_table_is_not_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(intake.Sieve, "take", lambda self, rows: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        large(TEXT, tmp_path, monkeypatch)

    assert list((tmp_path / "tables").iterdir()) == []


def test_a_file_below_the_threshold_is_not_streamed(tmp_path):
    path = tmp_path / "国.csv"
    path.write_text(TEXT, "utf-8")

    result = read_raw({"国.csv": path}, tmp_path / "tables", area_code="330199")

    assert result.streamed == {}
    assert len(result.tables["school_totals"]) == 6


@pytest.mark.parametrize("size", range(1, 12))
def test_characters_cut_at_the_end_of_a_block_are_whole_again(size, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", size)

    def utf8(content: bytes) -> bool:
        return blocks.kind_of(io.BytesIO(content), "a.csv").encoding == "utf-8-sig"

    assert utf8("学校,abc\n𠀀,é\n".encode())
    assert not utf8("学校,中心小学\n".encode("gb18030"))
    with pytest.raises(IntakeError):
        blocks.kind_of(io.BytesIO("学校,a\x00b\n".encode()), "a.csv")


@pytest.mark.parametrize("cell", ["0x1F", "-3", "+3", "1e3", " 3", "3 ", "99999999999999999999"])
def test_what_only_looks_like_a_whole_number(cell, tmp_path, monkeypatch):
    rows = f"2133100001,2023,小学,{cell},1\n2133100002,2023,小学,30,1\n"

    assert_same("学校标识码,学年,学段,在校生总数,班级总数\n" + rows, tmp_path, monkeypatch)


def test_a_quotation_mark_not_closed_far_down_a_big_file_is_said(tmp_path, monkeypatch):
    rows = [f"01330000{i:02d},2023,小学,600,14,100" for i in range(30)]
    rows[20] = '"' + rows[20]
    text = "学校标识码,学年,学段,在校生总数,班级总数,招生数\n" + "\n".join(rows) + "\n"

    big, _ = large(text, tmp_path, monkeypatch)

    # school 20 stands in line 22; the nine after it are lost
    found = big.findings.query("rule == 'open_quote'")
    assert found[["cell", "severity", "treatment"]].values.tolist() == [
        ["A22", "affects", "left_out"]
    ]
    assert "第 22 行" in found["why_zh"].item()
    assert "9 行" in found["why_zh"].item()
    whole = ordinary(text).findings.query("rule == 'open_quote'")
    assert whole[["cell", "why_zh"]].values.tolist() == found[["cell", "why_zh"]].values.tolist()


def test_a_cell_longer_than_python_reads_by_itself_is_read_in_the_first_rows_too():
    """The first file a process reads may be the one: nothing has raised the limit before."""
    before = csv.field_size_limit(131_072)  # what Python starts with
    try:
        text = f"学年,附注\n2023,{'x' * 300_000}\n2024,y\n"
        rows = blocks.head_rows(io.BytesIO(text.encode("utf-8")), blocks.TextKind("utf-8", ","))
    finally:
        csv.field_size_limit(before)

    # the sample of 256 KiB ends inside the long cell; the row cut off there is left out
    assert rows == [["学年", "附注"]]
