"""Mutation testing: break the code on purpose, see whether a test notices.

    python -m benchmarks.mutation [--sample N | --each N] [--seconds S] [--seed K] ROOM[/MODULE] ...
    python -m benchmarks.mutation --again FILE ROOM[/MODULE] ...

Every comparison, arithmetic operator, boolean operator, negation and number of a module is a place
to break. A random sample over the rooms and modules named (or of N places of each module) is broken
one at a time: a forked process loads the broken module and runs the tests that watch over it
(``mutation.toml``), cheapest first, until one fails. Prints every survivor and a table by module.

``--again`` takes the survivors from the output of an earlier run and asks all tests of their rooms,
the slow ones (brute force, whole counties) included.
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
import re
import signal
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "analysis"
SECONDS_EACH = 120
#: Loaded once, before forking: heavy, and none of what is broken.
LOADED_FIRST = ("numpy", "pandas", "pandera.pandas", "scipy.special", "highspy", "hypothesis")
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
    """One change: module (room/name), position in the walk of its tree, line, what it became."""

    module: str
    place: int
    line: int = 0
    text: str = ""


def watched() -> dict[str, tuple[tuple[str, ...], str]]:
    """Return by module (room/name) its test files and the part of them that is run."""
    rooms = tomllib.loads((Path(__file__).parent / "mutation.toml").read_text("utf-8"))
    return {
        f"{room}/{name}": (tuple(f"{t}.py" for t in entry["tests"]), entry.get("part", ""))
        for room, modules in rooms.items()
        for name, entry in modules.items()
    }


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
    """Return the nodes inside annotations and decorators: nothing there can be tested."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.AnnAssign):
            parts.append(node.annotation)
        if isinstance(node, ast.FunctionDef):
            parts += [a.annotation for a in ast.walk(node.args) if isinstance(a, ast.arg)]
            parts.append(node.returns)
        if isinstance(node, ast.ClassDef):
            parts += node.decorator_list
        for part in parts:
            skipped |= {id(n) for n in ast.walk(part)} if part is not None else set()
    return skipped


def _tree(module: str) -> ast.Module:
    return ast.parse((SOURCE / f"{module}.py").read_text("utf-8"))


def mutants(module: str) -> Iterator[Mutant]:
    """Give every place of a module that can be broken."""
    tree = _tree(module)
    skipped = _skipped(tree)
    for place, node in enumerate(ast.walk(tree)):
        if id(node) not in skipped and hasattr(node, "lineno"):
            line = node.lineno
            said = _changed(node)
            if said is not None:
                yield Mutant(module, place, line, said)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Load one module from changed source; every other one as usual."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = f"analysis.{mutant.module.replace('/', '.')}"
        tree = _tree(mutant.module)
        for place, node in enumerate(ast.walk(tree)):
            if place == mutant.place:
                _changed(node)
                break
        self.source = ast.unparse(ast.fix_missing_locations(tree))

    def find_spec(self, name, path=None, target=None):  # noqa: ARG002 - the import protocol
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def exec_module(self, module) -> None:
        exec(compile(self.source, module.__name__, "exec"), module.__dict__)


def survives(mutant: Mutant, tests: Sequence[str], part: str, seconds: int = SECONDS_EACH) -> bool:
    """Tell whether the tests pass with the change; too slow counts as noticed."""
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(BaseException), contextlib.redirect_stdout(io.StringIO()):
            # of processor time: on a busy machine a slow test is not a noticed one
            signal.setitimer(signal.ITIMER_PROF, seconds)
            signal.alarm(10 * seconds)
            import pytest

            sys.meta_path.insert(0, _Finder(mutant))
            options = ["-x", "-q", "-n0", "--assert=plain", "-p", "no:cacheprovider"]
            options += ["-p", "no:randomly", *(["-k", part] if part else [])]
            code = int(pytest.main([*options, *(f"tests/{name}" for name in tests)]) != 0)
        os._exit(code)
    _, status = os.waitpid(child, 0)
    return status == 0


def _sample(modules: Sequence[str], arguments: argparse.Namespace) -> list[Mutant]:
    places = {module: list(mutants(module)) for module in modules}
    chosen = random.Random(arguments.seed)
    if arguments.each:
        for found in places.values():
            chosen.shuffle(found)
        return [m for found in places.values() for m in found[: arguments.each]]
    every = [m for found in places.values() for m in found]
    chosen.shuffle(every)
    return every[: arguments.sample]


def _survivors(printed: str, modules: Sequence[str]) -> list[Mutant]:
    """Find the survivors of an earlier output in the modules as they are now."""
    said = re.findall(r"^survived: (\S+)\.py:(\d+) (.*)$", printed, re.MULTILINE)
    places = {(m.module, m.line, m.text): m for name in modules for m in mutants(name)}
    found = [places.get((name, int(line), text)) for name, line, text in said if name in modules]
    if None in found:
        gone = sum(m is None for m in found)
        print(f"{gone} places of the earlier run are no longer there", flush=True)
    return [m for m in found if m is not None]


def _again(printed: str, modules: Sequence[str]) -> int:
    """Ask all tests of a room about the survivors of an earlier run."""
    survivors = _survivors(printed, modules)
    alive = 0
    for room in sorted({m.module.split("/")[0] for m in survivors}):
        started = time.monotonic()
        if not survives(Mutant(f"{room}/__init__", place=-1), [room], "", 3600):
            print(f"{room}: its tests fail without any change; it is not measured", flush=True)
            return 1
        seconds = int(60 + 4 * (time.monotonic() - started))
        for mutant in (m for m in survivors if m.module.split("/")[0] == room):
            if survives(mutant, [room], "", seconds):
                alive += 1
                print(f"survived: {mutant.module}.py:{mutant.line} {mutant.text}", flush=True)
    print(f"{len(survivors) - alive} of {len(survivors)} noticed by all tests of the room")
    return 0


def main() -> int:
    """Break a sample of places and print the survivors and the scores."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="+", metavar="ROOM[/MODULE]")
    parser.add_argument("--sample", type=int, default=150)
    parser.add_argument("--each", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    tests = watched()
    modules = [m for m in tests if any(m == n or m.startswith(f"{n}/") for n in arguments.names)]
    if not modules:
        parser.error(f"none of mutation.toml: {', '.join(arguments.names)}")
    if arguments.again:
        arguments.again = arguments.again.resolve()
    os.chdir(ROOT)
    for name in LOADED_FIRST:
        importlib.import_module(name)
    if arguments.again:
        return _again(arguments.again.read_text("utf-8"), modules)
    sample = _sample(modules, arguments)
    broken_before = {
        m
        for m in sorted({x.module for x in sample})
        if not survives(Mutant(m, place=-1), *tests[m])
    }
    for module in sorted(broken_before):
        print(f"{module}: its tests fail without any change; it is not measured", flush=True)
    started, tried, alive = time.monotonic(), Counter[str](), Counter[str]()
    for mutant in sample:
        if mutant.module in broken_before:
            continue
        if time.monotonic() - started > arguments.seconds:
            print(f"stopped after {arguments.seconds:.0f} s", flush=True)
            break
        tried[mutant.module] += 1
        if survives(mutant, *tests[mutant.module]):
            alive[mutant.module] += 1
            print(f"survived: {mutant.module}.py:{mutant.line} {mutant.text}", flush=True)
    for module in sorted(tried):
        print(f"{module}: {tried[module] - alive[module]} of {tried[module]}")
    noticed, total = tried.total() - alive.total(), tried.total()
    print(f"{noticed} of {total} noticed ({noticed / max(total, 1):.0%})")
    return int(bool(broken_before))


if __name__ == "__main__":
    sys.exit(main())
