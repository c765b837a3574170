import io
import json

import pytest

from annotate.pipeline.cli import InputError, suggest_pairs_lines, tag_lines


def lines(written):
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_plain_text_gives_one_line():
    out = io.StringIO()
    tag_lines(io.StringIO("The board lost 40 boats.\r\n"), out)
    (line,) = lines(out)
    assert line["text"] == "The board lost 40 boats.\n"
    assert line["quantities"][0]["value"] == 40
    assert set(line) >= {"text", "entities", "quantities", "attributions", "claims"}


def test_json_lines_keep_their_own_keys():
    out = io.StringIO()
    tag_lines(io.StringIO('{"text": "It cost $1.5 million.", "name": "a"}\n\n{"text": ""}\n'), out, jsonl=True)
    first, second = lines(out)
    assert first["name"] == "a"
    assert first["quantities"][0]["value"] == 1500000
    assert second["quantities"] == []


@pytest.mark.parametrize("line", ["{", "[]", '{"txt": 1}', '{"text": 3}', '{"text": "a", "excluded": [3]}'])
def test_bad_line_is_named(line):
    with pytest.raises(InputError, match="Line 1"):
        tag_lines(io.StringIO(line), io.StringIO(), jsonl=True)


def test_two_processes_write_the_same_lines_in_the_same_order():
    records = "".join(json.dumps({"text": f"The board lost {number} boats."}) + "\n" for number in range(11, 17))
    one, two = io.StringIO(), io.StringIO()
    assert tag_lines(io.StringIO(records), one, jsonl=True) == 6
    assert tag_lines(io.StringIO(records), two, jsonl=True, processes=2) == 6
    assert one.getvalue() == two.getvalue()


def test_pairs_come_ranked_with_reasons():
    case = {
        "id": 7,
        "claims": [{"id": 0, "text": "It rains."}, {"id": 1, "text": "The 40 boats are old."}],
        "responses": [{"id": 0, "text": "All 40 boats are new.", "scope": "x", "targets": [0]}],
    }
    out = io.StringIO()
    suggest_pairs_lines(io.StringIO(json.dumps(case)), out)
    (line,) = lines(out)
    assert line["id"] == 7
    assert [target["id"] for target in line["responses"][0]["targets"]] == [1, 0]
    assert line["responses"][0]["targets"][0]["reasons"]


def test_case_without_claims_is_named():
    with pytest.raises(InputError, match="Line 1"):
        suggest_pairs_lines(io.StringIO("{}"), io.StringIO())
