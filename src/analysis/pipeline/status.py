"""How a run ended: ``status.json`` for the index, an error page for the reader, an outcome."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from analysis import wording
from analysis.config import RunParameters
from analysis.errors import AnalysisError, ExecutionError
from analysis.store import Run, run_of, write_json

STATUS_FILE = "status.json"
ERROR_PAGE = "error.html"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AreaOutcome:
    """What became of one area; ``kernel_mb`` is the peak memory of each notebook's kernel."""

    area: str
    run_name: str
    state: Literal["done", "unchanged", "failed"]
    reports: Path
    error: str = ""
    failed_step: str = ""
    ran: tuple[str, ...] = ()
    seconds: float = 0.0
    kernels: tuple[str, ...] = ()
    kernel_mb: Mapping[str, float] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the area has no complete, current briefing."""
        return self.state == "failed"


def write_status(run: Run, state: str, error: str = "", step: str = "") -> None:
    """Write ``reports/<run>/status.json``: state, and the error and the step of a failure."""
    area = run.area
    write_json(
        run.reports / STATUS_FILE,
        {
            "schema": 1,
            "run": run.parameters.run_name,
            "area": area.name,
            "title": area.title(run.language),
            "title_zh": area.name_zh,
            "title_en": area.name_en,
            "synthetic": area.synthetic,
            "language": run.language,
            "state": state,
            "error": error,
            "step": step,
        },
    )


def says_done(run: Run) -> bool:
    """Tell whether ``status.json`` is there and says that the run is done."""
    try:
        found = json.loads((run.reports / STATUS_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("state") == "done"


def failed_outcome(
    parameters: RunParameters,
    root: Path,
    error: Exception | str,
    *,
    run: Run | None = None,
    step: str = "",
    ran: tuple[str, ...] = (),
    seconds: float = 0.0,
) -> AreaOutcome:
    """Write the status and the error page of an area that failed, and return its outcome."""
    from analysis import briefing

    message = _message(error, parameters.language)
    unforeseen = None if isinstance(error, (str, AnalysisError)) else error
    log.error("%s failed: %s", parameters.run_name, message, exc_info=unforeseen)
    title = parameters.area
    shown = error if isinstance(error, AnalysisError) else ExecutionError(message)
    with contextlib.suppress(AnalysisError):  # it may be the area's own file that is wrong
        run = run_of(parameters, root) if run is None else run
        title = run.area.title(parameters.language)
    try:
        if run is not None:
            write_status(run, "failed", message, step)
        briefing.error_page(parameters.run_name, title, parameters.language, shown, root)
    except Exception:  # the failure itself must be reported, page or no page
        log.exception("%s: no error page could be written", parameters.run_name)
    return AreaOutcome(
        area=parameters.area,
        run_name=parameters.run_name,
        state="failed",
        reports=root / "reports" / parameters.run_name,
        error=message,
        failed_step=step,
        ran=ran,
        seconds=seconds,
    )


def _message(error: Exception | str, language: str) -> str:
    if isinstance(error, (str, AnalysisError)):
        return str(error)
    said = " ".join(f"{type(error).__name__}: {error}".split())
    refused = isinstance(error, OSError) and error.errno is not None
    return wording.say(
        "pipeline.disk" if refused else "pipeline.unforeseen", language, problem=said
    )
