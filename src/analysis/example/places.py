"""The demonstration county as described in ``county.toml``: towns, schools and their profiles."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict

#: Category digits of a school's code (学校标识码): primary, junior, senior, vocational, special.
_CATEGORY = {
    "primary": "21",
    "teaching_point": "21",
    "nine_year": "31",
    "junior": "31",
    "complete_secondary": "34",
    "twelve_year": "34",
    "senior": "34",
    "vocational": "36",
    "special": "51",
}
#: Province digits that no province has.
_PROVINCE = "99"


class _Described(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Profile(_Described):
    """What a kind of school offers: low and high of each quantity."""

    teaching_m2: tuple[float, float]
    sports_m2: tuple[float, float]
    equipment_cny: tuple[float, float]
    multimedia: tuple[float, float]
    teachers: tuple[float, float]
    above: tuple[float, float]
    backbone: tuple[float, float]
    arts: tuple[float, float]
    spare: float


class _School(_Described):
    name: str
    kind: str
    profile: str
    built: int
    owner: str = "public"
    primary: float = 0.0
    junior: float = 0.0
    senior: int = 0
    special: int = 0
    opened: int = 0
    closed: int = 9999
    rooms: int = 0
    last_grade: int = 6
    main: str = ""
    merged_into: str = ""
    urban_rural: str = ""
    by_stage: bool = False


class _Town(_Described):
    name: str
    urban_rural: str
    lon: float
    lat: float
    births: float
    growth: float
    entry: tuple[float, float]
    progression: float
    persons: int
    leave: Mapping[str, float]
    schools: tuple[_School, ...]


class Description(_Described):
    """The whole of ``county.toml``."""

    code: str
    first_school_year: int
    base_year: int
    births_from: int
    births_shape: Mapping[int, float]
    town: tuple[_Town, ...]
    profile: Mapping[str, Profile]


@dataclass(frozen=True)
class Town:
    """A town with its code."""

    town_id: str
    described: _Town

    @property
    def name(self) -> str:
        """Name in Chinese."""
        return self.described.name


@dataclass(frozen=True)
class School:
    """A school with its code and town."""

    school_id: str
    town: Town
    described: _School

    @property
    def name(self) -> str:
        """Name in Chinese."""
        return self.described.name

    @property
    def urban_rural(self) -> str:
        """Urban-rural class, the town's unless its own is given."""
        return self.described.urban_rural or self.town.described.urban_rural

    def is_open(self, year: int) -> bool:
        """Whether it teaches in a school year."""
        return self.described.opened <= year < self.described.closed


@dataclass(frozen=True)
class County:
    """Towns and schools in order, with the description they come from."""

    described: Description
    towns: tuple[Town, ...]
    schools: tuple[School, ...]

    @property
    def years(self) -> tuple[int, ...]:
        """School years with pupils."""
        return tuple(range(self.described.first_school_year, self.described.base_year + 1))

    def of_town(self, town: Town) -> list[School]:
        """Return the schools of a town."""
        return [school for school in self.schools if school.town is town]

    def named(self, name: str) -> School:
        """Return the school called ``name``."""
        return next(school for school in self.schools if school.name == name)

    def town_named(self, name: str) -> Town:
        """Return the town called ``name``."""
        return next(town for town in self.towns if town.name == name)


@cache
def read_county() -> County:
    """Return the county that ``county.toml`` describes."""
    text = (resources.files("analysis.example") / "county.toml").read_text("utf-8")
    described = Description.model_validate(tomllib.loads(text))
    towns = tuple(
        Town(f"{described.code}{101 + place}", town) for place, town in enumerate(described.town)
    )
    schools: list[School] = []
    for town in towns:
        for school in town.described.schools:
            code = f"{_CATEGORY[school.kind]}{_PROVINCE}{len(schools) + 1:06d}"
            schools.append(School(code, town, school))
    return County(described, towns, tuple(schools))
