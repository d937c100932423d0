"""Rule sets: every norm is sourced; nearer layers win; dates count."""

from __future__ import annotations

import pytest

from analysis import standards
from analysis.errors import StandardsError

NAMES = standards.available()


@pytest.mark.parametrize("name", NAMES)
def test_every_norm_has_source_grade_and_both_titles(name):
    norms = standards.load(name).norms()

    assert norms
    for norm in norms:
        assert norm.source, norm.name
        assert norm.zh, norm.name
        assert norm.en, norm.name


@pytest.mark.parametrize(
    ("indicator", "primary", "junior"),
    [
        # 教督〔2017〕6号, article 6, typed here from the regulation and not from the data file
        ("l1", 4.2, 5.3),
        ("l2", 1.0, 1.0),
        ("l3", 0.9, 0.9),
        ("l4", 4.5, 5.8),
        ("l5", 7.5, 10.2),
        ("l6", 2000.0, 2500.0),
        ("l7", 2.3, 2.4),
    ],
)
def test_national_thresholds(indicator, primary, junior):
    rules = standards.load("national_2017")

    assert rules.value(f"{indicator}_threshold", "primary") == primary
    assert rules.value(f"{indicator}_threshold", "junior") == junior


def test_override_beats_the_rule_set_and_the_rest_stays():
    rules = standards.load(
        "national_2017",
        [
            {
                "name": "l3_threshold",
                "stage": "primary",
                "value": 1.0,
                "source": "local text",
                "grade": "local",
            }
        ],
    )

    assert rules.value("l3_threshold", "primary") == 1.0
    assert rules.value("l3_threshold", "junior") == 0.9


def test_the_latest_norm_that_has_begun_holds():
    def norm(value: float, since: int) -> dict[str, object]:
        return {
            "name": "reserve_rate",
            "value": value,
            "valid_from": since,
            "source": "test",
            "grade": "local",
        }

    rules = standards.load("national_2017", [norm(0.02, 2019), norm(0.04, 2023)])

    assert rules.value("reserve_rate", year=2022) == 0.02
    assert rules.value("reserve_rate", year=2023) == 0.04


def test_unknown_norm_and_rule_set_say_what_is_known():
    with pytest.raises(StandardsError, match="l1_threshold"):
        standards.load("national_2017").norm("l9_threshold")
    with pytest.raises(StandardsError, match="national_2017"):
        standards.load("national_2071")


def test_wrong_override_is_refused():
    with pytest.raises(StandardsError, match="sauce"):
        standards.load("national_2017", [{"name": "x", "value": 1, "sauce": "s", "grade": "A"}])


def test_difference_of_a_rule_set_with_itself_is_empty():
    rules = standards.load("national_2017")

    assert standards.differences(rules, rules).empty
