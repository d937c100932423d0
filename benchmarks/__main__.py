"""Run every benchmark module, print its figures, keep them as JSON in ``benchmarks/results``.

Usage: python -m benchmarks [--quick] [ROOM ...]
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import os
import platform
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

from benchmarks.protocol import Measurement, NotMeasuredError

FOLDER = Path(__file__).resolve().parent
NOT_MODULES = ("__init__", "__main__", "protocol")


def rooms() -> list[str]:
    """Return the names of the modules that follow the protocol, read without importing them."""
    return [
        path.stem
        for path in sorted(FOLDER.glob("*.py"))
        if path.stem not in NOT_MODULES and "\ndef run(" in path.read_text("utf-8")
    ]


def line(found: Measurement) -> str:
    """Write one measurement as a line of text."""
    parts = [f"{found.name}: {found.value:,.3g} {found.unit}"]
    if found.baseline is not None and found.ratio is not None:
        parts.append(f"({found.ratio:.2f} x {found.baseline_name} {found.baseline:,.3g})")
    if found.target:
        parts.append(f"[{'reached' if found.met() else 'NOT reached'}: {found.target}]")
    if found.note:
        parts.append(f"- {found.note}")
    return " ".join(parts)


def main() -> int:
    """Run the chosen rooms; a room that fails does not stop the others."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rooms", nargs="*", help=f"any of: {', '.join(rooms())}")
    parser.add_argument("--quick", action="store_true", help="small samples")
    arguments = parser.parse_args()
    unknown = set(arguments.rooms) - set(rooms())
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    results: dict[str, object] = {}
    failed = False
    for room in arguments.rooms or rooms():
        print(f"\n== {room}", flush=True)
        try:
            found = importlib.import_module(f"benchmarks.{room}").run(arguments.quick)
        except NotMeasuredError as reason:
            print(f"not measured: {reason}")
            results[room] = {"not_measured": str(reason)}
            continue
        except Exception as error:  # noqa: BLE001 - the others still have to be measured
            traceback.print_exc()
            results[room] = {"failed": f"{type(error).__name__}: {error}"}
            failed = True
            continue
        for item in found:
            print(line(item), flush=True)
        results[room] = [{**asdict(i), "ratio": i.ratio, "reached": i.met()} for i in found]
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    document = {
        "recorded": now,
        "quick": arguments.quick,
        "machine": {
            "processors": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
        },
        "results": results,
    }
    target = FOLDER / "results" / f"{now.replace(':', '')}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
    print(f"\n-> {target.relative_to(FOLDER.parent)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
