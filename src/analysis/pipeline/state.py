"""What has been done in a run: each part's hash, and the hashes of all it wrote.

A part counts as done only if its hash is the same and every file it wrote is there unchanged. A
part is struck out before it is run again, so a run that is killed leaves nothing half-believed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis.store import Run, file_sha256, stamp, write_json

SCHEMA = 1
STATE_FILE = "state.json"
NOTES_FILE = "notes.json"


class RunState:
    """The parts of a run that are done, kept in ``data/processed/<run>/state.json``."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._path = run.folder / STATE_FILE
        self.parts: dict[str, dict[str, Any]] = {}
        self._stamps: dict[str, list[Any]] = {}
        try:
            stored = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return  # nothing done yet, or unreadable: then everything is done again
        if stored.get("schema") == SCHEMA:
            self.parts = stored["parts"]
            self._stamps = stored["stamps"]

    def hash_of(self, path: Path) -> str:
        """Return a file's hash; it is read again only if its stamp has changed."""
        name = self._name(path)
        now = list(stamp(path))
        known = self._stamps.get(name)
        if known is None or known[:-1] != now:
            known = [*now, file_sha256(path)]
            self._stamps[name] = known
        return str(known[-1])

    def _name(self, path: Path) -> str:
        return path.relative_to(self._run.root).as_posix()

    def is_done(self, part: str, key: str) -> bool:
        """Tell whether a part was done with this hash and all it wrote is still there."""
        done = self.parts.get(part)
        if done is None or done["key"] != key:
            return False
        root = self._run.root
        try:
            return all(self.hash_of(root / n) == sha for n, sha in done["outputs"].items())
        except OSError:
            return False

    def outputs(self, part: str) -> Mapping[str, str]:
        """Return the files a part wrote and their hashes."""
        outputs: dict[str, str] = self.parts.get(part, {}).get("outputs", {})
        return outputs

    def tables(self, parts: Iterable[str]) -> dict[str, str]:
        """Return the names and hashes of the tables that these parts wrote."""
        return {
            Path(name).stem: sha
            for part in parts
            for name, sha in self.outputs(part).items()
            if name.endswith(".parquet")
        }

    def strike_out(self, part: str, *, delete: bool = True) -> None:
        """Forget a part before it is run again; what it wrote is deleted with it."""
        done = self.parts.pop(part, None)
        if done is None:
            return
        self.save()
        if not delete:
            return
        for name in done["outputs"]:
            (self._run.root / name).unlink(missing_ok=True)
            self._stamps.pop(name, None)
        if done.get("notes"):
            path = self._run.folder / NOTES_FILE
            kept = {k: v for k, v in _notes(path).items() if k not in done["notes"]}
            write_json(path, kept)

    def enter(
        self, part: str, key: str, files: Iterable[Path], notes: Iterable[str] = (), **more: object
    ) -> None:
        """Record a part as done, with the files and the notes it wrote."""
        outputs = {self._name(path): self.hash_of(path) for path in files}
        self.parts[part] = {"key": key, "outputs": outputs, "notes": sorted(notes), **more}
        self.save()

    def save(self) -> None:
        """Write the state; stamps of files that are gone are dropped."""
        kept = {n: s for n, s in self._stamps.items() if (self._run.root / n).exists()}
        self._stamps = kept
        write_json(self._path, {"schema": SCHEMA, "parts": self.parts, "stamps": kept})

    def note_keys(self) -> dict[str, str]:
        """Return the notes of the run by key, each as text to compare."""
        return {k: json.dumps(v) for k, v in _notes(self._run.folder / NOTES_FILE).items()}

    def table_stamps(self) -> dict[Path, tuple[int, int, int, int]]:
        """Return the stamps of every table file of the run."""
        folder = self._run.tables_folder
        return {path: stamp(path) for path in sorted(folder.glob("*.parquet"))}


def _notes(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    notes: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return notes
