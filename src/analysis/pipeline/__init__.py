"""One area from raw files to its briefing: import, each notebook in order, export, manifest.

Only what is unfinished or changed is run: every part is kept with a hash of all it depends on
(raw files, parameters, rules, code, notebook, package versions, the tables before it) and with the
hashes of all it wrote.
"""

from analysis.pipeline.area import is_current, run_area
from analysis.pipeline.manifest import rerun_parameters
from analysis.pipeline.rerun import Rerun, rerun
from analysis.pipeline.status import AreaOutcome, failed_outcome
from analysis.pipeline.steps import Step, chosen_steps, steps
from analysis.pipeline.versions import code_version, environment

__all__ = [
    "AreaOutcome",
    "Rerun",
    "Step",
    "chosen_steps",
    "code_version",
    "environment",
    "failed_outcome",
    "is_current",
    "rerun",
    "rerun_parameters",
    "run_area",
    "steps",
]
