"""A big CSV is read block by block: same values, faults counted, memory bounded by the block."""

from __future__ import annotations

import io

import pyarrow.parquet as pq
import pytest

from analysis import intake
from analysis.errors import IntakeError
from analysis.intake import streaming
from analysis.store.streams import import_large
from analysis.tables import contract

TEXT = (
    "学校标识码,学年,学段,在校生总数,班级总数\n"
    "0133000001,2023,小学,600,14\n"
    "0133000002,2023,初中,约700,15\n"
    "0133000003,2023,小学,-5,2.5\n"
    "0133000004,,小学,30,1\n"
    "0133000005,2023,大学,30,1\n"
    "0133000006,2023,小学,—,1\n"
)


def test_values_faults_and_lines():
    (frame, set_aside), *rest = intake.stream(
        io.BytesIO(TEXT.encode("utf-8-sig")), "school_totals", name="国.csv"
    )

    assert rest == []
    contract("school_totals").validate(frame.reset_index(drop=True))
    assert frame["school_id"].tolist() == [f"013300000{i}" for i in (1, 2, 3, 6)]
    assert frame["pupils"].fillna(-1).tolist() == [600.0, -1.0, -1.0, -1.0]
    assert frame["source"].tolist() == ["国.csv#2", "国.csv#3", "国.csv#4", "国.csv#7"]
    # 约700 and -5; 2.5 classes; the row without a year and the one of an unknown stage
    assert set_aside == {"pupils": 2, "classes": 1, "stage": 1, "rows": 2}


def test_headers_of_another_table_are_refused():
    with pytest.raises(IntakeError, match="school_totals"):
        list(intake.stream(io.BytesIO(b"a,b\n1,2\n"), "school_totals", name="x.csv"))


def test_many_blocks_give_the_same_as_one(tmp_path, monkeypatch):
    lines = [f"{i:010d},{2014 + i % 10},小学,{i % 900},{1 + i % 20}" for i in range(20_000)]
    source = tmp_path / "国.csv"
    source.write_text(TEXT.splitlines()[0] + "\n" + "\n".join(lines) + "\n", "utf-8")
    monkeypatch.setattr(streaming, "BLOCK_BYTES", 64 * 1024)

    counts = import_large(source, tmp_path / "out", "school_totals")

    frame = pq.read_table(tmp_path / "out" / "school_totals.parquet").to_pandas()
    assert counts == {"written": 20_000}
    assert frame["pupils"].sum() == sum(i % 900 for i in range(20_000))
    assert frame["source"].iloc[-1] == "国.csv#20001"
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / "school_totals.parquet"]
