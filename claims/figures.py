"""Figures inside claims: how a layer reads them, what came of them in the responses, and the sums a text invites.

Everything here answers for one layer of one dossier and costs a few queries however many claims there are. Texts are
loaded once a document; comparing is left to ``claims.quantities``, which is imported at the first comparison.
"""

import calendar
import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Q

from claims import annotating
from claims.errors import StaleWrite
from claims.models import (
    Citation,
    Claim,
    Decision,
    Document,
    FigureComparison,
    FigureReading,
    Link,
    Mention,
    Modifier,
    Quantity,
    Stretch,
)

NO_COUNTER_FIGURE = "no_counter_figure"
WITHHELD = "withheld"
# An implied rate further than this from another one of the same two currencies is pointed out.
RATE_TOLERANCE = Decimal("0.05")
# A sentence longer than this either side of its figure is cut, so that a text of one line stays readable.
SENTENCE_WIDTH = 400

WORDS = {"~": "about ", ">": "over ", "<": "under ", "up": "up ", "down": "down "}


# --- readings ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """How one layer reads one figure: the pipeline's reading, or the layer's own where it mended it."""

    mention_id: UUID
    quote: str
    kind: str
    value: Decimal
    value_high: Decimal | None = None
    modifier: str = Modifier.EQUAL
    unit: str = ""
    currency: str = ""
    counted: str = ""
    period_start: date | None = None
    period_end: date | None = None
    is_mended: bool = False

    def __str__(self):
        return " · ".join(part for part in (self.amount, self.counted, self.period) if part)

    @property
    def amount(self):
        """Value and unit as one would write them: ``about 412``, ``USD 1,240,000``, ``38 %``."""
        value = number_words(self.value)
        if self.value_high is not None and self.modifier in (Modifier.UP, Modifier.DOWN):
            value = f"from {value} to {number_words(self.value_high)}"
        elif self.value_high is not None:
            value = f"{value}–{number_words(self.value_high)}"
        about = WORDS.get(self.modifier, "")
        if self.currency:
            _, per, rest = self.unit.partition(" per ")
            return f"{about}{self.currency} {value}{per}{rest}"
        if self.unit in ("%", "percent"):
            return f"{about}{value} %"
        if not self.unit:
            return f"{about}{value}"
        return f"{about}{value} {self.unit if self.is_one else plural(self.unit)}"

    @property
    def is_plain(self):
        """Whether the printed words say the value already, as ``412`` does and ``nine`` or ``18.6 million`` do not."""
        return self.amount == self.quote.strip()

    @property
    def details(self):
        """What the printed words may not say: the value where it is spelled otherwise, what is counted, the period."""
        parts = (None if self.is_plain else self.amount, self.counted, self.period)
        return " · ".join(part for part in parts if part)

    @property
    def is_one(self):
        return self.value == 1 and self.value_high is None

    @property
    def period(self):
        return period_words(self.period_start, self.period_end)

    def in_claim(self, claim):
        """Return this reading with the period its claim speaks of, where it names none itself."""
        if self.period_start or self.period_end:
            return self
        return replace(self, period_start=claim.period_start, period_end=claim.period_end)

    def as_figure(self):
        """Return the reading as ``claims.quantities`` compares it."""
        from claims.quantities import Figure

        return Figure(
            start=0,
            end=len(self.quote),
            quote=self.quote,
            value=self.value,
            value_high=self.value_high,
            modifier=self.modifier,
            unit=self.unit or None,
            currency=self.currency or None,
            counted=self.counted or None,
            kind=self.kind,
            period_start=self.period_start,
            period_end=self.period_end,
        )


def number_words(value):
    """Return a number with its thousands apart and no more places than it has: ``12,814``, ``1.5``."""
    if value.as_tuple().exponent < -6:
        # One in three has no last digit; nobody reads more than these.
        value = round(value, 4)
    words = f"{value:,f}"
    return words.rstrip("0").rstrip(".") if "." in words else words


def plural(unit):
    """Return a unit as it stands behind a number that is not one: ``kilometres``, ``years of age``, ``miles per hour``."""
    first, *rest = re.split(r"( per | of )", unit)
    word = first.rpartition(" ")[2]
    if first.startswith("degree "):
        return f"degrees{unit.removeprefix('degree')}"
    if len(word) < 3 or not word.isalpha() or word.endswith(("s", "ch")) or word[-1].isupper():
        return unit
    return "".join([first, "s", *rest])


def period_words(start, end):
    """Return a period as short as it can be said: ``2021``, ``March 2025``, ``1 April 2024 – 31 March 2025``."""
    if start is None and end is None:
        return ""
    if start is None or end is None:
        return f"from {day_words(start)}" if start else f"to {day_words(end)}"
    if start == end:
        return day_words(start)
    whole_months = start.day == 1 and end.day == calendar.monthrange(end.year, end.month)[1]
    if not whole_months:
        return f"{day_words(start)} – {day_words(end)}"
    if start.month == 1 and end.month == 12:
        return str(start.year) if start.year == end.year else f"{start.year}–{end.year}"
    if (start.year, start.month) == (end.year, end.month):
        return f"{calendar.month_name[start.month]} {start.year}"
    from_year = "" if start.year == end.year else f" {start.year}"
    return f"{calendar.month_name[start.month]}{from_year} – {calendar.month_name[end.month]} {end.year}"


def day_words(day):
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


def readings(layer, mentions):
    """Return {mention id: Reading} as ``layer`` reads the figures; rejected ones are left out. Costs two queries."""
    mentions = list(mentions)
    loaded = {mention.pk: mention.quantity for mention in mentions if is_loaded(mention)}
    missing = [mention.pk for mention in mentions if mention.pk not in loaded]
    if missing:
        loaded |= {quantity.pk: quantity for quantity in Quantity.objects.filter(mention__in=missing)}
    decided = decisions(layer, mentions)
    found = {}
    for mention in mentions:
        reading = read(mention, loaded.get(mention.pk), decided.get(mention.pk))
        if reading is not None:
            found[mention.pk] = reading
    return found


def is_loaded(mention):
    """Whether the figure came along with its mention by ``select_related``; one that has none counts as loaded."""
    return "quantity" in mention._state.fields_cache and mention._state.fields_cache["quantity"] is not None


def decisions(layer, mentions):
    """Return {mention id: Decision} of what this layer decided about figures; costs one query."""
    documents = {mention.document_id for mention in mentions}
    if not documents:
        return {}
    own = {mention.pk for mention in mentions if mention.layer_id}
    found = {}
    for row in Decision.objects.filter(layer=layer, mention__document__in=documents).order_by("created_at"):
        if row.deleted_at is None:
            found[row.mention_id] = row
        elif row.mention_id in own and row.mention_id not in found:
            # A person marked this figure and took that back: to this layer it is none.
            row.outcome = Decision.Outcome.REJECTED
            found[row.mention_id] = row
    return found


def read(mention, quantity, decision):
    """Return how a figure is read after ``decision``, or None where it is no figure."""
    if decision is not None and decision.outcome == Decision.Outcome.REJECTED:
        return None
    if decision is not None and decision.outcome == Decision.Outcome.MENDED:
        values = from_plain(decision.reading)
    elif quantity is not None:
        values = {name: getattr(quantity, name) for name in FigureReading.READING}
    else:
        return None
    is_mended = decision is not None and decision.outcome == Decision.Outcome.MENDED
    return Reading(mention_id=mention.pk, quote=mention.quote, is_mended=is_mended, **values)


def from_plain(reading):
    """Return the values of a mended reading, kept as text or null in a Decision, as their own types."""
    values = {}
    for name in FigureReading.READING:
        column = FigureReading._meta.get_field(name)
        value = column.to_python(reading.get(name))
        values[name] = "" if value is None and not column.null else value
    return values


# --- what stands inside claims ----------------------------------------------------------------------------------------


class Sentence(NamedTuple):
    """The sentence, or the line, that a figure stands in: what is before it, the figure, what is after it."""

    before: str
    quote: str
    after: str

    def __str__(self):
        return f"{self.before}{self.quote}{self.after}"


END = re.compile(r"[.!?…។。！？]+[\"'”’»)\]]*\s+")
# After these a full stop ends no sentence.
SHORT = re.compile(
    r"(?:^|[\s(“\"])(?:[A-Z]|No|Nos|Mr|Mrs|Ms|Dr|Prof|St|Gen|Col|Capt|Sgt|Lt|Rs|Art|Sec|Fig|approx|ca|cf|e\.g|i\.e|vs|pp?"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.$"
)


def sentence_around(text, start, end):
    """Return the Sentence around ``[start, end)`` of a text; never beyond its line."""
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    line_end = len(text) if line_end == -1 else line_end
    cut_start, cut_end = max(line_start, start - SENTENCE_WIDTH), min(line_end, end + SENTENCE_WIDTH)
    before, after = text[cut_start:start], text[end:cut_end]
    begin = max((match.end() for match in END.finditer(before) if ends(before, match, text[start:])), default=0)
    is_cut = begin == 0 and cut_start > line_start
    before = "…" + before.partition(" ")[2] if is_cut else before[begin:]
    stop = next((match for match in END.finditer(after) if ends(after, match, "")), None)
    if stop is not None:
        after = after[: stop.end()].rstrip()
    elif cut_end < line_end:
        after = after.rpartition(" ")[0] + " …"
    return Sentence(before.lstrip(), text[start:end], after.rstrip())


def ends(text, match, following):
    """Whether a sentence ends at ``match``: no abbreviation before it, no small letter after it."""
    rest = text[match.end() : match.end() + 2] or following[:2]
    if rest[:1].islower():
        return False
    stop = text[: match.start() + 1]
    return text[match.start()] != "." or not SHORT.search(stop[-8:])


def claims_in(layer, dossier):
    """Return the live claims of a dossier with their speakers, without their documents."""
    claims = Claim.objects.live().filter(layer=layer, dossier=dossier)
    return list(claims.select_related("speaker", "reporter").defer("prefix", "suffix"))


def order_in(dossier):
    """Return {document id: place} of a dossier's documents; costs one query."""
    places = dossier.places.order_by("position", "pk").values_list("document", flat=True)
    return {document: place for place, document in enumerate(places)}


def documents_in(dossier, *, text):
    """Return {pk: Document} of a dossier in its order, each once; ``text`` says which texts are wanted along."""
    documents = Document.objects.filter(places__dossier=dossier).order_by("places__position", "places__pk")
    documents = documents.select_related("publisher")
    if not text:
        documents = documents.without_loading_text()
    return {document.pk: document for document in documents}


def in_reading_order(claims, documents):
    """Sort claims by their document's place in the dossier, then by where they stand."""
    order = {pk: place for place, pk in enumerate(documents)}
    return sorted(claims, key=lambda row: (order.get(row.document_id, len(order)), row.start, row.end, row.number))


class Spot(NamedTuple):
    """Where a claim stands: all that finding the figures inside it needs."""

    pk: UUID
    document_id: UUID
    start: int
    end: int


def spots_in(layer, dossier):
    """Return the Spots of a dossier's live claims, the shortest first; costs one query and makes no models."""
    claims = Claim.objects.live().filter(layer=layer, dossier=dossier)
    spots = (Spot(*row) for row in claims.order_by().values_list("pk", "document", "start", "end"))
    return sorted(spots, key=lambda spot: (spot.end - spot.start, spot.start, spot.pk))


def stretches_in(layer, claims):
    """Return {claim id: [(start, end), …]} of the claims that have several parts; costs one query."""
    documents = {claim.document_id for claim in claims}
    parts = Stretch.objects.filter(claim__layer=layer, claim__document__in=documents).order_by("claim", "position")
    found = defaultdict(list)
    for claim, start, end in parts.values_list("claim", "start", "end"):
        found[claim].append((start, end))
    return found


def figures_inside(layer, claims):
    """Return {claim id: [Mention, …]} of the figures that stand inside claims; costs two queries."""
    claims = list(claims)
    if not claims:
        return {}
    mentions = (
        Mention.objects.filter(Q(layer=None) | Q(layer=layer), kind=Mention.Kind.QUANTITY)
        .filter(document__in={claim.document_id for claim in claims})
        .filter(start__gte=min(claim.start for claim in claims), end__lte=max(claim.end for claim in claims))
        .select_related("quantity")
        .defer("prefix", "suffix", "suggester", "label", "name")
        .order_by("document", "start", "end", "uuid")
    )
    return placed(mentions, claims, stretches_in(layer, claims))


def figures_answered(link):
    """Return [(link, mention), …]: the figures of the claim that a link answers, as its layer reads them."""
    inside = figures_inside(link.layer, [link.target_claim])[link.target_claim_id]
    read_as = readings(link.layer, inside)
    return [(link, mention) for mention in inside if mention.pk in read_as]


def placed(mentions, claims, stretches):
    """Return {claim id: [Mention, …]}: which of ``mentions``, in order of their start, stand inside which claim."""
    by_document = defaultdict(list)
    for mention in mentions:
        by_document[mention.document_id].append(mention)
    starts = {document: [mention.start for mention in rows] for document, rows in by_document.items()}
    inside = {}
    for claim in claims:
        rows = by_document[claim.document_id]
        found = inside[claim.pk] = []
        for start, end in stretches.get(claim.pk) or [(claim.start, claim.end)]:
            at = bisect_left(starts.get(claim.document_id, []), start)
            while at < len(rows) and rows[at].start < end:
                if rows[at].end <= end:
                    found.append(rows[at])
                at += 1
    return inside


# --- rows -------------------------------------------------------------------------------------------------------------


class State:
    """What became of a figure; the last that applies of a list from nothing to a ruling."""

    IDLE = "idle"
    OPEN = "open"
    DISMISSED = "dismissed"
    COMPARED = "compared"
    WITHHELD = "withheld"
    RULED = "ruled"


@dataclass(slots=True)
class FigureRow:
    """One figure inside one claim, with what the responses make of it."""

    claim: Claim
    mention: Mention
    reading: Reading
    sentence: Sentence
    comparisons: list[FigureComparison] = field(default_factory=list)
    # Links whose outcome for this figure is due.
    due: list[Link] = field(default_factory=list)
    # Every link whose response bears on the claim, due or not: what it could be compared in.
    links: list[Link] = field(default_factory=list)

    @property
    def key(self):
        return f"{self.claim.pk}.{self.mention.pk}"

    @property
    def speaker(self):
        return self.claim.speaker

    @property
    def period(self):
        return self.reading.in_claim(self.claim).period

    @property
    def state(self):
        if any(row.ruling for row in self.comparisons):
            return State.RULED
        if self.due:
            return State.OPEN
        standing = [row for row in self.comparisons if not row.is_dismissed]
        if any(row.outcome == WITHHELD for row in standing):
            return State.WITHHELD
        if standing:
            return State.COMPARED
        return State.DISMISSED if self.comparisons else State.IDLE


def comparisons_in(layer, dossier):
    """Return every live comparison of a dossier with its figures, its link and its citations; costs two queries."""
    citations = Citation.objects.live().select_related("document").defer("document__text", "document__page_starts")
    rows = (
        FigureComparison.objects.live()
        .filter(Q(link__dossier=dossier) | Q(claim__dossier=dossier), layer=layer)
        .select_related("quantity", "counter_quantity", "ruled_by", "link__response__speaker", "claim")
        .prefetch_related(Prefetch("citations", queryset=citations, to_attr="live_citations"))
    )
    return list(rows)


def pairs_in(layer, dossier):
    """Return the live links from a response to a claim that are pairs, the claims' figures being what may be disputed."""
    links = Link.objects.live().filter(layer=layer, dossier=dossier, scope=Link.Scope.CLAIM)
    return links.exclude(relation="unrelated")


def rows(layer, dossier, *, claims=None):
    """Return a FigureRow for every figure inside a live claim, in reading order; ``claims`` narrows it to some ids.

    Costs nine queries, the texts of the dossier's documents being one of them.
    """
    documents = documents_in(dossier, text=True)
    found = in_reading_order(claims_in(layer, dossier), documents)
    inside = figures_inside(layer, found)
    read_as = readings(layer, {mention.pk: mention for rows in inside.values() for mention in rows}.values())
    links = list(pairs_in(layer, dossier).select_related("response__speaker", "target_claim"))
    compared = comparisons_in(layer, dossier)
    due, about = defaultdict(list), defaultdict(list)
    for link, mention in undecided(links, inside, read_as, compared, {claim.pk: claim for claim in found}):
        due[link.target_claim_id, mention.pk].append(link)
    for link in links:
        about[link.target_claim_id].append(link)
    outcomes = by_figure(compared)
    wanted = None if claims is None else set(claims)
    table = []
    for claim in found:
        if wanted is not None and claim.pk not in wanted:
            continue
        claim.document = documents[claim.document_id]
        for mention in inside[claim.pk]:
            if mention.pk in read_as:
                table.append(
                    FigureRow(
                        claim=claim,
                        mention=mention,
                        reading=read_as[mention.pk],
                        sentence=sentence_around(claim.document.text, mention.start, mention.end),
                        comparisons=outcomes[claim.pk, mention.pk],
                        due=due[claim.pk, mention.pk],
                        links=about[claim.pk],
                    )
                )
    return table


def by_figure(compared):
    """Return {(claim id, mention id): [FigureComparison, …]}: under the figure in question and under its counter-figure.

    Checks of a claim's own arithmetic are shown apart and are not in it.
    """
    found = defaultdict(list)
    for row in compared:
        if row.link_id is None:
            continue
        found[row.link.target_claim_id, row.quantity_id].append(row)
        if row.counter_quantity_id:
            found[row.link.response_id, row.counter_quantity_id].append(row)
    return found


def rejected(layer, dossier):
    """Return [(claim, mention, decision), …]: what stands in a claim, was read as a figure and is none to this layer."""
    documents = documents_in(dossier, text=False)
    claims = in_reading_order(claims_in(layer, dossier), documents)
    inside = figures_inside(layer, claims)
    decided = decisions(layer, [mention for rows in inside.values() for mention in rows])
    return [
        (claim, mention, decided[mention.pk])
        for claim in claims
        for mention in inside[claim.pk]
        if mention.pk in decided and decided[mention.pk].outcome == Decision.Outcome.REJECTED
    ]


# --- assertion against response ---------------------------------------------------------------------------------------


def to_compare(layer, dossier):
    """Return [(link, mention), …]: figures that a response disputes, withholds or sets another against, not decided yet.

    Every figure of the claim where the link says that a figure is disputed or that the response withholds; otherwise
    those alone that a figure of the response's own could be set against. In reading order; costs seven queries. The
    workspace asks this for every screen, so links come without their claims' texts, speakers and documents.
    """
    links = list(pairs_in(layer, dossier))
    ends = {pk for link in links for pk in (link.target_claim_id, link.response_id)}
    claims = Claim.objects.live().filter(layer=layer, dossier=dossier).order_by()
    span = ("uuid", "layer", "dossier", "document", "role", "number", "start", "end", "period_start", "period_end")
    claims = {claim.pk: claim for claim in claims.only(*span) if claim.pk in ends}
    links = [link for link in links if link.target_claim_id in claims and link.response_id in claims]
    for link in links:
        link.response, link.target_claim = claims[link.response_id], claims[link.target_claim_id]
    # Where every figure is in question, the response's own are not asked for.
    asked = {link.target_claim_id for link in links} | {
        link.response_id for link in links if not puts_figures_in_question(link)
    }
    inside = figures_inside(layer, [claims[pk] for pk in asked])
    read_as = readings(layer, {mention.pk: mention for rows in inside.values() for mention in rows}.values())
    compared = FigureComparison.objects.live().filter(layer=layer, link__dossier=dossier)
    compared = list(compared.only("link", "quantity", "counter_quantity"))
    order = order_in(dossier)
    return sorted(
        undecided(links, inside, read_as, compared, claims),
        key=lambda row: (order.get(row[1].document_id, len(order)), row[1].start, row[0].created_at),
    )


def undecided(links, inside, read_as, compared, claims):
    """Yield (link, mention) without an outcome, of what is given."""
    decided = {(row.link_id, row.quantity_id) for row in compared}
    used = {(row.link_id, row.counter_quantity_id) for row in compared}
    for link in links:
        target, response = claims.get(link.target_claim_id), claims.get(link.response_id)
        if target is None or response is None:
            continue
        is_asked = puts_figures_in_question(link)
        counters = [
            read_as[mention.pk].in_claim(response)
            for mention in (() if is_asked else inside[response.pk])
            if mention.pk in read_as and (link.pk, mention.pk) not in used
        ]
        for mention in inside[target.pk]:
            reading = read_as.get(mention.pk)
            if reading is None or (link.pk, mention.pk) in decided:
                continue
            if is_asked or any(is_set_against(reading, counter) for counter in counters):
                yield link, mention


def puts_figures_in_question(link):
    """Whether a link, as it is labelled, asks what came of every figure of its target."""
    return "figure" in link.disputed or "withholds" in link.strategies


def is_set_against(reading, counter):
    """Whether a response's figure plainly answers a figure: the same number again, or another of the same thing."""
    says_what = reading.kind != FigureReading.Kind.COUNT or bool(reading.counted and counter.counted)
    return may_compare(reading, counter) and (says_what or reading.value == counter.value)


def may_compare(reading, counter):
    """Whether two readings are of one kind and count the same thing, as far as they say; never loads the unit tables."""
    if (reading.kind, reading.unit, reading.currency) != (counter.kind, counter.unit, counter.currency):
        return False
    from claims.quantities import compare

    return "population" not in compare(reading.as_figure(), counter.as_figure()).differs_in


def counter_for(reading, counters):
    """Return the reading among ``counters`` to propose against ``reading``, or None.

    What names the same thing comes before what leaves it unsaid, then what is nearest in value.
    """
    fitting = [counter for counter in counters if may_compare(reading, counter)]
    return min(
        fitting,
        key=lambda counter: (
            bool(reading.counted) != bool(counter.counted),
            counter.period_start != reading.period_start,
            abs(counter.value - reading.value),
        ),
        default=None,
    )


def propose_outcome(reading, counter_reading):
    """Return (outcome, differs_in, absolute, relative) for a figure and the response's figure, or None for no figure.

    Differences are the response's figure less the claim's, and that divided by the claim's.
    """
    if counter_reading is None:
        return NO_COUNTER_FIGURE, [], None, None
    from claims.quantities import compare

    found = compare(reading.as_figure(), counter_reading.as_figure())
    differs_in = [name for name in FigureComparison.DIFFERENCES if name in found.differs_in]
    return found.outcome, differs_in, found.absolute, rounded(found.relative)


def rounded(share):
    """Return a share to six places: more would claim more than the figures were printed with."""
    return None if share is None else share.quantize(Decimal("0.000001")).normalize() + 0


# --- arithmetic the text invites --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Check:
    """A sum, a part of a whole or an amount in two currencies, as the text has them and this layer reads them.

    ``whole`` is the sum, the whole or the amount that was converted; ``parts`` what adds up to it, its part, or the
    amount it was converted to. ``holds`` is None where units differ and nothing can be said.
    """

    kind: str
    claim: Claim
    whole: Mention
    parts: list[Mention]
    whole_reading: Reading
    part_readings: list[Reading]
    outcome: str
    holds: bool | None
    difference: Decimal | None = None
    total: Decimal | None = None
    rate: Decimal | None = None
    # The rate another conversion of the same two currencies implies, where it is a different one.
    other_rate: Decimal | None = None
    sentence: Sentence | None = None
    comparison: FigureComparison | None = None

    @property
    def key(self):
        return f"{self.kind}.{self.subject.pk}"

    @property
    def subject(self):
        """The figure it is stored under: of a sum the sum, otherwise the part or the converted amount."""
        return self.whole if self.kind == FigureComparison.Check.SUM else self.parts[0]

    @property
    def line(self):
        """The arithmetic as one would write it: ``58 + 31 + 7 = 96``, ``332 of 370``, ``KHR 2,200,000 = USD 543``."""
        if self.kind == FigureComparison.Check.SUM:
            parts = " + ".join(number_words(reading.value) for reading in self.part_readings)
            return f"{parts} = {number_words(self.total)}"
        part, whole = self.part_readings[0], self.whole_reading
        if self.kind == FigureComparison.Check.PART:
            return f"{number_words(part.value)} of {number_words(whole.value)}"
        return f"{whole.amount} = {part.amount}"

    @property
    def mention_ids(self):
        return {self.whole.pk, *(part.pk for part in self.parts)}

    @property
    def state(self):
        if self.comparison is None:
            return State.OPEN
        if self.comparison.ruling:
            return State.RULED
        return State.DISMISSED if self.comparison.is_dismissed else "confirmed"


def checks(layer, dossier):
    """Return the Checks that figures inside claims invite, in reading order, and those that a person made.

    A part of a whole that is also one of the parts of its sum is checked once, in the sum. Costs ten queries, and little
    where few figures are tied to others: the workspace asks this for every screen.
    """
    order = order_in(dossier)
    stored = list(
        FigureComparison.objects.live()
        .filter(layer=layer, claim__dossier=dossier)
        .select_related("quantity__quantity", "counter_quantity__quantity", "claim", "ruled_by")
        .prefetch_related(
            Prefetch("citations", queryset=Citation.objects.live().select_related("document"), to_attr="live_citations")
        )
    )
    mentions = tied_figures(layer, order, stored)
    if not mentions:
        return []
    owner = owners(layer, dossier, mentions.values())
    read_as = readings(layer, mentions.values())
    found = [*invited(mentions, read_as, owner)]
    match_stored(found, stored, mentions, read_as, owner)
    if dossier.is_control:
        # To find the arithmetic is a suggestion; what a person decided stands.
        found = [row for row in found if row.comparison is not None]
    compare_rates(found)
    add_sentences(found)
    return sorted(found, key=lambda row: (order.get(row.whole.document_id, len(order)), row.whole.start, row.kind))


def tied_figures(layer, documents, stored):
    """Return {id: Mention} of the figures that are tied to another, what they are tied to, and those of stored checks."""
    visible = Mention.objects.filter(Q(layer=None) | Q(layer=layer)).select_related("quantity")
    tied = Q(quantity__sums_to__isnull=False) | Q(quantity__part_of__isnull=False) | Q(quantity__converts__isnull=False)
    near = visible.filter(tied, document__in=list(documents), kind=Mention.Kind.QUANTITY)
    mentions = {mention.pk: mention for mention in near}
    wanted = {
        pk
        for mention in mentions.values()
        for pk in (mention.quantity.sums_to_id, mention.quantity.part_of_id, mention.quantity.converts_id)
    }
    for row in stored:
        wanted |= {row.quantity_id, row.counter_quantity_id, *(UUID(str(pk)) for pk in row.addends)}
    wanted -= {None, *mentions}
    return mentions | {mention.pk: mention for mention in visible.filter(pk__in=wanted)}


def owners(layer, dossier, mentions):
    """Return {mention id: Claim}: the shortest claim around each figure, which is what the figure is about."""
    spots = spots_in(layer, dossier)
    mentions = sorted(mentions, key=lambda mention: (mention.start, mention.end))
    inside = placed(mentions, spots, stretches_in(layer, spots))
    owner = {}
    for spot in spots:
        for mention in inside[spot.pk]:
            owner.setdefault(mention.pk, spot.pk)
    claims = Claim.objects.select_related("speaker", "reporter").defer("prefix", "suffix").in_bulk(set(owner.values()))
    return {mention: claims[claim] for mention, claim in owner.items()}


def invited(mentions, read_as, owner):
    """Yield the Checks that the relations between figures invite, where a claim holds one of them."""
    sums = defaultdict(list)
    for mention in mentions.values():
        if is_loaded(mention) and mention.quantity.sums_to_id in mentions:
            sums[mention.quantity.sums_to_id].append(mention)
    for whole, parts in sums.items():
        check = make_check(FigureComparison.Check.SUM, mentions[whole], parts, read_as, owner)
        if check is not None and check.holds is not None:
            yield check
    for mention in mentions.values():
        if not is_loaded(mention):
            continue
        tied = mention.quantity
        if tied.part_of_id in mentions and tied.sums_to_id != tied.part_of_id:
            check = make_check(FigureComparison.Check.PART, mentions[tied.part_of_id], [mention], read_as, owner)
        elif tied.converts_id in mentions:
            check = make_check(FigureComparison.Check.CONVERSION, mentions[tied.converts_id], [mention], read_as, owner)
        else:
            continue
        if check is not None and check.holds is not None:
            yield check


def make_check(kind, whole, parts, read_as, owner):
    """Return the Check of these figures, or None where the layer reads one as no figure or no claim holds any."""
    parts = sorted((part for part in parts if part.pk in read_as), key=lambda part: part.start)
    claim = next((owner[row.pk] for row in (whole, *parts) if row.pk in owner), None)
    if claim is None or whole.pk not in read_as or not parts:
        return None
    whole_reading, part_readings = read_as[whole.pk], [read_as[part.pk] for part in parts]
    check = Check(
        kind=kind,
        claim=claim,
        whole=whole,
        parts=parts,
        whole_reading=whole_reading,
        part_readings=part_readings,
        outcome="same",
        holds=None,
    )
    compute(check)
    return check


def compute(check):
    """Set what the arithmetic gives: outcome, whether it holds, the difference or the rate."""
    from claims import quantities

    whole, parts = check.whole_reading.as_figure(), [reading.as_figure() for reading in check.part_readings]
    if check.kind == FigureComparison.Check.SUM:
        found = quantities.check_sum(parts, whole)
        check.outcome, check.difference, check.total = found.outcome, found.absolute, quantities.total(parts)
        check.holds = None if found.outcome == "not_comparable" else found.outcome != "differs"
    elif check.kind == FigureComparison.Check.PART:
        check.holds = quantities.check_part(parts[0], whole)
        check.difference = whole.value - parts[0].value
        check.outcome = {True: "same", False: "differs", None: "not_comparable"}[check.holds]
    elif whole.currency and parts[0].currency and whole.currency != parts[0].currency:
        check.rate = quantities.implied_rate(whole, parts[0])
        check.holds = None if check.rate is None else True
    else:
        found = quantities.compare(whole, parts[0])
        check.outcome, check.difference = found.outcome, found.absolute
        check.holds = None if found.outcome == "not_comparable" else found.outcome != "differs"


def match_stored(found, stored, mentions, read_as, owner):
    """Give each Check the row in which a person confirmed or dismissed it; rows without one become Checks themselves."""
    for row in stored:
        if row.check_kind == FigureComparison.Check.COMPARE:
            continue
        is_sum = row.check_kind == FigureComparison.Check.SUM
        addends = [UUID(str(pk)) for pk in row.addends]
        named = {row.quantity_id} if is_sum else {row.quantity_id, row.counter_quantity_id} - {None}
        check = next(
            (
                check
                for check in found
                if check.kind == row.check_kind
                and check.comparison is None
                and (check.whole.pk == row.quantity_id if is_sum else named == check.mention_ids)
            ),
            None,
        )
        if check is None:
            parts = [mentions[pk] for pk in addends if pk in mentions] if is_sum else [row.quantity]
            whole = row.quantity if is_sum else row.counter_quantity
            if whole is not None and parts:
                check = make_check(row.check_kind, whole, parts, read_as, {**owner, whole.pk: row.claim})
        if check is None:
            continue
        check.comparison, check.claim = row, row.claim
        if check not in found:
            found.append(check)


def compare_rates(found):
    """Mark conversions of the same two currencies whose rates are further apart than rounding explains."""
    rates = defaultdict(list)
    for check in found:
        if check.rate is not None:
            rates[check.whole_reading.currency, check.part_readings[0].currency].append(check)
    for same in rates.values():
        for check in same:
            others = [other.rate for other in same if other is not check]
            apart = [rate for rate in others if abs(rate - check.rate) > RATE_TOLERANCE * max(rate, check.rate)]
            if others and len(apart) == len(others):
                check.holds, check.outcome, check.other_rate = False, "differs", apart[0]


def add_sentences(found):
    """Give each Check the sentence of its whole; costs one query, for the texts that are needed."""
    texts = dict(
        Document.objects.filter(pk__in={check.whole.document_id for check in found}).values_list("pk", "text")
        if found
        else ()
    )
    for check in found:
        check.sentence = sentence_around(texts[check.whole.document_id], check.whole.start, check.whole.end)


# --- deeds ------------------------------------------------------------------------------------------------------------


def decide_check(act, check, *, is_dismissed, seen=0, note=""):
    """Confirm or dismiss a Check; ``seen`` is the version of the decision that was on the screen, 0 for none.

    Raises StaleWrite where somebody decided it meanwhile.
    """
    row = check.comparison
    if check.outcome == "not_comparable":
        # The schema wants a note that names what differs.
        note = note or "unit differs"
    values = {"is_dismissed": is_dismissed, "note": note, "outcome": check.outcome}
    if (row.version if row else 0) != seen:
        raise StaleWrite(row=row or FigureComparison(), attempted=values)
    if row is not None:
        return annotating.change(act, row, seen=seen, **values)
    is_sum = check.kind == FigureComparison.Check.SUM
    return annotating.compare(
        act,
        claim=check.claim,
        check_kind=check.kind,
        quantity=check.subject,
        counter_quantity=None if is_sum else check.whole,
        addends=[str(part.pk) for part in check.parts] if is_sum else [],
        absolute_difference=check.difference,
        differs_in=["unit"] if check.outcome == "not_comparable" else [],
        **values,
    )


def mend(act, mention, *, seen, outcome, reading=None):
    """Record how this layer reads a figure, that it is none, or that the first reading stands after all.

    ``seen`` is the version of the layer's decision that was on the screen, 0 for none; raises StaleWrite where
    somebody decided meanwhile.
    """
    if outcome == Decision.Outcome.MENDED:
        from_plain(reading)
    decision = Decision.objects.live().filter(layer=act.layer, mention=mention).first()
    values = {"outcome": outcome, "reading": reading or {}}
    if (decision.version if decision else 0) != seen:
        raise StaleWrite(row=decision or Decision(), attempted=values)
    if decision is not None:
        return act.change(decision, seen=seen, **values)
    if mention.kind != Mention.Kind.QUANTITY:
        raise ValidationError(f"“{mention.quote}” is not a figure.")
    return act.create(Decision(layer=act.layer, mention=mention, **values))
