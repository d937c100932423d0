"""Write environment.yml: the names of pyproject.toml with the exact versions of the lock.

Every package is on conda-forge under the name given here, but for those in ``PIP_ONLY``.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[1]
#: Names on conda-forge that differ from those on the Python index.
CONDA_NAMES = {"matplotlib": "matplotlib-base", "duckdb": "python-duckdb"}
#: Packages that conda-forge is not known to carry; installed by pip inside the environment.
PIP_ONLY = {"axe-playwright-python", "playwright"}


def _name(requirement: str) -> str:
    return re.split(r"[<>=!~\[; ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def locked_versions(lock: str) -> dict[str, str]:
    """Return the version of every package of the lock that holds for Python 3.11 on Linux."""
    here = {"python_version": "3.11", "python_full_version": "3.11.9", "sys_platform": "linux"}
    pins = re.finditer(
        r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.+!-]+)(?: ; ([^\\\n]+))?", lock, re.MULTILINE
    )
    return {
        pin[1].lower(): pin[2]
        for pin in pins
        if not pin[3] or Marker(pin[3].strip()).evaluate(here)
    }


def environment() -> str:
    """Return the text of environment.yml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lock = locked_versions((ROOT / "requirements.lock").read_text("utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *(r for extra in project["project"]["optional-dependencies"].values() for r in extra),
        *project["dependency-groups"]["dev"],
    ]
    names = sorted({_name(requirement) for requirement in wanted})
    lines = ["name: xuewei", "channels:", "  - conda-forge", "dependencies:", "  - python=3.11"]
    lines += ["  - pip"]
    lines += [f"  - {CONDA_NAMES.get(n, n)}={lock[n]}" for n in names if n not in PIP_ONLY]
    lines += ["  - pip:"]
    lines += [f"      - {n}=={lock[n]}" for n in names if n in PIP_ONLY]
    lines += ["      - -e ."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(environment(), encoding="utf-8")
    sys.stdout.write("environment.yml written\n")
