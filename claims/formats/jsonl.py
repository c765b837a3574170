"""Rejoinder JSON Lines: a whole project, lossless, one JSON object a line.

Sample, shortened::

    {"history":false,"offsets":"unicode code points","type":"rejoinder","version":1}
    {"slug":"demo","title":"Work at Sea","type":"project","uuid":"0d0c…",…}
    {"sha256":"9f86…","text":"Crime fell. “That is not so”, he said.","type":"document","uuid":"5f0e…",…}
    {"document":"5f0e…","end":11,"quote":"Crime fell.","role":"assertion","start":0,"type":"claim",…}

The shape of the file is https://jsonlines.org (UTF-8, ``\\n``), that of each line docs/schema/rejoinder-jsonl-1.json,
which ``python -m claims.formats schema`` prints from the records; docs/exchange.md says it in words. Lines stand
in the order of ``records.TYPES`` and within a type by uuid, keys are sorted and there is no time of export, so that the
same state gives the same bytes. A reader takes lines in any order in which a line comes after those it names.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, BinaryIO

from claims.errors import FormatError

from . import records
from .records import Record

NAME = "jsonl"
LABEL = "Rejoinder JSON Lines (everything)"
SUFFIX = ".jsonl"
MEDIA_TYPE = "application/jsonl"
READABLE = True
OPTIONS: dict[str, str] = {}
LOSES = (
    "Passwords, addresses, sign-in links, invitations and tokens of people are not written.",
    "Runs, exports and other jobs are not written, nor what people were notified of.",
)

VERSION = 1
SCHEMA = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_ID = "https://rejoinder.example/schema/rejoinder-jsonl-1.json"

LINE_LIMIT = 64 * 2**20  # bytes; a document of the largest upload, 50 MB, fits
DEPTH_LIMIT = 64
COUNT_LIMIT = 2**31 - 1  # both databases hold it
DECIMAL_LIMIT = 100  # digits before or after the point: "1E+999999999" would fill the memory when written out
# What one of the two databases cannot hold, as it is written inside a JSON string.
UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})")
NUL_OR_SURROGATE = re.compile("[\x00\ud800-\udfff]")


def sniff(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is one of ours: its first line says so."""
    line = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    return line.startswith(b"{") and re.search(rb'"type"\s*:\s*"rejoinder"', line) is not None


# Reading


class Refused(ValueError):
    """A value that a field does not take; the message goes on from the name of the field."""


def read(stream: BinaryIO) -> Iterator[Record]:
    """Yield the records of a file, header first, each checked by itself.

    What a line says of other lines, and of the text of a document, is checked by whoever stores it. Raises FormatError
    with the number of the line, counted from 1.
    """
    is_first = True
    for number, line in numbered_lines(stream):
        values = parse_line(line, number)
        record = parse_record(values, number)
        if is_first:
            if not isinstance(record, records.Header):
                raise FormatError(
                    f'line {number}: the file does not begin with {{"type":"rejoinder","version":{VERSION}}}, '
                    "so it is not Rejoinder JSON Lines."
                )
            if record.version != VERSION:
                raise FormatError(f"line {number}: this is version {record.version}; only version {VERSION} is known.")
        elif isinstance(record, records.Header):
            raise FormatError(f"line {number}: a second header; one file holds one project.")
        is_first = False
        yield record
    if is_first:
        raise FormatError("line 1: the file is empty.")


def numbered_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield (number, line) of every line that is not blank."""
    number = 0
    while line := stream.readline(LINE_LIMIT + 1):
        number += 1
        if len(line) > LINE_LIMIT:
            raise FormatError(f"line {number}: longer than {LINE_LIMIT // 2**20} MB; nothing here needs that.")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.strip():
            yield number, line


def parse_line(line: bytes, number: int) -> dict[str, Any]:
    """Return the JSON object of one line; raises FormatError for anything that is not one, or goes too deep."""
    try:
        values = DECODER.decode(line.decode())
    except UnicodeDecodeError as error:
        raise FormatError(f"line {number}: byte {error.start + 1} is not UTF-8; save the file as UTF-8.") from error
    except json.JSONDecodeError as error:
        raise FormatError(f"line {number}: not JSON: {error.msg} at character {error.pos + 1}.") from error
    except RecursionError as error:
        raise FormatError(f"line {number}: more than {DEPTH_LIMIT} levels deep.") from error
    except ValueError as error:  # repeated keys, NaN, numbers of thousands of digits
        raise FormatError(f"line {number}: {error}") from error
    if not isinstance(values, dict):
        raise FormatError(f"line {number}: write one JSON object a line, in braces.")
    # A line of fewer brackets cannot go deeper; nearly all are.
    if line.count(b"{") + line.count(b"[") > DEPTH_LIMIT and depth(values) > DEPTH_LIMIT:
        raise FormatError(f"line {number}: more than {DEPTH_LIMIT} levels deep.")
    if UNSTORABLE.search(line):
        refuse_unstorable(values, number)
    return values


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} stands twice in one object.")
    return values


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number.")


# One for all lines: making one takes as long as reading a short line.
DECODER = json.JSONDecoder(object_pairs_hook=unique_keys, parse_constant=refuse_constant)


def depth(value: Any) -> int:
    """Return how many levels of objects and lists ``value`` has; stops counting above the limit."""
    level, layer = 0, [value]
    while layer and level <= DEPTH_LIMIT:
        inner: list[Any] = []
        for item in layer:
            if isinstance(item, dict):
                inner += item.values()
            elif isinstance(item, list):
                inner += item
        level += any(isinstance(item, dict | list) for item in layer)
        layer = inner
    return level


def refuse_unstorable(value: Any, number: int) -> None:
    """Raise FormatError where a string holds NUL or half of a surrogate pair, which ``\\u`` escapes can spell."""
    if isinstance(value, dict):
        for key, inner in value.items():
            refuse_unstorable(key, number)
            refuse_unstorable(inner, number)
    elif isinstance(value, list):
        for inner in value:
            refuse_unstorable(inner, number)
    elif isinstance(value, str) and (found := NUL_OR_SURROGATE.search(value)):
        what = "NUL, which no database stores" if found[0] == "\x00" else "half of a surrogate pair"
        raise FormatError(f"line {number}: character {found.start() + 1} of a text is {what}; remove it.")


def parse_record(values: dict[str, Any], number: int) -> Record:
    """Return the record that the JSON object of one line spells."""
    name = values.pop("type", None)
    record_type = records.TYPES.get(name) if isinstance(name, str) else None
    if record_type is None:
        known = ", ".join(records.TYPES)
        raise FormatError(f"line {number}: {name!r} is not a type of line; known are {known}.")
    try:
        return build(record_type, values, number)
    except Refused as error:
        raise FormatError(f"line {number}: {spoken_name(name, values)}: {error}") from error


def spoken_name(name: str, values: Mapping[str, Any]) -> str:
    """Return what a message calls a line that could not be read."""
    if name == "claim" and isinstance(values.get("number"), int) and values.get("role") in records.CLAIM_ROLES:
        return f"claim {'A' if values['role'] == 'assertion' else 'R'}{values['number']}"
    key = next((str(values[key])[:60] for key in ("uuid", "username", "key") if values.get(key)), "")
    return f"{name} {key}".strip()


def build(record_type: type[Record], values: dict[str, Any], number: int) -> Record:
    """Return a record from JSON values; null and left out mean the default. Raises Refused."""
    found: dict[str, Any] = {"line": number}
    checks, required = reader_of(record_type)
    for name, value in values.items():
        check = checks.get(name)
        if check is None:
            raise Refused(f"{name!r} is not a field here; known are {', '.join(sorted(checks))}.")
        if value is not None:
            try:
                found[name] = check(value, number)
            except Refused as error:
                raise Refused(f"{name} {error}") from None
    if not found.keys() >= required:
        raise Refused(f"{min(required - found.keys())} is missing.")
    return record_type(**found)


Check = Callable[[Any, int], Any]


READERS: dict[type[Record], tuple[dict[str, Check], frozenset[str]]] = {}


def reader_of(record_type: type[Record]) -> tuple[dict[str, Check], frozenset[str]]:
    """Return {field: check} and the names of the fields that are required."""
    if record_type not in READERS:
        fields = records.columns(record_type)
        required = frozenset(field.name for field in fields if records.is_required(field))
        READERS[record_type] = {field.name: check_of(field) for field in fields}, required
    return READERS[record_type]


def check_of(field: "Field[Any]") -> Check:
    """Return the function (JSON value, line number) → value of the field, which raises Refused."""
    kind, metadata = field.metadata["kind"], field.metadata
    if kind in ("record", "records"):
        inner = metadata["of"]
        one: Check = lambda value, number: build(inner, expect(value, dict, "an object"), number)  # noqa: E731
        return one if kind == "record" else listed(one)
    if kind == "text":
        return text_check(metadata)
    if kind == "count":
        return count_check(metadata.get("least", 0))
    if kind == "texts":
        return listed(text_check(metadata))
    return CHECKS[kind]


def expect(value: Any, wanted: type, words: str) -> Any:
    if not isinstance(value, wanted):
        raise Refused(f"is {shown(value)}; write {words}.")
    return value


def shown(value: Any) -> str:
    """Return the beginning of a value as it stands in JSON, for a message."""
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= 60 else f"{written[:57]}…"


def listed(one: Check) -> Check:
    return lambda value, number: tuple(one(item, number) for item in expect(value, list, "a list"))


def text_check(metadata: Mapping[str, Any]) -> Check:
    among, is_filled, barred = metadata.get("among"), metadata.get("is_filled"), metadata.get("bars")

    def check(value: Any, number: int) -> str:
        if not isinstance(value, str):
            raise Refused(f"is {shown(value)}; write a text.")
        if among is not None and value not in among:
            raise Refused(f"is {shown(value)}; write one of {', '.join(item or '“”' for item in among)}.")
        if is_filled and not value.strip():
            raise Refused("is empty.")
        if barred and barred in value:
            raise Refused(f"is {shown(value)}; leave out {barred}.")
        return value

    return check


def count_check(least: int) -> Check:
    def check(value: Any, number: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= COUNT_LIMIT:
            raise Refused(f"is {shown(value)}; write a whole number from {least} to {COUNT_LIMIT}.")
        return value

    return check


def check_person(value: Any, number: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"is {shown(value)}; write a username.")
    return value


def check_url(value: Any, number: int) -> str:
    if not isinstance(value, str) or value and not value.startswith(("http://", "https://")):
        raise Refused(f"is {shown(value)}; write an address that begins with http:// or https://.")
    return value


# Lines that follow one another name the same layers and dossiers.
uuid_of = lru_cache(maxsize=4096)(uuid.UUID)


def check_uuid(value: Any, number: int) -> uuid.UUID:
    if isinstance(value, str):
        try:
            return uuid_of(value)
        except ValueError:
            pass
    raise Refused(f"is {shown(value)}; write a uuid such as 6f1c2a2e-5d0b-4a53-9d53-0f7f1c3b9a10.")


def check_date(value: Any, number: int) -> date:
    if isinstance(value, str) and len(value) == 10:
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise Refused(f"is {shown(value)}; write a date such as 2026-03-31.")


def check_datetime(value: Any, number: int) -> datetime:
    if isinstance(value, str) and len(value) > 10:
        try:
            found = datetime.fromisoformat(value)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise Refused(f"is {shown(value)}; write a time such as 2026-03-31T12:00:00Z.")


def check_number(value: Any, number: int) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(plain(float(value)))
        except (OverflowError, Refused):
            pass
    raise Refused(f"is {shown(value)}; write a number.")


def check_decimal(value: Any, number: int) -> Decimal:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            found = Decimal(value.strip() if isinstance(value, str) else repr(value))
        except InvalidOperation:
            found = Decimal("NaN")
        if (
            found.is_finite()
            and len(found.as_tuple().digits) <= DECIMAL_LIMIT
            and abs(found.adjusted()) < DECIMAL_LIMIT
        ):
            return found
    raise Refused(f'is {shown(value)}; write digits as text, such as "1250.5".')


def check_bool(value: Any, number: int) -> bool:
    return bool(expect(value, bool, "true or false"))


def check_object(value: Any, number: int) -> dict[str, Any]:
    return plain(expect(value, dict, "an object"))  # type: ignore[no-any-return]


def check_list(value: Any, number: int) -> tuple[Any, ...]:
    return tuple(plain(expect(value, list, "a list")))


def plain(value: Any) -> Any:
    """Return free JSON as both databases give it back; raises Refused for numbers JSON has no words for.

    PostgreSQL keeps numbers of ``jsonb`` as decimals: a float from 1e16 on, which Python writes with an exponent,
    comes back as a whole number, and -0.0 as 0.0.
    """
    if isinstance(value, float):
        if value - value != 0.0:
            raise Refused("holds a number that is not finite.")
        return int(value) if abs(value) >= 1e16 else value + 0.0
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


CHECKS: dict[str, Check] = {
    "person": check_person,
    "url": check_url,
    "uuid": check_uuid,
    "date": check_date,
    "datetime": check_datetime,
    "number": check_number,
    "decimal": check_decimal,
    "bool": check_bool,
    "object": check_object,
    "list": check_list,
    "counts": listed(count_check(0)),
    "uuids": listed(check_uuid),
}


# Writing


def write(found: Iterable[Record], stream: BinaryIO) -> None:
    """Write records, which come header first and in order, one line each."""
    encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
    for record in found:
        stream.write(encode({"type": record.TYPE, **values_of(record)}).encode() + b"\n")


def values_of(record: Record) -> dict[str, Any]:
    """Return the JSON values of all fields of a record, defaults included."""
    values = {}
    for name, to_json in writer_of(type(record)):
        value = getattr(record, name)
        values[name] = value if to_json is None or value is None else to_json(value)
    return values


WRITERS: dict[type[Record], tuple[tuple[str, Callable[[Any], Any] | None], ...]] = {}


def writer_of(record_type: type[Record]) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    if record_type not in WRITERS:
        fields = filter(records.is_written, records.columns(record_type))
        WRITERS[record_type] = tuple((field.name, TO_JSON.get(field.metadata["kind"])) for field in fields)
    return WRITERS[record_type]


def datetime_to_json(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def decimal_to_json(value: Decimal) -> str:
    return format(value, "f")


TO_JSON: dict[str, Callable[[Any], Any]] = {
    "uuid": str,
    "date": date.isoformat,
    "datetime": datetime_to_json,
    "decimal": decimal_to_json,
    "number": lambda value: plain(value),
    "object": plain,
    "list": plain,
    "uuids": lambda value: [str(item) for item in value],
    "record": values_of,
    "records": lambda value: [values_of(item) for item in value],
}


# The schema and its words


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of one line."""
    return {
        "$schema": SCHEMA,
        "$id": SCHEMA_ID,
        "title": "Rejoinder JSON Lines, version 1: one line",
        "description": "Offsets count Unicode code points; null means the default. See docs/exchange.md.",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in records.TYPES],
        "$defs": {name: object_schema(record_type, name=name) for name, record_type in records.TYPES.items()},
    }


def object_schema(record_type: type[Record], *, name: str = "") -> dict[str, Any]:
    fields = records.columns(record_type)
    properties = {field.name: property_schema(field) for field in fields}
    required = [field.name for field in fields if records.is_required(field)]
    if name:
        properties = {"type": {"const": name}, **properties}
        required = ["type", *required]
    return {
        "description": " ".join((record_type.__doc__ or "").split()),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def property_schema(field: "Field[Any]") -> dict[str, Any]:
    metadata = field.metadata
    found = kind_schema(metadata)
    if not records.is_required(field):
        found = {"anyOf": [found, {"type": "null"}]}
    return {"description": metadata["about"], **found}


def kind_schema(metadata: Mapping[str, Any]) -> dict[str, Any]:
    kind = metadata["kind"]
    if kind in ("record", "records"):
        inner = object_schema(metadata["of"])
        return inner if kind == "record" else {"type": "array", "items": inner}
    if kind in ("text", "texts"):
        one: dict[str, Any] = {"type": "string"}
        if "among" in metadata:
            one["enum"] = list(metadata["among"])
        elif metadata.get("is_filled"):
            one["pattern"] = f"^[^{metadata['bars']}]*\\S" if "bars" in metadata else "\\S"
        return one if kind == "text" else {"type": "array", "items": one}
    if kind == "count":
        return {"type": "integer", "minimum": metadata.get("least", 0), "maximum": COUNT_LIMIT}
    return KIND_SCHEMAS[kind]


UUID_SCHEMA = {"type": "string", "format": "uuid", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}
KIND_SCHEMAS: dict[str, dict[str, Any]] = {
    "person": {"type": "string", "pattern": "\\S"},
    "url": {"type": "string", "pattern": "^(https?://|$)"},
    "uuid": UUID_SCHEMA,
    "date": {"type": "string", "format": "date", "pattern": "^\\d{4}-\\d{2}-\\d{2}$"},
    "datetime": {"type": "string", "format": "date-time", "pattern": "^\\d{4}-\\d{2}-\\d{2}[T ]"},
    "number": {"type": "number"},
    "decimal": {"anyOf": [{"type": "string", "pattern": "^\\s*[-+]?[\\d.]"}, {"type": "number"}]},
    "bool": {"type": "boolean"},
    "object": {"type": "object"},
    "list": {"type": "array"},
    "counts": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": COUNT_LIMIT}},
    "uuids": {"type": "array", "items": UUID_SCHEMA},
}
WORDS = {
    "person": "username",
    "url": "address",
    "date": "date",
    "datetime": "time",
    "number": "number",
    "decimal": "digits as text",
    "bool": "true or false",
    "object": "object",
    "list": "list",
    "count": "whole number",
    "counts": "list of whole numbers",
}


def fields_in_words() -> str:
    """Return docs/exchange.md's tables: what each type of line may hold."""
    parts = []
    for name, record_type in records.TYPES.items():
        parts += [f"### `{name}`", "", " ".join((record_type.__doc__ or "").split()), ""]
        parts += ["| field | holds | where left out | |", "| --- | --- | --- | --- |"]
        parts += table_rows(record_type)
        parts.append("")
    return "\n".join(parts)


def table_rows(record_type: type[Record], *, within: str = "") -> list[str]:
    rows = []
    for field in records.columns(record_type):
        metadata = field.metadata
        rows.append(
            f"| `{within}{field.name}` | {holds_in_words(metadata)} | {default_in_words(field)} | {metadata['about']} |"
        )
        if "of" in metadata:
            many = "[]" if metadata["kind"] == "records" else ""
            rows += table_rows(metadata["of"], within=f"{within}{field.name}{many}.")
    return rows


def holds_in_words(metadata: Mapping[str, Any]) -> str:
    kind, many = metadata["kind"], "list of " if metadata["kind"] in ("texts", "uuids", "records") else ""
    if kind in ("uuid", "uuids"):
        return f"{many}uuid" + (f" of {metadata['to']}" if "to" in metadata else "")
    if kind in ("record", "records"):
        return f"{many}object"
    if "among" in metadata:
        return many + " ".join(f"`{item}`" for item in metadata["among"] if item)
    if "facet" in metadata:
        return f"{many}key of {metadata['facet']}"
    return WORDS.get(kind, f"{many}text")


def default_in_words(field: "Field[Any]") -> str:
    if records.is_required(field):
        return "**required**"
    default = field.default_factory() if field.default_factory is not MISSING else field.default
    if default is None:
        return "null"
    if default in ("", (), {}):
        return "empty"
    return f"`{json.dumps(default)}`"
