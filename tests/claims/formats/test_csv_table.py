import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from claims.formats import csv_table, records
from tests.claims.rich_project import export_bytes, make_rich_project

LAYER, DOSSIER, DOCUMENT = uuid4(), uuid4(), uuid4()


def table(data, encoding="utf-8"):
    return list(csv.DictReader(io.StringIO(data.decode(encoding), newline="")))


def pair(note="", quote="no"):
    """Return the records of one link."""
    both = [
        records.Claim(uuid=uuid4(), layer=LAYER, dossier=DOSSIER, document=DOCUMENT, role=role, number=1, start=0, end=2, quote=quote)
        for role in ("assertion", "response")
    ]  # fmt: skip
    link = records.Link(uuid=uuid4(), layer=LAYER, response=both[1].uuid, target_claim=both[0].uuid, note=note)
    return [
        records.Header(version=1),
        records.Project(title="Sea"),
        records.Layer(uuid=LAYER, kind="team", name="Team"),
        records.Document(uuid=DOCUMENT, title="Report"),
        records.Dossier(uuid=DOSSIER, title="The count"),
        *both,
        link,
    ]


def written(found, **options):
    stream = io.BytesIO()
    csv_table.write(found, stream, **options)
    return stream.getvalue()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_spreadsheet_runs_nothing(start):
    row = table(written(pair(note=f"{start}1+1")), "utf-8-sig")[0]
    assert row["note"] == f"'{start}1+1"


@pytest.mark.parametrize("note", ["=1+1", "-5", "\r\n", 'say "no", twice', "'quoted", "😀 ក្រុម"])
def test_the_raw_variant_changes_nothing(note):
    data = written(pair(note=note), is_safe=False)
    assert table(data)[0]["note"] == note
    assert not data.startswith(b"\xef\xbb\xbf")


def test_every_row_has_every_column():
    rows = list(csv.reader(io.StringIO(written(pair(), is_safe=False).decode(), newline="")))
    assert [len(row) for row in rows] == [len(csv_table.COLUMNS)] * 2


def test_the_stream_stays_the_callers():
    stream = io.BytesIO()
    csv_table.write(pair(), stream)
    stream.write(b"more")
    assert stream.getvalue().endswith(b"more")


def test_a_deleted_link_is_left_out():
    found = pair()
    found[-1] = replace(found[-1], deleted_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert table(written(found, is_safe=False)) == []


@pytest.mark.django_db
def test_a_project_goes_out_pair_by_pair():
    rows = table(export_bytes(make_rich_project(), format="csv", is_safe=False))
    assert len(rows) == 8  # four live links in each of two layers
    assert [row["layer"] for row in rows] == sorted(row["layer"] for row in rows)
    first = next(
        row for row in rows if row["layer"] == "Team" and row["scope"] == "claim" and row["relation"] == "rejects"
    )
    assert (first["response"], first["target"], first["stance"]) == ("R1", "A1", "dispute")
    assert first["response_words"] == "That is not so"
    assert first["response_speaker"] == "The minister"
    assert first["target_words"] == "counted 370 people"
    assert first["citations"] == "supports: “العدد”, Report"
    assert UUID(first["link_uuid"])
    work = next(row for row in rows if row["scope"] == "work")
    assert work["target"] == "The whole report"
