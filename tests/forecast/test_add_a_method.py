"""The example of docs/add-a-method.md runs as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

PAGE = Path(__file__).resolve().parents[2] / "docs" / "add-a-method.md"


def test_the_printed_method_stands_in_the_table():
    random = np.random.default_rng(2)
    rows = [
        (f"A{a}", g, y, float(random.poisson(100)))
        for a in range(6)
        for g in range(1, 4)
        for y in range(2010, 2022)
    ]
    table = pd.DataFrame(rows, columns=["area_id", "grade", "year", "enrolment"])
    code = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert code is not None
    names: dict[str, object] = {"table": table, "__name__": __name__}

    exec(compile(code.group(1), PAGE.name, "exec", dont_inherit=True), names)

    found = pd.DataFrame(names["rows"])
    mine = found[found["method"] == "last_year_with_noise"]
    assert set(mine["horizon"]) == {1, 2, 3, 4, 5}
    assert mine["coverage80"].notna().all()
