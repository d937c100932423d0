"""Mutation testing of the assessment: break the code on purpose, see whether a test notices.

Usage: python -m benchmarks.mutation_indicators [--each N] [--seconds S] [--seed K]
       [--skip M] [--reach FILE] [MODULE ...]

Every comparison, arithmetic operator, boolean operator, negation and number of a module is a place
to break. The tests are collected once, and run once to see which enter which function (kept in
FILE for the next piece). Then a random sample of N places of each module (after the first M) is
broken one at a time: a forked process gives the loaded functions their broken code and runs the
tests that enter its function until the first failure. Prints a table by module and every survivor.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType

import pytest
from _pytest.runner import runtestprotocol

#: Seconds and, by module, the functions (by line) that each test enters.
Reach = dict[str, tuple[float, dict[str, list[int]]]]

ROOT = Path(__file__).resolve().parents[1]
ROOM = ROOT / "src" / "analysis" / "indicators"
#: Tests that watch over each module.
TESTS = {
    "definitions": ("test_compliance", "test_ratios"),
    "resources": ("test_ratios",),
    "ratios": ("test_ratios", "test_compliance"),
    "scope": ("test_compliance", "test_ratios"),
    "compliance": ("test_compliance",),
    "variation": ("test_variation",),
    "balance": ("test_variation",),
    "national": ("test_variation",),
    "rooms": ("test_school_tests", "test_turning"),
    "class_sizes": ("test_school_tests", "test_turning"),
    "school_tests": ("test_school_tests", "test_turning"),
    "recognition": ("test_judgements",),
    "judgements": ("test_judgements", "test_turning"),
    "items": ("test_judgements", "test_declaration"),
    "verdicts": ("test_judgements",),
    "judging": ("test_judgements", "test_declaration"),
    "report": ("test_judgements",),
    "steps": ("test_ratios", "test_compliance"),
    "declaration": ("test_declaration",),
    "basic_facts": ("test_declaration",),
    "outline": ("test_declaration",),
    "gap_lists": ("test_remedies",),
    "targets": ("test_remedies",),
    "remedies": ("test_remedies", "test_path"),
    "passing": ("test_remedies", "test_path"),
    "measures": ("test_path", "test_catchment"),
    "milp": ("test_path", "test_catchment"),
    "cheapest": ("test_path", "test_catchment"),
    "catchment": ("test_catchment",),
    "cv_rule": ("test_catchment", "test_path"),
    "path": ("test_path", "test_catchment"),
    "forward": ("test_forward",),
}
SECONDS_EACH = 200
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
    lines: tuple[int, int]
    text: str

    def __str__(self) -> str:
        return f"{self.module}.py:{self.lines[0]} {self.text}"


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
    """Return every place of a module that can be broken, with the lines of its statement."""
    found = []
    source = (ROOM / f"{module}.py").read_text("utf-8")
    tree = ast.parse(source)
    skipped = _skipped(tree)
    lines = _statement_lines(tree)
    for place, node in enumerate(ast.walk(tree)):
        if id(node) not in skipped and hasattr(node, "lineno"):
            said = _changed(node)
            if said is not None:
                found.append(Mutant(module, place, lines[id(node)], said))
    return found


def _statement_lines(tree: ast.Module) -> dict[int, tuple[int, int]]:
    """Return first and last line of the innermost statement (or its head) around every node."""
    found: dict[int, tuple[int, int]] = {}

    def visit(node: ast.AST, around: tuple[int, int]) -> None:
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno
            around = (node.lineno, max(node.lineno, last or node.lineno))
        found[id(node)] = around
        for child in ast.iter_child_nodes(node):
            visit(child, around)

    visit(tree, (1, 1))
    return found


def broken_source(mutant: Mutant) -> str:
    """Return the module's source with the one change."""
    tree = ast.parse((ROOM / f"{mutant.module}.py").read_text("utf-8"))
    for place, node in enumerate(ast.walk(tree)):
        if place == mutant.place:
            _changed(node)
            break
    return ast.unparse(ast.fix_missing_locations(tree))


def _recompiled(name: str, source: str) -> None:
    """Give the functions of a loaded module the code of another source, in place."""
    module = importlib.import_module(f"analysis.indicators.{name}")
    names = dict(module.__dict__)
    exec(compile(source, module.__file__ or "", "exec"), names)
    for name, new in names.items():
        old = module.__dict__.get(name)
        if getattr(old, "__module__", module.__name__) != module.__name__:
            continue  # imported from elsewhere
        if isinstance(old, type) and isinstance(new, type):
            for key, part in vars(new).items():
                _recoded(vars(old).get(key), part)
        elif not _recoded(old, new) and old is not new and not name.startswith("__"):
            _replaced(name, old, new)


def _recoded(old: object, new: object) -> bool:
    """Put the code of a new function into the old one, whoever holds it; tell whether it was."""
    if isinstance(old, property) and isinstance(new, property):
        return _recoded(old.fget, new.fget)
    if hasattr(old, "cache_clear"):
        old.cache_clear()
    old, new = getattr(old, "__wrapped__", old), getattr(new, "__wrapped__", new)
    if not (isinstance(old, FunctionType) and isinstance(new, FunctionType)):
        return False
    with contextlib.suppress(ValueError):  # a closure of another shape: not of this module
        old.__code__ = new.__code__
    old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__
    return True


def _replaced(name: str, old: object, new: object) -> None:
    """Put a changed constant where the package or the tests hold the old one by its name."""
    for key, module in list(sys.modules.items()):
        if key.startswith(("analysis", "tests")) and module.__dict__.get(name) is old:
            setattr(module, name, new)


class _Loop:
    """A pytest plugin that breaks the code where pytest would have run the tests."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments, self.started = arguments, time.monotonic()

    def pytest_runtestloop(self, session) -> bool:
        """Measure what each test reaches, then break a sample of places of each module."""
        self.items = {item.nodeid: item for item in session.items}
        reach = self._reach()
        print("| module | places | broken | noticed | survived |", flush=True)
        for module in self.arguments.modules:
            self._module(module, reach)
        return True

    def _late(self) -> bool:
        return time.monotonic() - self.started > self.arguments.seconds

    def _module(self, module: str, reach: Reach) -> None:
        every = mutants(module)
        random.Random(f"{self.arguments.seed} {module}").shuffle(every)
        tried, alive = 0, []
        for mutant in every[self.arguments.skip : self.arguments.skip + self.arguments.each]:
            if self._late():
                break
            tried += 1
            if self._survives(mutant, _tests_of(mutant, reach)):
                alive.append(mutant)
        print(f"| {module} | {len(every)} | {tried} | {tried - len(alive)} | {len(alive)} |")
        for mutant in alive:
            print(f"  survived: {mutant}", flush=True)
        sys.stdout.flush()

    def _survives(self, mutant: Mutant, tests: Sequence[str]) -> bool:
        """Tell whether the tests pass with the change; too slow counts as noticed."""
        child = os.fork()
        if child == 0:
            code = 1
            with contextlib.suppress(BaseException):
                signal.alarm(SECONDS_EACH)
                _recompiled(mutant.module, broken_source(mutant))
                code = int(not all(self._passes(name) for name in tests))
            os._exit(code)
        _, status = os.waitpid(child, 0)
        return status == 0

    def _passes(self, name: str) -> bool:
        reports = runtestprotocol(self.items[name], nextitem=None, log=False)
        return not any(report.failed for report in reports)

    def _reach(self) -> Reach:
        """Return seconds and functions by module of every test, measured unless kept."""
        kept = Path(self.arguments.reach) if self.arguments.reach else None
        found: Reach = json.loads(kept.read_text("utf-8")) if kept and kept.is_file() else {}
        hits: dict[str, set[int]] = {}
        for module in TESTS:
            _recompiled(module, _counting(module, hits))
        for name in (n for n in self.items if n not in found):
            if self._late():
                break
            hits.clear()
            began = time.process_time()
            passed = self._passes(name)
            seconds = time.process_time() - began
            if not passed:
                print(f"{name} fails without any change; it is left out", flush=True)
            found[name] = (seconds, {m: sorted(v) for m, v in hits.items()} if passed else {})
        for module in TESTS:
            _recompiled(module, (ROOM / f"{module}.py").read_text("utf-8"))
        if kept:
            kept.write_text(json.dumps(found), "utf-8")
        return found


def _counting(module: str, hits: dict[str, set[int]]) -> str:
    """Return a module's source whose functions note in ``hits`` that they were entered."""
    tree = ast.parse((ROOM / f"{module}.py").read_text("utf-8"))
    for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        note = ast.parse(f"_entered({module!r}, {function.lineno})").body
        function.body = [*function.body[:1], *note, *function.body[1:]]
        if not isinstance(function.body[0], ast.Expr):  # no docstring: note it first
            function.body = [note[0], function.body[0], *function.body[2:]]
    loaded = importlib.import_module(f"analysis.indicators.{module}")
    loaded.__dict__["_entered"] = lambda name, line: hits.setdefault(name, set()).add(line)
    return ast.unparse(ast.fix_missing_locations(tree))


def _tests_of(mutant: Mutant, reach: Reach) -> list[str]:
    """Return the tests that reach a mutant, quickest first; all for lines run on import."""
    watching = tuple(f"tests/indicators/{name}.py" for name in TESTS[mutant.module])
    near = {t: v for t, v in reach.items() if t.startswith(watching)}
    tree = ast.parse((ROOM / f"{mutant.module}.py").read_text("utf-8"))
    around = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and node.lineno < mutant.lines[0] <= (node.end_lineno or 0)
    ]
    of_module = {t: v[1].get(mutant.module, []) for t, v in near.items()}
    chosen = [t for t, entered in of_module.items() if max(around, default=0) in entered]
    if not around:
        chosen = [t for t, entered in of_module.items() if entered]
    return sorted(chosen, key=lambda t: near[t][0])


def main() -> int:
    """Break a sample of places of each module and print the scores."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", default=list(TESTS))
    parser.add_argument("--each", type=int, default=8)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=330.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reach", default="")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    files = dict.fromkeys(f for m in arguments.modules for f in TESTS[m])
    paths = [f"tests/indicators/{name}.py" for name in files]
    plain = ["-q", "-n0", "-s", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:randomly"]
    return int(pytest.main([*plain, *paths], plugins=[_Loop(arguments)]))


if __name__ == "__main__":
    sys.exit(main())
