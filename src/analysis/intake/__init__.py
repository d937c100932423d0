"""Raw workbooks in, canonical tables and a correction sheet out. Nothing is guessed or dropped."""

from analysis.intake.answers import waiting as waiting_answers
from analysis.intake.bases import bases
from analysis.intake.corrections import corrections_workbook
from analysis.intake.layout import Layout, layout_of
from analysis.intake.reading import IntakeResult, header_book, read_area
from analysis.intake.reporting import check_report, summary_lines
from analysis.intake.review import Patches, judge, say_unknown
from analysis.intake.sieve import Sieve, jump_places, key_marks
from analysis.intake.streaming import LARGE_BYTES, MOST_ALIKE, Stream, Streamed, say_streamed
from analysis.intake.template import template

__all__ = [
    "LARGE_BYTES",
    "MOST_ALIKE",
    "IntakeResult",
    "Layout",
    "Patches",
    "Sieve",
    "Stream",
    "Streamed",
    "bases",
    "check_report",
    "corrections_workbook",
    "header_book",
    "judge",
    "jump_places",
    "key_marks",
    "layout_of",
    "read_area",
    "say_streamed",
    "say_unknown",
    "summary_lines",
    "template",
    "waiting_answers",
]
