"""Fill the tables and the picture of docs/scale.md from the newest results of the benchmarks.

Usage: python docs/make_scale.py   (after python -m benchmarks [ROOM ...]; each room keeps its
newest results, so they may be measured one after the other)
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
RESULTS = DOCS.parent / "benchmarks" / "results"
PAGE, PICTURE = DOCS / "scale.md", DOCS / "scale.svg"
#: Rooms of the page in order; ``forecast`` is measured with the forecast.
ROOMS = ("factory", "factory_many", "factory_growth", "factory_cluster", "nation", "forecast")
#: Counties of a province of ordinary size, and of the nation; towns of the nation.
PROVINCE, NATION, TOWNS = 100, 2_800, 40_000
#: Processors of the machines of the paper plan.
DESK, SERVER, CLUSTER = 2, 32, 320
#: Yuan for an hour of one rented processor (tool default; put your own price here).
CNY_PER_PROCESSOR_HOUR = 0.3
_BLOCK = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_GROWTH = re.compile(r"(\d+) small areas, (each|processor seconds each)")

Found = dict[str, list[dict[str, Any]]]


def newest() -> tuple[Found, dict[str, str]]:
    """Return the newest measurements of each room and when and where they were taken."""
    found: Found = {}
    when: dict[str, str] = {}
    for path in sorted(RESULTS.glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        machine, quick = document["machine"], " (quick sample)" if document["quick"] else ""
        for room, items in document["results"].items():
            if room in ROOMS and isinstance(items, list):
                found[room] = items
                when[room] = (
                    f"{document['recorded'][:16]} UTC{quick}, {machine['processors']} processors, "
                    f"{machine['system']}, Python {machine['python']}"
                )
    return found, when


def figures(found: Found, when: dict[str, str]) -> str:
    """Return one table a room: figure, target, what it stands beside, note."""
    parts = []
    for room in ROOMS:
        if room not in found:
            parts.append(f"`{room}`: not measured here yet (`python -m benchmarks {room}`).\n")
            continue
        parts.append(f"`python -m benchmarks {room}`, {when[room]}:\n")
        parts.append(
            "| figure | measured | target | beside | note |\n| --- | --- | --- | --- | --- |"
        )
        parts += [_row(item) for item in found[room]]
        parts.append("")
    return "\n".join(parts)


def _row(item: dict[str, Any]) -> str:
    unit = item["unit"]
    target = item["target"]
    if target:
        target += ", reached" if item["reached"] else ", **not reached**"
    beside = ""
    if item["baseline"] is not None and item["ratio"] is not None:
        beside = f"{item['ratio']:.2f} x {item['baseline_name']} ({item['baseline']:,.3g} {unit})"
    cells = (item["name"], f"{item['value']:,.3g} {unit}".strip(), target, beside, item["note"])
    return "| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |"


def _value(found: Found, room: str, name: str) -> float | None:
    named = [i["value"] for i in found.get(room, []) if i["name"].startswith(name)]
    return float(named[0]) if named else None


def plan(found: Found) -> str:
    """Return the arithmetic of a county, a province and the nation."""
    seconds = _value(found, "factory_many", "processor seconds a county")
    size = _value(found, "factory_many", "files of a county")
    if seconds is None or size is None:
        return "Not computed yet: `factory_many` has not been measured here.\n"
    lines = [
        f"One county takes {seconds:.1f} processor seconds and {size:.1f} MB of files.\n",
        f"| | counties | hours | {DESK} processors | {SERVER} | {CLUSTER} | files | rent |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, counties in (("county", 1), ("province", PROVINCE), ("nation", NATION)):
        hours = seconds * counties / 3600
        times = " | ".join(_hours(hours / processors) for processors in (DESK, SERVER, CLUSTER))
        lines.append(
            f"| {name} | {counties:,} | {counties:,} x {seconds:.1f} s / 3600 = {hours:,.2f} | "
            f"{times} | {size * counties / 1000:,.2f} GB | "
            f"{hours * CNY_PER_PROCESSOR_HOUR:,.2f} yuan |"
        )
    lines.append(
        f"\nTime is processor hours divided by processors: areas do not wait for each other. One "
        f"county alone cannot use more than one processor. Rent: {CNY_PER_PROCESSOR_HOUR} yuan a "
        "processor hour (tool default; `docs/make_scale.py` holds it).\n"
    )
    return "\n".join(lines)


def _hours(hours: float) -> str:
    return f"{hours * 3600:,.0f} s" if hours < 0.05 else f"{hours:,.1f} h"


def picture(found: Found) -> str:
    """Draw how the cost of an area grows with their number; return what stands in the page."""
    points: dict[str, dict[int, float]] = {}
    for item in found.get("factory_growth", []):
        if match := _GROWTH.fullmatch(item["name"]):
            points.setdefault(match[2], {})[int(match[1])] = item["value"]
    if not points:
        return "Not drawn yet: `factory_growth` has not been measured here.\n"
    from analysis.figures import style

    figure, (ax,) = style.axes(height=2.8)
    for name, values in points.items():
        label = {"each": "wall, 2 processes"}.get(name, "processor")
        ax.plot(list(values), list(values.values()), "o-", label=label)
    ax.set_xscale("log")
    sizes = sorted({n for values in points.values() for n in values})
    ax.set_xticks(sizes, [f"{n:,}" for n in sizes])
    ax.minorticks_off()
    ax.set_ylim(bottom=0)
    ax.set_xlabel("areas in one batch")
    ax.set_ylabel("seconds an area")
    ax.legend()
    figure.savefig(PICTURE, format="svg", metadata={"Date": None, "Creator": None})
    rows = "; ".join(
        f"{number:,} areas: {values[number]:.2f} s"
        for number, values in ((n, points.get("each", {})) for n in sizes)
        if number in values
    )
    return f"![Seconds an area for 1 to 500 areas in one batch](scale.svg)\n\nWall: {rows}.\n"


def main() -> int:
    """Write the page anew; say what is missing."""
    found, when = newest()
    blocks = {"figures": figures(found, when), "plan": plan(found), "growth": picture(found)}
    text = PAGE.read_text("utf-8")
    text = _BLOCK.sub(lambda m: f"{m[1]}{blocks[m[2]]}{m[3]}", text)
    PAGE.write_text(text, "utf-8")
    missing = [room for room in ROOMS if room not in found]
    sys.stdout.write(f"docs/scale.md written; not measured: {', '.join(missing) or 'nothing'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
