"""Reviews of claims that are here: ours back again, and others'."""

import io
import json
import zipfile

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate import runs
from claims import annotating, reviewing
from claims.errors import FormatError, ImportRefused
from claims.models import Act, Assessment, Change, Citation, Claim, Run
from tests.claims.rich_project import export_bytes
from tests.factories import make_actor, make_claim, make_document, make_dossier, make_project, make_user

pytestmark = pytest.mark.django_db

FIGURE = "370 people were arrested"


@pytest.fixture
def project():
    return make_project(make_user("owner"), title="Harbour desk")


@pytest.fixture
def claim(project):
    ministry = make_actor(project, "The ministry", kind="body")
    document = make_document(project, url="https://example.org/report", title="Report")
    return make_claim(make_dossier(documents=[document]), quote=FIGURE, speaker=ministry)


def review(claimed=FIGURE, rating="False", **more):
    """Return a review as a fact-checking site has it in its page."""
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": "https://checks.example.org/arrests",
        "claimReviewed": claimed,
        "datePublished": "2025-07-01T10:00:00Z",
        "author": {"@type": "Organization", "name": "Checks"},
        "itemReviewed": {"@type": "Claim", "author": {"@type": "Organization", "name": "The ministry"}},
        "reviewRating": {"@type": "Rating", "alternateName": rating},
        **more,
    }


def coded(*found):
    return io.BytesIO(json.dumps(list(found)).encode())


def bring_in(claim, *found, **options):
    return reviewing.bring_in(coded(*found), project=claim.dossier.project, layer=claim.layer, **options)


def test_a_review_becomes_a_citation_and_a_verdict_once(claim):
    first = bring_in(claim, review())
    assert first.counts == {"review": 1, "citation": 1, "assessment": 1}
    assert not first.report.faults
    judged = claim.assessments.get()
    assert (judged.verification, judged.justification) == ("refuted", "Checks, False, 2025-07-01")
    cited = claim.citations.get()
    assert (cited.url, cited.title, cited.stance) == (
        "https://checks.example.org/arrests",
        "Checks, False",
        "contradicts",
    )
    assert Change.objects.filter(verb__startswith="bring in a review of").exists()
    again = bring_in(claim, review())
    assert again.counts == {"review": 1}
    assert Citation.objects.count() == Assessment.objects.count() == 1


def test_what_somebody_judged_stays(claim):
    with Act(actor=None, project=claim.dossier.project, layer=claim.layer, dossier=claim.dossier) as act:
        annotating.assess(act, claim, verification="in_progress")
    done = bring_in(claim, review())
    assert claim.assessments.get().verification == "in_progress"
    assert "stays in_progress" in done.notes[0]
    assert done.counts["citation"] == 1


@pytest.mark.parametrize(
    ("rating", "verdict"),
    [
        ({"alternateName": "Mostly nonsense"}, None),
        ({"ratingValue": 5, "worstRating": 1, "bestRating": 5}, "supported"),
        ({"ratingValue": "1", "worstRating": "1", "bestRating": "5"}, "refuted"),
        ({"ratingValue": 3, "worstRating": 1, "bestRating": 5}, "conflicting"),
        ({"ratingValue": -1, "worstRating": 1, "bestRating": 5}, None),
        ({"alternateName": "Unproven"}, None),
        ({}, None),
    ],
)
def test_ratings_are_read_by_name_or_by_their_place(claim, rating, verdict):
    bring_in(claim, review(reviewRating={"@type": "Rating", **rating}))
    found = claim.assessments.first()
    assert (found and found.verification) == verdict
    assert claim.citations.exists()


def test_a_rating_becomes_what_was_said(claim):
    told = reviewing.look_at(coded(review(rating="Nonsense")), project=claim.dossier.project, layer=claim.layer)
    assert told.in_words() == ["Nonsense: cited, no verdict (1)"]
    assert not Citation.objects.exists()
    bring_in(claim, review(rating="Nonsense"), wishes={"Nonsense": "refuted"})
    assert claim.assessments.get().verification == "refuted"
    for wishes, words in (({"Odd": "refuted"}, "is no rating of this file"), ({"False": "odd"}, "write one of")):
        with pytest.raises(FormatError, match=words):
            bring_in(claim, review(), wishes=wishes)


def test_claims_are_found_by_words_then_by_address_and_speaker(project, claim):
    other = make_actor(project, "The union")
    document = make_document(project, url="https://example.org/second", title="Second", text=f"{FIGURE}, it says.")
    second = make_claim(make_dossier(documents=[document]), quote=FIGURE, speaker=other)
    done = bring_in(claim, review(itemReviewed={"@type": "Claim"}))
    assert not done.counts
    assert "2 assertions of Team have the words “370 people were arrested”" in str(next(iter(done.report.faults)))
    bring_in(claim, review(itemReviewed={"appearance": [{"url": "https://example.org/second"}]}))
    assert second.assessments.exists()
    assert not claim.assessments.exists()
    bring_in(claim, review())
    assert claim.assessments.exists()


def test_a_part_of_the_words_is_enough_where_it_is_one_claims(claim):
    assert bring_in(claim, review("In 2021 “370 people WERE arrested” at sea")).counts["review"] == 1
    assert bring_in(claim, review("370 people")).report.faults


def test_a_fault_in_one_review_leaves_the_others(claim):
    bad = [
        review("Nobody said this at all"),
        {"@type": "ClaimReview"},
        review(url="javascript:alert(1)"),
        review("NUL \x00"),
    ]
    done = bring_in(claim, *bad, review(url="https://checks.example.org/second"))
    assert [str(fault).split(": ")[1] for fault in sorted(done.report.faults)] == [f"Review {n}" for n in (1, 2, 3, 4)]
    assert done.counts == {"review": 1, "citation": 1, "assessment": 1}


def test_pages_and_zips_are_read(claim):
    inside = json.dumps({"@graph": [{"@type": "WebPage"}, review()]})
    page = (
        f'<html><script>var x = "<p>";</script><script type="application/ld+json">{inside}</script><p>Text</p></html>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/page.html", page)
        archive.writestr("b/broken.json", "{")
        archive.writestr("c/picture.png", b"\x00")
    file.seek(0)
    done = reviewing.bring_in(file, project=claim.dossier.project, layer=claim.layer)
    assert done.counts["review"] == 1
    assert [fault.file for fault in done.report.faults] == ["b/broken.json"]
    for content in (b"<p>No review</p>", b"[]", b"{", b"\xff\xfe"):
        with pytest.raises(FormatError):
            reviewing.bring_in(io.BytesIO(content), project=claim.dossier.project, layer=claim.layer)


def test_one_bad_block_of_a_page_leaves_the_others(claim):
    good = json.dumps(review())
    page = (
        '<script type="application/ld+json">{broken</script>'
        f'<script type="Application/LD+JSON; charset=utf-8">{good}</script>'
    )
    done = reviewing.bring_in(io.BytesIO(page.encode()), project=claim.dossier.project, layer=claim.layer)
    assert done.counts["review"] == 1
    assert "Block 1 of JSON-LD cannot be read" in str(next(iter(done.report.faults)))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["supported", "refuted", "conflicting", "not_enough_evidence"]),
            st.sampled_from(["supports", "contradicts"]),
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip),
            st.text("aé😀ខ្មែ", max_size=5),
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_verdicts_and_sources_come_back(given_reviews):
    project = make_project(slug=f"p-{Claim.objects.count()}-{make_user().pk}"[:60])
    text = "".join(f"Claim number {number} is this. " for number in range(len(given_reviews)))
    document = make_document(project, text=text, url="https://example.org/report")
    dossier = make_dossier(documents=[document])
    claims = [make_claim(dossier, quote=f"Claim number {number} is this") for number in range(len(given_reviews))]
    for claim, (verdict, stance, why, title) in zip(claims, given_reviews, strict=True):
        with Act(actor=None, project=project, layer=claim.layer, dossier=dossier) as act:
            annotating.cite(act, claim, stance=stance, title=title, url="https://example.org/y")
            annotating.assess(act, claim, verification=verdict, justification=why.strip())

    def state():
        return [
            (claim.assessments.live().get().verification, claim.assessments.live().get().justification)
            + claim.citations.live().values_list("stance", "title", "url").get()
            for claim in claims
        ]

    before, data = state(), export_bytes(project, format="claim-review")
    Assessment.objects.filter(claim__in=claims).delete()
    Citation.objects.filter(claim__in=claims).delete()
    done = reviewing.bring_in(io.BytesIO(data), project=project, layer=claims[0].layer)
    assert not done.report.faults
    assert state() == before
    assert export_reviews(project) == reviews_without_ids(data)


def export_reviews(project):
    return reviews_without_ids(export_bytes(project, format="claim-review"))


def reviews_without_ids(data):
    rows = [{name: value for name, value in row.items() if name != "identifier"} for row in json.loads(data)]
    return sorted(rows, key=lambda row: row["claimReviewed"])


def test_the_command_previews_and_brings_in(project, claim, tmp_path, capsys):
    path = tmp_path / "checks.json"
    path.write_text(json.dumps([review(), review("Nobody said this")]))
    call_command("import", project.slug, str(path), "--preview")
    told = capsys.readouterr()
    assert "False: refuted (2)" in told.out
    assert "would bring in 1 reviews, 1 assessments, 1 citations" in told.out
    assert "checks.json: Review 2: no assertion of Team has the words" in told.err
    call_command("import", project.slug, str(path), "--map", "False=conflicting")
    assert claim.assessments.get().verification == "conflicting"
    with pytest.raises(ImportRefused, match="name a project"):
        reviewing.chosen_layer(None, "")


def test_a_person_brings_reviews_in_from_the_page(client, project, claim, settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    owner = project.memberships.get().user
    client.force_login(owner)
    (upload,) = runs.keep_files([("checks.json", json.dumps([review(rating="Odd")]).encode())])
    look = runs.work(runs.start_look(project, owner, upload).pk)
    assert look.state == Run.State.DONE, look.outcome
    shown = client.get(f"/runs/{look.pk}/").content.decode()
    assert "a project of its own" not in shown
    assert "What its ratings become" in shown
    body = {"into": str(claim.layer.pk), "becomes-0": "refuted", "request_id": "1"}
    assert client.post(f"/runs/{look.pk}/bring-in/", body).status_code == 302
    done = runs.work(Run.objects.latest("created_at").pk)
    assert done.outcome["made"] == {"review": 1, "assessment": 1, "citation": 1}
    assert "<b>1</b> assessment brought in" in client.get(f"/runs/{done.pk}/").content.decode()


def test_a_preview_says_what_is_then_made(claim):
    found = [
        review(),
        review(rating="True", url="https://checks.example.org/second"),
        review(url="https://checks.example.org/third"),
        review(),
    ]
    options = {"project": claim.dossier.project, "layer": claim.layer}
    told = reviewing.look_at(coded(*found), **options).counts
    made = reviewing.bring_in(coded(*found), **options).counts
    assert told == made == {"review": 4, "citation": 3, "assessment": 1}


def test_a_preview_promises_no_verdict_without_evidence(claim):
    found = [review(rating="Unproven")]
    told = reviewing.look_at(coded(*found), project=claim.dossier.project, layer=claim.layer).counts
    made = bring_in(claim, *found)
    assert told == made.counts == {"review": 1, "citation": 1}
    assert "no source speaks for or against it" in made.notes[0]


def test_a_preview_asks_the_database_as_often_for_many_claims(project, claim, django_assert_max_num_queries):
    def asked(count):
        dossier = make_dossier(
            documents=[make_document(project, text="".join(f"Claim {n} of {count}. " for n in range(count)))]
        )
        for number in range(count):
            make_claim(dossier, quote=f"Claim {number} of {count}", layer=claim.layer)
        return [review(f"Claim {number} of {count}") for number in range(count)]

    for count in (1, 12):
        found = asked(count)
        with django_assert_max_num_queries(4):
            told = reviewing.look_at(coded(*found), project=project, layer=claim.layer)
        assert told.counts["review"] == count
