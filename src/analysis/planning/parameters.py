"""Every number the plan rests on, with its source: norms, costs, weights, and an area's own values.

An area's own norm (``area.toml``) or row of the table ``assumptions`` beats the default; nothing is
typed into the model.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from analysis.standards import Norm, RuleSet, load
from analysis.tables import Tables, contract

Part = Literal["low", "mid", "high"]
DEFAULTS = "planning_defaults"
#: Norms of the rule set, beside those of the defaults, that the plan uses.
_FROM_RULES = (
    "class_size_max",
    "school_size_max",
    "school_size_max_multi_stage",
    "site_area_per_pupil_min",
    "l4_threshold",
    "l5_threshold",
    "lead_time_new_build",
    "lead_time_expansion",
    "lead_time_temporary",
)


class Parameters:
    """Norms and weights of one area; money comes in prices of the base year."""

    def __init__(self, rules: RuleSet, tables: Tables, base_year: int) -> None:
        self._rules, self._defaults = rules, load(DEFAULTS)
        self.base_year = base_year
        self._templates: dict[str, dict[int, dict[str, float]]] = {}
        own = tables["assumptions"].dropna(subset=["value"])
        self._own: dict[tuple[str, str], tuple[float, str]] = {
            (str(row["assumption"]), str(row["scenario"])): (
                float(row["value"]),
                "" if pd.isna(row["source"]) else str(row["source"]),
            )
            for row in own.to_dict("records")
        }

    def norm(self, name: str, stage: str = "all") -> Norm | None:
        """Return the norm that holds in the base year; for an older year, the one there is."""
        found = self._rules.find(name, stage, self.base_year) or self._rules.find(name, stage)
        return found or self._defaults.find(name, stage)

    def text(self, name: str) -> str:
        """Return a norm that is a choice of words."""
        found = self.norm(name)
        return "" if found is None else str(found.value)

    def value(self, name: str, stage: str = "all", part: Part = "mid") -> float:
        """Return a number; NaN when no rule set gives it (or gives words instead of a number).

        Parameters
        ----------
        name, stage
            As in the rule set.
        part
            ``"low"`` and ``"high"`` of a range; the middle where no range is given.
        """
        scenario = {"low": "low", "mid": "central", "high": "high"}[part]
        own = self._own.get((name, scenario)) or self._own.get((name, "central"))
        if own is not None:
            return own[0]
        found = self.norm(name, stage)
        if found is None or isinstance(found.value, str):
            return float("nan")
        ranged = {"low": found.low, "high": found.high}.get(part)
        return found.value if ranged is None else ranged

    def money(self, name: str, stage: str = "all", part: Part = "mid") -> float:
        """Return a price in prices of the base year.

        The low and the high price are brought there with the low and the high rate of the index.
        """
        found = self.norm(name, stage)
        own = (name, "central") in self._own
        since = None if found is None or own else found.price_year
        rise = (1.0 + self.value("price_index_rate", part=part)) ** (
            0 if since is None else self.base_year - since
        )
        return self.value(name, stage, part) * rise

    def price_index(self, years: int, part: Part = "mid") -> list[float]:
        """Return prices of each year after the base year against those of the base year."""
        rate = self.value("price_index_rate", part=part)
        return [(1.0 + rate) ** (t + 1) for t in range(years)]

    def templates(self, kind: str) -> dict[int, dict[str, float]]:
        """Return school templates of a kind (primary, junior, nine_year) by number of classes."""
        if kind not in self._templates:
            self._templates[kind] = self._worked_out(kind)
        return self._templates[kind]

    def _worked_out(self, kind: str) -> dict[int, dict[str, float]]:
        if self.text("template_family") == "model":
            return self._models().get(kind, {})
        found: dict[int, dict[str, float]] = {}
        prefix = f"template_{kind}_"
        for item in self._defaults.norms():
            if item.name.startswith(prefix):
                classes, _, field = item.name.removeprefix(prefix).partition("_")
                found.setdefault(int(classes), {})[field] = self.value(item.name)
        return dict(sorted(found.items()))

    def _models(self) -> dict[str, dict[int, dict[str, float]]]:
        found = {}
        for kind, code in (("primary", "4138"), ("junior", "1215612")):
            given = {f: self.value(f"model_{code}_{f}") for f in ("seats", "floor_m2", "site_mu")}
            found[kind] = {int(self.value(f"model_{code}_classes")): given}
        return found

    def register(self) -> pd.DataFrame:
        """Return ``plan_assumptions``: every parameter with range, unit, source, grade, status."""
        wanted: dict[tuple[str, str], Norm] = {}
        for item in self._defaults.norms():
            wanted[item.name, item.stage] = self.norm(item.name, item.stage) or item
        for item in self._rules.norms():
            if item.name in _FROM_RULES:
                wanted[item.name, item.stage] = self.norm(item.name, item.stage) or item
        rows = []
        for (name, stage), item in wanted.items():
            own = self._own.get((name, "central"))
            number = np.nan if isinstance(item.value, str) else item.value
            rows.append(
                {
                    "name": name,
                    "stage": stage,
                    "title_zh": item.zh,
                    "title_en": item.en,
                    "value": number if own is None else own[0],
                    "low": self.value(name, stage, "low") if number == number else np.nan,
                    "high": self.value(name, stage, "high") if number == number else np.nan,
                    "unit": item.unit if number == number else f"{item.value}",
                    "price_year": item.price_year,
                    "grade": item.grade if own is None else "local",
                    "status": "own" if own is not None or item.grade == "local" else "default",
                    "source": item.source if own is None else own[1],
                }
            )
        return contract("plan_assumptions").frame(rows)
