"""Guidelines: read, written in versions, compared, told of when they change, and safe to show."""

import pytest
from django.urls import reverse

from annotate.guide import sections_of
from annotate.markdown import render
from claims.guidelines import differences, starting_text
from claims.models import Guideline, Membership
from tests.factories import make_dossier, make_member, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(make_user("owner"))


@pytest.fixture
def editor(client, project):
    editor = make_member(project, "editor", "edith")
    client.force_login(editor)
    return editor


def address(name, project):
    return reverse(name, args=[project.slug])


def save(client, project, text, *, seen, **said):
    return client.post(address("guideline_edit", project), {"text": text, "seen": seen, **said})


def test_empty_page_offers_to_begin_with_the_labels(client, project, editor):
    assert "Begin with the definitions of the labels" in client.get(address("guidelines", project)).content.decode()
    answer = client.get(address("guideline_edit", project) + "?start=labels").content.decode()
    assert "## says it is not so (`rejects`)" in answer
    assert "That number is not correct." in answer


def test_starting_text_names_every_label_that_is_offered(project):
    page = render(starting_text(project))
    for facet, labels in project.vocabulary.by_facet().items():
        for label in labels.values() if facet in ("relation", "strategy", "disputed") else ():
            assert page.section_of(label.key, label.phrase), label.key


@pytest.mark.parametrize(
    ("heading", "found"),
    [
        ("Deflects", True),
        ("When it refers on or declines", True),
        ("Hard cases of `deflects`", True),
        ("It deflects nothing", False),
        ("Refers on", False),
    ],
)
def test_heading_names_a_label_by_key_or_phrase(heading, found):
    page = render(f"# {heading}")
    assert bool(page.section_of("deflects", "refers on or declines")) is found


def test_label_of_several_facets_has_a_section_below_its_own(client, project, editor):
    text = "# Relation\n\n## Unclear\n\n# Strategy\n\n## Unclear"
    Guideline.objects.create(project=project, number=1, text=text)
    section = sections_of(project)
    labels = project.vocabulary.by_facet()
    anchors = [section(labels[facet]["unclear"]).anchor for facet in ("relation", "strategy", "disputed")]
    assert anchors == ["unclear", "unclear-2", "unclear"]


def test_save_makes_versions_and_says_who_and_what(client, project, editor):
    assert save(client, project, "# One\n\nFirst.", seen=0).status_code == 302
    answer = save(client, project, "# One\n\nSecond.", seen=1, summary="clearer")
    assert answer.status_code == 302
    said = client.get(address("guidelines", project)).content.decode()
    assert "Second." in said
    assert "clearer" in said
    assert "edith" in said
    assert "First." in client.get(address("guidelines", project) + "?version=1").content.decode()
    assert list(project.guidelines.values_list("number", "created_by__username")) == [(2, "edith"), (1, "edith")]


@pytest.mark.parametrize(
    ("text", "summary", "told"),
    [
        ("  \n", "x", "the guidelines are empty"),
        ("# One", "x", "to the letter"),
        ("# Two", "", "Say in a line what changed"),
    ],
)
def test_refused_text_comes_back_with_a_sentence(client, project, editor, text, summary, told):
    save(client, project, "# One", seen=0)
    answer = save(client, project, text, seen=1, summary=summary)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert Guideline.objects.count() == 1


def test_two_writers_lose_nothing(client, project, editor):
    save(client, project, "# One\n\nTheirs.", seen=0)
    answer = save(client, project, "# One\n\nMine.", seen=0)
    said = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs." in said
    assert "Mine." in said
    assert "<ins>Mine</ins>" in said
    assert 'name="seen" value="1"' in said
    assert save(client, project, "# One\n\nMine.", seen=1, summary="both").status_code == 302


def test_same_request_twice_makes_one_version(client, project, editor):
    for _ in range(2):
        assert save(client, project, "# One", seen=0, request_id="a").status_code == 302
    assert Guideline.objects.count() == 1


def test_preview_stores_nothing(client, project, editor):
    answer = save(client, project, "# A *heading*", seen=0, preview="1")
    assert "<h2" in answer.content.decode()
    assert "<em>heading</em>" in answer.content.decode()
    assert not Guideline.objects.exists()


@pytest.mark.parametrize("role", ["annotator", "researcher"])
def test_others_read_and_do_not_write(client, project, role):
    Guideline.objects.create(project=project, number=1, text="Read me.")
    client.force_login(make_member(project, role))
    said = client.get(address("guidelines", project)).content.decode()
    assert "Read me." in said
    assert "Write a new version" not in said
    assert save(client, project, "Mine.", seen=1, summary="x").status_code == 403


def test_changes_between_any_two_versions(client, project, editor):
    for number, text in enumerate(["a\nb\nc", "a\nB b\nc", "a\nB b\nc\nd"], 1):
        Guideline.objects.create(project=project, number=number, text=text, summary=f"step {number}")
    said = client.get(address("guideline_changes", project) + "?from=1&to=3").content.decode()
    assert "<ins>B </ins>b" in said
    assert "<ins>d</ins>" in said
    assert "From version 1 to version 3" in said
    assert client.get(address("guideline_changes", project) + "?from=9").status_code == 404
    assert client.get(address("guidelines", project) + "?version=x").status_code == 404


def test_differences_keep_every_word():
    lines = differences("one two\nthree\nfour", "one 2\nfour\nfive")
    assert "".join(words for line in lines for sign, words in line.pieces if sign != "added") == "one twothreefour"
    assert "".join(words for line in lines for sign, words in line.pieces if sign != "removed") == "one 2fourfive"


def test_page_beside_the_work_is_the_text_alone(client, project, editor):
    Guideline.objects.create(project=project, number=1, text="# Deflects\n\nRead me.")
    said = client.get(address("guidelines", project), headers={"HX-Request": "true"}).content.decode()
    assert "Read me." in said
    assert "<html" not in said
    assert 'id="deflects"' in said


def test_reading_is_remembered_and_news_is_told_once(client, project):
    annotator = make_member(project, "annotator")
    make_dossier(project)
    client.force_login(annotator)
    Guideline.objects.create(project=project, number=1, text="One.")
    overview = reverse("project_detail", args=[project.slug])
    assert "There are guidelines you have not read" in client.get(overview).content.decode()
    client.get(address("guidelines", project))
    assert "guidelines" not in client.get(overview).content.decode().split("<main")[1]
    Guideline.objects.create(project=project, number=2, text="Two.", summary="Thanks are concessions")
    said = client.get(overview).content.decode()
    assert "The guidelines changed since you read them" in said
    assert "Thanks are concessions" in said
    client.get(address("guidelines", project) + "?version=1")
    assert Membership.objects.get(project=project, user=annotator).guidelines_read == 1


def test_workspace_leads_to_the_guidelines_and_tells_of_news(client, project):
    dossier = make_dossier(project)
    annotator = make_member(project, "annotator")
    client.force_login(annotator)
    page = reverse("workspace", args=[dossier.pk])
    assert f'hx-get="{address("guidelines", project)}"' not in client.get(page).content.decode()
    Guideline.objects.create(project=project, number=1, text="One.")
    said = client.get(page).content.decode()
    assert f'hx-get="{address("guidelines", project)}"' in said
    assert "new" in said


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](JAVASCRIPT:alert(1))",
        "[a](data:text/html;base64,PHN2Zz4=)",
        "[a](vbscript:x)",
        "[a](//evil.example)",
        "<javascript:alert(1)>",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "[a]: javascript:alert(1)\n\n[a]",
        '[a](https://x.example "onmouseover=alert(1)")',
        "# <b onclick=x>h</b>",
    ],
)
def test_markdown_lets_nothing_run(text):
    html = render(text).html
    assert "<script" not in html
    assert "<img" not in html
    assert "<b" not in html.replace("<blockquote", "")
    for part in html.split("href=")[1:]:
        assert part.startswith(('"https://', '"http://', '"mailto:', '"#'))


def test_an_image_becomes_a_link_to_it():
    html = render("![a map](https://example.org/map.png)").html
    assert '<a href="https://example.org/map.png"' in html
    assert "image: a map" in html


def test_headings_have_addresses_of_their_own():
    page = render("# Same\n\n## Same\n\n# ¿?")
    assert [section.anchor for section in page.sections] == ["same", "same-2", "section"]
    assert [section.level for section in page.sections] == [2, 3, 2]
