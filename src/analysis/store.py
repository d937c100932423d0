"""The only code that touches files: find the project, read, hold to contract, write, hash.

Every write is atomic (temporary file, flush to disk, rename), so no half file is ever seen under
its final name. Raw data is only read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.config import Area, RunParameters, is_area_name, parse_area, run_parameters
from analysis.errors import AreaError, ParameterError
from analysis.standards import RuleSet, load
from analysis.tables import Note, StepResult, Tables, contract, contracts

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


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file so that it is either whole or not there at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise
    return path


def write_text(path: Path, text: str) -> Path:
    """Write text as UTF-8 with Unix line ends, atomically."""
    return write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: object) -> Path:
    """Write JSON (sorted keys, indented, UTF-8), atomically."""
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    return write_text(path, text + "\n")


def sha256(content: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def write_table(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    """Hold a table to its contract and write it as Parquet.

    Raises
    ------
    DataError
        The frame breaks its contract.
    """
    buffer = BytesIO()
    contract(name).validate(frame).to_parquet(buffer, index=False, engine="pyarrow")
    return write_bytes(folder / f"{name}.parquet", buffer.getvalue())


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Read a table and hold it to its contract; an absent one reads as empty.

    Raises
    ------
    DataError
        The stored table breaks its contract (it was written by another version).
    """
    path = folder / f"{name}.parquet"
    if not path.exists():
        return contract(name).empty()
    return contract(name).validate(pd.read_parquet(path, engine="pyarrow"))


def read_csv(path: Path) -> pd.DataFrame:
    """Read a tidy CSV file of the user's (UTF-8).

    Raises
    ------
    ParameterError
        There is no such file, or it is not a CSV file in UTF-8.
    """
    try:
        return pd.read_csv(path, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        msg = f"{path} cannot be read as a CSV file in UTF-8: {error}"
        raise ParameterError(msg) from error


class _StoredFrames(Mapping[str, pd.DataFrame]):
    """Tables of a folder, read when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._read:
            if name not in self:
                raise KeyError(name)
            self._read[name] = read_table(self._folder, name)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return (self._folder / f"{name}.parquet").exists()

    def __iter__(self) -> Iterator[str]:
        known = contracts()
        names = (path.stem for path in sorted(self._folder.glob("*.parquet")))
        return (name for name in names if name in known)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def forget(self, name: str) -> None:
        """Read ``name`` again next time."""
        self._read.pop(name, None)


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


def _files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.name != "area.toml"
        and not path.name.startswith(_SKIPPED_PREFIXES)
    }


@dataclass(frozen=True)
class Run:
    """One run of one area: its parameters, its rules, its tables; where results are saved."""

    parameters: RunParameters
    area: Area
    root: Path
    _frames: _StoredFrames = field(repr=False)

    @property
    def language(self) -> str:
        """Language of everything shown."""
        return self.parameters.language

    @property
    def folder(self) -> Path:
        """``data/processed/<run>``."""
        return self.root / "data" / "processed" / self.parameters.run_name

    @property
    def reports(self) -> Path:
        """``reports/<run>``."""
        return self.root / "reports" / self.parameters.run_name

    @property
    def tables_folder(self) -> Path:
        """``data/processed/<run>/tables``."""
        return self.folder / "tables"

    @cached_property
    def rules(self) -> RuleSet:
        """The area's rule set."""
        return self.area.rule_set()

    @property
    def tables(self) -> Tables:
        """The run's tables; one that is absent reads as its empty contract frame."""
        return Tables(self._frames)

    @property
    def plan_end(self) -> int:
        """Last school year of the plan."""
        return self.parameters.base_year + self.parameters.plan_years

    @property
    def horizon_end(self) -> int:
        """Last school year of the forecast."""
        return self.parameters.base_year + self.parameters.horizon_years

    def save(self, step: StepResult) -> StepResult:
        """Write the tables and notes of a step and give the step back.

        Raises
        ------
        DataError
            A table breaks its contract.
        """
        for name, frame in step.tables.items():
            write_table(self.tables_folder, name, frame)
            self._frames.forget(name)
        notes = self._all_notes()
        notes[",".join(sorted(step.tables)) or ",".join(n.key for n in step.notes)] = [
            {
                "key": note.key,
                "values": {k: _plain(v) for k, v in note.values.items()},
                "missing": list(note.missing),
                "severity": note.severity,
            }
            for note in step.notes
        ]
        write_json(self.folder / "notes.json", notes)
        return step

    def notes(self, *tables: str) -> list[Note]:
        """Return the saved notes of the steps that wrote any of ``tables`` (of all, if none)."""
        found = []
        for key, items in self._all_notes().items():
            if not tables or set(tables) & set(key.split(",")):
                found += [
                    Note(i["key"], i["values"], tuple(i["missing"]), i["severity"]) for i in items
                ]
        return found

    def _all_notes(self) -> dict[str, list[dict[str, Any]]]:
        path = self.folder / "notes.json"
        if not path.exists():
            return {}
        content: dict[str, list[dict[str, Any]]] = json.loads(path.read_text("utf-8"))
        return content


def _plain(value: object) -> object:
    """Return a value JSON can hold: numpy scalars become Python's, NaN becomes None."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def run_of(parameters: RunParameters, root: Path) -> Run:
    """Return the run of some parameters without importing anything."""
    area = read_area(root, parameters.area)
    folder = root / "data" / "processed" / parameters.run_name / "tables"
    return Run(parameters, area, root, _StoredFrames(folder))


def import_raw(run: Run) -> None:
    """Read the area's raw files into canonical tables of the run, with their corrections.

    Writes every canonical table that has rows, the findings of the intake, and
    ``corrections.xlsx``. Tables of an earlier import that are no longer there are removed.
    """
    from analysis import intake  # heavy readers, not needed to open a run that is there

    result = intake.read_area(raw_files(run.root, run.area.name), area_code=run.area.code)
    frames = {**result.tables, **result.result_tables()}
    inputs = [name for name, item in contracts().items() if item.group == "input"]
    for name in inputs:
        if name not in frames:
            (run.tables_folder / f"{name}.parquet").unlink(missing_ok=True)
    for name, frame in frames.items():
        write_table(run.tables_folder, name, frame)
    write_bytes(
        run.folder / "corrections.xlsx",
        intake.corrections_workbook(result, language=run.language),
    )


def open_run(**values: object) -> Run:
    """Open a run for a notebook: check its parameters, import the raw data if nobody has yet.

    Parameters
    ----------
    **values
        The fields of :class:`analysis.config.RunParameters`.

    Raises
    ------
    ParameterError
        A parameter is unknown, ill-typed or out of range.
    AreaError
        There is no such area, or its ``area.toml`` is wrong.
    """
    run = run_of(run_parameters(**values), project_root())
    if not run.tables_folder.is_dir():
        import_raw(run)
    return run


@dataclass(frozen=True)
class RawSource:
    """Raw files of an area, a folder or one workbook, with the rules to read them by."""

    name: str
    code: str
    files: Mapping[str, bytes]
    rules: RuleSet


def raw_source(root: Path, path: str) -> RawSource:
    """Return the raw files that ``path`` names: an area, a folder or one file.

    Raises
    ------
    AreaError
        There is neither such an area nor such a file or folder.
    """
    if is_area_name(path) and (root / "data" / "raw" / path / "area.toml").is_file():
        area = read_area(root, path)
        return RawSource(path, area.code, raw_files(root, path), area.rule_set())
    place = Path(path)
    if place.is_dir() and (place / "area.toml").is_file():
        area = parse_area(place.resolve().name, (place / "area.toml").read_text("utf-8-sig"))
        return RawSource(area.name, area.code, _files_below(place), area.rule_set())
    if place.is_dir():
        return RawSource(place.resolve().name, "", _files_below(place), load("national_2017"))
    if place.is_file():
        return RawSource(place.stem, "", {place.name: place.read_bytes()}, load("national_2017"))
    known = ", ".join(area_names(root)) or "none yet"
    msg = f"{path!r} is neither an area (here: {known}) nor a file or folder."
    raise AreaError(msg)
