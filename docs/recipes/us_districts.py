"""Turn the school districts of a North Dakota county into an area folder. See us-district.md.

Usage: python docs/recipes/us_districts.py REFERENCE_FOLDER 09 data/raw/cass
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

PUBLISHER = (
    "North Dakota Department of Public Instruction, fall enrolment (US state public records)"
)
BIRTHS_SOURCE = "WPP 2024 (UN DESA, CC BY 3.0 IGO): births of the United States, not of the county"
#: Template of area.toml, beside this script.
AREA = Path(__file__).with_suffix(".area.toml")


def convert(reference: Path, county: str) -> dict[str, bytes]:
    """Return the files of an area folder for the districts of a county code, such as 09."""
    rows = pd.read_csv(
        reference / "dev" / "nd_district_grade.csv", dtype={"county_code": str, "area_id": str}
    )
    rows = rows[(rows["county_code"] == county) & (rows["complete"] == 1)]
    if rows.empty:
        raise SystemExit(f"No complete districts in county {county}.")
    code = f"US-ND-{county}"
    base_year = int(rows["year"].max())
    districts = rows[["area_id", "area_name"]].drop_duplicates().sort_values("area_id")
    taught = rows[rows["grade"].between(1, 9)]
    return {
        "area.toml": AREA.read_text("utf-8").format(county=county, base_year=base_year).encode(),
        "乡镇街道.csv": _csv(
            pd.DataFrame(
                {
                    "乡镇代码": districts["area_id"],
                    "乡镇名称": districts["area_name"],
                    "来源": PUBLISHER,
                }
            )
        ),
        "学校.csv": _csv(
            pd.DataFrame(
                {
                    "学校代码": districts["area_id"] + "-S",
                    "学校名称": districts["area_name"] + " district",
                    "乡镇代码": districts["area_id"],
                    "办学类型": "九年一贯制学校",
                    "举办者": "公办",
                    "来源": PUBLISHER,
                }
            )
        ),
        "在校生.csv": _csv(
            pd.DataFrame(
                {
                    "学校代码": taught["area_id"] + "-S",
                    "学年": taught["year"],
                    "年级": taught["grade"],
                    "在校生数": taught["enrolment"],
                    "来源": PUBLISHER,
                }
            )
        ),
        "学前适龄儿童.csv": _csv(_kindergarten(rows)),
        "出生人口.csv": _csv(_births(reference, code, base_year)),
    }


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def _kindergarten(rows: pd.DataFrame) -> pd.DataFrame:
    """Kindergarten pupils are the children who enter grade 1 a year later."""
    kindergarten = rows[rows["grade"] == 0]
    return pd.DataFrame(
        {
            "乡镇代码": kindergarten["area_id"],
            "年份": kindergarten["year"],
            "年龄": 5,
            "人口口径": "在园",
            "儿童数": kindergarten["enrolment"],
            "来源": PUBLISHER,
        }
    )


def _births(reference: Path, code: str, base_year: int) -> pd.DataFrame:
    births = pd.read_csv(reference / "dev" / "wpp2024_births.csv")
    births = births[
        (births["area_id"] == "USA")
        & (births["variant"] == "estimate")
        & births["year"].between(1995, base_year)
    ]
    return pd.DataFrame(
        {
            "乡镇代码": code,
            "年份": births["year"],
            "月份": 0,
            "人口口径": "未注明",
            "出生人数": births["births"],
            "来源": BIRTHS_SOURCE,
        }
    )


def write(files: dict[str, bytes], folder: Path) -> None:
    """Write the files of a new area folder; an existing one is left alone."""
    folder.mkdir(parents=True, exist_ok=False)
    for name, content in files.items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    write(convert(Path(sys.argv[1]), sys.argv[2]), Path(sys.argv[3]))
    print(f"-> {sys.argv[3]}")
