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


@pytest.mark.slow
def test_a_sample_of_faults_loses_nothing():
    done = harness("--points", "25", "--seconds", "90", "--real", "0")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "kill -9" in done.stdout


@pytest.mark.slow
def test_killing_runs_with_kernels_loses_nothing():
    done = harness("--points", "1", "--seconds", "60", "--real", "3")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "kill -9, with kernels" in done.stdout
