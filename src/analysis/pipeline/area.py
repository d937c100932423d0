"""Run one area: do what is unfinished or changed, skip the rest, record what was done."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from analysis import wording
from analysis.config import RunParameters
from analysis.errors import ExecutionError, RunLockedError
from analysis.pipeline.manifest import (
    MANIFEST_FILE,
    PROVENANCE_FILE,
    provenance,
    write_manifest,
)
from analysis.pipeline.state import NOTES_FILE, RunState
from analysis.pipeline.status import (
    ERROR_PAGE,
    AreaOutcome,
    failed_outcome,
    says_done,
    write_status,
)
from analysis.pipeline.steps import Step, chosen_steps, steps
from analysis.pipeline.versions import code_version, digest, environment
from analysis.store import (
    Run,
    import_raw,
    parts_left,
    raw_paths,
    remove_parts,
    run_lock,
    run_of,
    sha256,
    write_json,
)

IMPORT, EXPORT = "import", "export"
StepState = Literal["start", "done", "unchanged"]
OnStep = Callable[[str, StepState, float], None]

log = logging.getLogger(__name__)


@dataclass
class _Work:
    """One pass over the parts of a run."""

    run: Run
    state: RunState
    every: tuple[Step, ...]
    chosen: frozenset[str]
    fresh: bool
    tell: OnStep
    area_sha: str
    inputs: dict[str, str]
    now: str = IMPORT
    ran: list[str] = field(default_factory=list)
    kernels: list[str] = field(default_factory=list)
    kernel_mb: dict[str, float] = field(default_factory=dict)

    def key(self, part: str, **more: object) -> str:
        """Return the hash of everything a part depends on."""
        return digest(
            {
                "part": part,
                "parameters": self.run.parameters.model_dump(),
                "area": self.area_sha,
                "code": code_version(),
                "environment": dict(environment()),
                **more,
            }
        )

    def parts(self) -> Iterator[tuple[str, Step | None, str]]:
        """Give each part with its hash, in order; an earlier part is done before the next asked."""
        yield IMPORT, None, self.key(IMPORT, inputs=self.inputs)
        before = [IMPORT]
        for step in self.every:
            if step.name in self.chosen:
                notebook = self.state.hash_of(step.notebook)
                tables = self.state.tables(before)
                yield step.name, step, self.key(step.name, notebook=notebook, tables=tables)
            before.append(step.name)
        yield EXPORT, None, self.key(EXPORT, **self.results())

    def results(self) -> dict[str, object]:
        """Return the hashes of all an export reads."""
        notes = self.run.folder / NOTES_FILE
        parts = [IMPORT, *(step.name for step in self.every)]
        return {
            "outputs": {part: dict(self.state.outputs(part)) for part in parts},
            "notes": self.state.hash_of(notes) if notes.exists() else "",
            "inputs": self.inputs,
        }

    def redo(self, part: str) -> bool:
        """Tell whether a part is to be run even if nothing has changed."""
        return self.fresh and (part in self.chosen or len(self.chosen) == len(self.every))


def _open(
    parameters: RunParameters, root: Path, fresh: bool, only: Sequence[str], tell: OnStep
) -> _Work:
    run = run_of(parameters, root)
    every = steps(root)
    state = RunState(run)
    raw = root / "data" / "raw" / run.area.name
    return _Work(
        run=run,
        state=state,
        every=every,
        chosen=chosen_steps(every, only),
        fresh=fresh,
        tell=tell,
        area_sha=sha256((raw / "area.toml").read_bytes()),
        inputs=_raw_hashes(state, raw),
    )


def _raw_hashes(state: RunState, raw: Path) -> dict[str, str]:
    return {p.relative_to(raw).as_posix(): state.hash_of(p) for p in raw_paths(raw)}


def is_current(parameters: RunParameters, *, root: Path, only: Sequence[str] = ()) -> bool:
    """Tell, without running anything, whether every part of a run is done and unchanged."""
    work = _open(parameters, root, False, only, _silent)
    done = all(work.state.is_done(part, key) for part, _, key in work.parts())
    left = any(parts_left(folder) for folder in (work.run.folder, work.run.reports))
    return done and says_done(work.run) and not left


def _silent(_part: str, _state: StepState, _seconds: float) -> None:
    """Tell nobody."""


def run_area(
    parameters: RunParameters,
    *,
    root: Path,
    fresh: bool = False,
    only: Sequence[str] = (),
    on_step: OnStep | None = None,
    wait_seconds: float = 0.0,
) -> AreaOutcome:
    """Bring one area's briefing up to date.

    Parameters
    ----------
    parameters
        What to run.
    root
        The project folder.
    fresh
        Run every part even if nothing has changed.
    only
        Numbers or names of the notebooks to look at; all if empty.
    on_step
        Called with each part's name, state and seconds.
    wait_seconds
        How long to wait for another process that works on the same run.

    Returns
    -------
    AreaOutcome
        A failure is an outcome too, with its error in one paragraph, an error page and
        ``status.json``.

    Raises
    ------
    ParameterError
        ``only`` names no step.
    RunLockedError
        Another process is working on the same run.
    """
    started = time.perf_counter()
    chosen_steps(steps(root), only)
    with run_lock(root, parameters.run_name, wait_seconds=wait_seconds):
        work: _Work | None = None
        try:
            work = _open(parameters, root, fresh, only, on_step or _silent)
            _do(work)
        except RunLockedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever happens to one area is its outcome
            return failed_outcome(
                parameters,
                root,
                error,
                run=None if work is None else work.run,
                step=IMPORT if work is None else work.now,
                ran=() if work is None else tuple(work.ran),
                seconds=time.perf_counter() - started,
            )
    return AreaOutcome(
        area=parameters.area,
        run_name=parameters.run_name,
        state="done" if work.ran else "unchanged",
        reports=work.run.reports,
        ran=tuple(work.ran),
        seconds=time.perf_counter() - started,
        kernels=tuple(work.kernels),
        kernel_mb=work.kernel_mb,
    )


def _do(work: _Work) -> None:
    state, run = work.state, work.run
    for folder in (run.folder, run.reports):
        remove_parts(folder)
    for part, step, key in work.parts():
        work.now = part
        if not work.redo(part) and state.is_done(part, key):
            work.tell(part, "unchanged", 0.0)
            continue
        if not work.ran:
            write_status(run, "running")
        work.tell(part, "start", 0.0)
        started = time.perf_counter()
        if part == IMPORT:
            _import(work, key)
        elif part == EXPORT:
            _export(work)
        elif step is not None:
            _notebook(work, step, key)
        work.ran.append(part)
        work.tell(part, "done", time.perf_counter() - started)
    if work.ran or not says_done(run):
        (run.reports / ERROR_PAGE).unlink(missing_ok=True)
        write_status(run, "done")
    state.save()


def _import(work: _Work, key: str) -> None:
    state, run = work.state, work.run
    state.strike_out(IMPORT)
    before = state.table_stamps()
    read = import_raw(run)
    if read != work.inputs:
        raise ExecutionError(_changed_message(run))
    written = _written(state, before)
    state.enter(IMPORT, key, [*written, run.folder / "corrections.xlsx"])


def _notebook(work: _Work, step: Step, key: str) -> None:
    from analysis.briefing.execute import execute

    state, run = work.state, work.run
    state.strike_out(step.name)
    before, notes_before = state.table_stamps(), state.note_keys()
    earlier = [IMPORT, *(s.name for s in work.every if s.name < step.name)]
    visible = state.tables(earlier)
    hidden = [path.stem for path in before if path.stem not in visible]
    target = run.folder / "notebooks" / f"{step.name}.ipynb"
    done = execute(step.notebook, target, run.parameters.model_dump(), root=run.root, hidden=hidden)
    written = _written(state, before)
    twice = sorted({path.stem for path in written} & set(visible))
    if twice:
        msg = f"{step.name} writes tables an earlier step has written: {', '.join(twice)}."
        raise ExecutionError(msg)
    (run.folder / "failed" / f"{step.name}.ipynb").unlink(missing_ok=True)
    notes = {k for k, text in state.note_keys().items() if notes_before.get(k) != text}
    state.enter(step.name, key, [*written, target], notes)
    work.kernels.append(done.kernel)
    work.kernel_mb[step.name] = done.peak_mb
    if done.reason:
        log.info("%s: cold kernel: %s", step.name, done.reason)


def _written(state: RunState, before: dict[Path, Any]) -> list[Path]:
    return [path for path, now in state.table_stamps().items() if before.get(path) != now]


def _export(work: _Work) -> None:
    from analysis import briefing

    state, run = work.state, work.run
    raw = run.root / "data" / "raw" / run.area.name
    if _raw_hashes(state, raw) != work.inputs:
        raise ExecutionError(_changed_message(run))
    old = set(state.outputs(EXPORT))
    state.strike_out(EXPORT, delete=False)
    (run.reports / MANIFEST_FILE).unlink(missing_ok=True)
    _remove_unowned(work)
    before = state.table_stamps()
    notebooks = {step.name: state.hash_of(step.notebook) for step in work.every}
    what = provenance(run, work.inputs, work.area_sha, notebooks)
    write_json(run.folder / PROVENANCE_FILE, what)
    written = sorted(briefing.export(run).values())
    files = [path for path in written if path.is_file()]
    files += [p for folder in written if folder.is_dir() for p in sorted(folder.rglob("*.*"))]
    files += _written(state, before)
    outputs = {p.relative_to(run.root).as_posix(): state.hash_of(p) for p in files}
    told = run.folder / PROVENANCE_FILE
    for name in old - set(outputs) - {told.relative_to(run.root).as_posix()}:
        (run.root / name).unlink(missing_ok=True)
    made = dict(outputs)
    for part in (IMPORT, *(step.name for step in work.every)):
        made |= dict(state.outputs(part))
    manifest = write_manifest(run, what, made)
    state.enter(EXPORT, work.key(EXPORT, **work.results()), [*files, manifest, told])


def _remove_unowned(work: _Work) -> None:
    """Remove tables that no part has written: of an earlier export, or of a step that is gone."""
    parts = (IMPORT, *(step.name for step in work.every))
    owned = {work.run.root / name for part in parts for name in work.state.outputs(part)}
    for path in work.state.table_stamps():
        if path not in owned:
            path.unlink()


def _changed_message(run: Run) -> str:
    return wording.say("pipeline.changed", run.language, area=run.area.name)
