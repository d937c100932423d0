"""What can be deleted: runs below data/processed and reports. Raw data is never among it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

RESULT_FOLDERS = ("data/processed", "reports")


@dataclass(frozen=True)
class RunFolder:
    """A folder of results and its size."""

    path: Path
    size_bytes: int


def old_runs(root: Path, keep: tuple[str, ...] = ()) -> list[RunFolder]:
    """Return the result folders of every run whose name is not in ``keep``."""
    found = []
    for name in RESULT_FOLDERS:
        parent = root / name
        if not parent.is_dir():
            continue
        for path in sorted(p for p in parent.iterdir() if p.is_dir() and not p.is_symlink()):
            if path.name not in keep:
                size = sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
                found.append(RunFolder(path, size))
    return found


def remove(root: Path, folders: list[RunFolder]) -> None:
    """Delete result folders; anything outside the two result folders is refused.

    Raises
    ------
    ValueError
        A folder does not lie directly below ``data/processed`` or ``reports``.
    """
    allowed = {(root / name).resolve() for name in RESULT_FOLDERS}
    for folder in folders:
        if folder.path.resolve().parent not in allowed:
            msg = f"{folder.path} is not a result folder"
            raise ValueError(msg)
    for folder in folders:
        shutil.rmtree(folder.path)
