"""The explorer as widgets: a slider a lever, and demand, gap and plan beside them."""

from __future__ import annotations

import html
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pandas as pd

from analysis import figures, wording
from analysis.errors import AnalysisError
from analysis.explorer.levers import LEVERS
from analysis.explorer.study import Outcome, ScenarioStudy
from analysis.figures import explorer as drawn
from analysis.findings import number, stage_name
from analysis.store import Run, open_run, project_root, read_area

#: Names the area the served page opens.
AREA_VARIABLE = "XUEWEI_EXPLORE_AREA"
#: Holds the page template that asks nothing of any other machine.
TEMPLATE_FOLDER = Path(__file__).parent / "jupyter"
_LABEL_WIDTH = "15em"


def panel(area: str = "") -> widgets.Widget:
    """Return the explorer of an area, or a sentence that says why there is none.

    Parameters
    ----------
    area
        Folder below ``data/raw``; by default the one the variable ``XUEWEI_EXPLORE_AREA`` names.
    """
    name = area or os.environ.get(AREA_VARIABLE, "demo")
    own = read_area(project_root(), name)
    run = open_run(
        area=name,
        base_year=own.base_year,
        horizon_years=own.horizon_years,
        plan_years=own.plan_years,
    )
    try:
        return _Panel(ScenarioStudy(run)).widget
    except AnalysisError as error:
        return widgets.HTML(_paragraph(str(error)))


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"


class _Panel:
    """Sliders and results; every change answers with new demand and gap."""

    def __init__(self, study: ScenarioStudy) -> None:
        self.study = study
        self.run: Run = study.run
        self.sliders: dict[str, Any] = {lever.name: self._slider(lever) for lever in LEVERS}
        self.shown = widgets.HTML()
        self.said = widgets.HTML()
        self.planned = widgets.HTML()
        self.name = widgets.Text(description=self._say("name"), style={"description_width": "6em"})
        for slider in self.sliders.values():
            slider.observe(self._changed, names="value")
        self._changed(None)

    def _say(self, key: str, **values: object) -> str:
        return wording.say(f"explorer.{key}", self.run.language, **values)

    def _slider(self, lever: Any) -> Any:
        return widgets.FloatSlider(
            value=self.study.starts[lever.name],
            min=lever.low,
            max=lever.high,
            step=lever.step,
            description=self._say(f"lever_{lever.name}"),
            continuous_update=False,
            readout_format=".3f" if lever.step < 0.01 else ".2f" if lever.step < 1 else ".0f",
            style={"description_width": _LABEL_WIDTH},
            layout={"width": "98%"},
        )

    @property
    def widget(self) -> widgets.Widget:
        """The whole panel."""
        buttons = []
        for key, action in (("reset", self._reset), ("plan", self._plan), ("save", self._save)):
            button = widgets.Button(description=self._say(key), tooltip=self._say(f"{key}_tip"))
            button.on_click(action)
            buttons.append(button)
        title = self.run.area.title(self.run.language)
        head = widgets.HTML(f"<h2>{html.escape(self._say('title', area=title))}</h2>")
        left = widgets.VBox(
            [*self.sliders.values(), widgets.HBox(buttons), self.name, self.said],
            layout={"width": "38%", "min_width": "22em"},
        )
        right = widgets.VBox([self.shown, self.planned], layout={"width": "60%"})
        return widgets.VBox([head, widgets.HBox([left, right], layout={"flex_flow": "row wrap"})])

    def moved(self) -> dict[str, float]:
        """Return the levers that stand elsewhere than at their start."""
        return {
            name: slider.value
            for name, slider in self.sliders.items()
            if abs(slider.value - self.study.starts[name]) > 1e-9
        }

    def _changed(self, _change: object) -> None:
        try:
            outcome = self.study.outcome(self.moved())
        except AnalysisError as error:
            self.said.value = _paragraph(str(error))
            return
        self.said.value = ""
        self.planned.value = ""
        picture = drawn.compare(self.run, self.study.base.seat_demand, outcome.seat_demand)
        self.shown.value = _html(picture) + self._gap_table(outcome)

    def _gap_table(self, outcome: Outcome) -> str:
        rows = []
        end = self.run.plan_end
        for stage, before in _county(self.study.base.seat_gap, end).items():
            after = _county(outcome.seat_gap, end)[stage]
            rows.append(
                {
                    self._say("stage"): stage_name(self.run, stage),
                    self._say("required"): _pair(self.run, before, after, "seats_required"),
                    self._say("short"): _pair(self.run, before, after, "shortage"),
                    self._say("spare"): _pair(self.run, before, after, "surplus"),
                }
            )
        caption = html.escape(self._say("gap_caption", year=end))
        return figures.html_table(pd.DataFrame(rows), caption=caption)

    def _reset(self, _button: object) -> None:
        for name, slider in self.sliders.items():
            slider.value = self.study.starts[name]

    def _plan(self, _button: object) -> None:
        self.planned.value = _paragraph(self._say("planning"))
        try:
            outcome = self.study.plan(self.moved())
        except AnalysisError as error:
            self.planned.value = _paragraph(str(error))
            return
        if outcome.plan is None:
            return
        projects = outcome.plan["plan_projects"]
        money = outcome.plan["plan_money"]["cost_mid_cny"].sum()
        said = self._say(
            "plan_sentence",
            number=len(projects),
            seats=number(self.run, projects["seats"].sum()),
            cost=wording.money(float(money), self.run.language),
        )
        columns = ["project_name", "town_id", "stage", "kind", "seats", "finish_year"]
        table = figures.result_table(
            self.run, "plan_projects", frame=projects, columns=[*columns, "cost_mid_cny"]
        )
        self.planned.value = _paragraph(said) + _html(table)

    def _save(self, _button: object) -> None:
        try:
            path = self.study.save(self.moved(), self.name.value.strip())
        except AnalysisError as error:
            self.said.value = _paragraph(str(error))
            return
        self.said.value = _paragraph(self._say("saved", file=path.name))


def _html(shown: Any) -> str:
    """Return what a notebook would show, as HTML."""
    if hasattr(shown, "_repr_html_") and (made := shown._repr_html_()):
        return str(made)
    return _paragraph(str(getattr(shown, "data", shown)))


def _county(gap: pd.DataFrame, year: int) -> dict[str, Mapping[str, float]]:
    rows = gap[(gap["level"] == "county") & (gap["school_year"] == year)]
    rows = rows[rows["scenario"] == "central"]
    return {str(row["stage"]): row for row in rows.to_dict("records")}  # type: ignore[misc]


def _pair(run: Run, before: Mapping[str, float], after: Mapping[str, float], column: str) -> str:
    left, right = number(run, before[column]), number(run, after[column])
    return left if left == right else f"{left} → {right}"
