"""Mutation testing of the assessment: break the code on purpose, see whether a test notices.

Usage: python -m benchmarks.mutation_indicators [--sample N] [--seconds S] [--seed K] [MODULE ...]

Every comparison, arithmetic operator, boolean operator, negation and number of a module is a place
to break. A sample of the places is broken one at a time, each in a forked process that runs the
module's tests until the first failure. Prints the score and every survivor with its line.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib.abc
import importlib.util
import io
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOM = ROOT / "src" / "analysis" / "indicators"
#: Tests that watch over each module.
TESTS = {
    "definitions": ("test_compliance", "test_variation"),
    "resources": ("test_ratios",),
    "ratios": ("test_ratios", "test_compliance"),
    "scope": ("test_compliance", "test_ratios"),
    "compliance": ("test_compliance",),
    "variation": ("test_variation",),
    "balance": ("test_variation",),
    "rooms": ("test_school_tests", "test_turning"),
    "class_sizes": ("test_school_tests", "test_turning"),
    "school_tests": ("test_school_tests", "test_turning"),
    "recognition": ("test_judgements",),
    "judgements": ("test_judgements", "test_turning"),
    "verdicts": ("test_judgements",),
    "gap_lists": ("test_remedies",),
    "targets": ("test_remedies",),
    "remedies": ("test_remedies", "test_path"),
    "cheapest": ("test_path",),
    "measures": ("test_path",),
    "forward": ("test_forward",),
    "national": ("test_variation",),
    "declaration": ("test_declaration",),
}
SECONDS_EACH = 300
COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


@dataclass(frozen=True)
class Mutant:
    """One change: module, position in the walk of its tree, kind, line, what it became."""

    module: str
    place: int
    line: int
    text: str


def _changed(node: ast.AST) -> str | None:
    """Break a node in place; return what was done, or None if there is nothing to break."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            node.ops = [COMPARISONS[type(op)]()]
            return f"{type(op).__name__} -> {type(node.ops[0]).__name__}"
        case ast.BinOp(op=op) if type(op) in OPERATORS:
            node.op = OPERATORS[type(op)]()
            return f"{type(op).__name__} -> {type(node.op).__name__}"
        case ast.BoolOp(op=op):
            node.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            return f"{type(op).__name__} -> {type(node.op).__name__}"
        case ast.UnaryOp(op=ast.Not() | ast.Invert()):
            node.op = ast.UAdd() if isinstance(node.op, ast.Invert) else ast.Not()
            if isinstance(node.op, ast.UAdd):
                return "~ dropped"
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
            return "not dropped"
        case ast.Constant(value=bool() as value):
            node.value = not value
            return f"{value} -> {node.value}"
        case ast.Constant(value=int() | float() as value):
            node.value = value + 1
            return f"{value} -> {node.value}"
    return None


def _skipped(tree: ast.Module) -> set[int]:
    """Return the nodes inside annotations and docstrings: nothing there can be tested."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        parts = []
        if isinstance(node, ast.AnnAssign):
            parts.append(node.annotation)
        if isinstance(node, ast.FunctionDef):
            parts += [a.annotation for a in ast.walk(node.args) if isinstance(a, ast.arg)]
            parts.append(node.returns)
        for part in parts:
            skipped |= {id(n) for n in ast.walk(part)} if part is not None else set()
    return skipped


def mutants(module: str) -> list[Mutant]:
    """Return every place of a module that can be broken."""
    found = []
    source = (ROOM / f"{module}.py").read_text("utf-8")
    tree = ast.parse(source)
    skipped = _skipped(tree)
    for place, node in enumerate(ast.walk(tree)):
        if id(node) not in skipped and hasattr(node, "lineno"):
            said = _changed(node)
            if said is not None:
                found.append(Mutant(module, place, node.lineno, said))
    return found


def broken_source(mutant: Mutant) -> str:
    """Return the module's source with the one change."""
    tree = ast.parse((ROOM / f"{mutant.module}.py").read_text("utf-8"))
    for place, node in enumerate(ast.walk(tree)):
        if place == mutant.place:
            _changed(node)
            break
    return ast.unparse(ast.fix_missing_locations(tree))


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Load one module from changed source; every other one as usual."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = f"analysis.indicators.{mutant.module}"
        self.source = broken_source(mutant)

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
            files = [str(ROOT / "tests" / "indicators" / f"{t}.py") for t in TESTS[mutant.module]]
            options = [
                "-x",
                "-q",
                "-n0",
                "--assert=plain",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:randomly",
            ]
            code = int(pytest.main([*options, *files]) != 0)
        os._exit(code)
    _, status = os.waitpid(child, 0)
    return status == 0


def _warm() -> Iterator[str]:
    """Import the heavy libraries once, before forking, and none of what is broken."""
    for name in ("numpy", "pandas", "pandera.pandas", "polars", "scipy.special", "highspy"):
        importlib.import_module(name)
        yield name


def main() -> int:
    """Break a sample of places and print the score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", default=list(TESTS))
    parser.add_argument("--sample", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=540.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    os.chdir(ROOT)
    list(_warm())
    for module in arguments.modules:
        if not survives(Mutant(module, -1, 0, "unbroken")):
            print(f"{module}: its tests fail without any change; nothing can be measured")
            return 1
    every = [m for module in arguments.modules for m in mutants(module)]
    random.Random(arguments.seed).shuffle(every)
    started, tried, alive = time.monotonic(), 0, []
    for mutant in every[: arguments.sample]:
        if time.monotonic() - started > arguments.seconds:
            break
        tried += 1
        if survives(mutant):
            alive.append(mutant)
            print(f"survived: {mutant.module}.py:{mutant.line} {mutant.text}", flush=True)
    killed = tried - len(alive)
    print(f"{killed} of {tried} noticed ({killed / max(tried, 1):.0%}); {len(every)} places in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
