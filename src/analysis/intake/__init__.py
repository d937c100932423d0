"""Raw workbooks in, canonical tables and a correction sheet out. Nothing is guessed or dropped."""

from analysis.intake.bases import bases
from analysis.intake.corrections import corrections_workbook
from analysis.intake.reading import IntakeResult, read_area
from analysis.intake.reporting import check_report, summary_lines
from analysis.intake.streaming import stream
from analysis.intake.template import template

__all__ = [
    "IntakeResult",
    "bases",
    "check_report",
    "corrections_workbook",
    "read_area",
    "stream",
    "summary_lines",
    "template",
]
