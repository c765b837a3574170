"""The label schema through its pages: read by members, changed by an owner, one version at a time."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from claims import schema
from claims.models import Change, Vocabulary
from claims.projects import default_vocabulary, load_vocabularies
from tests.factories import (
    make_claim,
    make_comparison,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_member,
    make_project,
    make_quantity,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    owner = make_user("olga")
    client.force_login(owner)
    return owner


@pytest.fixture
def project(owner):
    return make_project(owner)


def address(name, project):
    return reverse(name, args=[project.slug])


def sent(project, **changes):
    """Return what the form of the labels sends as it stands, with ``changes``."""
    base = schema.draft_of(type(project).objects.get(pk=project.pk).vocabulary)
    data = {"seen": type(project).objects.get(pk=project.pk).vocabulary_id, "title": base.title}
    for facet in schema.EDITED:
        data[f"{facet}-total"] = len(base.labels[facet])
        data |= {f"{facet}-{name}": base.about[facet].get(name, "") for name in ("question", "rule")}
        for index, label in enumerate(base.labels[facet]):
            data[f"{facet}-{index}-was"] = label.key
            for name in ("phrase", "definition", "example", "shortcut", "colour", "stance", "maps_to"):
                data[f"{facet}-{index}-{name}"] = getattr(label, name)
            for name in ("wants_note", "is_retired"):
                if getattr(label, name):
                    data[f"{facet}-{index}-{name}"] = "on"
    return data | changes


def look(client, project, **changes):
    return client.post(address("label_edit", project), sent(project, **changes))


def save(client, project, **changes):
    """Look, then save what was looked at."""
    data = sent(project, **changes)
    said = client.post(address("label_edit", project), data).content.decode()
    found = re.search(r'name="save" value="(\w+)"', said)
    assert found, re.findall(r"<p data-sentence>.*?</section>|data-sentence>(.*?)</p>", said, re.DOTALL)
    return client.post(address("label_edit", project), data | {"save": found[1]})


def place_of(project, facet, key):
    return schema.draft_of(project.vocabulary).keys(facet).index(key)


def new_label(project, facet="strategy", at=None, **values):
    """Return the fields of one more label at the end of a facet."""
    index = len(schema.draft_of(project.vocabulary).labels[facet]) if at is None else at
    data = {f"{facet}-total": index + 1, f"{facet}-{index}-was": ""}
    return data | {f"{facet}-{index}-{name}": value for name, value in values.items()}


def test_members_read_definitions_and_only_an_owner_is_offered_to_change(client, project, owner):
    said = client.get(address("label_list", project)).content.decode()
    assert "says it is not so" in said
    assert "That number is not correct." in said
    assert "Change the labels" in said
    client.force_login(make_member(project, "annotator"))
    assert "Change the labels" not in client.get(address("label_list", project)).content.decode()
    assert client.get(address("label_edit", project)).status_code == 403


def test_several_changes_become_one_version_of_its_own(client, project, owner):
    rejects = place_of(project, "relation", "rejects")
    changes = {f"relation-{rejects}-phrase": "denies that it is so", f"relation-{rejects}-colour": "#0072b2"}
    changes |= new_label(project, phrase="Promises an inquiry", definition="Says it will be looked into.")
    assert save(client, project, **changes).status_code == 302
    project.refresh_from_db()
    made = project.vocabulary
    assert (made.key, made.number, made.based_on) == (f"default@{project.slug}", 2, default_vocabulary())
    labels = made.by_facet()
    assert labels["relation"]["rejects"].phrase == "denies that it is so"
    assert labels["relation"]["rejects"].colour == "#0072b2"
    assert labels["strategy"]["promises_an_inquiry"].definition == "Says it will be looked into."
    assert default_vocabulary().by_facet()["relation"]["rejects"].phrase == "says it is not so"
    change = Change.objects.filter(object_id=project.pk).last()
    assert change.after == {"vocabulary_id": str(made.pk)}
    assert "promises" in client.get(address("label_list", project)).content.decode()
    assert "denies that it is so" in client.get(address("label_list", project)).content.decode()


def test_another_project_keeps_its_labels(client, project, owner):
    other = make_project(owner)
    save(client, project, **new_label(project, phrase="New one"))
    other.refresh_from_db()
    assert other.vocabulary == default_vocabulary()


def test_second_version_follows_the_first(client, project, owner):
    save(client, project, **new_label(project, phrase="One"))
    project.refresh_from_db()
    save(client, project, **new_label(project, phrase="Two"))
    project.refresh_from_db()
    assert (project.vocabulary.number, project.vocabulary.based_on.number) == (3, 2)


def test_look_lists_what_carries_a_label_and_saves_nothing(client, project, owner):
    dossier = make_dossier(project, [make_document(project)])
    assertion = make_claim(dossier, quote="370 people")
    make_link(make_claim(dossier, quote="The ministry", role="response"), assertion, relation="rejects")
    at = place_of(project, "relation", "rejects")
    said = look(client, project, **{f"relation-{at}-is_retired": "on"}).content.decode()
    assert "1 link of “Team”" in said
    assert f"?project={project.slug}&amp;label=rejects" in said
    assert Vocabulary.objects.filter(key__startswith="default@").count() == 0


def test_retired_label_is_shown_where_it_was_chosen_and_refused_anew(client, project, owner):
    dossier = make_dossier(project, [make_document(project)])
    assertion = make_claim(dossier, quote="370 people")
    response = make_claim(dossier, quote="The ministry", role="response")
    carrying = make_link(response, assertion, relation="rejects", strategies=["denies"])
    other = make_link(response, make_claim(dossier, quote="332 brokers"))
    retired = {f"relation-{place_of(project, 'relation', 'rejects')}-is_retired": "on"}
    retired |= {f"strategy-{place_of(project, 'strategy', 'denies')}-is_retired": "on"}
    assert save(client, project, **retired).status_code == 302
    card = reverse("workspace", args=[dossier.pk])
    said = client.get(f"{card}?show=link&on={carrying.pk}").content.decode()
    assert 'name="relation" value="rejects"' in said
    assert re.search(r'name="strategies" value="denies" checked', said)
    assert 'value="rejects"' not in client.get(f"{card}?show=link&on={other.pk}").content.decode()

    def label(link, **values):
        return client.post(reverse("link_label", args=[dossier.pk, link.pk]), {"version": link.version, **values})

    assert label(carrying, note="still here").status_code == 302
    answer = label(other, relation="rejects")
    assert answer.status_code == 422
    assert "is retired: it stays where it is" in answer.content.decode()


def test_what_carries_a_retired_label_is_found_afterwards(client, project, owner):
    dossier = make_dossier(project, [make_document(project)])
    response = make_claim(dossier, quote="The ministry", role="response")
    make_link(response, make_claim(dossier, quote="370 people"), relation="rejects")
    save(client, project, **{f"relation-{place_of(project, 'relation', 'rejects')}-is_retired": "on"})
    said = client.get(address("label_list", project)).content.decode()
    link = re.search(r'href="(/search/[^"]+)">what carries it', said)[1].replace("&amp;", "&")
    assert "The ministry" in client.get(link).content.decode()


def test_retired_outcome_stays_chosen_where_it_was(client, project, owner):
    document = make_document(project)
    dossier = make_dossier(project, [document])
    assertion = make_claim(dossier, quote="370 people")
    link = make_link(make_claim(dossier, quote="The ministry", role="response"), assertion, disputed=["figure"])
    quantity = make_quantity(document, "370", "370")
    comparison = make_comparison(link, quantity, outcome="accepted")
    save(client, project, **{f"figure_outcome-{place_of(project, 'figure_outcome', 'accepted')}-is_retired": "on"})
    page = reverse("figure_compare", args=[dossier.pk, assertion.pk, quantity.mention_id])
    said = client.get(page, {"comparison": comparison.pk}).content.decode()
    assert '<option value="accepted" selected>' in said
    comparison.delete()
    assert 'value="accepted"' not in client.get(page, {"link": link.pk}).content.decode()


def test_gold_may_carry_what_was_annotated_before_it_was_retired(client, project, owner):
    dossier = make_dossier(project, [make_document(project)])
    gold = project.layers.model.objects.create(project=project, kind="gold", name="Gold")
    save(client, project, **{f"relation-{place_of(project, 'relation', 'rejects')}-is_retired": "on"})
    dossier.refresh_from_db()
    assertion = make_claim(dossier, quote="370 people", layer=gold)
    response = make_claim(dossier, quote="The ministry", role="response", layer=gold)
    assert make_link(response, assertion, relation="rejects").relation == "rejects"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"relation-0-phrase": ""}, "Write the phrase that people choose."),
        ({"relation-0-phrase": "x" * 81}, "80 are the most"),
        ({"relation-0-shortcut": "2"}, "has the digit"),
        ({"relation-0-shortcut": "9"}, "9 is always unclear"),
        ({"relation-0-colour": "red"}, "six hexadecimal digits"),
        ({"relation-1-phrase": "says it is not so"}, "could not tell them apart"),
        ({"relation-7-is_retired": "on"}, "the program itself asks for it"),
        ({"relation-0-stance": "odd"}, "is not a stance"),
    ],
)
def test_wrong_label_is_named_and_nothing_saved(client, project, owner, changes, told):
    answer = look(client, project, **changes)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert "Nothing is saved yet" in answer.content.decode()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"key": "Grüße", "phrase": "x"}, "A key is of small letters"),
        ({"key": "denies", "phrase": "x"}, "a key is given once"),
        ({"key": "2x", "phrase": "x"}, "begins with a letter"),
        ({"phrase": "???"}, "A key is of small letters"),
    ],
)
def test_new_key_is_checked(client, project, owner, values, told):
    answer = look(client, project, **new_label(project, **values))
    assert answer.status_code == 422
    assert told in answer.content.decode()


def test_key_of_a_label_never_changes(client, project, owner):
    save(client, project, **{"strategy-0-key": "renamed", "strategy-0-phrase": "says no"})
    project.refresh_from_db()
    assert project.vocabulary.by_facet()["strategy"]["denies"].phrase == "says no"
    assert "renamed" not in project.vocabulary.by_facet()["strategy"]


def test_unused_label_is_taken_out_and_a_used_one_is_not(client, project, owner):
    dossier = make_dossier(project, [make_document(project)])
    response = make_claim(dossier, quote="The ministry", role="response")
    link = make_link(response, make_claim(dossier, quote="370 people"), strategies=["denies"])

    def without(key):
        data = sent(project)
        index = place_of(project, "strategy", key)
        return {name: value for name, value in data.items() if not name.startswith(f"strategy-{index}-")}

    def take_out(key):
        data = without(key)
        said = client.post(address("label_edit", project), data).content.decode()
        return client.post(
            address("label_edit", project), data | {"save": re.search(r'name="save" value="(\w+)"', said)[1]}
        )

    answer = take_out("denies")
    assert answer.status_code == 422
    assert "is or was in use" in answer.content.decode()
    # What was chosen once and taken back may come back by an undo.
    client.post(
        reverse("link_label", args=[dossier.pk, link.pk]), {"version": 1, "facets": "strategies", "strategies": []}
    )
    assert take_out("denies").status_code == 422
    assert take_out("minimises").status_code == 302
    project.refresh_from_db()
    assert "minimises" not in project.vocabulary.by_facet()["strategy"]


def test_owner_learns_nothing_of_what_others_label_before_adjudication(client, owner):
    project = make_project(owner, kind="independent")
    annotator = make_member(project, "annotator")
    dossier = make_dossier(project, [make_document(project)])
    layer = make_layer(project, annotator)
    before = client.get(address("label_edit", project)).content.decode()
    response = make_claim(dossier, quote="The ministry", role="response", layer=layer)
    make_link(
        response, make_claim(dossier, quote="370 people", layer=layer), relation="deflects", strategies=["denies"]
    )
    said = client.get(address("label_edit", project)).content.decode()
    assert "in use" not in said.split("<main")[1].replace("A key never changes, and a label in use is retired", "")
    assert "Take it out" in before
    assert "Take it out" not in said
    for facet, key in (("relation", "deflects"), ("relation", "concedes")):
        changes = {f"{facet}-{place_of(project, facet, key)}-is_retired": "on"}
        said = look(client, project, **changes).content.decode()
        assert "Carried by nothing that you may read." in said
        assert "1 link" not in said
    for key in ("denies", "minimises"):
        data = sent(project)
        index = place_of(project, "strategy", key)
        data = {name: value for name, value in data.items() if not name.startswith(f"strategy-{index}-")}
        said = client.post(address("label_edit", project), data).content.decode()
        save = re.search(r'name="save" value="(\w+)"', said)[1]
        answer = client.post(address("label_edit", project), data | {"save": save})
        assert answer.status_code == 422
        assert f"“{key}” can be retired, and not be taken out while" in answer.content.decode()


def test_buttons_move_add_and_take_out_before_anything_is_saved(client, project, owner):
    def keys(answer):
        return re.findall(r'name="strategy-\d+-was" value="(\w*)"', answer.content.decode()) or re.findall(
            r'name="strategy-\d+-was"(?: value="(\w*)")?', answer.content.decode()
        )

    down = look(client, project, do="down:strategy:0")
    assert keys(down)[:2] == ["shifts_responsibility", "denies"]
    added = look(client, project, do="add:strategy").content.decode()
    assert added.count("strategy-18-phrase") > 0
    assert 'name="strategy-total" value="19"' in added
    out = look(client, project, do="out:strategy:0")
    assert keys(out)[0] == "shifts_responsibility"
    for odd in ("up:strategy:0", "down:strategy:99", "out:nowhere:1", "up:strategy:x", "", ":::"):
        assert look(client, project, do=odd).status_code == 200
    project.refresh_from_db()
    assert project.vocabulary == default_vocabulary()


def test_order_is_saved(client, project, owner):
    data = sent(project)
    a, b = "strategy-0-", "strategy-1-"
    swapped = {}
    for name, value in data.items():
        name = b + name[len(a) :] if name.startswith(a) else a + name[len(b) :] if name.startswith(b) else name
        swapped[name] = value
    said = client.post(address("label_edit", project), swapped).content.decode()
    client.post(address("label_edit", project), swapped | {"save": re.search(r'name="save" value="(\w+)"', said)[1]})
    project.refresh_from_db()
    assert list(project.vocabulary.by_facet()["strategy"])[:2] == ["shifts_responsibility", "denies"]


def test_two_owners_at_once_lose_nothing(client, project, owner):
    mine = sent(project, **{"relation-0-phrase": "mine", "relation-1-phrase": "mine too"})
    save(client, project, **{"relation-1-phrase": "theirs", "relation-2-phrase": "theirs alone"})
    answer = client.post(address("label_edit", project), mine | {"save": "x"})
    said = answer.content.decode()
    assert answer.status_code == 409
    assert "saved version 2 while you were at it" in said
    for value in ("mine", "mine too", "theirs alone"):
        assert f'value="{value}"' in said
    assert Vocabulary.objects.filter(based_on__isnull=False).count() == 1
    # What is mine beside theirs has been shown, so it may be saved at once.
    assert "What version 3 changes" in said
    project.refresh_from_db()
    again = sent(project, **{"relation-0-phrase": "mine", "relation-1-phrase": "mine too"})
    found = re.search(r'name="save" value="(\w+)"', said)[1]
    assert client.post(address("label_edit", project), again | {"save": found}).status_code == 302
    project.refresh_from_db()
    relations = project.vocabulary.by_facet()["relation"]
    assert [relations[key].phrase for key in list(relations)[:3]] == ["mine", "mine too", "theirs alone"]


def test_nothing_different_is_said(client, project, owner):
    answer = look(client, project)
    assert answer.status_code == 422
    assert "Nothing is different from version 1 yet." in answer.content.decode()


def test_file_fills_the_form_and_comes_back_the_same(client, project, owner):
    given = {
        "title": "Harbour labels",
        "facets": {"strategy": [{"key": "denies", "phrase": "denies it flatly"}, {"key": "jokes", "phrase": "jokes"}]},
    }
    data = sent(project) | {"file": SimpleUploadedFile("labels.json", json.dumps(given).encode())}
    said = client.post(address("label_edit", project), data).content.decode()
    assert "What version 2 changes" in said
    assert 'value="denies it flatly"' in said
    assert 'value="Harbour labels"' in said
    base = schema.draft_of(project.vocabulary)
    draft = schema.read_file(json.dumps(given).encode(), base)
    made = schema.publish(project, actor=owner, seen=project.vocabulary_id, draft=draft)
    labels = made.by_facet()["strategy"]
    assert list(labels)[:2] == ["denies", "jokes"]
    assert labels["minimises"].is_retired
    assert not labels["withholds"].is_retired
    again = client.get(address("label_file", project))
    assert schema.read_file(again.content, schema.draft_of(made)) == schema.draft_of(made)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xff", "not JSON in UTF-8"),
        (b"{", "not JSON"),
        (b"[]", "no “facets”"),
        (b'{"facets": {"mood": []}}', "is not a facet"),
        (b'{"facets": {"strategy": {}}}', "not a list of labels"),
        (b'{"facets": {"strategy": [{"phrase": "x"}]}}', "strategy, label 1 has no key"),
        (b'{"facets": {"strategy": [{"key": "x", "phrase": 5}]}}', "phrase is not text"),
        (b'{"facets": {"strategy": [{"key": "x", "phrase": "a\\u0000"}]}}', "cannot be stored"),
        (b'{"facets": {"strategy": [{"key": "x", "wants_note": "yes"}]}}', "true or false"),
        (b'{"facets": {"strategy": [{"key": "BAD", "phrase": "x"}]}}', "A key is of small letters"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_odd_file_is_refused_with_its_place(client, project, owner, data, told):
    answer = client.post(
        address("label_edit", project), sent(project) | {"file": SimpleUploadedFile("labels.json", data)}
    )
    assert answer.status_code == 422
    assert told in answer.content.decode()


def test_project_may_begin_with_another_schema(client, project, owner):
    load_vocabularies()
    said = client.get(address("label_list", project)).content.decode()
    assert "stands for <code>concedes</code>" in said
    assert client.post(address("label_choose", project), {"key": "gao"}).status_code == 302
    project.refresh_from_db()
    assert project.vocabulary.key == "gao"
    labels = project.vocabulary.by_facet()
    assert list(labels["relation"]) == ["concur", "partially_concur", "non_concur", "unclear", "other"]
    assert "denies" in labels["strategy"]
    assert "withheld" in labels["figure_outcome"]
    dossier = make_dossier(project, [make_document(project)])
    response = make_claim(dossier, quote="The ministry", role="response")
    make_link(response, make_claim(dossier, quote="370 people"), relation="concur", strategies=["acknowledges"])
    client.post(address("label_choose", project), {"key": "default"})
    project.refresh_from_db()
    assert project.vocabulary.key == "gao"


def test_new_project_takes_the_schema_it_names(client, owner):
    said = client.get("/projects/").content.decode()
    assert "Universal Periodic Review" in said
    client.post("/projects/", {"title": "Reviews", "kind": "shared", "vocabulary": "upr"})
    from claims.models import Project

    assert Project.objects.get(slug="reviews").vocabulary.key == "upr"


def test_digits_follow_the_order_where_none_is_given(project):
    outcomes = project.vocabulary.by_facet()["figure_outcome"].values()
    assert [label.digit for label in outcomes] == ["1", "2", "3", "4", "5", "6", "7", "9", "0"]
    assert [label.digit for label in project.vocabulary.by_facet()["relation"].values()] == list("1234567890")
