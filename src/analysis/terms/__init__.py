"""The field's words as enumerations: what may stand in a code column, with Chinese and English.

Source of the terms: the glossary of the project; school kinds and urban-rural classes follow the
national statistical forms (国函〔2008〕60号 for the urban-rural classes).
"""

from __future__ import annotations

from analysis.terms import assessment, intake, planning
from analysis.terms.codes import (
    Level,
    Owner,
    PopulationBasis,
    Scenario,
    SchoolKind,
    Severity,
    Stage,
    UrbanRural,
    Verdict,
)

#: Chinese and English for every code; used by intake (reading) and by display (writing).
LABELS: dict[str, dict[str, tuple[str, str]]] = {
    **assessment.WORDS,
    **planning.WORDS,
    **intake.WORDS,
}

STAGE_GRADES: dict[str, tuple[int, ...]] = {
    "primary": (1, 2, 3, 4, 5, 6),
    "junior": (7, 8, 9),
}


def label(family: str, code: str, language: str) -> str:
    """Return the display word of a code, or the code itself when it has none.

    Parameters
    ----------
    family
        Key of :data:`LABELS`, for example ``"stage"``.
    code
        Code as it stands in a table.
    language
        ``"zh"`` or ``"en"``.
    """
    pair = LABELS.get(family, {}).get(code)
    return code if pair is None else pair[0 if language == "zh" else 1]


def stage_of_grade(grade: int) -> Stage:
    """Return the stage of grade 1 to 9 under the 6-3 structure (学制).

    Raises
    ------
    ValueError
        ``grade`` lies outside 1 to 9.
    """
    for stage, grades in STAGE_GRADES.items():
        if grade in grades:
            return Stage(stage)
    msg = f"grade {grade} is outside 1 to 9"
    raise ValueError(msg)


__all__ = [
    "LABELS",
    "STAGE_GRADES",
    "Level",
    "Owner",
    "PopulationBasis",
    "Scenario",
    "SchoolKind",
    "Severity",
    "Stage",
    "UrbanRural",
    "Verdict",
    "label",
    "stage_of_grade",
]
