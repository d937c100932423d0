"""Every public function of floor 2 is held by a property test that really calls it.

A property test is a hypothesis test marked ``@pytest.mark.holds("room.function")``. The mark is not
taken at its word: the test, or a helper of the tests that it calls, must name the function itself.
"""

from __future__ import annotations

import dis
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest
from test_architecture import FLOOR

from analysis import trends

HERE = Path(__file__).parent
ROOMS = sorted(room for room, floor in FLOOR.items() if floor == 2)
MARK = "pytest.mark." + "holds("


def members(kind: type) -> Iterator[str]:
    """Yield the public methods and properties that a class defines itself."""
    for name, value in vars(kind).items():
        if not name.startswith("_") and isinstance(value, FunctionType | property | classmethod):
            yield name


def public(module: ModuleType) -> dict[str, object]:
    """Return what a room offers, by ``room.function`` or ``room.Class.method``."""
    room = module.__name__.removeprefix("analysis.")
    listed = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]
    found: dict[str, object] = {}
    for name in listed:
        value = getattr(module, name)
        if inspect.isclass(value):
            found |= {f"{room}.{name}.{each}": vars(value)[each] for each in members(value)}
        elif callable(value):
            found[f"{room}.{name}"] = value
    return found


PUBLIC = {
    name: value
    for room in ROOMS
    for name, value in public(importlib.import_module(f"analysis.{room}")).items()
}


def codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's code and that of the functions and comprehensions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def references(function: FunctionType) -> Iterator[tuple[str, object]]:
    """Yield each name a function uses with what it stands for: a global, or that of a module."""
    for code in codes(function.__code__):
        before: object = None
        for instruction in dis.get_instructions(code):
            name, value = instruction.argval, None
            if instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                value = getattr(before, name, None) if isinstance(before, ModuleType) else None
                yield name, value
            elif instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                value = function.__globals__.get(name)
                yield name, value
            before = value


def mentions(test: FunctionType, name: str, target: object) -> bool:
    """Tell whether a test, or a helper of the tests that it reaches, names ``target`` itself."""
    method = name.rsplit(".", 1)[1] if name.count(".") == 2 else None
    seen: set[int] = set()
    waiting = [test]
    while waiting:
        function = inspect.unwrap(waiting.pop())
        if id(function) in seen:
            continue
        seen.add(id(function))
        named = list(references(function))
        if method in {name for name, _ in named} or any(value is target for _, value in named):
            return True
        for _, each in named:
            file = getattr(getattr(each, "__code__", None), "co_filename", "")
            if isinstance(each, FunctionType) and Path(file).is_relative_to(HERE):
                waiting.append(each)
    return False


def holders() -> Iterator[tuple[str, str, Callable[..., object]]]:
    """Yield (function held, place, test) of every mark in the tests."""
    for path in sorted(HERE.rglob("test_*.py")):
        if path == Path(__file__) or MARK not in path.read_text("utf-8"):
            continue
        parts = path.relative_to(HERE).with_suffix("").parts
        package = (path.parent / "__init__.py").exists()
        if not package and str(path.parent) not in sys.path:
            sys.path.insert(0, str(path.parent))  # as pytest does when it collects such a file
        module = importlib.import_module(".".join(parts if package else parts[-1:]))
        for label, value in vars(module).items():
            for mark in getattr(value, "pytestmark", ()) if callable(value) else ():
                if mark.name == "holds":
                    place = f"{path.relative_to(HERE).as_posix()}::{label}"
                    yield from ((name, place, value) for name in mark.args)


HOLDERS = list(holders())


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_property_holds_every_public_function(name):
    held = [place for held_name, place, _ in HOLDERS if held_name == name]

    assert held, f"no property test is marked with {name}"


@pytest.mark.parametrize(
    ("name", "place", "test"), HOLDERS, ids=[f"{place}[{name}]" for name, place, _ in HOLDERS]
)
def test_a_mark_is_of_a_property_test_that_calls_the_function(name, place, test):
    assert name in PUBLIC, f"{place} holds {name}, which no room offers"
    assert getattr(test, "is_hypothesis_test", False), f"{place} draws no examples"
    inner = test.hypothesis.inner_test
    assert mentions(inner, name, PUBLIC[name]), f"{place} never names {name}"


def test_a_test_that_only_says_so_is_found_out():
    # the guard of this file: naming another function of the room holds nothing
    def other(tables):
        return trends.school_rows(tables, 2024)

    assert mentions(other, "trends.school_rows", trends.school_rows)
    assert not mentions(other, "trends.trends", trends.trends)
    assert len(PUBLIC) > 50
