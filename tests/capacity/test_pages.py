"""Notebook 50's figures and sentences: both languages, thin areas, honest labels."""

from __future__ import annotations

import re

import pytest

from analysis import access, capacity, store, wording
from analysis.config import run_parameters
from analysis.figures import access as access_figures
from analysis.figures import capacity as figures
from analysis.figures import maps
from analysis.findings import access as access_findings
from analysis.findings import capacity as findings
from analysis.findings import notes

from .conftest import county, grade_rows, pupils_of, rooms, school

CHINESE = re.compile(r"[一-鿿]")
AREA = """
name_zh = "试验县"
name_en = "Trial County"
code = "C1"
base_year = 2025
horizon_years = 3
plan_years = 3
synthetic = true
"""


def english_county():
    """Two towns: A short from 2027, B with spare seats; names in Latin letters."""
    pupils = {("A", y): 60 + 12 * (y - 2025) for y in range(2025, 2029)}
    pupils |= {("B", y): 20 for y in range(2025, 2029)}
    tables = county(
        schools=[
            school("P1", lon=100.0, lat=30.0, urban_rural="town"),
            school("P2", town="B", lon=100.1, lat=30.1, urban_rural="village"),
            school("P3", town="B", lon=100.11, lat=30.1, urban_rural="village"),
        ],
        facilities=[rooms("P1", 9, temporary=1), rooms("P2", 12), rooms("P3", 6)],
        enrolment=[
            *pupils_of("P1", dict.fromkeys(range(1, 7), 60), classes=2),
            *pupils_of("P2", dict.fromkeys(range(1, 7), 16), classes=1),
            *pupils_of("P3", dict.fromkeys(range(1, 7), 4), classes=1),
        ],
        grade_demand=grade_rows(
            {(t, "primary", g, y): p for (t, y), p in pupils.items() for g in range(1, 7)}
        ),
    )
    named = tables["schools"].assign(school_name=["Ash", "Birch", "Cedar"])
    towns = tables["towns"].assign(town_name=["Alder", "Brook"], urban_rural=["town", "village"])
    return tables.with_tables({"schools": named, "towns": towns})


def run_with(tmp_path, tables, language, area=AREA):
    folder = tmp_path / "data" / "raw" / "trial"
    folder.mkdir(parents=True)
    (folder / "area.toml").write_text(area, "utf-8")
    parameters = run_parameters(
        area="trial", base_year=2025, horizon_years=3, plan_years=3, language=language
    )
    run = store.run_of(parameters, tmp_path)
    for name in tables:
        store.write_table(run.tables_folder, name, tables[name])
    run.save(
        capacity.capacity_gap(
            run.tables, rules=run.rules, base_year=2025, horizon_years=3, area="C1"
        )
    )
    run.save(access.access(run.tables, rules=run.rules, base_year=2025, area="C1"))
    return run


def everything(run):
    stages = ("primary", "junior")
    shown = [
        figures.ledger(run),
        figures.gap(run),
        figures.warnings(run),
        figures.schools(run),
        figures.class_sizes(run),
        figures.special_rooms(run),
        access_figures.mergers(run),
        access_figures.merger_rules(run),
        *(draw(run, stage) for draw in (figures.tiles, figures.towns) for stage in stages),
        *(draw(run, stage) for draw in (figures.risk, maps.warnings) for stage in stages),
        *(
            draw(run, stage)
            for draw in (access_figures.places, access_figures.catchment)
            for stage in stages
        ),
    ]
    said = [
        notes(run, "capacity_ledger", "access_coverage"),
        findings.supply(run),
        findings.norm(run),
        findings.gap(run),
        findings.risk(run),
        findings.warnings(run),
        findings.class_sizes(run),
        access_findings.coverage(run),
        access_findings.mergers(run),
    ]
    return shown, said


def html(items):
    return "\n".join(
        item._repr_html_() if hasattr(item, "_repr_html_") else item.data for item in items
    )


def words(text):
    """Return what a reader reads: tags, pictures and units of contracts taken away."""
    text = re.sub(r'src="data:[^"]*"', "", text)
    text = re.sub(r"alt=\"([^\"]*)\"", r">\1<", text)
    text = re.sub(r"<[^>]*>", " ", text)
    return re.sub(r"\([人个间所套条分钟]+\)", "", text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_figure_and_sentence_is_there(tmp_path, language):
    run = run_with(tmp_path, english_county(), language)

    shown, said = everything(run)
    text = words(html(shown + said))

    assert wording.say("figures.synthetic", language) in text
    if language == "en":
        unit_free = re.sub(r"合成数据", "", text)
        # the merger table names units of its rules; everything else is English
        assert not CHINESE.findall(re.sub(r"\b[人个]\b", "", unit_free)), sorted(
            set(CHINESE.findall(unit_free))
        )
        assert "2027" in text
        assert "not law" in text
        assert "Ash" in text
    else:
        assert "非法定" in text
        assert "缺" in text


def test_sentences_carry_the_numbers_of_the_tables(tmp_path):
    run = run_with(tmp_path, english_county(), "en")

    # 2028: A 6 x 96 = 576 pupils on 8 x 45 = 360 seats, 216 short; B 120 on 18 x 45 = 810,
    # 690 spare
    assert any("2028: 216 seats short and 690 spare" in s for s in findings.gap(run))
    red = [s for s in findings.warnings(run) if s.startswith("Alder")]
    assert len(red) == 1
    # A has 360 pupils on 360 seats in 2025 (red), is short from 2026 on
    assert "First short in 2026: no building" in red[0] or "in 2026" in red[0]
    blue = [s for s in findings.warnings(run) if s.startswith("Brook")]
    assert "690 seats spare" in blue[0]
    assert any("3 schools with 26 usable classrooms" in s for s in findings.supply(run))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_totals_alone_give_class_sizes_and_what_is_missing(tmp_path, language):
    from .test_thin_areas import xinpu

    area = AREA.replace('"C1"', '"xinpu"').replace("2025", "2015").replace("plan_years = 3", "")
    folder = tmp_path / "data" / "raw" / "trial"
    folder.mkdir(parents=True)
    (folder / "area.toml").write_text(area, "utf-8")
    run = store.run_of(
        run_parameters(area="trial", base_year=2015, plan_years=3, language=language), tmp_path
    )
    for name, table in xinpu().items():
        store.write_table(run.tables_folder, name, table)
    run.save(capacity.capacity_gap(run.tables, rules=run.rules, base_year=2015, area="xinpu"))
    run.save(access.access(run.tables, rules=run.rules, base_year=2015, area="xinpu"))

    shown, said = everything(run)

    text = words(html(said))
    assert "51.8" in text
    assert "13" in text
    assert wording.say("capacity.totals_missing", language)[:10] in text
    assert wording.say("access.no_schools", language)[:10] in text
    drawn = figures.drawn(run, *shown)
    assert drawn


def test_a_map_is_drawn_on_outlines_where_they_are_given(tmp_path):
    run = run_with(tmp_path, english_county(), "en")
    tiles = maps.warnings(run)
    square = "[[100,30],[100.1,30],[100.1,30.1],[100,30.1],[100,30]]"
    content = (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"n":"Alder"},'
        f'"geometry":{{"type":"Polygon","coordinates":[{square}]}}}}]}}'
    )
    (tmp_path / "data" / "raw" / "trial" / "map.geojson").write_text(content, "utf-8")

    outlined = maps.warnings(run)

    assert tiles.note == wording.say("access.map_note_tiles", "en")
    assert outlined.note == wording.say("access.map_note_boundaries", "en")
    assert access_figures.places(run, "primary").title


def test_a_broken_map_file_costs_only_the_outlines(tmp_path):
    run = run_with(tmp_path, english_county(), "en")
    (tmp_path / "data" / "raw" / "trial" / "map.geojson").write_bytes(b"{broken")

    assert maps.warnings(run).note == wording.say("access.map_note_tiles", "en")
