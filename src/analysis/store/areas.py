"""Where things lie: the project, its areas, their raw files. Raw data is only read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.config import Area, is_area_name, parse_area
from analysis.errors import AreaError
from analysis.standards import RuleSet, load

ROOT_VARIABLE = "XUEWEI_ROOT"
_SKIPPED_PREFIXES = (".", "~$")


def project_root(start: Path | None = None) -> Path:
    """Return the project folder: the variable ``XUEWEI_ROOT``, or upwards from ``start``.

    Raises
    ------
    AreaError
        No folder above holds ``data/raw``.
    """
    named = os.environ.get(ROOT_VARIABLE)
    if named:
        return Path(named)
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "data" / "raw").is_dir():
            return folder
    msg = (
        f"No data/raw folder in {here} or above it. Start inside the project folder, or set "
        f"{ROOT_VARIABLE} to it."
    )
    raise AreaError(msg)


def area_names(root: Path) -> list[str]:
    """Return the names of the area folders below ``data/raw``."""
    return sorted(path.parent.name for path in (root / "data" / "raw").glob("*/area.toml"))


def read_area(root: Path, name: str) -> Area:
    """Read ``data/raw/<name>/area.toml``.

    Raises
    ------
    AreaError
        The name or the file is wrong, or there is no such folder.
    """
    if not is_area_name(name):
        msg = (
            f"{name!r} cannot be an area name: letters, digits, - and _ only, and it starts with a "
            "letter or digit."
        )
        raise AreaError(msg)
    path = root / "data" / "raw" / name / "area.toml"
    if not path.is_file():
        known = ", ".join(area_names(root)) or "none yet"
        msg = (
            f"There is no data/raw/{name}/area.toml. Areas here: {known}. "
            f"Make a new one with: xuewei new {name}"
        )
        raise AreaError(msg)
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"data/raw/{name}/area.toml cannot be read: {error}. Save it as UTF-8 text."
        raise AreaError(msg) from error
    return parse_area(name, text)


def raw_files(root: Path, name: str) -> dict[str, bytes]:
    """Return the raw files of an area by their path below its folder, ``area.toml`` left out."""
    return _files_below(root / "data" / "raw" / name)


def raw_paths(folder: Path) -> list[Path]:
    """Return the files below a folder that count as raw data: no links, no hidden or lock files."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.name != "area.toml"
        and not path.name.startswith(_SKIPPED_PREFIXES)
    ]


def named_paths(folder: Path) -> dict[str, Path]:
    """Return the raw files below a folder by their name within it."""
    return {path.relative_to(folder).as_posix(): path for path in raw_paths(folder)}


def _files_below(folder: Path) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in named_paths(folder).items()}


@dataclass(frozen=True)
class RawSource:
    """Raw files of an area, a folder or one workbook, with the rules to read them by."""

    name: str
    code: str
    paths: Mapping[str, Path]
    rules: RuleSet

    @property
    def files(self) -> dict[str, bytes]:
        """Content of every file."""
        return {name: path.read_bytes() for name, path in self.paths.items()}


def raw_source(root: Path, path: str) -> RawSource:
    """Return the raw files that ``path`` names: an area, a folder or one file.

    Raises
    ------
    AreaError
        There is neither such an area nor such a file or folder.
    """
    if is_area_name(path) and (root / "data" / "raw" / path / "area.toml").is_file():
        area = read_area(root, path)
        return RawSource(
            path, area.code, named_paths(root / "data" / "raw" / path), area.rule_set()
        )
    place = Path(path)
    if place.is_dir() and (place / "area.toml").is_file():
        area = parse_area(place.resolve().name, (place / "area.toml").read_text("utf-8-sig"))
        return RawSource(area.name, area.code, named_paths(place), area.rule_set())
    if place.is_dir():
        return RawSource(place.resolve().name, "", named_paths(place), load("national_2017"))
    if place.is_file():
        return RawSource(place.stem, "", {place.name: place}, load("national_2017"))
    known = ", ".join(area_names(root)) or "none yet"
    msg = f"{path!r} is neither an area (here: {known}) nor a file or folder."
    raise AreaError(msg)
