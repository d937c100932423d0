"""Figures and sentences of notebooks 30 and 40 in both languages, from much and from little."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analysis import forecast, store, trends
from analysis.config import run_parameters
from analysis.figures import forecast as figures
from analysis.figures import forecast_tables, forecast_words
from analysis.figures import trends as trend_figures
from analysis.findings import forecast as findings
from analysis.findings import trends as trend_findings
from analysis.store import write_table
from analysis.tables import StepResult, Tables, contract
from tests.forecast.conftest import county_tables

AREA = """
name_zh = "小县"
name_en = "Small County"
code = "C01"
level = "county"
rules = "national_2017"
base_year = 2024
"""
pytestmark = pytest.mark.xdist_group("forecast figures")  # numbers are worked out once
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def made_run(root, frames, language, rules):
    """Return a run with the results of notebooks 30 and 40 saved."""
    (root / "data/raw/small").mkdir(parents=True, exist_ok=True)
    (root / "data/raw/small/area.toml").write_text(AREA, encoding="utf-8")
    run = store.run_of(run_parameters(area="small", base_year=2024, language=language), root)
    for name in frames:
        write_table(run.tables_folder, name, frames[name])
    for step in steps(run.tables, rules):
        run.save(step)
    return run


#: Numbers know no language: what was worked out for one is shown in both.
_DONE: dict[str, tuple[StepResult, StepResult]] = {}


def steps(tables, rules):
    """Return the results of notebooks 30 and 40, worked out once for the same tables."""
    key = repr([(name, tables[name].to_csv()) for name in sorted(tables)])
    if key not in _DONE:
        demand = forecast.seat_demand(
            tables, rules=rules, base_year=2024, horizon_years=6, area="C01", paths=60
        )
        _DONE[key] = (trends.trends(tables, base_year=2024, area="C01"), demand)
    return _DONE[key]


def population():
    rows = [
        {"town_id": f"T{i}", "year": 2020, "basis": "resident", "persons": 6_000.0}
        for i in range(3)
    ]
    return contract("population").frame(rows)


@pytest.fixture(params=["zh", "en"])
def language(request):
    return request.param


def everything(run):
    """Return every figure, table and sentence of both notebooks."""
    shown = [
        figures.demand(run),
        figures.towns(run, "primary"),
        figures.towns(run, "junior"),
        figures.norm(run),
        figures.accuracy(run),
        figures.vintages(run),
        figures.effects(run),
        forecast_tables.peaks_table(run),
        forecast_tables.scenarios_table(run),
        forecast_tables.register_table(run),
        forecast_tables.ages_table(run),
        forecast_tables.breaks_table(run),
        trend_figures.pupils(run),
        trend_figures.class_size(run),
        trend_figures.urban_rural(run),
        trend_figures.result_table(run, "trend_contributions"),
    ]
    said = [
        *findings.peaks(run),
        *findings.ranges(run),
        *findings.towns(run),
        *findings.norm(run),
        *findings.accuracy(run),
        *findings.breaks(run),
        *findings.drivers(run),
        *trend_findings.change(run),
        *trend_findings.turning_points(run),
        *trend_findings.class_size(run),
        *trend_findings.urban_rural(run),
        *trend_findings.contributions(run),
    ]
    return shown, said


def test_a_county_with_everything_is_shown_in_its_language(tmp_path, language, rules):
    tables = county_tables().with_tables({"population": population()})

    shown, said = everything(made_run(tmp_path, tables, language, rules))

    cards = [item for item in shown if hasattr(item, "alt")]
    assert len(cards) == 10
    assert all(item.alt and item.title and item.unit for item in cards)
    assert len(said) > 15
    if language == "en":
        mine = [text for text in said if not re.search("镇", text)]
        assert not [text for text in mine if CHINESE.search(text)]
        assert not [item.title for item in cards if CHINESE.search(item.title)]


def test_what_was_counted_is_named_beside_norm_and_past_forecasts(tmp_path, language, rules):
    run = made_run(
        tmp_path, county_tables().with_tables({"population": population()}), language, rules
    )
    counted = {"zh": "实有学生", "en": "Pupils counted"}[language]
    then = {"zh": "小学：当时的预测", "en": "Primary: forecast made then"}[language]

    for drawn in (figures.norm(run), figures.vintages(run)):
        assert drawn._repr_html_().count(f">{counted}<") == 1
    assert f">{then}<" in figures.vintages(run)._repr_html_()


def test_primary_comes_before_junior(tmp_path, rules):
    run = made_run(tmp_path, county_tables(), "en", rules)

    said = [*findings.peaks(run), *trend_findings.change(run)]

    assert ["Primary" in text for text in said] == [True, False, True, False]


def test_an_area_with_population_alone_shows_the_norm_and_nothing_else(tmp_path, language, rules):
    frames = Tables({"population": population()})

    shown, said = everything(made_run(tmp_path, frames, language, rules))

    assert sum(hasattr(item, "alt") for item in shown) == 1
    assert len(said) == 3  # two stages, and children of one age per thousand people


def test_an_area_with_nothing_shows_the_assumptions_only(tmp_path, language, rules):
    shown, said = everything(made_run(tmp_path, Tables(), language, rules))

    assert not any(hasattr(item, "alt") for item in shown)
    assert said == []


def test_flagged_assumptions_are_told_and_shown_with_their_state(tmp_path, rules):
    own = contract("assumptions").frame(
        [{"assumption": "entry_ratio", "scenario": "low", "value": 0.9}]
    )
    run = made_run(tmp_path, county_tables().with_tables({"assumptions": own}), "en", rules)

    table = forecast_tables.register_table(run).frame.set_index("Assumption")

    assert table.loc["Entry ratio", "Status"] == "No source"
    assert table.loc["Entry ratio", ["Low", "Central", "High"]].tolist() == ["0.9", "1", "1.03"]
    assert any("no source" in text for text in findings.drivers(run))


def test_scenarios_stand_side_by_side_for_every_year(tmp_path, rules):
    run = made_run(tmp_path, county_tables(), "en", rules)

    table = forecast_tables.scenarios_table(run).frame

    assert list(table.columns) == ["Stage", "School year", "Low", "Central", "High"]
    assert len(table) == 2 * 7
    assert isinstance(table, pd.DataFrame)


def test_no_share_of_city_town_and_village_is_cut_off(tmp_path, monkeypatch):
    # primary 30, 45, 25 per cent; junior up to 84: higher than anything in the other panel
    (tmp_path / "data/raw/small").mkdir(parents=True)
    (tmp_path / "data/raw/small/area.toml").write_text(AREA, encoding="utf-8")
    run = store.run_of(run_parameters(area="small", base_year=2024), tmp_path)
    shares = {"primary": (0.30, 0.45, 0.25), "junior": (0.12, 0.84, 0.04)}
    rows = [
        {"stage": stage, "urban_rural": kind, "school_year": year, "pupil_share": share}
        for stage, kinds in shares.items()
        for kind, share in zip(("city", "town", "village"), kinds, strict=True)
        for year in range(2020, 2025)
    ]
    write_table(run.tables_folder, "trend_urban_rural", contract("trend_urban_rural").frame(rows))
    drawn = []
    plain = trend_figures.style.plots

    def kept(*given, **more):
        drawn.append(plain(*given, **more))
        return drawn[-1]

    monkeypatch.setattr(trend_figures.style, "plots", kept)
    trend_figures.urban_rural(run)

    axes = drawn[0][1]
    assert len(axes) == 2
    for ax in axes:
        low, high = ax.get_ylim()
        assert low <= ax.y.low
        assert ax.y.high < high
    # what the lines reach: 45 of a hundred among primary pupils, 84 among junior ones
    assert [round(ax.y.high) for ax in axes] == [45, 84]


def test_the_norm_is_drawn_on_the_basis_the_area_states(tmp_path):
    # the rules name residents; area.toml the urban ones, then nothing, then one that is not there
    norms = pd.DataFrame({"basis": ["resident", "urban_resident"]})
    for stated, used in (
        ('population_basis = "urban_resident"', "urban_resident"),
        ("", "resident"),
        ('population_basis = "registered"', "resident"),
    ):
        folder = tmp_path / (used + stated[-4:-1])
        (folder / "data/raw/small").mkdir(parents=True)
        (folder / "data/raw/small/area.toml").write_text(f"{AREA}{stated}\n", encoding="utf-8")
        run = store.run_of(run_parameters(area="small", base_year=2024), folder)

        assert forecast_words.basis_shown(run, norms) == used
        assert forecast_words.basis_shown(run, norms[1:]) == "urban_resident"
