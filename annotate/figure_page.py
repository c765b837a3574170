"""What the Figures page shows: each figure of a dossier with what came of it, and the arithmetic, in words and tones."""

from dataclasses import dataclass, field

from django.http import Http404
from django.urls import reverse

from annotate.access import chosen_layer, get_dossier
from claims.figures import State, checks, number_words, readings, rows
from claims.models import Act, FigureComparison
from claims.policy import may

FILTERS = {
    "all": "All figures",
    "open": "To compare",
    "compared": "Compared",
    "withheld": "Withheld",
    "ruled": "Ruled",
    "checks": "Sums and conversions",
}
EMPTY = {
    "all": "No figure stands inside a claim yet. Mark claims in the workspace; the figures in them are listed here.",
    "open": "Nothing is left to compare. Figures appear here when a response disputes them, withholds them, or gives "
    "another of the same kind.",
    "compared": "No figure has been compared with a response’s yet.",
    "withheld": "No figure is recorded as withheld.",
    "ruled": "No ruling has been made yet. Compare a figure first, then rule on the outcome.",
    "checks": "The claims hold no parts of a sum, no part of a whole and no amount in two currencies.",
}
STATES = {
    State.IDLE: ("nothing to compare", "idle"),
    State.OPEN: ("open", "warn"),
    State.DISMISSED: ("dismissed", ""),
    State.COMPARED: ("compared", "good"),
    State.WITHHELD: ("withheld", "withheld"),
    State.RULED: ("ruled", "ruled"),
    "confirmed": ("confirmed", "good"),
}
# Filters go by what is asked of a person; a dismissed comparison asks nothing.
FILTERED_AS = {State.IDLE: "", State.DISMISSED: ""}
CHECKS = {
    "sum": "Parts add up",
    "part": "Part of a whole",
    "conversion": "One amount, two units",
}


@dataclass
class Outcome:
    """One comparison as it stands in a row: the other figure, who gave it, the difference, the ruling."""

    comparison: FigureComparison
    phrase: str
    # Whose figure the row shows: the claim's, or the response's that was set against it.
    is_counter: bool
    partner: object
    other: object
    other_quote: str
    # Where the figure in question stands, if this row is of the other.
    address: str = ""
    absolute: str = ""
    relative: str = ""
    differs_in: str = ""
    ruling: str = ""
    form: object = None
    conflict: object = None


@dataclass
class Entry:
    """One figure on the page, with the form that is open in it, if any."""

    row: object
    key: str
    state: str
    tone: str
    outcomes: list
    due: list
    others: list
    # Where the figure is shown again without a form.
    address: str = ""
    form: object = None
    form_kind: str = ""
    conflict: object = None
    proposal: object = None


@dataclass
class Line:
    """One piece of arithmetic on the page."""

    check: object
    key: str
    title: str
    state: str
    tone: str
    difference: str
    rate: str
    other_rate: str
    # "confirmed", "dismissed" or "", with the version that says so.
    decision: str = ""
    version: int = 0
    ruling: str = ""
    address: str = ""
    error: str = ""
    conflict: object = None
    form: object = None


@dataclass
class Group:
    """One claim of the page with its figures and its arithmetic."""

    claim: object
    entries: list = field(default_factory=list)
    lines: list = field(default_factory=list)
    # Links whose response could be recorded as withholding all that is left of the claim's figures.
    withholders: list = field(default_factory=list)


@dataclass
class Conflict:
    """Both versions of a row that somebody else changed first: [(what, yours, theirs)]."""

    values: list
    version: int
    by: object = None


class Desk:
    """One dossier in the layer this person works in, and what the page shows of it."""

    def __init__(self, request, pk):
        self.request, self.user = request, request.user
        # What others had changed meanwhile, where a deed was merged with it.
        self.said = ""
        self.dossier = get_dossier(request.user, pk)
        self.project = self.dossier.project
        self.layer = chosen_layer(request, self.project)
        if self.layer is None:
            raise Http404("There is nothing settled in this project yet.")
        self.labels = self.project.vocabulary.by_facet()["figure_outcome"]
        self.may_annotate = may(self.user, "annotate", self.project, self.layer)
        self.may_rule = self.may_annotate and may(self.user, "rule_on_figures", self.project)
        self.load()

    def load(self):
        self.rows = rows(self.layer, self.dossier)
        self.checks = checks(self.layer, self.dossier)
        counters = {row.counter_quantity for one in self.rows for row in one.comparisons if row.counter_quantity}
        quantities = {row.quantity for one in self.rows for row in one.comparisons}
        known = {one.mention.pk: one.reading for one in self.rows}
        missing = [mention for mention in counters | quantities if mention.pk not in known]
        self.readings = known | (readings(self.layer, missing) if missing else {})
        self.entries = [self.entry(row) for row in self.rows]
        self.lines = [self.line_of(check) for check in self.checks]

    def act(self, verb, *, merging=None):
        return Act(
            actor=self.user, project=self.project, layer=self.layer, dossier=self.dossier, verb=verb, merging=merging
        )

    def phrase(self, key):
        label = self.labels.get(key)
        return label.phrase if label else key

    def choices(self, comparison=None):
        """Return the outcomes to choose from: those not retired, and what ``comparison`` says already."""
        kept = (comparison.outcome, comparison.ruling) if comparison else ()
        return [label for label in self.labels.values() if not label.is_retired or label.key in kept]

    def entry(self, row):
        title, tone = STATES[row.state]
        compared = {outcome.link_id for outcome in row.comparisons}
        key = f"figure-{row.claim.pk}-{row.mention.pk}"
        return Entry(
            row=row,
            key=key,
            address=f"{self.address}?only={key}",
            state=title,
            tone=tone,
            outcomes=[self.outcome(row, comparison) for comparison in row.comparisons],
            due=row.due,
            others=[link for link in row.links if link not in row.due and link.pk not in compared],
        )

    def outcome(self, row, comparison):
        link = comparison.link
        is_counter = comparison.quantity_id != row.mention.pk or link.target_claim_id != row.claim.pk
        other = comparison.quantity if is_counter else comparison.counter_quantity
        return Outcome(
            comparison=comparison,
            phrase=self.phrase(comparison.outcome),
            is_counter=is_counter,
            address=f"{self.address}?only=figure-{link.target_claim_id}-{comparison.quantity_id}",
            partner=link.target_claim if is_counter else link.response,
            other=self.readings.get(other.pk) if other else None,
            other_quote=other.quote if other else "",
            absolute=signed(comparison.absolute_difference),
            relative=per_cent(comparison.relative_difference),
            differs_in=differing(comparison.differs_in),
            ruling=self.phrase(comparison.ruling) if comparison.ruling else "",
        )

    def line_of(self, check):
        title, tone = STATES[check.state]
        row = check.comparison
        key = f"check-{check.kind}-{check.subject.pk}"
        return Line(
            check=check,
            key=key,
            title=CHECKS[check.kind],
            state=title,
            tone=tone,
            difference=number_words(abs(check.difference)) if check.difference and check.holds is False else "",
            rate=rate_words(check, check.rate),
            other_rate=rate_words(check, check.other_rate),
            decision="" if row is None else "dismissed" if row.is_dismissed else "confirmed",
            version=row.version if row else 0,
            ruling=self.phrase(row.ruling) if row and row.ruling else "",
            address=f"{self.address}?only={key}",
        )

    @property
    def address(self):
        return reverse("figures", args=[self.dossier.pk])

    def find(self, claim, mention):
        """Return the Entry of a figure inside a claim; 404 for what is not there in this layer."""
        for entry in self.entries:
            if entry.row.claim.pk == claim and entry.row.mention.pk == mention:
                return entry
        raise Http404("That figure stands in no claim of this reading.")

    def line(self, key):
        for line in self.lines:
            if line.check.key == key:
                return line
        raise Http404("The text invites no such arithmetic any more.")

    def groups(self, state):
        """Return the Groups of a filter, a claim each, in reading order."""
        found = {}
        lines = self.lines if state in ("all", "checks") else []
        for entry in self.entries:
            if state == "all" or state == FILTERED_AS.get(entry.row.state, entry.row.state):
                group = found.setdefault(entry.row.claim.pk, Group(entry.row.claim))
                group.entries.append(entry)
        claims = {entry.row.claim.pk: entry.row.claim for entry in self.entries}
        for line in lines:
            claim = claims.get(line.check.claim.pk, line.check.claim)
            found.setdefault(claim.pk, Group(claim)).lines.append(line)
        order = {pk: place for place, pk in enumerate(claims)}
        for group in found.values():
            left = [entry for entry in group.entries if entry.due]
            group.withholders = [
                link
                for link in dict.fromkeys(link for entry in left for link in entry.due)
                if sum(link in entry.due for entry in left) > 1
            ]
        return sorted(found.values(), key=lambda group: order.get(group.claim.pk, len(order)))

    def counts(self):
        """Return [(state, title, how many)] for the row of filters."""
        found = dict.fromkeys(FILTERS, 0)
        found["all"], found["checks"] = len(self.entries), len(self.lines)
        for entry in self.entries:
            state = FILTERED_AS.get(entry.row.state, entry.row.state)
            if state in found:
                found[state] += 1
        return [(state, title, found[state]) for state, title in FILTERS.items()]


def rate_words(check, rate):
    """Return an implied rate as one would say it: ``1 USD = 4,051 KHR``."""
    if rate is None:
        return ""
    big, small = check.whole_reading.currency, check.part_readings[0].currency
    if rate < 1:
        big, small, rate = small, big, 1 / rate
    return f"1 {small} = {number_words(round(rate, 0 if rate >= 100 else 2))} {big}"


def signed(value):
    """Return a difference with its sign: ``+5``, ``−25``; nothing for none."""
    if not value:
        return ""
    return f"{'+' if value > 0 else '−'}{number_words(abs(value))}"


def per_cent(share):
    """Return a share as a signed percentage of at most one place."""
    if not share:
        return ""
    value = round(share * 100, 1)
    words = number_words(abs(value))
    return f"{'+' if share > 0 else '−'}{words if value else 'less than 0.1'} %"


def differing(names):
    """Return what makes two figures incomparable as one would say it: ``period differs``, ``unit and period differ``."""
    return f"{listed(names)} differ{'' if len(names) > 1 else 's'}" if names else ""


def listed(words):
    words = list(words)
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
