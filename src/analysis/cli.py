"""The ``xuewei`` command: what a planner, a researcher or a script can ask for."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec

import typer
from rich.table import Table

from analysis import __version__
from analysis.errors import (
    AnalysisError,
    AreaError,
    ExecutionError,
    ParameterError,
    StandardsError,
)
from analysis.terminal import Commands, Terminal, inert

if TYPE_CHECKING:
    from analysis.support import Secret

USAGE_ERRORS = (ParameterError, AreaError, StandardsError)
EXIT_FAILED, EXIT_USAGE = 1, 2
#: Largest file that may be sent to the notebook server (tool default).
UPLOAD_BYTES = 100 * 1024**2


P = ParamSpec("P")
app = typer.Typer(
    name="xuewei",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="学位规划：从本县的表格到五年学校建设规划和简报。\n\n"
    "From a county's own spreadsheets to a five-year school building plan and its briefing.",
)


console = Terminal()
errors = Terminal(stderr=True)


def _clear(command: Callable[P, None]) -> Callable[P, None]:
    """Turn the errors this package raises into one paragraph and an exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except USAGE_ERRORS as error:
            errors.print(f"错误 Error: {error}", style="red", markup=False, highlight=False)
            raise typer.Exit(EXIT_USAGE) from None
        except AnalysisError as error:
            errors.print(f"错误 Error: {error}", style="red", markup=False, highlight=False)
            raise typer.Exit(EXIT_FAILED) from None
        except OSError as error:
            errors.print(f"错误 Error: {refused_words(error)}", style="red", markup=False)
            raise typer.Exit(EXIT_FAILED) from None
        except KeyboardInterrupt:
            errors.print(
                "已停止；下次运行接着做未完成的部分。 Stopped; a re-run goes on from here."
            )
            raise typer.Exit(130) from None

    return run


def refused_words(error: OSError) -> str:
    """Say in both languages what the system refused, and what to do."""
    from analysis import wording

    problem = " ".join(f"{type(error).__name__}: {error}".split())
    return " ".join(wording.say("pipeline.disk", one, problem=problem) for one in ("zh", "en"))


def _version(shown: bool) -> None:
    if shown:
        console.print(f"xuewei {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="版本 / version")
    ] = False,
) -> None:
    pass


def _root() -> Path:
    from analysis.store import project_root

    return project_root()


def _root_for(path: str) -> Path | None:
    """Return the project folder; none if ``path`` is a file or folder and there is no project."""
    try:
        return _root()
    except AreaError:
        if Path(path).exists():
            return None
        raise


def _secrets_of(root: Path | None, path: str) -> list[Secret]:
    """Look for passwords and keys in the raw files of an area, a folder or one file."""
    from analysis import support

    folder = (root or Path.cwd()) / "data" / "raw" / path
    return support.find_secrets(folder if (folder / "area.toml").is_file() else Path(path))


def _warn(lines: Iterable[str]) -> None:
    for line in lines:
        errors.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)


def _print_json(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    sys.stdout.write(inert(text) + "\n")  # \u001b in a string is the same JSON


AreaName = Annotated[str, typer.Argument(help="区域：data/raw 下的文件夹 / folder below data/raw")]


@app.command("new")
@_clear
def new_area(
    area: AreaName,
    name: Annotated[str, typer.Option(help="中文名称 / name in Chinese")] = "",
    code: Annotated[str, typer.Option(help="行政区划代码 / administrative code")] = "",
    base_year: Annotated[int, typer.Option(help="基年（学年起始年） / base school year")] = 2025,
) -> None:
    """新建区域文件夹和 Excel 填报模板。 Make an area folder with an Excel template."""
    from analysis import intake
    from analysis.config import is_area_name, parse_area
    from analysis.store import write_bytes, write_text

    if not is_area_name(area):
        raise AreaError(f"{area!r}: 名称只能用字母、数字、- 和 _。 Letters, digits, - and _ only.")
    folder = _root() / "data" / "raw" / area
    if folder.exists():
        raise AreaError(
            f"data/raw/{area} 已经存在，没有改动。 It exists already; nothing was changed."
        )
    title = (name or area).replace('"', "'")
    text = (
        f'name_zh = "{title}"\nname_en = "{area}"\ncode = "{code or "000000"}"\n'
        'rules = "national_2017"  # 规则集 / rule set\n'
        f"base_year = {base_year}  # 基年 / base year\n\n"
        '[[source]]\ntitle = "县教育局"  # 数据来源 / where the data come from\n'
        'date = ""\nlicence = ""\n'
    )
    parse_area(area, text)
    write_text(folder / "area.toml", text)
    write_bytes(folder / "template.xlsx", intake.template(title))
    console.print(
        f"data/raw/{area}/template.xlsx\n填好后运行 Fill it in, then: xuewei check {area}",
        highlight=False,
    )


@app.command()
@_clear
def check(
    path: Annotated[str, typer.Argument(help="区域、文件夹或一个文件 / area, folder or one file")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
    language: Annotated[str, typer.Option("--lang", help="zh / en")] = "zh",
) -> None:
    """只读取和检查，并写出 corrections.xlsx。 Read and check the raw files only."""
    from analysis import intake, support
    from analysis.store import raw_source, read_raw, write_bytes

    root = _root_for(path)
    source = raw_source(root or Path.cwd(), path)
    with tempfile.TemporaryDirectory() as folder:  # a big file is streamed there, to be counted
        result = read_raw(source.paths, Path(folder), area_code=source.code)
    secrets = _secrets_of(root, path)
    if as_json:
        report = intake.check_report(result, language=language)
        _print_json(support.with_secrets(report, secrets, language))
        return
    table = Table(title=f"{source.name}: {len(result.findings)} 条问题 findings")
    for title in ("表 table", "行 rows"):
        table.add_column(title)
    for name, rows in sorted(result.row_counts().items()):
        table.add_row(name, f"{rows:,}")
    console.print(table)
    for line in intake.summary_lines(result, language=language):
        console.print(line, markup=False, highlight=False)
    _warn(support.warning(secrets))
    if root is None:
        target, linked = Path.cwd() / f"{source.name}_corrections.xlsx", ""
        if target.exists():
            raise AreaError(f"{target.name} 已经存在，没有改动。 It exists; nothing was changed.")
    else:
        target = root / "data" / "processed" / f"{source.name}_check" / "corrections.xlsx"
        linked = source.name if (root / "data" / "raw" / source.name).is_dir() else ""
    write_bytes(target, intake.corrections_workbook(result, language=language, area=linked))
    shown = target.relative_to(root or Path.cwd()).as_posix()
    console.print(f"-> {shown}", markup=False, highlight=False)


@app.command()
@_clear
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
    root = _root()
    chosen = area_names(root) if every else list(areas or [])
    if not chosen:
        raise ParameterError("请给出区域，或用 --all。 Name an area, or use --all.")
    if since:
        when = moment(since, datetime.datetime.now(datetime.UTC))
        chosen = [name for name in chosen if changed_since(root, read_area(root, name).name, when)]
    wanted = []
    for name in chosen:
        area = read_area(root, name)
        _warn(support.warning(_secrets_of(root, name)))
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


@app.command("rerun")
@_clear
def rerun_manifest(
    manifest: Annotated[Path, typer.Argument(help="reports/<run>/manifest.json")],
) -> None:
    """按 manifest.json 重做，逐文件核对字节。 Run again from a manifest; compare every byte."""
    from analysis.pipeline import rerun

    found = rerun(manifest, _root())
    if found.outcome.failed:
        raise ExecutionError(found.outcome.error)
    for name in found.changed:
        console.print(f"已变 changed since: {name}", markup=False, highlight=False)
    for name in found.differing:
        console.print(f"不同 differs: {name}", markup=False, highlight=False)
    if not found.same:
        raise typer.Exit(EXIT_FAILED)
    console.print("每个文件逐字节相同。 Every file is the same, byte for byte.")


@app.command()
@_clear
def lab(
    explore: Annotated[bool, typer.Option(help="打开专题研究 / open the ad hoc studies")] = False,
    port: Annotated[int, typer.Option(help="端口 / port", min=1024, max=65535)] = 8888,
    browser: Annotated[bool, typer.Option(help="打开浏览器 / open a browser")] = True,
) -> None:
    """在 notebooks/ 上打开 JupyterLab（只在本机，带令牌）。 Open JupyterLab on the notebooks."""
    from analysis.store import ROOT_VARIABLE

    root = _root()
    folder = root / "notebooks" / ("explore" if explore else "")
    os.environ[ROOT_VARIABLE] = str(root)
    command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}", "--ip=127.0.0.1"]
    command += [f"--port={port}", f"--ServerApp.open_browser={browser}"]
    command += [f"--ServerApp.max_body_size={UPLOAD_BYTES}"]
    command += [f"--ServerApp.max_buffer_size={UPLOAD_BYTES}"]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


@app.command()
@_clear
def explore(
    area: AreaName = "demo",
    port: Annotated[int, typer.Option(help="端口 / port", min=1024, max=65535)] = 8866,
    browser: Annotated[bool, typer.Option(help="打开浏览器 / open a browser")] = True,
) -> None:
    """情景浏览器：移动假设，看需求、余缺和规划（只在本机，带令牌）。 The scenario explorer."""
    from analysis.explorer import AREA_VARIABLE, TEMPLATE_FOLDER
    from analysis.store import ROOT_VARIABLE, read_area

    root = _root()
    os.environ[ROOT_VARIABLE] = str(root)
    os.environ[AREA_VARIABLE] = read_area(root, area).name
    paths = [str(TEMPLATE_FOLDER), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(path for path in paths if path)
    command = [sys.executable, "-m", "voila", "--template=xuewei"]
    command += [str(root / "notebooks" / "explore" / "scenario_explorer.ipynb")]
    command += ["--Voila.ip=127.0.0.1", f"--Voila.port={port}", "--Voila.auto_token=True"]
    command += [f"--Voila.open_browser={browser}", "--VoilaConfiguration.file_allowlist=[]"]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


@app.command("publish")
@_clear
def publish_run(
    run_name: Annotated[str, typer.Argument(help="运行名 / run, e.g. demo_2025_central")],
) -> None:
    """写出公开版：隐去过小的人数，不含逐校数据。 Write the public edition of a run."""
    from analysis import briefing
    from analysis.pipeline import rerun_parameters
    from analysis.store import run_of

    root = _root()
    manifest = root / "reports" / run_name / "manifest.json"
    written = briefing.publish(run_of(rerun_parameters(manifest), root))
    for path in written.values():
        console.print(f"-> {path}", markup=False, highlight=False, soft_wrap=True)


@app.command("example")
@_clear
def example_area(
    area: AreaName = "demo",
    seed: Annotated[int, typer.Option(help="随机种子 / seed")] = 2025,
    overwrite: Annotated[bool, typer.Option(help="覆盖已有的合成区域 / replace it")] = False,
) -> None:
    """生成合成的示范县（带“合成数据”水印）。 Make the synthetic demonstration county."""
    from analysis import example
    from analysis.config import is_area_name
    from analysis.store import write_bytes

    if not is_area_name(area):
        raise AreaError(f"{area!r}: 名称只能用字母、数字、- 和 _。 Letters, digits, - and _ only.")
    folder = _root() / "data" / "raw" / area
    if folder.exists() and not overwrite:
        raise AreaError(
            f"data/raw/{area} 已经存在；加 --overwrite 才会覆盖。 It exists; use --overwrite."
        )
    for name, content in example.county(seed=seed).items():
        write_bytes(folder / name, content)
    console.print(f"data/raw/{area}  合成数据 SYNTHETIC", highlight=False)


@app.command()
@_clear
def assess(
    path: Annotated[str, typer.Argument(help="区域、文件夹或文件 / area, folder or file")],
    rules: Annotated[str, typer.Option(help="规则集 / rule set")] = "",
    school_year: Annotated[int | None, typer.Option(help="学年 / school year")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
) -> None:
    """优质均衡评估：县、学校、指标逐项结论。 The official assessment of a county."""
    from analysis import indicators, intake, standards
    from analysis.store import raw_source
    from analysis.tables import Tables

    source = raw_source(_root_for(path) or Path.cwd(), path)
    rule_set = standards.load(rules) if rules else source.rules
    result = intake.read_area(source.files, area_code=source.code)
    report = indicators.assess_report(Tables(result.tables), rule_set, school_year)
    if as_json:
        _print_json(report)
        return
    for line in indicators.assess_lines(report):
        console.print(line, markup=False, highlight=False)


@app.command()
@_clear
def backtest(
    table: Annotated[Path, typer.Argument(help="area_id, level, grade/age, year, enrolment")],
    births: Annotated[Path | None, typer.Option(help="area_id, year, births")] = None,
    start_age: Annotated[int | None, typer.Option(help="入学年龄 / age at entry")] = None,
    json_out: Annotated[Path | None, typer.Option("--json", help="写到文件 / write to")] = None,
) -> None:
    """用任何整洁的在校生表回测预测方法。 Backtest the forecast on any tidy enrolment table."""
    from analysis import forecast
    from analysis.store import read_csv, write_json

    pupils, children = read_csv(table), None if births is None else read_csv(births)
    rows = forecast.backtest_report(pupils, births=children, start_age=start_age)
    for remark in forecast.tidy_remarks(pupils, children):
        typer.echo(remark, err=True)
    if json_out is not None:
        write_json(json_out, rows)
        return
    _print_json(rows)


@app.command()
@_clear
def plan(
    instance: Annotated[Path, typer.Argument(help="INSTANCE.json (docs/plan-instance.md)")],
    out: Annotated[Path, typer.Option(help="PLAN.json")],
) -> None:
    """求解一个规划实例文件。 Solve a planning instance file."""
    from analysis import planning
    from analysis.store import write_json

    try:
        if not instance.is_file():  # a device would be read without end
            raise FileNotFoundError("没有这个文件 there is no such file")
        content = instance.read_bytes()
    except OSError as error:
        raise ParameterError(f"{instance}: {error}") from error
    write_json(out, planning.solve_instance(planning.parse_document(content)))
    console.print(f"-> {out}", markup=False, highlight=False)


@app.command("doctor")
@_clear
def examine_machine() -> None:
    """检查本机：版本、字体、求解器、磁盘、浏览器。 Check this machine; a page to paste."""
    from analysis import support

    checks = support.examine(_root())
    console.print(support.report(checks), markup=False, highlight=False)
    if any(check.state == "error" for check in checks):
        raise typer.Exit(EXIT_FAILED)


@app.command("diff")
@_clear
def diff_runs(
    before: Annotated[str, typer.Argument(help="data/processed 下的运行 / a run")],
    after: Annotated[str, typer.Argument(help="data/processed 下的运行 / a run")],
    out: Annotated[Path | None, typer.Option(help="写成 CSV / write as CSV")] = None,
) -> None:
    """两次运行之间变了什么：逐格，并写一页要点对照。 What changed between two runs."""
    from analysis import briefing, support
    from analysis.store import write_text

    folder = _root() / "data" / "processed"
    found = support.changes(folder / before, folder / after)
    for name, rows in found.groupby("table"):
        console.print(f"{name}: {len(rows):,}", markup=False, highlight=False)
    if found.empty:
        console.print("没有变化 No change")
    if all((_root() / "reports" / name / "summary.json").exists() for name in (before, after)):
        page = briefing.compare_runs(_root(), before, after)
        console.print(f"-> {page}", markup=False, highlight=False)
    if out is not None:
        write_text(out, found.to_csv(index=False, lineterminator="\n"))
        console.print(f"-> {out}", markup=False, highlight=False)


@app.command()
@_clear
def clean(
    keep: Annotated[list[str] | None, typer.Argument(help="保留的运行 / runs to keep")] = None,
    really: Annotated[bool, typer.Option("--yes", help="真正删除 / really delete")] = False,
) -> None:
    """列出可删除的结果（不动 data/raw）；加 --yes 才删除。 List results that can go."""
    from analysis import support

    root = _root()
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


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()
