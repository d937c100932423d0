"""Tables of notebook 40: peaks, scenarios side by side, assumptions, ages of inputs, breaks."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis import figures, terms, wording
from analysis.store import Run
from analysis.tables import contract

_ORDER = {"primary": 0, "junior": 1}
_COUNTED = ("pupils", "peak_pupils", "trough_pupils")
#: From harmless to serious: an assumption shows the worst of its three rows.
_SEVERITY = ["default", "own", "stale", "unsourced"]
_UNITS = {"×": "times", "1/年": "yearly", "比例": "share", "年": "years"}


def peaks_table(run: Run) -> figures.Shown:
    """Show peak and trough years of the central scenario, the county first, largest peak first."""
    rows = run.tables["demand_peaks"]
    rows = _stages_in_order(rows[rows["scenario"] == "central"])
    if rows.empty:
        return figures.nothing(run)
    rows = rows.assign(**{c: rows[c].round(0) for c in _COUNTED})
    rows = rows.sort_values(
        ["level", "peak_pupils"], ascending=[True, False], kind="stable"
    ).sort_values("stage", key=lambda v: v.map(_ORDER), kind="stable")
    columns = [c for c in rows.columns if c not in ("level", "scenario", "school_year")]
    return figures.result_table(
        run,
        "demand_peaks",
        frame=rows,
        columns=columns,
        title=wording.say("forecast.peaks_title", run.language),
        note=contract("demand_peaks").note_zh
        if run.language == "zh"
        else contract("demand_peaks").note_en,
    )


def scenarios_table(run: Run) -> figures.Shown:
    """Show the county's seats required under the three scenarios side by side."""
    rows = run.tables["seat_demand"]
    rows = rows[rows["level"] == "county"]
    if rows.empty:
        return figures.nothing(run)
    wide = rows.pivot_table(index=["stage", "school_year"], columns="scenario", values="pupils")
    wide = _stages_in_order(wide.reset_index())
    words = {str(s): terms.label("scenario", s, run.language) for s in terms.Scenario}
    known = {c.name: c.title(run.language) for c in contract("seat_demand").columns}
    shown = wide.assign(stage=[terms.label("stage", s, run.language) for s in wide["stage"]])
    shown = shown.assign(**{s: wide[s].round(0) for s in words})
    return figures.table(
        shown,
        title=wording.say("forecast.scenario_title", run.language),
        columns={c: known.get(c, words.get(c, c)) for c in ("stage", "school_year", *words)},
        language=run.language,
        synthetic=run.area.synthetic,
    )


def register_table(run: Run) -> figures.Shown:
    """Show the assumption register: one row an assumption, the three values side by side."""
    register = run.tables["assumption_register"]
    if register.empty:
        return figures.nothing(run)
    said = wording.entries()
    words = {str(s): terms.label("scenario", s, run.language) for s in terms.Scenario}
    titles = {c.name: c.title(run.language) for c in contract("assumption_register").columns}
    rows = []
    for name, group in register.groupby("assumption", sort=False):
        entry = said.get(f"forecast.assumption_{name}", {})
        worst = max(group["status"].tolist(), key=_SEVERITY.index)
        shown = group[group["status"] == worst].iloc[0]
        values = dict(zip(group["scenario"], group["value"], strict=True))
        source = shown["source"]
        if worst == "default":
            source = wording.say("forecast.default_source", run.language)
        rows.append(
            {
                "assumption": entry.get(run.language, name),
                "unit": _unit(run, str(shown["unit"])),
                **{s: values.get(s, float("nan")) for s in words},
                "status": terms.label("assumption_status", worst, run.language),
                "valid_until": shown["valid_until"],
                "responsible": shown["responsible"],
                "source": source,
            }
        )
    frame = pd.DataFrame(rows)
    frame = frame.assign(**{s: [_short(v) for v in frame[s]] for s in words})
    return figures.table(
        frame.astype(object).where(frame.notna(), "—"),
        title=wording.say("forecast.register_title", run.language),
        columns={c: titles.get(c, words.get(c, c)) for c in frame.columns},
        language=run.language,
        synthetic=run.area.synthetic,
        rows=len(frame),
    )


def _unit(run: Run, unit: str) -> str:
    entry = wording.entries().get(f"forecast.unit_{_UNITS.get(unit, '')}", {})
    return entry.get(run.language, "" if unit == "nan" else unit)


def _short(value: float) -> str:
    return "—" if pd.isna(value) else f"{value:g}"


def ages_table(run: Run) -> figures.Shown:
    """Show how old the input tables are."""
    ages = run.tables["input_ages"]
    named = ages.assign(table=[contract(t).title(run.language) for t in ages["table"]])
    return figures.result_table(
        run,
        "input_ages",
        frame=named,
        title=wording.say("forecast.ages_title", run.language),
    )


def breaks_table(run: Run) -> figures.Shown:
    """Show the years whose rates lie far outside the others."""
    rows = _stages_in_order(run.tables["structural_breaks"])
    if rows.empty and not run.tables["seat_demand"].empty:
        said = wording.say("forecast.no_break", run.language)
        return Markdown(said)  # type: ignore[no-untyped-call]
    return figures.result_table(
        run,
        "structural_breaks",
        frame=rows,
        columns=[c for c in rows.columns if c not in ("level", "area_id")],
        title=wording.say("forecast.breaks_title", run.language),
    )


def _stages_in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows with primary before junior, otherwise in the order they were."""
    return frame.sort_values("stage", key=lambda v: v.map(_ORDER), kind="stable")
