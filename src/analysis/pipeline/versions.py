"""Which code and which packages make the results: part of every hash and of the manifest."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import analysis
from analysis.store import file_sha256, sha256

PACKAGE = Path(analysis.__file__).resolve().parent
_NOT_CODE = {"__pycache__"}


def digest(value: object) -> str:
    """Return the hash of a value JSON can hold, whatever the order of its keys."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("utf-8"))


@cache
def code_version() -> str:
    """Return one hash of every file of this package, read once a process."""
    files = {
        path.relative_to(PACKAGE).as_posix(): file_sha256(path)
        for path in sorted(PACKAGE.rglob("*"))
        if path.is_file() and not _NOT_CODE & set(path.parts) and path.suffix != ".pyc"
    }
    return digest(files)


@cache
def environment() -> Mapping[str, str]:
    """Return the versions of Python and of the packages this one depends on."""
    found = {"python": platform.python_version(), "xuewei": analysis.__version__}
    for requirement in importlib.metadata.requires("xuewei") or []:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "absent"
    return found
