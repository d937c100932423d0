"""Run one notebook through papermill, in a kernel of its own, and keep it as the record.

The executed notebook holds no time, duration or path: the same inputs give the same bytes.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillException, PapermillExecutionError

from analysis import wording
from analysis.briefing.kernels import (
    PROVISIONER_NAME,
    PromptClient,
    WarmProvisioner,
    register,
    shared_server,
    why_cold,
)
from analysis.errors import ExecutionError
from analysis.store import HIDDEN_VARIABLE, ROOT_VARIABLE, write_text

ENGINE_NAME = "xuewei"
#: Longest one cell, and the start of one kernel, may take (tool defaults).
CELL_SECONDS, START_SECONDS = 900, 120
#: One thread a kernel: areas run side by side, sums do not depend on the machine, forks are safe.
KERNEL_VARIABLES = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
#: Longest path of a UNIX socket, with room for its number.
SOCKET_PATH = 90
_PARAGRAPH = 700
#: Warnings name a cell by a temporary file that differs in every process.
_CELL_FILE = re.compile(r"[^\s\"']*ipykernel_\d+[/\\]\d+\.py")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Executed:
    """How a notebook was run: seconds, the kind of kernel, why not a warm one, its peak memory.

    ``peak_mb`` is resident memory, pages shared with other kernels included; 0 if not known.
    """

    seconds: float
    kernel: str = "cold"
    reason: str = ""
    peak_mb: float = 0.0


class _Client(PapermillNotebookClient):
    """papermill's client; it tells the provisioner when the kernel has nothing left to do."""

    def papermill_execute_cells(self) -> None:
        """Run the cells in order."""
        super().papermill_execute_cells()  # type: ignore[no-untyped-call]
        if self.km is not None and isinstance(self.km.provisioner, WarmProvisioner):
            self.km.provisioner.peak_mb = peak_memory_mb(self.km.provisioner.pid)
            self.km.provisioner.idle = True


def peak_memory_mb(process: int | None) -> float:
    """Return the largest resident memory a process has held; 0 where the system does not say."""
    try:
        text = Path(f"/proc/{process}/status").read_text("ascii", errors="replace")
        line = next(row for row in text.splitlines() if row.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    except (OSError, StopIteration, ValueError):
        return 0.0


class KernelEngine(Engine):
    """papermill's own client, with the kernel's environment and folder said explicitly."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: Any,
        **options: Any,
    ) -> Any:
        """Run the cells in order in one kernel."""
        client = _Client(  # type: ignore[no-untyped-call]
            nb_man,
            km=options["manager"],
            kernel_name=kernel_name,
            timeout=options["cell_seconds"],
            startup_timeout=START_SECONDS,
            record_timing=False,
            log=log,
        )
        return client.execute(  # type: ignore[no-untyped-call]
            env=dict(options["environment"]), cwd=options["folder"], cleanup_kc=True
        )


papermill_engines.register(ENGINE_NAME, KernelEngine)  # type: ignore[no-untyped-call]


def kernel_manager(folder: Path) -> AsyncKernelManager:
    """Return the manager of one kernel: warm where safe, its sockets in a private folder."""
    register()
    manager = AsyncKernelManager(kernel_name="python3")
    manager.client_factory = PromptClient
    manager.connection_file = str(folder / "k.json")
    if hasattr(socket, "AF_UNIX") and len(manager.connection_file) < SOCKET_PATH:
        manager.transport = "ipc"
        manager.ip = str(folder / "k")
    if manager.kernel_spec is not None:
        manager.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": PROVISIONER_NAME}
    return manager


def kernel_environment(root: Path, hidden: Iterable[str] = ()) -> dict[str, str]:
    """Return the environment variables a kernel is started with."""
    found = {**KERNEL_VARIABLES, "PYTHONHASHSEED": "0", **os.environ}
    found[ROOT_VARIABLE] = str(root)
    found[HIDDEN_VARIABLE] = ",".join(sorted(hidden))
    found.pop("PYTHONEXECUTABLE", None)
    return found


def warm_up() -> None:
    """Start the fork server now, so that it is ready when the first notebook is run."""
    environment = kernel_environment(Path.cwd())
    if not why_cold(environment):
        shared_server(environment)


def execute(
    notebook: Path,
    target: Path,
    parameters: Mapping[str, object],
    *,
    root: Path,
    hidden: Iterable[str] = (),
    cell_seconds: int = CELL_SECONDS,
) -> Executed:
    """Run ``notebook`` with ``parameters`` and write the executed notebook to ``target``.

    Parameters
    ----------
    notebook, target
        The notebook as stored, and where the record goes.
    parameters
        Validated run parameters; they go into the cell after the tagged one.
    root
        The project folder: the kernel's working directory.
    hidden
        Tables the notebook must not see (those of later steps).
    cell_seconds
        Longest time for one cell.

    Raises
    ------
    ExecutionError
        A cell failed, took too long, or the kernel died. What had run until then is kept in
        ``failed/`` beside the folder of ``target``.
    """
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="xuewei-") as folder:
        written = Path(folder) / notebook.name
        manager = kernel_manager(Path(folder))
        try:
            papermill.execute_notebook(  # type: ignore[no-untyped-call]
                _read(notebook),
                str(written).replace("{", "{{").replace("}", "}}"),
                parameters=dict(parameters),
                engine_name=ENGINE_NAME,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                environment=kernel_environment(root, hidden),
                folder=str(root),
                manager=manager,
                cell_seconds=cell_seconds,
            )
        except (
            PapermillException,
            PapermillExecutionError,
            CellTimeoutError,
            DeadKernelError,
            RuntimeError,
        ) as error:
            _keep_failed(written, target)
            language = str(parameters.get("language", "en"))
            said = _paragraph(notebook, error, cell_seconds, language)
            raise ExecutionError(said) from error
        done = _read(written)
    write_text(target, record(done))
    reason = getattr(manager.provisioner, "reason", "another provisioner")
    peak = round(getattr(manager.provisioner, "peak_mb", 0.0), 1)
    return Executed(time.perf_counter() - started, "cold" if reason else "warm", reason, peak)


def record(notebook: Any) -> str:
    """Return an executed notebook as text without times, paths and random cell names."""
    notebook.metadata.pop("papermill", None)
    for place, cell in enumerate(notebook.cells):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output["text"] = _without_cell_files(output["text"])
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"
        elif "id" in cell and "papermill-error-cell-tag" in cell.metadata.get("tags", []):
            cell["id"] = f"error-{place}"
    text: str = nbformat.writes(notebook, version=4)  # type: ignore[no-untyped-call]
    return text + "\n"


def _without_cell_files(text: str) -> str:
    """Return printed text with the temporary names of cells replaced, line by line."""
    if "ipykernel_" not in text:
        return text
    lines = text.splitlines(keepends=True)
    return "".join(_CELL_FILE.sub("<cell>", s) if "ipykernel_" in s else s for s in lines)


def _read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def _keep_failed(written: Path, target: Path) -> None:
    if written.exists():
        failed = target.parent.parent / "failed" / target.name
        write_text(failed, record(_read(written)))


def _paragraph(notebook: Path, error: Exception, cell_seconds: int, language: str) -> str:
    """Say in one paragraph which cell of which notebook failed, how, and what to do."""
    name = notebook.stem
    if isinstance(error, PapermillExecutionError):
        first = next((line for line in str(error.source).splitlines() if line.strip()), "")
        return wording.say(
            "pipeline.cell_failed",
            language,
            notebook=name,
            number=error.exec_count,
            first=first.strip()[:90],
            problem=_short(f"{error.ename}: {error.evalue}"),
        )
    if isinstance(error, CellTimeoutError):
        return wording.say("pipeline.too_long", language, notebook=name, seconds=cell_seconds)
    if isinstance(error, DeadKernelError):
        return wording.say("pipeline.kernel_died", language, notebook=name)
    problem = _short(f"{type(error).__name__}: {error}")
    return wording.say("pipeline.kernel_failed", language, notebook=name, problem=problem)


def _short(text: str) -> str:
    said = " ".join(text.split())
    return f"{said[:_PARAGRAPH]} ..." if len(said) > _PARAGRAPH else said
