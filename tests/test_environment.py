"""pyproject, the lock and the conda environment name the same packages."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PINS = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.+!-]+)", LOCK, re.MULTILINE)
WANTED = [
    Requirement(text)
    for text in [
        *PROJECT["project"]["dependencies"],
        *(r for e in PROJECT["project"]["optional-dependencies"].values() for r in e),
        *PROJECT["dependency-groups"]["dev"],
    ]
]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("requirement", WANTED, ids=lambda r: r.name)
def test_lock_holds_every_requirement_within_its_bounds(requirement):
    versions = [Version(v) for name, v in PINS if normal(name) == normal(requirement.name)]

    assert versions, f"{requirement.name} is not in requirements.lock: run make lock"
    assert all(requirement.specifier.contains(version) for version in versions)


def test_every_pin_of_the_lock_has_a_hash():
    blocks = re.split(r"^(?=[\w.-]+(?:\[[\w,-]+\])?==)", LOCK, flags=re.MULTILINE)[1:]

    assert len(blocks) == len(PINS) > 50
    assert all("--hash=sha256:" in block for block in blocks)


def test_lock_names_no_address():
    assert not re.search(r"://|--index|--extra-index|--find-links|file:", LOCK)


def test_environment_file_is_what_the_script_writes():
    made = subprocess.run(
        [
            sys.executable,
            "-c",
            "import make_environment as m, sys; sys.stdout.buffer.write(m.environment().encode())",
        ],
        cwd=ROOT / "docs",
        capture_output=True,
        check=True,
    ).stdout.decode()

    assert (ROOT / "environment.yml").read_text("utf-8") == made, "run make environment"


def test_environment_file_names_every_requirement():
    text = (ROOT / "environment.yml").read_text("utf-8")
    renamed = {"matplotlib": "matplotlib-base", "duckdb": "python-duckdb"}

    for requirement in WANTED:
        name = renamed.get(requirement.name, requirement.name)
        assert re.search(rf"- {re.escape(name)}==?\d", text), f"{name} is missing"
