"""A corpus annotated elsewhere: sentences as claims, layers of people unknown here, each in some dossiers only."""

import hashlib
import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.management import call_command

from claims import exchange
from claims.formats import jsonl, records

pytestmark = pytest.mark.django_db

AT = datetime(2022, 7, 1, tzinfo=UTC)
REVIEW = ["The method is not new.", "The table is hard to read.", "I liked the title."]
REPLY = ["We disagree.", "We set the table anew.", "Thank you.", "See our new section."]


def laid_out(sentences):
    """Return the text, and [(start, end)] of its sentences."""
    text, places = "", []
    for sentence in sentences:
        places.append((len(text), len(text) + len(sentence)))
        text += sentence + "\n"
    return text, places


def corpus(dossiers, *, kind="independent", layer_kind="annotator"):
    """Yield the records of a project; ``dossiers`` is [{annotator: {response: target}}], targets by number or scope."""
    names = sorted({name for readings in dossiers for name in readings})
    yield records.Header(version=1)
    yield records.Project(uuid=uuid4(), slug="reviews", title="Reviews", kind=kind, created_at=AT)
    for name in names:
        yield records.Person(username=name, role="annotator")
    layers = {name: uuid4() for name in names}
    for name, layer in layers.items():
        annotator = name if layer_kind == "annotator" else None
        yield records.Layer(uuid=layer, kind=layer_kind, name=name, annotator=annotator, created_at=AT)
    rest = []
    for number, readings in enumerate(dossiers):
        documents = []
        for title, sentences in (("Review", REVIEW), ("Reply", REPLY)):
            text, places = laid_out(sentences)
            documents.append((uuid4(), places))
            digest = hashlib.sha256(text.encode()).hexdigest()
            yield records.Document(
                uuid=documents[-1][0], title=f"{title} {number}", text=text, sha256=digest, created_at=AT
            )
        dossier, (review, reply) = uuid4(), documents
        sides = (
            records.Place(document=review[0], side="asserting"),
            records.Place(document=reply[0], side="responding"),
        )
        rest.append(records.Dossier(uuid=dossier, title=f"Pair {number}", documents=sides, created_at=AT))
        for name, targets in readings.items():
            made = {}
            for role, (document, places) in (("assertion", review), ("response", reply)):
                for at, (start, end) in enumerate(places):
                    made[role, at] = uuid4()
                    rest.append(
                        records.Claim(
                            uuid=made[role, at],
                            layer=layers[name],
                            dossier=dossier,
                            document=document,
                            role=role,
                            start=start,
                            end=end,
                            created_at=AT,
                        )
                    )
            for response, target in targets:
                scope = target if isinstance(target, str) else "claim"
                ends = {"work": {"target_work": review[0]}, "open": {}}.get(scope)
                if ends is None:
                    ends = {"target_claim": made["assertion", target]}
                rest.append(
                    records.Link(
                        uuid=uuid4(),
                        layer=layers[name],
                        response=made["response", response],
                        scope=scope,
                        relation="rejects",
                        created_at=AT,
                        **ends,
                    )
                )
    yield from sorted(rest, key=lambda record: [records.Dossier, records.Claim, records.Link].index(type(record)))


def figures(tmp_path, capsys, found):
    path = tmp_path / "reviews.jsonl"
    with path.open("wb") as file:
        jsonl.write(found, file)
    exchange.import_project(path)
    capsys.readouterr()
    call_command("agreement", "reviews", "--json", samples=100)
    return json.loads(capsys.readouterr().out)


# Two agree on three of four responses in the first pair; the second pair has others, and the third one alone.
PAIRS = [
    {"ann": [(0, 0), (1, 1), (2, "work")], "ben": [(0, 0), (1, 1), (1, 2), (2, "work")]},
    {"ben": [(0, 0), (3, "open")], "cid": [(0, 1), (3, "open")]},
    {"ann": [(0, 0)]},
]


@pytest.mark.parametrize(
    ("kind", "layer_kind"), [("independent", "annotator"), ("shared", "annotator"), ("shared", "team")]
)
def test_any_structure_of_layers_imports_and_computes(tmp_path, capsys, kind, layer_kind):
    found = figures(tmp_path, capsys, corpus(PAIRS, kind=kind, layer_kind=layer_kind))
    assert found["dossiers"] == 3
    assert {"ann", "ben", "cid"} <= set(found["layers"])
    # The first pair: three of three and four links; the second: one of two and two.
    assert found["links"]["f1"]["value"] == pytest.approx((2 * 3 + 2 * 1) / (3 + 4 + 2 + 2), abs=1e-6)
    # Targets of eight responses: 1, 1/2, 1, none and none; 0, none and none twice, 1.
    assert found["links"]["jaccard"]["value"] == pytest.approx((1 + 1 / 2 + 1 + 1 + 0 + 1 + 1 + 1) / 8, abs=1e-6)
    assert found["links"]["jaccard"]["n"] == 8
    # Eight responses × (three assertions, four scopes, none); linked by both 6 times, by one of them alone 3 times.
    assert found["links"]["kappa_cells"]["n"] == 8 * 8
    assert found["claims"]["f1_exact"]["value"] == 1
    assert found["facets"]["relation"]["percent"]["n"] == 4
    assert [pair["dossiers"] for pair in found["pairs"]] == [1, 1]
    assert found["links"]["f1"]["interval"] is not None
