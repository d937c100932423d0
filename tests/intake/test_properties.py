"""What must hold of everything that is read: nothing lost, nothing guessed, no order, no size."""

from __future__ import annotations

import io
import json
from collections import Counter
from random import Random

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis import intake
from analysis.intake import blocks
from analysis.intake.answers import COLUMNS
from analysis.intake.found import Findings
from analysis.tables import Tables, contract

FEW = settings(max_examples=4, deadline=None)
SOME = settings(max_examples=6, deadline=None)
MANY = settings(max_examples=30, deadline=None)
HEADS = ("学校标识码", "学年", "年级", "在校生数", "班级数")
CODES = ("2133000001", "2133000002", "2133000003")
NO_ANSWERS = pd.DataFrame(columns=list(COLUMNS))

#: (school, year, grade) -> pupils as written: numbers, and cells that cannot be read as one.
cells = st.dictionaries(
    st.tuples(st.sampled_from(CODES), st.integers(2021, 2023), st.integers(1, 3)),
    st.one_of(
        st.integers(38, 44).map(str),
        st.sampled_from(["约40", "四十人左右", "-3", "", "120"]),
    ),
    min_size=1,
    max_size=14,
)


def lines_of(given_cells, order=None, heads=HEADS):
    keys = list(given_cells)
    keys = keys if order is None else [keys[i] for i in order]
    rows = [dict(zip(HEADS, (*map(str, key), given_cells[key], "1"), strict=True)) for key in keys]
    return "\n".join([",".join(heads), *(",".join(row[h] for h in heads) for row in rows), ""])


def read(text, name="学生.csv", **more):
    files = {name: text.encode(), **{k: v.encode() for k, v in more.items()}}
    return intake.read_area(files, area_code="330199")


def plain(frame, name="enrolment"):
    keys = list(contract(name).keys)
    return frame.drop(columns="source").sort_values(keys).reset_index(drop=True)


#: No number at all, or none that can be; and one that nobody believes of a single class.
UNREADABLE = {"约40", "四十人左右", "-3"}


def counted(text):
    """Return what a cell says in plain Python: pupils, or not a number."""
    return float(text) if text.isdecimal() and text != "120" else np.nan


@pytest.mark.holds("intake.read_area")
@SOME
@example({(CODES[0], 2021, 1): "约40", (CODES[0], 2023, 3): "120"}, Random(1))
@given(cells, st.randoms(use_true_random=False))
def test_every_row_is_kept_in_any_order_and_an_unreadable_cell_is_missing_and_told(
    given_cells, random
):
    order = random.sample(range(len(given_cells)), len(given_cells))

    result = read(lines_of(given_cells))
    mixed = read(lines_of(given_cells, order))

    table = result.tables["enrolment"]
    pd.testing.assert_frame_equal(plain(table), plain(mixed.tables["enrolment"]))
    found = table.set_index(["school_id", "school_year", "grade"])["pupils"]
    assert set(found.index) == set(given_cells)
    for key, text in given_cells.items():
        assert found[key] == pytest.approx(counted(text), nan_ok=True)
    unreadable = {
        f"D{line}" for line, text in enumerate(given_cells.values(), start=2) if text in UNREADABLE
    }
    told = result.findings
    disbelieved = {f"D{n}" for n, text in enumerate(given_cells.values(), 2) if text == "120"}
    assert unreadable | disbelieved <= set(told["cell"])
    assert set(told.loc[told["rule"].isin(["not_a_number", "below_range"]), "cell"]) == unreadable
    # the same faults whatever the order of rows
    assert Counter(told["rule"]) == Counter(mixed.findings["rule"])


def test_unknown_pupils_of_other_rows_do_not_turn_the_blame_on_the_classes():
    # 120 in one class: the school's other grade has one class too and does not say its pupils. One
    # class is like the other, and nothing speaks for 120; an unknown is no school of nought.
    unknown = read(
        "\n".join([",".join(HEADS), f"{CODES[0]},2023,1,约40,1", f"{CODES[0]},2023,3,120,1"])
    )
    # beside 118 and 121 in 3 classes each the single class stands out: 1 : 3, not 120 : 118
    known = read(
        "\n".join(
            [
                ",".join(HEADS),
                *(
                    f"{CODES[0]},2023,{g},{n},{c}"
                    for g, n, c in ((1, 118, 3), (2, 121, 3), (3, 120, 1))
                ),
            ]
        )
    )

    found = unknown.tables["enrolment"].set_index("grade").loc[3]
    assert np.isnan(found["pupils"])
    assert found["classes"] == 1
    found = known.tables["enrolment"].set_index("grade").loc[3]
    assert found["pupils"] == 120
    assert np.isnan(found["classes"])


@pytest.mark.holds(
    "intake.check_report",
    "intake.IntakeResult.row_counts",
    "intake.IntakeResult.findings",
    "intake.IntakeResult.result_tables",
)
@SOME
@given(cells)
def test_the_report_is_json_and_counts_what_the_tables_hold(given_cells):
    result = read(lines_of(given_cells))

    report = {language: intake.check_report(result, language=language) for language in ("zh", "en")}

    for each in report.values():
        assert json.loads(json.dumps(each, allow_nan=False)) == each
    zh, en = report["zh"], report["en"]
    assert zh["tables"] == result.row_counts() == {n: len(f) for n, f in result.tables.items()}
    assert zh["tables"] == {"enrolment": len(given_cells)}
    frames = result.result_tables()
    pd.testing.assert_frame_equal(frames["intake_findings"], result.findings)
    assert sum(zh["counts"].values()) == len(zh["findings"]) == len(result.findings)
    assert Counter(f["severity"] for f in zh["findings"]) == +Counter(zh["counts"])
    for one, other in zip(zh["findings"], en["findings"], strict=True):
        changed = {key for key in one if one[key] != other[key]}
        assert changed <= {"expected", "why", "suggestion"}
        assert one["why"] == one["why_zh"]
        assert other["why"] == one["why_en"]
    # a fault that comes later is added, none is lost
    before = len(result.findings)
    intake.say_unknown(intake.Sieve("enrolment", unknown={"x": ("a.csv#a!A2", 1)}), result.found)
    assert len(result.findings) == before + 1


@pytest.mark.holds("intake.summary_lines")
@SOME
@given(cells, st.integers(0, 6), st.sampled_from(["zh", "en"]))
def test_lines_are_as_many_as_there_is_to_say_and_blocking_faults_come_first(
    given_cells, most, language
):
    result = read(lines_of(given_cells))
    number = len(result.findings)

    lines = intake.summary_lines(result, language=language, most=most)
    every = intake.summary_lines(result, language=language, most=number)

    assert len(lines) == 1 + 1 + min(most, number) + (number > most)
    assert lines[: 2 + min(most, number)] == every[: 2 + min(most, number)]
    assert str(len(given_cells)) in lines[0]
    ranks = {"blocks": 0, "affects": 1, "note": 2}
    order = sorted(result.findings["severity"], key=ranks.__getitem__)
    from analysis.terms import label

    for line, severity in zip(every[2:], order, strict=True):
        assert label("severity", severity, language) in line


@pytest.mark.holds("intake.corrections_workbook")
@SOME
@given(cells, st.sampled_from(["zh", "en"]))
def test_the_clerks_sheet_has_every_finding_once_and_answers_given_in_it_are_taken(
    given_cells, language
):
    text = lines_of(given_cells)
    result = read(text)

    book = intake.corrections_workbook(result, language=language, area="demo")

    assert book == intake.corrections_workbook(result, language=language, area="demo")
    opened = openpyxl.load_workbook(io.BytesIO(book))
    sheet = opened.active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))[: len(result.findings)]
    assert sorted(row[0] for row in rows) == sorted(result.findings["finding_id"])
    assert all(cell is None for row in rows for cell in row[-3:])
    # every unreadable number is answered with 41, and the file sent back beside the raw one
    asked = result.findings[result.findings["rule"].isin(["not_a_number", "below_range"])]
    for line in range(2, len(result.findings) + 2):
        if sheet.cell(line, 1).value in set(asked["finding_id"]):
            sheet.cell(line, 12).value = "41"
    buffer = io.BytesIO()
    opened.save(buffer)
    again = intake.read_area(
        {"学生.csv": text.encode(), "corrections.xlsx": buffer.getvalue()}, area_code="330199"
    )
    found = again.tables["enrolment"].set_index(["school_id", "school_year", "grade"])["pupils"]
    for key, cell in given_cells.items():
        expected = 41.0 if cell in UNREADABLE else counted(cell)
        assert found[key] == pytest.approx(expected, nan_ok=True)


@pytest.mark.holds("intake.waiting_answers")
@SOME
@given(cells, st.data())
def test_answers_wait_until_a_reading_has_met_them_and_never_after(given_cells, data):
    text = lines_of(given_cells)
    result = read(text)
    opened = openpyxl.load_workbook(
        io.BytesIO(intake.corrections_workbook(result, language="zh", area="demo"))
    )
    sheet = opened.active
    count = len(result.findings)
    chosen = data.draw(st.sets(st.sampled_from(range(2, count + 2)))) if count else set()
    for line in chosen:
        sheet.cell(line, 12).value = "41"
    buffer = io.BytesIO()
    opened.save(buffer)
    filled = buffer.getvalue()
    # two findings may stand at one cell: that is one answer
    cells_answered = {tuple(sheet.cell(line, k).value for k in (3, 4, 5)) for line in chosen}

    assert intake.waiting_answers(filled, result.found) == len(cells_answered)
    files = {"学生.csv": text.encode(), "corrections.xlsx": filled}
    again = intake.read_area(files, area_code="330199")
    assert intake.waiting_answers(filled, again.found) == 0


@pytest.mark.holds("intake.header_book")
@SOME
@given(cells, st.text("甲乙丙丁戊己庚辛", min_size=4, max_size=8))
def test_a_header_of_the_areas_own_is_read_like_the_usual_one(given_cells, own):
    text = lines_of(given_cells)
    renamed = text.replace("在校生数", own, 1)
    headers = f'[enrolment]\npupils = ["{own}"]\n'

    result = read(renamed, **{"headers.toml": headers})

    pd.testing.assert_frame_equal(result.tables["enrolment"], read(text).tables["enrolment"])
    found = Findings()
    intake.header_book({"headers.toml": headers.encode()}, found)
    assert found.rows == []
    # without it, or with one that cannot be read, nobody guesses what the column is
    for files in ({}, {"headers.toml": "[enrolment\n"}):
        unread = read(renamed, **files)
        pupils = unread.tables.get("enrolment", pd.DataFrame({"pupils": []}))["pupils"]
        assert pupils.isna().all()
    intake.header_book({"headers.toml": b"[enrolment\n"}, found)
    assert [row["rule"] for row in found.rows] == ["file_unreadable"]


# --- big files ---------------------------------------------------------------------------------


def streamed(text, size, known=()):
    """Stream a text file from memory: its table after the rules, findings, sieve, patches."""
    content = text.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", size)
        found = Findings()
        layout = intake.layout_of(io.BytesIO(content), "学生.csv", intake.header_book({}))
        stream = intake.Stream(layout, found, NO_ANSWERS)
        sieve = intake.Sieve("enrolment", known)
        pieces = []
        for piece in stream.read(io.BytesIO(content)):
            assert piece.table == "enrolment"
            sieve.take(piece.rows)
            pieces.append(piece.rows)
    names = contract("enrolment").names
    frame = pd.concat([piece.to_pandas() for piece in pieces], ignore_index=True)[names]
    rows = frame.astype(object).where(frame.notna(), None)
    listed = [{**row, "at": at} for at, row in enumerate(rows.to_dict("records"))]
    places = sieve.places | intake.jump_places(pl.from_pandas(frame.drop(columns="source")))
    grid = layout.region.grid
    patches = intake.judge(
        [row for row in listed if row["school_id"] in places],
        sieve,
        {(grid.file, grid.sheet): layout},
        found,
    )
    for column, changes in patches.values.items():
        frame[column] = [changes.get(at, value) for at, value in enumerate(frame[column])]
    kept = frame.drop(index=sorted(patches.removed))
    return contract("enrolment").frame(kept), found, sieve, patches


def told(rows):
    left_out = {"stream_rules"}
    return sorted(
        (r["cell"], r["rule"], str(r["found"])) for r in rows if r["rule"] not in left_out
    )


@pytest.mark.holds("intake.Stream.read", "intake.judge", "intake.Patches.any", "intake.Sieve.take")
@SOME
@given(cells, st.integers(40, 400))
def test_a_file_read_in_blocks_of_any_size_is_the_file_read_whole(given_cells, size):
    text = lines_of(given_cells)

    table, found, sieve, patches = streamed(text, size)
    whole = read(text)

    pd.testing.assert_frame_equal(plain(table), plain(whole.tables["enrolment"]))
    assert told(found.rows) == told(whole.findings.to_dict("records"))
    assert sieve.rows == sieve.with_classes == len(given_cells)
    assert sieve.years == Counter(year for _, year, _ in given_cells)
    assert patches.any() == bool(patches.values or patches.removed)
    # 120 children in one class of one grade are not believed; no other row needs a look
    odd = {key[0] for key, cell in given_cells.items() if not cell.isdecimal()}
    assert sieve.places == odd | {key[0] for key, cell in given_cells.items() if cell == "120"}


@pytest.mark.holds("intake.layout_of")
@SOME
@given(cells, st.permutations(HEADS), st.integers(0, 2))
def test_columns_are_found_wherever_they_stand(given_cells, heads, above):
    titles = "全县小学在校生情况,,,,\n" * above

    layout = intake.layout_of(
        io.BytesIO((titles + lines_of(given_cells, heads=heads)).encode()),
        "学生.csv",
        intake.header_book({}),
    )

    (part,) = layout.region.parts
    columns = dict(
        zip(HEADS, ("school_id", "school_year", "grade", "pupils", "classes"), strict=True)
    )
    assert {index: head.column for index, head in part.heads.items()} == {
        index: columns[title] for index, title in enumerate(heads)
    }
    assert (part.table, layout.width, layout.region.header_row) == ("enrolment", 5, above)


def marks_frame(keys, more=0.0):
    return pl.DataFrame(
        {
            "school_id": [f"{k[0]:010d}" for k in keys],
            "school_year": [k[1] for k in keys],
            "grade": [k[2] for k in keys],
            "pupils": [more + i for i in range(len(keys))],
            "classes": [1.0 for _ in keys],
        }
    )


row_keys = st.lists(
    st.tuples(st.integers(0, 3), st.integers(2020, 2022), st.integers(1, 2)),
    min_size=1,
    max_size=20,
)


@pytest.mark.holds("intake.key_marks", "intake.Sieve.repeated", "intake.Sieve.key")
@MANY
@given(row_keys, st.integers(1, 5))
def test_rows_have_one_mark_when_they_have_one_key_however_they_come(keys, size):
    marks = intake.key_marks(marks_frame(keys), "enrolment")
    sieve = intake.Sieve("enrolment")
    for start in range(0, len(keys), size):
        block = marks_frame(keys[start : start + size]).to_arrow()
        schema = pa.Schema.from_pandas(contract("enrolment").empty(), preserve_index=False)
        columns = [
            block.column(f.name).cast(f.type)
            if f.name in block.column_names
            else pa.nulls(block.num_rows, f.type)
            for f in schema
        ]
        sieve.take(pa.table(columns, schema=schema))

    by_key = dict(zip(keys, marks.tolist(), strict=True))
    assert [by_key[key] for key in keys] == marks.tolist()
    assert len(set(by_key.values())) == len(by_key)
    assert (intake.key_marks(marks_frame(keys, more=9.0), "enrolment") == marks).all()
    twice = {by_key[key] for key, count in Counter(keys).items() if count > 1}
    assert set(sieve.repeated().tolist()) == twice
    assert sieve.key == "school_id"


@pytest.mark.holds("intake.Sieve.lonely_years")
@MANY
@given(st.dictionaries(st.integers(1990, 2025), st.integers(1, 90), max_size=6), st.integers(2, 9))
def test_whether_a_year_stands_alone_is_of_no_order_and_of_no_size(years, times):
    def alone(counts):
        return intake.Sieve("enrolment", years=Counter(counts)).lonely_years()

    found = alone(years)

    assert alone(dict(reversed(years.items()))) == found
    assert alone({year: count * times for year, count in years.items()}) == found
    assert alone({year + 3: count for year, count in years.items()}) == found
    # one year, or years of equal weight beside each other, do not stand alone
    assert not alone(dict.fromkeys(range(2020, 2020 + len(years)), 50))


#: Two schools, three years, two grades.
GRID = [
    (school, year, grade) for school in (0, 1) for year in (2020, 2021, 2022) for grade in (1, 2)
]


@pytest.mark.holds("intake.jump_places")
@MANY
@given(
    st.lists(
        st.one_of(st.none(), st.integers(0, 40), st.integers(0, 300)), min_size=12, max_size=12
    ).map(lambda numbers: dict(zip(GRID, numbers, strict=True))),
    st.randoms(use_true_random=False),
)
def test_every_school_that_jumps_is_let_through_and_schools_are_looked_at_alone(given_rows, random):
    def frame(keys):
        return pl.DataFrame(
            {
                "school_id": [str(k[0]) for k in keys],
                "school_year": [k[1] for k in keys],
                "grade": [k[2] for k in keys],
                "pupils": [given_rows[k] for k in keys],
                "classes": [None for _ in keys],
            },
            schema={
                "school_id": pl.String,
                "school_year": pl.Int64,
                "grade": pl.Int64,
                "pupils": pl.Float64,
                "classes": pl.Float64,
            },
        )

    keys = list(given_rows)
    found = intake.jump_places(frame(keys))

    assert intake.jump_places(frame(random.sample(keys, len(keys)))) == found
    alone = [intake.jump_places(frame([k for k in keys if k[0] == s])) for s in (0, 1)]
    assert set().union(*alone) == found
    for school, year, grade in keys:
        now = given_rows[school, year, grade]
        for step in (0, 1):  # the same grade, and the same children, a year before
            then = given_rows.get((school, year - 1, grade - step))
            if now is not None and then is not None and abs(now - then) > 100 + min(now, then):
                assert str(school) in found
    assert found <= {str(school) for school, _, _ in keys}


@pytest.mark.holds("intake.say_unknown")
@SOME
@given(cells, st.sets(st.sampled_from(CODES), min_size=1), st.integers(40, 400))
def test_a_code_that_no_list_has_is_told_once_with_all_its_rows(given_cells, known, size):
    _, found, sieve, _ = streamed(lines_of(given_cells), size, known)
    before = list(found.rows)

    intake.say_unknown(sieve, found)
    intake.say_unknown(sieve, found)

    new = found.rows[len(before) :]
    rows = Counter(key[0] for key in given_cells if key[0] not in known)
    assert {row["entity"] for row in new} == set(rows)
    assert len(new) == len(rows)
    assert {code: count for code, (_, count) in sieve.unknown.items()} == dict(rows)
    for row in new:
        assert row["severity"] == "blocks"
        assert str(rows[row["entity"]]) in row["why_zh"] + row["expected_zh"] + row["suggestion_zh"]


@pytest.mark.holds("intake.say_streamed")
@SOME
@given(st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=4))
def test_every_streamed_file_says_once_that_it_was_streamed(names):
    found = Findings()
    text = "学校标识码,学年,年级,在校生数,班级数\n2133000001,2023,1,40,1\n".encode()

    for name in names:
        layout = intake.layout_of(io.BytesIO(text), f"{name}.csv", intake.header_book({}))
        intake.say_streamed(layout, found)

    assert [row["file"] for row in found.rows] == [f"{n}.csv" for n in dict.fromkeys(names)]
    assert {(row["rule"], row["severity"]) for row in found.rows} == {("stream_rules", "note")}


# --- templates and bases -----------------------------------------------------------------------


@pytest.mark.holds("intake.template")
@FEW
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["t1", "t2"]), st.integers(2015, 2024)),
        st.one_of(st.none(), st.integers(0, 9000)),
        min_size=1,
    ),
    st.randoms(use_true_random=False),
)
def test_what_is_written_into_the_template_is_read_back(counts, random):
    births = [
        {"town_id": town, "year": year, "month": 0, "basis": "resident", "births": number}
        for (town, year), number in counts.items()
    ]
    frames = {
        "towns": contract("towns").frame(
            [{"town_id": t, "town_name": f"镇{t}"} for t in ("t1", "t2")]
        ),
        "births": contract("births").frame(births),
    }

    book = intake.template("某县", frames)
    result = intake.read_area({"填报.xlsx": book}, area_code="330199")

    assert intake.template("某县", frames) == book
    assert set(result.tables) == set(frames)
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(plain(result.tables[name], name), plain(frame, name))


yearly = st.lists(st.one_of(st.none(), st.integers(0, 900)), min_size=2, max_size=6)


@pytest.mark.holds("intake.bases")
@settings(max_examples=5, deadline=None)
@given(yearly, yearly, st.sampled_from([1.0, 3.0]), st.randoms(use_true_random=False))
def test_children_enter_once_and_unknown_entrants_give_no_ratio(births, entrants, times, random):
    rows = [
        {"town_id": "T", "year": 2015 + i, "month": 0, "basis": "resident", "births": number}
        for i, number in enumerate(births)
    ]
    monthly = [
        {"town_id": "U", "year": 2015 + i, "month": month, "basis": "resident", "births": number}
        for i, number in enumerate(births)
        for month in range(1, 13)
    ]
    enrolled = [
        {"school_id": school, "school_year": 2021 + i, "grade": 1, "pupils": number}
        for i, number in enumerate(entrants)
        for school, number in (("A", 100.0), ("B", number))
    ]
    schools = [
        {"school_id": s, "school_name": s, "town_id": "T", "kind": "primary"} for s in ("A", "B")
    ]
    people = [
        {"town_id": "T", "year": 2021, "basis": basis, "persons": number * times}
        for basis, number in (("resident", 1000.0), ("registered", 1500.0))
    ]

    def made(shuffle):
        frames = {
            "births": [*rows, *monthly],
            "enrolment": enrolled,
            "schools": schools,
            "towns": [{"town_id": t, "town_name": t} for t in "TU"],
            "population": people,
        }
        if shuffle:
            frames = {n: random.sample(r, len(r)) for n, r in frames.items()}
        tables = Tables({n: contract(n).frame(r) for n, r in frames.items()})
        return intake.bases(tables, area="C")

    step, mixed = made(shuffle=False), made(shuffle=True)

    for name, frame in step.tables.items():
        pd.testing.assert_frame_equal(frame, mixed[name])
    table = step["births_rebased"]
    for area, months in (("T", False), ("U", True)):
        found = table[table["area_id"] == area].set_index("entry_year")["children"]
        pairs = {
            2021 + i: (births[i - 1], births[i])
            for i in range(1, len(births))
            if births[i - 1] is not None and births[i] is not None
        }
        assert set(found.index) == set(pairs)
        for year, (before, own) in pairs.items():
            expected = 4 * before + 8 * own if months else before / 3 + own * 2 / 3
            assert found[year] == pytest.approx(expected)
    for row in table[table["area_id"] == "T"].to_dict("records"):
        place = row["entry_year"] - 2021
        number = entrants[place] if place < len(entrants) else None
        ratio = (100 + number) / row["children"] if number is not None and row["children"] else None
        assert row["entry_ratio"] == pytest.approx(np.nan if ratio is None else ratio, nan_ok=True)
    base = step["population_bases"].iloc[0]
    assert base["registered_to_resident"] == pytest.approx(1.5)
    first = None if entrants[0] is None else 100 + entrants[0]
    expected = np.nan if first is None else first / (1000 * times) * 1000
    assert base["enrolled_per_thousand"] == pytest.approx(expected, nan_ok=True)
