"""The project that is broken on purpose: made, run in a child, looked at, compared.

Not a benchmark by itself; ``benchmarks.faults`` holds the kinds of fault.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import io
import json
import os
import random
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from pipeline import small

AREAS = ("some", "third", "tiny")
#: Loaded once, so that a point pays for the work and not for imports.
LOADED = (
    "analysis.intake",
    "analysis.pipeline",
    "analysis.briefing.exporting",
    "analysis.briefing.index",
    "analysis.factory.batch",
    "analysis.figures",
    "analysis.findings",
    "analysis.cli",
    "pandas.io.formats.style",
    "pyarrow.parquet",
    "pyarrow.pandas_compat",
    "pandera.backends.pandas.register",
)
#: Exit codes of a child: done, failed in words, locked in words, refused by the system in words.
DONE, FAILED, LOCKED, REFUSED, UNSAID = 0, 3, 4, 5, 9
#: One of these stands in every message of a run that could not be done: what to do now.
ADVICE = ("再运行", "重新运行", "腾出", "权限", "Wait", "run again", "failed/", "doctor")
#: Each cell begins with this: nothing, unless a fault is to happen in the kernel at that cell.
HOOK = 'import os; exec(os.environ.get("XUEWEI_FAULT_{place}", ""))\n'
OF_BEFORE = ("/changes.html", "/summary_previous.json")
PLACES = ("10_0", "10_1", "20_0", "20_1")


def make_project(root: Path) -> Path:
    """Write three small areas and two notebooks in whose cells a fault can happen."""
    small.make_project(root, AREAS)
    for name, source in (("10_first", small.FIRST), ("20_second", small.SECOND)):
        place = name[:2]
        cells = (HOOK.format(place=f"{place}_0"), HOOK.format(place=f"{place}_1") + source)
        small.write_notebook(root / "notebooks" / f"{name}.ipynb", *cells)
    return root


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


class ForkPool:
    """Stands in for the pool of the factory: a fork an area, so that a batch pays no imports."""

    def __init__(self, workers: int, _limits: object, _log: object = None) -> None:
        self._workers = workers

    def __enter__(self) -> ForkPool:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, jobs: Sequence[Any], _on_part: object) -> Iterator[Any]:
        """Do ``workers`` areas side by side, then the next."""
        from analysis.factory.messages import outcome_message, outcome_of
        from analysis.pipeline import run_area

        for start in range(0, len(jobs), self._workers):
            started = []
            for job in jobs[start : start + self._workers]:
                reading, writing = os.pipe()
                pid = os.fork()
                if pid == 0:
                    done = run_area(job.parameters, root=job.root)
                    os.write(writing, json.dumps(outcome_message(done)).encode())
                    os._exit(0)
                os.close(writing)
                started.append((pid, reading))
            for pid, reading in started:
                with os.fdopen(reading, "rb") as pipe:
                    said = pipe.read()
                os.waitpid(pid, 0)
                if said:
                    yield outcome_of(json.loads(said))


def prepare(kernels: bool) -> None:
    """Load and run everything once in this process, so that each point is a fork away."""
    from analysis.briefing import execute
    from analysis.factory import batch

    os.environ["XUEWEI_PDF"] = "0"  # a browser's print is not what is tested
    os.environ["XUEWEI_WARM"] = ""
    for name in LOADED:
        importlib.import_module(name)
    if kernels:
        return
    execute.execute = cells_in_this_process  # type: ignore[assignment]
    batch.Pool = ForkPool  # type: ignore[assignment,misc]
    with tempfile.TemporaryDirectory() as folder:
        run_here(small.make_project(Path(folder)), None)


def run_here(root: Path, said: Path | None) -> int:
    """Bring the first area up to date; what is said about a failure goes to the file ``said``."""
    from analysis.cli import refused_words
    from analysis.errors import RunLockedError
    from analysis.pipeline import run_area

    code, text = DONE, ""
    try:
        outcome = run_area(small.parameters(), root=root)
        if outcome.failed:
            code, text = FAILED, outcome.error
    except RunLockedError as error:
        code, text = LOCKED, str(error)
    except OSError as error:
        code, text = REFUSED, refused_words(error)
    if said is not None and text:
        said.write_text(text, encoding="utf-8")
    return code


def batch_here(root: Path, said: Path | None) -> int:
    """Run ``xuewei run --all`` over every area, in this process."""
    import click

    from analysis import cli
    from analysis.store import ROOT_VARIABLE

    os.environ[ROOT_VARIABLE] = str(root)
    shown = io.StringIO()
    cli.console.file = cli.errors.file = shown
    with contextlib.redirect_stdout(shown):
        try:
            cli.app(["run", "--all", "--workers", "2"], standalone_mode=False)
            code = DONE
        except click.exceptions.Exit as ended:
            code = FAILED if ended.exit_code else DONE
    if said is not None and code:
        said.write_text(shown.getvalue(), encoding="utf-8")
    return code


def in_a_child(work: Callable[[], int], kill_after: float | None = None) -> int:
    """Fork, work, perhaps be killed with everything below; return the exit code or -signal."""
    pid = os.fork()
    if pid == 0:
        code = UNSAID
        try:
            os.setsid()
            with Path(os.devnull).open("w") as nothing:
                os.dup2(nothing.fileno(), 2)
            code = work()
        except BaseException:  # noqa: BLE001 - whatever got out was said to nobody
            code = UNSAID
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


def compared(root: Path) -> dict[str, bytes]:
    """Return the results that must be the same whatever had been run before.

    Left out beside what the tests leave out: the page of changes since the last run that differed,
    and the summary it keeps of that run. They tell of what had been run before.
    """
    found = {}
    for name, content in small.results(root).items():
        if name.endswith(OF_BEFORE):
            continue
        if name.endswith("/manifest.json"):
            document = json.loads(content)
            outputs = document["outputs"]
            document["outputs"] = {n: s for n, s in outputs.items() if not n.endswith(OF_BEFORE)}
            content = json.dumps(document, sort_keys=True).encode()
        found[name] = content
    return found


def no_share(root: Path, number: int, error: int, *, writes_only: bool) -> None:
    """Refuse every access below ``root`` from the ``number``-th on, in this process, for good."""
    below, count = f"{root}{os.sep}", [0]
    changing = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod")

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" and event not in changing and event not in ("os.listdir", "os.scandir"):
            return
        path = arguments[0]
        if not isinstance(path, (str, os.PathLike)) or not os.fspath(path).startswith(below):
            return
        if writes_only:
            flags = arguments[2] if event == "open" and isinstance(arguments[2], int) else 0
            if event not in changing and not flags & (os.O_WRONLY | os.O_RDWR):
                return
            if event == "os.remove":
                return  # a full disk still lets go
        count[0] += 1
        if count[0] >= number:
            raise OSError(error, os.strerror(error), os.fspath(path))

    sys.addaudithook(look)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[bool]:
    """Mount a file system of ``size`` bytes at ``folder``; false where that is not allowed."""
    import subprocess

    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={max(size, 4096)}"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    mounted = (
        sys.platform == "linux" and not subprocess.run(command, capture_output=True).returncode
    )
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


@dataclass
class Point:
    """One fault: its kind, when it came, and what was not as it should be afterwards."""

    kind: str
    seconds: float
    problems: list[str]

    def as_row(self) -> dict[str, object]:
        """Return the point as JSON can hold it."""
        return {"kind": self.kind, "seconds": round(self.seconds, 2), "problems": self.problems}


class Project:
    """A project with the results of an undisturbed run to compare with."""

    def __init__(
        self, folder: Path, chance: random.Random, work: Callable[[Path, Path | None], int]
    ) -> None:
        self.random = chance
        self.said = folder / "said.txt"
        self.root = make_project(folder / "project")
        self._work = work
        started = time.perf_counter()
        if self.run() != DONE:
            raise RuntimeError(f"the undisturbed run failed: {self._words()}")
        self.seconds = time.perf_counter() - started
        self.expected = compared(self.root)
        self.raw = small.contents(self.root, "data/raw")

    def run(self, kill_after: float | None = None) -> int:
        """Run in a child of this process."""
        return in_a_child(lambda: self._work(self.root, self.said), kill_after)

    def change(self, *, back: bool) -> None:
        """Change the first area's raw data, or change it back."""
        persons = 1000 if back else self.random.randrange(2000, 9000)
        small.add_area(self.root, AREAS[0], persons)

    def unsettle(self) -> None:
        """Leave something to do: what was done is forgotten, or other data was run, or begun."""
        way = self.random.random()
        if way < 0.5:
            for state in sorted(self.root.glob("data/processed/*/state.json")):
                if state.parent.name.startswith(AREAS[0]) or self.random.random() < 0.5:
                    state.unlink()
        else:
            self.change(back=False)
            self.run(None if way > 0.85 else self.random.uniform(0.2, 0.9) * self.seconds)
            self.change(back=True)
        self.said.unlink(missing_ok=True)

    def _words(self) -> str:
        return self.said.read_text("utf-8") if self.said.exists() else ""

    def message_problem(self, code: int) -> list[str]:
        """Return what is wrong with what the user was told when the run ended with ``code``."""
        words = self._words()
        if code == UNSAID:
            return ["it ended without a word"]
        if code > 0 and not any(advice in words for advice in ADVICE):
            return [f"the message does not say what to do: {words[:300]!r}"]
        return []

    def aftermath(self) -> list[str]:
        """Look at raw data and half files, run again undisturbed, and compare every byte."""
        problems = []
        if small.contents(self.root, "data/raw") != self.raw:
            problems.append("raw data changed")
        if half := half_files(self.root):
            problems.append(f"half files: {half[:3]}")
        self.said.unlink(missing_ok=True)
        code = self.run()
        if code != DONE:
            problems.append(f"the next run ended with {code}: {self._words()[:300]}")
        found = compared(self.root)
        if found != self.expected:
            names = sorted(
                n for n in {*found, *self.expected} if found.get(n) != self.expected.get(n)
            )
            problems.append(f"other bytes: {names[:4]}")
        left = [p.name for p in self.root.glob("*/*/.*.part")]
        return problems + ([f"parts left behind: {left[:3]}"] if left else [])


NO_SPACE, READ_ONLY, DROPPED = errno.ENOSPC, errno.EROFS, errno.ESTALE
