"""Commands that use one method alone and speak JSON: assess, backtest, plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analysis.cli.base import clear, console, print_json, root_for
from analysis.errors import ParameterError


@clear
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

    source = raw_source(root_for(path) or Path.cwd(), path)
    rule_set = standards.load(rules) if rules else source.rules
    result = intake.read_area(source.files, area_code=source.code)
    report = indicators.assess_report(Tables(result.tables), rule_set, school_year)
    if as_json:
        print_json(report)
        return
    for line in indicators.assess_lines(report):
        console.print(line, markup=False, highlight=False)


@clear
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
    print_json(rows)


@clear
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
