"""Is this machine fit: versions, font, solver, kernel, disk, browser. One page to paste."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from analysis import __version__

#: Space a run of a large area needs, with room for its reports (tool default).
NEEDED_DISK_BYTES = 2 * 1024**3
PACKAGES = (
    "pandas",
    "numpy",
    "statsmodels",
    "seaborn",
    "matplotlib",
    "papermill",
    "nbconvert",
    "jupyterlab",
    "ipykernel",
    "pandera",
    "pyarrow",
    "highspy",
    "openpyxl",
    "xlsxwriter",
    "python-calamine",
    "python-docx",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")


@dataclass(frozen=True)
class Check:
    """One thing looked at: ``state`` is ``ok``, ``warning`` or ``error``; ``advice`` if not ok."""

    name: str
    state: str
    found: str
    advice: str = ""


def _python() -> Check:
    version = platform.python_version()
    return Check("Python", "ok", f"{version}, {platform.system()} {platform.machine()}")


def _packages() -> Check:
    versions, absent = [], []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            absent.append(name)
    if absent:
        advice = "按 requirements.lock 重新安装。 Install requirements.lock again."
        return Check("packages", "error", f"missing: {', '.join(absent)}", advice)
    return Check("packages", "ok", ", ".join(versions))


def _font() -> Check:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    from analysis.figures import style

    family = style.register_font()
    path = findfont(FontProperties(family=family), fallback_to_default=False)
    missing = [c for c in "学位缺口规划示范县" if not get_font(path).get_char_index(ord(c))]
    if missing:
        return Check("font", "error", f"{Path(path).name} lacks {''.join(missing)}", "重新安装。")
    return Check("font", "ok", Path(path).name)


def _solver() -> Check:
    import highspy

    class Quiet(highspy.Highs):
        """HiGHS without the banner its own constructor prints."""

        def __init__(self) -> None:
            super(highspy.Highs, self).__init__()

    model = Quiet()
    model.setOptionValue("output_flag", False)
    model.addVar(0.0, 10.5)
    model.changeColIntegrality(0, highspy.HighsVarType.kInteger)
    model.changeColCost(0, -2.0)
    model.run()
    if abs(model.getInfo().objective_function_value + 20) > 1e-6:
        return Check(
            "solver", "error", "HiGHS gives a wrong answer", "重新安装 highspy。 Reinstall."
        )
    return Check("solver", "ok", f"HiGHS {model.version()}")


def _kernel() -> Check:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        advice = "运行 Run: python -m ipykernel install --sys-prefix"
        return Check("kernel", "error", "no python3 kernel", advice)
    return Check("kernel", "ok", str(spec.display_name))


def _disk(root: Path) -> Check:
    free = shutil.disk_usage(root).free
    found = f"{free / 1024**3:.1f} GiB free"
    if free < NEEDED_DISK_BYTES:
        return Check("disk", "warning", found, "清理磁盘或旧结果：xuewei clean。 Free some space.")
    return Check("disk", "ok", found)


def _writing(root: Path) -> Check:
    for name in ("data/processed", "reports"):
        folder = root / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=folder):
                pass
        except OSError as error:
            advice = "检查文件夹权限。 Check the folder's permissions."
            return Check("writing", "error", f"{name}: {error}", advice)
    return Check("writing", "ok", "data/processed, reports")


def find_browser() -> str | None:
    """Return the path of a Chromium-like browser, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _browser() -> Check:
    path = find_browser()
    if path is None:
        advice = (
            "没有浏览器时不生成 PDF，其余不受影响。 Without one no PDF is made; all else works."
        )
        return Check("browser", "warning", "none found", advice)
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("browser", "warning", str(error), "PDF 可能无法生成。 A PDF may not be made.")
    return Check("browser", "ok", done.stdout.decode(errors="replace").strip() or path)


def _areas(root: Path) -> Check:
    from analysis.store import area_names

    names = area_names(root)
    if not names:
        return Check("areas", "warning", "none", "新建区域：xuewei new NAME。 Make one.")
    return Check("areas", "ok", ", ".join(names))


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    """Run one check; whatever it raises is its finding, for a doctor must not fall ill."""
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - a broken part is what is being looked for
        return Check(name, "error", f"{type(error).__name__}: {error}", "重新安装。 Reinstall.")


def examine(root: Path) -> list[Check]:
    """Look at everything a run needs and give one :class:`Check` for each."""
    looks: dict[str, Callable[[], Check]] = {
        "Python": _python,
        "packages": _packages,
        "font": _font,
        "solver": _solver,
        "kernel": _kernel,
        "disk": lambda: _disk(root),
        "writing": lambda: _writing(root),
        "browser": _browser,
        "areas": lambda: _areas(root),
    }
    return [_guarded(name, look) for name, look in looks.items()]


def report(checks: list[Check]) -> str:
    """Write the checks as one page of text to paste into a question."""
    place = f"LANG={os.environ.get('LANG', '')} TZ={os.environ.get('TZ', '')}"
    lines = [f"xuewei {__version__}", place]
    for check in checks:
        lines.append(f"[{check.state}] {check.name}: {check.found}")
        if check.advice:
            lines.append(f"        {check.advice}")
    return "\n".join(lines)
