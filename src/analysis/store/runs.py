"""A run: its parameters, rules and tables; opening one, importing its raw data, saving results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.config import Area, RunParameters, run_parameters
from analysis.standards import RuleSet
from analysis.store.areas import named_paths, project_root, read_area
from analysis.store.files import file_sha256, write_bytes, write_json
from analysis.store.streams import read_raw
from analysis.store.tables import StoredFrames, write_table
from analysis.tables import Note, StepResult, Tables, contracts
from analysis.tables.shown import html_rows

#: Written last by an import: which raw files it read. Without it the tables are not complete.
INPUTS_FILE = "inputs.json"


@dataclass(frozen=True)
class Run:
    """One run of one area: its parameters, its rules, its tables; where results are saved."""

    parameters: RunParameters
    area: Area
    root: Path
    _frames: StoredFrames = field(repr=False)

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

    def __repr__(self) -> str:
        """Name the run, its area and its rule set."""
        return (
            f"Run({self.parameters.run_name!r}, {self.area.name_en!r}, rules={self.area.rules!r})"
        )

    def _repr_html_(self) -> str:
        area, parameters = self.area, self.parameters
        facts = [
            ("区域 Area", f"{area.name_zh} {area.name_en} ({area.code})"),
            ("规则集 Rules", f"{self.rules.title('zh')} {self.rules.title('en')}"),
            ("基年 Base year", str(parameters.base_year)),
            ("规划 Plan", f"{parameters.base_year + 1}–{self.plan_end}"),
            ("预测 Forecast", f"{parameters.base_year + 1}–{self.horizon_end}"),
            ("情景 Scenario", parameters.scenario),
        ]
        if area.synthetic:
            facts.append(("数据 Data", "合成数据 SYNTHETIC"))
        head = html_rows((parameters.run_name, ""), facts)
        return f"{head}{self.tables._repr_html_()}"

    def save(self, step: StepResult) -> StepResult:
        """Write the tables and notes of a step and give the step back.

        Raises
        ------
        DataError
            A table breaks its contract.
        """
        for name, frame in step.tables.items():
            write_table(self.tables_folder, name, frame)
            self._frames.written(name, frame)
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
            of = set(key.split(","))
            if not of & self._frames.hidden and (not tables or set(tables) & of):
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
    return Run(parameters, area, root, StoredFrames(folder))


def import_raw(run: Run) -> dict[str, str]:
    """Read the area's raw files into canonical tables of the run, with their corrections.

    A text file too big to hold is streamed (see :func:`analysis.store.streams.read_raw`).
    Writes every canonical table that has rows, the findings of the intake, ``corrections.xlsx``
    and last ``inputs.json``. Tables of an earlier import that are no longer there are removed.

    Returns
    -------
    dict
        SHA-256 of each raw file as it was read, by its path below the area's folder.
    """
    from analysis import intake  # heavy readers, not needed to open a run that is there

    paths = named_paths(run.root / "data" / "raw" / run.area.name)
    read = {name: file_sha256(path) for name, path in paths.items()}
    (run.folder / INPUTS_FILE).unlink(missing_ok=True)
    result = read_raw(paths, run.tables_folder, area_code=run.area.code)
    frames = {**result.tables, **result.result_tables()}
    inputs = [name for name, item in contracts().items() if item.group == "input"]
    for name in inputs:
        if name not in frames and name not in result.streamed:
            (run.tables_folder / f"{name}.parquet").unlink(missing_ok=True)
    for name, frame in frames.items():
        write_table(run.tables_folder, name, frame)
    write_bytes(
        run.folder / "corrections.xlsx",
        intake.corrections_workbook(result, language=run.language, area=run.area.name),
    )
    write_json(run.folder / INPUTS_FILE, read)
    return read


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
    if not (run.folder / INPUTS_FILE).exists():
        import_raw(run)
    return run
