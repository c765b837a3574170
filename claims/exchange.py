"""Records <-> rows: the one place where formats meet the ORM.

Going out, a project is read in one moment's view, row by row, into the format's stream. Coming in, records are checked
and stored in short transactions, in a project that nobody sees until the last of them is there; a fault removes it
again, an interruption leaves it to be gone on with by the same import. docs/exchange.md says it for people.
"""

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from uuid import UUID, uuid4, uuid5

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, connection, connections, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from claims.errors import FormatError, ImportRefused, LostLease, OffsetError
from claims.formats import FORMATS, records
from claims.formats.jsonl import Refused, build
from claims.models import (
    Actor,
    Assessment,
    Assignment,
    Change,
    Citation,
    Claim,
    Comment,
    Decision,
    Document,
    Dossier,
    DossierActor,
    DossierDocument,
    Exclusion,
    FigureComparison,
    FigureReading,
    Guideline,
    Label,
    Layer,
    Link,
    Membership,
    Mention,
    NoResponse,
    Postponement,
    Project,
    Quantity,
    Redaction,
    Role,
    Run,
    Settlement,
    SignOff,
    Stretch,
    Suggestion,
    User,
    Visit,
    Vocabulary,
)
from claims.models.changes import explain
from claims.models.fields import ExactDecimalField
from claims.models.runs import LEASE
from claims.models.search import SEARCHED, SearchEntry, WordsField, entries_of
from claims.offsets import CONTEXT_WIDTH, normalise_line_ends
from claims.projects import default_vocabulary
from claims.signing import changes_since

MODELS = {
    records.Guideline: Guideline,
    records.Actor: Actor,
    records.Layer: Layer,
    records.Document: Document,
    records.Exclusion: Exclusion,
    records.Redaction: Redaction,
    records.Dossier: Dossier,
    records.Assignment: Assignment,
    records.Mention: Mention,
    records.Suggestion: Suggestion,
    records.Decision: Decision,
    records.Claim: Claim,
    records.Link: Link,
    records.NoResponse: NoResponse,
    records.Comparison: FigureComparison,
    records.Assessment: Assessment,
    records.Citation: Citation,
    records.Comment: Comment,
    records.Settlement: Settlement,
    records.SignOff: SignOff,
    records.Postponement: Postponement,
    records.Visit: Visit,
    records.Change: Change,
}
# Rows of these belong to a layer, and so do their versions in the history.
OWNED = (
    *(Decision, Claim, Link, NoResponse, FigureComparison, Assessment),
    *(Citation, Comment, Settlement, SignOff, Postponement),
)
# How a row of each type knows its project.
PROJECT_OF = {
    "actor": "project",
    "layer": "project",
    "document": "project",
    "dossier": "project",
    "mention": "document__project",
    "suggestion": "document__project",
    "claim": "layer__project",
    "link": "layer__project",
    "no_response": "layer__project",
    "comparison": "layer__project",
    "assessment": "layer__project",
    "comment": "layer__project",
}
# Where a record calls a column otherwise than the model does.
COLUMN_OF = {(records.Visit, "person"): "user", (records.Change, "object"): "object_id"}
# Rows of a table of their own.
OTHER_TABLES = {(records.Settlement, "compared")}
LABEL_FIELDS = tuple(field.name for field in records.columns(records.Label))
RELATIONS = ("part_of", "sums_to", "converts", "change_from")


def column_of(record_type, name):
    """Return the name of the model's field that holds a record's field."""
    return COLUMN_OF.get((record_type, name), name)


@cache
def flat_columns(record_type):
    """Return [(name, name of the column as values_list takes it, kind)] of what stands in the row's own table."""
    found = []
    for column in records.columns(record_type):
        kind = column.metadata["kind"]
        if kind in ("record", "records") or (record_type, column.name) in OTHER_TABLES:
            continue
        if not records.is_written(column):
            continue
        name = column_of(record_type, column.name)
        is_key = kind == "person" or "to" in column.metadata and kind == "uuid"
        found.append((column.name, f"{name}_id" if is_key else name, kind))
    return found


# Out


def export_project(
    project, *, format, path=None, stream=None, layers=None, history=False, progress=None, left_out=None, **options
):  # fmt: skip
    """Write ``project`` in a format to ``path``, atomically, or to a binary ``stream``; return {type: how many}.

    ``layers`` is the QuerySet of layers that the caller may see; without it every layer goes along. ``history`` adds
    every version of every row. ``progress(done, total)`` counts records and is called outside of what is being read,
    so that it may write. ``left_out`` is a Counter that takes what the format had to leave out, where it counts that,
    {words: how many}. ``options`` are the format's own. What is written is the state of one moment, whatever is
    saved meanwhile.
    """
    module = FORMATS[format]
    counts = Counter()
    with steady_view() as using:
        scope = Scope(project, layers=layers, history=history, using=using)
        found = counted(scope.records(), counts, progress, scope.count() if progress else 0)
        if path is None:
            told = module.write(found, stream, **options)
        else:
            with written_at_once(Path(path)) as file:
                told = module.write(found, file, **options)
    if left_out is not None and told:
        left_out.update(told)
    return dict(counts)


def counted(found, counts, progress, total, *, every=1000):
    done = 0
    for record in found:
        counts[record.TYPE] += 1
        done += 1
        if progress is not None and done % every == 0:
            progress(done, max(total, done))
        yield record
    if progress is not None:
        progress(done, done)


@contextmanager
def written_at_once(path):
    """Open a file beside ``path`` that takes its place when all is written and stored, and is gone otherwise."""
    beside = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def steady_view():
    """Yield the alias of a connection that sees the database as it is at this moment, and takes no lock.

    A connection of its own, so that the caller's may write meanwhile. Within a transaction the caller's connection is
    used, which alone sees what the transaction has written.
    """
    if connection.in_atomic_block:
        yield connection.alias
        return
    alias = f"view-{uuid4().hex}"
    connections[alias] = view = connection.copy(alias)
    try:
        if view.vendor == "sqlite":
            # Django would begin it IMMEDIATE, which keeps every writer waiting until the export ends.
            with view.cursor() as cursor:
                cursor.execute("BEGIN DEFERRED")
            yield alias
        else:
            with transaction.atomic(using=alias):
                with view.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                yield alias
    finally:
        view.close()
        del connections[alias]


class Scope:
    """What of a project goes out, as records in the order of types and then of uuids."""

    def __init__(self, project, *, layers=None, history=False, using):
        self.project = Project._base_manager.using(using).select_related("vocabulary").get(pk=project.pk)
        self.history, self.using = history, using
        if layers is None:
            self.layers = list(self.rows_of(Layer).filter(project=project).values_list("pk", flat=True))
        else:
            self.layers = list(layers.values_list("pk", flat=True))
        self.is_whole = layers is None
        self.querysets = self.all_querysets()
        self.vocabularies = line_of(self.project.vocabulary)
        self.names = self.names_of_people()

    def rows_of(self, model):
        return model._base_manager.using(self.using)

    def all_querysets(self):
        """Return {record type: QuerySet of its rows, in order}."""
        ours, unowned = Q(layer__in=self.layers), Q(layer=None)
        conditions = {
            records.Layer: Q(pk__in=self.layers),
            records.Actor: self.visible_actors(),
            records.Document: Q(project=self.project),
            records.Exclusion: Q(document__project=self.project),
            records.Redaction: Q(document__project=self.project),
            records.Guideline: Q(project=self.project),
            records.Dossier: Q(project=self.project),
            records.Assignment: self.visible_assignments(),
            records.Settlement: self.visible_settlements(),
            records.Mention: Q(document__project=self.project) & (ours | unowned),
            records.Suggestion: Q(document__project=self.project) & (ours | unowned),
            records.Change: Q(project=self.project) & self.visible_changes(),
        }
        found = {}
        for record_type, model in MODELS.items():
            rows = self.rows_of(model).filter(conditions.get(record_type, ours))
            if record_type is records.Change:
                found[record_type] = rows.order_by("pk") if self.history else rows.none()
            elif record_type is records.Guideline:
                found[record_type] = rows.order_by("number")
            elif record_type is records.Visit:
                found[record_type] = rows.order_by("layer_id", "dossier_id", "document_id")
            else:
                found[record_type] = rows.order_by("pk")
        return found

    def visible_actors(self):
        """Whom only the layers that stay in named stays in with them."""
        ours = Q(project=self.project)
        if self.is_whole:
            return ours
        return ours & Q(pk__in=Actor.objects.using(self.using).filter(ours).known_in(self.layers).values("pk"))

    def visible_changes(self):
        """Versions of what goes out; a version that lost its layer shows nothing of the layers that stay in."""
        owned = [model._meta.model_name for model in OWNED]
        ours = Q(layer__in=self.layers) | Q(layer=None) & (
            Q(kind="layer", object_id__in=self.layers) | ~Q(kind__in=[*owned, "layer"])
        )
        if self.is_whole:
            return ours
        # These tell of the work in other layers than the one they were written in.
        for model, shown in ((Assignment, self.visible_assignments()), (Settlement, self.visible_settlements())):
            rows = self.rows_of(model).filter(shown)
            ours &= ~Q(kind=model._meta.model_name) | Q(object_id__in=rows.values("pk"))
        return ours

    def visible_assignments(self):
        """Who has which dossier tells of that person's layer, or of the team's where all work in that."""
        ours = Q(dossier__project=self.project)
        if self.is_whole:
            return ours
        layers = self.rows_of(Layer).filter(pk__in=self.layers)
        if self.project.kind == Project.Kind.SHARED and layers.filter(kind=Layer.Kind.TEAM).exists():
            return ours
        return ours & Q(annotator__in=layers.filter(annotator__isnull=False).values("annotator"))

    def visible_settlements(self):
        """A settlement holds what each compared layer said."""
        ours = Q(layer__in=self.layers)
        if self.is_whole:
            return ours
        compared = self.rows_of(Settlement.compared.through).exclude(layer__in=self.layers)
        return ours & (Q(taken_from=None) | Q(taken_from__in=self.layers)) & ~Q(pk__in=compared.values("settlement"))

    def count(self):
        return sum(rows.count() for rows in self.querysets.values()) + len(self.names) + len(self.vocabularies) + 2

    def records(self):
        yield records.Header(version=1, history=self.history)
        yield from self.vocabulary_records()
        yield self.project_record()
        yield from self.people()
        for record_type in MODELS:
            yield from getattr(self, f"{record_type.TYPE}_records", self.plain_records)(record_type)

    # People

    def names_of_people(self):
        """Return {user's id: the username they go by in this export} of members and of whoever is named in a row."""
        found = set(self.rows_of(Membership).filter(project=self.project).values_list("user", flat=True))
        # Whoever brought a corpus in owns it here; that alone does not make them one of its people.
        imports = self.rows_of(Run).filter(project=self.project, parameters__corpus__has_key="enrolled")
        found -= set(map(UUID, imports.values_list("parameters__corpus__enrolled", flat=True)))
        found |= {self.project.created_by_id, *(one.created_by_id for one, _ in made_here(self.vocabularies))}
        for record_type, rows in self.querysets.items():
            for _, column, kind in flat_columns(record_type):
                if kind == "person":
                    found.update(rows.order_by().values_list(column, flat=True).distinct())
        found |= self.people_in_history()
        users = self.rows_of(User).filter(pk__in=found).order_by("username")
        return names_for(users.values_list("pk", "username", "imported_as"))

    def people_in_history(self):
        """Return the ids of people whom an old version of a row names."""
        found = set()
        if self.history:
            columns = {kind: names for kind, names in columns_that_name(User).items() if names}
            rows = self.querysets[records.Change].filter(kind__in=columns)
            for kind, before, after in rows.values_list("kind", "before", "after").iterator():
                for values in (before, after):
                    found |= {uuid_or_none(values.get(name)) for name in columns[kind]}
        return found

    def people(self):
        memberships = self.rows_of(Membership).filter(project=self.project)
        members = {user: said for user, *said in memberships.values_list("user", "role", "guidelines_read")}
        full = dict(self.rows_of(User).filter(pk__in=self.names).values_list("pk", "name"))
        for user, username in sorted(self.names.items(), key=lambda item: item[1]):
            role, read = members.get(user, (None, 0))
            yield records.Person(username=username, name=full[user], role=role, guidelines_read=read)

    # What is not simply a row

    def vocabulary_records(self):
        names = names_of_vocabularies(self.vocabularies)
        for vocabulary in self.vocabularies:
            yield vocabulary_record(
                vocabulary,
                name=names[vocabulary.pk],
                based_on=names.get(vocabulary.based_on_id),
                created_by=self.names.get(vocabulary.created_by_id),
            )

    def project_record(self):
        project = self.project
        names = [column.name for column in records.columns(records.Project)]
        values = {name: getattr(project, name) for name in names}
        values["created_by"] = self.names.get(project.created_by_id)
        values["vocabulary"] = names_of_vocabularies(self.vocabularies)[project.vocabulary_id]
        return records.Project(**values)

    def plain_records(self, record_type):
        for values in self.values(record_type):
            yield record_type(**values)

    def values(self, record_type):
        """Yield {field: value} of each row; costs one query, and holds a few rows at a time."""
        columns = flat_columns(record_type)
        names = [name for name, _, _ in columns]
        people = [name for name, _, kind in columns if kind == "person"]
        lists = [name for name, _, kind in columns if kind in ("texts", "counts", "list")]
        uuids = [name for name, _, kind in columns if kind == "uuids"]
        rows = self.querysets[record_type].values_list(*(column for _, column, _ in columns))
        for row in rows.iterator(chunk_size=500):
            values = dict(zip(names, row, strict=True))
            for name in people:
                values[name] = self.names.get(values[name])
            for name in lists:
                values[name] = tuple(values[name])
            for name in uuids:
                values[name] = tuple(map(UUID, values[name]))
            yield values

    def dossier_records(self, record_type):
        inside = {"dossier__in": self.querysets[records.Dossier]}
        places = self.children(DossierDocument, inside, "dossier_id", ("document_id", "side", "position"))
        parties = self.children(DossierActor, inside, "dossier_id", ("actor_id", "side"))
        for values in self.values(record_type):
            placed = sorted(places(values["uuid"]), key=lambda place: (place[2], place[0]))
            values["documents"] = tuple(
                records.Place(document=document, side=side, position=position) for document, side, position in placed
            )
            values["parties"] = tuple(
                records.Party(actor=actor, side=side) for actor, side in sorted(parties(values["uuid"]))
            )
            yield record_type(**values)

    def mention_records(self, record_type):
        names = [name for name, _, _ in flat_columns(records.Quantity)]
        columns = [column for _, column, _ in flat_columns(records.Quantity)]
        inside = {"mention__in": self.querysets[records.Mention]}
        quantities = self.children(Quantity, inside, "mention_id", columns)
        for values in self.values(record_type):
            for row in quantities(values["uuid"]):
                values["quantity"] = records.Quantity(**dict(zip(names, row, strict=True)))
            yield record_type(**values)

    def claim_records(self, record_type):
        inside = {"claim__in": self.querysets[records.Claim]}
        stretches = self.children(Stretch, inside, "claim_id", ("position", "start", "end", "quote"))
        for values in self.values(record_type):
            values["stretches"] = tuple(
                records.Stretch(start=start, end=end, quote=quote)
                for _, start, end, quote in sorted(stretches(values["uuid"]))
            )
            yield record_type(**values)

    def settlement_records(self, record_type):
        inside = {"settlement__in": self.querysets[records.Settlement]}
        compared = self.children(Settlement.compared.through, inside, "settlement_id", ("layer_id",))
        for values in self.values(record_type):
            values["compared"] = tuple(sorted(layer for (layer,) in compared(values["uuid"])))
            yield record_type(**values)

    def sign_off_records(self, record_type):
        given_on = {row.pk: row.change_id for row in self.querysets[records.SignOff]}
        # Without its history, a file can still say that something was changed.
        later = {} if self.history else changes_since(self.querysets[records.SignOff], rows=self.rows_of(Change))
        for values in self.values(record_type):
            change = given_on[values["uuid"]]
            if later.get(values["uuid"]):
                values["is_outdated"] = True
            if self.history and change is not None:
                version = self.rows_of(Change).values_list("act", "object_id", "object_version").get(pk=change)
                values["change"] = records.Version(**dict(zip(VERSION_FIELDS, version, strict=True)))
            yield record_type(**values)

    def visit_records(self, record_type):
        # In the order of usernames as they go out, which the database does not know.
        def place(values):
            return values["layer"], values["dossier"], values["document"]

        for _, group in groupby(self.values(record_type), key=place):
            for values in sorted(group, key=lambda values: values["person"]):
                yield record_type(**values)

    def change_records(self, record_type):
        known = self.rows_of(Vocabulary).values_list("pk", "key", "number")
        vocabularies = {str(pk): f"{plain_key(key)}/{number}" for pk, key, number in known}
        vocabularies |= {str(pk): name for pk, name in names_of_vocabularies(self.vocabularies).items()}
        names = {str(pk): name for pk, name in self.names.items()}
        for values in self.values(record_type):
            for side in ("before", "after"):
                values[side] = named(values[side], values["kind"], names, vocabularies)
            yield record_type(**values)

    def children(self, model, inside, parent, columns):
        """Return a function from a parent's uuid to the rows that hang on it, for parents asked for in uuid order.

        Costs one query for all: children are read in step with their parents.
        """
        rows = self.rows_of(model).filter(**inside).order_by(parent).values_list(parent, *columns)
        groups = groupby(rows.iterator(chunk_size=500), key=lambda row: row[0])
        waiting = next(groups, None)

        def of(uuid):
            nonlocal waiting
            if waiting is None or waiting[0] != uuid:
                return []
            found = [row[1:] for row in waiting[1]]
            waiting = next(groups, None)
            return found

        return of


def names_for(users):
    """Return {id: username in files} of (id, username, imported_as); two people never share one.

    Whoever was imported keeps the name they had, unless somebody of the project has that name here.
    """
    users = list(users)
    names = {pk: username for pk, username, imported_as in users if not imported_as}
    taken = set(names.values())
    for pk, username, imported_as in users:
        if imported_as:
            free = (name for name in (imported_as, username, f"{username}~{pk}") if name not in taken)
            names[pk] = next(free)
            taken.add(names[pk])
    return names


def in_order(labels):
    """Return labels by facet and place."""
    return tuple(sorted(labels, key=lambda label: (records.FACETS.index(label.facet), label.position or 0, label.key)))


def plain_key(key):
    """Return a vocabulary's key as files have it; what follows ``@`` tells a project's own variant from ours."""
    return key.partition("@")[0]


def line_of(vocabulary):
    """Return a vocabulary and those it was made from, the oldest first; costs a query each."""
    found = []
    while vocabulary is not None and vocabulary not in found:
        found.insert(0, vocabulary)
        vocabulary = vocabulary.based_on
    return found


def made_here(vocabularies):
    """Yield (vocabulary, what it was made from) of those that were made from another, and have a maker and a time."""
    return ((one, one.based_on_id) for one in vocabularies if one.based_on_id is not None)


def names_of_vocabularies(vocabularies):
    """Return {id: key and number as files have them}; two of one line never share a name."""
    names = {}
    for vocabulary in vocabularies:
        key = plain_key(vocabulary.key)
        tries = (key, *(f"{key}-{count}" for count in range(2, len(vocabularies) + 1)))
        free = (f"{one}/{vocabulary.number}" for one in tries)
        names[vocabulary.pk] = next(name for name in free if name not in names.values())
    return names


def vocabulary_record(vocabulary, *, name, based_on, created_by):
    """Return the record of a vocabulary; one that was not made from another says nothing of when and by whom.

    It came with the product or from a file, at a time of its own wherever it is stored.
    """
    labels = vocabulary.labels.values_list(*LABEL_FIELDS)
    made = {}
    if vocabulary.based_on_id is not None:
        made = {"uuid": vocabulary.pk, "version": vocabulary.version, "created_at": vocabulary.created_at}
        made |= {"based_on": based_on, "created_by": created_by}
    return records.Vocabulary(
        key=name.rpartition("/")[0],
        number=vocabulary.number,
        title=vocabulary.title,
        about=vocabulary.about,
        summary=vocabulary.summary,
        labels=in_order(records.Label(**dict(zip(LABEL_FIELDS, label, strict=True))) for label in labels),
        **made,
    )


def uuid_or_none(value):
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


@cache
def columns_that_name(target):
    """Return {model name: the columns that hold the id of a ``target``}."""
    return {
        model._meta.model_name: [
            column.attname for column in model._meta.concrete_fields if getattr(column, "related_model", None) is target
        ]
        for model in apps.get_app_config("claims").get_models()
    }


def named(values, kind, people, vocabularies):
    """Return a version's columns with ids of people and vocabularies, which differ from place to place, replaced."""
    found = dict(values)
    for target, names in ((User, people), (Vocabulary, vocabularies)):
        for name in columns_that_name(target).get(kind, ()):
            if found.get(name) is not None:
                found[name] = names.get(found[name], found[name])
    return found


# In


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What an import came to: the project, {type: how many}, whether it was gone on with, what is worth knowing."""

    project: Project
    counts: dict
    is_resumed: bool = False
    notes: tuple = ()


def is_corpus(path):
    """Return the name of the format when ``path`` is a file that holds a whole corpus, else None."""
    path = Path(path)
    if not path.is_file():
        return None
    with path.open("rb") as file:
        head = file.read(65536)
    readable = (module for module in FORMATS.values() if module.READABLE)
    return next((module.NAME for module in readable if module.sniff(head)), None)


def import_project(
    source, *, format="jsonl", project=None, actor=None, same_people=False, progress=None, batch=500
):  # fmt: skip
    """Store the corpus that ``source``, a path or a binary stream, holds as a new project; return a Summary.

    ``project`` is the new project's slug; without it the corpus says. ``actor`` becomes an owner of it. People whose
    usernames are known here are only taken for the same people when ``same_people`` says so. ``progress(done, total)``
    counts bytes, and is called between transactions; what it raises stops the import, which the same call goes on
    with. ``batch`` is how many records are stored in one transaction.

    Raises FormatError, after which nothing of the corpus is left; ImportRefused, when it cannot be stored here under
    that name; LostLease, when another process went on with it.
    """
    module = FORMATS[format]
    if not module.READABLE:
        raise FormatError(f"{module.LABEL} can be written, and not read.")
    if not hasattr(module, "read"):
        raise FormatError(f"{module.LABEL} is no lossless form; claims.corpora or claims.reviewing brings it in.")
    sweep()
    with rewindable(source) as stream:
        importer = Importer(
            module, stream, slug=project, actor=actor, same_people=same_people, progress=progress, batch=batch
        )
        return importer.run()


@contextmanager
def rewindable(source):
    """Yield a binary stream that can be read again from its beginning; one that cannot is copied to a file."""
    if isinstance(source, str | os.PathLike):
        with open(source, "rb") as stream:
            yield stream
    elif source.seekable():
        yield source
    else:
        with tempfile.TemporaryFile() as stream:
            shutil.copyfileobj(source, stream)
            stream.seek(0)
            yield stream


SLUG = re.compile(r"[-a-zA-Z0-9_]{1,80}")
PHASES = ("rows", "ties", "history")
VERSION_FIELDS = ("act", "object", "object_version")
TEXT_BUDGET = 8_000_000  # characters of texts kept at hand, and of texts stored in one transaction
KNOWN_LIMIT = 50_000  # rows of one type that are remembered; others are looked up
NAMESPACE = UUID("8f0c2c2e-7b53-4d0c-9f6e-3a1f2b7d5c10")  # ours, for uuids made from a file's content
# Of a project, what an import decides itself.
GIVEN_OTHERWISE = {"uuid", "version", "created_at", "created_by", "slug", "vocabulary"}
# What is remembered of a row that others name.
FACTS_OF = {
    "actor": ("uuid",),
    "layer": ("uuid",),
    "document": ("length",),
    "dossier": ("uuid",),
    "mention": ("kind", "layer_id"),
    "suggestion": ("layer_id",),
    "claim": ("layer_id", "dossier_id", "role", "number"),
    "link": ("layer_id",),
    "no_response": ("layer_id",),
    "comparison": ("layer_id",),
    "assessment": ("layer_id",),
    "comment": ("layer_id", "dossier_id"),
}
MODEL_OF = {record_type.TYPE: model for record_type, model in MODELS.items()}
# Fields that name a row of the same type are filled in when all rows are there.
TIES = {"restates", "edition_of", "parent", *RELATIONS}


class Importer:
    """One import: checks and stores a corpus in three passes over its file.

    The first stores every row; the second ties rows to others of their own type, which may stand anywhere in the file;
    the third writes the history, which cannot be taken back and so comes when nothing can fail any more. Each
    transaction stores with its rows how far it came.
    """

    def __init__(self, module, stream, *, slug, actor, same_people, progress, batch):
        self.module, self.stream = module, stream
        self.slug, self.actor, self.same_people = slug, actor, same_people
        self.progress, self.batch = progress, batch
        # Fewer records a transaction while others write as well.
        self.size_now = batch
        self.now = timezone.now()
        self.size, self.digest = self.measure()
        self.project = self.run_row = self.vocabulary = self.uuid = None
        self.state = {}
        self.is_resumed = self.is_lost = False

    def measure(self):
        """Return the stream's length in bytes and its SHA-256."""
        start, digest, size = self.stream.tell(), hashlib.sha256(), 0
        while block := self.stream.read(2**20):
            digest.update(block)
            size += len(block)
        self.start = start
        return size, digest.hexdigest()

    def run(self):
        try:
            for phase, work in ((0, self.store_rows), (1, self.store_ties), (2, self.store_history)):
                if PHASES.index(self.state.get("phase", "rows")) <= phase:
                    work()
            return self.reveal()
        except FormatError:
            self.discard()
            raise
        except BaseException:
            # Stopped or broken from outside: the same import may go on at once, unless it does already.
            if not self.is_lost:
                self.let_go()
            raise

    # Reading

    def records(self):
        """Yield (position from 1, record) from the beginning, with what the file leaves out filled in."""
        self.stream.seek(self.start)
        filler = Filler(self)
        for position, record in enumerate(self.module.read(self.stream), 1):
            yield position, filler.fill(record)
        self.facts = filler.facts()

    def tell(self):
        if self.progress is not None:
            self.progress(min(self.stream.tell() - self.start, self.size), self.size)

    # The first pass: rows

    def store_rows(self):
        vocabularies = {}
        pending, weight = [], 0
        position = 0
        for position, record in self.records():
            if isinstance(record, records.Vocabulary):
                self.take_vocabulary(record, vocabularies)
            elif isinstance(record, records.Project):
                if self.project is not None:
                    raise fault(record, "is a second project; one file holds one.")
                self.open(record, vocabularies)
                if self.state["phase"] != "rows":
                    return
            elif isinstance(record, records.Header):
                continue
            elif self.project is None:
                raise fault(record, "comes before the project; write the line of type project first.")
            elif position > self.state["done"]:
                pending.append(record)
                weight += len(record.text or "") if isinstance(record, records.Document) else 0
                if len(pending) >= self.size_now or weight > TEXT_BUDGET:
                    self.store(pending, position)
                    pending, weight = [], 0
        if self.project is None:
            raise FormatError("The file holds no project; write a line of type project.")
        self.store(pending, position)
        with self.short_transaction():
            self.checkpoint(phase="ties", done=0, facts=self.facts)

    def take_vocabulary(self, record, vocabularies):
        if self.project is not None:
            raise fault(record, "comes after the project, which names it; write it before.")
        if (record.key, record.number) in vocabularies:
            raise fault(record, "is there twice.")
        vocabularies[record.key, record.number] = record

    def store(self, batch, position):
        """Check a batch of records and store it in one transaction, with the position that the import has come to."""
        checked = self.checker.check(batch)
        with self.short_transaction(checked):
            self.users.store()
            for model, rows in by_model(checked):
                insert(model, rows)
                if (kind := model._meta.model_name) in SEARCHED:
                    insert(SearchEntry, entries_of(kind, rows, project=self.project.pk))
            self.checkpoint(done=position)
        self.tell()

    @contextmanager
    def short_transaction(self, checked=()):
        """A transaction that lets other writers in afterwards, and says which record the database refused."""
        asked = time.monotonic()
        try:
            with transaction.atomic():
                began = time.monotonic()
                yield
        except IntegrityError as error:
            raise self.blame(checked, error) from error
        held = time.monotonic() - began
        # SQLite has one writer at a time, and those that wait look again every few milliseconds up to a tenth of a
        # second: whoever comes back at once starves them. Having had to wait shows that others write too.
        if connection.vendor == "sqlite" and began - asked > 0.002:
            self.size_now = max(min(150, self.batch), self.size_now // 2)
            time.sleep(min(2 * held, 0.25))
        else:
            self.size_now = min(self.batch, self.size_now * 2)

    def blame(self, checked, error):
        """Return the FormatError for the first record that the database refuses by itself."""
        try:
            with transaction.atomic():
                for record, rows in sorted(checked, key=lambda item: rank(item[0])):
                    try:
                        for model, row in rows:
                            insert(model, [row])
                    except IntegrityError as refused:
                        raise Blamed(record, refused) from refused
                raise Blamed(None, error)
        except Blamed as blamed:
            if blamed.record is None:
                return FormatError(f"The database refused a record: {first_line(error)}")
            return fault(blamed.record, words_for(blamed.error, blamed.record))

    def checkpoint(self, **values):
        """Note how far the import has come; raises LostLease when another process has gone on with it."""
        self.state.update(values)
        self.state["alive_until"] = (timezone.now() + LEASE).isoformat()
        held = Run.objects.filter(pk=self.run_row.pk, token=self.run_row.token, state=Run.State.RUNNING)
        if not held.update(parameters={"corpus": self.state}, done=self.state["done"]):
            self.is_lost = True
            raise LostLease(f"Another process went on with the import of {self.project.slug}, or it was cancelled.")

    # The project

    def open(self, record, vocabularies):
        """Begin a new project that nobody sees, or go on with the one that this very import left unfinished."""
        slug = self.slug or record.slug or slugify(record.title)[:80] or "project"
        if not SLUG.fullmatch(slug):
            raise fault(record, f"has the slug {slug!r}; write up to 80 letters, digits, - and _.")
        uuid = record.uuid or uuid5(NAMESPACE, self.digest)
        self.uuid = uuid
        known = Project._base_manager.filter(slug=slug).first()
        if known is not None and not self.go_on(known, uuid):
            known = None
        if known is None:
            self.begin(record, slug, uuid, vocabularies)
        self.labels = labels_of(self.vocabulary)
        self.checker = Checker(self)

    def go_on(self, project, uuid):
        """Whether ``project`` is this import, unfinished, which this process now has; one left by another is removed."""
        run = project.runs.filter(kind=Run.Kind.IMPORT, parameters__has_key="corpus").order_by("created_at").first()
        if project.deleted_at is None or run is None or run.state == Run.State.DONE:
            raise ImportRefused(f"There is a project named {project.slug} here; choose another name for the corpus.")
        state = run.parameters["corpus"]
        alive_until = state.get("alive_until")
        if alive_until and datetime.fromisoformat(alive_until) > timezone.now():
            raise ImportRefused(
                f"{project.slug} is being imported just now; if that was killed, try again in {LEASE.seconds} seconds."
            )
        is_same = project.pk == uuid and state["sha256"] == self.digest and state["same_people"] == self.same_people
        if not is_same and state["phase"] == "history":
            raise ImportRefused(
                f"An import of {project.slug} stopped when all but its history was stored; go on with the same file, "
                "or choose another name."
            )
        token = run.token + 1
        taken = Run.objects.filter(pk=run.pk, token=run.token).update(
            token=token, state=Run.State.RUNNING, lease_until=None
        )
        if not taken:
            raise ImportRefused(f"{project.slug} is being imported just now.")
        run.token = token
        self.project, self.run_row, self.state = project, run, state
        if not is_same:
            self.discard()
            self.project, self.run_row, self.state = None, None, {}
            return False
        self.vocabulary, self.users, self.is_resumed = project.vocabulary, People(slug=project.slug, state=state), True
        with transaction.atomic():
            self.checkpoint()
        return True

    def begin(self, record, slug, uuid, vocabularies):
        if Project._base_manager.filter(pk=uuid).exists():
            raise ImportRefused("This corpus is here already: a project with its uuid exists.")
        self.state = {
            "format": self.module.NAME,
            "sha256": self.digest,
            "same_people": self.same_people,
            "phase": "rows",
            "done": 0,
            "people": {},
            "made_people": [],
            "made_vocabularies": [],
        }
        self.users = People(slug=slug, state=self.state)
        project = Project(
            uuid=uuid,
            version=record.version,
            slug=slug,
            created_at=record.created_at or self.now,
            deleted_at=self.now,
            **{
                column.name: getattr(record, column.name)
                for column in records.columns(records.Project)
                if column.name not in GIVEN_OTHERWISE
            },
        )
        self.users.need(record.created_by)
        with self.short_transaction():
            self.users.store()
            self.vocabulary = self.find_vocabulary(record, slug, vocabularies)
            project.vocabulary = self.vocabulary
            project.created_by_id = self.users.pk(record.created_by)
            project.save(force_insert=True)
            # Held by this process; without a lease no worker takes it for an abandoned run of its own.
            self.run_row = Run.objects.create(
                project=project,
                kind=Run.Kind.IMPORT,
                state=Run.State.RUNNING,
                created_by=self.actor,
                total=self.size,
                parameters={"corpus": self.state},
            )
            self.project = project
            self.checkpoint()

    def find_vocabulary(self, record, slug, vocabularies):
        """Return the vocabulary that the project names: from the file, unless ours is the same, or ours."""
        key, _, number = record.vocabulary.partition("/")
        if number and not number.isdecimal():
            raise fault(
                record, f"names the vocabulary {record.vocabulary!r}; write a key and a number, as in default/1."
            )
        given = [one for (name, _), one in vocabularies.items() if name == key and number in ("", str(one.number))]
        if not given and vocabularies:
            other = next(iter(vocabularies.values()))
            raise fault(other, f"is not the vocabulary that the project names, which is {record.vocabulary}.")
        if given:
            line = line_to(max(given, key=lambda one: one.number), vocabularies)
            others = [one for one in vocabularies.values() if one not in line]
            if others:
                raise fault(
                    others[0], f"is not the vocabulary that the project names, which is {record.vocabulary}, "
                    "and not one that it was made from."
                )  # fmt: skip
            ours = None
            for one in line:
                ours = self.store_vocabulary(one, slug, based_on=ours)
            return ours
        ours = (
            Vocabulary.objects.filter(key=key, **({"number": int(number)} if number else {}))
            .order_by("-number")
            .first()
        )
        if ours is None and key == "default" and number in ("", "1"):
            ours = default_vocabulary()
        if ours is None:
            raise fault(
                record, f"names the vocabulary {record.vocabulary!r}, which is neither known here nor in the file."
            )
        return ours

    def store_vocabulary(self, given, slug, *, based_on):
        """Return our vocabulary of that key and number if it says the same; else store the file's as this project's."""
        given = replace(given, title=given.title or given.key, labels=in_order(given.labels))
        self.users.need(given.created_by)
        self.users.store()
        # A version that a project made for itself is nobody else's.
        own = (f"{given.key}@{slug}", *(f"{given.key}@{slug}.{count}" for count in range(2, 1000)))
        keys = (given.key, own[0]) if based_on is None else own
        for key in keys:
            ours = Vocabulary.objects.filter(key=key, number=given.number).first()
            if ours is None:
                break
            if same_vocabulary(ours, given, based_on):
                return ours
        else:
            raise fault(given, "differs from what is stored here under that name.")
        made = {"key": key, "number": given.number, "title": given.title, "about": given.about, "based_on": based_on}
        made["summary"] = given.summary
        if based_on is not None:
            made |= {"version": given.version, "created_at": given.created_at or self.now}
            made["created_by_id"] = self.users.pk(given.created_by)
            if given.uuid is not None and not Vocabulary.objects.filter(pk=given.uuid).exists():
                made["uuid"] = given.uuid
        made = Vocabulary.objects.create(**made)
        labels = [{name: getattr(label, name) for name in LABEL_FIELDS} for label in given.labels]
        insert(Label, [{"vocabulary_id": made.pk, **label} for label in labels])
        self.state["made_vocabularies"].append(str(made.pk))
        return made

    # The second pass: ties between rows of one type

    def store_ties(self):
        self.check_sign_offs()
        if self.state["facts"]["has_ties"]:
            ties = Ties(self)
            position = 0
            for position, record in self.records():
                if position > self.state["done"] and ties.add(record) and ties.is_full:
                    ties.store(position)
            ties.store(position)
        count_turns([UUID(uuid) for uuid in self.state["facts"]["without_turn"]])
        with self.short_transaction():
            self.checkpoint(phase="history", done=0)

    def check_sign_offs(self):
        """What a sign-off was given on is in the file, or the import ends while it can still be taken back."""
        if not (wanted := self.state["facts"].get("signed_on")):
            return
        places, known = {}, set()
        for _, record in self.records():
            if isinstance(record, records.SignOff) and record.change is not None:
                places[str(record.uuid)] = record
            elif isinstance(record, records.Change):
                known.add(version_key(record))
                known &= {*wanted.values()}
        for uuid, key in wanted.items():
            if key not in known:
                raise fault(places[uuid], "was given on a version that no change line holds.")

    # The third pass: history

    def store_history(self):
        if not self.state["facts"]["has_history"]:
            return
        pending = []
        position = 0
        for position, record in self.records():
            if isinstance(record, records.Change) and position > self.state["done"]:
                pending.append(record)
                if len(pending) >= self.size_now:
                    self.store_changes(pending, position)
                    pending = []
        self.store_changes(pending, position)
        self.tie_sign_offs()

    def tie_sign_offs(self):
        """Say of each sign-off on which version it was given, now that the history is there."""
        for uuid, key in self.state["facts"].get("signed_on", {}).items():
            act, row, version = key.split(" ")
            found = Change.objects.filter(project=self.project, act=act, object_id=row, object_version=version)
            SignOff._base_manager.filter(pk=uuid, change=None).update(change=found.order_by("pk").first())

    def store_changes(self, changes, position):
        people = {name: str(pk) for name, pk in self.users.known.items()}
        vocabularies = {name: str(pk) for pk, name in names_of_vocabularies(line_of(self.vocabulary)).items()}
        rows = []
        for record in changes:
            row = plain_row(record, self)
            row["project_id"] = self.project.pk
            for side in ("before", "after"):
                row[side] = named(row[side], record.kind, people, vocabularies)
            rows.append(row)
        with self.short_transaction():
            insert(Change, rows)
            self.checkpoint(done=position)
        self.tell()

    # The end

    def reveal(self):
        """Show the project; returns the Summary."""
        facts = self.state["facts"]
        if self.progress is not None:
            self.progress(self.size, self.size)
        with self.short_transaction():
            layers = Layer._base_manager.filter(project=self.project)
            if self.project.kind == Project.Kind.SHARED and not layers.filter(kind=Layer.Kind.TEAM).exists():
                Layer.objects.create(project=self.project, kind=Layer.Kind.TEAM, name="Team", created_at=self.now)
            undeclared = layers.filter(annotator__isnull=False).exclude(
                annotator__in=[self.users.known[name] for name in facts["declared"]]
            )
            for annotator in undeclared.values_list("annotator", flat=True):
                enrol(self.project, annotator, Role.ANNOTATOR)
            kept = {name: self.state[name] for name in ("format", "sha256")}
            if self.actor is not None and enrol(self.project, self.actor.pk, Role.OWNER):
                kept["enrolled"] = str(self.actor.pk)
            self.checkpoint()
            self.project.deleted_at = None
            Project._base_manager.filter(pk=self.project.pk).update(deleted_at=None)
            Run.objects.filter(pk=self.run_row.pk).update(
                state=Run.State.DONE,
                parameters={"corpus": kept},
                done=self.size,
                outcome=facts["counts"],
                finished_at=timezone.now(),
            )
        return Summary(
            project=self.project, counts=facts["counts"], is_resumed=self.is_resumed, notes=self.users.notes()
        )

    def let_go(self):
        """Leave the import as it is for the next process."""
        if self.project is None or connection.needs_rollback:
            return
        self.state["alive_until"] = None
        Run.objects.filter(pk=self.run_row.pk, token=self.run_row.token).update(parameters={"corpus": self.state})

    def discard(self):
        """Remove every trace of the unfinished project, in short transactions."""
        if self.project is not None:
            remove(self.project, self.state)
            self.project = None


class Blamed(Exception):
    """The record that the database refused; unwinds the transaction it was found in."""

    def __init__(self, record, error):
        super().__init__(str(error))
        self.record, self.error = record, error


def fault(record, words):
    """Return the FormatError that says where a record is, what it is, and then ``words``."""
    return FormatError(f"line {record.line}: {records.title(record)} {words}")


def first_line(error):
    return str(error).splitlines()[0]


def words_for(error, record):
    """Return what the database's refusal of one record means."""
    told = str(error)
    table = MODEL_OF[record.TYPE]._meta.db_table if record.TYPE in MODEL_OF else ""
    if f"{table}.uuid" in told or f"{table}_pkey" in told:
        return f"has the uuid {record.uuid}, which is taken; each may stand once in the file, and nowhere else here."
    return f"was refused: {explain(error).messages[0]}"


def rank(record):
    """Where a record of its type is stored within a batch: after all that it may name."""
    return list(records.TYPES).index(record.TYPE), record.line


def by_model(checked):
    """Yield (model, rows) of checked records, [(record, [(model, row), …]), …], so that each row finds what it names."""
    tables = {}
    for _, rows in sorted(checked, key=lambda item: rank(item[0])):
        for model, row in rows:
            tables.setdefault(model, []).append(row)
    return tables.items()


def insert(model, rows):
    """Insert rows, {column: value}, all of one set of columns; columns left out get the model's defaults.

    One prepared statement for all: ``bulk_create`` builds a model and a new statement for every few rows, which took
    three times as long.
    """
    if not rows:
        return
    database = connections[connection.alias]  # looked up once: the proxy costs more than the work on a value
    fields = [column for column in model._meta.concrete_fields if not isinstance(column, models.AutoField)]
    quote = database.ops.quote_name
    columns = []
    for one in fields:
        is_given = one.attname in rows[0]
        values = [row[one.attname] for row in rows] if is_given else [one.get_default()] * len(rows)
        target = one.target_field if one.is_relation else one
        if isinstance(target, models.UUIDField):
            if not database.features.has_native_uuid_field:
                values = [None if value is None else value.hex for value in values]
        elif isinstance(target, NEEDS_ADAPTING):
            values = [None if value is None else target.get_db_prep_save(value, database) for value in values]
        columns.append(values)
    sql = (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(quote(one.column) for one in fields)}) "
        f"VALUES ({', '.join(['%s'] * len(fields))})"
    )
    with database.cursor() as cursor:
        cursor.executemany(sql, list(zip(*columns, strict=True)))


# The others stand in a database as they do in Python.
NEEDS_ADAPTING = (models.DateField, models.JSONField, ExactDecimalField, WordsField)


def plain_row(record, importer):
    """Return {column: value} of what a record says of its own table; ties to rows of its own type are left empty."""
    values = record.__dict__
    copied, lists, others = kinds_of(type(record))
    row = {column: values[name] for name, column in copied}
    for name, column in lists:
        row[column] = [str(item) if isinstance(item, UUID) else item for item in values[name]]
    for name, column, kind in others:
        if kind == "person":
            row[column] = importer.users.pk(values[name])
        elif kind == "tie":
            row[column] = None
        else:
            row[column] = values[name] or importer.now
    return row


@cache
def kinds_of(record_type):
    """Return [(field, column)] of what is stored as it is, the same of lists, and [(field, column, kind)] of the rest."""
    copied, lists, others = [], [], []
    for name, column, kind in flat_columns(record_type):
        if name in TIES:
            others.append((name, column, "tie"))
        elif kind == "person":
            others.append((name, column, kind))
        elif name in ("created_at", "opened_at", "at"):
            others.append((name, column, "moment"))
        elif kind in ("texts", "counts", "list", "uuids"):
            lists.append((name, column))
        else:
            copied.append((name, column))
    return copied, lists, others


def labels_of(vocabulary):
    """Return {facet: keys}; a facet that the vocabulary says nothing of is asked as the default one does."""
    table = {facet: set(labels) for facet, labels in vocabulary.by_facet().items()}
    if not all(table.values()):
        fallback = default_vocabulary().by_facet()
        table = {facet: keys or set(fallback[facet]) for facet, keys in table.items()}
    return table


def line_to(vocabulary, vocabularies):
    """Return a vocabulary of a file and those it was made from, {(key, number): record}, the oldest first."""
    found = [vocabulary]
    while (based_on := found[0].based_on) is not None:
        key, _, number = based_on.rpartition("/")
        older = vocabularies.get((key, int(number))) if number.isdecimal() else None
        if older is None:
            raise fault(found[0], f"was made from the vocabulary {based_on!r}; write that on a line too.")
        if older in found:
            raise fault(found[0], "was made from itself.")
        found.insert(0, older)
    return found


def same_vocabulary(ours, given, based_on):
    labels = in_order(
        records.Label(**dict(zip(LABEL_FIELDS, label, strict=True))) for label in ours.labels.values_list(*LABEL_FIELDS)
    )
    if (ours.title, ours.about, ours.summary, labels) != (given.title, dict(given.about), given.summary, given.labels):
        return False
    if based_on is None or ours.based_on_id is None:
        return based_on is ours.based_on_id is None
    return (ours.based_on_id, ours.pk, ours.version) == (based_on.pk, given.uuid, given.version)


class Filler:
    """Fills in what a file leaves out, alike at each reading, and keeps count of what comes."""

    def __init__(self, importer):
        self.importer = importer
        self.counts = Counter()
        self.numbers = {}
        self.layers = set()
        self.declared = set()
        self.remaps = {}
        self.has_ties = self.has_history = False
        self.without_turn, self.signed_on = [], {}

    def facts(self):
        """Return what the later passes, and another process that goes on, need to know."""
        return {
            "counts": dict(self.counts),
            "declared": sorted(self.declared),
            "has_ties": self.has_ties,
            "has_history": self.has_history,
            "without_turn": self.without_turn,
            "signed_on": self.signed_on,
        }

    def fill(self, record):
        self.counts[record.TYPE] += 1
        if isinstance(record, records.Editable | records.Spotted) and record.uuid is None:
            record = replace(record, uuid=uuid5(self.importer.uuid or NAMESPACE, f"{record.TYPE} {record.line}"))
        if self.remaps and getattr(record, "document", None) in self.remaps:
            record = self.remap(record)
        fill = getattr(self, f"fill_{record.TYPE}", None)
        return record if fill is None else fill(record)

    def fill_vocabulary(self, record):
        positions = Counter()
        labels = []
        for label in record.labels:
            positions[label.facet] += 1
            position = positions[label.facet] if label.position is None else label.position
            labels.append(replace(label, phrase=label.phrase or label.key, position=position))
        return replace(record, labels=tuple(labels))

    def fill_person(self, record):
        self.declared.add(record.username)
        return record

    def fill_layer(self, record):
        if not record.name:
            name = record.annotator or record.kind.capitalize()
            tries = (name, *(f"{name} {number}" for number in range(2, len(self.layers) + 2)))
            record = replace(record, name=next(one for one in tries if one not in self.layers))
        self.layers.add(record.name)
        return record

    def fill_document(self, record):
        self.has_ties |= record.edition_of is not None
        if record.text is None:
            if record.sha256:
                raise fault(record, "has a hash and no text.")
            return record
        if not record.text.strip():
            raise fault(record, "has an empty text; write null for a cited work without one.")
        digests = {sha256_of(record.text)}
        if "\r" in record.text:
            text, remap = normalise_line_ends(record.text)
            try:
                starts = tuple(remap(start) for start in record.page_starts)
            except OffsetError as error:
                raise fault(record, f"has a page outside its text: {error}") from error
            self.remaps[record.uuid] = remap
            record = replace(record, text=text, page_starts=starts)
            digests.add(sha256_of(text))
        if record.sha256 and record.sha256.lower() not in digests:
            raise fault(record, "has another text than its sha256 stands for.")
        digest = sha256_of(record.text) if len(digests) > 1 else digests.pop()
        return record if record.sha256 == digest else replace(record, sha256=digest)

    def remap(self, record):
        """Return a record that marks a text whose line ends became one character, with its offsets moved along."""
        if getattr(record, "start", None) is None or record.end is None:
            return record
        remap = self.remaps[record.document]
        values = self.remapped(record, remap, record)
        for name in ("prefix", "suffix"):
            # Of another width once line ends are one character, so taken from the text.
            values[name] = None
        if getattr(record, "stretches", ()):
            values["stretches"] = tuple(
                replace(part, **self.remapped(part, remap, record)) for part in record.stretches
            )
        return replace(record, **values)

    def remapped(self, part, remap, record):
        try:
            values = {"start": remap(part.start), "end": remap(part.end)}
        except OffsetError as error:
            raise fault(record, f"is marked outside its text: {error}") from error
        if part.quote:
            values["quote"] = normalise_line_ends(part.quote)[0]
        return values

    def fill_mention(self, record):
        quantity = record.quantity
        self.has_ties |= quantity is not None and any(getattr(quantity, name) for name in RELATIONS)
        return record

    def fill_claim(self, record):
        self.has_ties |= record.restates is not None
        key = record.dossier, record.layer, record.role
        if record.number is None:
            record = replace(record, number=self.numbers.get(key, 0) + 1)
        self.numbers[key] = max(self.numbers.get(key, 0), record.number)
        return record

    def fill_link(self, record):
        if record.turn is None and (record.target_claim or record.target_response):
            self.without_turn.append(str(record.uuid))
        return record

    def fill_comment(self, record):
        self.has_ties |= record.parent is not None
        return record

    def fill_sign_off(self, record):
        if record.change is not None:
            self.signed_on[str(record.uuid)] = version_key(record.change)
        return record

    def fill_change(self, record):
        self.has_history = True
        return record


def version_key(version):
    """Return what tells one version of the history from all others, as text."""
    return f"{version.act} {version.object} {version.object_version}"


def sha256_of(text):
    return hashlib.sha256(text.encode()).hexdigest()


class People:
    """Who the people of a file are here: a user of ours, or a placeholder that cannot sign in."""

    def __init__(self, *, slug, state):
        self.slug, self.state = slug, state
        self.known = {name: UUID(pk) for name, pk in state["people"].items()}
        self.new, self.names = {}, {}

    def pk(self, username):
        return None if username is None else self.known[username]

    def need(self, username, *, name=None):
        """Decide who ``username`` is, before the transaction that names them; costs a query for each new one."""
        if username is None:
            return None
        if username not in self.known:
            known = User.objects.filter(username=username).first()
            if known is not None and self.state["same_people"]:
                self.known[username] = known.pk
            else:
                self.known[username] = uuid4()
                self.new[username] = username if known is None and may_be_username(username) else self.free(username)
        if name:
            self.names[username] = name
        return self.known[username]

    def free(self, username):
        """Return a username that nobody has, made from the project's and theirs."""
        stem = re.sub(r"[^\w.@+-]+", "-", f"{self.slug}.{username}")[:140]
        for name in (stem, *(f"{stem}-{number}" for number in range(2, 1000))):
            if name not in self.new.values() and not User.objects.filter(username=name).exists():
                return name
        return f"{stem[:110]}-{uuid4()}"

    def store(self):
        """Store the placeholders decided on since the last time, within the caller's transaction."""
        for username, ours in self.new.items():
            pk = self.known[username]
            User.objects.create(
                pk=pk,
                username=ours,
                name=self.names.pop(username, ""),
                imported_as=username,
                is_active=False,
                password=make_password(None),
            )
            self.state["made_people"].append(str(pk))
        for username, name in self.names.items():
            if str(self.known[username]) in self.state["made_people"]:
                User.objects.filter(pk=self.known[username]).update(name=name)
        self.state["people"] = {name: str(pk) for name, pk in self.known.items()}
        self.new, self.names = {}, {}

    def notes(self):
        """Return what is worth telling about people, in sentences."""
        made = User.objects.filter(pk__in=self.state["made_people"]).order_by("username")
        return tuple(
            f"{user.imported_as} is kept as {user.username}, who cannot sign in."
            if user.username != user.imported_as
            else f"{user.username} was unknown here and cannot sign in."
            for user in made
        )


def may_be_username(name):
    return len(name) <= 150 and re.fullmatch(r"[\w.@+-]+", name) is not None


def enrol(project, user, role):
    """Make somebody a member who is none; returns whether they were none."""
    return Membership.objects.get_or_create(project=project, user_id=user, defaults={"role": role})[1]


SPANNED = (records.Exclusion, records.Redaction, records.Mention, records.Suggestion, records.Claim, records.Citation)
IN_PROJECT = (records.Guideline, records.Actor, records.Layer, records.Document, records.Dossier)


@cache
def references_of(record_type):
    """Return [(field, type it names, whether it names several)] of what must stand on an earlier line."""
    return [
        (column.name, column.metadata["to"], column.metadata["kind"] == "uuids")
        for column in records.columns(record_type)
        if "to" in column.metadata and column.name not in TIES
    ]


@cache
def facets_of(record_type):
    """Return [(field, facet, whether it holds several)] of fields that hold labels."""
    return [
        (column.name, column.metadata["facet"], column.metadata["kind"] == "texts")
        for column in records.columns(record_type)
        if "facet" in column.metadata
    ]


@cache
def people_of(record_type):
    return [name for name, _, kind in flat_columns(record_type) if kind == "person"]


# Keys that the models know beside the vocabulary's.
ALSO_KNOWN = {"claim_kind": set(Claim.Kind.values), "stance_of_citation": set(Citation.Stance.values)}


class Checker:
    """Holds each record against the texts and records it names, and turns it into rows."""

    def __init__(self, importer):
        self.importer, self.project = importer, importer.project
        self.known = {name: {} for name in FACTS_OF}
        self.texts, self.text_weight = {}, 0
        # {kind: uuid} of the layers in which something is settled.
        self.deciding = {}
        self.kinds = {model._meta.model_name for model in apps.get_app_config("claims").get_models()}

    def check(self, batch):
        """Return [(record, [(model, row), …])] of a batch; raises FormatError for the first that is not in order.

        Costs a query for each type that the batch names, and one for the texts it marks.
        """
        named = [list(self.references(record)) for record in batch]
        self.look_up(named)
        anchors = self.anchor(batch)
        checked = []
        for record, references in zip(batch, named, strict=True):
            self.check_references(record, references)
            self.check_labels(record)
            self.check_people(record)
            check = getattr(self, f"check_{record.TYPE}", None)
            if check is not None:
                check(record)
            anchored = anchors.get(record.line)
            if isinstance(anchored, FormatError):
                raise anchored
            checked.append((record, self.rows(record, anchored or {})))
            self.remember(record)
        return checked

    # What a record names

    def look_up(self, named):
        """Find in the database what a batch names, [[(type, uuid), …], …], and is not remembered."""
        for known in self.known.values():
            if len(known) > KNOWN_LIMIT:
                known.clear()
        missing = {}
        for references in named:
            for name, uuid in references:
                if uuid not in self.known[name]:
                    missing.setdefault(name, set()).add(uuid)
        for name, uuids in missing.items():
            uuids = list(uuids)
            for first in range(0, len(uuids), 500):
                self.known[name].update(self.fetch(name, uuids[first : first + 500]))

    def fetch(self, name, uuids):
        rows = MODEL_OF[name]._base_manager.filter(**{PROJECT_OF[name]: self.project, "pk__in": uuids})
        return {row[0]: row[1:] for row in rows.values_list("pk", *FACTS_OF[name])}

    def references(self, record):
        """Yield (type, uuid) of everything that a record names."""
        for field, name, is_many in references_of(type(record)):
            value = getattr(record, field)
            if is_many:
                yield from ((name, uuid) for uuid in value)
            elif value is not None:
                yield name, value
        if isinstance(record, records.Dossier):
            yield from (("document", place.document) for place in record.documents)
            yield from (("actor", party.actor) for party in record.parties)

    def check_references(self, record, references):
        layer = getattr(record, "layer", None)
        for name, uuid in references:
            facts = self.known[name].get(uuid)
            if facts is None:
                raise fault(record, f"names the {name} {uuid}, and no line before it has that uuid.")
            if name in LAYER_AT and name != "layer" and layer is not None and not isinstance(record, records.Change):
                owner = facts[LAYER_AT[name]]
                is_shared = owner is None and name in ("mention", "suggestion")
                if owner != layer and not is_shared:
                    raise fault(record, f"names the {name} {uuid}, which belongs to another layer.")

    def remember(self, record):
        """Keep the facts of a record that later ones may name."""
        if record.TYPE not in self.known:
            return
        if isinstance(record, records.Layer) and record.kind != "annotator":
            self.deciding.setdefault(record.kind, record.uuid)
        if isinstance(record, records.Claim):
            facts = record.layer, record.dossier, record.role, record.number
        elif isinstance(record, records.Document):
            facts = (len(record.text or ""),)
        elif isinstance(record, records.Mention):
            facts = record.kind, record.layer
        elif isinstance(record, records.Comment):
            facts = record.layer, record.dossier
        else:
            facts = (record.uuid if isinstance(record, IN_PROJECT) else record.layer,)
        self.known[record.TYPE][record.uuid] = facts

    # What a record says

    def check_labels(self, record):
        labels = self.importer.labels
        for field, facet, is_many in facets_of(type(record)):
            value = getattr(record, field)
            keys = value if is_many else (value,) if value else ()
            known = labels[facet]
            for key in keys:
                if key not in known and key not in ALSO_KNOWN.get(facet, ()):
                    vocabulary = self.importer.vocabulary
                    raise fault(
                        record,
                        f"has {field} {key!r}, which is no label of the vocabulary {plain_key(vocabulary.key)}/"
                        f"{vocabulary.number}; known are {', '.join(sorted(known))}.",
                    )
            if is_many and ("none" in keys and len(keys) > 1 or len(set(keys)) < len(keys)):
                raise fault(record, f"has {field} {', '.join(keys)}; name each once, and none alone.")

    def check_people(self, record):
        for name in people_of(type(record)):
            self.importer.users.need(getattr(record, name))
        if isinstance(record, records.Dossier):
            self.importer.users.need(record.signed_off_by)

    def check_person(self, record):
        self.importer.users.need(record.username, name=record.name)

    def check_document(self, record):
        if record.page_starts and (record.text is None or max(record.page_starts) > len(record.text)):
            raise fault(record, "has a page that begins outside its text.")

    def check_mention(self, record):
        if record.quantity is not None and record.kind != "quantity":
            raise fault(record, f"has a quantity, and its kind is {record.kind}.")

    def check_suggestion(self, record):
        for name in ("role", "kind", "speaker", "speaker_role", "speaker_organisation"):
            if not isinstance(record.payload.get(name), str | None):
                raise fault(record, f"has {name} {record.payload[name]!r} in its payload; write a text.")
        if record.payload.get("role") not in (None, "", *records.CLAIM_ROLES):
            raise fault(
                record, f"proposes a {record.payload['role']!r}; write one of {', '.join(records.CLAIM_ROLES)}."
            )

    def check_decision(self, record):
        """A mended figure is read as one; what a page shows later must not be found to be none."""
        if record.outcome != Decision.Outcome.MENDED:
            return
        unknown = record.reading.keys() - set(FigureReading.READING)
        if unknown:
            raise fault(record, f"has a reading of {min(unknown)!r}; known are {', '.join(FigureReading.READING)}.")
        try:
            build(records.Quantity, dict(record.reading), record.line)
        except Refused as error:
            raise fault(record, f"has a reading whose {error}") from error

    def check_claim(self, record):
        if (record.restates is None) != (record.restating == ""):
            raise fault(record, "says what it restates or how, and not both; write restates and restating.")

    def check_link(self, record):
        response = self.known["claim"][record.response]
        dossier = record.dossier or response[1]
        if response[2] != "response":
            raise fault(record, f"names A{response[3]} as its response, which is an assertion.")
        for uuid in (record.response, record.target_claim, record.target_response):
            if uuid is not None and self.known["claim"][uuid][1] != dossier:
                raise fault(record, f"names the claim {uuid}, which belongs to another dossier.")
        if record.target_response is not None and self.known["claim"][record.target_response][2] != "response":
            raise fault(record, "continues an assertion; only a response is continued.")

    def check_comment(self, record):
        if record.claim is not None and self.known["claim"][record.claim][1] != record.dossier:
            raise fault(record, f"is on the claim {record.claim}, which belongs to another dossier.")

    def check_comparison(self, record):
        for uuid in (record.quantity, record.counter_quantity, *record.addends):
            if uuid is not None and self.known["mention"][uuid][0] != "quantity":
                raise fault(record, f"compares the mention {uuid}, which is no figure.")

    def check_change(self, record):
        if record.kind not in self.kinds:
            raise fault(record, f"is of a {record.kind!r}, which no table holds.")
        for values in (record.before, record.after):
            for name in columns_that_name(User).get(record.kind, ()):
                if values.get(name) is not None:
                    if not isinstance(values[name], str):
                        raise fault(record, f"has {name} {values[name]!r}; write a username.")
                    self.importer.users.need(values[name])

    # Where a record stands in a text

    def anchor(self, batch):
        """Return {line: {column: value} of quote and context, or the FormatError for it} of what marks a text."""
        wanted = {}
        for record in batch:
            if isinstance(record, SPANNED) and record.document is not None:
                wanted.setdefault(record.document, []).append(record)
        found = {}
        for uuid, text in self.texts_of(batch, wanted):
            for record in wanted.pop(uuid):
                try:
                    found[record.line] = anchored(record, text)
                except FormatError as error:
                    found[record.line] = error
        return found

    def texts_of(self, batch, wanted):
        """Yield (document, text) of what is wanted and there; a few at a time are in memory."""
        own = {record.uuid: record.text for record in batch if isinstance(record, records.Document)}
        missing = []
        for uuid in list(wanted):
            if uuid in own or uuid in self.texts:
                yield uuid, own.get(uuid) or self.texts.get(uuid)
            else:
                missing.append(uuid)
        for first in range(0, len(missing), 500):
            rows = Document._base_manager.filter(project=self.project, pk__in=missing[first : first + 500])
            for uuid, text in rows.values_list("pk", "text").iterator(chunk_size=20):
                self.keep_text(uuid, text)
                yield uuid, text
        for uuid, text in own.items():
            self.keep_text(uuid, text)

    def keep_text(self, uuid, text):
        self.text_weight += len(text or "")
        if self.text_weight > TEXT_BUDGET:
            self.texts, self.text_weight = {}, len(text or "")
        self.texts[uuid] = text

    # Rows

    def rows(self, record, anchored):
        """Return [(model, row)] that hold a record."""
        if isinstance(record, records.Person):
            pk = self.importer.users.pk(record.username)
            row = {"project_id": self.project.pk, "user_id": pk, "role": record.role}
            row["guidelines_read"] = record.guidelines_read
            return [(Membership, row)] if record.role else []
        if isinstance(record, records.Change):
            return []
        row = plain_row(record, self.importer)
        if isinstance(record, IN_PROJECT):
            row["project_id"] = self.project.pk
        stretches = anchored.pop("stretches", ())
        row.update(anchored)
        found = [(MODEL_OF[record.TYPE], row)]
        if isinstance(record, records.Document):
            row["length"] = len(record.text or "")
        elif isinstance(record, records.Claim):
            row["restating"] = ""
            found += [(Stretch, {"claim_id": record.uuid, **stretch}) for stretch in stretches]
        elif isinstance(record, records.Link):
            row["turn"] = 1 if record.turn is None else record.turn
            row["dossier_id"] = record.dossier or self.known["claim"][record.response][1]
        elif isinstance(record, records.Citation) and record.document is None:
            row.update(quote=record.quote or "", prefix=record.prefix or "", suffix=record.suffix or "")
        elif isinstance(record, records.Mention) and record.quantity is not None:
            found.append((Quantity, {"mention_id": record.uuid, **plain_row(record.quantity, self.importer)}))
        elif isinstance(record, records.Dossier):
            found += self.dossier_rows(record)
        elif isinstance(record, records.Settlement):
            through = Settlement.compared.through
            found += [(through, {"settlement_id": record.uuid, "layer_id": layer}) for layer in record.compared]
        return found

    def dossier_rows(self, record):
        for position, place in enumerate(record.documents):
            row = {"dossier_id": record.uuid, "document_id": place.document, "side": place.side}
            yield DossierDocument, {**row, "position": position if place.position is None else place.position}
        for party in record.parties:
            yield DossierActor, {"dossier_id": record.uuid, "actor_id": party.actor, "side": party.side}
        if record.signed_off_at is not None:
            yield SignOff, self.former_sign_off(record)

    def former_sign_off(self, record):
        """Return the row of a sign-off that an older file has on the dossier itself."""
        kind = Layer.Kind.GOLD if self.project.kind == Project.Kind.INDEPENDENT else Layer.Kind.TEAM
        layer = self.deciding.get(kind) or Layer._base_manager.filter(project=self.project, kind=kind).first()
        if layer is None:
            raise fault(record, f"was signed off, and no line before it is the {kind} layer that it would be said of.")
        sign_off = records.SignOff(
            uuid=uuid5(NAMESPACE, f"sign_off {record.uuid}"),
            layer=getattr(layer, "pk", layer),
            dossier=record.uuid,
            state="signed",
            created_at=record.signed_off_at,
            created_by=record.signed_off_by,
        )
        return plain_row(sign_off, self.importer)


# Where the facts of a type say which layer it belongs to.
LAYER_AT = {name: facts.index("layer_id") for name, facts in FACTS_OF.items() if "layer_id" in facts}


def anchored(record, text):
    """Return {column: value} of a marked stretch: its words and their context, and of a claim its parts.

    Raises FormatError unless it lies inside ``text`` and says what stands there.
    """
    if record.start is None or record.end is None:
        raise fault(record, "names a document; say where its words begin and end.")
    if text is None:
        raise fault(record, "is marked in a cited work, which has no text.")
    start, end = record.start, record.end
    found = {"quote": words_at(record, text, start, end, record.quote)}
    found["prefix"] = text[max(0, start - CONTEXT_WIDTH) : start] if record.prefix is None else record.prefix
    found["suffix"] = text[end : end + CONTEXT_WIDTH] if record.suffix is None else record.suffix
    if not text.endswith(found["prefix"], 0, start) or not text.startswith(found["suffix"], end):
        raise fault(record, "has a prefix or suffix that is not what stands beside its words.")
    parts = record.stretches if isinstance(record, records.Claim) else ()
    if parts:
        if (parts[0].start, parts[-1].end) != (start, end):
            raise fault(
                record, f"runs from {start} to {end}, and its stretches from {parts[0].start} to {parts[-1].end}."
            )
        if any(left.end > right.start for left, right in zip(parts, parts[1:], strict=False)):
            raise fault(record, "has stretches that overlap or are out of order.")
        found["stretches"] = [
            {
                "position": position,
                "start": part.start,
                "end": part.end,
                "quote": words_at(record, text, part.start, part.end, part.quote),
            }
            for position, part in enumerate(parts)
        ]
    return found


def words_at(record, text, start, end, quote):
    """Return what stands at ``[start, end)`` of ``text``; raises FormatError where that is nothing, or not ``quote``."""
    if start >= end:
        raise fault(record, f"begins at {start} and ends at {end}; mark at least one character.")
    if end > len(text):
        raise fault(record, f"ends at {end}, but the text has {len(text)} characters.")
    words = text[start:end]
    if quote is not None and quote != words:
        raise fault(record, f"says “{shortened(quote)}”, but at {start}–{end} the text has “{shortened(words)}”.")
    return words


def shortened(words):
    return words if len(words) <= 60 else f"{words[:59]}…"


class Ties:
    """Rows tied to others of their own type: editions, restated claims, related figures."""

    def __init__(self, importer):
        self.importer, self.checker = importer, importer.checker
        self.pending = []

    @property
    def is_full(self):
        return len(self.pending) >= self.importer.size_now

    def add(self, record):
        """Take note of a record that names others of its type; returns whether it does."""
        if (
            isinstance(record, records.Document)
            and record.edition_of
            or isinstance(record, records.Claim)
            and record.restates
            or isinstance(record, records.Comment)
            and record.parent
            or isinstance(record, records.Mention)
            and record.quantity is not None
            and any(getattr(record.quantity, name) for name in RELATIONS)
        ):
            self.pending.append(record)
            return True
        return False

    def store(self, position):
        """Check that what the pending records name is there, and fill it in, in one transaction."""
        updates = {Document: [], Claim: [], Quantity: [], Comment: []}
        wanted = {"document": set(), "claim": set(), "mention": set(), "comment": set()}
        for record in self.pending:
            wanted[record.TYPE].update(uuid for _, uuid in self.targets(record))
        found = {name: self.checker.fetch(name, list(uuids)) for name, uuids in wanted.items()}
        for record in self.pending:
            self.check(record, found[record.TYPE])
            if isinstance(record, records.Document):
                updates[Document].append({"uuid": record.uuid, "edition_of": record.edition_of})
            elif isinstance(record, records.Claim):
                values = {"uuid": record.uuid, "restates": record.restates, "restating": record.restating}
                updates[Claim].append(values)
            elif isinstance(record, records.Comment):
                updates[Comment].append({"uuid": record.uuid, "parent": record.parent})
            else:
                values = {name: getattr(record.quantity, name) for name in RELATIONS}
                updates[Quantity].append({"mention": record.uuid, **values})
        checked = [(record, []) for record in self.pending]
        with self.importer.short_transaction(checked):
            for model, rows in updates.items():
                update(model, rows)
            self.importer.checkpoint(done=position)
        self.pending = []
        self.importer.tell()

    def targets(self, record):
        """Return [(field, uuid)] of what a record names of its own type."""
        if isinstance(record, records.Document):
            return [("edition_of", record.edition_of)]
        if isinstance(record, records.Claim):
            return [("restates", record.restates)]
        if isinstance(record, records.Comment):
            return [("parent", record.parent)]
        found = [(name, getattr(record.quantity, name)) for name in RELATIONS]
        return [(name, uuid) for name, uuid in found if uuid is not None]

    def check(self, record, found):
        for name, uuid in self.targets(record):
            if uuid not in found:
                raise fault(record, f"names the {record.TYPE} {uuid} as {name}, and no line has that uuid.")
            if uuid == record.uuid:
                raise fault(record, f"names itself as {name}.")
            if isinstance(record, records.Claim) and found[uuid][0] != record.layer:
                raise fault(record, f"restates the claim {uuid}, which belongs to another layer.")
            if isinstance(record, records.Comment) and found[uuid] != (record.layer, record.dossier):
                raise fault(record, f"replies to the comment {uuid}, which is about another layer or dossier.")
            if isinstance(record, records.Mention) and found[uuid][0] != "quantity":
                raise fault(record, f"names the mention {uuid} as {name}, which is no figure.")


def update(model, rows):
    """Set columns of rows, {field: value} with the primary key first; all rows have the same fields."""
    if not rows:
        return
    key, *names = [model._meta.get_field(name) for name in rows[0]]
    quote = connection.ops.quote_name
    sets = ", ".join(f"{quote(one.column)} = %s" for one in names)
    sql = f"UPDATE {quote(model._meta.db_table)} SET {sets} WHERE {quote(key.column)} = %s"
    values = [
        [None if row[one.name] is None else one.get_db_prep_save(row[one.name], connection) for one in (*names, key)]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


def count_turns(links, *, rounds=50):
    """Count how far down a chain of responses each of these links stands, as ``Link.set_turn`` does for one.

    Chains are followed a step a round, so that one that bites its own tail comes to an end.
    """
    for first in range(0, len(links), 500):
        chained = Link._base_manager.filter(pk__in=links[first : first + 500]).filter(
            Q(target_claim__role=Claim.Role.RESPONSE) | Q(target_response__isnull=False)
        )
        waiting = list(chained.select_related("target_claim", "target_response"))
        for _ in range(rounds):
            moved = []
            for link in waiting:
                before = link.turn
                if link.set_turn().turn != before:
                    moved.append({"uuid": link.pk, "turn": link.turn})
            with transaction.atomic():
                update(Link, moved)
            if not moved:
                break


def sweep(*, age=timedelta(days=7)):
    """Remove imports that stopped more than ``age`` ago and that nobody went on with."""
    stopped = Run.objects.filter(
        kind=Run.Kind.IMPORT,
        state=Run.State.RUNNING,
        lease_until=None,
        parameters__has_key="corpus",
        created_at__lt=timezone.now() - age,
        project__deleted_at__isnull=False,
    )
    for run in stopped.select_related("project"):
        state = run.parameters["corpus"]
        alive_until = state.get("alive_until")
        is_alive = alive_until and datetime.fromisoformat(alive_until) > timezone.now()
        if not is_alive and state["phase"] != "history":
            remove(run.project, state)


def remove(project, state, *, batch=2000):
    """Remove an unfinished import, in transactions of a few rows each; what names goes before what is named."""
    layers = Layer._base_manager.filter(project=project).values("pk")
    documents = Document._base_manager.filter(project=project).values("pk")
    dossiers = Dossier._base_manager.filter(project=project).values("pk")
    mentions = Mention._base_manager.filter(document__in=documents).values("pk")
    claims = Claim._base_manager.filter(layer__in=layers).values("pk")
    tables = [(SearchEntry, Q(project=project))]
    tables += [(Settlement.compared.through, Q(settlement__layer__in=layers))]
    tables += [(model, Q(layer__in=layers)) for model in (SignOff, Settlement, Comment)]
    tables += [(model, Q(layer__in=layers)) for model in (Visit, Postponement, Citation, Assessment)]
    tables += [(FigureComparison, Q(layer__in=layers)), (NoResponse, Q(layer__in=layers)), (Link, Q(layer__in=layers))]
    tables += [(Stretch, Q(claim__in=claims)), (Claim, Q(layer__in=layers)), (Decision, Q(layer__in=layers))]
    tables += [(Suggestion, Q(document__in=documents)), (Quantity, Q(mention__in=mentions))]
    tables += [(Mention, Q(document__in=documents)), (Exclusion, Q(document__in=documents))]
    tables += [(Redaction, Q(document__in=documents))]
    tables += [(model, Q(dossier__in=dossiers)) for model in (Assignment, DossierDocument, DossierActor)]
    tables += [(model, Q(project=project)) for model in (Dossier, Document, Layer, Actor, Guideline, Membership)]
    loosen = (
        (Claim, {"restates__isnull": False, "layer__in": layers}, {"restates": None, "restating": ""}),
        (Document, {"edition_of__isnull": False, "project": project}, {"edition_of": None}),
        (Comment, {"parent__isnull": False, "layer__in": layers}, {"parent": None}),
        *((Quantity, {f"{name}__isnull": False, "mention__in": mentions}, {name: None}) for name in RELATIONS),
    )
    for model, condition, values in loosen:
        model._base_manager.filter(**condition).update(**values)
    for model, condition in tables:
        while keys := list(model._base_manager.filter(condition).values_list("pk", flat=True)[:batch]):
            rows = model._base_manager.filter(pk__in=keys)
            rows._raw_delete(rows.db)
    with transaction.atomic():
        Run._base_manager.filter(project=project).delete()
        Project._base_manager.filter(pk=project.pk).delete()
        for made in reversed(state.get("made_vocabularies", [])):
            Vocabulary.objects.filter(pk=made, projects=None, later_versions=None).delete()
        User.objects.filter(pk__in=state["made_people"], is_active=False).delete()
