"""What of the assertions has been responded to, what not, and what nobody has looked at yet; and how far the work is.

A general denial never makes every figure look answered: an assertion that only a response to the whole work bears on is
counted apart from those that are responded to directly.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db.models import Count, Max, Q

from claims import figures
from claims.models import (
    Assessment,
    Change,
    Citation,
    Claim,
    Decision,
    Document,
    Dossier,
    DossierDocument,
    Exclusion,
    FigureComparison,
    Layer,
    Link,
    NoResponse,
    Postponement,
    Side,
    Suggestion,
    User,
    Visit,
)


class State:
    DIRECT = "direct"
    GENERAL = "general"
    NONE_FOUND = "none_found"
    NOT_EXAMINED = "not_examined"


# In the order in which they are counted and shown.
STATES = (State.DIRECT, State.GENERAL, State.NONE_FOUND, State.NOT_EXAMINED)


# Where a response may stand: a "none found" says which of these documents were not read.
RESPONDING = (Side.RESPONDING, Side.BOTH)


@dataclass(slots=True)
class Covered:
    """One assertion with its repeats, and what the dossier holds in response to it."""

    claim: Claim
    state: str
    # Live links to it or to a repeat of it, those labelled unrelated left out.
    direct: list[Link] = field(default_factory=list)
    # Links to the whole work it belongs to, and the responses that continue them.
    general: list[Link] = field(default_factory=list)
    no_response: NoResponse | None = None
    # Of a "none found": the documents read, and those of the dossier that were not.
    read: list[Document] = field(default_factory=list)
    unread: list[Document] = field(default_factory=list)
    repeats: list[Claim] = field(default_factory=list)


@dataclass(slots=True)
class Unpaired:
    """A response that names no particular target, or whose target nobody has chosen yet."""

    claim: Claim
    links: list[Link]


@dataclass(slots=True)
class Step:
    """How many decisions of one kind are made, of how many there are."""

    kind: str
    title: str
    done: int
    total: int

    @property
    def left(self):
        return self.total - self.done


@dataclass(slots=True)
class Work:
    """What one person did in the dossier, as it stands now."""

    person: User | None
    counts: dict[str, int]
    last_at: datetime | None = None

    @property
    def total(self):
        return sum(self.counts.values())


@dataclass(slots=True)
class SetAside:
    """A decision of the queue that somebody set aside, with the reason."""

    kind: str
    name: str
    reason: str
    by: User | None
    at: datetime


@dataclass(slots=True)
class Coverage:
    dossier: Dossier
    layer: Layer
    assertions: list[Covered]
    without_target: list[Unpaired]
    unpaired: list[Unpaired]
    untouched: list[Document]
    documents: list[DossierDocument]
    response_count: int
    counts: dict[str, int]
    repeat_count: int
    steps: list[Step] = field(default_factory=list)
    people: list[Work] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)

    @property
    def total(self):
        """How many assertions there are, repeats counted once."""
        return len(self.assertions)

    def in_state(self, state):
        return [row for row in self.assertions if row.state == state]


def of(layer, dossier):
    """Return the Coverage of one dossier in one layer, with its progress; costs some twenty queries, whatever its size."""
    coverage = of_each(layer, [dossier])[dossier.pk]
    due, invited = figures.to_compare(layer, dossier), figures.checks(layer, dossier)
    coverage.steps = steps(layer, dossier, coverage, due, invited)
    coverage.people = people(layer, dossier)
    coverage.set_aside = set_aside(layer, dossier, due, invited)
    return coverage


def of_each(layer, dossiers):
    """Return {dossier id: Coverage} without progress; costs six queries for however many dossiers."""
    pks = [dossier.pk for dossier in dossiers]
    claims, links, none_found, places, visits = (defaultdict(list) for _ in range(5))
    # A claim's own words are wanted, its document's text never.
    for claim in (
        Claim.objects.live()
        .filter(layer=layer, dossier__in=pks)
        .select_related("speaker", "reporter")
        .defer("prefix", "suffix")
        .order_by("document", "start", "end", "number")
    ):
        claims[claim.dossier_id].append(claim)
    for link in (
        Link.objects.live()
        .filter(layer=layer, dossier__in=pks)
        .exclude(relation="unrelated")
        .select_related("target_actor", "target_work__publisher")
        .defer("target_work__text", "target_work__page_starts")
    ):
        links[link.dossier_id].append(link)
    for found in (
        NoResponse.objects.live()
        .filter(layer=layer, assertion__dossier__in=pks)
        .select_related("created_by", "assertion")
    ):
        none_found[found.assertion.dossier_id].append(found)
    for place in (
        DossierDocument.objects.filter(dossier__in=pks)
        .select_related("document__publisher")
        .defer("document__text", "document__page_starts")
    ):
        places[place.dossier_id].append(place)
    for dossier, document in Visit.objects.filter(layer=layer, dossier__in=pks).values_list("dossier", "document"):
        visits[dossier].append(document)
    return {
        dossier.pk: assemble(
            layer,
            dossier,
            claims=claims[dossier.pk],
            links=links[dossier.pk],
            none_found=none_found[dossier.pk],
            places=places[dossier.pk],
            visits=set(visits[dossier.pk]),
        )
        for dossier in dossiers
    }


def assemble(layer, dossier, *, claims, links, none_found, places, visits):
    """Return the Coverage of what was loaded for one dossier."""
    documents = {place.document_id: place.document for place in places}
    by_pk = {claim.pk: claim for claim in claims}
    for claim in claims:
        claim.dossier = dossier
        if claim.document_id in documents:
            claim.document = documents[claim.document_id]
    links = [link for link in links if link.response_id in by_pk]
    for link in links:
        link.response = by_pk[link.response_id]
        for name in ("target_claim", "target_response"):
            pk = getattr(link, f"{name}_id")
            if pk in by_pk:
                setattr(link, name, by_pk[pk])
    ordered = figures.in_reading_order(claims, documents)
    heads = {claim.pk: head_of(claim, by_pk) for claim in ordered if claim.role == Claim.Role.ASSERTION}
    repeats, direct = defaultdict(list), defaultdict(list)
    for claim in ordered:
        if claim.pk in heads and heads[claim.pk] is not claim:
            repeats[heads[claim.pk].pk].append(claim)
    for link in links:
        if link.scope == Link.Scope.CLAIM and link.target_claim_id in heads:
            direct[heads[link.target_claim_id].pk].append(link)
    general = general_links(links)
    found_by = {heads[row.assertion_id].pk: row for row in none_found if row.assertion_id in heads}
    rows = []
    for claim in ordered:
        if heads.get(claim.pk) is not claim:
            continue
        row = Covered(claim=claim, state="", direct=direct[claim.pk], repeats=repeats[claim.pk])
        row.general = [
            link
            for link, work in general
            if any(belongs_to(one, work, documents) for one in (claim, *repeats[claim.pk]))
        ]
        row.no_response = found_by.get(claim.pk)
        if row.no_response is not None:
            was_read = {UUID(str(pk)) for pk in row.no_response.documents}
            row.read = [document for pk, document in documents.items() if pk in was_read]
            row.unread = [
                place.document for place in places if place.side in RESPONDING and place.document_id not in was_read
            ]
            row.unread = [document for document in row.unread if not document.is_cited_work]
        row.state = state_of(row)
        rows.append(row)
    without_target, unpaired = responses_without(ordered, links)
    with_claims = {claim.document_id for claim in claims}
    untouched = [
        document
        for pk, document in documents.items()
        if pk not in with_claims and pk not in visits and not document.is_cited_work
    ]
    return Coverage(
        dossier=dossier,
        layer=layer,
        assertions=rows,
        without_target=without_target,
        unpaired=unpaired,
        untouched=untouched,
        documents=places,
        response_count=sum(1 for claim in claims if claim.role == Claim.Role.RESPONSE),
        counts={state: sum(1 for row in rows if row.state == state) for state in STATES},
        repeat_count=sum(len(found) for found in repeats.values()),
    )


def state_of(row):
    """Return which of the four an assertion is.

    That somebody searched and found none is a person's word about this very assertion, so it stands before a denial of
    the whole work.
    """
    if row.direct:
        return State.DIRECT
    if row.no_response is not None:
        return State.NONE_FOUND
    return State.GENERAL if row.general else State.NOT_EXAMINED


def head_of(claim, by_pk):
    """Return the claim that ``claim`` repeats in the end, or itself; a circle ends where it is entered again."""
    seen = {claim.pk}
    while claim.restates_id in by_pk and claim.restates_id not in seen:
        claim = by_pk[claim.restates_id]
        seen.add(claim.pk)
    # In a circle everybody must arrive at the same claim.
    return min((by_pk[pk] for pk in seen), key=lambda row: row.number) if claim.restates_id in seen else claim


def general_links(links):
    """Return [(link, work), …]: responses to a whole work, and those that continue one, however long the chain."""
    continued_by = defaultdict(list)
    for link in links:
        if link.scope == Link.Scope.CONTINUES:
            continued_by[link.target_response_id].append(link)
    found = []
    for start in links:
        if start.scope != Link.Scope.WORK:
            continue
        found.append((start, start.target_work))
        seen, waiting = {start.response_id}, [start.response_id]
        while waiting:
            for link in continued_by[waiting.pop()]:
                if link.response_id not in seen:
                    seen.add(link.response_id)
                    waiting.append(link.response_id)
                    found.append((link, start.target_work))
    return found


def belongs_to(claim, work, documents):
    """Whether an assertion is one of a work's: it stands in it, or its speaker is who published the work.

    A cited work whose publisher is not known takes in every assertion of the dossier, for nothing says which are others'.
    """
    if claim.document_id == work.pk:
        return True
    publisher = work.publisher
    if publisher is None:
        return work.pk not in documents or documents[work.pk].is_cited_work
    speaker = claim.speaker
    return speaker is not None and (
        speaker.pk == publisher.pk or bool(speaker.organisation) and speaker.organisation == publisher.name
    )


def responses_without(claims, links):
    """Return (responses that answer nobody in particular, responses without a link), both in reading order."""
    by_response = defaultdict(list)
    for link in links:
        by_response[link.response_id].append(link)
    without_target, unpaired = [], []
    for claim in claims:
        if claim.role != Claim.Role.RESPONSE:
            continue
        own = by_response[claim.pk]
        if not own:
            unpaired.append(Unpaired(claim, own))
        elif all(link.scope in (Link.Scope.OPEN, Link.Scope.QUESTIONER) for link in own):
            without_target.append(Unpaired(claim, own))
    return without_target, unpaired


# --- progress ---------------------------------------------------------------------------------------------------------

COUNTED = {
    "claim": "claims",
    "link": "links",
    "noresponse": "none found",
    "figurecomparison": "figures",
    "assessment": "verdicts",
    "citation": "citations",
}
MODELS = (Claim, Link, NoResponse, FigureComparison, Assessment, Citation)


def steps(layer, dossier, coverage, due, invited):
    """Return how far each kind of decision is, in the order of the queue; costs eight queries.

    ``due`` and ``invited`` are what ``figures.to_compare`` and ``figures.checks`` return.
    """
    settled, suggested = suggestions(layer, dossier, [place.document_id for place in coverage.documents])
    labels = Link.objects.live().filter(layer=layer, dossier=dossier)
    labelled = labels.aggregate(total=Count("pk"), done=Count("pk", filter=~Q(relation="")))
    compared = FigureComparison.objects.live().filter(layer=layer, link__dossier=dossier).count()
    judged = Q(assessments__deleted_at=None) & ~Q(assessments__verification__in=["unchecked", "in_progress"])
    picked = Claim.objects.live().filter(layer=layer, dossier=dossier, wants_check=True)
    checked = picked.aggregate(
        total=Count("pk", distinct=True), done=Count("pk", distinct=True, filter=judged & Q(assessments__isnull=False))
    )
    paired = coverage.response_count - len(coverage.unpaired)
    examined = coverage.counts[State.DIRECT] + coverage.counts[State.NONE_FOUND]
    confirmed = sum(1 for check in invited if check.comparison is not None)
    return [
        Step("claims", "suggested claims decided", settled, suggested),
        Step("pairs", "responses paired", paired, coverage.response_count),
        Step("labels", "links labelled", labelled["done"], labelled["total"]),
        Step("none", "assertions responded to or searched for", examined, coverage.total),
        Step("figures", "figures compared", compared, compared + len(due)),
        Step("arithmetic", "sums and conversions decided", confirmed, len(invited)),
        Step("checks", "claims checked", checked["done"], checked["total"]),
    ]


# What a decision of the queue is about, as the workspace names its kinds.
QUEUE = {
    "setup": "set-up",
    "claim": "suggested claim",
    "pair": "pair",
    "none": "no response",
    "figure": "figure",
    "check": "check",
}


def set_aside(layer, dossier, due, invited):
    """Return the decisions that were set aside, oldest first, each named by what it is about; costs four queries."""
    rows = list(
        Postponement.objects.live()
        .filter(layer=layer, dossier=dossier, state=Postponement.State.ASIDE)
        .select_related("created_by")
        .order_by("created_at", "uuid")
    )
    if not rows:
        return []
    subjects = [row.subject for row in rows]
    names = {claim.pk: claim.name for claim in Claim.objects.filter(pk__in=subjects).only("role", "number")}
    links = Link.objects.filter(pk__in=subjects).select_related("response", "target_claim", "target_work")
    names |= {link.pk: str(link) for link in links.select_related("target_response", "target_actor")}
    suggested = Suggestion.objects.filter(pk__in=subjects).values_list("pk", "quote")
    names |= {pk: f"“{quote if len(quote) <= 80 else quote[:79] + '…'}”" for pk, quote in suggested}
    # A figure is postponed for one link, a sum by its key: the queue makes one uuid of such a compound name.
    names |= {compound(f"{link.pk}.{mention.pk}"): f"{mention.quote} in {link}" for link, mention in due}
    names |= {compound(check.key): f"{check.line} in {check.claim.name}" for check in invited}
    return [
        SetAside(QUEUE.get(row.task, row.task), names.get(row.subject, ""), row.reason, row.created_by, row.created_at)
        for row in rows
    ]


def compound(name):
    return uuid5(NAMESPACE_OID, name)


def suggestions(layer, dossier, documents):
    """Return (how many suggested claims are settled, how many there are); those in left-out stretches do not count.

    One is settled by a decision on it, or by a claim that lies over most of it. In the control part there are none.
    """
    if dossier.is_control:
        return 0, 0
    out, spans = defaultdict(list), defaultdict(list)
    left_out = Exclusion.objects.live().filter(document__in=documents).exclude(state=Exclusion.State.KEPT)
    for document, start, end in left_out.values_list("document", "start", "end"):
        out[document].append((start, end))
    claims = Claim.objects.live().filter(layer=layer, dossier=dossier)
    for document, start, end in claims.values_list("document", "start", "end"):
        spans[document].append((start, end))
    decided = set(
        Decision.objects.live()
        .filter(layer=layer, suggestion__document__in=documents)
        .values_list("suggestion", flat=True)
    )
    rows = Suggestion.objects.filter(Q(layer=None) | Q(layer=layer), kind="claim", document__in=documents)
    settled = total = 0
    for pk, document, start, end in rows.values_list("pk", "document", "start", "end"):
        if shared(out[document], start, end):
            continue
        total += 1
        settled += pk in decided or shared(spans[document], start, end) * 2 > end - start
    return settled, total


def shared(spans, start, end):
    """Return how many characters of ``[start, end)`` lie in ``spans``."""
    return sum(max(0, min(right, end) - max(left, start)) for left, right in spans)


def people(layer, dossier):
    """Return what each person made that still stands, most first, with when they were last at work."""
    table = defaultdict(dict)
    for model in MODELS:
        rows = standing(model, layer, dossier).values_list("created_by").annotate(number=Count("pk"))
        for person, number in rows:
            table[person][COUNTED[model._meta.model_name]] = number
    last = dict(
        Change.objects.filter(dossier=dossier, layer=layer).values_list("actor").annotate(last=Max("at")).order_by()
    )
    names = User.objects.in_bulk([pk for pk in {*table, *last} if pk])
    found = [
        Work(
            person=names.get(pk),
            counts={title: table[pk].get(title, 0) for title in COUNTED.values()},
            last_at=last.get(pk),
        )
        for pk in {*table, *last}
    ]
    return sorted(found, key=lambda row: (-row.total, str(row.person)))


def standing(model, layer, dossier):
    """Return the live rows of a model that belong to one dossier."""
    rows = model.objects.live().filter(layer=layer).order_by()
    if model in (Claim, Link):
        return rows.filter(dossier=dossier)
    if model is NoResponse:
        return rows.filter(assertion__dossier=dossier)
    if model is FigureComparison:
        return rows.filter(Q(link__dossier=dossier) | Q(claim__dossier=dossier))
    if model is Assessment:
        return rows.filter(claim__dossier=dossier)
    return rows.filter(
        Q(claim__dossier=dossier)
        | Q(link__dossier=dossier)
        | Q(no_response__assertion__dossier=dossier)
        | Q(comparison__link__dossier=dossier)
        | Q(comparison__claim__dossier=dossier)
        | Q(assessment__claim__dossier=dossier)
    )


@dataclass(slots=True)
class LayerProgress:
    """How far one annotator is, without a word of what they annotated: what an owner sees before adjudication."""

    layer: Layer
    opened: int
    total: int
    last_at: datetime | None


def of_layers(project):
    """Return the progress of every annotator's layer: documents opened, and when it was last written in."""
    layers = project.layers.live().filter(kind=Layer.Kind.ANNOTATOR).select_related("annotator")
    total = (
        DossierDocument.objects.filter(dossier__project=project, dossier__deleted_at=None, document__text__isnull=False)
        .values("dossier", "document")
        .distinct()
        .count()
    )
    opened = dict(
        Visit.objects.filter(layer__project=project, dossier__deleted_at=None, document__text__isnull=False)
        .values_list("layer")
        .annotate(number=Count("document", distinct=True))
        .order_by()
    )
    last = dict(Change.objects.filter(project=project).values_list("layer").annotate(last=Max("at")).order_by())
    return [LayerProgress(layer, opened.get(layer.pk, 0), total, last.get(layer.pk)) for layer in layers]
