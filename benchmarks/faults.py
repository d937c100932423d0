"""Break a run in every way we can think of, and see that nothing is lost.

Usage: python -m benchmarks.faults [--points N] [--seconds S] [--real N]

A small area is run and disturbed: killed at a random moment, refused its N-th write, given a full
disk, started twice, its files cut. After each: raw data is untouched, no half file is visible
under its final name, and the next run finishes with the bytes of an undisturbed run. Most points
run the cells in the disturbed process itself, so that hundreds fit into minutes; ``--real`` points
do it with kernels of their own.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib
import io
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.protocol import Measurement

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from pipeline import small

#: Loaded once, so that a point pays for the work and not for imports.
LOADED = (
    "analysis.intake",
    "analysis.pipeline",
    "analysis.briefing.exporting",
    "analysis.briefing.index",
    "analysis.figures",
    "analysis.findings",
    "pandas.io.formats.style",
    "pyarrow.parquet",
    "pyarrow.pandas_compat",
    "pandera.backends.pandas.register",
)


def cells_in_this_process(
    notebook: Path, target: Path, parameters: dict[str, Any], *, root: Path, hidden: Iterable[str]
) -> Any:
    """Run a notebook's cells here: what is disturbed then is everything but the kernel."""
    from analysis.briefing.execute import Executed
    from analysis.store import HIDDEN_VARIABLE, ROOT_VARIABLE, write_text

    os.environ[ROOT_VARIABLE] = str(root)
    os.environ[HIDDEN_VARIABLE] = ",".join(sorted(hidden))
    names: dict[str, Any] = {}
    document = json.loads(notebook.read_text("utf-8"))
    for cell in document["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
            names.update(parameters)
    write_text(target, json.dumps(document, ensure_ascii=False))
    return Executed(0.0)


def prepare(real: bool) -> None:
    """Load everything once, so that each point is a fork away."""
    from analysis.briefing import execute

    os.environ["XUEWEI_PDF"] = "0"  # a browser's print is not what is tested
    for name in LOADED:
        importlib.import_module(name)
    if not real:
        execute.execute = cells_in_this_process


def run_here(root: Path) -> int:
    """Run the area; 0 if it was brought up to date, 3 if it failed in words."""
    from analysis.errors import RunLockedError
    from analysis.pipeline import run_area

    try:
        return 3 if run_area(small.parameters(), root=root).failed else 0
    except RunLockedError:
        return 4


def in_a_child(work: Callable[[], int], kill_after: float | None = None) -> int:
    """Fork, work, perhaps be killed with everything below; return the exit code or -signal."""
    pid = os.fork()
    if pid == 0:
        code = 9
        try:
            os.setsid()
            with Path(os.devnull).open("w") as nothing:
                os.dup2(nothing.fileno(), 2)
            code = work()
        except OSError:
            code = 5
        finally:
            os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def half_files(root: Path) -> list[str]:
    """Return the results that are not whole under their final name."""
    found = []
    for name, content in small.contents(root, "data/processed", "reports").items():
        last = name.rsplit("/", 1)[-1]
        if last.startswith("."):
            continue
        try:
            if last.endswith(".parquet"):
                pd.read_parquet(io.BytesIO(content))
            elif last.endswith((".json", ".ipynb")):
                json.loads(content)
            elif last.endswith((".xlsx", ".docx")):
                if zipfile.ZipFile(io.BytesIO(content)).testzip():
                    found.append(name)
            elif last.endswith(".html") and not content.rstrip().endswith(b"</html>"):
                found.append(name)
        except Exception:  # noqa: BLE001 - whatever cannot be read is half
            found.append(name)
    return found


class Harness:
    """An undisturbed run to compare with, and a tally of what was tried."""

    def __init__(self, folder: Path, seed: int = 7) -> None:
        self.random = random.Random(seed)
        self.tried: Counter[str] = Counter()
        self.lost: list[str] = []
        self.root = small.make_project(folder / "project")
        started = time.perf_counter()
        if in_a_child(lambda: run_here(self.root)) != 0:
            raise RuntimeError("the undisturbed run failed")
        self.seconds = time.perf_counter() - started
        self.expected = small.results(self.root)
        self.raw = small.contents(self.root, "data/raw")

    def point(self, kind: str, disturb: Callable[[], object]) -> None:
        """Disturb one run, look, run again, compare."""
        small.add_area(self.root, "some", self.random.randrange(2000, 9000))
        if self.random.random() < 0.5:
            in_a_child(lambda: run_here(self.root), self.random.uniform(0, self.seconds))
        small.add_area(self.root, "some", 1000)
        disturb()
        problems = []
        if small.contents(self.root, "data/raw") != self.raw:
            problems.append("raw data changed")
        if half := half_files(self.root):
            problems.append(f"half files: {half[:3]}")
        code = in_a_child(lambda: run_here(self.root))
        if code != 0:
            problems.append(f"the next run ended with {code}")
        found = small.results(self.root)
        if found != self.expected:
            names = sorted(
                n for n in {*found, *self.expected} if found.get(n) != self.expected.get(n)
            )
            problems.append(f"other bytes: {names[:4]}")
        self.tried[kind] += 1
        if problems:
            self.lost.append(f"{kind}: {'; '.join(problems)}")

    def kill(self) -> None:
        """Kill -9 at a random moment."""
        moment = self.random.uniform(0, self.seconds * 1.05)
        self.point("kill -9", lambda: in_a_child(lambda: run_here(self.root), moment))

    def failing_write(self, error: int, kind: str) -> None:
        """Let the N-th flush to disk fail, as a share that drops or a disk that is full would."""
        number = self.random.randrange(1, 120)

        def work() -> int:
            real, count = os.fsync, [0]

            def fsync(handle: int) -> None:
                count[0] += 1
                if count[0] >= number:
                    raise OSError(error, os.strerror(error))
                real(handle)

            os.fsync = fsync
            return run_here(self.root)

        self.point(kind, lambda: in_a_child(work))

    def small_files_only(self) -> None:
        """Refuse to write any file beyond a random size (the system's own limit)."""
        size = self.random.randrange(0, 60_000)

        def work() -> int:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            return run_here(self.root)

        self.point("file size limit", lambda: in_a_child(work))

    def cut_file(self) -> None:
        """Cut or spoil one result, as a crash of the system itself could."""

        def spoil() -> None:
            in_a_child(lambda: run_here(self.root))
            names = [
                p
                for p in sorted(self.root.glob("data/processed/*/*"))
                + sorted(self.root.glob("data/processed/*/tables/*"))
                + sorted(self.root.glob("reports/*/*"))
                if p.is_file()
            ]
            self.spoilt = self.random.choice(names)
            content = self.spoilt.read_bytes()
            self.spoilt.write_bytes(content[: self.random.randrange(len(content) or 1)])

        small.add_area(self.root, "some", 1000)
        spoil()
        code = in_a_child(lambda: run_here(self.root))
        self.tried["cut file"] += 1
        if code != 0 or small.results(self.root) != self.expected:
            self.lost.append(f"cut file: {self.spoilt.relative_to(self.root)} ({code})")

    def two_at_once(self) -> None:
        """Start the same run twice."""

        def both() -> None:
            pids = []
            for _ in range(2):
                pid = os.fork()
                if pid == 0:
                    with Path(os.devnull).open("w") as nothing:
                        os.dup2(nothing.fileno(), 2)
                    os._exit(run_here(self.root))
                pids.append(pid)
            for pid in pids:
                os.waitpid(pid, 0)

        self.point("two at once", both)

    def changed_input(self) -> None:
        """Change a raw file while the run is going, and change it back."""
        moment = self.random.uniform(0, self.seconds)

        def change() -> None:
            pid = os.fork()
            if pid == 0:
                time.sleep(moment)
                small.add_area(self.root, "some", 4321)
                os._exit(0)
            in_a_child(lambda: run_here(self.root))
            os.waitpid(pid, 0)
            small.add_area(self.root, "some", 1000)

        self.point("changed input", change)

    def jumping_clock(self) -> None:
        """Let the wall clock jump by up to a year, both ways."""
        jump = self.random.uniform(-3e7, 3e7)

        def work() -> int:
            real = time.time
            time.time = lambda: real() + jump
            return run_here(self.root)

        self.point("clock jump", lambda: in_a_child(work))


def disturb(points: int, seconds: float, real: int, folder: Path) -> Harness:
    """Try the disturbances in turn until the points or the time are used up."""
    prepare(real=False)
    harness = Harness(folder)
    rare = [
        lambda: harness.failing_write(errno.ENOSPC, "full disk"),
        lambda: harness.failing_write(errno.EROFS, "read-only"),
        lambda: harness.failing_write(errno.ESTALE, "share dropped"),
        harness.small_files_only,
        harness.cut_file,
        harness.two_at_once,
        harness.changed_input,
        harness.jumping_clock,
    ]
    deadline = time.monotonic() + seconds
    for number in range(points):
        if time.monotonic() > deadline:
            break
        (rare[number // 3 % len(rare)] if number % 3 == 2 else harness.kill)()
        if number % 25 == 24:
            print(dict(harness.tried), "lost", len(harness.lost), flush=True)
    if real:
        from analysis.briefing import execute

        importlib.reload(execute)
        prepare(real=True)
        with_kernels = Harness(folder / "real")
        deadline = time.monotonic() + seconds
        for _ in range(real):
            if time.monotonic() > deadline:
                break
            with_kernels.kill()
        harness.tried["kill -9, with kernels"] = with_kernels.tried["kill -9"]
        harness.lost += [f"with kernels, {item}" for item in with_kernels.lost]
    return harness


def run(quick: bool) -> list[Measurement]:
    """Give the number of faults of each kind that were tried, and how many lost something."""
    points, seconds, real = (30, 60, 0) if quick else (600, 1500, 40)
    with tempfile.TemporaryDirectory(prefix="xuewei-faults-") as name:
        harness = disturb(points, seconds, real, Path(name))
    tried = [
        Measurement(f"faults tried: {kind}", float(count), "faults")
        for kind, count in sorted(harness.tried.items())
    ]
    for item in harness.lost:
        print(f"LOST {item}")
    lost = Measurement("faults that lost something", float(len(harness.lost)), "faults", "<= 0")
    return [*tried, lost]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=1200.0)
    parser.add_argument("--real", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xuewei-faults-") as name:
        harness = disturb(arguments.points, arguments.seconds, arguments.real, Path(name))
    lost = Counter(item.split(":")[0] for item in harness.lost)
    print(f"{'fault':28} {'tried':>6} {'survived':>9} {'lost':>5}")
    for kind, count in sorted(harness.tried.items()):
        print(f"{kind:28} {count:6} {count - lost[kind]:9} {lost[kind]:5}")
    for item in harness.lost:
        print(item)
    return 1 if harness.lost else 0


if __name__ == "__main__":
    sys.exit(main())
