"""Servers that tests start: what they say goes to a file, so that no pipe can hold a test up.

A pipe fills, and it stays open for as long as any process the server has started lives.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

END_SECONDS = 30


@contextlib.contextmanager
def started(
    command: Sequence[str], folder: Path, values: Mapping[str, str], pattern: str, seconds: float
) -> Iterator[tuple[re.Match[str], str]]:
    """Start a server; give what ``pattern`` found in what it said, and all it said until then."""
    log = folder / "server.log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            list(command),
            cwd=folder,
            env={**os.environ, "HOME": str(folder), **values},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + seconds
        found = None
        while found is None:
            assert server.poll() is None and time.monotonic() < until, log.read_text("utf-8")
            time.sleep(0.1)
            said = log.read_text("utf-8", errors="replace")
            found = re.search(pattern, said)
        yield found, said
    finally:
        end(server)


def end(server: subprocess.Popen[bytes]) -> None:
    """End a server and its group: asked at first, then made to."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(END_SECONDS)
            return
