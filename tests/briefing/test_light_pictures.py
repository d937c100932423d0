"""Light pictures: where things stand, what their scales say, what a missing value does."""

from __future__ import annotations

import itertools
import re

import pytest

from analysis.figures import as_images, card, style
from analysis.figures.ticks import round_ticks


def circles(svg):
    return [tuple(map(float, m)) for m in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)]


def texts(svg):
    return re.findall(r"<text[^>]*>([^<]*)<", svg)


def test_points_stand_where_the_scale_says():
    sheet, (ax,) = style.plots(height=3)
    ax.plot([2020, 2021, 2022], [0, 50, 100], marker="o", color=style.PRIMARY)
    ax.set_xlim(2020, 2022)
    ax.set_ylim(0, 100)

    first, middle, last = circles(sheet.svg("alt"))

    assert middle == pytest.approx([(first[0] + last[0]) / 2, (first[1] + last[1]) / 2], abs=0.1)
    assert last[0] > first[0]
    assert last[1] < first[1]  # more stands higher


def test_a_missing_value_breaks_the_line_and_is_no_zero():
    sheet, (ax,) = style.plots()
    ax.plot([2020, 2021, 2022, 2023], [1, 2, float("nan"), 3], marker="o")
    drawn = sheet.svg("alt")

    assert drawn.count("<polyline") == 2
    assert len(circles(drawn)) == 3


def test_bars_stand_on_zero_and_scales_are_written_in_full():
    sheet, (ax,) = style.plots()
    ax.bar([2024, 2025], [10_000, 20_000], color=style.PRIMARY)
    style.whole_years(ax)
    written = texts(sheet.svg("alt"))

    assert {"0", "10,000", "20,000", "2024", "2025"} <= set(written)


def test_shared_scales_reach_equally_far_and_are_named_once():
    sheet, (one, two) = style.plots(1, 2, share_y=True)
    one.plot([1, 2], [0, 10], marker="o")
    two.plot([1, 2], [0, 5], marker="o")
    drawn = sheet.svg("alt")
    places = circles(drawn)

    # half as much stands half as high: 0, 10 on the left, 0, 5 on the right
    assert places[0][1] - places[3][1] == pytest.approx((places[0][1] - places[1][1]) / 2, abs=0.2)
    assert texts(drawn).count("10") == 1


def test_between_two_lines_only_where_the_second_is_higher():
    sheet, (ax,) = style.plots()
    ax.fill_between([0, 2], [1, 1], [0, 2], where=[False, True], color=style.SHORTAGE)
    ax.set_xlim(0, 2)
    ax.set_ylim(0, 2)
    points = re.search(r'<polygon points="([^"]*)"', sheet.svg("alt"))[1].split()
    upper, lower = points[:3], points[3:][::-1]

    # the lines cross at 1: nothing before it, and at 2 the whole distance
    assert upper[0] == lower[0]
    assert upper[1] == lower[1]
    assert upper[2] != lower[2]


def test_names_beside_lines_never_lie_on_each_other_or_below_the_plot():
    sheet, (ax,) = style.plots()
    for name in ("L1", "L2", "L3"):
        ax.plot([2020, 2021], [0, 0])
        style.direct_label(ax, 2021, 0, name, "#333333")
    ax.set_ylim(bottom=0)
    drawn = sheet.svg("alt")
    found = sorted(float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>L\d<', drawn))
    zero = float(re.search(r'y="([\d.]+)"[^>]*>0.0<', drawn)[1])

    assert all(b - a >= 13 for a, b in itertools.pairwise(found))
    assert found[-1] <= zero


def test_words_cannot_become_markup_and_alternative_text_is_there():
    sheet, (ax,) = style.plots()
    ax.set_title('<script>"')
    ax.barh(["<b>"], [1], label="&")
    sheet.legend()
    drawn = sheet.svg('a "picture"')

    assert "<script" not in drawn
    assert "<b>" not in drawn
    assert 'aria-label="a &quot;picture&quot;"' in drawn


def test_documents_that_hold_images_get_an_image_of_the_same_figure():
    def made():
        figure, (ax,) = style.plots(height=2)
        ax.plot([2020, 2021], [1, 2], color=style.PRIMARY)
        return card(figure, title="t", unit="", source="s", alt="a", synthetic=True).body

    with as_images():
        assert made().startswith('<img src="data:image/png')
    assert made().startswith("<svg")
    assert "SYNTHETIC" in made()


def test_figures_of_matplotlib_are_shown_too():
    figure, (ax,) = style.axes(height=2)
    ax.set_title("学位")
    shown = card(figure, title="t", unit="", source="s", alt="a", synthetic=True)

    assert shown.body.startswith('<img src="data:image/svg+xml')


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-350.0, 2_900.0), (2013.0, 2035.0)])
def test_ticks_lie_within_the_ends_and_are_few(low, high):
    ticks = round_ticks(low, high, 6)

    assert 2 <= len(ticks) <= 7
    assert low <= ticks[0] <= ticks[-1] <= high


def test_a_legend_shows_what_is_drawn_faint_as_faint():
    sheet, (ax,) = style.plots()
    ax.bar([2024, 2025], [1, 2], color=style.PRIMARY, alpha=0.55, label="bars")
    ax.plot([2024, 2025], [1, 2], color=style.JUNIOR, alpha=0.7, label="line")
    sheet.legend()
    drawn = sheet.svg("alt")

    # once in the picture, once in the legend
    assert drawn.count('fill-opacity="0.55"') == 2
    assert drawn.count('stroke-opacity="0.7"') == 2
