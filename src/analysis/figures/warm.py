"""Fill what every kernel would fill again, in the process from which kernels are forked."""

from __future__ import annotations

from io import BytesIO

import matplotlib
from matplotlib import font_manager

from analysis import wording
from analysis.figures import style
from analysis.tables import contracts


def warm_up() -> None:
    """Read words, contracts and glyphs, and draw once; settings and fonts are put back."""
    wording.say("figures.nothing", "zh")
    first = next(iter(contracts().values()))
    first.validate(first.empty())
    style.glyphs()
    settings, fonts = dict(matplotlib.rcParams), list(font_manager.fontManager.ttflist)
    figure, axes = style.axes()
    axes[0].plot([0, 1], [0, 1], label="学位")
    axes[0].legend()
    for kind in ("svg", "png"):
        figure.savefig(BytesIO(), format=kind)
    del figure, axes
    # a kernel that never asks for our style draws as if it had not been there
    dict.update(matplotlib.rcParams, settings)
    font_manager.fontManager.ttflist[:] = fonts
    style.register_font.cache_clear()
    # fonts read their file as they draw: a shared file position would mix up the kernels
    font_manager._get_font.cache_clear()  # type: ignore[attr-defined]
