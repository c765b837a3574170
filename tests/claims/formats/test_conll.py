import io
from uuid import uuid4

import pytest

from claims.formats import conll, records
from claims.models import Claim
from tests.claims.rich_project import export_bytes, make_rich_project

LAYER, DOSSIER, DOCUMENT = uuid4(), uuid4(), uuid4()
TEXT = "Crime fell. “That is not so”, he said."


def claim(start, end, role, number):
    return records.Claim(
        uuid=uuid4(),
        layer=LAYER,
        dossier=DOSSIER,
        document=DOCUMENT,
        role=role,
        number=number,
        start=start,
        end=end,
        quote=TEXT[start:end],
    )


def written(*claims):
    stream = io.BytesIO()
    layer = records.Layer(uuid=LAYER, kind="team", name="Team")
    conll.write([layer, records.Document(uuid=DOCUMENT, title="A\tstory", text=TEXT), *claims], stream)
    return stream.getvalue().decode()


def test_one_token_a_line_with_its_claim():
    page = written(claim(0, 11, "assertion", 1), claim(13, 27, "response", 1))
    assert page.splitlines()[0] == "# global.columns = ID FORM START END RJ:CLAIM RJ:NAME"
    assert "# title = A story" in page
    rows = [line.split("\t") for line in page.splitlines() if line and not line.startswith("#")]
    assert [(row[1], *row[4:]) for row in rows] == [
        ("Crime", "B-assertion", "A1"),
        ("fell", "I-assertion", "A1"),
        (".", "I-assertion", "A1"),
        ("“", "O", "_"),
        ("That", "B-response", "R1"),
        ("is", "I-response", "R1"),
        ("not", "I-response", "R1"),
        ("so", "I-response", "R1"),
        ("”", "O", "_"),
        (",", "O", "_"),
        ("he", "O", "_"),
        ("said", "O", "_"),
        (".", "O", "_"),
    ]
    assert all(TEXT[int(row[2]) : int(row[3])] == row[1] for row in rows)


def test_of_overlapping_claims_the_later_one_shows():
    page = written(claim(0, 27, "assertion", 1), claim(13, 27, "response", 1))
    assert "That\t13\t17\tB-response\tR1" in page


def test_a_document_without_claims_comes_once():
    assert written().count("# newdoc") == 1


@pytest.mark.django_db
def test_every_claim_of_every_layer_begins_somewhere():
    page = export_bytes(make_rich_project(), format="conll").decode()
    begins = page.count("\tB-")
    # A claim of several parts begins once; those that another covers from its first word on do not show.
    assert 0 < begins <= Claim.objects.live().count() + 4
    assert "# layer = Team" in page
    assert "# layer = ben" in page
