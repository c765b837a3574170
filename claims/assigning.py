"""Who annotates which dossier: given by hand, dealt out evenly, or taken from what is left.

A place in a dossier is held by an assignment that is finished, given by hand, not begun yet, or within its lease. A
project wants ``annotators_each`` of them. Every function that changes something takes the open ``act``.
"""

from collections import Counter, defaultdict
from contextlib import suppress
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from claims.adjudication import gold_layer
from claims.announcing import announce
from claims.errors import StaleWrite
from claims.models import (
    Act,
    Assignment,
    Claim,
    Document,
    Dossier,
    Layer,
    Membership,
    Notice,
    Project,
    Role,
    Visit,
    Webhook,
)
from claims.policy import may

# A lease is renewed by working, at most this often.
RENEWED_AFTER = timedelta(hours=1)

ANNOTATING = (Role.ANNOTATOR, Role.EDITOR, Role.OWNER)


def annotators_of(project):
    """Return the members that dossiers are dealt to, in the order they joined."""
    members = Membership.objects.filter(project=project, role=Role.ANNOTATOR, user__is_active=True)
    return [member.user for member in members.select_related("user").order_by("pk")]


def queue_here(project):
    """Let those who hand out or take dossiers of one project do so one after another.

    On SQLite the whole transaction is exclusive; on PostgreSQL the project's row is what they wait for.
    """
    if connection.features.has_select_for_update:
        list(Project.objects.select_for_update(no_key=True).filter(pk=project.pk).values_list("pk"))


def assign(act, dossier, annotator):
    """Give a dossier to somebody by hand and let them know; what was dealt to them becomes theirs for good."""
    if not Membership.objects.filter(project=act.project, user=annotator, role__in=ANNOTATING).exists():
        raise ValidationError(
            {"annotator": f"{annotator} does not annotate in this project; give them that role first."}
        )
    known = Assignment.objects.live().filter(dossier=dossier, annotator=annotator).first()
    if known is not None and known.way == Assignment.Way.HAND:
        raise ValidationError({"annotator": f"{annotator} has that dossier."})
    if known is not None:
        return act.change(known, seen=known.version, way=Assignment.Way.HAND, lease_until=None)
    made = act.create(Assignment(dossier=dossier, annotator=annotator, way=Assignment.Way.HAND))
    if annotator != act.actor:
        Notice.objects.create(user=annotator, kind=Notice.Kind.ASSIGNED, actor=act.actor, dossier=dossier)
    return made


def withdraw(act, assignment, *, seen):
    """Take a dossier back from somebody; what they annotated stays in their layer."""
    return act.delete(assignment, seen=seen)


def places(project, *, now=None):
    """Return {dossier: assignments that hold a place in it} of a project's live dossiers, in the dossiers' order."""
    found = {dossier: [] for dossier in Dossier.objects.live().filter(project=project)}
    by_pk = {dossier.pk: dossier for dossier in found}
    holding = Assignment.objects.holding(now).filter(dossier__in=by_pk).select_related("annotator")
    for assignment in holding:
        found[by_pk[assignment.dossier_id]].append(assignment)
    return found


def plan(project, annotators=None):
    """Return [(dossier, annotator), …] that would fill every place: each time the one with the least to do, in order.

    Nobody gets a dossier they have had. Fewer people than places leave places open.
    """
    annotators = annotators_of(project) if annotators is None else annotators
    held = places(project)
    load = Counter({annotator.pk: 0 for annotator in annotators})
    had = defaultdict(set)
    given = Assignment.objects.live().filter(dossier__project=project)
    for dossier, annotator in given.values_list("dossier", "annotator"):
        had[dossier].add(annotator)
        load[annotator] += 1
    order = {annotator.pk: number for number, annotator in enumerate(annotators)}
    made = []
    for dossier, holding in held.items():
        for _ in range(project.annotators_each - len(holding)):
            free = [one for one in annotators if one.pk not in had[dossier.pk]]
            if not free:
                break
            chosen = min(free, key=lambda one: (load[one.pk], order[one.pk]))
            load[chosen.pk] += 1
            had[dossier.pk].add(chosen.pk)
            made.append((dossier, chosen))
    return made


def deal(act, annotators=None):
    """Give every open place to whoever has the least to do; returns the assignments made."""
    queue_here(act.project)
    return [
        act.create(Assignment(dossier=dossier, annotator=annotator, way=Assignment.Way.DEALT))
        for dossier, annotator in plan(act.project, annotators)
    ]


def own_open(user, project):
    """Return this person's unfinished assignments, begun ones first, then by hand, then in the dossiers' order.

    One whose lease ran out counts only while its dossier has a place left.
    """
    rows = list(
        Assignment.objects.live()
        .filter(annotator=user, dossier__project=project, dossier__deleted_at=None, state=Assignment.State.OPEN)
        .select_related("dossier")
    )
    lapsed = [row for row in rows if is_lapsed(row)]
    if lapsed:
        counted = Counter(
            Assignment.objects.holding()
            .filter(dossier__in=[row.dossier_id for row in lapsed])
            .values_list("dossier", flat=True)
        )
        gone = {row.pk for row in lapsed if counted[row.dossier_id] >= project.annotators_each}
        rows = [row for row in rows if row.pk not in gone]
    return sorted(
        rows,
        key=lambda row: (row.begun_at is None, row.way != Assignment.Way.HAND, row.dossier.created_at, str(row.pk)),
    )


def is_lapsed(assignment, now=None):
    """Whether its lease ran out, so that another may take the place."""
    now = now or timezone.now()
    return (
        assignment.state == Assignment.State.OPEN
        and assignment.way != Assignment.Way.HAND
        and assignment.lease_until is not None
        and assignment.lease_until <= now
    )


def take_next(act, user):
    """Return the assignment this person works on next, or None when there is nothing left for them.

    First what they have, begun before not begun; then a dossier with a place left; then one dealt to somebody who has
    not begun it, from whoever has most of those.
    """
    own = own_open(user, act.project)
    if own:
        return own[0]
    queue_here(act.project)
    had = set(
        Assignment.objects.live().filter(annotator=user, dossier__project=act.project).values_list("dossier", flat=True)
    )
    held = places(act.project)
    for dossier, holding in held.items():
        if dossier.pk not in had and len(holding) < act.project.annotators_each:
            return act.create(Assignment(dossier=dossier, annotator=user, way=Assignment.Way.TAKEN))
    waiting = defaultdict(list)
    for dossier, holding in held.items():
        for assignment in holding:
            is_dealt = assignment.way == Assignment.Way.DEALT and assignment.state == Assignment.State.OPEN
            if is_dealt and assignment.begun_at is None and dossier.pk not in had:
                waiting[assignment.annotator_id].append(assignment)
    if not waiting:
        return None
    # The last one dealt to whoever has most: the one they would come to last.
    most = max(waiting.values(), key=lambda rows: (len(rows), str(rows[0].annotator_id)))[-1]
    act.delete(most, seen=most.version)
    return act.create(Assignment(dossier=most.dossier, annotator=user, way=Assignment.Way.TAKEN))


def may_take(user, project):
    """Whether this person takes dossiers from the pool: an annotator of an independent project."""
    return (
        project.kind == Project.Kind.INDEPENDENT and may(user, "comment", project) and not may(user, "assign", project)
    )


def is_work_left(user, project):
    """Whether ``take_next`` would find something; changes nothing."""
    if own_open(user, project):
        return True
    had = set(
        Assignment.objects.live().filter(annotator=user, dossier__project=project).values_list("dossier", flat=True)
    )
    return any(
        len(holding) < project.annotators_each
        or any(
            row.way == Assignment.Way.DEALT and row.begun_at is None and row.state == Assignment.State.OPEN
            for row in holding
        )
        for dossier, holding in places(project).items()
        if dossier.pk not in had
    )


def may_open(user, project, dossier):
    """Whether this person may annotate a dossier in their own layer.

    Whoever gives dossiers out may open any; an annotator those that are theirs, or any while nothing is assigned in the
    project, so that a small team needs no assigning.
    """
    if may(user, "assign", project):
        return True
    theirs = Assignment.objects.live().filter(dossier=dossier, annotator=user).exists()
    return theirs or not Assignment.objects.live().filter(dossier__project=project).exists()


def note_work(user, dossier):
    """Begin or renew this person's lease on a dossier they work on; writes at most once in RENEWED_AFTER.

    A deed without a dossier, so that it is not what a person undoes.
    """
    row = Assignment.objects.live().filter(dossier=dossier, annotator=user, state=Assignment.State.OPEN).first()
    if row is None:
        return
    now = timezone.now()
    lease = timedelta(hours=dossier.project.lease_hours)
    values = {} if row.begun_at else {"begun_at": now}
    is_due = row.lease_until is None or row.lease_until - lease < now - RENEWED_AFTER
    if row.way != Assignment.Way.HAND and is_due:
        values["lease_until"] = now + lease
    if values:
        with suppress(StaleWrite), Act(actor=user, project=dossier.project, verb=f"work on {dossier}") as act:
            act.change(row, seen=row.version, **values)


def finish(act, assignment, *, seen, state=Assignment.State.FINISHED, note=""):
    """Say that a dossier is done, or that one looked and there is nothing here."""
    if state not in (Assignment.State.FINISHED, Assignment.State.NOTHING):
        raise ValidationError({"state": "Finish with “finished” or “looked, nothing here”."})
    layer = Layer.objects.live().filter(project=act.project, annotator=assignment.annotator_id).first()
    has_claims = layer and Claim.objects.live().filter(layer=layer, dossier=assignment.dossier_id).exists()
    if state == Assignment.State.NOTHING and act.project.kind == Project.Kind.INDEPENDENT:
        if has_claims:
            raise ValidationError({"state": "There are claims here; finish it, or delete them first."})
        unread = unread_documents(layer, assignment.dossier)
        if unread:
            raise ValidationError({"state": f"Open every document first; not opened yet: {', '.join(unread)}."})
    if state == Assignment.State.FINISHED and act.project.kind == Project.Kind.INDEPENDENT and not has_claims:
        raise ValidationError(
            {"state": "Nothing is marked here yet. If there is nothing to mark, say “looked, nothing here”."}
        )
    now = timezone.now()
    values = {"begun_at": assignment.begun_at or now, "finished_at": now, "lease_until": None}
    finished = act.change(assignment, seen=seen, state=state, note=note, **values)
    about = {"dossier": str(assignment.dossier_id), "assignment": str(assignment.pk), "state": str(state)}
    announce(act.project, Webhook.Event.DOSSIER_FINISHED, **about)
    return finished


def unread_documents(layer, dossier):
    """Return the titles of a dossier's texts that were not opened in a layer."""
    opened = Visit.objects.filter(layer=layer, dossier=dossier).values("document") if layer else []
    texts = Document.objects.live().filter(places__dossier=dossier, text__isnull=False)
    return list(texts.exclude(pk__in=opened).order_by("places__position").values_list("title", flat=True))


def reopen(act, assignment, *, seen):
    """Take up a finished dossier again."""
    if assignment.state == Assignment.State.OPEN:
        raise ValidationError("It is not finished.")
    values = {"finished_at": None, "lease_until": None}
    return act.change(assignment, seen=seen, state=Assignment.State.OPEN, **values)


def unfinished(project):
    """Return the assignments that keep adjudication from opening, those of lapsed leases left out."""
    rows = Assignment.objects.holding().filter(dossier__project=project, dossier__deleted_at=None)
    return rows.filter(state=Assignment.State.OPEN).select_related("annotator", "dossier")


def why_closed(project):
    """Return in a sentence why adjudication cannot open yet; "" when it can."""
    if project.kind != Project.Kind.INDEPENDENT:
        return "In a shared project there is one reading, and nothing to compare."
    if not Assignment.objects.live().filter(dossier__project=project).exclude(state=Assignment.State.OPEN).exists():
        return "No dossier is finished yet."
    waiting = list(unfinished(project))
    if waiting:
        who = Counter(str(row.annotator) for row in waiting)
        told = ", ".join(f"{name} ({count})" for name, count in sorted(who.items()))
        return f"Unfinished: {told}."
    return ""


def open_adjudication(act):
    """Let owners and editors read the annotators' layers and settle them; nobody can close it again."""
    project = act.project
    if project.adjudication_opened_at is not None:
        return project
    told = why_closed(project)
    if told:
        raise ValidationError(told)
    act.change(project, seen=project.version, adjudication_opened_at=timezone.now())
    gold_layer(project, act=act)
    return project


def change_kind(act, kind, *, seen):
    """Turn a shared project into an independent one or back, while nothing is annotated in it."""
    project = act.project
    if kind == project.kind:
        return project
    told = why_kind_stays(project)
    if told:
        raise ValidationError({"kind": told})
    for layer in project.layers.live():
        act.delete(layer, seen=layer.version)
    if kind == Project.Kind.SHARED:
        act.create(Layer(project=project, kind=Layer.Kind.TEAM, name="Team"))
    return act.change(project, seen=seen, kind=kind)


def why_kind_stays(project):
    """Return in a sentence why a project keeps its way of working; "" while nothing is annotated."""
    layers = project.layers.live()
    has_work = any(
        getattr(layer, name).live().exists() for layer in layers for name in ("claims", "links", "decisions")
    )
    if has_work:
        return "The way of working stays, since there are annotations: they belong to layers of the one kind."
    return ""
