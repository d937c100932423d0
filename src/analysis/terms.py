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
    # a veto that is "met" would read as one that applies
    "veto_verdict": {
        "met": ("没有出现", "None found"),
        "not_met": ("出现", "Found"),
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
    "indicator": {
        "L1": ("每百名学生拥有高于规定学历教师数", "L1 Above-qualification teachers per 100"),
        "L2": ("每百名学生拥有县级以上骨干教师数", "L2 Backbone teachers per 100"),
        "L3": ("每百名学生拥有体育、艺术专任教师数", "L3 PE and arts teachers per 100"),
        "L4": ("生均教学及辅助用房面积", "L4 Teaching area per pupil"),
        "L5": ("生均体育运动场馆面积", "L5 Sports area per pupil"),
        "L6": ("生均教学仪器设备值", "L6 Teaching equipment per pupil"),
        "L7": ("每百名学生拥有网络多媒体教室数", "L7 Multimedia rooms per 100"),
        "B1": ("生均教学及辅助用房面积（2012）", "B1 Teaching area per pupil (2012)"),
        "B2": ("生均体育运动场馆面积（2012）", "B2 Sports area per pupil (2012)"),
        "B3": ("生均教学仪器设备值（2012）", "B3 Equipment per pupil (2012)"),
        "B4": ("每百名学生拥有计算机台数", "B4 Computers per 100 pupils"),
        "B5": ("生均图书册数", "B5 Books per pupil"),
        "B6": ("师生比", "B6 Teachers per pupil"),
        "B7": ("生均高于规定学历教师数", "B7 Above-qualification teachers per pupil"),
        "B8": ("生均中级及以上职称教师数", "B8 Teachers with a middle or higher title per pupil"),
        "composite": ("综合差异系数", "Composite CV"),
    },
    "dimension": {
        "resources": ("资源配置", "Resources"),
        "guarantee": ("政府保障程度", "Government guarantee"),
        "quality": ("教育质量", "Quality"),
        "recognition": ("社会认可度", "Social recognition"),
        "veto": ("一票否决", "Vetoes"),
        "eligibility": ("资格审核", "Eligibility"),
        "overall": ("总体", "Overall"),
    },
    "cv_population": {"all": ("含民办", "All schools"), "public": ("仅公办", "Public only")},
    "scope_reason": {
        "ordinary": ("纳入评估", "In scope"),
        "pupils_unknown": ("缺在校生数", "Pupils not given"),
        "special_school": ("特殊教育学校不计入", "Special schools are left out"),
        "vocational_school": ("职业学校不计入", "Vocational schools are left out"),
        "not_compulsory": ("非义务教育学校", "Not a compulsory-stage school"),
        "teaching_point_below_minimum": (
            "不足规定人数的教学点不计入",
            "A teaching point below the minimum is left out",
        ),
        "teaching_point_excluded": (
            "本规则不含教学点",
            "Teaching points are left out under these rules",
        ),
        "private_excluded": (
            "本规则不含民办学校",
            "Private schools are left out under these rules",
        ),
        "owner_unknown": ("缺举办者", "Owner not given"),
        "no_pupils": ("没有在校生", "No pupils"),
        "not_open": ("尚未开办", "Not open yet"),
        "closed": ("已停办", "Closed"),
    },
    "school_test": {
        "music_rooms": ("音乐专用教室", "Music rooms"),
        "art_rooms": ("美术专用教室", "Art rooms"),
        "school_size": ("学校规模", "School size"),
        "class_size": ("班额", "Class size"),
        "trained": ("5年360学时培训", "360 hours of training in five years"),
        "certified": ("持证上岗", "Certified teachers"),
        "training_funds": ("培训经费比例", "Training share of public funds"),
    },
    "class_basis": {
        "class_sizes": ("逐班名册", "Class register"),
        "class_bands": ("班额分布", "Size bands"),
        "enrolment": ("由班均推断（至少）", "Inferred from means (at least)"),
        "mixed": ("来源不一", "Mixed sources"),
    },
    "class_band": {
        "over_norm": ("超标准班额", "Above the norm"),
        "oversize": ("大班额", "Oversize"),
        "super_oversize": ("超大班额", "Super-oversize"),
        "all_over": ("合计", "All above the norm"),
    },
    "remedy_target": {
        "L1": ("高于规定学历教师", "Above-qualification teachers"),
        "L2": ("县级以上骨干教师", "Backbone teachers"),
        "L3": ("体育、艺术专任教师", "PE and arts teachers"),
        "L4": ("教学及辅助用房", "Teaching area"),
        "L5": ("体育运动场馆", "Sports area"),
        "L6": ("教学仪器设备", "Teaching equipment"),
        "L7": ("网络多媒体教室", "Multimedia rooms"),
        "music_rooms": ("音乐专用教室", "Music rooms"),
        "art_rooms": ("美术专用教室", "Art rooms"),
        "school_size": ("学校规模", "School size"),
        "class_size": ("班额", "Class size"),
        "trained": ("5年360学时培训", "Training of 360 hours"),
        "certified": ("持证上岗", "Certified teachers"),
        "training_funds": ("培训经费", "Training funds"),
    },
    "remedy": {
        "teachers": ("补充教师", "New teachers"),
        "qualification": ("提升学历", "Raise qualifications"),
        "backbone_training": ("培养骨干教师", "Train backbone teachers"),
        "rotation": ("校际交流轮岗", "Rotation between schools"),
        "teaching_rooms": ("新建或改造教学用房", "Build or convert teaching rooms"),
        "sports_area": ("增加体育场馆", "Add sports area"),
        "equipment": ("购置仪器设备", "Buy equipment"),
        "multimedia": ("配备网络多媒体教室", "Equip multimedia rooms"),
        "special_rooms": ("配备专用教室", "Equip special rooms"),
        "catchment": ("学区与生源调整", "Change of catchment"),
        "more_classes": ("增设班级", "Open more classes"),
        "training": ("组织培训", "Train teachers"),
        "certification": ("取得教师资格", "Certify teachers"),
        "budget": ("调整预算", "Adjust the budget"),
    },
    "department": {
        "education": ("教育", "Education"),
        "establishment": ("编办", "Establishment office"),
        "finance": ("财政", "Finance"),
        "development": ("发改", "Development and reform"),
        "natural_resources": ("自然资源", "Natural resources"),
        "housing": ("住建", "Housing and construction"),
        "personnel": ("人社", "Human resources"),
    },
    "forward_change": {
        "met": ("达到", "Met"),
        "not_met": ("未达到", "Not met"),
        "relapse_growth": ("因学生增加回落", "Relapses as pupils are added"),
        "relapse_other": ("回落", "Relapses"),
        "improves_by_decline": ("仅因学生减少而改善", "Improves only because pupils leave"),
        "improves_by_project": ("因项目投入使用而改善", "Improves as a project opens"),
        "undetermined": ("无法判定", "Undetermined"),
        "not_applicable": ("不适用", "Not applicable"),
    },
    "form_unit": {
        "万人": ("万人", "10 000 people"),
        "人": ("人", "people"),
        "个": ("个", "in number"),
        "所": ("所", "schools"),
        "元": ("元", "yuan"),
    },
    "relief": {
        "pe_and_arts_shared": ("计入走教体艺教师", "Shared PE and arts teachers counted"),
        "dense_city_sports": ("计入改造和租赁场地", "Converted and leased grounds counted"),
        "old_building": ("建成较早", "Built before the cut"),
        "small_rural": ("农村小规模学校", "Small rural school"),
        "migrant_children": ("随迁子女过半", "More than half migrant children"),
    },
    "survey_channel": {"questionnaire": ("问卷", "Questionnaire"), "visit": ("走访", "Visit")},
    "respondent_group": {
        "all": ("合计", "All groups"),
        "学生": ("学生", "Pupils"),
        "家长": ("家长", "Parents"),
        "教师": ("教师", "Teachers"),
        "校长": ("校长", "Principals"),
        "人大代表": ("人大代表", "Deputies to the People's Congress"),
        "政协委员": ("政协委员", "Members of the Consultative Conference"),
        "其他群众": ("其他群众", "Others"),
    },
    "standard_target": {
        "standard_school_share_target": ("全市", "City-wide"),
        "standard_school_share_target_strong": ("强县", "Strong counties"),
        "standard_school_share_target_other": ("其他县", "Other counties"),
    },
    "standard_model": {
        "standard": ("标准校", "Standard school"),
        "rural": ("农村最低要求", "Rural minimum"),
    },
    "path_item": {
        "outcome": ("求解结果", "Outcome"),
        "verdict_before": ("现状结论", "Verdict today"),
        "verdict_after": ("套用后结论", "Verdict with the path"),
        "cost": ("本学段费用（元）", "Cost of the stage (yuan)"),
        "target_year": ("达标学年", "Target school year"),
        "cost_all": ("各学段合计费用（元）", "Cost of all stages (yuan)"),
        "bound": ("费用的可证下限（元）", "Proven lower bound of the cost (yuan)"),
        "gap": ("高于下限的比例", "Share above the bound"),
        "proven": ("差距在允许范围内（1 是）", "Within the gap allowed (1: yes)"),
    },
    "path_text": {
        "found": ("已求得", "Found"),
        "already": ("已经达标", "Passes already"),
        "infeasible": ("无解", "No solution"),
        "limit": ("求解达到上限", "Solver limit reached"),
        "met": ("达到", "Met"),
        "not_met": ("未达到", "Not met"),
        "undetermined": ("无法判定", "Undetermined"),
        "not_applicable": ("不适用", "Not applicable"),
    },
    "quantity_unit": {
        "人": ("人", "people"),
        "m²": ("平方米", "m²"),
        "元": ("元", "yuan"),
        "间": ("间", "rooms"),
        "个": ("个", "classes"),
        "台": ("台", "units"),
        "册": ("册", "volumes"),
        "元/人": ("元/人", "yuan a pupil"),
        "级": ("级", "levels"),
        "年": ("年", "years"),
    },
    "split_method": {
        "none": ("不拆分", "No split"),
        "weights": ("按权重折算", "By weights"),
        "stage_returns": ("分学段填报", "Returned by stage"),
        "unknown": ("无法拆分", "Cannot be split"),
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
        "given_up": ("校舍让给别处", "Rooms given to others"),
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
    "place_basis": {
        "own": ("项目坐标", "The project's own coordinates"),
        "school": ("学校坐标", "Its school's coordinates"),
        "town": ("乡镇驻地代替", "Its town's seat stands in"),
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
    "break_kind": {
        "progression": ("递进率", "Progression"),
        "entrants": ("招生增幅", "Change of entrants"),
        "births": ("出生队列增幅", "Change of births"),
        "entry_ratio": ("入学比", "Entry ratio"),
        "roll_forward": ("人数平衡差", "Roll-forward residual"),
    },
    "assumption_status": {
        "default": ("工具默认", "Tool default"),
        "own": ("本地取值", "Own value"),
        "unsourced": ("缺来源", "No source"),
        "stale": ("已过期", "Past its life"),
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
    "seat_basis": {
        "classrooms": ("可用教室", "Usable classrooms"),
        "classrooms_unchecked": (
            "教室（危房或临时未报）",
            "Classrooms, unsafe or temporary ones not reported",
        ),
        "seats_total": ("公布的学位总数", "Published total of seats"),
        "classes_in_use": ("现有班数", "Classes in use"),
        "unknown": ("未知", "Unknown"),
    },
    "seat_limit": {
        "classrooms": ("可用教室", "Usable classrooms"),
        "teaching_area": ("教学及辅助用房", "Teaching area"),
        "sports_area": ("体育运动场馆", "Sports area"),
        "site_area": ("用地", "Site area"),
        "school_size": ("规模上限", "Size of school"),
        "unknown": ("未知", "Unknown"),
    },
    "treatment": {
        "set_aside": ("按缺失处理", "Counts as missing"),
        "kept": ("原数保留", "Kept"),
        "left_out": ("整行未用", "Row not used"),
        "confirmed": ("已答复确认", "Confirmed by an answer"),
    },
    "answer_status": {
        "applied": ("已采用", "Applied"),
        "confirmed": ("确认原值", "Value confirmed"),
        "outdated": ("原表已改，不再使用", "Source has changed, not used"),
        "unreadable": ("读不出", "Cannot be read"),
        "no_cell": ("找不到单元格", "No such cell"),
    },
    "intake_change": {
        "unit": ("单位换算", "Unit"),
        "unit_in_title": ("表头上方的单位", "Unit above the table"),
        "percent": ("百分数", "Per cent"),
        "separator": ("千分位逗号", "Thousands separators"),
        "width": ("全角字符", "Full-width characters"),
        "cleaned": ("空格和不可见字符", "Spaces and invisible characters"),
        "chinese_numeral": ("中文数字", "Chinese numerals"),
        "date_to_year": ("日期取年份", "Year of a date"),
        "spring_term": ("春季学期归上一学年", "Spring term belongs to the year before"),
        "from_title": ("取自标题", "From the title"),
        "town_name": ("乡镇名称对应代码", "Town name to code"),
        "town_alias": ("乡镇别名对应代码", "Other form of a town name"),
        "school_name": ("学校名称对应代码", "School name to code"),
        "name_as_code": ("以名称代替代码", "Name stands for the code"),
        "leading_zero": ("补回前导零", "Leading zero restored"),
        "answer": ("按答复更正", "Answer applied"),
        "school_change": ("按学校沿革归并", "Carried to the present school"),
        "town_change": ("按乡镇沿革归并", "Carried to the present town"),
        "stage_from_kind": ("按办学类型定学段", "Stage from the kind of school"),
        "added_up": ("几栏相加", "Several columns added up"),
        "anchor": ("按单元格位置读取", "Read by its position"),
        "missing_word": ("表示缺失的文字", "A word for missing"),
        "bare_grade": ("表头数字读作年级", "Number alone in a head, read as a grade"),
        "grade_from_title": ("按标题学段定年级", "Grade by the stage in the title"),
        "county_name": ("全县对应县代码", "The county's own row"),
        "band_bound": ("按面积段下限", "Lower bound of an area band"),
    },
    "intake_unused": {
        "unknown_column": ("不认识的栏目", "Unknown column"),
        "no_table_recognised": ("没有认出表格", "No table recognised"),
        "footnote": ("附注", "Footnote"),
        "unknown_row": ("不认识的行", "Unknown row"),
        "file_kind": ("不是表格文件", "Not a table file"),
        "instructions": ("说明页", "Instructions"),
        "repeated_column": ("重复的栏目", "Repeated column"),
        "personal_data": ("个人信息", "Personal data"),
        "subtotal_row": ("乡镇小计行", "Subtotal of a town"),
        "pupil_list": ("学生名单", "List of pupils"),
    },
    "conclusion_status": {
        "undetermined": ("无法判定，待更正", "Undetermined until corrected"),
        "caution": ("可用，须留意", "Usable with caution"),
    },
    "conclusion": {
        "indicators": ("七项资源指标与差异系数", "Seven indicators and their variation"),
        "class_and_school_size": ("班额与学校规模", "Class and school size"),
        "assessment": ("政府保障与教育质量", "Guarantees and quality"),
        "trends": ("变化趋势", "Trends"),
        "demand": ("学位需求预测", "Seat demand"),
        "norm": ("千人学位标准", "Seats per thousand"),
        "capacity": ("学位供给与缺口", "Seats available and gap"),
        "building_plan": ("建设规划与资金", "Building plan and money"),
        "gap_list": ("缺口清单", "Priced gap list"),
        "access": ("上学距离与撤并", "Distance and mergers"),
    },
    "rebasing": {
        "monthly": ("按月归并", "By month"),
        "third_and_two_thirds": ("按年拆分（1/3 与 2/3）", "A third and two thirds of two years"),
        "register": ("按登记年龄", "By age in the register"),
    },
    "distance_basis": {
        "road_km": ("道路距离", "By road"),
        "road_minutes": ("用时", "By time"),
        "straight_line": ("直线乘绕行系数", "Straight line x detour factor"),
    },
    "merger_rule": {
        "distance": ("单程不超过限值", "Trip within the limit"),
        "seats_now": ("接收学校现有余位够用", "Seats there now"),
        "seats_ahead": ("各情景各年余位够用", "Seats there in every scenario and year"),
        "classrooms": ("接收学校教室够用", "Classrooms there"),
        "school_size": ("合并后规模不超上限", "Size within the limit"),
        "teaching_area": ("合并后生均教学用房达标", "Teaching area a pupil kept"),
        "sports_area": ("合并后生均运动场馆达标", "Sports area a pupil kept"),
        "boarding": ("寄宿床位够用", "Boarding places"),
        "stays_small": ("今后不回升", "Stays small in every scenario"),
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
