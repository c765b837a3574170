"""Parquet tables (https://parquet.apache.org/docs/file-format/) in a zip, one for each kind of row, for data tools.

Sample, once the zip is unpacked::

    from datasets import load_dataset
    claims = load_dataset("parquet", data_files="claims.parquet", split="train")
    claims[0]["quote"]   # "Crime fell."

The tables are ``documents``, ``dossiers``, ``layers``, ``actors``, ``claims``, ``links``, ``mentions``, ``quantities``,
``citations``, ``comparisons``, ``assessments``, ``no_responses``, ``labels`` and ``people``; they are joined by uuid. Their
columns are the fields of the JSON Lines. Offsets are code points of ``documents.text``, ``[start, end)``; exact numbers
are text; times are UTC. A figure's table holds the ``mention`` it belongs to and that mention's place.

Each table is written to a temporary file in groups of 5,000 rows, so that memory stays flat.
"""

import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from . import records
from .records import Record

if TYPE_CHECKING:
    import pyarrow

NAME = "parquet"
LABEL = "Parquet tables (zip)"
SUFFIX = ".parquet.zip"
MEDIA_TYPE = "application/zip"
READABLE = False
OPTIONS: dict[str, str] = {}
LOSES = (
    "Guidelines, suggestions, decisions, exclusions, redactions, postponed tasks and visits are not in the tables.",
    "Assignments, comments, settlements and sign-offs are not in the tables.",
    "What has been deleted, and the history, are not in the tables.",
)

# {name of the table: the type of its rows}
TABLES: dict[str, type[Record]] = {
    "labels": records.Label,
    "people": records.Person,
    "actors": records.Actor,
    "layers": records.Layer,
    "documents": records.Document,
    "dossiers": records.Dossier,
    "mentions": records.Mention,
    "quantities": records.Quantity,
    "claims": records.Claim,
    "links": records.Link,
    "no_responses": records.NoResponse,
    "comparisons": records.Comparison,
    "assessments": records.Assessment,
    "citations": records.Citation,
}
NAME_OF = {record_type: name for name, record_type in TABLES.items()}
# What a figure says of where it stands, before its own fields.
OF_MENTION = ("mention", "document", "layer", "start", "end", "quote")
LEFT_OUT = {"deleted_at", "quantity"}
A_GROUP = 5000
# A zip holds no earlier day; the time of the export would make two exports of one state differ.
THE_DAY = (1980, 1, 1, 0, 0, 0)


def write(found: Iterable[Record], stream: BinaryIO) -> None:
    """Write a zip of one Parquet file a table, empty tables included."""
    with tempfile.TemporaryDirectory() as folder:
        with ExitStack() as files:
            tables = {name: files.enter_context(Table(Path(folder) / name, kind)) for name, kind in TABLES.items()}
            for name, row in rows(found):
                tables[name].add(row)
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            for name in TABLES:
                entry = zipfile.ZipInfo(f"{name}.parquet", THE_DAY)
                with archive.open(entry, "w", force_zip64=True) as target, (Path(folder) / name).open("rb") as source:
                    shutil.copyfileobj(source, target)


def rows(found: Iterable[Record]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (table, row) of every live record that has a table."""
    for record in found:
        if isinstance(record, records.Editable) and record.deleted_at is not None:
            continue
        if isinstance(record, records.Vocabulary):
            for label in record.labels:
                yield "labels", {"vocabulary": f"{record.key}/{record.number}", **values_of(label)}
        elif type(record) in NAME_OF:
            yield NAME_OF[type(record)], values_of(record)
            if isinstance(record, records.Mention) and record.quantity is not None:
                place = {name: plain(getattr(record, name)) for name in OF_MENTION[1:]}
                yield "quantities", {"mention": str(record.uuid), **place, **values_of(record.quantity)}


def values_of(record: Record) -> dict[str, Any]:
    return {
        field.name: value_of(field.metadata["kind"], getattr(record, field.name)) for field in written(type(record))
    }


def written(record_type: type[Record]) -> list[Any]:
    return [field for field in records.columns(record_type) if field.name not in LEFT_OUT and records.is_written(field)]


def value_of(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind in ("records", "record"):
        return [values_of(one) for one in value] if kind == "records" else values_of(value)
    if kind in ("object", "list"):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    if kind in ("texts", "uuids", "counts"):
        return [plain(one) for one in value]
    return value if kind in ("date", "datetime", "bool", "number", "count") else plain(value)


def plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)


class Table:
    """One Parquet file, written in groups of rows."""

    def __init__(self, path: Path, record_type: type[Record]) -> None:
        self.path, self.schema = path, schema_of(record_type)
        self.waiting: list[dict[str, Any]] = []

    def __enter__(self) -> "Table":
        import pyarrow.parquet

        self.writer = pyarrow.parquet.ParquetWriter(self.path, self.schema, compression="zstd")
        return self

    def __exit__(self, *error: object) -> None:
        self.flush()
        self.writer.close()

    def add(self, row: dict[str, Any]) -> None:
        self.waiting.append(row)
        if len(self.waiting) >= A_GROUP:
            self.flush()

    def flush(self) -> None:
        import pyarrow

        if self.waiting:
            self.writer.write_table(pyarrow.Table.from_pylist(self.waiting, schema=self.schema))
            self.waiting = []


def schema_of(record_type: type[Record]) -> "pyarrow.Schema":
    """Return the columns of a table; what each holds stands in its metadata."""
    import pyarrow

    text = pyarrow.string()
    before = [("vocabulary", text)] if record_type is records.Label else []
    if record_type is records.Quantity:
        before = [(name, pyarrow.int64() if name in ("start", "end") else text) for name in OF_MENTION]
    fields = [pyarrow.field(name, kind) for name, kind in before]
    fields += [
        pyarrow.field(field.name, arrow_type(field), metadata={"about": field.metadata["about"]})
        for field in written(record_type)
    ]
    return pyarrow.schema(fields)


def arrow_type(field: Any) -> "pyarrow.DataType":
    import pyarrow

    kind = field.metadata["kind"]
    if kind in ("record", "records"):
        inner = pyarrow.struct([(one.name, arrow_type(one)) for one in written(field.metadata["of"])])
        return inner if kind == "record" else pyarrow.list_(inner)
    simple = {
        "count": pyarrow.int64(),
        "bool": pyarrow.bool_(),
        "number": pyarrow.float64(),
        "date": pyarrow.date32(),
        "datetime": pyarrow.timestamp("us", tz="UTC"),
        "texts": pyarrow.list_(pyarrow.string()),
        "uuids": pyarrow.list_(pyarrow.string()),
        "counts": pyarrow.list_(pyarrow.int64()),
    }
    return simple.get(kind, pyarrow.string())
