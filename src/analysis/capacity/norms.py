"""Look-up of norms for data older than the norm itself."""

from __future__ import annotations

from analysis.standards import RuleSet


def norm_value(rules: RuleSet, name: str, stage: str = "all", year: int = 2100) -> float:
    """Return the number that holds in ``year``; for older data, the one the rule set has.

    An area measures itself by the rule set it chose, also with figures from before that rule
    came into force (a report of 2015 against the assessment of 2017).

    Raises
    ------
    StandardsError
        The rule set has no such norm at all, or its value is not a number.
    """
    return rules.value(name, stage, year if rules.find(name, stage, year) else 2100)


def norm_text(rules: RuleSet, name: str, stage: str = "all", year: int = 2100) -> str:
    """Return a norm that is a choice, by the rule of :func:`norm_value`.

    Raises
    ------
    StandardsError
        The rule set has no such norm at all.
    """
    return rules.text(name, stage, year if rules.find(name, stage, year) else 2100)
