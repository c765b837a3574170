import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from claims.errors import FormatError
from claims.formats import jsonl, records

ROOT = Path(__file__).resolve().parents[3]
HEADER = '{"type":"rejoinder","version":1}'
UUID = "6f1c2a2e-5d0b-4a53-9d53-0f7f1c3b9a10"

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
texts = st.text(characters, max_size=20)
filled = texts.filter(str.strip)
plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | texts
    | st.floats(-1e15, 1e15).map(lambda value: value + 0.0),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
VALUES = {
    "person": filled,
    "url": st.just("") | texts.map(lambda text: f"https://example.org/{text}"),
    "uuid": st.uuids(),
    "date": st.dates(),
    "datetime": st.datetimes(
        min_value=datetime(1000, 1, 1), max_value=datetime(9000, 1, 1), timezones=st.just(UTC)
    ),
    "number": st.floats(-1e15, 1e15).map(lambda value: value + 0.0),
    "decimal": st.decimals(-(10**12), 10**12, places=3),
    "bool": st.booleans(),
    "object": st.dictionaries(texts, plain_json, max_size=3),
    "list": st.lists(plain_json, max_size=3).map(tuple),
    "counts": st.lists(st.integers(0, jsonl.COUNT_LIMIT), max_size=3).map(tuple),
    "uuids": st.lists(st.uuids(), max_size=3).map(tuple),
}  # fmt: skip


def values_of(column):
    """Return the strategy for what a field may hold."""
    kind, metadata = column.metadata["kind"], column.metadata
    if kind in ("record", "records"):
        inner = records_of(metadata["of"])
        return inner if kind == "record" else st.lists(inner, max_size=2).map(tuple)
    if kind in ("text", "texts"):
        one = (
            st.sampled_from(metadata["among"])
            if "among" in metadata
            else filled
            if metadata.get("is_filled")
            else texts
        )
        if "bars" in metadata:
            one = one.filter(lambda text: metadata["bars"] not in text)
        return one if kind == "text" else st.lists(one, max_size=2).map(tuple)
    if kind == "count":
        return st.integers(metadata.get("least", 0), jsonl.COUNT_LIMIT)
    return VALUES[kind]


def records_of(record_type):
    fields = {}
    for column in filter(records.is_written, records.columns(record_type)):
        strategy = values_of(column)
        fields[column.name] = st.none() | strategy if records.may_be_null(column) else strategy
    return st.builds(record_type, **fields)


headers = st.just(records.Header(version=1))
bodies = st.one_of(*(records_of(one) for name, one in records.TYPES.items() if name != "rejoinder"))


def written(found):
    stream = io.BytesIO()
    jsonl.write(found, stream)
    return stream.getvalue()


def read(text):
    return list(jsonl.read(io.BytesIO(text if isinstance(text, bytes) else text.encode())))


@given(found=st.lists(bodies, max_size=3))
def test_what_was_written_is_read_as_it_was(found):
    found = [records.Header(version=1), *found]
    data = written(found)
    assert read(data) == found
    assert written(read(data)) == data


@given(found=bodies)
def test_what_is_written_follows_the_schema(found):
    line = json.loads(written([found]))
    schema = jsonl.schema()
    one = {"$ref": f"#/$defs/{found.TYPE}", "$defs": schema["$defs"]}
    Draft202012Validator(one).validate(line)


def test_the_published_schema_is_the_one_the_records_make():
    published = json.loads((ROOT / "docs" / "schema" / "rejoinder-jsonl-1.json").read_text(encoding="utf-8"))
    assert published == jsonl.schema(), "run: python -m claims.formats schema > docs/schema/rejoinder-jsonl-1.json"
    Draft202012Validator.check_schema(published)


def test_lines_are_utf8_with_sorted_keys_and_without_spaces():
    line = written([records.Person(username="anna", name="Ann😀 \u2028", role="owner")])
    assert (
        line
        == '{"guidelines_read":0,"name":"Ann😀 \u2028","role":"owner","type":"person","username":"anna"}\n'.encode()
    )


def test_times_go_out_in_utc_and_come_in_in_any_zone():
    project = read(f'{HEADER}\n{{"type":"project","title":"x","created_at":"2026-01-01T02:30:00+02:30"}}')[1]
    assert project.created_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert project.created_at.utcoffset() == timedelta(0)
    assert b'"created_at":"2026-01-01T00:00:00Z"' in written([project])


def test_null_is_the_default():
    link = read(f'{HEADER}\n{{"type":"link","layer":"{UUID}","response":"{UUID}","relation":null,"strategies":null}}')[
        1
    ]
    assert (link.relation, link.strategies, link.scope) == ("", (), "claim")


def test_a_byte_order_mark_blank_lines_and_windows_line_ends_are_taken():
    found = read(b"\xef\xbb\xbf" + f"{HEADER}\r\n\r\n".encode() + b'{"type":"project","title":"x"}\r\n')
    assert found[1].title == "x"
    assert found[1].line == 3


@pytest.mark.parametrize("value", ["1250.5", 1250.5, " 1250.50 "])
def test_decimals_come_as_digits_or_numbers(value):
    line = json.dumps(
        {"type": "mention", "document": UUID, "start": 0, "end": 1, "kind": "quantity", "quantity": {"value": value}}
    )
    assert read(f"{HEADER}\n{line}")[1].quantity.value == Decimal("1250.5")


def nested(levels):
    return "[" * levels + "]" * levels


SPAN = f'"document":"{UUID}","start":0,"end":1'
REFUSED = [
    ("", "line 1: the file is empty."),
    ("{}", "line 1: None is not a type of line"),
    ('{"type":"project","title":"x"}', "line 1: the file does not begin with"),
    ('{"type":"rejoinder","version":2}', "line 1: this is version 2; only version 1 is known."),
    ('{"type":"rejoinder","version":1,"offsets":"bytes"}', "line 1: rejoinder: offsets is"),
    (f"{HEADER}\n{HEADER}", "line 2: a second header"),
    (f"{HEADER}\n[]", "line 2: write one JSON object a line"),
    (f"{HEADER}\n{{", "line 2: not JSON"),
    (f'{HEADER}\n{{"type":"claim","type":"link"}}', "line 2: the key 'type' stands twice"),
    (f'{HEADER}\n{{"type":"suggestion",{SPAN},"kind":"claim","score":NaN}}', "line 2: NaN is not a JSON number."),
    (f'{HEADER}\n{{"type":"suggestion",{SPAN},"kind":"claim","score":1e999}}', "score is Infinity; write a number."),
    (f'{HEADER}\n{{"type":"suggestion",{SPAN},"kind":"claim","payload":{{"a":1e999}}}}', "payload holds a number"),
    (f'{HEADER}\n{{"type":"suggestion",{SPAN},"kind":"claim","reasons":{nested(65)}}}', "line 2: more than 64 levels"),
    (f'{HEADER}\n{{"type":"suggestion",{SPAN},"kind":"claim","reasons":{nested(100_000)}}}', "line 2: more than 64 levels"),
    (f'{HEADER}\n{{"type":"project","title":"a\\u0000"}}', "line 2: character 2 of a text is NUL"),
    (f'{HEADER}\n{{"type":"project","title":"\\ud83d"}}', "line 2: character 1 of a text is half of a surrogate pair"),
    (f'{HEADER}\n{{"type":"project","title":"x","\\udc00":1}}', "half of a surrogate pair"),
    (f'{HEADER}\n{{"type":"project","title":"x","slog":"y"}}', "line 2: project: 'slog' is not a field here; known are"),
    (f'{HEADER}\n{{"type":"project"}}', "line 2: project: title is missing."),
    (f'{HEADER}\n{{"type":"project","title":" "}}', "line 2: project: title is empty."),
    (f'{HEADER}\n{{"type":"project","title":5}}', "line 2: project: title is 5; write a text."),
    (f'{HEADER}\n{{"type":"project","title":"x","kind":"odd"}}', 'kind is "odd"; write one of shared, independent.'),
    (f'{HEADER}\n{{"type":"project","title":"x","version":0}}', "version is 0; write a whole number from 1"),
    (f'{HEADER}\n{{"type":"project","title":"x","version":true}}', "version is true; write a whole number"),
    (f'{HEADER}\n{{"type":"project","title":"x","uuid":"1"}}', 'uuid is "1"; write a uuid such as'),
    (f'{HEADER}\n{{"type":"project","title":"x","created_at":"today"}}', 'created_at is "today"; write a time'),
    (f'{HEADER}\n{{"type":"document","title":"x","url":"javascript:1"}}', "write an address that begins with http"),
    (f'{HEADER}\n{{"type":"document","title":"x","published_on":"1.2.2026"}}', "published_on is"),
    (f'{HEADER}\n{{"type":"claim","number":3,"role":"response","start":-1}}', "line 2: claim R3: start is -1; write"),
    (f'{HEADER}\n{{"type":"claim","number":{2**31}}}', "number is 2147483648; write a whole number from 0 to 2147483647."),
    (f'{HEADER}\n{{"type":"mention",{SPAN},"kind":"quantity","quantity":{{"value":"1E+999999999"}}}}', "quantity value is"),
    (f'{HEADER}\n{{"type":"mention",{SPAN},"kind":"quantity","quantity":{{"value":"many"}}}}', "write digits as text"),
    (f'{HEADER}\n{{"type":"vocabulary","key":"a@b"}}', 'vocabulary a@b: key is "a@b"; leave out @.'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_wrong_is_said_with_its_line(text, words):
    with pytest.raises(FormatError) as refused:
        read(text)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_bytes_that_are_not_utf8_are_named():
    with pytest.raises(FormatError, match=r"line 2: byte 4 is not UTF-8"):
        read(HEADER.encode() + b'\n{"a\xff"}')


def test_an_endless_line_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr(jsonl, "LINE_LIMIT", 100)
    with pytest.raises(FormatError, match="line 2: longer than"):
        read(HEADER + "\n" + "x" * 1000)


@pytest.mark.parametrize("head", [HEADER, f" {HEADER}", '{"version": 1, "type" : "rejoinder"}', "\ufeff" + HEADER])
def test_a_corpus_is_told_by_its_first_line(head):
    assert jsonl.sniff(head.encode())


@pytest.mark.parametrize("head", ["", '{"text":"x"}', 'text\n{"type":"rejoinder"}', '[{"type":"rejoinder"}]'])
def test_other_files_are_not_taken_for_a_corpus(head):
    assert not jsonl.sniff(head.encode())


def test_numbers_go_out_as_postgresql_gives_them_back():
    assert jsonl.plain({"a": [1e22, -0.0, 0.5]}) == {"a": [10**22, 0.0, 0.5]}
    assert str(jsonl.plain(-0.0)) == "0.0"
    assert isinstance(jsonl.plain(1e22), int)


def test_dates_stay_dates():
    document = records.Document(title="x", published_on=date(2026, 3, 1))
    assert read(written([records.Header(version=1), document]))[1] == document
