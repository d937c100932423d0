"""The rooms of the package import downwards only, and floor 2 is pure."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "analysis"
FLOOR = {
    "terms": 0,
    "errors": 0,
    "tables": 1,
    "standards": 1,
    "wording": 1,
    "intake": 2,
    "indicators": 2,
    "trends": 2,
    "forecast": 2,
    "capacity": 2,
    "planning": 2,
    "access": 2,
    "disclosure": 2,
    "example": 2,
    "config": 3,
    "store": 3,
    "figures": 4,
    "findings": 4,
    "briefing": 5,
    "pipeline": 6,
    "factory": 6,
    "support": 6,
    "explorer": 6,
    "terminal": 6,
    "cli": 7,
    "__main__": 8,
    "__init__": 8,
}
#: Within one floor only these may look at each other, in this order.
ALLOWED_WITHIN_FLOOR = {
    ("tables", "terms"),
    ("store", "config"),
    ("findings", "figures"),
    ("factory", "pipeline"),
}
PURE = [name for name, floor in FLOOR.items() if floor == 2]
SOURCES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "analysis":
                found |= {alias.name for alias in node.names if alias.name != "__version__"}
            elif node.module.startswith("analysis."):
                found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {
                alias.name.split(".")[1]
                for alias in node.names
                if alias.name.startswith("analysis.")
            }
    return found


def test_there_are_sources_to_look_at():
    assert len(SOURCES) > 15
    assert {room_of(path) for path in SOURCES} <= set(FLOOR)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_import_only_from_lower_floors(path):
    owner = room_of(path)
    for used in imported_rooms(ast.parse(path.read_text("utf-8"))) - {owner}:
        lower = FLOOR[used] < FLOOR[owner]
        assert lower or (owner, used) in ALLOWED_WITHIN_FLOOR, f"{path} imports {used}"


FORBIDDEN_CALLS = {"open", "print", "input"}
FORBIDDEN_ATTRIBUTES = {
    ("datetime", "now"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("random", "seed"),
    ("Path", "cwd"),
    ("os", "environ"),
}
FORBIDDEN_IMPORTS = {"requests", "urllib.request", "socket", "subprocess", "random"}
#: A damaged workbook can end the process that reads it, so that one is another one: bytes go in,
#: cells come out, and nothing else is seen of it.
ALLOWED_IMPORTS = {"intake/workbook_reader.py": {"subprocess"}}
PURE_SOURCES = [path for path in SOURCES if room_of(path) in PURE]


@pytest.mark.parametrize("path", PURE_SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_floor_two_touches_no_file_clock_or_network(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN_CALLS, f"{path}:{node.lineno} {node.func.id}()"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            pair = (node.value.id, node.attr)
            assert pair not in FORBIDDEN_ATTRIBUTES, f"{path}:{node.lineno} {pair}"
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
            allowed = ALLOWED_IMPORTS.get(path.relative_to(PACKAGE).as_posix(), set())
            assert not names & FORBIDDEN_IMPORTS - allowed, f"{path}:{node.lineno} {names}"
        if isinstance(node, ast.ImportFrom):
            assert node.module not in FORBIDDEN_IMPORTS, f"{path}:{node.lineno} {node.module}"
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "default_rng":
            assert node.args or node.keywords, f"{path}:{node.lineno} unseeded generator"
