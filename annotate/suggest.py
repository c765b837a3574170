"""Runs the reading machine over documents and keeps what it suggests: the one module that knows spaCy and the ORM.

Reading costs time and happens outside any transaction; keeping it is one short transaction. Nothing here touches a
layer: a new reading takes the place of undecided suggestions only, and what somebody decided on, linked, compared or put
off stays as it was. spaCy is imported at the first reading, so that a web process that never reads stays small.
"""

import uuid

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from annotate.pipeline import VERSION, read_document
from claims.models import (
    Actor,
    Claim,
    Decision,
    Document,
    Exclusion,
    FigureComparison,
    Layer,
    Link,
    Mention,
    Postponement,
    Quantity,
    Suggestion,
)

SUGGESTER = "rejoinder"
RELATIONS = ("part_of", "sums_to", "converts", "change_from")
# A statement naming more rows than this at once would meet SQLite's limit on variables.
BATCH = 500


def version_of(reading=None):
    """Return what suggestions are signed with: the pipeline's version, and the language model where one read."""
    return VERSION if reading is None else f"{VERSION} {reading.model}"


def signature():
    """Return what ``Document.tagged_by`` holds after a reading by this version."""
    return f"{SUGGESTER} {VERSION}"


# Reading a document


def left_out(document):
    """Return [(start, end), …] of the stretches that are not read: those left out, and proposed ones until kept."""
    rows = Exclusion.objects.live().filter(document=document).exclude(state=Exclusion.State.KEPT)
    return list(rows.values_list("start", "end"))


def read(text, *, excluded=(), language="en", project=None):
    """Return the Reading of a text; a pure function but for the project's actors, which are looked up by name."""
    return read_document(
        text, excluded=excluded, language=language, model=settings.SPACY_MODEL, actors=known_actors(project)
    )


def shared_layers(project):
    """Return the layers that everybody works in: what the pipeline sees, everybody sees."""
    return project.layers.live().filter(kind=Layer.Kind.TEAM).values("pk")


def known_actors(project):
    """Return the project's people and bodies as the pipeline knows them; costs one query."""
    if project is None:
        return ()
    from annotate.pipeline.entities import Actor as KnownActor

    label = {Actor.Kind.PERSON: "PERSON", Actor.Kind.BODY: "ORG"}
    rows = (
        Actor.objects.live()
        .filter(project=project)
        .known_in(shared_layers(project))
        .values_list("name", "aliases", "kind")
    )
    return [KnownActor(name=name, aliases=tuple(aliases), label=label.get(kind, "ORG")) for name, aliases, kind in rows]


def tag_document(document, *, run=None):
    """Read a document ahead of its reviewers and keep what was seen; returns the Reading, or None for a cited work.

    With a ``run``, its lease is checked within the transaction that writes, so that a worker that lost it writes nothing.
    """
    if document.is_cited_work:
        return None
    reading = read(document.text, excluded=left_out(document), language=document.language, project=document.project)
    with transaction.atomic():
        if run is not None:
            run.checkpoint()
        keep(document, reading)
    return reading


# Keeping what was read


def name_of(document, *parts):
    """Return the uuid of what this version saw at one place, the same at every reading."""
    return uuid.uuid5(document.pk, "|".join(str(part) for part in parts))


def keep(document, reading):
    """Write a reading within the caller's transaction, in place of what was seen before and nobody took up."""
    if Document.objects.select_for_update().filter(pk=document.pk).values_list("pk").first() is None:
        return
    keep_mentions(document, reading)
    keep_suggestions(document, reading)
    # Not .save(): the text column is guarded by a trigger, and a save would write it again.
    Document.objects.filter(pk=document.pk).update(tagged_by=signature())
    document.tagged_by = signature()


def keep_mentions(document, reading):
    version = version_of(reading)
    rows, figures = {}, {}

    def add(kind, part, *, label="", name=""):
        row = Mention(
            uuid=name_of(document, "mention", SUGGESTER, version, part.start, part.end, kind),
            document=document,
            kind=kind,
            start=part.start,
            end=part.end,
            label=label or "",
            name=name or "",
            suggester=f"{SUGGESTER} {version}",
        )
        return rows.setdefault((row.start, row.end, kind), row)

    for entity in reading.entities:
        add(Mention.Kind.ENTITY, entity, label=entity.label, name=entity.name)
    for figure in reading.quantities:
        figures[figure.id] = (figure, add(Mention.Kind.QUANTITY, figure, label=figure.kind))
    for said in reading.attributions:
        if said.speaker is not None:
            add(Mention.Kind.SPEAKER, said.speaker, label=said.speaker.role, name=said.speaker.name)
        if said.cue is not None:
            add(Mention.Kind.CUE, said.cue)

    before = {
        (start, end, kind): pk
        for pk, start, end, kind in Mention.objects.filter(document=document, layer=None).values_list(
            "pk", "start", "end", "kind"
        )
    }
    wanted = {row.pk for row in rows.values()}
    stale = {pk for pk in before.values() if pk not in wanted}
    stale -= mentions_referred_to(stale)
    remove(Mention, stale)
    kept = {place: pk for place, pk in before.items() if pk not in stale}
    fresh = [row.anchor(document.text) for place, row in rows.items() if place not in kept]
    Mention.objects.bulk_create(fresh, batch_size=BATCH)

    made = {row.pk for row in fresh}
    # A relation may lead to a figure that an earlier version saw at the same place and that stayed.
    places = {number: kept.get((row.start, row.end, row.kind), row.pk) for number, (_, row) in figures.items()}
    quantities = {
        row.pk: Quantity(
            mention=row,
            kind=figure.kind,
            value=figure.value,
            value_high=figure.value_high,
            modifier=figure.modifier,
            unit=figure.unit or "",
            currency=figure.currency or "",
            counted=figure.counted or "",
            period_start=figure.period_start,
            period_end=figure.period_end,
            **{f"{name}_id": places.get(getattr(figure, name)) for name in RELATIONS},
        )
        for figure, row in figures.values()
        if row.pk in made
    }
    Quantity.objects.bulk_create(quantities.values(), batch_size=BATCH)


def mentions_referred_to(candidates):
    """Return which of these mentions a decision, a comparison or another mention that stays refers to."""
    if not candidates:
        return set()
    found = set()
    for chunk in chunks(candidates):
        found |= set(Decision.objects.filter(mention__in=chunk).values_list("mention", flat=True))
        compared = FigureComparison.objects.filter(Q(quantity__in=chunk) | Q(counter_quantity__in=chunk))
        for pair in compared.values_list("quantity", "counter_quantity"):
            found |= candidates & set(pair)
    document = Mention.objects.values_list("document", flat=True).get(pk=next(iter(candidates)))
    sums = FigureComparison.objects.filter(quantity__document=document).exclude(addends=[])
    for addends in sums.values_list("addends", flat=True):
        found |= candidates & {uuid.UUID(addend) for addend in addends}
    # A figure that stays keeps the figures it is a part of, or a sum, conversion or change of.
    ties = list(Quantity.objects.filter(mention__document=document).values_list("pk", *RELATIONS))
    size = -1
    while size != len(found):
        size = len(found)
        for pk, *others in ties:
            if pk in found or pk not in candidates:
                found |= candidates & set(others)
    return found


def keep_suggestions(document, reading):
    version = version_of(reading)
    rows = {}
    for claim in reading.claims:
        row = Suggestion(
            uuid=name_of(document, "suggestion", SUGGESTER, version, claim.start, claim.end, Suggestion.Kind.CLAIM),
            document=document,
            kind=Suggestion.Kind.CLAIM,
            start=claim.start,
            end=claim.end,
            payload=payload_of(claim),
            suggester=SUGGESTER,
            suggester_version=version,
            score=claim.score,
            reasons=list(claim.reasons),
        )
        rows.setdefault((row.start, row.end, row.kind), row)
    before = {
        (start, end, kind): pk
        for pk, start, end, kind in Suggestion.objects.filter(
            document=document, layer=None, kind=Suggestion.Kind.CLAIM
        ).values_list("pk", "start", "end", "kind")
    }
    wanted = {row.pk for row in rows.values()}
    stale = {pk for pk in before.values() if pk not in wanted}
    stale -= suggestions_referred_to(stale)
    remove(Suggestion, stale)
    # What was decided on stays with its decision, so a stretch that was rejected is not suggested again.
    kept = {place for place, pk in before.items() if pk not in stale}
    Suggestion.objects.bulk_create(
        (row.anchor(document.text) for place, row in rows.items() if place not in kept), batch_size=BATCH
    )


def suggestions_referred_to(candidates):
    """Return which of these suggestions a decision, a claim, a link or a put-off decision of the queue refers to."""
    found = set()
    for chunk in chunks(candidates):
        found |= set(Decision.objects.filter(suggestion__in=chunk).values_list("suggestion", flat=True))
        found |= set(Claim.objects.filter(suggestion__in=chunk).values_list("suggestion", flat=True))
        found |= set(Link.objects.filter(suggestion__in=chunk).values_list("suggestion", flat=True))
        found |= set(Postponement.objects.filter(subject__in=chunk).values_list("subject", flat=True))
    return found


def payload_of(claim):
    """Return what a suggested claim says of itself as JSON: days as ISO text, stretches only where there are several."""
    return {
        "role": claim.role,
        "role_scores": dict(claim.role_scores),
        "speaker": claim.speaker,
        "speaker_role": claim.speaker_role,
        "speaker_organisation": claim.speaker_organisation,
        "reporter": claim.reporter,
        "speech": claim.speech,
        "kind": claim.kind,
        "period_start": claim.period_start and claim.period_start.isoformat(),
        "period_end": claim.period_end and claim.period_end.isoformat(),
        "wording": claim.wording,
        "stretches": [list(part) for part in claim.stretches] if len(claim.stretches) > 1 else [],
    }


def remove(model, pks):
    for chunk in chunks(pks):
        model.objects.filter(pk__in=chunk).delete()


def chunks(pks):
    ordered = sorted(pks)
    return [ordered[at : at + BATCH] for at in range(0, len(ordered), BATCH)]


# What a suggested claim is in a dossier, and which target a response most likely has
