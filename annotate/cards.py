"""What the card of the workspace shows: one decision, with everything it needs and nothing else."""

from types import SimpleNamespace

from django.utils import timezone

from annotate import pairing, parties
from annotate.annotation_forms import ClaimForm, FigureForm
from annotate.board import as_uuid, short
from annotate.guide import sections_of
from claims import figures
from claims.models import Assignment, Citation, Claim, DossierActor, FigureComparison, Mention, Side


def card_of(request, board, show, on, step):
    """Return what the card shows: a named thing where it exists, else the next decision."""
    makers = {
        "setup": setup_card,
        "suggestion": suggestion_card,
        "suggested_pair": suggested_pair_card,
        "pair": pair_card,
        "link": link_card,
        "claim": claim_card,
        "edit": edit_card,
        "none": none_card,
        "figure": figure_card,
        "sum": sum_card,
        "mend": mend_card,
        "check": check_card,
        "cite": cite_card,
    }
    if show in makers:
        card = makers[show](request, board, on or "")
        if card is not None:
            return card
    task = board.next_task(step)
    card = makers[task.show](request, board, task.subject) if task else None
    return card or done_card(request, board)


def done_card(request, board):
    """Nothing is left: an annotator who works alone says that the dossier is finished."""
    own = board.layer.annotator_id == request.user.pk
    row = board.dossier.assignments.live().filter(annotator=request.user).first() if own else None
    is_finished = row is not None and row.state != Assignment.State.OPEN
    return SimpleNamespace(
        show="done",
        on=None,
        kind=None,
        document=None,
        template="workspace/done.html",
        may_finish=own and not is_finished,
        is_finished=is_finished,
    )


def refused(request):
    """Return what a person sent and had refused, to be shown again; None where the card begins afresh."""
    return request.POST if getattr(request, "was_refused", False) else None


def make_card(show, on, kind, template, *, document=None, focus=(), partners=(), **more):
    """Return a card; ``focus`` and ``partners`` are margin names that light up in the text."""
    return SimpleNamespace(
        show=show,
        on=str(on),
        kind=kind,
        template=f"workspace/{template}.html",
        document=document,
        focus=" ".join(focus),
        partners=" ".join(partners),
        **more,
    )


def claim_on(board, on):
    return board.claims.get(as_uuid(on))


def suggestion_on(board, on):
    return board.suggestions.get(as_uuid(on))


def link_on(board, on):
    return board.links.get(as_uuid(on))


def setup_card(request, board, on):
    return make_card(
        "setup",
        on,
        "setup",
        "setup",
        parties=parties.proposed(board),
        work=parties.proposed_work(board),
        sides=Side.choices,
        party_sides=DossierActor.Side.choices,
    )


def suggestion_card(request, board, on):
    row = suggestion_on(board, on)
    if row is None:
        return None
    speaker = row.payload.get("speaker")
    alike = [
        other.pk
        for other in board.suggestions.values()
        if speaker and other.payload.get("speaker") == speaker and other.role == row.role
    ]
    return make_card(
        "suggestion", on, "claim", "suggestion", document=row.document_id, focus=[key_of(row)], row=row, alike=alike
    )


def key_of(row):
    return row.name if isinstance(row, Claim) else short(row)


def suggested_pair_card(request, board, on):
    row = suggestion_on(board, on)
    return pairing_card(request, board, row, "suggested_pair") if row is not None else None


def pair_card(request, board, on):
    claim = claim_on(board, on)
    return pairing_card(request, board, claim, "pair") if claim is not None and claim.role == "response" else None


def pairing_card(request, board, row, show):
    """A response and whom it may answer: ranked claims with reasons, then the other scopes."""
    ranked = pairing.rank(row, board)
    responses = [claim for claim in board.claims.values() if claim.role == "response" and claim.pk != row.pk]
    before = [claim for claim in responses if board.in_reading_order(claim) < board.in_reading_order(row)]
    places = sorted(board.places, key=lambda place: place.side != "asserting")
    works = [place.document for place in places if place.side in ("asserting", "both")]
    return make_card(
        show,
        row.pk,
        "pair",
        "pair",
        document=row.document_id,
        focus=[key_of(row)],
        row=row,
        reference=f"{'claim' if isinstance(row, Claim) else 'suggestion'}:{row.pk}",
        candidates=ranked.candidates if board.dossier.is_control else ranked.candidates[:6],
        leaning=ranked.scope,
        leaning_reasons=ranked.reasons,
        works=works,
        continued=before[-1] if before else None,
        others=[claim for claim in board.claims.values() if claim.pk != row.pk],
        linked=getattr(row, "live_links", []),
    )


def link_card(request, board, on):
    link = link_on(board, on)
    if link is None:
        return None
    same = [other for other in link.response.live_links if other.pk != link.pk]
    labels = board.labels
    choices = {
        "relation": [link.relation, link.secondary_relation],
        "strategy": link.strategies,
        "disputed": link.disputed,
    }
    choices = offered(board, choices)
    return make_card(
        "link",
        on,
        "pair",
        "link",
        document=link.response.document_id,
        focus=[link.response.name],
        partners=[link.target_claim.name] if link.target_claim_id else [],
        link=link,
        comments=link.comments.live().filter(resolved_at=None, parent=None).count(),
        same=same,
        siblings=[other for other in same if other.relation == link.relation],
        relations=choices["relation"],
        strategies=choices["strategy"],
        disputed=choices["disputed"],
        line=line_of(board, link),
        said={
            "strategies": [phrase_of(labels["strategy"], key) for key in link.strategies],
            "disputed": [phrase_of(labels["disputed"], key) for key in link.disputed],
        },
        citations=list(Citation.objects.live().filter(link=link).select_related("document")),
        comparisons=list(link.comparisons.live().select_related("quantity", "counter_quantity")),
        figures=figures_of(board, link),
        scope=request.POST.get("scope") or ("one" if link.relation else "all"),
        opened=request.GET.get("facet") or request.POST.get("facet", ""),
    )


def offered(board, chosen):
    """Return {facet: labels to choose from}, for {facet: keys chosen}: those not retired, and what was chosen before.

    Each has the ``section`` of the guidelines that speaks of it, or None; costs one query.
    """
    section = sections_of(board.dossier.project)
    names = ("key", "phrase", "definition", "example", "digit", "colour", "is_retired", "stance")
    return {
        facet: [
            SimpleNamespace(**{name: getattr(label, name) for name in names}, section=section(label))
            for label in board.labels[facet].values()
            if not label.is_retired or label.key in keys
        ]
        for facet, keys in chosen.items()
    }


def phrase_of(labels, key):
    return labels[key].phrase if key in labels else key


def figures_of(board, link):
    """Return the figures inside the claim that a link answers, as this layer reads them."""
    if not link.target_claim_id:
        return []
    claim = link.target_claim
    mentions = Mention.objects.filter(
        document=claim.document_id, kind="quantity", start__gte=claim.start, end__lte=claim.end
    ).select_related("quantity")
    mentions = [mention for mention in mentions if mention.layer_id in (None, board.layer.pk)]
    readings = figures.readings(board.layer, mentions)
    return [(mention, readings[mention.pk]) for mention in mentions if mention.pk in readings]


def line_of(board, link):
    """Return a link as a line one can read: ``R12 → A6 · refers on or declines · withholds · figure``."""
    labels = board.labels
    words = [phrase_of(labels["relation"], key) for key in (link.relation, link.secondary_relation) if key]
    words += [phrase_of(labels["strategy"], key) for key in link.strategies]
    words += [phrase_of(labels["disputed"], key) for key in link.disputed]
    return words


def claim_card(request, board, on):
    claim = claim_on(board, on)
    if claim is None:
        return None
    lines = [(link, line_of(board, link)) for link in (*claim.live_links, *claim.live_responses)]
    partners = [link.response.name for link in claim.live_responses]
    partners += [link.target_claim.name for link in claim.live_links if link.target_claim_id]
    return make_card(
        "claim",
        on,
        None,
        "claim",
        document=claim.document_id,
        focus=[claim.name],
        partners=partners,
        claim=claim,
        comments=claim.comments.live().filter(resolved_at=None, parent=None).count(),
        lines=lines,
        none=board.no_responses.get(claim.pk),
        assessment=board.assessed.get(claim.pk),
        stretches=list(claim.stretches.all()),
        citations=list(Citation.objects.live().filter(claim=claim).select_related("document")),
        continuations=[link for link in board.links.values() if link.target_response_id == claim.pk],
        read=documents_read(board, claim),
    )


def documents_read(board, claim):
    record = board.no_responses.get(claim.pk)
    return (
        [board.documents[as_uuid(pk)].title for pk in record.documents if as_uuid(pk) in board.documents]
        if record
        else []
    )


def edit_card(request, board, on):
    claim = claim_on(board, on)
    if claim is None:
        return None
    form = ClaimForm(refused(request), claim=claim, board=board)
    return make_card("edit", on, None, "edit", document=claim.document_id, focus=[claim.name], claim=claim, form=form)


def none_card(request, board, on):
    claim = claim_on(board, on)
    if claim is None:
        return None
    opened = [board.documents[pk] for pk in board.documents if pk in board.opened or pk in board.panes]
    unread = [
        board.documents[pk]
        for pk in board.documents
        if pk not in board.opened and pk not in board.panes and not board.documents[pk].is_cited_work
    ]
    general = [link for link in board.links.values() if link.scope == "work"]
    return make_card(
        "none",
        on,
        "none",
        "none",
        document=claim.document_id,
        focus=[claim.name],
        partners=[link.response.name for link in general],
        claim=claim,
        opened=opened,
        unread=unread,
        general=general,
    )


def figure_card(request, board, on):
    """One figure of a claim that is answered: what came of it."""
    link_pk, _, mention_pk = on.partition(".")
    link, mention_pk = link_on(board, link_pk), as_uuid(mention_pk)
    mention = (
        Mention.objects.filter(pk=mention_pk, document__in=list(board.documents)).select_related("quantity").first()
    )
    if link is None or mention is None or mention.layer_id not in (None, board.layer.pk):
        return None
    response = link.response
    counters = [
        row
        for row in Mention.objects.filter(
            document=response.document_id, kind="quantity", start__gte=response.start, end__lte=response.end
        ).select_related("quantity")
        if row.layer_id in (None, board.layer.pk)
    ]
    readings = figures.readings(board.layer, [mention, *counters])
    if mention.pk not in readings:
        return None
    proposals = []
    for counter in [row for row in counters if row.pk in readings] or [None]:
        outcome, _, absolute, _ = figures.propose_outcome(
            readings[mention.pk], readings.get(counter.pk) if counter else None
        )
        proposals.append(
            {
                "counter": counter,
                "reading": readings.get(counter.pk) if counter else None,
                # In the control part the two figures stand beside each other, and nothing is said of them.
                **({} if board.dossier.is_control else {"outcome": outcome, "absolute": absolute}),
            }
        )
    return make_card(
        "figure",
        on,
        "figure",
        "figure",
        document=mention.document_id,
        focus=[link.target_claim.name] if link.target_claim_id else [],
        partners=[response.name],
        link=link,
        mention=mention,
        reading=readings[mention.pk],
        proposals=proposals,
        differences=FigureComparison.DIFFERENCES,
        outcomes=offered(board, {"figure_outcome": ()})["figure_outcome"],
        others=[row for row, _ in figures_of(board, link) if row.pk != mention.pk],
    )


def sum_card(request, board, on):
    check = next((row for row in figures.checks(board.layer, board.dossier) if row.key == on), None)
    if check is None:
        return None
    names = [check.claim.name] if check.claim else []
    return make_card(
        "sum", on, "figure", "sum", document=check.whole.document_id, focus=names, check=check, line=arithmetic(check)
    )


def arithmetic(check):
    """Return a check as one reads it: ``4 + 37 + 23 = 64``, ``332 of 370``, ``2,200,000,000 KHR = 543,080 USD``."""
    parts = [figures.number_words(reading.value) for reading in check.part_readings]
    whole = figures.number_words(check.whole_reading.value)
    if check.kind == FigureComparison.Check.SUM:
        return f"{' + '.join(parts)} = {whole}"
    if check.kind == FigureComparison.Check.PART:
        return f"{parts[0]} of {whole}"
    rate = (
        f", so 1 {check.part_readings[0].currency} = {figures.number_words(check.rate)} {check.whole_reading.currency}"
        if check.rate
        else ""
    )
    return f"{whole} {check.whole_reading.currency} = {parts[0]} {check.part_readings[0].currency}{rate}"


def mend_card(request, board, on):
    mention = (
        Mention.objects.filter(pk=as_uuid(on), document__in=list(board.documents), kind="quantity")
        .select_related("quantity")
        .first()
    )
    if mention is None or mention.layer_id not in (None, board.layer.pk):
        return None
    reading = figures.readings(board.layer, [mention]).get(mention.pk)
    form = FigureForm(refused(request), reading=reading)
    return make_card("mend", on, None, "mend", document=mention.document_id, mention=mention, form=form)


def check_card(request, board, on):
    claim = claim_on(board, on)
    if claim is None:
        return None
    assessment = board.assessed.get(claim.pk)
    return make_card(
        "check",
        on,
        "check",
        "check",
        document=claim.document_id,
        focus=[claim.name],
        claim=claim,
        assessment=assessment,
        verifications=offered(board, {"verification": [assessment.verification] if assessment else ()})["verification"],
        citations=list(Citation.objects.live().filter(claim=claim).select_related("document")),
    )


def cite_card(request, board, on):
    """A small form: words selected in any document, or an outside source; then how it bears."""
    kind, _, pk = on.partition(":")
    subject = subject_on(board, kind, pk)
    if subject is None:
        return None
    owner = (
        subject if isinstance(subject, Claim) else getattr(subject, "response", None) or getattr(subject, "claim", None)
    )
    return make_card(
        "cite",
        on,
        None,
        "cite",
        focus=[owner.name] if isinstance(owner, Claim) else [],
        subject=subject,
        subject_name=getattr(subject, "name", None) or str(subject),
        stances=Citation.Stance.choices,
        today=timezone.localdate().isoformat(),
        other_texts=len(board.places) > 1,
        back="check" if request.GET.get("back") == "check" else {"link": "link"}.get(kind, "claim"),
        back_on=pk,
    )


def subject_on(board, kind, pk):
    """Return what a citation stands on, of this board's layer, or None."""
    if kind == "claim":
        return claim_on(board, pk)
    if kind == "link":
        return link_on(board, pk)
    rows = {"no_response": "no_responses", "comparison": "comparisons", "assessment": "assessments"}
    if kind not in rows or as_uuid(pk) is None:
        return None
    return getattr(board.layer, rows[kind]).live().filter(pk=as_uuid(pk)).first()
