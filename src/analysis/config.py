"""What may differ between two runs: the run parameters; and what an area says of itself."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis.errors import AreaError, ParameterError
from analysis.standards import Norm, RuleSet, load

AREA_NAME = r"^[^\W_][\w-]{0,63}$"
#: Windows takes these for devices whatever folder they stand in.
DEVICE_NAMES = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{d}{n}" for d in ("COM", "LPT") for n in range(1, 10))}
)


class RunParameters(BaseModel):
    """Everything that may differ between two runs; nothing else is configurable."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    area: Annotated[
        str, Field(pattern=AREA_NAME, description="区域（data/raw 下的文件夹） / area folder")
    ] = "demo"
    base_year: Annotated[
        int, Field(ge=1990, le=2100, description="基年（学年起始年） / base school year")
    ] = 2025
    horizon_years: Annotated[
        int, Field(ge=1, le=15, description="预测年数 / years to forecast")
    ] = 10
    plan_years: Annotated[int, Field(ge=1, le=10, description="规划年数 / years to plan")] = 5
    scenario: Annotated[Literal["low", "central", "high"], Field(description="情景 / scenario")] = (
        "central"
    )
    language: Annotated[Literal["zh", "en"], Field(description="语言 / language")] = "zh"

    @model_validator(mode="after")
    def _plan_must_fit_the_forecast(self) -> Self:
        if self.plan_years > self.horizon_years:
            msg = f"plan_years {self.plan_years} > horizon_years {self.horizon_years}"
            raise ValueError(msg)
        return self

    @property
    def run_name(self) -> str:
        """Name of the run's folders: area, base year, scenario, and the language if not Chinese."""
        suffix = "" if self.language == "zh" else f"_{self.language}"
        return f"{self.area}_{self.base_year}_{self.scenario}{suffix}"


def run_parameters(**values: object) -> RunParameters:
    """Build run parameters, or say in one paragraph what is wrong with them.

    Raises
    ------
    ParameterError
        A name is unknown, or a value is ill-typed or out of range.
    """
    try:
        return RunParameters.model_validate(values)
    except ValidationError as error:
        parts = [
            f"{'.'.join(str(p) for p in item['loc']) or 'parameters'}: {item['msg']}"
            f" (found {item['input']!r})"
            for item in error.errors()
        ]
        known = ", ".join(RunParameters.model_fields)
        msg = f"The run parameters are not right: {'; '.join(parts)}. Known: {known}."
        raise ParameterError(msg) from error


class Source(BaseModel):
    """Where data of an area come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str, Field(min_length=1)]
    publisher: str = ""
    address: str = ""
    date: str = ""
    licence: str = ""
    note: str = ""


class Area(BaseModel):
    """``area.toml``: who the area is, which rules hold, where its data come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=AREA_NAME)]
    name_zh: Annotated[str, Field(min_length=1)]
    name_en: Annotated[str, Field(min_length=1)]
    code: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{2,20}$")]
    level: Literal["county", "town", "nation"] = "county"
    rules: str = "national_2017"
    base_year: Annotated[int, Field(ge=1990, le=2100)]
    horizon_years: Annotated[int, Field(ge=1, le=15)] = 10
    plan_years: Annotated[int, Field(ge=1, le=10)] = 5
    synthetic: bool = False
    population_basis: Literal["resident", "registered", "urban_resident"] = "resident"
    births_basis: str = ""
    note_zh: str = ""
    note_en: str = ""
    source: tuple[Source, ...] = ()
    norm: tuple[Norm, ...] = ()

    def title(self, language: str) -> str:
        """Name in ``"zh"`` or ``"en"``."""
        return self.name_zh if language == "zh" else self.name_en

    def rule_set(self) -> RuleSet:
        """Return the area's rule set with its own norms on top.

        Raises
        ------
        StandardsError
            No such rule set.
        """
        return load(self.rules, self.norm)


def parse_area(name: str, text: str) -> Area:
    """Read ``area.toml``.

    Parameters
    ----------
    name
        Name of the area's folder.
    text
        Content of the file.

    Raises
    ------
    AreaError
        Not TOML, a key is unknown, or a value is missing or wrong.
    """
    try:
        document: Mapping[str, object] = tomllib.loads(text)
        return Area.model_validate({"name": name, **document})
    except tomllib.TOMLDecodeError as error:
        msg = f"data/raw/{name}/area.toml is not valid TOML: {error}. Correct that line."
        raise AreaError(msg) from error
    except ValidationError as error:
        parts = [
            f"{'.'.join(str(p) for p in item['loc'])}: {item['msg']} (found {item['input']!r})"
            for item in error.errors()
        ]
        msg = f"data/raw/{name}/area.toml: {'; '.join(parts)}."
        raise AreaError(msg) from error


def is_area_name(name: str) -> bool:
    """Tell whether ``name`` can be the name of an area folder, on Windows too."""
    return re.fullmatch(AREA_NAME, name) is not None and name.upper() not in DEVICE_NAMES
