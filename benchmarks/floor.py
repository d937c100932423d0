"""The floor: the cells of every notebook run in one process, and the same files written.

No papermill, no kernel, no messages: what our functions, figures and pages cost by themselves.

Usage: python -m benchmarks.floor AREA ...   (a JSON line an area: wall and processor seconds)
"""

from __future__ import annotations

import ast
import copy
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.interactiveshell import InteractiveShell

from analysis.briefing import export
from analysis.briefing.execute import record
from analysis.briefing.kernels.client import modules_to_load
from analysis.config import run_parameters
from analysis.store import import_raw, project_root, read_area, run_of, write_text


class Cells:
    """Runs the cells of one notebook by ``exec`` and collects what they show."""

    def __init__(self) -> None:
        self._format = InteractiveShell.instance().display_formatter.format
        self._names: dict[str, Any] = {"display": self._display}
        self._shown: list[Any] = []

    def _display(self, *values: object) -> None:
        for value in values:
            data, metadata = self._format(value)
            self._shown.append(nbformat.v4.new_output("display_data", data, metadata=metadata))

    def run(self, source: str, count: int) -> list[Any]:
        """Run one cell; return its outputs as a notebook keeps them."""
        self._shown = []
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<cell>", "exec"), self._names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), self._names)
            if value is not None:
                data, metadata = self._format(value)
                self._shown.append(
                    nbformat.v4.new_output(
                        "execute_result", data, metadata=metadata, execution_count=count
                    )
                )
        return self._shown


def executed(notebook: Any, parameters: dict[str, Any]) -> Any:
    """Return a notebook with the outputs of its cells, run here."""
    book, cells = copy.deepcopy(notebook), Cells()
    given = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    count = 0
    for cell in book.cells:
        if cell.cell_type != "code":
            continue
        count += 1
        cell.outputs, cell.execution_count = cells.run(cell.source, count), count
        if "parameters" in cell.metadata.get("tags", []):
            cells.run(given, count)
    return book


def one(area: str, root: Path, books: dict[str, Any]) -> None:
    """Bring one area from its raw files to its briefing."""
    described = read_area(root, area)
    parameters = run_parameters(
        area=area,
        base_year=described.base_year,
        horizon_years=described.horizon_years,
        plan_years=described.plan_years,
    )
    run = run_of(parameters, root)
    import_raw(run)
    for name, book in books.items():
        done = executed(book, parameters.model_dump())
        write_text(run.folder / "notebooks" / f"{name}.ipynb", record(done))
    export(run_of(parameters, root))


def main() -> None:
    """Import everything once, then do the areas one after the other."""
    os.environ["XUEWEI_HIDDEN_TABLES"] = ""
    for name in modules_to_load():
        importlib.import_module(name)
    importlib.import_module("analysis.briefing.exporting")
    root = project_root()
    books = {
        path.stem: nbformat.read(path, as_version=4)
        for path in sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    }
    for area in sys.argv[1:]:
        wall, processor = time.perf_counter(), time.process_time()
        one(area, root, books)
        found = {
            "area": area,
            "wall": time.perf_counter() - wall,
            "processor": time.process_time() - processor,
        }
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
