"""Passwords, tokens and private keys that were left in a data folder by mistake.

Only where one stands and of what kind it is are told; what it is, never.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import wording

#: Text files of a data folder, and the size beyond which the rest of one is not looked at.
TEXT_ENDINGS = (".toml", ".csv", ".tsv", ".txt", ".json", ".yaml", ".yml", ".ini", ".env", ".md")
MOST_BYTES = 8 * 1024**2
_LONGEST_LINE = 5_000

#: Forms that their makers document, and a word for a password followed by something that is one.
_KINDS = {
    "private_key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "cloud_key": re.compile(r"\b(?:AKIA|ASIA|LTAI)[0-9A-Za-z]{12,30}\b"),
    "token": re.compile(
        r"\bgh[pousr]_[A-Za-z0-9]{30,}|\bglpat-[\w-]{20,}|\bxox[abprs]-[\w-]{10,}"
        r"|\bsk-[A-Za-z0-9_-]{20,}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"
    ),
    "address": re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,100}:[^\s/@]{1,100}@", re.I),
    "password": re.compile(
        r"(?:password|passwd|\bpwd|passphrase|secret|api[_-]?key|access[_-]?key|auth[_-]?token"
        r"|密码|口令|密钥)\W{0,3}\s{0,3}[=:：]\s{0,3}[\"']?[^\s\"',;，。]{6,}",
        re.I,
    ),
}


@dataclass(frozen=True)
class Secret:
    """Where a secret seems to stand: file, line from 1, and its kind."""

    file: str
    line: int
    kind: str


def secrets_in(text: str, file: str) -> Iterator[Secret]:
    """Give every line of a text that seems to hold a secret, with the first kind that fits."""
    for number, line in enumerate(text.splitlines(), start=1):
        for start in range(0, len(line), _LONGEST_LINE):
            piece = line[start : start + _LONGEST_LINE + 200]
            kind = next((k for k, form in _KINDS.items() if form.search(piece)), None)
            if kind is not None:
                yield Secret(file, number, kind)
                break


def find_secrets(place: Path) -> list[Secret]:
    """Look through the text files of a folder (links left out), or through one file."""
    paths = sorted(place.rglob("*")) if place.is_dir() else [place]
    base = place if place.is_dir() else place.parent
    found: list[Secret] = []
    for path in paths:
        if path.suffix.lower() not in TEXT_ENDINGS or path.is_symlink() or not path.is_file():
            continue
        text = _text(path)
        if any(form.search(text) for form in _KINDS.values()):
            found += secrets_in(text, path.relative_to(base).as_posix())
    return found


def _text(path: Path) -> str:
    with path.open("rb") as stream:
        content = stream.read(MOST_BYTES)
    text = content.decode("utf-8", "replace")
    return text if "\ufffd" not in text else content.decode("gb18030", "replace")


def as_findings(secrets: Iterable[Secret], language: str) -> list[dict[str, object]]:
    """Return secrets in the form of the findings of ``xuewei check --json``."""
    parts = {"expected": "secret_expected", "why": "secret_found", "suggestion": "secret_advice"}
    rows = []
    for one in secrets:
        row: dict[str, object] = dict.fromkeys(("sheet", "cell", "table", "entity", "column"), "")
        row |= {"file": one.file, "found": f"line {one.line}", "severity": "note"}
        row |= {"rule": f"secret_{one.kind}", "treatment": "kept"}
        for part, key in parts.items():
            said = {tongue: _said(key, one, tongue) for tongue in ("zh", "en")}
            row |= {part: said[language]} | {f"{part}_{tongue}": s for tongue, s in said.items()}
        rows.append(row)
    return rows


def with_secrets(
    report: dict[str, Any], secrets: Sequence[Secret], language: str
) -> dict[str, Any]:
    """Return the report of ``xuewei check --json`` with secrets among its findings, as notes."""
    counts = {**report["counts"], "note": report["counts"]["note"] + len(secrets)}
    findings = [*report["findings"], *as_findings(secrets, language)]
    return {**report, "counts": counts, "findings": findings}


def warning(secrets: Iterable[Secret]) -> list[str]:
    """Return one line for each secret and one that says what to do, in both languages."""
    lines = [" ".join(_said("secret_found", one, t) for t in ("zh", "en")) for one in secrets]
    if not lines:
        return []
    return [*lines, " ".join(wording.say("support.secret_advice", t) for t in ("zh", "en"))]


def _said(key: str, one: Secret, language: str) -> str:
    if key != "secret_found":
        return wording.say(f"support.{key}", language)
    kind = wording.say(f"support.{one.kind}", language)
    return wording.say(f"support.{key}", language, file=one.file, line=one.line, kind=kind)
