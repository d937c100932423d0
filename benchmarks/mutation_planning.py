"""Mutation testing of capacity and planning: break the code on purpose, see whether a test notices.

    python -m benchmarks.mutation_planning [--sample N] [--seconds S] [--seed K] [ROOM/MODULE ...]

The ways of breaking are those of :mod:`benchmarks.mutation_indicators`. Each module is watched by
the quick tests named here, cheapest first; each mutant runs in a forked process until the first
failure. Prints the score, the survivors with their lines, and the score by module.
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
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutation_indicators import _changed, _skipped

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "analysis"
#: Tests that watch over each module.
TESTS: dict[str, tuple[str, ...]] = {
    "capacity/causes": ("capacity/test_causes",),
    "capacity/class_sizes": ("capacity/test_class_sizes",),
    "capacity/demand": ("capacity/test_demand", "capacity/test_gap", "capacity/test_thin_areas"),
    "capacity/gap": ("capacity/test_gap", "capacity/test_properties", "capacity/test_thin_areas"),
    "capacity/ledger": ("capacity/test_ledger",),
    "capacity/risk": ("capacity/test_risk",),
    "capacity/rooms": ("capacity/test_ledger", "capacity/test_gap"),
    "capacity/silent": ("capacity/test_silent",),
    "capacity/special_rooms": ("capacity/test_class_sizes",),
    "capacity/step": ("capacity/test_notes", "capacity/test_thin_areas"),
    "capacity/supply": ("capacity/test_supply",),
    "capacity/warnings": ("capacity/test_warnings",),
    "planning/adaptations": ("planning/test_measures",),
    "planning/changes": ("planning/test_pieces",),
    "planning/chosen": ("planning/test_pieces", "planning/test_guard"),
    "planning/costs": ("planning/test_pieces",),
    "planning/document": ("planning/test_document",),
    "planning/explain": ("planning/test_reasons",),
    "planning/finance": ("planning/test_money",),
    "planning/futures": ("planning/test_futures",),
    "planning/greedy": ("planning/test_pieces",),
    "planning/guard": ("planning/test_guard", "planning/test_pieces"),
    "planning/instance": ("planning/test_pieces",),
    "planning/listed": ("planning/test_measures",),
    "planning/measures": ("planning/test_measures",),
    "planning/methods": ("planning/test_pieces", "planning/test_methods"),
    "planning/model": ("planning/test_pieces", "planning/test_document"),
    "planning/norm": ("planning/test_methods",),
    "planning/parameters": ("planning/test_measures",),
    "planning/phasing": ("planning/test_money",),
    "planning/places": ("planning/test_measures",),
    "planning/polish": ("planning/test_pieces",),
    "planning/problem": ("planning/test_money", "planning/test_measures"),
    "planning/programme": ("planning/test_pieces", "planning/test_programme"),
    "planning/reasons": ("planning/test_reasons",),
    "planning/rows": ("planning/test_reasons", "planning/test_guard"),
    "planning/sensitivity": ("planning/test_methods",),
    "planning/staff": ("planning/test_staff",),
    "planning/standalone": ("planning/test_document",),
    "planning/state": ("planning/test_pieces",),
    "planning/triggers": ("planning/test_pieces",),
}
SECONDS_EACH = 120


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
    tree = ast.parse((SOURCE / f"{module}.py").read_text("utf-8"))
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
        self.name = f"analysis.{mutant.module.replace('/', '.')}"
        tree = ast.parse((SOURCE / f"{mutant.module}.py").read_text("utf-8"))
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
            files = [str(ROOT / "tests" / f"{name}.py") for name in TESTS[mutant.module]]
            plain = ["-x", "-q", "-n0", "--assert=plain"]
            quiet = ["-p", "no:cacheprovider", "-p", "no:randomly"]
            code = int(pytest.main([*plain, *quiet, *files]) != 0)
        os._exit(code)
    _, status = os.waitpid(child, 0)
    return status == 0


def main() -> int:
    """Break a sample of places and print the score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", default=list(TESTS))
    parser.add_argument("--sample", type=int, default=150)
    parser.add_argument("--seconds", type=float, default=340.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--skip", type=int, default=0, help="places of the sample done before")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    for name in ("numpy", "pandas", "pandera.pandas", "hypothesis", "highspy", "pytest"):
        importlib.import_module(name)
    every = [m for module in arguments.modules for m in mutants(module)]
    random.Random(arguments.seed).shuffle(every)
    sample = every[arguments.skip : arguments.skip + arguments.sample]
    for module in sorted({m.module for m in sample}):
        if not survives(Mutant(module, -1, 0, "unbroken")):
            print(f"{module}: its tests fail without any change; nothing can be measured")
            return 1
    started, tried, alive = time.monotonic(), Counter[str](), Counter[str]()
    for mutant in sample:
        if time.monotonic() - started > arguments.seconds:
            break
        tried[mutant.module] += 1
        if survives(mutant):
            alive[mutant.module] += 1
            print(f"survived: {mutant.module}.py:{mutant.line} {mutant.text}", flush=True)
    for module in sorted(tried):
        print(f"{module}: {tried[module] - alive[module]} of {tried[module]}")
    killed, total = tried.total() - alive.total(), tried.total()
    print(f"{killed} of {total} noticed ({killed / max(total, 1):.0%}); {len(every)} places in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
