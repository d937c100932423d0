"""The field's words as enumerations: what may stand in a code column, with Chinese and English.

Source of the terms: the glossary of the project; school kinds and urban-rural classes follow the
national statistical forms (国函〔2008〕60号 for the urban-rural classes).
"""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Stage of compulsory education (学段)."""

    PRIMARY = "primary"
    JUNIOR = "junior"


class SchoolKind(StrEnum):
    """Kind of school (办学类型)."""

    PRIMARY = "primary"
    TEACHING_POINT = "teaching_point"
    JUNIOR = "junior"
    NINE_YEAR = "nine_year"
    COMPLETE_SECONDARY = "complete_secondary"
    TWELVE_YEAR = "twelve_year"
    SPECIAL = "special"
    VOCATIONAL = "vocational"
    SENIOR = "senior"
    KINDERGARTEN = "kindergarten"


class Owner(StrEnum):
    """Who runs the school (举办者)."""

    PUBLIC = "public"
    PRIVATE = "private"


class UrbanRural(StrEnum):
    """Urban-rural class (城乡类型): 11x city, 12x town, 2xx village."""

    CITY = "city"
    TOWN = "town"
    VILLAGE = "village"


class Verdict(StrEnum):
    """Result of testing a rule. Missing data is never a pass and never a failure."""

    MET = "met"
    NOT_MET = "not_met"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not_applicable"


class Scenario(StrEnum):
    """Scenario (情景)."""

    LOW = "low"
    CENTRAL = "central"
    HIGH = "high"


class Severity(StrEnum):
    """How much a finding of the intake matters."""

    BLOCKS = "blocks"
    AFFECTS = "affects"
    NOTE = "note"


class PopulationBasis(StrEnum):
    """Which people a population or birth count covers (人口口径)."""

    RESIDENT = "resident"
    REGISTERED = "registered"
    URBAN_RESIDENT = "urban_resident"
    ENROLLED = "enrolled"
    VACCINATED = "vaccinated"
    KINDERGARTEN = "kindergarten"
    UNSTATED = "unstated"


class Level(StrEnum):
    """Level of a result by place."""

    COUNTY = "county"
    TOWN = "town"


#: Chinese and English for every code above; used by intake (reading) and by display (writing).
LABELS: dict[str, dict[str, tuple[str, str]]] = {
    "stage": {"primary": ("小学", "Primary"), "junior": ("初中", "Junior secondary")},
    "school_kind": {
        "primary": ("小学", "Primary school"),
        "teaching_point": ("教学点", "Teaching point"),
        "junior": ("初级中学", "Junior secondary school"),
        "nine_year": ("九年一贯制学校", "Nine-year school"),
        "complete_secondary": ("完全中学", "Complete secondary school"),
        "twelve_year": ("十二年一贯制学校", "Twelve-year school"),
        "special": ("特殊教育学校", "Special school"),
        "vocational": ("职业学校", "Vocational school"),
        "senior": ("高级中学", "Senior secondary school"),
        "kindergarten": ("幼儿园", "Kindergarten"),
    },
    "owner": {"public": ("公办", "Public"), "private": ("民办", "Private")},
    "urban_rural": {
        "city": ("城区", "City"),
        "town": ("镇区", "Town"),
        "village": ("乡村", "Village"),
    },
    "verdict": {
        "met": ("达到", "Met"),
        "not_met": ("未达到", "Not met"),
        "undetermined": ("无法判定", "Undetermined"),
        "not_applicable": ("不适用", "Not applicable"),
    },
    "scenario": {
        "low": ("低方案", "Low"),
        "central": ("中方案", "Central"),
        "high": ("高方案", "High"),
    },
    "severity": {
        "blocks": ("阻断", "Blocks"),
        "affects": ("影响结论", "Affects"),
        "note": ("提示", "Note"),
    },
    "population_basis": {
        "resident": ("常住", "Resident"),
        "registered": ("户籍", "Registered"),
        "urban_resident": ("城镇常住", "Urban resident"),
        "enrolled": ("在校", "Enrolled"),
        "vaccinated": ("预防接种", "Vaccination register"),
        "kindergarten": ("在园", "Kindergarten"),
        "unstated": ("未注明", "Not stated"),
    },
    "level": {"county": ("县域", "County"), "town": ("乡镇", "Town")},
    "project_kind": {
        "new_build": ("新建", "New build"),
        "expansion": ("改扩建", "Expansion"),
        "relocation": ("迁建", "Relocation"),
        "lease": ("租用", "Lease"),
        "temporary": ("临时教室", "Temporary rooms"),
        "conversion": ("学段转用", "Stage conversion"),
        "shared_campus": ("共享校区", "Shared campus"),
        "catchment": ("学区调整", "Catchment change"),
        "merger": ("撤并", "Merger"),
        "smaller_classes": ("小班化", "Smaller classes"),
        "equipment": ("设备", "Equipment"),
        "other": ("其他", "Other"),
    },
    "project_status": {
        "committed": ("已立项", "Committed"),
        "candidate": ("备选", "Candidate"),
        "named": ("仅有名称", "Named only"),
        "proposed": ("规划提出", "Proposed"),
    },
    "plan_reason": {
        "lead_time": ("建设周期", "Lead time"),
        "land": ("用地", "Land"),
        "budget": ("资金", "Budget"),
        "size_cap": ("规模上限", "Size cap"),
        "travel": ("出行距离", "Travel limit"),
        "no_candidate": ("没有备选措施", "No measure"),
        "not_worth": ("建设得不偿失", "Costs more than it saves"),
        "scenario": ("仅高方案出现", "This scenario only"),
    },
    "plan_alternative": {
        "nothing": ("不采取措施", "Do nothing"),
        "wait": ("推迟一年", "Wait a year"),
        "temporary": ("临时教室", "Temporary rooms"),
        "catchment": ("学区调整", "Catchment change"),
        "conversion": ("学段转用", "Stage conversion"),
        "lease": ("租用", "Lease"),
        "shared_campus": ("共享校区", "Shared campus"),
        "expansion": ("改扩建", "Expansion"),
        "new_build": ("新建", "New build"),
        "relocation": ("迁建", "Relocation"),
    },
    "plan_method": {
        "robust": ("本方案（多情景）", "This plan (many futures)"),
        "central_only": ("只按中方案", "Central forecast only"),
        "greedy": ("按缺口逐个建设", "Greedy by gap"),
        "norm_only": ("只按千人指标", "Planning norm only"),
        "nothing": ("不采取措施", "Do nothing"),
    },
    "plan_part": {
        "capital": ("建设投资", "Capital"),
        "residual": ("期末残值（减项）", "Value left at the end (deducted)"),
        "running": ("新增运行", "Running"),
        "shortage": ("缺学位", "Shortage"),
        "spare": ("空余学位", "Spare seats"),
        "stranded": ("期末闲置", "Stranded at the end"),
        "travel": ("出行", "Travel"),
        "churn": ("调整影响", "Churn"),
        "total": ("合计", "Total"),
    },
    "plan_status_item": {
        "solver_status": ("求解状态", "Solver status"),
        "objective": ("目标值", "Objective"),
        "bound": ("下界", "Bound"),
        "gap": ("最优性差距", "Gap to the optimum"),
        "nodes": ("搜索节点", "Nodes searched"),
        "measures": ("备选措施数", "Measures considered"),
        "planning_paths": ("规划用路径数", "Paths used in planning"),
        "held_out_paths": ("检验用路径数", "Paths held out"),
        "budget": ("资金约束", "Budget"),
        "travel": ("出行约束", "Travel limit"),
        "seed": ("随机种子", "Seed"),
    },
    "plan_land": {
        "ready": ("已落实", "Ready"),
        "late": ("晚于需要", "Later than needed"),
        "unknown": ("未落实", "Not secured"),
    },
    "plan_task": {
        "land": ("用地预审与选址", "Site and land approval"),
        "approval": ("立项与设计", "Approval and design"),
        "construction": ("施工", "Construction"),
        "equipment": ("设备与教师到位", "Equipment and staff"),
        "opening": ("投入使用", "Opening"),
        "arrangement": ("调整与公告", "Arrangement and notice"),
    },
    "plan_change": {
        "new": ("新增", "New"),
        "dropped": ("取消", "Dropped"),
        "changed": ("调整", "Changed"),
        "same": ("不变", "Unchanged"),
    },
    "room_kind": {
        "music": ("音乐教室", "Music room"),
        "art": ("美术教室", "Art room"),
        "science": ("科学教室", "Science room"),
        "laboratory": ("实验室", "Laboratory"),
        "computer": ("计算机教室", "Computer room"),
        "library": ("图书阅览室", "Library"),
        "other": ("其他专用教室", "Other special room"),
    },
    "warning": {
        "red": ("红色", "Red"),
        "amber": ("黄色", "Amber"),
        "green": ("绿色", "Green"),
        "blue": ("蓝色", "Blue"),
        "undetermined": ("无法判定", "Undetermined"),
    },
}

STAGE_GRADES: dict[str, tuple[int, ...]] = {
    "primary": (1, 2, 3, 4, 5, 6),
    "junior": (7, 8, 9),
}


def label(family: str, code: str, language: str) -> str:
    """Return the display word of a code, or the code itself when it has none.

    Parameters
    ----------
    family
        Key of :data:`LABELS`, for example ``"stage"``.
    code
        Code as it stands in a table.
    language
        ``"zh"`` or ``"en"``.
    """
    pair = LABELS.get(family, {}).get(code)
    return code if pair is None else pair[0 if language == "zh" else 1]


def stage_of_grade(grade: int) -> Stage:
    """Return the stage of grade 1 to 9 under the 6-3 structure (学制).

    Raises
    ------
    ValueError
        ``grade`` lies outside 1 to 9.
    """
    for stage, grades in STAGE_GRADES.items():
        if grade in grades:
            return Stage(stage)
    msg = f"grade {grade} is outside 1 to 9"
    raise ValueError(msg)
