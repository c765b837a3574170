import json
from collections import Counter

import pytest
from pyld import jsonld

from claims.formats import web_annotation
from claims.models import Claim, Document, Link
from tests.claims.rich_project import export_bytes, make_rich_project

pytestmark = pytest.mark.django_db

OA = "http://www.w3.org/ns/oa#"
# What the context at http://www.w3.org/ns/anno.jsonld says of the words we use (annotation-vocab, appendix A).
ANNO = {
    "oa": OA,
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "as": "http://www.w3.org/ns/activitystreams#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dctypes": "http://purl.org/dc/dcmitype/",
    "id": {"@type": "@id", "@id": "@id"},
    "type": {"@type": "@id", "@id": "@type"},
    **{
        name: f"oa:{name}"
        for name in ("Annotation", "SpecificResource", "TextualBody", "TextQuoteSelector", "TextPositionSelector")
    },
    **{name: f"oa:{name}" for name in ("classifying", "linking", "identifying", "tagging", "assessing", "describing")},
    "commenting": "oa:commenting",
    "AnnotationPage": "as:OrderedCollectionPage",
    "Text": "dctypes:Text",
    "Person": "foaf:Person",
    "Organization": "foaf:Organization",
    "items": {"@type": "@id", "@id": "as:items", "@container": "@list"},
    "body": {"@type": "@id", "@id": "oa:hasBody"},
    "target": {"@type": "@id", "@id": "oa:hasTarget"},
    "source": {"@type": "@id", "@id": "oa:hasSource"},
    "selector": {"@type": "@id", "@id": "oa:hasSelector"},
    "motivation": {"@type": "@vocab", "@id": "oa:motivatedBy"},
    "purpose": {"@type": "@vocab", "@id": "oa:hasPurpose"},
    "creator": {"@type": "@id", "@id": "dcterms:creator"},
    "created": {"@type": "xsd:dateTime", "@id": "dcterms:created"},
    "exact": "oa:exact",
    "prefix": "oa:prefix",
    "suffix": "oa:suffix",
    "start": {"@type": "xsd:nonNegativeInteger", "@id": "oa:start"},
    "end": {"@type": "xsd:nonNegativeInteger", "@id": "oa:end"},
    "value": "rdf:value",
    "format": "dc:format",
    "language": "dc:language",
    "name": "foaf:name",
    "nickname": "foaf:nick",
}


def load(url, options):
    assert url == "http://www.w3.org/ns/anno.jsonld", f"{url} is not to be fetched"
    return {"contextUrl": None, "documentUrl": url, "document": {"@context": ANNO}}


@pytest.fixture
def project():
    return make_rich_project()


@pytest.fixture
def page(project):
    return json.loads(export_bytes(project, format="web-annotation"))


def items_of(page, model):
    ids = {f"urn:uuid:{pk}" for pk in model.objects.values_list("pk", flat=True)}
    return [item for item in page["items"] if item["id"] in ids]


def test_every_live_annotation_is_there_once(page):
    counted = Counter(item["id"] for item in page["items"])
    assert set(counted.values()) == {1}
    assert len(items_of(page, Claim)) == Claim.objects.live().count()
    assert len(items_of(page, Link)) == Link.objects.live().count()
    assert page["rj:offsets"] == "unicode code points"


def test_selectors_find_the_words_in_the_text(page):
    texts = {f"urn:uuid:{document.pk}": document.text for document in Document.objects.all()}
    for item in items_of(page, Claim):
        quote, position = item["target"]["selector"]
        text = texts[item["target"]["source"]]
        assert text[position["start"] : position["end"]] == quote["exact"]
        assert quote["prefix"] + quote["exact"] + quote["suffix"] in text


def test_a_link_is_an_annotation_with_two_targets(page):
    link = Link.objects.filter(scope="claim", relation="rejects").first()
    item = next(item for item in page["items"] if item["id"] == f"urn:uuid:{link.pk}")
    assert item["motivation"] == "linking"
    assert item["target"] == [f"urn:uuid:{link.response_id}", f"urn:uuid:{link.target_claim_id}"]
    assert (item["rj:response"], item["rj:target"]) == tuple(item["target"])
    assert item["body"][0] == {"type": "TextualBody", "purpose": "classifying", "value": "rejects"}


def test_a_claim_in_stretches_names_each(page):
    parted = [item for item in items_of(page, Claim) if "rj:stretches" in item]
    assert len(parted) == 2
    assert [part["selector"][0]["exact"] for part in parted[0]["rj:stretches"]] == ["He declined", "to go on"]


def test_the_page_is_linked_data(page):
    [expanded] = jsonld.expand(page, {"documentLoader": load})
    items = expanded["http://www.w3.org/ns/activitystreams#items"][0]["@list"]
    assert len(items) == len(page["items"])
    for item in items:
        assert item["@type"] == [f"{OA}Annotation"]
        assert item[f"{OA}hasTarget"]
        assert item[f"{OA}motivatedBy"][0]["@id"].startswith(OA)
    # Every key means something: expansion drops what no context explains.
    back = jsonld.compact(expanded, page["@context"], {"documentLoader": load})
    assert keys_of(back) == keys_of(page)


def keys_of(value):
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


def test_a_project_without_annotations_is_a_page_without_items(db):
    from tests.factories import make_project

    page = json.loads(export_bytes(make_project(), format="web-annotation"))
    assert page["items"] == []
    assert page["type"] == "AnnotationPage"
    assert page["@context"] == web_annotation.CONTEXT
