"""Ask the advisory service about every pin of the lock, and say plainly how many it knew.

A package the service does not answer for is *not audited*, never *clean*. Exit code 1 when a
weakness is known, 0 otherwise; the count of pins without an answer is always printed.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_SECONDS = 300


def audit() -> dict[str, list[str]]:
    """Return the packages by outcome: ``clean``, ``weak`` (with the advisories), ``unanswered``."""
    tool = Path(sys.executable).with_name("pip-audit")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "audit.json"
        lock = str(ROOT / "requirements.lock")
        with contextlib.suppress(subprocess.TimeoutExpired):  # then there is no answer
            subprocess.run(
                [tool, "--disable-pip", "--require-hashes", "-r", lock, "-f", "json", "-o", out],
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        if not out.exists():
            return {"clean": [], "weak": [], "unanswered": ["every package"]}
        found = json.loads(out.read_text("utf-8"))["dependencies"]
    outcome: dict[str, list[str]] = {"clean": [], "weak": [], "unanswered": []}
    for item in found:
        if "skip_reason" in item:
            outcome["unanswered"].append(item["name"])
        elif item["vulns"]:
            said = ", ".join(v["id"] for v in item["vulns"])
            outcome["weak"].append(f"{item['name']} {item['version']}: {said}")
        else:
            outcome["clean"].append(item["name"])
    return outcome


def main() -> int:
    """Print the outcome and return the exit code."""
    outcome = audit()
    for line in outcome["weak"]:
        sys.stdout.write(f"known weakness: {line}\n")
    counts = {name: len(items) for name, items in outcome.items()}
    sys.stdout.write(
        f"no known weakness: {counts['clean']}, weak: {counts['weak']}, "
        f"not audited (no answer from the advisory service): {counts['unanswered']}\n"
    )
    return 1 if outcome["weak"] else 0


if __name__ == "__main__":
    sys.exit(main())
