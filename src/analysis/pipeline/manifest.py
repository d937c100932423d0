"""The manifest: what went in, what made it, what came out; enough to make the same bytes again."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.config import RunParameters, run_parameters
from analysis.errors import ParameterError
from analysis.pipeline.versions import code_version, environment
from analysis.store import Run, write_json

SCHEMA = 1
MANIFEST_FILE = "manifest.json"
#: Written before the export, so that a page can print it: the manifest without outputs and time.
PROVENANCE_FILE = "provenance.json"


def provenance(
    run: Run, inputs: Mapping[str, str], area_sha256: str, notebooks: Mapping[str, str]
) -> dict[str, Any]:
    """Return everything the results depend on."""
    return {
        "schema": SCHEMA,
        "run": run.parameters.run_name,
        "parameters": run.parameters.model_dump(),
        "area_toml_sha256": area_sha256,
        "inputs": dict(inputs),
        "rules": run.area.rules,
        "code_sha256": code_version(),
        "notebooks": dict(notebooks),
        "packages": dict(environment()),
    }


def write_manifest(run: Run, what: Mapping[str, Any], outputs: Mapping[str, str]) -> Path:
    """Write ``reports/<run>/manifest.json``; ``recorded`` is the only thing that differs again."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    document = {**what, "outputs": dict(outputs), "recorded": now}
    return write_json(run.reports / MANIFEST_FILE, document)


def read_manifest(path: Path) -> dict[str, Any]:
    """Read a manifest.

    Raises
    ------
    ParameterError
        It is not there, not JSON, or of another version.
    """
    try:
        if not path.is_file():  # a device would be read without end
            raise FileNotFoundError("there is no such file")
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{path} cannot be read as a manifest: {error}"
        raise ParameterError(msg) from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        msg = f"{path} is not a manifest of version {SCHEMA}."
        raise ParameterError(msg)
    return found


def rerun_parameters(path: Path) -> RunParameters:
    """Return the run parameters a manifest holds.

    Raises
    ------
    ParameterError
        It is no manifest, or its parameters are not right.
    """
    return run_parameters(**read_manifest(path)["parameters"])
