"""An .ods workbook reads like the same .xlsx; passwords and endless repetition are refused."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import intake
from tests.intake import county
from tests.intake.opendocument import ods


@pytest.mark.parametrize("name", sorted(county.clean(0)))
def test_same_tables_as_the_same_xlsx(name):
    sheets = county.clean(0)[name]
    plain = {s: [[None if c == "" else c for c in row] for row in r] for s, r in sheets.items()}

    opened = intake.read_area({"表.ods": ods(plain)}, area_code=county.COUNTY)
    excel = intake.read_area({"表.xlsx": county.workbook(sheets)}, area_code=county.COUNTY)

    assert set(opened.tables) == set(excel.tables)
    for table, frame in excel.tables.items():
        there = opened.tables[table]
        pd.testing.assert_frame_equal(
            there.assign(source=there["source"].str.replace(".ods#", ".xlsx#")), frame
        )
    assert opened.findings["cell"].tolist() == excel.findings["cell"].tolist()


def refused(content: bytes, name: str = "表.ods") -> str:
    findings = intake.read_area({name: content}, area_code="").findings
    assert findings[["rule", "severity"]].values.tolist() == [["file_unreadable", "blocks"]]
    return "".join(findings[["why_zh", "suggestion_zh"]].iloc[0])


def test_password():
    content = ods({"a": [["x"]]}, manifest="<manifest:encryption-data/>")

    assert "密码" in refused(content)


FILLED = '<table:table-cell {}office:value-type="float" office:value="1"/>'
REPEATED = '<table:table-row table:number-rows-repeated="1000000">{}</table:table-row>'
WIDE = REPEATED.format(FILLED.format('table:number-columns-repeated="1000" '))
FAR = (
    REPEATED.format("<table:table-cell/>")
    + '<table:table-row><table:table-cell table:number-columns-repeated="1000"/>'
    + FILLED.format("")
    + "</table:table-row>"
)


@pytest.mark.parametrize("raw", [WIDE, FAR])
def test_endless_repetition(raw):
    assert "重复的单元格" in refused(ods({"a": [["学校代码", "学年"]]}, raw=raw))


def test_binary_workbooks_are_refused_with_what_to_do():
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.bin", b"")

    assert "另存为 .xlsx" in refused(buffer.getvalue(), "表.xlsb")
    assert "另存为 .xlsx" in refused(buffer.getvalue(), "表.xlsx")
