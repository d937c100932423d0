"""Commands about runs: run, run again, publish, compare, clean up."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Annotated

import typer

from analysis.cli.base import EXIT_FAILED, clear, console, root_folder, secrets_of, warn
from analysis.errors import ExecutionError, ParameterError


@clear
def run(
    areas: Annotated[list[str] | None, typer.Argument(help="区域 / areas")] = None,
    every: Annotated[bool, typer.Option("--all", help="全部区域 / every area")] = False,
    base_year: Annotated[int | None, typer.Option(help="基年 / base school year")] = None,
    horizon_years: Annotated[int | None, typer.Option(help="预测年数 / years to forecast")] = None,
    plan_years: Annotated[int | None, typer.Option(help="规划年数 / years to plan")] = None,
    scenario: Annotated[str, typer.Option(help="情景 / scenario: low central high")] = "central",
    language: Annotated[str, typer.Option("--lang", help="zh / en")] = "zh",
    workers: Annotated[int, typer.Option(help="并行进程 / processes", min=1)] = 1,
    fresh: Annotated[bool, typer.Option(help="全部重做 / redo everything")] = False,
    only: Annotated[str, typer.Option(help="只做这些步骤 / only these steps, comma")] = "",
    scheduler: Annotated[str, typer.Option(help="Dask: tcp://host:8786")] = "",
    storage: Annotated[str, typer.Option(help="共同存储 / shared: s3://bucket/project")] = "",
    since: Annotated[str, typer.Option(help="原始文件新于 / raw newer than: 2026-11-01, 3d")] = "",
    log: Annotated[str, typer.Option(help="日志 / log: debug info warning error")] = "info",
) -> None:
    """运行全链条：读表、七项指标、预测、缺口、规划、简报。 Run the whole chain to the briefing."""
    from analysis import support
    from analysis.config import run_parameters
    from analysis.factory import changed_since, moment, run_with_progress
    from analysis.factory.limits import LOG_LEVELS, LOG_VARIABLE
    from analysis.store import area_names, read_area

    if log.upper() not in LOG_LEVELS:
        raise ParameterError(f"--log {log}: debug, info, warning, error")
    os.environ[LOG_VARIABLE] = log
    root = root_folder()
    chosen = area_names(root) if every else list(areas or [])
    if not chosen:
        raise ParameterError("请给出区域，或用 --all。 Name an area, or use --all.")
    if since:
        when = moment(since, datetime.datetime.now(datetime.UTC))
        chosen = [name for name in chosen if changed_since(root, read_area(root, name).name, when)]
    wanted = []
    for name in chosen:
        area = read_area(root, name)
        warn(support.warning(secrets_of(root, name)))
        wanted.append(
            run_parameters(
                area=name,
                base_year=area.base_year if base_year is None else base_year,
                horizon_years=area.horizon_years if horizon_years is None else horizon_years,
                plan_years=area.plan_years if plan_years is None else plan_years,
                scenario=scenario,
                language=language,
            )
        )
    outcome = run_with_progress(
        wanted,
        root=root,
        workers=workers,
        fresh=fresh,
        only=tuple(part for part in only.split(",") if part),
        scheduler=scheduler,
        storage=storage,
        console=console,
    )
    console.print(f"-> {outcome.index}", markup=False, highlight=False, soft_wrap=True)
    if outcome.failed:
        raise typer.Exit(EXIT_FAILED)


@clear
def rerun_manifest(
    manifest: Annotated[Path, typer.Argument(help="reports/<run>/manifest.json")],
) -> None:
    """按 manifest.json 重做，逐文件核对字节。 Run again from a manifest; compare every byte."""
    from analysis.pipeline import rerun

    found = rerun(manifest, root_folder())
    if found.outcome.failed:
        raise ExecutionError(found.outcome.error)
    for name in found.changed:
        console.print(f"已变 changed since: {name}", markup=False, highlight=False)
    for name in found.differing:
        console.print(f"不同 differs: {name}", markup=False, highlight=False)
    if not found.same:
        raise typer.Exit(EXIT_FAILED)
    console.print("每个文件逐字节相同。 Every file is the same, byte for byte.")


@clear
def publish_run(
    run_name: Annotated[str, typer.Argument(help="运行名 / run, e.g. demo_2025_central")],
) -> None:
    """写出公开版：隐去过小的人数，不含逐校数据。 Write the public edition of a run."""
    from analysis import briefing
    from analysis.pipeline import rerun_parameters
    from analysis.store import run_of

    root = root_folder()
    manifest = root / "reports" / run_name / "manifest.json"
    written = briefing.publish(run_of(rerun_parameters(manifest), root))
    for path in written.values():
        console.print(f"-> {path}", markup=False, highlight=False, soft_wrap=True)


@clear
def diff_runs(
    before: Annotated[str, typer.Argument(help="data/processed 下的运行 / a run")],
    after: Annotated[str, typer.Argument(help="data/processed 下的运行 / a run")],
    out: Annotated[Path | None, typer.Option(help="写成 CSV / write as CSV")] = None,
) -> None:
    """两次运行之间变了什么：逐格，并写一页要点对照。 What changed between two runs."""
    from analysis import briefing, support
    from analysis.store import write_text

    root = root_folder()
    folder = root / "data" / "processed"
    found = support.changes(folder / before, folder / after)
    for name, rows in found.groupby("table"):
        console.print(f"{name}: {len(rows):,}", markup=False, highlight=False)
    if found.empty:
        console.print("没有变化 No change")
    if all(
        (root_folder() / "reports" / name / "summary.json").exists() for name in (before, after)
    ):
        page = briefing.compare_runs(root_folder(), before, after)
        console.print(f"-> {page}", markup=False, highlight=False)
    if out is not None:
        write_text(out, found.to_csv(index=False, lineterminator="\n"))
        console.print(f"-> {out}", markup=False, highlight=False)


@clear
def clean(
    keep: Annotated[list[str] | None, typer.Argument(help="保留的运行 / runs to keep")] = None,
    really: Annotated[bool, typer.Option("--yes", help="真正删除 / really delete")] = False,
) -> None:
    """列出可删除的结果（不动 data/raw）；加 --yes 才删除。 List results that can go."""
    from analysis import support

    root = root_folder()
    found = support.old_runs(root, keep=tuple(keep or ()))
    for folder in found:
        path = folder.path.relative_to(root).as_posix()
        console.print(f"{folder.size_bytes / 1e6:8.1f} MB  {path}", markup=False, highlight=False)
    if not found:
        console.print("没有可删除的结果 Nothing to delete")
    elif really:
        support.remove(root, found)
        console.print(f"已删除 Deleted: {len(found)}")
    else:
        console.print(
            "以上只是列出，没有删除；data/raw 从不删除。加 --yes 才删除。 "
            "Listed only, nothing was deleted, and data/raw never is; --yes deletes."
        )
