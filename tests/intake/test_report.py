"""The document of ``xuewei check --json`` and the terminal lines."""

from __future__ import annotations

import json
import re

import pytest

from analysis import intake
from tests.intake import damage
from tests.intake.county import COUNTY

KEYS = {
    "file",
    "sheet",
    "cell",
    "table",
    "entity",
    "found",
    "expected",
    "why",
    "suggestion",
    "severity",
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def result():
    files, _ = damage.damaged("subject_over_full_time", 0)
    return intake.read_area(files, area_code=COUNTY)


def test_every_finding_has_the_documented_keys_and_is_json(result):
    report = json.loads(json.dumps(intake.check_report(result), allow_nan=False))

    assert report["tables"]["schools"] == 12
    assert report["counts"]["affects"] >= 1
    for finding in report["findings"]:
        assert set(finding) >= KEYS
        assert finding["severity"] in ("blocks", "affects", "note")
        assert all(isinstance(finding[key], str) for key in KEYS)


def test_found_is_the_cell_as_it_stands(result):
    finding = intake.check_report(result)["findings"][0]

    assert (finding["file"], finding["sheet"]) == ("03_教师.xlsx", "教师")
    assert finding["cell"].startswith("G")
    assert float(finding["found"]) > 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_language_of_what_is_said(result, language):
    for finding in intake.check_report(result, language=language)["findings"]:
        for part in ("expected", "why", "suggestion"):
            assert bool(CHINESE.search(finding[part])) == (language == "zh"), finding[part]


def test_lines_for_the_terminal(result):
    lines = intake.summary_lines(result, language="zh")

    assert any("教师" in line for line in lines)
    assert any("影响结论" in line for line in lines)


def test_affected_conclusions_name_the_cell(result):
    frame = result.result_tables()["affected_conclusions"]

    assert set(frame["conclusion"]) == {"indicators"}
    assert frame["status"].tolist() == ["undetermined"]
    assert "03_教师.xlsx#教师#G" in frame["cells"].item()
