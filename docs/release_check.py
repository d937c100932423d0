"""The release checklist, run by a machine: one line an item, exit code 1 if any is not kept."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
_LARGEST_FILE_BYTES = 8 * 1024**2


def _command(*words: str) -> str:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip()[-600:] or "failed"


def _tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = done.stdout.decode().split("\0")
    return [path for name in names if name and (path := ROOT / name).is_file()]


def work_tree_is_clean() -> str:
    """Return what is not committed."""
    done = subprocess.run(
        ["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def versions_agree() -> str:
    """Return the versions if pyproject and the package name different ones."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    package = (ROOT / "src" / "analysis" / "__init__.py").read_text("utf-8")
    own = re.search(r'__version__ = "([^"]+)"', package)
    return "" if own and own[1] == project else f"pyproject {project}, package {own and own[1]}"


def notebooks_hold_no_output() -> str:
    """Return the notebooks that were committed with outputs."""
    bad = []
    for path in _tracked():
        if path.suffix == ".ipynb":
            cells = json.loads(path.read_text("utf-8"))["cells"]
            if any(c.get("outputs") or c.get("execution_count") for c in cells):
                bad.append(path.name)
    return ", ".join(bad)


def no_large_file() -> str:
    """Return tracked files larger than a source repository should hold."""
    large = [p for p in _tracked() if p.stat().st_size > _LARGEST_FILE_BYTES]
    return ", ".join(str(p.relative_to(ROOT)) for p in large)


def no_result_is_tracked() -> str:
    """Return results that were committed."""
    kept = [p.relative_to(ROOT).as_posix() for p in _tracked()]
    return ", ".join(p for p in kept if p.startswith(("data/processed/", "reports/", "build/")))


def documents_exist() -> str:
    """Return the documents a release needs and does not have."""
    wanted = ("README.md", "README.zh-CN.md", "LICENSE", "docs/architecture.md")
    wanted += ("docs/data-dictionary.md", "docs/licences.md", "requirements.lock")
    return ", ".join(w for w in wanted if not (ROOT / w).is_file())


CHECKS: dict[str, Callable[[], str]] = {
    "work tree is clean": work_tree_is_clean,
    "versions agree": versions_agree,
    "notebooks hold no output": notebooks_hold_no_output,
    "no large file": no_large_file,
    "no result is tracked": no_result_is_tracked,
    "documents exist": documents_exist,
    "style": lambda: _command(str(BIN / "ruff"), "check", "."),
    "format": lambda: _command(str(BIN / "ruff"), "format", "--check", "."),
    "types": lambda: _command(str(BIN / "mypy")),
    "weaknesses in our code": lambda: _command(str(BIN / "bandit"), "-q", "-r", "src", "-ll"),
    "weaknesses in the lock": lambda: _command(sys.executable, "docs/audit_lock.py"),
    "bill of materials": lambda: _command("make", "sbom"),
    "tests": lambda: _command("make", "test"),
    "machine is fit": lambda: _command(str(BIN / "xuewei"), "doctor"),
}


def main() -> int:
    """Run every check and print its outcome."""
    failed = 0
    for name, check in CHECKS.items():
        said = check()
        failed += bool(said)
        sys.stdout.write(f"[{'no ' if said else 'yes'}] {name}{f': {said}' if said else ''}\n")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
