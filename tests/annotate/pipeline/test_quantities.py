import json
from pathlib import Path

import pytest

from annotate.pipeline import as_json, read_document

CASES = json.loads((Path(__file__).parents[3] / "fixtures" / "quantities.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["text"][:40] for case in CASES])
def test_table_of_cases(case):
    found = as_json(read_document(case["text"]))["quantities"]
    assert len(found) == len(case["holds"]), found
    for quantity, wanted in zip(found, case["holds"], strict=True):
        for key, value in wanted.items():
            if key in ("value", "value_high"):
                assert float(quantity[key]) == pytest.approx(value, rel=1e-3)
            else:
                assert quantity[key] == value, (key, quantity)
