"""Mutated files for the reader: bytes flipped, cut, doubled; cells replaced by odd values."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator

from tests.intake.county import Cells, clean, workbook
from tests.intake.ole import xls

ODD: tuple[object, ...] = (
    "",
    None,
    0,
    -1,
    1e308,
    -1e-308,
    float(2**53),
    "1e999",
    "NaN",
    "#REF!",
    "=1+1",
    "９９９",
    "1,2,3",
    "%",
    "万元",
    "一千二百",
    "合计",
    "小计",
    "2023-2024学年",
    "20230%",
    "\u202e123",
    "\x00",
    "学" * 5000,
    "年级|班数",
    "(((((",
    "一年级(人)(万元)",
    "https://example.org",
    "注：",
    "2133100001",
    "城关镇",
    True,
)


def seeds() -> dict[str, bytes]:
    """Return small good files of every kind."""
    files = clean(0)
    rows = files["03_教师.xlsx"]["教师"]
    text = "\n".join(",".join("" if c is None else str(c) for c in row) for row in rows)
    return {
        "教师.xlsx": workbook(files["03_教师.xlsx"]),
        "在校生.xlsx": workbook({"在校生": files["02_在校生.xlsx"]["2021学年在校生"]}),
        "教师.csv": text.encode("utf-8"),
        "教师表.csv": text.encode("gb18030"),
        "教师.tsv": text.replace(",", "\t").encode("utf-16"),
        "缺口.xls": xls("缺口清单", files["07_缺口与指标.xlsx"]["缺口清单"]),
    }


def mutate(content: bytes, rng: random.Random) -> bytes:
    """Return the bytes with a few random edits."""
    data = bytearray(content)
    for _ in range(rng.randint(1, 12)):
        if not data:
            return bytes(data)
        kind, place = rng.randrange(6), rng.randrange(len(data))
        if kind == 0:
            data[place] = rng.randrange(256)
        elif kind == 1:
            del data[place : place + rng.randint(1, 64)]
        elif kind == 2:
            data[place:place] = rng.randbytes(rng.randint(1, 32))
        elif kind == 3:
            data[place:place] = data[max(0, place - 40) : place]
        elif kind == 4:
            del data[place:]
        else:
            data[place] ^= 1 << rng.randrange(8)
    return bytes(data)


def mutate_inside(content: bytes, rng: random.Random) -> bytes:
    """Mutate one unpacked part of a workbook, so that the package itself stays whole."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        names = old.namelist()
        victim = rng.choice([n for n in names if n.startswith("xl/")])
        for name in names:
            part = old.read(name)
            new.writestr(name, mutate(part, rng) if name == victim else part)
    return buffer.getvalue()


def odd_cells(rng: random.Random) -> bytes:
    """Return a workbook whose cells are shuffled with odd values."""
    files = clean(rng.randrange(3))
    name = rng.choice(sorted(files))
    sheets: dict[str, Cells] = {}
    for sheet, rows in files[name].items():
        rows = [list(row) for row in rows]
        for _ in range(rng.randint(1, 30)):
            row = rng.choice(rows)
            if row:
                row[rng.randrange(len(row))] = rng.choice(ODD)
        if rng.random() < 0.3:
            rng.shuffle(rows)
        sheets[sheet] = rows
    return workbook(sheets)


def inputs(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield ``count`` files, most of them broken."""
    rng = random.Random(seed)
    known = seeds()
    names = sorted(known)
    books = [n for n in names if n.endswith(".xlsx")]
    for _ in range(count):
        kind = rng.random()
        if kind < 0.5:
            name = rng.choice(names)
            yield name, mutate(known[name], rng)
        elif kind < 0.8:
            name = rng.choice(books)
            yield name, mutate_inside(known[name], rng)
        else:
            yield "变.xlsx", odd_cells(rng)
