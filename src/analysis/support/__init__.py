"""Help for whoever runs the tool: is this machine fit for it, what changed, what can go."""

from analysis.support.clean import RunFolder, old_runs, remove
from analysis.support.compare import changes
from analysis.support.doctor import Check, examine, report

__all__ = ["Check", "RunFolder", "changes", "examine", "old_runs", "remove", "report"]
