"""A project with every kind of row in it, and texts that trip up whoever counts characters otherwise."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

from django.apps import apps
from django.db import connection, transaction

from claims import exchange, triggers
from claims.models import (
    Act,
    Assessment,
    Assignment,
    Change,
    Comment,
    Decision,
    Document,
    DossierActor,
    DossierDocument,
    Exclusion,
    FigureComparison,
    Guideline,
    Layer,
    Membership,
    Mention,
    Postponement,
    Project,
    Quantity,
    Redaction,
    Settlement,
    SignOff,
    Stretch,
    User,
    Visit,
)
from tests.factories import (
    make_actor,
    make_citation,
    make_claim,
    make_comparison,
    make_document,
    make_dossier,
    make_layer,
    make_link,
    make_no_response,
    make_project,
    make_quantity,
    make_suggestion,
    make_user,
)

REPORT = (
    "😀 ក្រុមប្រឹក្សា The council counted 370 people, 332 of them brokers and 38 others.\n"
    "قال المجلس إن العدد غير صحيح. It cafe\u0301s no more; U+2028\u2028 and tabs\t stay.\n"
    "The council counted 370 people."
)
REPLY = "“That is not so”, 🏴󠁧󠁢󠁳󠁣󠁴󠁿 said the minister, “there were 350”. He declined, he said, to go on.\n\nמשרד החוץ הכחיש."


def make_rich_project(slug="sea"):
    """Return a project of two layers with each kind of row, forward ties and deleted rows included."""
    anna, ben = make_user("anna"), make_user("ben")
    User.objects.filter(pk=anna.pk).update(name="Anna ក")
    project = make_project(
        anna, slug=slug, description="Emoji 😀 stay.", banner="Invented",
        annotators_each=3, lease_hours=1, claim_match="half", control_share=50,
    )  # fmt: skip
    Membership.objects.create(project=project, user=ben, role="annotator", guidelines_read=2)
    council = make_actor(project, "The council", kind="body", aliases=["council", "المجلس"], created_by=anna)
    minister = make_actor(project, "The minister", role="minister", organisation="Ministry")
    report = make_document(
        project,
        REPORT,
        title="Report",
        kind="report",
        publisher=council,
        url="https://example.org/report",
        archived_url="https://archive.example.org/report",
        published_on=date(2025, 6, 17),
        period_start=date(2024, 1, 1),
        period_end=date(2024, 12, 31),
        page_starts=[0, 70],
        created_by=anna,
    )
    reply = make_document(project, REPLY, title="=Reply", language="en-GB", tagged_by="rules 1")
    work = make_document(project, None, title="The whole report", publisher=council)
    Document.objects.filter(pk=reply.pk).update(edition_of=work)
    excluded = Exclusion(document=report, start=len(REPORT) - 31, end=len(REPORT), reason="title twice", state="kept")
    excluded.anchor(REPORT).save(force_insert=True)
    sensitive = Redaction(document=reply, start=REPLY.index("go on"), end=REPLY.index("go on") + 5, reason="a place")
    sensitive.anchor(REPLY).save(force_insert=True)
    dossier = make_dossier(project, [report, reply], title="The count", set_up_at=datetime(2025, 7, 1, 12, tzinfo=UTC))
    make_dossier(project, title="Without suggestions", is_control=True)
    DossierDocument.objects.filter(document=reply).update(side="responding")
    DossierActor.objects.create(dossier=dossier, actor=minister, side="responding")
    DossierActor.objects.create(dossier=dossier, actor=council, side="asserting")
    whole = make_quantity(report, "370", "370", counted="people")
    part = make_quantity(report, "332", "332", part_of=whole, counted="brokers")
    other = make_quantity(report, "38", "38", sums_to=whole, modifier="~", value_high=Decimal("40.50"))
    Quantity.objects.filter(pk=whole.pk).update(change_from=other)
    reply_figure = make_quantity(reply, "350", "350.10", currency="USD", kind="money", period_start=date(2024, 1, 1))
    council_words = Mention(
        uuid=uuid4(), document=report, start=2, end=15, kind="entity", label="ORG", name="council", suggester="rules 1"
    )
    council_words.anchor(REPORT).save(force_insert=True)
    team, bens = project.layers.get(), make_layer(project, ben)
    for layer, actor in ((team, anna), (bens, ben)):
        annotate(project, dossier, report, reply, work, layer, actor, speaker=minister, council=council)
    suggestion = make_suggestion(
        report, "The council", payload={"role": "assertion", "z": 1e22, "a": [None, -0.0, 0.25]}, reasons=["verb 😀"]
    )
    make_suggestion(reply, "That is not so", kind="pair", layer=bens, score=0.1 + 0.2)
    Decision.objects.create(layer=team, suggestion=suggestion, outcome="rejected", created_by=anna)
    Decision.objects.create(layer=bens, mention=part.mention, outcome="mended", reading={"value": "333", "unit": None})
    claim = team.claims.get(role="assertion", number=1)
    link = team.links.filter(relation="rejects").get()
    comparison = make_comparison(
        link, whole, counter_quantity=reply_figure.mention, absolute_difference="19.90", note="ruled",
        ruling="differs", justification="The list says so.", ruled_by=anna, ruled_at=datetime(2025, 7, 2, tzinfo=UTC),
    )  # fmt: skip
    make_citation(comparison, title="List", url="", page="3")
    FigureComparison.objects.create(
        layer=team, claim=claim, quantity=whole.mention, check_kind="sum", outcome="same",
        addends=[str(part.pk), str(other.pk)],
    )  # fmt: skip
    assessment = Assessment.objects.create(
        layer=team, claim=claim, verification="supported", justification="Counted again."
    )
    make_citation(assessment, accessed_on=date(2025, 7, 3), archived_url="https://archive.example.org/1")
    Postponement.objects.create(layer=bens, dossier=dossier, task="pair", subject=claim.pk, state="aside", reason="why")
    for user in (ben, anna):
        Visit.objects.create(layer=team, dossier=dossier, document=report, user=user)
    work_together(project, dossier, team, bens, anna, ben)
    return project


def work_together(project, dossier, team, bens, anna, ben):
    """Add what several people leave behind: guidelines, assignments, comments, gold with its settlements, sign-offs."""
    late = datetime(2025, 7, 4, 9, 30, 0, 123456, tzinfo=UTC)
    for number, text in ((1, "Mark *all* of it.\n\n* 😀"), (2, "Mark less.")):
        Guideline.objects.create(
            project=project, number=number, text=text, summary="less" * (number - 1), created_by=anna
        )
    claim, link = bens.claims.get(role="assertion", number=1), bens.links.get(relation="rejects")
    comparison = team.comparisons.get(ruling="differs")
    with Act(actor=anna, project=project, dossier=dossier, verb="assign ben") as act:
        part = act.create(Assignment(dossier=dossier, annotator=ben, way="dealt", lease_until=late))
    with Act(actor=ben, project=project, dossier=dossier, verb="finish") as act:
        act.change(part, seen=1, state="nothing", begun_at=late, finished_at=late, note="nothing 😀")
    Assignment.objects.create(dossier=dossier, annotator=anna, way="taken", deleted_at=late)
    gold = Layer.objects.create(project=project, kind="gold", name="Gold", created_by=anna)
    with Act(actor=anna, project=project, layer=bens, dossier=dossier, verb="comment") as act:
        first = act.create(Comment(layer=bens, dossier=dossier, claim=claim, text="Why? @ben", is_sent_back=True))
        reply = act.create(Comment(layer=bens, dossier=dossier, claim=claim, parent=first, text="\tSo. 😀\n"))
        act.change(first, seen=1, resolved_at=late, resolved_by=ben)
        act.delete(reply, seen=1)
    Comment.objects.create(layer=bens, dossier=dossier, link=link, text="a link", created_by=ben)
    Comment.objects.create(layer=team, dossier=dossier, comparison=comparison, text="a figure", created_by=ben)
    Comment.objects.create(layer=team, dossier=dossier, text="the whole dossier")
    settled = make_claim(dossier, claim.document, claim.quote, layer=gold, actor=anna)
    twin = team.claims.get(role="assertion", number=1)
    with Act(actor=anna, project=project, layer=gold, dossier=dossier, verb="settle") as act:
        settlement = act.create(
            Settlement(
                layer=gold, dossier=dossier, question="claim", items=sorted(map(str, (claim.pk, twin.pk))),
                readings={str(bens.pk): {"items": [str(claim.pk)], "value": None}, str(team.pk): {"value": [1, "😀"]}},
                digest="0f" * 32, choice="taken", taken_from=bens, results=[str(settled.pk)], note="as ben has it",
            )
        )  # fmt: skip
        settlement.compared.set([team, bens])
    Settlement.objects.create(
        layer=gold, dossier=dossier, question="field", field="relation", digest="ff", choice="neither"
    )
    with Act(actor=anna, project=project, layer=gold, dossier=dossier, verb="sign off") as act:
        on = Change.objects.filter(dossier=dossier, layer=gold).latest("pk")
        act.create(SignOff(layer=gold, dossier=dossier, state="signed", open_questions="Whose list? 😀", change=on))
    SignOff.objects.create(layer=team, dossier=dossier, state="sent_back", note="Look again.", created_by=anna)
    SignOff.objects.create(layer=team, dossier=dossier, state="lifted", is_outdated=True)


def annotate(project, dossier, report, reply, work, layer, actor, *, speaker, council):
    first = make_claim(
        dossier, report, "counted 370 people", layer=layer, actor=actor, speaker=council, wants_check=True
    )
    last = make_claim(dossier, report, "The council counted 370 people.", layer=layer, actor=actor, kind="figure")
    denial = make_claim(dossier, reply, "That is not so", role="response", layer=layer, actor=actor, speaker=speaker)
    parted = make_claim(
        dossier, reply, "He declined, he said, to go on", role="response", layer=layer, speech="indirect"
    )
    start = parted.start
    for position, (left, right) in enumerate(((start, start + 11), (start + 22, parted.end))):
        Stretch.objects.create(claim=parted, position=position, start=left, end=right, quote=REPLY[left:right])
    with Act(actor=actor, project=project, layer=layer, dossier=dossier, verb="restate") as act:
        act.change(last, seen=1, restates=first, restating="differs", restating_note="“The” 😀")
        act.change(first, seen=1, wording="370 people were counted", kind="figure")
    link = make_link(denial, first, actor=actor, relation="rejects", strategies=["denies"], disputed=["figure"])
    make_link(denial, None, scope="work", target_work=work)
    make_link(parted, None, scope="continues", target_response=denial, relation="other", note="=1+1")
    make_link(parted, denial, relation="unclear", secondary_relation="deflects")
    gone = make_link(parted, None, scope="questioner", target_actor=council)
    with Act(actor=actor, project=project, layer=layer, dossier=dossier, verb="withdraw") as act:
        act.delete(gone, seen=1)
    words = "العدد"
    at = REPORT.index(words)
    citation = make_citation(link, title="", url="", document=report, start=at, end=at + len(words), quote=words)
    make_citation(first, stance="context")
    none_found = make_no_response(last, [reply, report])
    make_citation(none_found)
    return citation


def export_bytes(project, *, format="jsonl", **options):
    stream = io.BytesIO()
    exchange.export_project(project, format=format, stream=stream, **options)
    return stream.getvalue()


def import_bytes(data, **options):
    return exchange.import_project(io.BytesIO(data), **options).project


@transaction.atomic
def empty_database():
    """Remove every row of ours, history included."""
    triggers.drop(connection)
    with connection.cursor() as cursor:
        # Both engines look at foreign keys when the transaction ends; PostgreSQL has to be told once it was asked sooner.
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for model in apps.get_app_config("claims").get_models():
            for table in [model, *(field.remote_field.through for field in model._meta.local_many_to_many)]:
                cursor.execute(f'DELETE FROM "{table._meta.db_table}"')
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered
    triggers.create(connection)
    assert not Project._base_manager.exists()
    assert not User.objects.exists()
