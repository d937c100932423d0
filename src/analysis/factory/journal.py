"""What a batch tells: a progress bar or plain lines for people, JSON lines for programs."""

from __future__ import annotations

import datetime
import json
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from analysis.factory.messages import Job
from analysis.pipeline import AreaOutcome

LOG_FOLDER = Path("data") / "processed" / "logs"
_STATE = {
    "done": "完成 done",
    "unchanged": "未变 unchanged",
    "failed": "失败 failed",
}


class Journal:
    """The progress of one batch, shown on a console and kept as ``<time>.jsonl``."""

    def __init__(self, root: Path, console: Console, total: int) -> None:
        now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%fZ")
        self.path = root / LOG_FOLDER / f"{now}.jsonl"
        self.worker_log = self.path.with_suffix(".log")
        self._console = console
        self._total = total
        self._seen = self._worked = 0
        self._began = time.monotonic()
        self._counts = dict.fromkeys(_STATE, 0)
        self._file: IO[str] | None = None
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Open the log and start the bar if there is a terminal."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("w", encoding="utf-8", buffering=1)
        if self._console.is_terminal:
            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=self._console,
                transient=True,
            )
            self._progress.start()
            self._task = self._progress.add_task("…", total=self._total, rate="")
        self.write("start", areas=self._total)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close both; an interruption is written down."""
        if kind is not None:
            self.write("stopped", error=kind.__name__)
        else:
            self.write("end", **self._counts)
            said = "，".join(f"{_STATE[s]} {n}" for s, n in self._counts.items() if n)
            self._say(said or "没有区域 no area")
        if self._progress is not None:
            self._progress.stop()
        if self._file is not None:
            self._file.close()

    def write(self, event: str, **values: object) -> None:
        """Add a line to the log."""
        if self._file is not None:
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
            line = json.dumps({"time": now, "event": event, **values}, ensure_ascii=False)
            self._file.write(line + "\n")

    def part(self, job: Job, message: dict[str, Any]) -> None:
        """Note that a part of an area has started or ended."""
        self.write(message.pop("event"), run=job.name, **message)
        if self._progress is not None and self._task is not None and "part" in message:
            said = f"{job.parameters.area} {message['part']}"
            self._progress.update(self._task, description=said)
        elif self._total == 1 and message.get("state") == "done":
            self._say(f"  {message['part']}  {message['seconds']:.1f} s")

    def outcome(self, outcome: AreaOutcome) -> None:
        """Note that an area is finished."""
        self._seen += 1
        self._counts[outcome.state] += 1
        self._worked += outcome.state != "unchanged"
        elapsed = time.monotonic() - self._began
        rate, left = pace(self._worked, self._total - self._seen, elapsed)
        self.write(
            "area",
            run=outcome.run_name,
            state=outcome.state,
            seconds=round(outcome.seconds, 3),
            ran=list(outcome.ran),
            step=outcome.failed_step,
            error=outcome.error,
            kernels=sorted(set(outcome.kernels)),
            kernel_mb=dict(outcome.kernel_mb),
            number=self._seen,
            of=self._total,
            left_seconds=None if left is None else round(left),
        )
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, advance=1, rate=rate)
        if outcome.state != "unchanged" or self._total == 1:
            said = _STATE[outcome.state]
            ahead = f"  {rate}  还需 left {_clock(left)}" if left else ""
            place = f"[{self._seen}/{self._total}]"
            self._say(f"{place} {outcome.run_name}  {said}  {outcome.seconds:.1f} s{ahead}")
        if outcome.failed:
            self._say(f"    {outcome.error}", style="red")

    def _say(self, text: str, style: str | None = None) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True, style=style)


def pace(worked: int, remaining: int, elapsed: float) -> tuple[str, float | None]:
    """Return the rate of a batch in words and the seconds left; None before there is a rate.

    Areas that were unchanged cost nothing and do not count as worked; all that remain are taken
    to need work.
    """
    if not worked or elapsed <= 0:
        return "", None
    return f"{worked / elapsed * 60:.1f}/min", elapsed / worked * remaining


def _clock(seconds: float) -> str:
    return str(datetime.timedelta(seconds=round(seconds)))
