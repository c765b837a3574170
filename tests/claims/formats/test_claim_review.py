import json

import extruct
import pytest

from claims.models import Act, Assessment, Citation
from tests.claims.rich_project import export_bytes, make_rich_project
from tests.factories import make_actor, make_claim, make_document, make_dossier, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    project = make_project(title="Harbour desk")
    ministry = make_actor(project, "The ministry", kind="body")
    document = make_document(project, url="https://example.org/report", title="Report")
    claim = make_claim(make_dossier(documents=[document]), quote="370 people were arrested", speaker=ministry)
    with Act(actor=None, project=project, layer=claim.layer, dossier=claim.dossier) as act:
        assessment = act.create(
            Assessment(layer=claim.layer, claim=claim, verification="refuted", justification="The yearbook has 37.")
        )
        act.create(
            Citation(
                layer=claim.layer,
                assessment=assessment,
                stance="contradicts",
                title="Yearbook </script>",
                url="https://example.org/yearbook",
                page="3",
            )
        )
    return project


def test_a_page_with_it_is_read_as_a_claim_review(project):
    data = export_bytes(project, format="claim-review").decode().replace("</", "<\\/")
    page = f'<html><head><script type="application/ld+json">{data}</script></head><body></body></html>'
    (found,) = extruct.extract(page, syntaxes=["json-ld"])["json-ld"]
    assert found["@type"] == "ClaimReview"
    assert found["claimReviewed"] == "370 people were arrested"
    assert found["itemReviewed"]["author"] == {"@type": "Organization", "name": "The ministry"}
    assert found["itemReviewed"]["appearance"]["url"] == "https://example.org/report"
    assert found["reviewRating"]["alternateName"] == "refuted"
    assert found["reviewRating"]["ratingValue"] == 1
    assert found["citation"][0]["name"] == "Yearbook </script>"


def test_what_has_no_verdict_or_no_source_is_left_out(project):
    Citation.objects.update(stance="context")
    assert json.loads(export_bytes(project, format="claim-review")) == []
    Citation.objects.update(stance="supports")
    Assessment.objects.update(verification="in_progress")
    assert json.loads(export_bytes(project, format="claim-review")) == []


def test_any_project_goes_out():
    assert isinstance(json.loads(export_bytes(make_rich_project(), format="claim-review")), list)
