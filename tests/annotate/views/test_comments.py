import pytest
from django.urls import reverse

from claims.measuring import measure
from claims.models import Change, Comment, Notice
from tests.claims import two_readings
from tests.factories import make_claim, make_document, make_dossier, make_layer, make_link, make_member, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def ann(project):
    return make_member(project, "annotator", "ann")


@pytest.fixture
def ben(project):
    return make_member(project, "editor", "ben")


@pytest.fixture
def claim(project):
    return make_claim(make_dossier(project, [make_document(project)]), quote="370 people")


def write(client, user, claim, text, **data):
    client.force_login(user)
    address = reverse("comments", args=[claim.dossier_id])
    return client.post(address, {"text": text, "on": f"claim:{claim.pk}", **data}, follow=True)


def deed(client, user, comment, name, **data):
    client.force_login(user)
    address = reverse(name, args=[comment.dossier_id, comment.pk])
    return client.post(address, {"version": comment.version, **data}, follow=True)


def test_a_comment_stands_on_its_claim(client, ann, claim):
    page = write(client, ann, claim, "Is this the year 2021?").content.decode()
    assert "Is this the year 2021?" in page
    assert f"show=claim&amp;on={claim.pk}" in page
    comment = Comment.objects.get()
    assert (comment.claim, comment.created_by, comment.layer) == (claim, ann, claim.layer)
    card = client.get(reverse("workspace", args=[claim.dossier_id]), {"show": "claim", "on": claim.pk})
    assert "Comments (1 open)" in card.content.decode()


def test_a_mention_is_told_once(client, ann, ben, claim):
    write(client, ann, claim, "@ben see this, @ben")
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.actor) == (ben, "mention", ann)
    client.force_login(ben)
    page = client.get(reverse("notices")).content.decode()
    assert "see this" in page
    assert "new" in page
    answer = client.post(reverse("notice_open", args=[notice.pk]))
    assert reverse("comments", args=[claim.dossier_id]) in answer["Location"]
    notice.refresh_from_db()
    assert notice.read_at


def test_whoever_cannot_read_the_layer_is_not_told(client):
    project = make_project(kind="independent")
    ann, ben = (make_member(project, "annotator", name) for name in ("ann", "ben"))
    dossier = make_dossier(project, [make_document(project)])
    claim = make_claim(dossier, quote="370 people", layer=make_layer(project, ann))
    page = write(client, ann, claim, "What do you think, @ben?")
    assert page.status_code == 422
    assert "@ben is nobody who reads this layer" in page.content.decode()
    assert "What do you think, @ben?" in page.content.decode()
    assert not Comment.objects.exists()
    client.force_login(ann)
    assert "a note to yourself" in client.get(reverse("comments", args=[dossier.pk])).content.decode()
    write(client, ann, claim, "A canary.")
    for user in (ben, project.memberships.get(role="owner").user):
        client.force_login(user)
        assert "canary" not in client.get(reverse("comments", args=[dossier.pk])).content.decode()


def test_a_reply_tells_who_began(client, ann, ben, claim):
    write(client, ann, claim, "Is this the year 2021?")
    comment = Comment.objects.get()
    page = write(client, ben, claim, "Yes.", parent=comment.pk).content.decode()
    assert page.index("Is this the year") < page.index("Yes.")
    assert Notice.objects.get().user == ann
    reply = Comment.objects.get(parent=comment)
    write(client, ann, claim, "Thank you.", parent=reply.pk)
    assert Comment.objects.filter(parent=comment).count() == 2


def test_a_thread_is_resolved_and_opened_again(client, ann, ben, claim):
    write(client, ann, claim, "Is this the year 2021?")
    page = deed(client, ben, Comment.objects.get(), "comment_resolve").content.decode()
    assert "1 resolved" in page
    comment = Comment.objects.get()
    assert comment.resolved_by == ben
    deed(client, ann, comment, "comment_resolve", open="1")
    assert Comment.objects.get().resolved_at is None


def test_ones_own_words_are_mended_and_deleted_and_anothers_are_not(client, ann, ben, claim):
    write(client, ann, claim, "Is this the year 2021?")
    comment = Comment.objects.get()
    assert "another’s words" in deed(client, ben, comment, "comment_edit", text="No.").content.decode()
    deed(client, ann, comment, "comment_edit", text="Is this 2020?")
    comment.refresh_from_db()
    assert comment.text == "Is this 2020?"
    assert (
        "changed that comment meanwhile"
        in deed(client, ann, comment, "comment_edit", text="x", version=1).content.decode()
    )
    deed(client, ann, comment, "comment_delete")
    assert not Comment.objects.live().exists()


def test_what_has_replies_is_not_deleted(client, ann, ben, claim):
    write(client, ann, claim, "Is this the year 2021?")
    comment = Comment.objects.get()
    write(client, ben, claim, "Yes.", parent=comment.pk)
    assert "There are replies" in deed(client, ann, comment, "comment_delete").content.decode()


def test_researchers_read_and_do_not_write(client, ann, claim, project):
    write(client, ann, claim, "Is this the year 2021?")
    reader = make_member(project, "researcher")
    assert write(client, reader, claim, "x").status_code == 403
    assert "2021" in client.get(reverse("comments", args=[claim.dossier_id])).content.decode()


def test_an_empty_comment_is_refused_in_words(client, ann, claim):
    assert "Write something." in write(client, ann, claim, "  ").content.decode()


def test_comments_on_links_and_the_whole_dossier(client, ann, claim):
    link = make_link(make_claim(claim.dossier, quote="unfair", role="response"), claim)
    client.force_login(ann)
    client.post(reverse("comments", args=[claim.dossier_id]), {"text": "On the link", "on": f"link:{link.pk}"})
    client.post(reverse("comments", args=[claim.dossier_id]), {"text": "On all"})
    assert {comment.subject for comment in Comment.objects.all()} == {link, None}


def test_what_is_not_here_is_404(client, ann, claim):
    other = make_claim(quote="370 people")
    for on in (f"claim:{other.pk}", "claim:x", "rumour:1"):
        client.force_login(ann)
        assert client.post(reverse("comments", args=[claim.dossier_id]), {"text": "x", "on": on}).status_code == 404


def test_a_notice_shows_no_words_its_reader_may_no_longer_read(client, ann, ben, claim):
    write(client, ann, claim, "@ben the canary")
    ben.memberships.all().delete()
    client.force_login(ben)
    assert "canary" not in client.get(reverse("notices")).content.decode()


def test_a_comment_is_in_history_and_in_no_figure(client):
    world = two_readings.make()
    before = measure(world.project, samples=50)
    write(client, world.people["ann"], world.rows["ann"]["boarded"], "Hm.")
    assert Comment.objects.count() == 1
    assert Change.objects.filter(kind="comment").count() == 1
    assert measure(world.project, samples=50) == before


def test_notices_are_marked_as_seen_together(client, ann, ben, claim):
    write(client, ann, claim, "@ben one")
    write(client, ann, claim, "@ben two")
    client.force_login(ben)
    assert 'class="unread"' in client.get(reverse("home")).content.decode()
    client.post(reverse("notices_read"))
    assert not Notice.objects.filter(read_at=None).exists()


def test_threads_cost_few_queries(client, ann, claim, django_assert_max_num_queries):
    for number in range(12):
        write(client, ann, claim, f"Number {number}")
    client.force_login(ann)
    with django_assert_max_num_queries(26):
        client.get(reverse("comments", args=[claim.dossier_id]))
