"""What all commands share: the application, how errors are told, what is printed where."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec

import typer

from analysis import __version__
from analysis.errors import AnalysisError, AreaError, ParameterError, StandardsError
from analysis.terminal import Commands, Terminal, inert

if TYPE_CHECKING:
    from analysis.support import Secret

USAGE_ERRORS = (ParameterError, AreaError, StandardsError)
EXIT_FAILED, EXIT_USAGE = 1, 2

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


def clear(command: Callable[P, None]) -> Callable[P, None]:
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


def root_folder() -> Path:
    """Return the project folder."""
    from analysis.store import project_root

    return project_root()


def root_or_here() -> tuple[Path, bool]:
    """Return the project folder, else the folder one is to be begun in; and whether it is new."""
    try:
        return root_folder(), False
    except AreaError:
        return Path.cwd(), True


def root_for(path: str) -> Path | None:
    """Return the project folder; none if ``path`` is a file or folder and there is no project."""
    try:
        return root_folder()
    except AreaError:
        if Path(path).exists():
            return None
        raise


def secrets_of(root: Path | None, path: str) -> list[Secret]:
    """Look for passwords and keys in the raw files of an area, a folder or one file."""
    from analysis import support

    folder = (root or Path.cwd()) / "data" / "raw" / path
    return support.find_secrets(folder if (folder / "area.toml").is_file() else Path(path))


def warn(lines: Iterable[str]) -> None:
    """Print lines in yellow, beside what a script reads."""
    for line in lines:
        errors.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)


def print_json(value: object) -> None:
    """Print JSON that cannot act on a terminal."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    sys.stdout.write(inert(text) + "\n")  # \u001b in a string is the same JSON


AreaName = Annotated[str, typer.Argument(help="区域：data/raw 下的文件夹 / folder below data/raw")]
