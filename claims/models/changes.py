"""Every version of every row that people edit: written with the row, read by history, undo and merge."""

import json
import uuid
from datetime import date, datetime
from decimal import Decimal

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils import timezone

from claims.errors import NothingToUndo, StaleWrite
from claims.offsets import context

from .search import SEARCHED, SearchEntry


class Change(models.Model):
    """One version of one row. Never changed, never deleted; triggers see to it."""

    class Action(models.TextChoices):
        CREATED = "created", "created"
        CHANGED = "changed", "changed"
        DELETED = "deleted", "deleted"
        RESTORED = "restored", "restored"

    # One deed of one person makes one or more changes; it is undone as one.
    act = models.UUIDField()
    # What the deed was, in a few words: "link R3 → A6".
    verb = models.TextField(blank=True)
    undoes = models.UUIDField(null=True, blank=True, db_index=True)
    project = models.ForeignKey("claims.Project", on_delete=models.PROTECT, related_name="+")
    layer = models.ForeignKey("claims.Layer", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    dossier = models.ForeignKey("claims.Dossier", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kind = models.TextField()
    object_id = models.UUIDField()
    object_version = models.PositiveIntegerField()
    action = models.TextField(choices=Action.choices)
    actor = models.ForeignKey("claims.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["object_id", "object_version"], name="changes_of_a_row"),
            models.Index(fields=["dossier", "actor", "id"], name="changes_of_a_person"),
            models.Index(fields=["act"], name="changes_of_a_deed"),
        ]

    def __str__(self):
        return f"{self.kind} {self.object_id} {self.action}"


def plain(value):
    """Return a column's value as JSON holds it: dates as ISO text, uuids and decimals as text."""
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.loads(json.dumps(value)) if isinstance(value, list | dict) else value


BOOKKEEPING = {"uuid", "version", "created_at", "created_by_id", "deleted_at", "prefix", "suffix", "change_id"}
SAID_ABOUT = ("signoff", "comment", "assignment")
# What never changes and is large; a comment's text is told like any other column.
UNTOLD = {"document": {"text"}}


def snapshot(row):
    """Return {column: plain value} of what people can see of a row; a document's text is left to its own table."""
    return {
        field.attname: plain(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if field.attname not in BOOKKEEPING and field.attname not in UNTOLD.get(row._meta.model_name, ())
    }


class Act:
    """One deed of one person: rows written together, remembered together, undone together.

    Use it as a context manager; leaving it writes the changes in the same transaction. A row is created as given,
    changed by one conditional UPDATE that names the version its writer saw, and never erased. ``merging`` is the
    claims.merging.Merging of a page, which merges what was changed meanwhile; without it that is a StaleWrite.
    """

    def __init__(self, *, actor, project, layer=None, dossier=None, verb="", undoes=None, merging=None):
        self.uuid = uuid.uuid4()
        self.actor, self.project, self.layer, self.dossier = actor, project, layer, dossier
        self.verb, self.undoes, self.merging = verb, undoes, merging
        self.changes, self.rows = [], {}

    def __enter__(self):
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        return self

    def __exit__(self, kind, error, traceback):
        if kind is None:
            for change in self.changes:
                change.verb = self.verb
            Change.objects.bulk_create(self.changes)
            self.index()
        self.atomic.__exit__(kind, error, traceback)
        if kind is not None and issubclass(kind, IntegrityError):
            raise explain(error) from error

    def index(self):
        """Let a search find the words of what was created, changed or restored; what is deleted stays, unseen."""
        created = {change.object_id for change in self.changes if change.action == Change.Action.CREATED}
        found = {}
        for row in self.rows.values():
            values = {name: getattr(row, name) for name in SEARCHED[row._meta.model_name]}
            values |= {"uuid": row.pk, "layer_id": getattr(row, "layer_id", None)}
            found.setdefault((row._meta.model_name, row.pk in created), []).append(values)
        for (kind, are_new), rows in found.items():
            SearchEntry.objects.index(kind, rows, project=self.project.pk, are_new=are_new)

    def remember(self, row, action, *, before, after):
        change = Change(
            act=self.uuid,
            undoes=self.undoes,
            project_id=self.project.pk,
            layer_id=self.layer and self.layer.pk,
            dossier_id=self.dossier and self.dossier.pk,
            kind=row._meta.model_name,
            object_id=row.pk,
            object_version=row.version,
            action=action,
            actor_id=self.actor and self.actor.pk,
            before=before,
            after=after,
        )
        self.changes.append(change)
        return change

    def create(self, row):
        """Insert ``row``, which has been cleaned, and return it."""
        row.created_by = row.created_by or self.actor
        row.save(force_insert=True)
        if row._meta.model_name in SEARCHED:
            self.rows[row.pk] = row
        self.remember(row, Change.Action.CREATED, before={}, after=snapshot(row))
        return row

    def change(self, row, *, seen, parts=None, **values):
        """Set ``values`` on a row last seen at version ``seen``; raises StaleWrite when somebody was faster.

        ``parts`` is (before, after) of a claim's stretches, [[start, end], …]: rows of their own that the caller
        writes, and that its history carries.
        """
        names = {name: row._meta.get_field(name) for name in values}
        before = snapshot(row)
        for name, value in values.items():
            setattr(row, name, value)
        after = snapshot(row)
        columns = [field.attname for field in names.values() if before.get(field.attname) != after.get(field.attname)]
        if not columns and parts is None and seen == row.version:
            return row
        update = {name: getattr(row, name) for name in names}
        try:
            self.write(row, seen, update, attempted=values)
        except StaleWrite:
            if self.merging is None or parts is not None:
                raise
            return self.merging.change(self, row, seen=seen, values=values)
        if {*columns} & {*SEARCHED.get(row._meta.model_name, ())}:
            self.rows[row.pk] = row
        change = self.remember(
            row,
            Change.Action.CHANGED,
            before={name: before[name] for name in columns},
            after={name: after[name] for name in columns},
        )
        if parts is not None:
            change.before["stretches"], change.after["stretches"] = parts
        return row

    def delete(self, row, *, seen):
        """Put a row out of sight; its history, its name and its uuid stay."""
        before = snapshot(row)
        row.deleted_at = timezone.now()
        self.write(row, seen, {"deleted_at": row.deleted_at}, attempted={})
        self.remember(row, Change.Action.DELETED, before=before, after={})
        return row

    def restore(self, row, *, seen):
        """Bring a deleted row back; the database checks its constraints again."""
        if row.deleted_at is None:
            return row
        updated = row._meta.model._base_manager.filter(pk=row.pk, version=seen, deleted_at__isnull=False).update(
            version=F("version") + 1, deleted_at=None
        )
        if not updated:
            raise StaleWrite(row=row, attempted={})
        row.deleted_at, row.version = None, seen + 1
        self.remember(row, Change.Action.RESTORED, before={}, after=snapshot(row))
        return row

    def write(self, row, seen, values, *, attempted):
        updated = row._meta.model._base_manager.filter(pk=row.pk, version=seen, deleted_at=None).update(
            version=F("version") + 1, **values
        )
        if not updated:
            raise StaleWrite(row=row, attempted=attempted)
        row.version = seen + 1


def explain(error):
    """Return the ValidationError a person can read for what the database refused."""
    told = str(error)
    for model in apps.get_app_config("claims").get_models():
        for constraint in model._meta.constraints:
            columns = [
                f"{model._meta.db_table}.{model._meta.get_field(name).column}"
                for name in getattr(constraint, "fields", ())
            ]
            if constraint.name in told or columns and ", ".join(columns) in told:
                return ValidationError(constraint.violation_error_message, code=constraint.name)
    return ValidationError(f"The database refused it: {told.splitlines()[0]}")


def undone_in(dossier):
    """Return the deeds of a dossier that were taken back and not done again since, as a query."""
    back = Change.objects.filter(dossier=dossier, undoes__isnull=False)
    return back.exclude(act__in=back.values("undoes")).values("undoes")


def undone_of(acts):
    """Return those of ``acts`` that were taken back and not done again since; costs two queries."""
    pairs = set(Change.objects.filter(undoes__in=acts).values_list("act", "undoes"))
    again = set(Change.objects.filter(undoes__in={act for act, _ in pairs}).values_list("undoes", flat=True))
    return {of for act, of in pairs if act not in again}


def last_act(*, actor, dossier):
    """Return the uuid of this person's last deed in a dossier that stands, or None; costs one query.

    What is said about a reading, such as a sign-off, is taken back where it was said.
    """
    changes = Change.objects.filter(dossier=dossier, actor=actor).exclude(kind__in=SAID_ABOUT)
    standing = changes.filter(undoes=None).exclude(act__in=undone_in(dossier))
    return standing.order_by("-pk").values_list("act", flat=True).first()


def undo(act_id, *, actor, dossier, whose=None):
    """Take one deed of ``actor``, or of ``whose``, back as a new deed; returns what it undid in words.

    Taking back an undoing does the deed again. Raises StaleWrite when a row was changed since, and NothingToUndo when
    something else leans on it, so that nobody's later work is lost.
    """
    changes = list(
        Change.objects.filter(act=act_id, dossier=dossier, actor=whose or actor).select_related("layer").order_by("-pk")
    )
    if not changes or undone_of([act_id]):
        raise NothingToUndo("There is nothing to undo in this dossier.")
    verb, undoes = changes[0].verb, act_id
    if changes[0].undoes is not None:
        # What does a deed again is taken back as that deed was, so that one never has to follow longer chains.
        undoes = Change.objects.filter(act=changes[0].undoes).values_list("undoes", flat=True).first() or act_id
    with Act(
        actor=actor,
        project=dossier.project,
        layer=changes[0].layer,
        dossier=dossier,
        verb=f"do again: {verb.removeprefix('undo: ')}" if verb.startswith("undo: ") else f"undo: {verb}",
        undoes=undoes,
    ) as back:
        for change in changes:
            row = apps.get_model("claims", change.kind)._base_manager.get(pk=change.object_id)
            if change.kind == "actor" and change.action == Change.Action.CREATED and row.is_named():
                # Others have named them since.
                continue
            take_back(back, row, change)
        for kind, pk in dict.fromkeys((change.kind, change.object_id) for change in back.changes):
            refuse_loose_ends(kind, pk)
    return verb


# What stands on a row of one kind, and would be left hanging if that row went alone.
LEANING = {
    "claim": ("links", "responses", "continuations", "no_responses", "comparisons", "assessments", "restated_by"),
    "link": ("comparisons",),
}


# What a row of any kind may stand on.
ENDS = ("response", "target_claim", "target_response", "assertion", "claim", "link", "comparison", "assessment", "no_response", "restates")  # fmt: skip


def refuse_loose_ends(kind, pk):
    """Raise NothingToUndo where a row that is gone has something standing on it, or one that stands has lost its end."""
    row = apps.get_model("claims", kind)._base_manager.get(pk=pk)
    if row.deleted_at is not None:
        for name in LEANING.get(kind, ()):
            other = getattr(row, name).filter(deleted_at=None).first()
            if other is not None:
                raise NothingToUndo(f"“{other}” was made on it since; take that back first.")
        return
    for name in ENDS:
        end = getattr(row, name, None)
        if isinstance(end, models.Model) and end.deleted_at is not None:
            raise NothingToUndo(f"“{end}” was deleted since; restore that first.")


def take_back(act, row, change):
    """Undo one change of one row within ``act``."""
    if change.action == Change.Action.CREATED:
        act.delete(row, seen=row.version)
    elif change.action == Change.Action.DELETED:
        act.restore(row, seen=row.version)
    elif change.action == Change.Action.RESTORED:
        act.delete(row, seen=row.version)
    else:
        now = snapshot(row)
        # The parts of a claim are rows of their own; its history carries them as [[start, end], …].
        parts = change.before.get("stretches")
        before = {name: value for name, value in change.before.items() if name != "stretches"}
        if any(now[name] != value for name, value in change.after.items() if name != "stretches"):
            raise StaleWrite(row=row, attempted=before)
        set_values(act, row, before, parts)


def set_values(act, row, state, parts=None, *, seen=None):
    """Set columns to plain values of the history within ``act``, and a claim's ``parts`` where they are given."""
    fields = {field.attname: field for field in row._meta.concrete_fields}
    values = {name: fields[name].to_python(value) for name, value in state.items()}
    if {"start", "end"} & state.keys():
        span = (values.get("start", row.start), values.get("end", row.end))
        values |= dict(zip(("prefix", "suffix"), context(row.document.text, *span), strict=True))
    seen = row.version if seen is None else seen
    if parts is None:
        act.change(row, seen=seen, **values)
        return
    now = [[part.start, part.end] for part in row.stretches.all()]
    row.stretches.all().delete()
    act.change(row, seen=seen, parts=(now, parts), **values)
    restore_parts(row, parts)


def restore_parts(claim, parts):
    """Give a claim its stretches back, [[start, end], …] in order."""
    text = claim.document.text
    claim.stretches.model.objects.bulk_create(
        claim.stretches.model(claim=claim, position=position, start=start, end=end, quote=text[start:end])
        for position, (start, end) in enumerate(parts)
    )
