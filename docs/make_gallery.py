"""Write docs/gallery.md and docs/gallery/ from executed notebooks: what each question shows.

Runs the demonstration county and the studies of notebooks/explore in a folder of its own, takes
the first figures and the first rows of the first tables, and writes them as they came out.

    .venv/bin/python docs/make_gallery.py [ROOT]

ROOT, where given, is a project in which ``demo`` has been run already; it is not run again.
"""

from __future__ import annotations

import base64
import html
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "gallery.md"
PICTURES = ROOT / "docs" / "gallery"
STUDIES = ROOT / "notebooks" / "explore"
#: Studies that need a reader at the sliders, or data that do not ship: described, not executed.
NOT_EXECUTED = ("scenario_explorer", "taiwan_data")
MOST_ROWS = 6
MOST_COLUMNS = 7
MOST_FIGURES = {"studies": 2, "steps": 1}
OPENING = """\
# Gallery

What each question of a briefing looks like, and each ad hoc study: the first figures and tables of
executed notebooks, as they came out, in Chinese as a county reads them. `demo` is synthetic, the
other places publish what is used here.
Made by `docs/make_gallery.py`; do not edit by hand.
"""

_CARD = re.compile(r'<figure class="card">.*?</figure>', re.DOTALL)
_TITLE = re.compile(r'class="card-title">(.*?)</strong>', re.DOTALL)
_IMAGE = re.compile(r'<img src="data:([^;,"]+)(;base64)?,([^"]*)" alt="([^"]*)"')
_DRAWN = re.compile(r"<svg viewBox=.*?</svg>", re.DOTALL)
_ROW = re.compile(r"<tr[^>]*>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)


def studies() -> list[Path]:
    """Return the ad hoc studies that are there."""
    return sorted(STUDIES.glob("*.ipynb"))


def executed(path: Path, folder: Path) -> nbformat.NotebookNode:
    """Execute a notebook in a folder."""
    notebook = nbformat.read(path, as_version=4)
    return NotebookClient(notebook, timeout=900, kernel_name="python3").execute(cwd=str(folder))


def opening(notebook: nbformat.NotebookNode) -> tuple[str, str]:
    """Return title and question of a notebook, both in English."""
    first = notebook.cells[0].source.strip().split("\n\n")
    title = first[0].lstrip("# ").partition(" · ")
    english = [part for part in first[1:] if not re.search(r"[\u3400-\u9fff]", part)]
    return title[2] or title[0], " ".join(" ".join(english).split())


def shown(notebook: nbformat.NotebookNode) -> list[str]:
    """Return every HTML output."""
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    return [o.data["text/html"] for o in outputs if "text/html" in o.get("data", {})]


def pictures(outputs: list[str], stem: str, most: int) -> list[str]:
    """Write the first figures of some outputs; return them as Markdown."""
    lines = []
    for card in (c for text in outputs for c in _CARD.findall(text)):
        if len(lines) == most:
            break
        name = f"{stem}_{len(lines) + 1}"
        title = html.unescape(re.sub("<[^>]+>", "", _TITLE.search(card)[1])).strip()
        if found := _IMAGE.search(card):
            media, coded, content, alt = found.groups()
            data = base64.b64decode(content) if coded else urllib.parse.unquote(content).encode()
            suffix = "svg" if media == "image/svg+xml" else "png"
        elif found := _DRAWN.search(card):
            # drawn in the page's own colours; standing alone it needs a paper of its own
            data = on_paper(found[0]).encode()
            alt, suffix = title, "svg"
        else:
            continue
        (PICTURES / f"{name}.{suffix}").write_bytes(data)
        said = html.unescape(alt).replace("[", "(").replace("]", ")").replace("\n", " ")
        lines.append(f"![{said[:300]}](gallery/{name}.{suffix})\n\n*{title}*")
    return lines


def on_paper(drawn: str) -> str:
    """Return an inline picture as a file: a white ground and dark text."""
    head, _, rest = drawn.partition(">")
    ground = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return f'{head} color="#1b1f24" font-family="sans-serif">{ground}{rest}'


def first_table(outputs: list[str]) -> str:
    """Return the first rows of the first table that is not beside a figure, as Markdown."""
    for text in outputs:
        if "<table" not in text or _CARD.search(text):
            continue
        body = text[text.index("<table") : text.index("</table>")]
        rows = [_CELL.findall(row) for row in _ROW.findall(body)]
        rows = [[_plain(cell) for cell in row][:MOST_COLUMNS] for row in rows if row]
        width = max(len(row) for row in rows)
        lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
        more = len(lines) - 1 - MOST_ROWS
        said = [lines[0], "|" + " --- |" * width, *lines[1 : MOST_ROWS + 1]]
        return "\n".join(said) + (f"\n\n… {more} more rows" if more > 0 else "")
    return ""


def _plain(cell: str) -> str:
    text = html.unescape(re.sub("<[^>]+>", "", cell)).strip()
    return " ".join(text.split()).replace("|", "/")[:60]


def section(
    path: Path, notebook: nbformat.NotebookNode, kind: str, outputs: list[str] | None
) -> str:
    """Return the section of a notebook."""
    title, question = opening(notebook)
    link = path.relative_to(ROOT).as_posix()
    parts = [f"## {title}", f"{question} [`{link}`](../{link})"]
    if outputs is None:
        parts.append("Not executed here: it needs a reader at the sliders, or data of your own.")
    else:
        parts += pictures(outputs, path.stem, MOST_FIGURES[kind])
        parts.append(first_table(outputs) if kind == "studies" else "")
    return "\n\n".join(part for part in parts if part)


def project(folder: Path) -> Path:
    """Run the demonstration county in a folder of its own; return the folder."""
    (folder / "data").mkdir()
    (folder / "data" / "raw").symlink_to(ROOT / "data" / "raw", target_is_directory=True)
    (folder / "notebooks").symlink_to(ROOT / "notebooks", target_is_directory=True)
    told = {**os.environ, "XUEWEI_ROOT": str(folder), "XUEWEI_PDF": "0"}
    subprocess.run([sys.executable, "-m", "analysis", "run", "demo"], check=True, env=told)
    return folder


def gallery(folder: Path) -> str:
    """Return the page from a project in which ``demo`` has been run."""
    os.environ["XUEWEI_ROOT"] = str(folder)
    parts = [OPENING, "# Ad hoc studies"]
    for path in studies():
        raw = nbformat.read(path, as_version=4)
        outputs = None if path.stem in NOT_EXECUTED else shown(executed(path, folder))
        parts.append(section(path, raw, "studies", outputs))
    parts.append("# The steps of a briefing")
    (made,) = (folder / "data" / "processed").glob("demo_*_central/notebooks")
    for path in sorted(made.glob("[0-9][0-9]_*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        source = ROOT / "notebooks" / path.name
        parts.append(section(source, notebook, "steps", shown(notebook)))
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def main() -> None:
    """Write the page and its pictures."""
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.iterdir():
        old.unlink()
    with tempfile.TemporaryDirectory(prefix="xuewei-gallery-") as name:
        given = Path(sys.argv[1]) if len(sys.argv) > 1 else project(Path(name))
        PAGE.write_text(gallery(given.resolve()), "utf-8")
    size = PAGE.stat().st_size + sum(path.stat().st_size for path in PICTURES.iterdir())
    print(f"-> {PAGE} {size / 1e6:.2f} MB with its pictures")


if __name__ == "__main__":
    main()
