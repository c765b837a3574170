"""Proves of what is stored what triggers and constraints promise of what is written.

A backup restored without its triggers, a disk that lost a page, a hand in the database: each check reads the rows
themselves and says in a sentence what does not hold. Texts are read once, a few at a time.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import attrgetter

from django.apps import apps
from django.db import connection
from django.db.models import Count, F, Q

from claims import triggers
from claims.models import (
    Assessment,
    Assignment,
    Change,
    Citation,
    Claim,
    Comment,
    Decision,
    Document,
    Dossier,
    Exclusion,
    FigureComparison,
    Layer,
    Link,
    Membership,
    Mention,
    NoResponse,
    Project,
    Quantity,
    Redaction,
    Settlement,
    SignOff,
    Stretch,
    Suggestion,
)
from claims.models.changes import snapshot

SPANNED = (Claim, Mention, Suggestion, Exclusion, Redaction, Citation)
TEXTS_AT_ONCE = 50
# Rows that are only ever written with their history.
KEPT = (Claim, Link, NoResponse, FigureComparison, Assessment, Citation, Decision, Comment, Settlement, SignOff)
# Kept up to date beside the history: counted from other rows, or set by the pipeline.
NOT_IN_HISTORY = {"turn", "tagged_by"}


@dataclass
class Report:
    """What was looked at, {plural noun: how many}, and what does not hold, one sentence each."""

    counts: Counter = field(default_factory=Counter)
    faults: list = field(default_factory=list)

    def blame(self, sentence):
        self.faults.append(sentence)


def verify(project=None):
    """Look at ``project``, or at all projects that are not put away and at the database as a whole; return a Report."""
    report = Report()
    if project is None:
        check_database(report)
        projects = Project.objects.live().order_by("slug")
    else:
        projects = [project]
    for one in projects:
        report.counts["projects"] += 1
        check_texts(one, report)
        check_stretches(one, report)
        check_names(one, report)
        check_belonging(one, report)
        check_links(one, report)
        check_history(one, report)
    return report


def check_database(report):
    for name in sorted(triggers.missing(connection)):
        report.blame(f"The trigger {name} is missing; `manage.py migrate` makes it anew.")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA foreign_key_check")
            for table, row, parent, _ in cursor.fetchall():
                report.blame(f"Row {row} of {table} names a row of {parent} that is not there.")
            cursor.execute("PRAGMA quick_check")
            for (told,) in cursor.fetchall():
                if told != "ok":
                    report.blame(f"SQLite says: {told}")


def called(row):
    """Return what a sentence calls a row."""
    name = f" {row.name}" if isinstance(row, Claim) else ""
    return f"{row._meta.verbose_name}{name} {row.pk}"


def check_texts(project, report):
    """Texts are what their hash stands for, and every mark holds the words it says."""
    documents = Document._base_manager.filter(project=project).order_by("pk")
    keys = list(documents.values_list("pk", flat=True))
    for first in range(0, len(keys), TEXTS_AT_ONCE):
        texts = {}
        for document in documents.filter(pk__in=keys[first : first + TEXTS_AT_ONCE]):
            report.counts["documents"] += 1
            texts[document.pk] = document.text
            check_text(document, report)
        for model in SPANNED:
            rows = model._base_manager.filter(document__in=texts).order_by("document", "start", "pk")
            for row in rows.iterator(chunk_size=500):
                report.counts[model._meta.verbose_name_plural] += 1
                check_span(row, texts[row.document_id], row.start, row.end, row.quote, report)
                check_context(row, texts[row.document_id], report)
        for part in Stretch.objects.filter(claim__document__in=texts).select_related("claim").iterator():
            report.counts["stretches"] += 1
            check_span(part, texts[part.claim.document_id], part.start, part.end, part.quote, report, of=part.claim)


def check_text(document, report):
    text = document.text
    if text is None:
        if document.sha256 or document.length:
            report.blame(f"document {document.pk}: has a hash or a length, and no text.")
        return
    if hashlib.sha256(text.encode()).hexdigest() != document.sha256:
        report.blame(f"document {document.pk}: the text is not the one its sha256 stands for.")
    if len(text) != document.length:
        report.blame(f"document {document.pk}: has {len(text)} characters, and its length says {document.length}.")
    if "\r" in text:
        report.blame(f"document {document.pk}: has a line end other than \\n at {text.index(chr(13))}.")


def check_span(row, text, start, end, quote, report, *, of=None):
    name = f"{called(row)} of {called(of)}" if of else called(row)
    if text is None:
        report.blame(f"{name}: is marked in a cited work, which has no text.")
    elif start is None or end is None or not 0 <= start < end <= len(text):
        report.blame(f"{name}: runs from {start} to {end}, and the text has {len(text)} characters.")
    elif text[start:end] != quote:
        report.blame(f"{name}: says “{quote[:60]}”, and the text has “{text[start:end][:60]}” at {start}–{end}.")


def check_context(row, text, report):
    if text is None or row.start is None or row.end is None:
        return
    if not text.endswith(row.prefix, 0, row.start) or not text.startswith(row.suffix, row.end):
        report.blame(f"{called(row)}: its prefix or suffix is not what stands beside its words.")


def check_stretches(project, report):
    """The parts of a claim are in order, apart, and fill its envelope."""
    claims = Claim._base_manager.filter(dossier__project=project, stretches__isnull=False).distinct()
    for claim in claims.prefetch_related("stretches").iterator(chunk_size=500):
        parts = list(claim.stretches.all())
        if (parts[0].start, parts[-1].end) != (claim.start, claim.end):
            report.blame(f"{called(claim)}: its stretches do not begin and end where it does.")
        if any(left.end > right.start for left, right in zip(parts, parts[1:], strict=False)):
            report.blame(f"{called(claim)}: its stretches overlap or are out of order.")


def check_names(project, report):
    """No two claims of a dossier and layer share a margin name."""
    names = Claim._base_manager.filter(dossier__project=project).values("dossier", "layer", "role", "number")
    for row in names.order_by().annotate(count=Count("pk")).filter(count__gt=1):
        name = f"{'A' if row['role'] == Claim.Role.ASSERTION else 'R'}{row['number']}"
        report.blame(f"dossier {row['dossier']}: {row['count']} claims of layer {row['layer']} are named {name}.")


def check_belonging(project, report):
    """Whatever a row of the project names is the project's too, and of the same layer where that matters."""
    inside = (
        (Claim, Q(dossier__project=project), ("layer", "document", "speaker", "reporter")),
        (Link, Q(dossier__project=project), ("layer", "target_work", "target_actor")),
        (Citation, Q(layer__project=project), ("document",)),
        (Document, Q(project=project), ("publisher", "edition_of")),
        (Assignment, Q(dossier__project=project), ("dossier",)),
        (Comment, Q(layer__project=project), ("layer", "dossier")),
        (Settlement, Q(layer__project=project), ("layer", "dossier", "taken_from")),
        (SignOff, Q(layer__project=project), ("layer", "dossier")),
    )
    for model, condition, names in inside:
        for name in names:
            strays = model._base_manager.filter(condition, **{f"{name}__isnull": False}).exclude(
                **{f"{name}__project": project}
            )
            for row in strays:
                report.blame(f"{called(row)}: its {name.replace('_', ' ')} belongs to another project.")
    same_layer = (
        (Claim, ("restates",)),
        (NoResponse, ("assertion",)),
        (Assessment, ("claim",)),
        (FigureComparison, ("link", "claim")),
        (Citation, ("claim", "link", "no_response", "comparison", "assessment")),
        (Comment, ("claim", "link", "comparison", "parent")),
    )
    for model, names in same_layer:
        for name in names:
            rows = model._base_manager.filter(layer__project=project, **{f"{name}__isnull": False})
            for row in rows.exclude(**{f"{name}__layer": F("layer")}):
                report.blame(f"{called(row)}: its {name.replace('_', ' ')} is in another layer.")
    for one in Settlement.compared.through.objects.filter(settlement__layer__project=project).exclude(
        layer__project=project
    ):
        report.blame(f"settlement {one.settlement_id}: a layer it compared belongs to another project.")
    for comment in Comment._base_manager.filter(layer__project=project, parent__isnull=False).exclude(
        parent__dossier=F("dossier")
    ):
        report.blame(f"{called(comment)}: its parent is about another dossier.")
    for sign_off in SignOff._base_manager.filter(layer__project=project, change__isnull=False).exclude(
        change__dossier=F("dossier"), change__project=project
    ):
        report.blame(f"{called(sign_off)}: the version it was given on belongs to another dossier.")
    for mention in Mention._base_manager.filter(document__project=project, layer__isnull=False).exclude(
        layer__project=project
    ):
        report.blame(f"{called(mention)}: its layer belongs to another project.")
    for quantity in Quantity.objects.filter(mention__document__project=project).exclude(mention__kind="quantity"):
        report.blame(f"mention {quantity.pk}: has a reading as a figure, and its kind is another.")
    for layer in Layer._base_manager.filter(project=project, kind=Layer.Kind.ANNOTATOR, annotator=None):
        report.blame(f"{called(layer)}: names no annotator.")
    report.counts["layers"] += Layer._base_manager.filter(project=project).count()
    report.counts["dossiers"] += Dossier._base_manager.filter(project=project).count()
    for model in (Comment, Settlement, SignOff):
        report.counts[model._meta.verbose_name_plural] += model._base_manager.filter(layer__project=project).count()
    assignments = Assignment._base_manager.filter(dossier__project=project)
    report.counts["assignments"] += assignments.count()
    report.counts["members"] += Membership.objects.filter(project=project).count()


def check_links(project, report):
    """A link ties a response to something else of its own layer and dossier, and a live one to live claims."""
    links = Link._base_manager.filter(dossier__project=project)
    for link in links.select_related("response", "target_claim", "target_response").iterator(chunk_size=500):
        report.counts["links"] += 1
        if link.response.role != Claim.Role.RESPONSE:
            report.blame(f"{called(link)}: {link.response.name} is an assertion; only a response answers.")
        for end in (link.response, link.target_claim, link.target_response):
            if end is None:
                continue
            if end.layer_id != link.layer_id or end.dossier_id != link.dossier_id:
                report.blame(f"{called(link)}: {end.name} belongs to another layer or dossier.")
            if link.deleted_at is None and end.deleted_at is not None:
                report.blame(f"{called(link)}: {end.name} has been deleted.")
        if link.response_id in (link.target_claim_id, link.target_response_id):
            report.blame(f"{called(link)}: {link.response.name} answers itself.")


def check_history(project, report):
    """The versions of a row follow each other without a gap, up to the one that is there; and lead to what it says."""
    models = {model._meta.model_name: model for model in apps.get_app_config("claims").get_models()}
    changes = Change.objects.filter(project=project).order_by("kind", "object_id", "object_version", "pk")
    for kind, versions in groupby(changes.iterator(chunk_size=500), key=attrgetter("kind")):
        objects = ((key, list(found)) for key, found in groupby(versions, key=attrgetter("object_id")))
        while some := dict(islice(objects, 500)):
            rows = models[kind]._base_manager.in_bulk(list(some)) if kind in models else {}
            for key, found in some.items():
                report.counts["versions in the history"] += len(found)
                check_versions(kind, key, rows.get(key), found, report)


def check_versions(kind, key, row, changes, report):
    if row is None:
        report.blame(f"{kind} {key}: has a history, and is not there.")
        return
    versions = [change.object_version for change in changes]
    first = versions[0]
    if versions != list(range(first, first + len(versions))):
        report.blame(f"{called(row)}: its history has a gap or a version twice: {', '.join(map(str, versions))}.")
    elif versions[-1] != row.version:
        report.blame(f"{called(row)}: is at version {row.version}, and its history ends at {versions[-1]}.")
    elif isinstance(row, KEPT):
        check_outcome(row, changes, report)


def check_outcome(row, changes, report):
    """What the versions say, one over the other, is what the row holds; a row without its first version is believed."""
    said, is_deleted = {}, False
    for change in changes:
        said.update(change.after)
        is_deleted = change.action == Change.Action.DELETED
    if is_deleted != (row.deleted_at is not None):
        report.blame(f"{called(row)}: its history and the row disagree on whether it was deleted.")
    now = snapshot(row)
    for name in sorted(said.keys() - NOT_IN_HISTORY):
        if name in now and now[name] != said[name]:
            report.blame(
                f"{called(row)}: its {name} was changed without a trace; the history ends with {said[name]!r}."
            )
