"""Mutation testing of the forecast: break the code on purpose, see whether a test notices.

Usage: python -m benchmarks.mutation_forecast [--each N] [--seconds S] [--seed K] [MODULE ...]

The ways of breaking are those of :mod:`benchmarks.mutation_indicators`. A random sample of N places
of each module is broken one at a time, each in a forked process that runs the tests named here,
cheapest first, until the first failure. Prints a line by module and every survivor.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import importlib.abc
import importlib.util
import io
import os
import random
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutation_indicators import _changed, _skipped

ROOT = Path(__file__).resolve().parents[1]
ROOM = ROOT / "src" / "analysis" / "forecast"
#: Tests that watch over each module, and the part of them that is run (pytest -k).
TESTS: dict[str, tuple[tuple[str, ...], str]] = {
    "backtest": (("test_scores",), ""),
    "blend": (("test_blend",), ""),
    "calibration": (("test_calibration",), ""),
    "drivers": (("test_drivers",), "not demand"),
    "effects": (("test_views",), "effects or classes"),
    "entrants": (("test_entrants",), ""),
    "history": (("test_history",), ""),
    "housing": (("test_views",), "units or development or delay or site or housing"),
    "methods": (("test_methods",), ""),
    "model": (("test_model",), ""),
    "norm": (("test_demand", "test_views"), "norm or census or thirteen or sentence"),
    "norm_tables": (("test_demand", "test_views"), "norm or census or births_per or births_by"),
    "panel": (("test_entrants", "test_history"), ""),
    "paths": (("test_paths",), ""),
    "peaks": (("test_views",), "peak or share_of_paths"),
    "progression": (("test_progression", "test_feeding"), ""),
    "ratios": (("test_ratios",), ""),
    "reference": (("test_calibration", "test_scores"), ""),
    "regime": (("test_views",), "clean or jump or residual or few_years"),
    "scenario": (
        ("test_views", "test_demand"),
        "register or assumption or low_central or housing_stream",
    ),
    "tidy": (("test_tidy",), ""),
    "tidy_columns": (("test_tidy",), ""),
    "totals": (("test_demand",), "totals_alone or series_too or stage_without"),
    "uncertainty": (("test_calibration", "test_uncertainty"), "not bands_cover"),
}
SECONDS_EACH = 90


@dataclass(frozen=True)
class Mutant:
    """One change: module, position in the walk of its tree, line, what it became."""

    module: str
    place: int
    line: int
    text: str


def mutants(module: str) -> list[Mutant]:
    """Return every place of a module that can be broken."""
    found = []
    tree = ast.parse((ROOM / f"{module}.py").read_text("utf-8"))
    skipped = _skipped(tree)
    for place, node in enumerate(ast.walk(tree)):
        if id(node) not in skipped and hasattr(node, "lineno"):
            said = _changed(node)
            if said is not None:
                found.append(Mutant(module, place, node.lineno, said))
    return found


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Load one module from changed source; every other one as usual."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = f"analysis.forecast.{mutant.module}"
        tree = ast.parse((ROOM / f"{mutant.module}.py").read_text("utf-8"))
        for place, node in enumerate(ast.walk(tree)):
            if place == mutant.place:
                _changed(node)
                break
        self.source = ast.unparse(ast.fix_missing_locations(tree))

    def find_spec(self, name, path=None, target=None):  # noqa: ARG002 - the import protocol
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def exec_module(self, module) -> None:
        exec(compile(self.source, module.__name__, "exec"), module.__dict__)


def survives(mutant: Mutant) -> bool:
    """Tell whether the module's tests pass with the change; too slow counts as noticed."""
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(BaseException), contextlib.redirect_stdout(io.StringIO()):
            signal.alarm(SECONDS_EACH)
            import pytest

            sys.meta_path.insert(0, _Finder(mutant))
            names, part = TESTS[mutant.module]
            options = ["-x", "-q", "-n0", "--assert=plain", "-p", "no:cacheprovider"]
            options += ["-p", "no:randomly", *(["-k", part] if part else [])]
            files = [f"tests/forecast/{name}.py" for name in names]
            code = int(pytest.main([*options, *files]) != 0)
        os._exit(code)
    _, status = os.waitpid(child, 0)
    return status == 0


def main() -> int:
    """Break a sample of places of each module and print the scores."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", default=list(TESTS))
    parser.add_argument("--each", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=330.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    os.chdir(ROOT)
    for name in ("numpy", "pandas", "pandera.pandas", "scipy.special", "hypothesis"):
        importlib.import_module(name)  # once, before forking, and none of what is broken
    started = time.monotonic()
    print("| module | places | broken | noticed |", flush=True)
    for module in arguments.modules:
        if time.monotonic() - started > arguments.seconds:
            print(f"{module}: not reached in time")
            continue
        if not survives(Mutant(module, -1, 0, "unbroken")):
            print(f"{module}: its tests fail without any change; nothing can be measured")
            continue
        every = mutants(module)
        random.Random(f"{arguments.seed} {module}").shuffle(every)
        tried, alive = 0, []
        for mutant in every[: arguments.each]:
            if time.monotonic() - started > arguments.seconds:
                break
            tried += 1
            if survives(mutant):
                alive.append(mutant)
        print(f"| {module} | {len(every)} | {tried} | {tried - len(alive)} |")
        for mutant in alive:
            print(f"  survived: {mutant.module}.py:{mutant.line} {mutant.text}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
