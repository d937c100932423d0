"""The three decisions page one asks for, the most urgent first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analysis import wording
from analysis.findings.headlines.item import STAGES, Desk, Headline, known, record
from analysis.findings.headlines.plan import chosen
from analysis.findings.planning import unpriced
from analysis.tables import contract

WANTED = 3
#: Reasons of a shortage that a decision can lift; the others say that more does not pay.
LIMITS = ("size_cap", "land", "budget", "travel", "no_candidate")
#: Years from birth to the first grade (Compulsory Education Law, article 11).
ENTRY_AGE = 6
#: A gap of funds below this share of the plan's cost comes after the other decisions (tool).
SMALL_GAP = 0.05
#: Above this ratio of norm to pupils a sentence warns (tool; needs: 0.85 to 1.15).
OVER_NORM = 1.15


@dataclass(frozen=True)
class Decision:
    """One decision with its reason and the date after which it comes too late."""

    decision: str
    said: Mapping[str, str]
    why: Mapping[str, str]
    by_year: int | None = None
    value: float | None = None
    unit: str = ""
    source: str = ""
    item: str = ""
    minor: bool = False

    def row(self, rank: int) -> dict[str, object]:
        """Return the row of the table ``decisions``."""
        return {
            "decision": self.decision,
            "rank": rank,
            "sentence_zh": self.said["zh"],
            "sentence_en": self.said["en"],
            "why_zh": self.why["zh"],
            "why_en": self.why["en"],
            "by_year": self.by_year,
            "value": self.value,
            "unit": self.unit,
            "source": self.source,
            "item": self.item or None,
        }


def decisions(desk: Desk, headlines: list[Headline]) -> list[Decision]:
    """Return the decisions that the tables support, at most three."""
    by_item = {h.item: h for h in headlines}
    found: list[Decision] = []
    for choose in (
        _approve,
        _not_build,
        _money,
        _residual,
        _hold,
        _spare,
        _rules,
        _norm,
        _classes,
        _list,
        _named,
        _births,
    ):
        found += choose(desk, by_item)
    found += _data(desk)
    # a small gap in the funds must not push out what becomes of thousands of spare seats
    return sorted(found, key=lambda decision: decision.minor)[:WANTED]


def _said(headline: Headline | None) -> Mapping[str, str]:
    return headline.said if headline and headline.said else {"zh": "", "en": ""}


def _approve(desk: Desk, by_item: Mapping[str, Headline]) -> Iterator[Decision]:
    projects, cost = by_item.get("plan_projects"), by_item.get("plan_cost")
    if projects is None or cost is None:
        return
    committed = by_item.get("committed_projects")
    if not cost.value and committed is None:
        yield Decision(
            "build_nothing",
            desk.both(
                "decide_build_nothing" if projects.value else "decide_build_none",
                lambda _: {"measures": int(projects.value or 0)},
            ),
            _said(projects),
            source="plan_projects",
            item=projects.item,
        )
        return
    priced = [cost.value or 0.0, *unpriced(desk.rows("plan_projects"))]
    starts = chosen(desk.rows("plan_projects"))["start_year"].dropna()
    first = int(starts.min()) if len(starts) else None
    yield Decision(
        "approve_plan",
        desk.both(
            "decide_plan",
            lambda language: {
                "measures": int(projects.value or 0),
                "committed": int(committed.value or 0) if committed else 0,
                "mid": wording.total(priced, language, wording.money),
                "low": wording.money(cost.lower, language),
                "high": wording.money(cost.upper, language),
            },
        ),
        _said(projects),
        first,
        cost.value,
        "cny",
        "plan_money",
        item=projects.item,
    )


def _not_build(desk: Desk, by_item: Mapping[str, Headline]) -> Iterator[Decision]:
    left = by_item.get("candidates_not_chosen")
    if left is None:
        return
    spare = sum(h.value or 0 for h in _spare_seats(desk, by_item))
    yield Decision(
        "do_not_build",
        desk.both(
            "decide_not_build_spare" if spare else "decide_not_build",
            lambda language: {
                "projects": int(left.value or 0),
                "cost": wording.money(left.lower, language),
                "seats": wording.number(spare, language),
                "year": wording.year_label(desk.end, language),
            },
        ),
        left.said,
        value=left.lower,
        unit="cny",
        source="plan_projects",
        item=left.item,
    )


def _money(desk: Desk, by_item: Mapping[str, Headline]) -> Iterator[Decision]:
    gap, cost = by_item.get("funding_gap"), by_item.get("plan_cost")
    if gap is None or not gap.value:
        return
    yield Decision(
        "close_funding_gap",
        desk.both(
            "decide_funds",
            lambda language: {
                "gap": wording.money(gap.value, language),
                "year": gap.school_year,
            },
        ),
        gap.said,
        gap.school_year,
        gap.value,
        "cny",
        "plan_money",
        item=gap.item,
        minor=gap.value < SMALL_GAP * (cost.value or 0) if cost is not None else False,
    )


def _residual_key(reason: str | None) -> str:
    if reason == "lead_time":
        return "decide_residual_late"
    return "decide_residual" if reason in LIMITS else "decide_residual_bridge"


def _residual(desk: Desk, by_item: Mapping[str, Headline]) -> Iterator[Decision]:
    left = by_item.get("seats_still_short")
    if left is None or not left.value:
        return
    yield Decision(
        "close_residual",
        desk.both(
            _residual_key(left.state),
            lambda language: {
                "year": wording.year_label(int(left.school_year or desk.end), language),
                "town": desk.place(str(left.area_id), language),
                "seats": wording.number(left.value, language),
            },
        ),
        left.said,
        left.school_year,
        left.value,
        "seats",
        "plan_residuals",
        item=left.item,
    )


def _hold(desk: Desk, by_item: Mapping[str, Headline]) -> Iterator[Decision]:
    flagged = by_item.get("projects_under_used")
    if flagged is None or not flagged.value:
        return
    yield Decision(
        "hold_under_used",
        desk.both("decide_hold", lambda _: {"projects": int(flagged.value or 0)}),
        flagged.said,
        value=flagged.value,
        unit="projects",
        source="plan_projects",
        item=flagged.item,
    )


def _spare_seats(desk: Desk, by_item: Mapping[str, Headline]) -> list[Headline]:
    found = (by_item.get(f"seats_spare.{stage}.{desk.end}") for stage in STAGES)
    return [h for h in found if h is not None and h.value]


def _spare(desk: Desk, by_item: Mapping[str, Headline]) -> Iterator[Decision]:
    spare = _spare_seats(desk, by_item)
    if not spare or "candidates_not_chosen" in by_item:  # said there with what is not to be built
        return
    total = sum(h.value or 0 for h in spare)
    yield Decision(
        "use_spare_seats",
        desk.both(
            "decide_spare",
            lambda language: {
                "seats": wording.number(total, language),
                "year": wording.year_label(desk.end, language),
            },
        ),
        {lang: "".join(h.said.get(lang, "") for h in spare) for lang in ("zh", "en")},
        desk.end,
        total,
        "seats",
        "seat_gap",
        item=spare[0].item,
    )


def _rules(desk: Desk, by_item: Mapping[str, Headline]) -> Iterator[Decision]:
    schools = [h for s in STAGES if (h := by_item.get(f"schools_met.{s}"))]
    failing = 0
    for headline in schools:
        whole = by_item.get(f"schools_in_scope.{headline.stage}")
        failing += int((whole.value or 0) - (headline.value or 0)) if whole else 0
    if not failing:
        return
    yield Decision(
        "bring_schools_to_norm",
        desk.both("decide_schools", lambda _: {"schools": failing}),
        {lang: " ".join(h.said.get(lang, "") for h in schools) for lang in ("zh", "en")},
        value=float(failing),
        unit="schools",
        source="school_compliance",
        item=schools[0].item,
    )


def _norm(desk: Desk, by_item: Mapping[str, Headline]) -> Iterator[Decision]:
    ratios = [h for s in STAGES if (h := by_item.get(f"norm_ratio.{s}"))]
    over = [h for h in ratios if (h.value or 0) > OVER_NORM]
    if not over:
        return
    most = max(over, key=lambda h: h.value or 0)
    yield Decision(
        "norm_reserves_land",
        desk.both(
            "decide_norm", lambda language: {"ratio": wording.number(most.value, language, 2)}
        ),
        _said(by_item.get(f"norm_seats.{most.stage}")),
        value=most.value,
        unit="ratio",
        source="norm_comparison",
        item=f"norm_seats.{most.stage}",
    )


def _classes(desk: Desk, by_item: Mapping[str, Headline]) -> Iterator[Decision]:
    for stage in STAGES:
        size = by_item.get(f"class_size.{stage}")
        if size is None or size.state != "not_met":
            continue
        row = record(
            desk.rows("trend_pupils", level="county", stage=stage, school_year=size.school_year)
        )
        if row is None or not known(row["classes"]) or not size.upper:
            continue
        more = math.ceil(row["pupils"] / size.upper) - int(row["classes"])
        yield Decision(
            f"open_classes.{stage}",
            desk.both(
                "decide_classes",
                lambda language, stage=stage, more=more, size=size: {  # type: ignore[misc]
                    "stage": desk.stage(stage, language),
                    "more": more,
                    "year": wording.year_label(int(size.school_year or 0), language),
                },
            ),
            size.said,
            value=float(more),
            unit="classes",
            source="trend_pupils",
            item=size.item,
        )


def _list(desk: Desk, by_item: Mapping[str, Headline]) -> Iterator[Decision]:
    stated, total = by_item.get("gap_list_stated"), by_item.get("gap_list_total")
    if total is None:
        return
    differs = stated is not None and abs((stated.value or 0) - (total.value or 0)) > 1
    yield Decision(
        "settle_gap_list",
        desk.both(
            "decide_list_differs" if differs else "decide_list",
            lambda language: {"total": wording.money(total.value, language)},
        ),
        total.said,
        value=total.value,
        unit="cny",
        source="gap_items",
        item=total.item,
    )


def _named(desk: Desk, by_item: Mapping[str, Headline]) -> Iterator[Decision]:
    named = by_item.get("named_projects")
    if named is None:
        return
    yield Decision(
        "size_and_cost_projects",
        desk.both("decide_named", lambda _: {"projects": int(named.value or 0)}),
        named.said,
        value=named.value,
        unit="projects",
        source="projects",
        item=named.item,
    )


def _births(desk: Desk, by_item: Mapping[str, Headline]) -> Iterator[Decision]:
    """Ask that births which have fallen are looked at before more primary seats are approved."""
    births = by_item.get("births_change")
    if births is None or (births.value or 0) >= 0 or births.school_year is None:
        return
    entry = births.school_year + ENTRY_AGE
    yield Decision(
        "check_births_first",
        desk.both("decide_births", lambda _: {"year": births.school_year, "entry": entry}),
        births.said,
        value=births.value,
        unit="share",
        source="births",
        item=births.item,
    )


def _data(desk: Desk) -> Iterator[Decision]:
    """Ask for the tables whose absence leaves most unsaid."""
    wanted: dict[str, int] = {}
    for note in desk.run.notes():
        for name in note.missing if note.severity == "gap" else ():
            wanted[name] = wanted.get(name, 0) + 1
    absent = [n for n in wanted if not desk.run.tables.has(n)]
    key = "decide_data" if absent else "decide_data_fill"
    asked = absent or list(wanted)
    names = sorted(asked, key=lambda n: (-wanted[n], n))[:4]
    if not names:
        return
    yield Decision(
        "bring_data",
        desk.both(
            key,
            lambda language: {
                "tables": ("、" if language == "zh" else ", ").join(
                    contract(n).title(language).lower()
                    if language == "en"
                    else contract(n).title(language)
                    for n in names
                )
            },
        ),
        desk.both(f"{key}_why", lambda _: {"tables": len(asked)}),
        source="notes",
    )
