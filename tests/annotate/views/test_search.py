import pytest
from django.urls import reverse

from claims.models import SearchEntry
from tests.factories import make_claim, make_document, make_dossier, make_link, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    user = make_user("searcher")
    client.force_login(user)
    return user


@pytest.fixture
def dossier(owner):
    return make_dossier(documents=[make_document(make_project(owner, title="Harbours"))])


def ask(client, **said):
    return client.get(reverse("search"), said)


def test_a_result_stands_in_its_context_and_leads_to_its_place(client, dossier):
    assertion = make_claim(dossier, quote="370 people were arrested, including 332 brokers")
    make_link(make_claim(dossier, quote="the report was unfair", role="response"), assertion, relation="disputes")
    page = ask(client, q="broker").content.decode()
    assert "<mark>brokers</mark>" in page
    assert f"{reverse('workspace', args=[dossier.pk])}?show=claim&amp;on={assertion.pk}" in page
    assert "R1" in page
    assert "disputes" in page or "contests" in page


def test_what_is_marked_up_in_a_text_is_shown_as_text(client, owner):
    document = make_document(make_project(owner), text="They wrote <script>alert(1)</script> brokers.")
    make_claim(make_dossier(documents=[document]))
    page = ask(client, q="brokers").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_nothing_asked_explains_itself(client, owner):
    assert "Look for words" in ask(client).content.decode()


def test_nothing_found_says_so(client, dossier):
    page = ask(client, q="nowhere").content.decode()
    assert "Nothing here holds “nowhere”" in page


def test_a_wrong_condition_is_said(client, dossier):
    answer = ask(client, q="brokers", since="2024-02-02", until="2024-01-01")
    assert answer.status_code == 422
    assert "The time ends before it begins." in answer.content.decode()
    assert ask(client, q="brokers", since="yesterday").status_code == 422
    assert ask(client, q="x\x00y").status_code == 422


def test_a_project_of_others_is_no_choice(client, owner):
    other = make_project(make_user())
    assert ask(client, q="brokers", project=other.slug).status_code == 422


def test_htmx_gets_the_results_alone(client, dossier):
    make_claim(dossier, quote="332 brokers")
    answer = client.get(reverse("search"), {"q": "brokers"}, headers={"HX-Request": "true"})
    assert answer.content.decode().lstrip().startswith('<div id="results"')


def test_one_kind_comes_in_pages(client, dossier):
    for _ in range(23):
        make_claim(dossier, quote="332 brokers")
    page = ask(client, q="brokers").content.decode()
    assert "More claims" in page
    page = ask(client, q="brokers", kind="claim").content.decode()
    assert "page=2" in page
    page = ask(client, q="brokers", kind="claim", page=2).content.decode()
    assert page.count('class="what"') == 3


def test_a_document_pasted_in_is_found(client, dossier):
    project = dossier.project
    said = {
        "way": "paste",
        "paste-text": "Our harbour master objects.",
        "paste-kind": "letter",
        "paste-title": "A letter",
    }
    said |= {"paste-dossier": "new", "paste-side": "both", "paste-language": "en"}
    answer = client.post(reverse("document_add", args=[project.slug]), said)
    assert answer.status_code == 302, answer.content.decode()
    assert SearchEntry.objects.filter(kind="document").count() == 1
    assert "<mark>harbour</mark>" in ask(client, q="harbour").content.decode()


def test_results_cost_few_queries(client, dossier, django_assert_max_num_queries):
    for _ in range(6):
        claim = make_claim(dossier, quote="332 brokers")
        make_link(make_claim(dossier, quote="unfair", role="response"), claim)
    with django_assert_max_num_queries(20):
        ask(client, q="brokers")
