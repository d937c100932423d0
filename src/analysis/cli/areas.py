"""Commands about an area's own files: make a folder, check what came, make the example."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from analysis.cli.base import (
    AreaName,
    clear,
    console,
    print_json,
    root_folder,
    root_for,
    root_or_here,
    secrets_of,
    warn,
)
from analysis.errors import AreaError


@clear
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
    root, begun = root_or_here()
    folder = root / "data" / "raw" / area
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
    if begun:
        console.print(f"在此新建项目文件夹 A project is begun in {root}", highlight=False)
    console.print(
        f"data/raw/{area}/template.xlsx\n填好后运行 Fill it in, then: xuewei check {area}",
        highlight=False,
    )


@clear
def check(
    path: Annotated[str, typer.Argument(help="区域、文件夹或一个文件 / area, folder or one file")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
    language: Annotated[str, typer.Option("--lang", help="zh / en")] = "zh",
) -> None:
    """只读取和检查，并写出 corrections.xlsx。 Read and check the raw files only."""
    from analysis import intake, support, wording
    from analysis.store import raw_source, read_raw, write_bytes

    root = root_for(path)
    source = raw_source(root or Path.cwd(), path)
    with tempfile.TemporaryDirectory() as folder:  # a big file is streamed there, to be counted
        result = read_raw(source.paths, Path(folder), area_code=source.code)
    secrets = secrets_of(root, path)
    if as_json:
        report = intake.check_report(result, language=language)
        print_json(support.with_secrets(report, secrets, language))
        return
    table = Table(title=f"{source.name}: {len(result.findings)} 条问题 findings")
    for title in ("表 table", "行 rows"):
        table.add_column(title)
    for name, rows in sorted(result.row_counts().items()):
        table.add_row(name, f"{rows:,}")
    console.print(table)
    for line in intake.summary_lines(result, language=language):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    warn(support.warning(secrets))
    if root is None:
        target, linked = Path.cwd() / f"{source.name}_corrections.xlsx", ""
        if target.exists():
            raise AreaError(f"{target.name} 已经存在，没有改动。 It exists; nothing was changed.")
    else:
        target = root / "data" / "processed" / f"{source.name}_check" / "corrections.xlsx"
        linked = source.name if (root / "data" / "raw" / source.name).is_dir() else ""
    shown = target.relative_to(root or Path.cwd()).as_posix()
    kept = intake.waiting_answers(target.read_bytes(), result.found) if target.exists() else 0
    if kept:
        raise AreaError(
            f"{shown}: 有 {kept} 条答复还没有采用，没有覆盖。"
            "把它复制到原始文件所在的文件夹，再运行一次。"
            f" It holds {kept} answers not used yet and was not overwritten. Copy it to the folder "
            "of the raw files and run again."
        )
    write_bytes(target, intake.corrections_workbook(result, language=language, area=linked))
    console.print(f"-> {shown}", markup=False, highlight=False, soft_wrap=True)
    if len(result.findings):
        said = wording.say("intake.back_line", language)
        console.print(said, markup=False, highlight=False, soft_wrap=True)


@clear
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
    folder = root_folder() / "data" / "raw" / area
    if folder.exists() and not overwrite:
        raise AreaError(
            f"data/raw/{area} 已经存在；加 --overwrite 才会覆盖。 It exists; use --overwrite."
        )
    for name, content in example.county(seed=seed).items():
        write_bytes(folder / name, content)
    console.print(f"data/raw/{area}  合成数据 SYNTHETIC", highlight=False)
