"""Pictures keep their letters: shortening the numbers of an SVG leaves every scale as it was."""

from __future__ import annotations

import re
import urllib.parse
from io import BytesIO

from analysis.figures import style
from analysis.figures.card import data_address


def drawn():
    figure, (ax,) = style.axes(height=2)
    ax.plot([2020, 2021], [1 / 3, 2 / 3])
    ax.set_title("小学学位")
    buffer = BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def test_scales_of_letters_are_kept_while_places_are_shortened():
    before = drawn()
    after = urllib.parse.unquote(data_address("image/svg+xml", before).partition(",")[2])
    scales = re.findall(r"scale\([^)]*\)", before.decode())

    assert len(set(scales)) >= 2  # a letter and the font it comes from
    assert re.findall(r"scale\([^)]*\)", after) == scales
    assert not re.search(r"\d\.\d{3,}", re.sub(r"scale\([^)]*\)", "", after))
    assert len(after) < len(before)
