"""The schools named in each cell of the gap."""

from __future__ import annotations

from analysis.capacity.causes import named_schools

from .conftest import frame


def rows(*schools):
    """Return ``gap_schools`` rows of (school, town, shortage, surplus, warning)."""
    return frame(
        "gap_schools",
        [
            {
                "school_id": school,
                "town_id": town,
                "stage": "primary",
                "school_year": 2025,
                "scenario": "central",
                "shortage": short,
                "surplus": spare,
                "warning": warning,
            }
            for school, town, short, spare, warning in schools
        ],
    )


def named(*schools):
    found = named_schools(rows(*schools), {"S1": "First"}, "C")
    return dict(zip(found["area_id"], found["schools"], strict=True))


def test_the_largest_shortage_comes_first_and_names_replace_codes():
    found = named(("S1", "A", 5, 0, "red"), ("S2", "A", 30, 0, "red"), ("S3", "B", 10, 0, "red"))

    assert found == {"A": "S2 · First", "B": "S3", "C": "S2 · S3 · First"}


def test_where_a_school_is_short_spare_ones_are_not_named():
    # A has a short and a blue school, B only a blue one; the county has a shortage somewhere.
    found = named(
        ("S1", "A", 5, 0, "red"), ("S2", "A", 0, 400, "blue"), ("S3", "B", 0, 300, "blue")
    )

    assert found == {"A": "First", "B": "S3", "C": "First"}


def test_the_emptiest_come_first_and_equals_in_order_of_code():
    found = named(
        ("S3", "A", 0, 100, "blue"), ("S2", "A", 0, 100, "blue"), ("S4", "A", 0, 200, "blue")
    )

    assert found["A"] == "S4 · S2 · S3"


def test_a_single_pupil_too_many_is_a_shortage():
    assert named(("S1", "A", 1, 0, "red"), ("S2", "A", 0, 400, "blue"))["A"] == "First"


def test_at_most_five_are_named():
    found = named(*((f"T{i}", "A", 10 - i, 0, "red") for i in range(7)))

    assert found["A"] == "T0 · T1 · T2 · T3 · T4"


def test_a_cell_without_shortage_or_blue_has_no_name():
    assert named(("S1", "A", 0, 50, "green"), ("S2", "A", None, None, "undetermined")) == {}
