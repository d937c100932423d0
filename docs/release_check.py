"""The release checklist, run by a machine: one line an item, exit code 1 if any is not kept.

Usage: python docs/release_check.py [--without ITEM ...] [--only ITEM ...] [--list]

Items left out are printed as such: a release needs all of them.
"""

from __future__ import annotations

import argparse
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


def no_secret_is_tracked() -> str:
    """Return places of tracked text files that look like a password, a token or a private key."""
    from analysis.support import find_secrets

    found = [s for path in _tracked() for s in find_secrets(path)]
    return ", ".join(f"{one.file}:{one.line} {one.kind}" for one in found)


def licence_of_the_font_is_there() -> str:
    """Say so if the font has no licence beside it."""
    fonts = ROOT / "src" / "analysis" / "figures" / "fonts"
    return "" if list(fonts.glob("OFL*.txt")) else "no OFL text beside the font"


def lock_is_pinned_with_hashes() -> str:
    """Return packages of the lock without a hash, and any address of an index."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)
    pins = [e for e in entries if "==" in e.split("\n")[0]]
    bare = [e.split("==")[0] for e in pins if "--hash=sha256:" not in e]
    addresses = re.findall(r"^--(?:index-url|extra-index-url|find-links).*", text, re.M)
    return ", ".join([*bare, *addresses]) if pins else "the lock holds no pin"


CHECKS: dict[str, Callable[[], str]] = {
    "work tree is clean": work_tree_is_clean,
    "versions agree": versions_agree,
    "notebooks hold no output": notebooks_hold_no_output,
    "no large file": no_large_file,
    "no result is tracked": no_result_is_tracked,
    "documents exist": documents_exist,
    "no secret is tracked": no_secret_is_tracked,
    "lock is pinned with hashes": lock_is_pinned_with_hashes,
    "licence of the font": licence_of_the_font_is_there,
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
    """Run every check that is asked for and print its outcome."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=CHECKS, metavar="ITEM", default=list(CHECKS))
    parser.add_argument("--without", nargs="+", choices=CHECKS, metavar="ITEM", default=[])
    parser.add_argument("--list", action="store_true", help="print the items and end")
    arguments = parser.parse_args()
    if arguments.list:
        sys.stdout.write("\n".join(CHECKS) + "\n")
        return 0
    failed = 0
    for name, check in CHECKS.items():
        if name not in arguments.only or name in arguments.without:
            sys.stdout.write(f"[ - ] {name}: left out\n")
            continue
        said = check()
        failed += bool(said)
        sys.stdout.write(f"[{'no ' if said else 'yes'}] {name}{f': {said}' if said else ''}\n")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
