"""A working process of the pool: takes jobs from its standard input, one a line, one at a time.

It ends when its input is closed, also in the middle of an area: so nothing goes on working after
the process that started it has been killed.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import sys
import threading
from typing import Any, TextIO

from analysis.briefing.execute import warm_up
from analysis.briefing.kernels import close_shared_server
from analysis.errors import RunLockedError
from analysis.factory.limits import LOG_LEVELS, LOG_VARIABLE
from analysis.factory.messages import Job, job_of, outcome_message
from analysis.pipeline import AreaOutcome, run_area


def main() -> None:
    """Work until the input is closed."""
    # the real standard output is for messages only; whatever prints goes to the log
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    level = os.environ.get(LOG_VARIABLE, "").upper()
    logging.basicConfig(
        level=level if level in LOG_LEVELS else "INFO",
        format="%(asctime)s %(levelname)s %(message)s",
    )
    for name in ("papermill", "traitlets", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs,), daemon=True).start()
    warm_up()
    _say(channel, {"event": "ready"})
    while True:
        _say(channel, {"event": "outcome", **outcome_message(_run(jobs.get(), channel))})


def _listen(jobs: queue.SimpleQueue[Job]) -> None:
    for line in sys.stdin:
        jobs.put(job_of(json.loads(line)))
    # our parent is gone or done with us: so are the kernels, also in the middle of an area
    close_shared_server()
    os._exit(0)


def _run(job: Job, channel: TextIO) -> AreaOutcome:
    def tell(part: str, state: str, seconds: float) -> None:
        _say(channel, {"event": "part", "part": part, "state": state, "seconds": seconds})

    try:
        return run_area(
            job.parameters,
            root=job.root,
            fresh=job.fresh,
            only=job.only,
            on_step=tell,
            wait_seconds=job.wait_seconds,
        )
    except RunLockedError as error:
        return AreaOutcome(
            area=job.parameters.area,
            run_name=job.name,
            state="failed",
            reports=job.root / "reports" / job.name,
            error=str(error),
        )


def _say(channel: TextIO, message: dict[str, Any]) -> None:
    try:
        channel.write(json.dumps(message, ensure_ascii=False) + "\n")
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
