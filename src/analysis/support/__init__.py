"""Help for whoever runs the tool: is this machine fit for it, what changed, what can go."""

from analysis.support.clean import RunFolder, old_runs, remove
from analysis.support.compare import changes
from analysis.support.doctor import Check, examine, report
from analysis.support.secrets import Secret, find_secrets, warning, with_secrets

__all__ = [
    "Check",
    "RunFolder",
    "Secret",
    "changes",
    "examine",
    "find_secrets",
    "old_runs",
    "remove",
    "report",
    "warning",
    "with_secrets",
]
