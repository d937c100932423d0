"""The field's words as enumerations: what may stand in a code column."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Stage of compulsory education (学段)."""

    PRIMARY = "primary"
    JUNIOR = "junior"


class SchoolKind(StrEnum):
    """Kind of school (办学类型)."""

    PRIMARY = "primary"
    TEACHING_POINT = "teaching_point"
    JUNIOR = "junior"
    NINE_YEAR = "nine_year"
    COMPLETE_SECONDARY = "complete_secondary"
    TWELVE_YEAR = "twelve_year"
    SPECIAL = "special"
    VOCATIONAL = "vocational"
    SENIOR = "senior"
    KINDERGARTEN = "kindergarten"


class Owner(StrEnum):
    """Who runs the school (举办者)."""

    PUBLIC = "public"
    PRIVATE = "private"


class UrbanRural(StrEnum):
    """Urban-rural class (城乡类型): 11x city, 12x town, 2xx village."""

    CITY = "city"
    TOWN = "town"
    VILLAGE = "village"


class Verdict(StrEnum):
    """Result of testing a rule. Missing data is never a pass and never a failure."""

    MET = "met"
    NOT_MET = "not_met"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not_applicable"


class Scenario(StrEnum):
    """Scenario (情景)."""

    LOW = "low"
    CENTRAL = "central"
    HIGH = "high"


class Severity(StrEnum):
    """How much a finding of the intake matters."""

    BLOCKS = "blocks"
    AFFECTS = "affects"
    NOTE = "note"


class PopulationBasis(StrEnum):
    """Which people a population or birth count covers (人口口径)."""

    RESIDENT = "resident"
    REGISTERED = "registered"
    URBAN_RESIDENT = "urban_resident"
    ENROLLED = "enrolled"
    VACCINATED = "vaccinated"
    KINDERGARTEN = "kindergarten"
    UNSTATED = "unstated"


class Level(StrEnum):
    """Level of a result by place."""

    COUNTY = "county"
    TOWN = "town"
