"""The tables of a plan: money adds up, flags and ranks agree, thin areas stay honest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import standards
from analysis.findings import planning as findings
from analysis.planning import building_plan
from analysis.planning.futures import read_futures
from analysis.planning.named import named_plan
from analysis.planning.parameters import Parameters
from analysis.planning.staff import staff_need
from analysis.tables import Tables, contract

from .counties import BASE_YEAR, county

RULES = standards.load("national_2017")


def projects_table(rows):
    base = {"project_name": "项目", "kind": "new_build", "status": "candidate"}
    return contract("projects").frame([base | row for row in rows])


OWN_LIST = projects_table(
    [
        {
            "project_id": "P1",
            "status": "committed",
            "town_id": "T00",
            "stage": "primary",
            "seats": 270,
            "cost_cny": 12_000_001,
            "start_year": 2025,
            "finish_year": 2028,
            "funding_source": "县级财政",
        },
        {
            "project_id": "P2",
            "town_id": "T00",
            "stage": "junior",
            "seats": 600,
            "cost_cny": 30_000_000,
            "land_year": 2027,
            "site_area_m2": 20_000,
            "funding_source": "上级补助",
        },
        {"project_id": "P3", "status": "named"},
        {"project_id": "P4", "town_id": "T01", "stage": "junior"},
        {
            "project_id": "P5",
            "town_id": "T01",
            "stage": "junior",
            "seats": 600,
            "land_year": 2040,
        },
    ]
)


@pytest.fixture(scope="module")
def tables():
    grown = county(towns=3, growth=(0.06, 0.0, -0.03), schools_each=2, spread=0.05)
    return grown.with_tables({"projects": OWN_LIST})


@pytest.fixture(scope="module")
def plan(tables):
    return building_plan(tables, rules=RULES, base_year=BASE_YEAR, area="450000")


def test_project_costs_add_up_to_the_years_to_the_yuan(plan):
    spending, money = plan["plan_spending"], plan["plan_money"].set_index("year")
    projects = plan["plan_projects"].set_index("project_id")
    for column in ("cost_low_cny", "cost_mid_cny", "cost_high_cny"):
        by_year = spending.groupby("year")[column].sum()
        by_project = spending.groupby("project_id")[column].sum()
        assert by_year.to_dict() == money.loc[by_year.index, column].to_dict()
        assert by_project.to_dict() == projects.loc[by_project.index, column].to_dict()
        assert (spending[column] % 1 == 0).all()
    assert (spending["cost_low_cny"] <= spending["cost_mid_cny"]).all()
    assert (spending["cost_mid_cny"] <= spending["cost_high_cny"]).all()


def test_committed_projects_keep_all_their_years(plan):
    own = plan["plan_spending"].set_index("project_id").loc["P1"]

    # 12 000 001 over 2025, 2026, 2027
    assert own["year"].tolist() == [2025, 2026, 2027]
    assert own["cost_mid_cny"].tolist() == [4_000_000] * 3
    row = plan["plan_projects"].set_index("project_id").loc["P1"]
    assert row["status"] == "committed"
    assert np.isnan(row["rank"])


def test_no_source_pays_more_than_it_has_without_a_mark(plan):
    sources = plan["plan_money_sources"]
    short = sources[sources["carried_cny"] < -100]

    assert short["over_spent"].all()
    gap = plan["plan_money"].set_index("year")["gap_cny"].dropna()
    expected = (-short.groupby("year")["carried_cny"].sum()).reindex(gap.index).fillna(0.0)
    assert gap.tolist() == pytest.approx(expected.tolist())


def test_ranks_are_complete_and_flagged_projects_stay_below_the_first_third(plan):
    ranked = plan["plan_projects"].dropna(subset=["rank"]).sort_values("rank")

    assert ranked["rank"].is_unique
    assert set(ranked["status"]) <= {"proposed", "candidate"}
    first = ranked[ranked["rank"] <= len(ranked) // 3]
    assert not first["under_used"].any()


def test_no_project_can_be_dropped_for_nothing(plan):
    ranked = plan["plan_projects"].dropna(subset=["rank"])

    assert ((ranked["gain_cny"] > 1) | ranked["tie"]).all()


def test_every_chosen_project_says_why_and_what_lost(plan):
    rows = plan["plan_projects"].dropna(subset=["rank"])

    for language in ("zh", "en"):
        for name in ("why", "alternatives", "trigger"):
            assert (rows[f"{name}_{language}"].str.len() > 5).all()
    assert set(plan["plan_alternatives"]["project_id"]) == set(rows["project_id"])


def test_the_own_list_is_shown_with_what_keeps_it_out(plan):
    rows = plan["plan_projects"].set_index("project_id")

    assert "没有规模和投资" in rows.loc["P3", "why_zh"]
    assert rows.loc["P3", ["seats", "cost_mid_cny"]].isna().all()
    assert "缺少数据" in rows.loc["P4", "why_zh"]
    assert "不能开工" in rows.loc["P5", "why_zh"]
    assert [n.values["n"] for n in plan.notes if n.key == "planning.unplaced"] == [1]


def test_new_schools_come_from_the_countys_sites_where_it_lists_them(plan):
    candidates = plan["plan_candidates"]
    new = candidates[candidates["kind"] == "new_build"]

    assert set(new.loc[new["town_id"] == "T00", "project_id"]) == {"P2"}
    own = new.set_index("project_id").loc["P2"]
    # land in 2027, three years of building
    assert (own["first_start_year"], own["first_open_year"]) == (2027, 2030)
    # the cost of the list stands; its range is that of the unit price: 3128.5, 4927 and 5833 of
    # 2021, brought to 2025 at 0, 2 and 4 % a year
    assert own["cost_mid_cny"] == 30_000_000
    assert own["cost_low_cny"] == pytest.approx(30e6 * 3128.5 / (4927 * 1.02**4))
    assert own["cost_high_cny"] == pytest.approx(30e6 * 5833 * 1.04**4 / (4927 * 1.02**4))
    generated = new[new["town_id"] == "T02"]
    # no land is secured: two years for it after 2026
    assert set(generated["first_start_year"]) == {2028}


def test_templates_are_sized_by_the_larger_of_template_and_indicator(plan):
    new = plan["plan_candidates"].set_index("project_id")
    row = new.loc["N-T02-primary-24"]

    # 1080 seats: template 8464 m2; L4 4.5 m2 over a share of 0.544: 8934
    assert row["seats"] == 1080
    assert row["floor_area_m2"] == pytest.approx(1080 * 4.5 / 0.544)
    # land: 15 m2 a seat by norm, 7.5 by sports
    assert row["site_area_m2"] == pytest.approx(1080 * 15)
    # price 4927 of 2021, four years at 2 %; low 3128.5 at 0 %; high 5833 at 4 % and 12 m2 a seat,
    # as schools are built
    assert row["cost_mid_cny"] == pytest.approx(1080 * 4.5 / 0.544 * 4927 * 1.02**4)
    assert row["cost_low_cny"] == pytest.approx(1080 * 4.5 / 0.544 * 3128.5)
    assert row["cost_high_cny"] == pytest.approx(1080 * 12 * 5833 * 1.04**4)
    nine = new.loc["N-T02-nine_year-27"]
    assert (nine["seats_primary"], nine["seats_junior"]) == (810, 450)


def test_a_rule_set_without_the_indicator_is_sized_by_template():
    rules = standards.load("baoding_2010")
    step = building_plan(
        county(towns=1, paths=40).with_tables({"projects": OWN_LIST.head(2)}),
        rules=rules,
        base_year=BASE_YEAR,
        area="450000",
    )
    row = step["plan_candidates"].set_index("project_id").loc["X-T00-p0-primary"]

    # six classes of 45 at the planning area of the 30-class template: 9689 / 1350
    assert row["floor_area_m2"] == pytest.approx(270 * 9689 / 1350)
    assert np.isfinite(step["plan_candidates"]["cost_mid_cny"]).all()


def test_expansion_keeps_under_the_ceilings(plan, tables):
    new = plan["plan_candidates"].set_index("project_id")
    ledger = tables["capacity_ledger"].set_index(["school_id", "stage"])
    for name, row in new[new["kind"] == "expansion"].iterrows():
        site = ledger.loc[(row["school_id"], row["stage"])]
        ceiling = min(site["seats_by_school_size"], site["seats_by_sports_area"])
        assert site["seats_available"] + row["seats"] * row["units_most"] <= ceiling, name


def test_use_rates_are_shares_of_open_years_only(plan):
    use = plan["plan_use"]
    projects = plan["plan_projects"].set_index("project_id")

    assert use["use_rate"].between(0, 1).all()
    first = use.groupby("project_id")["school_year"].min()
    for name, year in first.items():
        assert year >= projects.loc[name, "finish_year"]
    guard = plan["plan_guard"]
    late = guard.dropna(subset=["plus10_year"])
    assert (late["plus10_year"] >= late["peak_year"]).all()
    assert (late["plus10_year"] <= BASE_YEAR + 10).all()


def test_robust_costs_least_on_unseen_futures(plan):
    methods = plan["plan_methods"].set_index("method")

    assert methods["expected_cost_cny"].idxmin() == "robust"
    assert set(methods.index) == {"robust", "central_only", "greedy", "nothing"}
    assert methods.loc["robust", "cost_ratio"] == 1


def test_objective_parts_add_up(plan):
    parts = plan["plan_objective"].set_index("part")

    for column in ("value_cny", "nothing_cny"):
        rest = parts.drop("total")[column].sum()
        assert rest == pytest.approx(parts.loc["total", column])
    status = plan["plan_status"].set_index("item")["value"]
    assert status["objective"] == pytest.approx(parts.loc["total", "value_cny"])
    assert status["bound"] <= status["objective"]
    assert status["gap"] <= 0.01 + 1e-9


def test_parameters_are_registered_and_an_own_value_beats_the_default(tables, plan):
    own = contract("assumptions").frame(
        [
            {
                "assumption": "shortage_cost_per_seat_year",
                "scenario": "central",
                "value": 1.0,
                "source": "县财政局",
            }
        ]
    )
    cheap = building_plan(
        tables.with_tables({"assumptions": own}), rules=RULES, base_year=BASE_YEAR, area="450000"
    )
    row = cheap["plan_assumptions"].set_index(["name", "stage"])
    row = row.loc[("shortage_cost_per_seat_year", "all")]

    assert (row["value"], row["status"], row["source"]) == (1.0, "own", "县财政局")
    # a shortage that costs nothing is not worth a building
    kinds = set(cheap["plan_projects"].dropna(subset=["rank"])["kind"])
    assert not kinds & {"new_build", "expansion", "temporary"}
    every = plan["plan_assumptions"]
    assert (every["source"].str.len() > 2).all()


def test_a_year_of_delay_moves_only_what_depends_on_it(tables, plan):
    later = OWN_LIST.assign(
        finish_year=OWN_LIST["finish_year"] + 1, start_year=OWN_LIST["start_year"] + 1
    )
    moved = named_plan(tables.with_tables({"projects": later}), rules=RULES, base_year=BASE_YEAR)
    first = named_plan(tables, rules=RULES, base_year=BASE_YEAR)
    left, right = (p["plan_projects"].set_index("project_id") for p in (first, moved))
    changed = [c for c in left if not left[c].equals(right[c])]

    assert changed == ["start_year", "finish_year"]


def test_thin_area_lists_its_projects_and_invents_nothing():
    rows = [
        {"project_id": f"L{i}", "status": "named", "project_name": f"学校{i}"} for i in range(3)
    ]
    step = building_plan(
        Tables({"projects": projects_table(rows)}), rules=RULES, base_year=2023, area="445381"
    )
    projects = step["plan_projects"]

    assert len(projects) == 3
    assert projects[["seats", "cost_mid_cny", "rank", "use_peak"]].isna().all().all()
    assert step["plan_money"].empty
    note = next(n for n in step.notes if n.key == "planning.no_plan")
    assert set(note.missing) >= {"facilities", "births"}
    assert [n.values for n in step.notes if n.key == "planning.named_only"] == [{"n": 3}]


def test_futures_need_every_zone_on_every_path(tables):
    paths = tables["demand_paths"]
    fewer = paths[~((paths["town_id"] == "T00") & (paths["stage"] == "junior"))]
    read = {"base_year": BASE_YEAR, "horizon_years": 10, "reserve_rate": 0.02}
    whole = read_futures(tables, **read)
    partial = read_futures(tables.with_tables({"demand_paths": fewer}), **read)

    assert whole is not None and whole.simulated
    assert whole.planning.shape[2] == 40
    # 120 paths: 40 for planning, none of them among the 80 kept back
    assert whole.held_out.shape[2] == 80
    shared = (whole.planning[0, 0][:, None] == whole.held_out[0, 0][None, :]).any()
    assert not shared
    assert partial is not None and not partial.simulated
    # by hand: pupils of one zone, year and path, six grades, times 1.02
    first = paths[(paths["town_id"] == "T00") & (paths["stage"] == "primary")]
    sums = first[first["school_year"] == BASE_YEAR + 1].groupby("path")["pupils"].sum() * 1.02
    kept = np.concatenate([whole.planning[1, 0], whole.held_out[1, 0]])
    assert whole.zones[1] == ("T00", "primary")
    assert sorted(kept) == pytest.approx(sorted(sums))


def test_norm_statement_by_hand():
    # domain 7.1: urban 343.6 thousand x 80 and 40
    norm = contract("norm_demand").frame(
        [
            {
                "level": "county",
                "area_id": "445381",
                "stage": stage,
                "basis": "urban_resident",
                "year": 2023,
                "persons": 343_600,
                "seats_per_thousand": each,
                "seats": 343.6 * each,
            }
            for stage, each in (("primary", 80), ("junior", 40))
        ]
    )
    step = named_plan(Tables({"norm_demand": norm}), rules=RULES, base_year=2023)
    said = next(n for n in step.notes if n.key == "planning.norm_statement").values

    assert (said["primary"], said["junior"], said["basis"]) == ("27,488", "13,744", "城镇常住")


def test_teachers_follow_from_classes_by_hand():
    demand = pd.DataFrame(
        {
            "level": "county",
            "area_id": "C",
            "stage": ["primary", "junior"],
            "school_year": BASE_YEAR,
            "scenario": "central",
            "pupils": [901.0, 500.0],
            "lower80": 0.0,
            "upper80": 0.0,
            "lower95": 0.0,
            "upper95": 0.0,
            "method": "cohort",
        }
    )
    teachers = contract("teachers").frame(
        [{"school_id": "S", "school_year": 2025, "stage": "primary", "full_time": 60}]
    )
    given = Tables({"seat_demand": contract("seat_demand").frame(demand), "teachers": teachers})
    table = staff_need(given, Parameters(RULES, given, BASE_YEAR), "central").set_index("stage")

    # 901 / 45 -> 21 classes x 45 / 19 = 49.7 -> 50 teachers against 60
    assert table.loc["primary", ["classes", "teachers_needed"]].tolist() == [21, 50]
    assert table.loc["primary", ["shortage", "surplus"]].tolist() == [0, 10]
    # 500 / 50 -> 10 classes x 50 / 13.5 = 37.04 -> 38; nobody counted: unknown, not zero
    assert table.loc["junior", "teachers_needed"] == 38
    assert table.loc["junior", ["teachers_now", "shortage"]].isna().all()
    # a whole number of teachers stays whole: 21 x 45 / 15 = 63
    own = contract("assumptions").frame(
        [{"assumption": "pupils_per_teacher", "scenario": "central", "value": 15.0}]
    )
    given = given.with_tables({"assumptions": own})
    exact = staff_need(given, Parameters(RULES, given, BASE_YEAR), "central").set_index("stage")
    assert exact.loc["primary", "teachers_needed"] == 63


def test_findings_speak_of_every_section():
    said = [name for name in vars(findings) if not name.startswith("_")]

    assert {"headline", "residuals", "guard", "triggers", "money", "staff", "methods"} <= set(said)
