"""A PDF of the briefing through a browser on this machine, where there is one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from importlib import resources
from pathlib import Path

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "msedge",
    "chrome",
)
#: Set to ``0`` to make no PDF even where a browser is found (many areas, little time).
VARIABLE = "XUEWEI_PDF"
SECONDS = 120
_DATE = re.compile(rb"(/(?:CreationDate|ModDate) ?\(D:)[^)]*\)")
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<dir>{own}</dir>
<cachedir>{cache}</cachedir>
</fontconfig>
"""


def browser() -> str | None:
    """Return the path of a browser that can print, or None."""
    if os.environ.get(VARIABLE) == "0":
        return None
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def font_environment(folder: Path) -> dict[str, str]:
    """Return an environment in which a browser also finds the font of this package.

    A server often has no Chinese font; without one every character prints as a box.
    """
    own = resources.files("analysis.figures") / "fonts"
    settings = folder / "fonts.conf"
    settings.write_text(_FONTS.format(own=own, cache=folder / "fonts"), "utf-8")
    return {**os.environ, "FONTCONFIG_FILE": str(settings)}


def pdf(page: Path) -> bytes | None:
    """Return a page as PDF; None where there is no browser or it does not answer.

    The date of making is taken out, so that the same page gives the same bytes.
    """
    program = browser()
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="xuewei-pdf-") as name:
        folder = Path(name)
        target = folder / "page.pdf"
        command = [
            program,
            "--headless",
            "--disable-gpu",
            "--no-pdf-header-footer",
            "--run-all-compositor-stages-before-draw",
            f"--user-data-dir={folder / 'profile'}",
            f"--print-to-pdf={target}",
            page.resolve().as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # a browser run by root refuses its sandbox
        try:
            subprocess.run(
                command,
                check=True,
                capture_output=True,
                timeout=SECONDS,
                env=font_environment(folder),
            )
            content = target.read_bytes()
        except (OSError, subprocess.SubprocessError):
            return None
    return _DATE.sub(lambda found: found[1] + b"20000101000000Z)", content)
