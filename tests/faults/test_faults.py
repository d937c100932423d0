"""A sample of the fault harness: the whole of it is ``python -m benchmarks.faults``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def harness(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.faults", *arguments],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


NONE = ("--batch", "0", "--kernels", "0", "--whole", "0")


@pytest.mark.slow
def test_a_sample_of_faults_loses_nothing():
    done = harness("--points", "22", "--seconds", "90", *NONE)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "kill -9" in done.stdout


@pytest.mark.slow
def test_kernels_that_die_hang_or_run_out_of_memory_lose_nothing():
    done = harness("--points", "0", "--seconds", "120", *NONE, "--kernels", "4")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "kernel death" in done.stdout
