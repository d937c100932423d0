"""Turn a county of the Taiwan school files into an area folder. See taiwan-county.md.

Usage: python docs/recipes/taiwan_county.py REFERENCE_FOLDER 苗栗縣 data/raw/miaoli
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pandas as pd

PUBLISHER = "教育部統計處，data.gov.tw 資料集 6240（政府資料開放授權條款第1版）"
BIRTHS_SOURCE = (
    "WPP 2024（UN DESA, CC BY 3.0 IGO）：全台湾出生数，不是本县的；只用来看各届孩子的多少"
)
#: Township of schools that closed before townships were written down.
NO_TOWNSHIP = "(未載明)"
#: Template of area.toml, beside this script.
AREA = Path(__file__).with_suffix(".area.toml")


def convert(reference: Path, county: str) -> dict[str, bytes]:
    """Return the files of an area folder for ``county``, such as 苗栗縣."""
    schools = pd.read_csv(reference / "dev" / "tw_school_lookup.csv", dtype=str)
    schools = schools[schools["county"] == county]
    if schools.empty:
        known = pd.read_csv(reference / "dev" / "tw_school_lookup.csv")["county"].unique()
        raise SystemExit(f"No county {county}. Known: {', '.join(sorted(known))}.")
    code = schools["county_id"].iloc[0]
    schools = schools[schools["township"] != NO_TOWNSHIP]
    grades = pd.read_csv(reference / "dev" / "tw_school_grade.csv")
    grades = _taught(grades[grades["area_id"].isin(schools["area_id"])])
    staff = pd.read_csv(reference / "dev" / "tw_school_year.csv")
    staff = staff[staff["area_id"].isin(grades["area_id"])]
    base_year = int(grades["year"].max())
    return {
        "area.toml": AREA.read_text("utf-8")
        .format(county=county, code=code, base_year=base_year, largest=_largest_class(grades))
        .encode(),
        "乡镇街道.csv": _csv(_towns(schools)),
        "学校.csv": _csv(_schools(schools, grades, base_year)),
        "在校生.csv": _csv(_enrolment(grades)),
        "教师.csv": _csv(_teachers(staff)),
        "办学条件.csv": _csv(_rooms(grades, base_year)),
        "出生人口.csv": _csv(_births(reference, code)),
    }


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def _towns(schools: pd.DataFrame) -> pd.DataFrame:
    towns = schools[["township_id", "township"]].drop_duplicates().sort_values("township_id")
    return pd.DataFrame(
        {"乡镇代码": towns["township_id"], "乡镇名称": towns["township"], "来源": PUBLISHER}
    )


def _taught(grades: pd.DataFrame) -> pd.DataFrame:
    """Leave out the years in which a school stood on the list without a single pupil."""
    pupils = grades.groupby(["area_id", "year"])["enrolment"].transform("sum")
    return grades[pupils > 0]


def _largest_class(grades: pd.DataFrame) -> int:
    """Return the mean class that 99 of 100 grades of the county's schools stayed within."""
    known = grades[grades["classes"] > 0]
    return math.ceil((known["enrolment"] / known["classes"]).quantile(0.99))


def _schools(schools: pd.DataFrame, grades: pd.DataFrame, base_year: int) -> pd.DataFrame:
    """A school without pupils in the base year closed in the year after its last ones."""
    schools = schools[schools["area_id"].isin(grades["area_id"])]
    last = schools["area_id"].map(grades.groupby("area_id")["year"].max())
    return pd.DataFrame(
        {
            "学校代码": schools["area_id"],
            "学校名称": schools["area_name"],
            "乡镇代码": schools["township_id"],
            "办学类型": "小学",
            "举办者": schools["area_name"]
            .str.startswith("私立")
            .map({True: "民办", False: "公办"}),
            "停办学年": (last + 1).where(last < base_year).astype("Int64"),
            "来源": PUBLISHER,
        }
    )


def _enrolment(grades: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "学校代码": grades["area_id"],
            "学年": grades["year"],
            "年级": grades["grade"],
            "在校生数": grades["enrolment"],
            "班级数": grades["classes"],
            "来源": PUBLISHER,
        }
    )


def _teachers(staff: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "学校代码": staff["area_id"],
            "学年": staff["year"],
            "学段": "小学",
            "专任教师数": staff["teachers"],
            "来源": PUBLISHER,
        }
    )


def _rooms(grades: pd.DataFrame, base_year: int) -> pd.DataFrame:
    """Rooms are not in the source: the most classes a school taught in any year stand for them."""
    taught = grades.groupby(["area_id", "year"])["classes"].sum()
    first = int(grades["year"].min())
    most = taught.groupby("area_id").max()
    now = taught.xs(base_year, level="year").index
    return pd.DataFrame(
        {
            "学校代码": now,
            "学年": base_year,
            "填报范围": "school",
            "普通教室数": most.loc[now].to_numpy(),
            "来源": f"推算：{first}-{base_year}学年最多班级数；{PUBLISHER}",
        }
    )


def _births(reference: Path, code: str) -> pd.DataFrame:
    births = pd.read_csv(reference / "dev" / "wpp2024_births.csv")
    births = births[
        (births["area_id"] == "TWN") & (births["variant"] == "estimate") & (births["year"] >= 2000)
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
