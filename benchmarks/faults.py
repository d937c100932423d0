"""Break a run in every way we can think of, and see that nothing is lost.

Usage: python -m benchmarks.faults [--points N] [--seconds S] [--batch N] [--kernels N]
                                   [--whole N] [--seed N] [--results FILE] [--table]

A small area, or a batch of three, is run and disturbed: killed at a random moment, refused its
N-th access to the disk, given a full disk, started twice, its files cut. After each: raw data is
untouched, no half file is visible under its final name, the next run finishes with the bytes of
an undisturbed run, and a run that could say something said what to do. Most points run the cells
in the disturbed process itself, so that hundreds fit into minutes; ``--kernels`` points disturb
kernels, and ``--whole`` points kill the command with its pool and kernels. ``--results`` appends
each point to a file, so that the work can be done in pieces; ``--table`` adds the file up.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from benchmarks import fault_project as project
from benchmarks.fault_project import Point, Project, in_a_child
from benchmarks.protocol import Measurement


class Faults:
    """The kinds of fault that befall a run in this process."""

    def __init__(self, folder: Path, seed: int, batch: bool = False) -> None:
        self.random = random.Random(seed)
        self.of = ", batch" if batch else ""
        work = project.batch_here if batch else project.run_here
        folder.chmod(0o777)
        self.project = Project(folder, self.random, work)

    def point(self, kind: str, disturb: Callable[[], int], *, unsettled: bool = True) -> Point:
        """Disturb one run, look, run again, compare."""
        started = time.perf_counter()
        if unsettled:
            self.project.unsettle()
        code = disturb()
        problems = self.project.message_problem(code) + self.project.aftermath()
        return Point(kind + self.of, time.perf_counter() - started, problems)

    def kill(self) -> Point:
        """Kill -9 at a random moment."""
        moment = self.random.uniform(0, self.project.seconds * 1.05)
        return self.point("kill -9", lambda: self.project.run(moment))

    def _changed(self, before: Callable[[], None]) -> int:
        """Run in a child that calls ``before`` first."""

        def work() -> int:
            before()
            return self.project._work(self.project.root, self.project.said)

        return in_a_child(work)

    def refused_flush(self, error: int, kind: str) -> Point:
        """Let the N-th and every later flush to disk fail."""
        number = self.random.randrange(1, 120)

        def before() -> None:
            real, count = os.fsync, [0]

            def fsync(handle: int) -> None:
                count[0] += 1
                if count[0] >= number:
                    raise OSError(error, os.strerror(error))
                real(handle)

            os.fsync = fsync  # type: ignore[assignment]

        return self.point(kind, lambda: self._changed(before))

    def refused_access(self, error: int, kind: str, *, writes_only: bool) -> Point:
        """Refuse the N-th access and every later one, as a share that has gone would."""
        number = self.random.randrange(1, 160 if writes_only else 500)
        root = self.project.root
        before = partial(project.no_share, root, number, error, writes_only=writes_only)
        return self.point(kind, lambda: self._changed(before))

    def small_files_only(self) -> Point:
        """Refuse to write any file beyond a random size (the system's own limit)."""
        size = self.random.randrange(0, 60_000)

        def before() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

        def work() -> int:
            before()
            code = self.project._work(self.project.root, None)
            return 0 if code in (project.FAILED, project.REFUSED) else code

        return self.point("file size limit", lambda: in_a_child(work))

    def full_disk(self) -> Point:
        """Run on a file system that has no room for all of it; then give it room."""
        started, here = time.perf_counter(), self.project
        needed = sum(len(content) for content in here.expected.values())
        size = 150_000 + self.random.randrange(needed * 2)
        with project.small_disk(here.root.parent / "disk", size) as mounted:
            if not mounted:
                return self.refused_flush(project.NO_SPACE, "full disk (refused flush)")
            there, root = here.root, project.make_project(here.root.parent / "disk" / "project")
            here.root = root
            try:
                here.said.unlink(missing_ok=True)
                problems = here.message_problem(here.run())
                more = ["mount", "-o", "remount,size=200m", str(root.parent)]
                subprocess.run(more, check=True)
                problems += here.aftermath()
            finally:
                here.root = there
        return Point("full disk" + self.of, time.perf_counter() - started, problems)

    def read_only(self) -> Point:
        """Make the result folders, or everything, read-only; then writable again."""
        root = self.project.root
        folder = root / self.random.choice([".", "data/processed", "reports"])

        def disturb() -> int:
            if os.geteuid():
                folder.chmod(0o555)
            else:
                subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
                lock = ["mount", "-o", "remount,ro,bind", str(folder)]
                subprocess.run(lock, check=True)
            try:
                return self.project.run()
            finally:
                if os.geteuid():
                    folder.chmod(0o755)
                else:
                    subprocess.run(["umount", str(folder)], check=True)

        return self.point("read-only folder", disturb)

    def cut_file(self) -> Point:
        """Cut or spoil one result, as a crash of the system itself could."""
        root = self.project.root
        patterns = ("data/processed/*/*", "data/processed/*/tables/*", "reports/*/*")
        names = [p for each in patterns for p in sorted(root.glob(each)) if p.is_file()]
        names = [p for p in names if p.name[0] != "." and f"/{p.name}" not in project.OF_BEFORE]
        spoilt = self.random.choice(names)
        content = spoilt.read_bytes()
        cut = content[: self.random.randrange(len(content) or 1)]
        started = time.perf_counter()
        spoilt.write_bytes(cut)
        code = self.project.run()
        problems = [] if code == 0 else [f"{spoilt.name}: the next run ended with {code}"]
        if project.compared(root) != self.project.expected:
            problems.append(f"{spoilt.name} was not made again")
        return Point("half-written file" + self.of, time.perf_counter() - started, problems)

    def two_at_once(self) -> Point:
        """Start the same run twice, the second at a random moment of the first."""
        moment = self.random.uniform(0, self.project.seconds / 2)

        def both() -> int:
            pid = os.fork()
            if pid == 0:
                os._exit(self.project.run())
            time.sleep(moment)
            second = self.project.run()
            _, status = os.waitpid(pid, 0)
            first = os.waitstatus_to_exitcode(status)
            return project.UNSAID if project.UNSAID in (first, second) else max(first, second)

        return self.point("two runs at once", both)

    def changed_input(self) -> Point:
        """Change a raw file while the run is going, and change it back."""
        moment = self.random.uniform(0, self.project.seconds)

        def change() -> int:
            pid = os.fork()
            if pid == 0:
                time.sleep(moment)
                self.project.change(back=False)
                os._exit(0)
            code = self.project.run()
            os.waitpid(pid, 0)
            self.project.change(back=True)
            return code

        return self.point("changed input", change)

    def jumping_clock(self) -> Point:
        """Let the wall clock jump by up to a year, both ways, at a random look at it."""
        jump, number = self.random.uniform(-3e7, 3e7), self.random.randrange(1, 20)

        def before() -> None:
            real, looks = time.time, [0]

            def now() -> float:
                looks[0] += 1
                return real() + (jump if looks[0] >= number else 0.0)

            time.time = now

        return self.point("clock jump", lambda: self._changed(before))

    def rare(self) -> list[Callable[[], Point]]:
        """Return every kind but the plain kill, each called in turn."""
        return [
            self.full_disk,
            partial(self.refused_access, project.NO_SPACE, "disk fills", writes_only=True),
            self.read_only,
            partial(self.refused_access, project.READ_ONLY, "turns read-only", writes_only=True),
            partial(self.refused_access, project.DROPPED, "share drops", writes_only=False),
            partial(self.refused_flush, project.DROPPED, "share drops at a flush"),
            self.small_files_only,
            self.cut_file,
            self.two_at_once,
            self.changed_input,
            self.jumping_clock,
        ]


class KernelFaults:
    """The kinds of fault that befall a kernel; the run itself goes on and says so."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.project = Project(folder, self.random, project.run_here)

    def _point(self, kind: str, code: str, cell_seconds: int = 60) -> Point:
        from analysis.briefing import execute as execution

        started, real = time.perf_counter(), execution.execute
        self.project.unsettle()
        variable = f"XUEWEI_FAULT_{self.random.choice(project.PLACES)}"
        os.environ[variable] = code
        execution.execute = partial(real, cell_seconds=cell_seconds)  # type: ignore[assignment]
        try:
            ended = self.project.run()
        finally:
            del os.environ[variable]
            execution.execute = real
        problems = [] if ended in (0, project.FAILED) else [f"it ended with {ended}"]
        problems += self.project.message_problem(ended) + self.project.aftermath()
        return Point(kind, time.perf_counter() - started, problems)

    def death(self) -> Point:
        """Kill the kernel within the first tenths of a second of a cell."""
        code = "import os, threading; "
        code += f"threading.Timer({self.random.uniform(0, 0.3)}, os.kill, (os.getpid(), 9)).start()"
        return self._point("kernel death", code)

    def timeout(self) -> Point:
        """Let a cell run longer than it may."""
        return self._point("notebook timeout", "import time; time.sleep(600)", cell_seconds=2)

    def memory(self) -> Point:
        """Let the kernel have little more memory than it holds, and then need a lot."""
        code = (
            "import resource, os\n"
            "held = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
            f"held += {self.random.randrange(40_000_000)}\n"
            "resource.setrlimit(resource.RLIMIT_AS, (held, held))\n"
            "taken = [bytearray(1_000_000) for _ in range(4000)]\n"
        )
        return self._point("out of memory in a kernel", code)

    def killed(self) -> Point:
        """Kill a run that has kernels of its own, and everything below it."""
        started = time.perf_counter()
        self.project.unsettle()
        moment = self.random.uniform(0, self.project.seconds)
        problems = self.project.message_problem(self.project.run(moment))
        problems += self.project.aftermath()
        return Point("kill -9, with kernels", time.perf_counter() - started, problems)


def killed_whole(folder: Path, seed: int, number: int, keep: Callable[[Point], None]) -> None:
    """Kill the command itself, in the middle of a batch with its pool and kernels."""
    chance = random.Random(seed)
    environment = {**os.environ, "XUEWEI_PDF": "0"}
    command = [sys.executable, "-m", "analysis", "run", "--all", "--workers", "2"]

    def work(root: Path, _said: Path | None) -> int:
        environment["XUEWEI_ROOT"] = str(root)
        return subprocess.run(command, cwd=root, env=environment, capture_output=True).returncode

    here = Project(folder, chance, work)
    for _ in range(number):
        started = time.perf_counter()
        here.change(back=True)
        environment["XUEWEI_ROOT"] = str(here.root)
        fresh = [*command, "--fresh"]
        nothing = subprocess.DEVNULL
        run = subprocess.Popen(
            fresh, cwd=here.root, env=environment, stdout=nothing, stderr=nothing
        )
        time.sleep(chance.uniform(0, here.seconds))
        run.kill()
        run.wait()
        time.sleep(2.0)  # its processes notice that it is gone
        seconds = time.perf_counter() - started
        keep(Point("kill -9, the command with its pool", seconds, here.aftermath()))


def disturb(
    points: int,
    seconds: float,
    folder: Path,
    keep: Callable[[Point], None],
    *,
    batch: int = 0,
    kernels: int = 0,
    whole: int = 0,
    seed: int = 7,
) -> None:
    """Try the disturbances in turn until the points or the time are used up."""
    deadline = time.monotonic() + seconds
    if points or batch:
        project.prepare(kernels=False)
    for number, of_batch in ((points, False), (batch, True)):
        if not number:
            continue
        place = folder / ("batch" if of_batch else "run")
        place.mkdir()
        faults = Faults(place, seed, of_batch)
        rare = faults.rare()
        faults.random.shuffle(rare)
        for point in range(number):
            if time.monotonic() > deadline:
                break
            keep((rare[point // 2 % len(rare)] if point % 2 else faults.kill)())
    if kernels:
        in_kernels(folder / "kernels", seed, kernels, deadline, keep)
    if whole:
        killed_whole(folder / "whole", seed, whole, keep)


def in_kernels(
    folder: Path, seed: int, number: int, deadline: float, keep: Callable[[Point], None]
) -> None:
    """Disturb kernels; in a process of its own, as this one runs cells itself."""
    import importlib

    from analysis.briefing import execute

    importlib.reload(execute)
    project.prepare(kernels=True)
    folder.mkdir()
    faults = KernelFaults(folder, seed)
    kinds = [faults.death, faults.timeout, faults.memory, faults.killed]
    for point in range(number):
        if time.monotonic() > deadline:
            break
        keep(kinds[point % len(kinds)]())


def table(rows: Iterable[dict[str, object]]) -> tuple[str, int, int]:
    """Return the table of kinds, tried, survived and lost; how many were tried; how many lost."""
    tried: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for row in rows:
        tried[str(row["kind"])] += 1
        lost[str(row["kind"])] += bool(row["problems"])
    lines = [f"{'fault':40} {'tried':>6} {'survived':>9} {'lost':>5}"]
    for kind, count in [*sorted(tried.items()), ("all", sum(tried.values()))]:
        gone = lost[kind] if kind != "all" else sum(lost.values())
        lines.append(f"{kind:40} {count:6} {count - gone:9} {gone:5}")
    return "\n".join(lines), sum(tried.values()), sum(lost.values())


def run(quick: bool) -> list[Measurement]:
    """Give the number of faults of each kind that were tried, and how many lost something."""
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="xuewei-faults-") as name:
        disturb(
            24 if quick else 440,
            60 if quick else 2400,
            Path(name),
            lambda point: rows.append(point.as_row()),
            batch=0 if quick else 60,
            kernels=0 if quick else 40,
            whole=0 if quick else 10,
        )
    for row in rows:
        if row["problems"]:
            print(f"LOST {row}")
    tried = Counter(str(row["kind"]) for row in rows)
    found = [
        Measurement(f"faults tried: {k}", float(n), "faults") for k, n in sorted(tried.items())
    ]
    lost = float(sum(bool(row["problems"]) for row in rows))
    return [*found, Measurement("faults that lost something", lost, "faults", "<= 0")]


def main() -> int:
    """Try the faults that were asked for, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, default=440)
    parser.add_argument("--seconds", type=float, default=2400.0)
    parser.add_argument("--batch", type=int, default=60)
    parser.add_argument("--kernels", type=int, default=40)
    parser.add_argument("--whole", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--table", action="store_true", help="only add up the results")
    arguments = parser.parse_args()
    rows: list[dict[str, object]] = []
    if arguments.table:
        rows = [json.loads(line) for line in arguments.results.read_text("utf-8").splitlines()]
    else:

        def keep(point: Point) -> None:
            rows.append(point.as_row())
            if arguments.results is not None:
                with arguments.results.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(point.as_row(), ensure_ascii=False) + "\n")

        with tempfile.TemporaryDirectory(prefix="xuewei-faults-") as name:
            disturb(
                arguments.points,
                arguments.seconds,
                Path(name),
                keep,
                batch=arguments.batch,
                kernels=arguments.kernels,
                whole=arguments.whole,
                seed=arguments.seed,
            )
    text, _, lost = table(rows)
    print(text)
    for row in rows:
        if row["problems"]:
            print(f"{row['kind']}: {row['problems']}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
