"""Rules of priced gap lists: quantity times price, and parts that must add up to their item."""

from __future__ import annotations

from collections import defaultdict

from analysis.intake.checks.sums import TOLERANCE
from analysis.intake.found import Findings
from analysis.intake.record import Record
from analysis.intake.resolve import Records

_Children = dict[object, list[Record]]


def products(records: Records, found: Findings) -> None:
    """Report an amount that is not quantity times unit price."""
    for record in records.get("gap_items", []):
        quantity, price = record.number("quantity"), record.number("unit_price_cny")
        amount = record.number("amount_cny")
        if quantity is None or price is None or amount is None:
            continue
        if abs(quantity * price - amount) > TOLERANCE:
            found.doubt(
                record,
                "amount_cny",
                "product_differs",
                table="gap_items",
                set_aside=False,
                affects=True,
                product=f"{quantity * price:.12g}",
            )


def parts_of_items(records: Records, found: Findings) -> None:
    """Report an item whose parts do not add up to it, such as 26 boards of 12 + 2 + 5 + 6.

    An amount is also held to those parts that have a price; the number of parts without one is
    said, for they may be the difference.
    """
    children: _Children = defaultdict(list)
    for record in records.get("gap_items", []):
        parent = record.values.get("parent_item_id")
        if parent is not None:
            children[parent].append(record)
    for record in records.get("gap_items", []):
        parts = children.get(record.values.get("item_id"), [])
        if parts:
            _quantities(record, parts, found)
            _amounts(record, parts, children, found)


def _quantities(parent: Record, parts: list[Record], found: Findings) -> None:
    whole = parent.number("quantity")
    known = [n for n in (r.number("quantity") for r in parts) if n is not None]
    units = {r.values.get("quantity_unit") for r in [parent, *parts]}
    if whole is None or len(known) < len(parts) or len(units) > 1:
        return
    if abs(sum(known) - whole) > TOLERANCE:
        _say(parent, "quantity", "parts_differ", whole, known, 0, found)


def _priced(record: Record, children: _Children, depth: int = 0) -> float | None:
    """Return the amount of an item: as given, from its price, or from its parts."""
    amount = record.number("amount_cny")
    if amount is not None:
        return amount
    quantity, price = record.number("quantity"), record.number("unit_price_cny")
    if quantity is not None and price is not None:
        return quantity * price
    parts = children.get(record.values.get("item_id"), []) if depth < 10 else []
    known = [p for p in (_priced(r, children, depth + 1) for r in parts) if p is not None]
    return sum(known) if parts and len(known) == len(parts) else None


def _amounts(parent: Record, parts: list[Record], children: _Children, found: Findings) -> None:
    whole = parent.number("amount_cny")
    amounts = [_priced(record, children) for record in parts]
    known = [a for a in amounts if a is not None]
    if whole is None or not known or abs(sum(known) - whole) <= TOLERANCE:
        return
    _say(parent, "amount_cny", "parts_differ", whole, known, len(parts) - len(known), found)


def _say(
    parent: Record,
    column: str,
    rule: str,
    whole: float,
    known: list[float],
    unpriced: int,
    found: Findings,
) -> None:
    found.doubt(
        parent,
        column,
        rule,
        table="gap_items",
        set_aside=False,
        affects=True,
        whole=f"{whole:,.10g}",
        total=f"{sum(known):,.10g}",
        parts=" + ".join(f"{p:.12g}" for p in known),
        unpriced=unpriced,
    )
