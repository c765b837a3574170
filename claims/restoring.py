"""Bringing back what an annotation said at an earlier time, as a new deed that is itself in the history."""

from django.apps import apps
from django.core.exceptions import ValidationError

from claims import annotating
from claims.errors import NothingToUndo
from claims.models import Change, Claim, Link
from claims.models.changes import refuse_loose_ends, set_values, snapshot

# What a layer owns and its writers may bring back. What is said about a reading is taken back where it was said.
KINDS = {
    "claim": "claim",
    "link": "link",
    "noresponse": "record that nothing was found",
    "figurecomparison": "compared figure",
    "assessment": "check",
    "citation": "citation",
    "decision": "decision",
}
# What may be in a deed that is taken back from the history.
TAKEN_BACK = {*KINDS, "actor", "postponement", "settlement"}


def row_of(change):
    """Return the row that a change is about, deleted or not."""
    return apps.get_model("claims", change.kind)._base_manager.get(pk=change.object_id)


def state_at(row, change):
    """Return ({column: plain value}, stretches or None) of what a row said right after ``change``.

    It goes back from the present, so that a history without its beginning, as some imports have, does as well.
    """
    state, parts = snapshot(row), None
    if isinstance(row, Claim):
        parts = [[part.start, part.end] for part in row.stretches.all()]
    later = Change.objects.filter(
        kind=change.kind, object_id=row.pk, object_version__gt=change.object_version, action=Change.Action.CHANGED
    )
    for one in later.order_by("-object_version"):
        state |= {name: value for name, value in one.before.items() if name in state}
        parts = one.before.get("stretches", parts)
    return state, parts


def withdrawn_along(change):
    """Return the deletions of the same deed that belong to a row's: a deleted claim took its links along."""
    if change.action != Change.Action.DELETED:
        return []
    others = Change.objects.filter(act=change.act, action=Change.Action.DELETED, kind__in=KINDS)
    return list(others.exclude(object_id=change.object_id).order_by("-pk"))


def restore(act, change, *, seen, is_along=False):
    """Make what a row said after ``change`` its present state; a deleted row comes back first.

    ``is_along`` brings back with it what its last deletion had withdrawn. Raises StaleWrite when the row is no longer at
    version ``seen``, ValidationError or NothingToUndo in words where the present leaves no room for that state.
    """
    if change.kind not in KINDS or change.action == Change.Action.DELETED:
        raise ValidationError("There is no state here to bring back.")
    row = row_of(change)
    state, parts = state_at(row, change)
    deletion = last_deletion(row) if row.deleted_at is not None else None
    now = snapshot(row)
    if row.deleted_at is not None:
        act.restore(row, seen=seen)
        seen = row.version
    changed = {name: value for name, value in state.items() if now[name] != value}
    if changed or parts is not None and parts != [[part.start, part.end] for part in row.stretches.all()]:
        set_values(act, row, changed, parts, seen=seen)
    for other in withdrawn_along(deletion) if is_along and deletion else []:
        along = row_of(other)
        if along.deleted_at is not None:
            act.restore(along, seen=along.version)
    if not act.changes:
        raise NothingToUndo("That is how it stands already.")
    check(act)
    return row


def check(act):
    """Refuse what the rules of the record refuse today, in their words."""
    for kind, pk in dict.fromkeys((change.kind, change.object_id) for change in list(act.changes)):
        row = apps.get_model("claims", kind)._base_manager.get(pk=pk)
        if row.deleted_at is None and kind in KINDS and kind != "decision":
            annotating.check_choices(row)
            row.clean()
        if isinstance(row, Link) and row.deleted_at is None:
            annotating.settle_target(act, row)
    for kind, pk in dict.fromkeys((change.kind, change.object_id) for change in act.changes):
        refuse_loose_ends(kind, pk)


def last_deletion(row):
    changes = Change.objects.filter(kind=row._meta.model_name, object_id=row.pk, action=Change.Action.DELETED)
    return changes.order_by("-object_version").first()


def may_be_taken_back(changes):
    """Whether a deed, given as its changes, is one of annotating, and of one dossier and layer."""
    return all(change.kind in TAKEN_BACK and change.layer_id and change.dossier_id for change in changes)
