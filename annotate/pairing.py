"""Ahead of a deed in the workspace: whom a response most likely answers, and what is known of selected words."""

import uuid
from types import SimpleNamespace

from annotate.pipeline import pairs
from claims import annotating
from claims.models import Claim, Mention, Quantity, Suggestion

MARKED_BY = "person"


def statement(row, order, figures=()):
    """Return a claim or a suggested one as the ranker takes it; ``figures`` are the values inside it, as digits."""
    if isinstance(row, Claim):
        speaker, kind = row.speaker and row.speaker.name, row.kind
    else:
        speaker, kind = row.payload.get("speaker"), row.payload.get("kind")
    return pairs.Statement(
        id=row.pk, text=row.quote, order=order, speaker=speaker, kind=kind, document=row.document_id, figures=figures
    )


def rank(response, board):
    """Rank what ``response``, a claim or a suggestion, may answer: assertions of the layer and suggested ones.

    A response of the asserting side may also answer the other side's responses. Returns ``candidates`` (row, score,
    reasons), and ``scope`` with ``reasons`` where something else than a claim comes first: work, continues, questioner
    or open. Costs one query. In the control part nothing is ranked: the claims stand in document order, without reasons.
    """
    speaks_back = board.side_of_speaker(response) == "asserting"
    linked = {link.target_claim_id for link in getattr(response, "live_links", ()) if link.target_claim_id}
    rows = [claim for claim in board.claims.values() if claim.role == "assertion" or speaks_back]
    rows += [row for row in board.suggestions.values() if row.role == "assertion"]
    rows = {row.pk: row for row in sorted(rows, key=board.in_reading_order) if row.pk not in {*linked, response.pk}}
    if board.dossier.is_control:
        listed = [
            SimpleNamespace(row=row, reference=f"claim:{row.pk}", score=None, reasons=[]) for row in rows.values()
        ]
        return SimpleNamespace(candidates=listed, scope="claim", reasons=[])
    figures = printed_figures([*rows.values(), response])
    context = pairs.Context(earlier=earlier(response, board))
    statements = [statement(row, order, figures(row)) for order, row in enumerate(rows.values())]
    found = pairs.rank(statement(response, 0, figures(response)), statements, context=context)
    first = found[0] if found else None
    leads = first is not None and first.scope != "claim"
    return SimpleNamespace(
        candidates=[
            SimpleNamespace(
                row=rows[candidate.target_id],
                reference=f"{'claim' if isinstance(rows[candidate.target_id], Claim) else 'suggestion'}:{candidate.target_id}",
                score=candidate.score,
                reasons=candidate.reasons,
            )
            for candidate in found
            if candidate.scope == "claim"
        ],
        scope=first.scope if leads else "claim",
        reasons=first.reasons if leads else [],
    )


def printed_figures(rows):
    """Return a function that gives the values of the figures inside a claim or suggestion, as digits."""
    found = {}
    mentions = Mention.objects.filter(
        document__in={row.document_id for row in rows}, kind=Mention.Kind.QUANTITY, layer=None
    )
    for document, start, end, value in mentions.values_list("document", "start", "end", "quantity__value"):
        if value is not None:
            found.setdefault(document, []).append((start, end, format(value, "f")))

    def inside(row):
        here = found.get(row.document_id, ())
        return tuple(value for start, end, value in here if row.start <= start and end <= row.end)

    return inside


def earlier(response, board):
    """Return the responses before this one in its document, oldest first, each with the claims it was linked to."""
    before = [
        claim
        for claim in board.claims.values()
        if claim.role == "response" and claim.document_id == response.document_id and claim.start < response.start
    ]
    return tuple(
        (statement(claim, order), tuple(link.target_claim_id for link in claim.live_links if link.target_claim_id))
        for order, claim in enumerate(sorted(before, key=lambda claim: claim.start))
    )


def fields_at(document, start, end, board):
    """Return what the pipeline knows of who says ``[start, end)`` and how, from the suggestion that overlaps it most.

    ``speaker`` and ``reporter`` are names; the other keys are fields of a Claim. In the control part it is not asked.
    """
    if board.dossier.is_control:
        return {}
    rows = Suggestion.objects.filter(document=document, kind="claim", layer=None, start__lt=end, end__gt=start)
    rows = sorted(rows, key=lambda row: min(row.end, end) - max(row.start, start))
    if not rows:
        return {}
    said = rows[-1].payload
    fields = {name: said[name] for name in ("kind", "speech", "period_start", "period_end") if said.get(name)}
    return {**fields, "speaker": said.get("speaker"), "reporter": said.get("reporter")}


def mark_figure(act, *, document, start, end, quote=None):
    """Store the selected words as a figure of this layer, read as the reader of quantities reads them; return its mention."""
    from django.core.exceptions import ValidationError

    from claims import quantities

    mention = Mention(
        uuid=uuid.uuid4(),
        document=document,
        start=start,
        end=end,
        kind=Mention.Kind.QUANTITY,
        layer=act.layer,
        suggester=MARKED_BY,
    )
    mention.check_span(document.text, quote=quote)
    mention.anchor(document.text)
    found = quantities.read(mention.quote)
    if not found:
        raise ValidationError(f"No figure can be read in “{mention.quote}”; select one that holds a number.")
    mention.save(force_insert=True)
    figure = found[0]
    Quantity.objects.create(
        mention=mention,
        kind=figure.kind,
        value=figure.value,
        value_high=figure.value_high,
        modifier=figure.modifier,
        unit=figure.unit or "",
        currency=figure.currency or "",
        counted=figure.counted or "",
    )
    annotating.decide(act, "accepted", mention=mention)
    return mention
