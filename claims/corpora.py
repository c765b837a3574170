"""Another tool's corpus, brought in: as a new project, or into a chosen layer of one that is here.

A new project goes the way of every import (claims/exchange.py): nobody sees it before it is whole, and an interruption is
gone on with. Into a project that is here, each bundle of texts is one deed in one transaction with its history: stopped,
the same call goes on with the next; a dossier in which the layer has claims is left as it is.
"""

import hashlib
import os
import tempfile
import zipfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4, uuid5

from django.utils.text import slugify

from claims import exchange
from claims.errors import FormatError, ImportRefused
from claims.formats import FORMATS, foreign, records
from claims.models import Act, Claim, Document, Dossier, DossierDocument, Layer, Link, Mention, Stretch, Suggestion
from claims.projects import default_vocabulary

COLUMN = "column:"  # before the header, in a wish about a column of a table
FIXED_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass
class Outcome:
    """What an import of a foreign corpus came to, or would: ``look_at`` leaves it without a project."""

    seen: foreign.Survey
    plan: foreign.Plan
    report: foreign.Report
    # [(header, meaning or "")] of a table
    columns: list = field(default_factory=list)
    # {type of record: how many there would be}
    expected: Counter = field(default_factory=Counter)
    project: object = None
    counts: dict = field(default_factory=dict)
    notes: tuple = ()


class Adapter:
    """Lets the lossless import read a foreign corpus as records."""

    def __init__(self, module, setting, report, wishes):
        self.NAME, self.module, self.setting, self.report, self.wishes = module.NAME, module, setting, report, wishes

    def read(self, stream):
        found = bundles_of(self.module, stream, self.report, self.wishes)
        return foreign.records_of(found, self.setting, self.report)


def is_foreign(format):
    return hasattr(FORMATS[format], "bundles")


def look_at(source, *, format, wishes=None, project=None, progress=None):
    """Return the Outcome that bringing ``source`` in would begin with; nothing is stored.

    ``progress(texts)`` is called now and then, and what it raises ends the looking. A table of which no column is known
    to hold words has its columns told, and that as a fault.
    """
    module = FORMATS[format]
    with packed(source) as stream:
        try:
            return survey(module, stream, wishes or {}, project, progress)
        except FormatError as error:
            stream.seek(0)
            columns = module.columns(stream, named_columns(wishes or {})) if hasattr(module, "columns") else []
            if not columns or any(meaning in ("assertion", "response") for _, meaning in columns):
                raise
            report = foreign.Report()
            report.add(foreign.name_of(stream), 0, str(error))
            return Outcome(foreign.Survey(), foreign.Plan({}, {}), report, columns=columns)


def named_columns(wishes):
    """Return what ``wishes`` say of columns, {header: meaning}: those that begin with ``column:``."""
    return {name.removeprefix(COLUMN): wish for name, wish in wishes.items() if name.startswith(COLUMN)}


def bundles_of(module, stream, report, wishes):
    named = named_columns(wishes)
    if named and not hasattr(module, "columns"):
        raise FormatError(f"{module.LABEL} has no columns.")
    return module.bundles(stream, report, **({"named": named} if named else {}))


def watched(bundles, progress):
    """Yield ``bundles``, telling of every hundredth how many texts there were."""
    texts = 0
    for count, bundle in enumerate(bundles):
        if progress is not None and count % 100 == 0:
            progress(texts)
        texts += len(bundle.texts)
        yield bundle


def survey(module, stream, wishes, project, progress=None):
    report = foreign.Report()
    seen = foreign.survey(watched(bundles_of(module, stream, report, wishes), progress))
    stream.seek(0)
    columns = []
    if hasattr(module, "columns"):
        columns = module.columns(stream, named_columns(wishes))
        stream.seek(0)
    types = {name: wish for name, wish in wishes.items() if not name.startswith(COLUMN)}
    vocabulary = project.vocabulary if project is not None else default_vocabulary()
    try:
        plan = foreign.plan(seen, types, known=vocabulary.by_facet()["relation"], own_labels=project is None)
    except ValueError as error:
        raise FormatError(str(error)) from error
    # With the plan, what could not become a link is told too.
    setting = foreign.Setting(format=module.NAME, seed=exchange.NAMESPACE, plan=plan, title="-")
    bundles = watched(bundles_of(module, stream, report, wishes), progress)
    expected = Counter(record.TYPE for record in foreign.records_of(bundles, setting, report))
    stream.seek(0)
    return Outcome(seen, plan, report, columns=columns, expected=expected)


def count_records(source, *, format, progress=None):
    """Return {type: how many} of the records in a corpus of ours; raises FormatError at the first that is wrong."""
    counts = Counter()
    with exchange.rewindable(source) as stream:
        for position, record in enumerate(FORMATS[format].read(stream)):
            if progress is not None and position % 5000 == 0:
                progress(counts["document"])
            counts[record.TYPE] += 1
    return counts


def bring_in(
    source, *, format, project=None, slug="", title="", layer="", language="en", wishes=None, actor=None, progress=None
):  # fmt: skip
    """Store the corpus that ``source``, a folder, a file or a stream, holds; return an Outcome.

    It becomes a new project named ``slug``, its claims those of one team layer named ``layer``; or, with ``project``, it
    goes into that project's layer of that name. ``wishes`` says what types become, {type: role or relation}. What could
    not be brought in is in the outcome's report. ``progress(done, total)`` counts bytes of a new project and texts of one
    that is here; there it is called within each transaction, which is undone by what it raises. Raises what
    ``exchange.import_project`` raises.
    """
    module = FORMATS[format]
    with packed(source) as stream:
        outcome = survey(module, stream, wishes or {}, project)
        if not outcome.seen.texts:
            faults = "".join(f" {fault}" for fault in sorted(outcome.report.faults)[:3])
            raise FormatError(f"There is no text in it that can be brought in.{faults}")
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        setting = foreign.Setting(
            format=format,
            seed=uuid5(exchange.NAMESPACE, f"{digest} {slug} {sorted((wishes or {}).items())} {language}"),
            plan=outcome.plan,
            title=title or slug or "Corpus",
            slug=slug,
            layer=layer or "Team",
            language=language,
        )
        if project is not None:
            return join(
                module, stream, setting, outcome, wishes or {}, project=project, layer=layer, actor=actor, progress=progress
            )  # fmt: skip
        setting = replace(setting, vocabulary=vocabulary_with(outcome.plan.labels(), key=format))
        importer = exchange.Importer(
            Adapter(module, setting, outcome.report, wishes or {}),
            stream,
            slug=slug or slugify(title) or None,
            actor=actor,
            same_people=False,
            progress=progress,
            batch=500,
        )
        exchange.sweep()
        summary = importer.run()
    outcome.project, outcome.counts, outcome.notes = summary.project, summary.counts, summary.notes
    return outcome


def vocabulary_with(relations, *, key):
    """Return the default vocabulary with these relations, [(key, Relation)], before its own; None where there are none."""
    if not relations:
        return None
    given = exchange.vocabulary_record(default_vocabulary(), name=f"{key}/1", based_on=None, created_by=None)
    own = [
        records.Label(facet="relation", key=name, phrase=name, stance=one.stance, maps_to=one.maps_to)
        for name, one in relations
    ]
    labels = [*own, *given.labels]
    return replace(
        given,
        title=f"{given.title}, with the relations of a {key} corpus",
        labels=tuple(replace(label, position=position) for position, label in enumerate(labels, 1)),
    )


@contextmanager
def packed(source):
    """Yield a stream that can be read again; a folder is put in a zip first, alike each time."""
    if isinstance(source, str | os.PathLike) and Path(source).is_dir():
        with tempfile.TemporaryFile() as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for path in sorted(path for path in Path(source).rglob("*") if path.is_file()):
                    name = path.relative_to(source).as_posix()
                    archive.writestr(zipfile.ZipInfo(name, FIXED_TIME), path.read_bytes())
            file.seek(0)
            yield file
        return
    with exchange.rewindable(source) as stream:
        yield stream


# Into a project that is here


def join(module, stream, setting, outcome, wishes, *, project, layer, actor, progress):
    """Bring each bundle into ``project``'s layer of that name, in a deed of its own; return the outcome."""
    layer = chosen_layer(project, layer)
    counts, notes, done = {"document": 0, "claim": 0, "link": 0}, [], 0
    for bundle in bundles_of(module, stream, outcome.report, wishes):
        found = list(foreign.bundle_records(bundle, setting, outcome.report, layer=layer.pk))
        with Act(actor=actor, project=project, layer=layer, verb=f"bring in {bundle.texts[0].title}") as act:
            joining = Joining(act, project, layer, found)
            note = joining.store()
            done += len(bundle.texts)
            if progress is not None:
                progress(done, outcome.seen.texts)
        if note:
            notes.append(note)
        for name in counts:
            counts[name] += joining.counts.get(name, 0)
    outcome.project, outcome.counts, outcome.notes = project, counts, tuple(notes)
    return outcome


def chosen_layer(project, name):
    layers = Layer.objects.live().filter(project=project)
    found = layers.filter(name=name) if name else layers.filter(kind=Layer.Kind.TEAM)
    if found.count() != 1:
        known = ", ".join(sorted(layers.values_list("name", flat=True))) or "none"
        raise ImportRefused(f"Say which layer of {project.slug} it goes into; there are: {known}.")
    return found.get()


class Joining:
    """The records of one bundle on their way into a project that is here."""

    def __init__(self, act, project, layer, found):
        self.act, self.project, self.layer = act, project, layer
        self.records = {kind: [one for one in found if kind == one.TYPE] for kind in records.TYPES}
        self.documents, self.claims, self.counts = {}, {}, {}

    def store(self):
        """Store what is not here yet, within the act; return a sentence where the layer's claims were left as they are."""
        known = {record.uuid: self.known(record) for record in self.records["document"]}
        for record in self.records["document"]:
            self.documents[record.uuid] = known[record.uuid] or self.make_document(record)
        given = self.records["dossier"][0]
        documents = [self.documents[place.document] for place in given.documents]
        if self.records["suggestion"]:
            self.make_suggestions()
        dossier = self.dossier_of(documents) if all(known.values()) else None
        if dossier is not None:
            marked = Claim.objects.live().filter(dossier=dossier, layer=self.layer).count()
            if marked:
                return f"“{dossier.title}”: {self.layer.name} has {marked} claims there, which stay as they are."
        else:
            dossier = self.make_dossier(given, documents)
        for record in self.records["mention"]:
            document = self.documents[record.document]
            if known[record.document] is None:
                row = Mention(uuid=uuid4(), document=document, start=record.start, end=record.end, kind=record.kind)
                row.label, row.suggester = record.label, record.suggester
                row.anchor(document.text).save(force_insert=True)
        self.act.dossier = dossier
        self.make_claims(dossier)
        for record in self.records["link"]:
            target = "target_claim" if record.scope == "claim" else "target_response"
            ends = {"response": self.claims[record.response], target: self.claims[foreign.target_of(record)]}
            values = {"relation": record.relation, "turn": record.turn, "imported_as": record.imported_as}
            self.act.create(Link(layer=self.layer, dossier=dossier, scope=record.scope, **ends, **values))
        self.counts |= {"claim": len(self.records["claim"]), "link": len(self.records["link"])}
        return None

    def make_suggestions(self):
        """Store what the corpus proposes and nobody has proposed there in that name."""
        names = ("document", "start", "end", "kind", "suggester")
        known = set(Suggestion.objects.filter(document__in=self.documents.values()).values_list(*names))
        made = []
        for record in self.records["suggestion"]:
            document = self.documents[record.document]
            place = {"start": record.start, "end": record.end, "kind": record.kind, "suggester": record.suggester}
            if (key := (document.pk, *place.values())) in known:
                continue
            known.add(key)
            row = Suggestion(uuid=uuid4(), document=document, **place, payload=dict(record.payload))
            row.suggester_version, row.score = record.suggester_version, record.score
            row.reasons = list(record.reasons)
            made.append(row.anchor(document.text))
        Suggestion.objects.bulk_create(made)

    def known(self, record):
        """Return the project's document of that text, unless it came from another file of such a corpus."""
        same = Document.objects.live().filter(project=self.project, sha256=exchange.sha256_of(record.text))
        names = {row: (row.imported_as or {}).get("name") for row in same}
        wanted = record.imported_as["name"]
        return next((row for row, name in names.items() if name in (None, wanted)), None)

    def make_document(self, record):
        row = Document(project=self.project, title=record.title, filename=record.filename, language=record.language)
        row.imported_as = record.imported_as
        self.counts["document"] = self.counts.get("document", 0) + 1
        return self.act.create(row.set_text(record.text))

    def dossier_of(self, documents):
        dossiers = Dossier.objects.live().filter(project=self.project)
        for document in documents:
            dossiers = dossiers.filter(places__document=document)
        return dossiers.order_by("created_at", "pk").first()

    def make_dossier(self, given, documents):
        dossier = self.act.create(Dossier(project=self.project, title=given.title))
        for position, document in enumerate(documents):
            DossierDocument.objects.create(dossier=dossier, document=document, side="both", position=position)
        return dossier

    def make_claims(self, dossier):
        last = {}
        for record in self.records["claim"]:
            document = self.documents[record.document]
            row = Claim(layer=self.layer, dossier=dossier, document=document, start=record.start, end=record.end)
            row.role, row.kind, row.imported_as = record.role, record.kind, record.imported_as
            row.anchor(document.text)
            if record.role in last:
                row.number = last[record.role] + 1
            else:
                row.take_number()
            last[record.role] = row.number
            self.claims[record.uuid] = self.act.create(row)
            Stretch.objects.bulk_create(
                Stretch(
                    claim=row,
                    position=position,
                    start=part.start,
                    end=part.end,
                    quote=document.text[part.start : part.end],
                )
                for position, part in enumerate(record.stretches)
            )
