"""Run again from a manifest, and say whether the same bytes came out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.config import run_parameters
from analysis.pipeline.area import OnStep, run_area
from analysis.pipeline.manifest import MANIFEST_FILE, read_manifest
from analysis.pipeline.status import AreaOutcome

#: A browser prints the PDF; its bytes are the browser's affair.
_NOT_COMPARED = (".pdf",)
_MADE_OF = ("inputs", "notebooks", "packages")
_SINGLE = ("area_toml_sha256", "code_sha256", "rules")


@dataclass(frozen=True)
class Rerun:
    """What a rerun gave: its outcome, what is not as the manifest says, which files differ."""

    outcome: AreaOutcome
    changed: tuple[str, ...]
    differing: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every file has the bytes the manifest says."""
        return not self.outcome.failed and not self.differing


def rerun(manifest: Path, root: Path, on_step: OnStep | None = None) -> Rerun:
    """Run everything a manifest describes again and compare every output with it.

    Parameters
    ----------
    manifest
        A ``manifest.json`` of this project, also a copy kept elsewhere.
    root
        The project folder.

    Raises
    ------
    ParameterError
        The file is no manifest.
    AreaError
        The area is no longer there.
    RunLockedError
        Another process is working on the same run.
    """
    before = read_manifest(manifest)
    parameters = run_parameters(**before["parameters"])
    outcome = run_area(parameters, root=root, fresh=True, on_step=on_step)
    if outcome.failed:
        return Rerun(outcome, (), ())
    after = json.loads((outcome.reports / MANIFEST_FILE).read_text("utf-8"))
    return Rerun(outcome, _changed(before, after), _differing(before, after))


def _changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    found = [name for name in _SINGLE if before.get(name) != after.get(name)]
    for name in _MADE_OF:
        old, new = before.get(name, {}), after.get(name, {})
        found += [f"{name}: {k}" for k in sorted({*old, *new}) if old.get(k) != new.get(k)]
    return tuple(found)


def _differing(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    old, new = before["outputs"], after["outputs"]
    names = sorted(n for n in {*old, *new} if not n.endswith(_NOT_COMPARED))
    return tuple(name for name in names if old.get(name) != new.get(name))
