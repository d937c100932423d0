"""Write docs/licences.md: the licence of every package the lock names, as its metadata state it."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Packages of other systems, or whose metadata name no licence: what their projects publish.
STATED_ELSEWHERE = {
    "axe-playwright-python": "MIT",
    "colorama": "BSD-3-Clause",
    "pywin32": "PSF-2.0",
    "pywinpty": "MIT",
    "appnope": "BSD-2-Clause",
    "win32-setctime": "MIT",
    "backports-zstd": "PSF-2.0",
    "tzdata": "Apache-2.0",
}
_LONG = 60


def locked() -> list[str]:
    """Return the names of the lock, sorted."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    return sorted({m.lower() for m in re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==", lock, re.M)})


def licence(name: str) -> str:
    """Return the licence a package states, or an empty string."""
    try:
        data = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return STATED_ELSEWHERE.get(name, "")
    said = data.get("License-Expression") or ""
    if not said:
        classified = [
            text.rsplit(" :: ", 1)[-1]
            for text in data.get_all("Classifier") or []
            if text.startswith("License ::")
        ]
        said = ", ".join(c for c in classified if c != "OSI Approved")
    if not said:
        first = (data.get("License") or "").strip().splitlines()
        said = first[0] if first and len(first[0]) <= _LONG else ""
    return said or STATED_ELSEWHERE.get(name, "")


def table() -> str:
    """Return the text of docs/licences.md."""
    lines = [
        "# Licences",
        "",
        "Xuewei is MIT. The font that travels with it is a subset of Noto Sans CJK SC under the",
        "SIL Open Font Licence 1.1 (`src/analysis/figures/fonts/OFL.txt`). Sources and licences of",
        "the sample areas' data stand in each `data/raw/<area>/area.toml`.",
        "",
        "Packages of `requirements.lock`; written by `make licences`.",
        "",
        "| package | licence |",
        "|---|---|",
        *(f"| {name} | {licence(name) or 'not stated'} |" for name in locked()),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "licences.md").write_text(table(), encoding="utf-8")
    sys.stdout.write("docs/licences.md written\n")
