"""Commands about this machine: notebooks, the explorer, the check of what is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Annotated

import typer

from analysis.cli.base import EXIT_FAILED, AreaName, clear, console, root_folder

#: Largest file that may be sent to the notebook server (tool default).
UPLOAD_BYTES = 100 * 1024**2


@clear
def lab(
    explore: Annotated[bool, typer.Option(help="打开专题研究 / open the ad hoc studies")] = False,
    port: Annotated[int, typer.Option(help="端口 / port", min=1024, max=65535)] = 8888,
    browser: Annotated[bool, typer.Option(help="打开浏览器 / open a browser")] = True,
) -> None:
    """在 notebooks/ 上打开 JupyterLab（只在本机，带令牌）。 Open JupyterLab on the notebooks."""
    from analysis.store import ROOT_VARIABLE

    root = root_folder()
    folder = root / "notebooks" / ("explore" if explore else "")
    os.environ[ROOT_VARIABLE] = str(root)
    command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}", "--ip=127.0.0.1"]
    command += [f"--port={port}", f"--ServerApp.open_browser={browser}"]
    command += [f"--ServerApp.max_body_size={UPLOAD_BYTES}"]
    command += [f"--ServerApp.max_buffer_size={UPLOAD_BYTES}"]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


@clear
def explore(
    area: AreaName = "demo",
    port: Annotated[int, typer.Option(help="端口 / port", min=1024, max=65535)] = 8866,
    browser: Annotated[bool, typer.Option(help="打开浏览器 / open a browser")] = True,
) -> None:
    """情景浏览器：移动假设，看需求、余缺和规划（只在本机，带令牌）。 The scenario explorer."""
    from analysis.explorer import AREA_VARIABLE, TEMPLATE_FOLDER
    from analysis.store import ROOT_VARIABLE, read_area

    root = root_folder()
    os.environ[ROOT_VARIABLE] = str(root)
    os.environ[AREA_VARIABLE] = read_area(root, area).name
    paths = [str(TEMPLATE_FOLDER), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(path for path in paths if path)
    command = [sys.executable, "-m", "voila", "--template=xuewei"]
    command += [str(root / "notebooks" / "explore" / "scenario_explorer.ipynb")]
    command += ["--Voila.ip=127.0.0.1", f"--Voila.port={port}", "--Voila.auto_token=True"]
    command += [f"--Voila.open_browser={browser}", "--VoilaConfiguration.file_allowlist=[]"]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


@clear
def examine_machine() -> None:
    """检查本机：版本、字体、求解器、磁盘、浏览器。 Check this machine; a page to paste."""
    from analysis import support

    checks = support.examine(root_folder())
    console.print(support.report(checks), markup=False, highlight=False)
    if any(check.state == "error" for check in checks):
        raise typer.Exit(EXIT_FAILED)
