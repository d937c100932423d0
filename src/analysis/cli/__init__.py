"""The ``xuewei`` command: what a planner, a researcher or a script can ask for."""

from collections.abc import Callable

from analysis.cli import areas, machine, methods, runs
from analysis.cli.base import app, console, errors, refused_words

__all__ = ["app", "console", "errors", "main", "refused_words"]

#: In the order in which the help shows them.
COMMANDS: dict[str, Callable[..., None]] = {
    "new": areas.new_area,
    "check": areas.check,
    "run": runs.run,
    "rerun": runs.rerun_manifest,
    "lab": machine.lab,
    "explore": machine.explore,
    "publish": runs.publish_run,
    "example": areas.example_area,
    "assess": methods.assess,
    "backtest": methods.backtest,
    "plan": methods.plan,
    "doctor": machine.examine_machine,
    "diff": runs.diff_runs,
    "clean": runs.clean,
}
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)


def main() -> None:
    """Run the command."""
    app()
