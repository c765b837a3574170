import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from claims import triggers
from claims.models import (
    Change,
    Claim,
    Comment,
    Document,
    Layer,
    Link,
    Mention,
    Settlement,
    SignOff,
    Stretch,
)
from claims.verify import verify
from tests.claims.rich_project import make_rich_project
from tests.factories import make_dossier, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_rich_project()


@pytest.fixture
def unguarded(project):
    """A project whose database has lost its triggers, as a restored backup may."""
    triggers.drop(connection)
    yield project
    triggers.create(connection)


def faults(project):
    return verify(project).faults


def test_a_sound_project_has_no_faults(project):
    report = verify(project)
    assert report.faults == []
    assert report.counts["documents"] == 3
    assert report.counts["claims"] == Claim.objects.count()
    assert report.counts["links"] == Link._base_manager.count()


def test_missing_triggers_are_told(unguarded):
    assert any("claims_claim_span_added is missing" in fault for fault in verify().faults)
    assert faults(unguarded) == []


def test_a_changed_text_is_found(unguarded):
    document = Document.objects.get(title="Report")
    Document.objects.filter(pk=document.pk).update(text=document.text.replace("370", "371"))
    found = faults(unguarded)
    assert any("the text is not the one its sha256 stands for" in fault for fault in found)
    assert any("says “370”, and the text has “371”" in fault for fault in found)


def test_a_wrong_length_and_a_foreign_line_end_are_found(unguarded):
    Document.objects.filter(title="=Reply").update(length=3, text="a\rb", sha256="0")
    found = " ".join(faults(unguarded))
    assert "has a line end other than \\n at 1" in found
    Document.objects.filter(title="=Reply").update(length=7)
    assert "has 3 characters, and its length says 7" in " ".join(faults(unguarded))


def test_a_span_outside_its_text_is_found(unguarded):
    Claim.objects.filter(pk=Claim.objects.first().pk).update(end=9999)
    assert any("to 9999, and the text has" in fault for fault in faults(unguarded))


def test_words_that_are_not_there_are_found(unguarded):
    Mention.objects.filter(name="council").update(quote="parliament")
    assert any("says “parliament”" in fault for fault in faults(unguarded))
    Claim.objects.update(prefix="never said")
    assert any("its prefix or suffix is not what stands" in fault for fault in faults(unguarded))


def test_stretches_out_of_order_are_found(unguarded):
    Stretch.objects.filter(position=1).update(start=F("start") - 20)
    found = " ".join(faults(unguarded))
    assert "overlap or are out of order" in found


def test_a_link_across_layers_is_found(unguarded):
    team, other = Layer.objects.exclude(kind="gold").order_by("created_at")
    link = Link.objects.live().filter(layer=team, scope="claim").first()
    Link.objects.filter(pk=link.pk).update(target_claim=Claim.objects.filter(layer=other, role="assertion").first())
    assert any("belongs to another layer or dossier" in fault for fault in faults(unguarded))


def test_a_live_link_to_a_deleted_claim_is_found(project):
    link = Link.objects.live().filter(scope="claim").first()
    Claim.objects.filter(pk=link.target_claim_id).update(deleted_at=link.created_at)
    found = " ".join(faults(project))
    assert "has been deleted" in found
    assert "disagree on whether it was deleted" in found


def test_a_change_without_a_trace_is_found(project):
    claim = Claim.objects.get(wording="370 people were counted", layer__kind="team")
    Claim.objects.filter(pk=claim.pk).update(wording="369 people were counted")
    assert any("its wording was changed without a trace" in fault for fault in faults(project))


def test_a_version_without_a_trace_is_found(project):
    claim = Claim.objects.get(wording="370 people were counted", layer__kind="team")
    Claim.objects.filter(pk=claim.pk).update(version=9)
    assert any("is at version 9, and its history ends at 2" in fault for fault in faults(project))


def test_a_gap_in_the_history_is_found(unguarded):
    claim = Claim.objects.get(wording="370 people were counted", layer__kind="team")
    Change.objects.filter(object_id=claim.pk, object_version=2).update(object_version=3)
    assert any("has a gap or a version twice: 1, 3" in fault for fault in faults(unguarded))


def test_a_row_of_another_project_is_found(project):
    stranger = Document.objects.create(project=make_project(), title="Elsewhere")
    Link.objects.filter(scope="work").update(target_work=stranger)
    assert any("its target work belongs to another project" in fault for fault in faults(project))


def test_a_comment_on_another_layers_claim_is_found(project):
    gold = Layer.objects.get(kind="gold")
    Comment.objects.filter(text="the whole dossier").update(claim=Claim.objects.filter(layer=gold).get())
    assert any("comment" in fault and "its claim is in another layer" in fault for fault in faults(project))


def test_what_several_people_leave_stays_in_its_project_and_dossier(project):
    elsewhere = make_dossier()
    Settlement.objects.get(choice="taken").compared.add(elsewhere.project.layers.get())
    SignOff.objects.filter(change__isnull=False).update(dossier=elsewhere)
    Comment.objects.filter(parent__isnull=False).update(dossier=elsewhere)
    found = " ".join(faults(project))
    assert "a layer it compared belongs to another project" in found
    assert "its dossier belongs to another project" in found
    assert "its parent is about another dossier" in found
    assert "the version it was given on belongs to another dossier" in found


def test_the_command_prints_counts(project, capsys):
    call_command("verify", "sea")
    told = capsys.readouterr().out
    assert "3 documents" in told
    assert told.endswith("Everything holds together.\n")
    call_command("verify")


def test_the_command_fails_with_a_line_a_fault(project, capsys):
    Claim.objects.filter(layer__kind="team").update(version=9)
    with pytest.raises(CommandError, match="of these do not hold together"):
        call_command("verify", "sea")
    told = capsys.readouterr().err.splitlines()
    assert len(told) == len(faults(project))


def test_the_command_knows_its_projects():
    with pytest.raises(CommandError, match="There is no project nowhere"):
        call_command("verify", "nowhere")
