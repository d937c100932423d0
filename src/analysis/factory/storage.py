"""A project folder in shared storage (S3 and all else fsspec knows), fetched and delivered by area.

Layout below the address is that of the project: ``notebooks/``, ``data/raw/<area>/``,
``data/processed/<run>/``, ``reports/<run>/``. What is delivered last is ``status.json``: a run
whose delivery was cut short is seen as unfinished.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis.errors import ExecutionError
from analysis.factory.messages import Job

LAST = "status.json"


class Storage:
    """A project folder at an address such as ``s3://bucket/project``."""

    def __init__(self, address: str) -> None:
        try:
            import fsspec
        except ImportError as error:
            msg = "--storage needs the cluster extra: pip install 'xuewei[cluster]'"
            raise ExecutionError(msg) from error
        try:
            self._system: Any
            self._system, self._base = fsspec.core.url_to_fs(  # type: ignore[no-untyped-call]
                address.rstrip("/")
            )
        except (ImportError, ValueError) as error:
            msg = f"--storage {address!r}: {error}"
            raise ExecutionError(msg) from error

    def areas(self) -> list[str]:
        """Return the names of the areas in the storage."""
        found = self._system.glob(f"{self._base}/data/raw/*/area.toml")
        return sorted(Path(path).parent.name for path in found)

    def fetch(self, job: Job) -> None:
        """Bring notebooks, raw files and earlier results of an area into ``job.root``."""
        self._bring("notebooks", job.root)
        self._bring(f"data/raw/{job.parameters.area}", job.root)
        if not (job.root / "data" / "raw" / job.parameters.area / "area.toml").is_file():
            msg = f"The storage has no data/raw/{job.parameters.area}/area.toml."
            raise ExecutionError(msg)
        for folder in (f"data/processed/{job.name}", f"reports/{job.name}"):
            self._bring(folder, job.root)

    def fetch_reports(self, job: Job) -> None:
        """Bring the reports of an area into ``job.root``."""
        self._bring(f"reports/{job.name}", job.root)

    def deliver(self, job: Job) -> None:
        """Put the results of an area into the storage; what is no longer there is removed."""
        for folder in (f"data/processed/{job.name}", f"reports/{job.name}"):
            self._put(folder, job.root)

    def _bring(self, folder: str, root: Path) -> None:
        for path in self._files(folder):
            target = root / folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self._system.cat_file(f"{self._base}/{folder}/{path}"))

    def _put(self, folder: str, root: Path) -> None:
        local = root / folder
        here = {
            p.relative_to(local).as_posix()
            for p in local.rglob("*")
            if p.is_file() and not p.name.startswith(".")
        }
        for path in sorted(here, key=lambda name: (name == LAST, name)):
            self._system.pipe_file(f"{self._base}/{folder}/{path}", (local / path).read_bytes())
        for path in self._files(folder):
            if path not in here:
                self._system.rm_file(f"{self._base}/{folder}/{path}")

    def _files(self, folder: str) -> list[str]:
        """Return the files below a folder by their path in it; none may lead out of it."""
        base = f"{self._base}/{folder}"
        self._system.invalidate_cache()
        if not self._system.exists(base):
            return []
        found = [str(p)[len(base) :].lstrip("/") for p in self._system.find(base)]
        return [p for p in found if p and ".." not in Path(p).parts]
