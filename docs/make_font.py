"""Cut the Chinese font that travels with the package out of Noto Sans CJK (SIL OFL 1.1).

Usage: ``python docs/make_font.py /path/to/NotoSansCJK-Regular.ttc``. Keeps GB 2312, Latin,
Greek, punctuation, units, arrows and every character of the catalogues and contracts.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

from analysis import wording
from analysis.tables import contracts
from analysis.terms import LABELS

FAMILY = "Xuewei Sans SC"
FOLDER = Path(__file__).resolve().parents[1] / "src" / "analysis" / "figures" / "fonts"
RANGES = (
    (0x20, 0x7E),
    (0xA0, 0x17F),
    (0x391, 0x3C9),
    (0x2010, 0x2044),
    (0x2070, 0x209C),
    (0x20A0, 0x20BF),
    (0x2100, 0x214F),
    (0x2150, 0x218B),
    (0x2190, 0x21FF),
    (0x2200, 0x22FF),
    (0x2300, 0x230F),
    (0x2460, 0x24FF),
    (0x2500, 0x25FF),
    (0x2600, 0x2613),
    (0x3000, 0x303F),
    (0x3200, 0x33FF),
    (0xFF01, 0xFFE6),
)


def characters() -> set[int]:
    """Return the code points to keep."""
    wanted = {point for first, last in RANGES for point in range(first, last + 1)}
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                wanted.add(ord(bytes((high, low)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    texts = [entry["zh"] for entry in wording.entries().values()]
    texts += [column.zh + column.note_zh for c in contracts().values() for column in c.columns]
    texts += [zh for family in LABELS.values() for zh, _ in family.values()]
    texts.append((Path(__file__).parent / "font-extra-characters.txt").read_text("utf-8"))
    return wanted | {ord(character) for text in texts for character in text}


def simplified(collection: TTCollection) -> TTFont:
    """Return the face for simplified Chinese."""
    return next(
        font for font in collection.fonts if font["name"].getDebugName(1) == "Noto Sans CJK SC"
    )


def main(path: str) -> None:
    """Write the subset font."""
    font = simplified(TTCollection(path))
    options = subset.Options(
        layout_features=[],
        hinting=False,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        notdef_outline=True,
        desubroutinize=False,
    )
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=sorted(characters()))
    cutter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 4):
            record.string = FAMILY
        elif record.nameID == 6:
            record.string = "XueweiSansSC-Regular"
    target = FOLDER / "XueweiSansSC-Regular.otf"
    font.save(target)
    sys.stdout.write(f"{target.name}: {target.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1])
