import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import DocBin

from claims.formats.docbin import tokens
from claims.models import Claim, Document, Link
from tests.claims.rich_project import export_bytes, make_rich_project

NLP = spacy.blank("xx")


@given(text=st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1), data=st.data())
def test_every_span_is_made_of_whole_tokens(text, data):
    edges = st.integers(0, len(text))
    spans = data.draw(st.lists(st.tuples(edges, edges).filter(lambda span: span[0] < span[1]), max_size=4))
    doc = tokens(NLP, text, starts={start for start, _ in spans}, ends={end for _, end in spans})
    assert doc.text == text
    for start, end in spans:
        assert doc.char_span(start, end).text == text[start:end]


@pytest.mark.django_db
def test_a_fresh_spacy_reads_claims_links_and_mentions():
    data = export_bytes(make_rich_project(), format="docbin")
    docs = list(DocBin().from_bytes(data).get_docs(spacy.blank("xx").vocab))
    texts = Document.objects.live().filter(text__isnull=False)
    assert {doc.user_data["uuid"]: doc.text for doc in docs} == {str(one.pk): one.text for one in texts}
    spans = [
        (span, doc) for doc in docs for key, group in doc.spans.items() if key.startswith("claims/") for span in group
    ]
    claims = {str(claim.pk): claim for claim in Claim.objects.live().prefetch_related("stretches")}
    assert {span.id_ for span, _ in spans} == claims.keys()
    for span, _ in spans:
        claim = claims[span.id_]
        parts = [(part.start, part.end) for part in claim.stretches.all()] or [(claim.start, claim.end)]
        assert (span.start_char, span.end_char) in parts
        assert span.label_ == claim.role
    links = [link for doc in docs for link in doc.user_data["links"]]
    assert {link["uuid"] for link in links} == {str(link.pk) for link in Link.objects.live()}
    assert any(doc.spans["mentions"] for doc in docs if "mentions" in doc.spans)
