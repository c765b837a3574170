"""What has been responded to, the printed sheet, and the history: three ways of looking at a dossier as a whole."""

from dataclasses import dataclass
from datetime import date

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from annotate.access import chosen_layer, get_dossier, get_project
from annotate.figure_page import CHECKS, differing, listed, per_cent, signed
from claims import coverage as record
from claims import sheet as paper
from claims import signing
from claims.coverage import State
from claims.figures import period_words
from claims.models import Side
from claims.policy import may

DOSSIERS_A_PAGE = 50
DEEDS_A_PAGE = 40
CHANGES_PRINTED = 40
# The bar of the four states is this many units long.
BAR = 1000

TITLES = {
    State.DIRECT: "Responded to directly",
    State.GENERAL: "Only by a general response",
    State.NONE_FOUND: "No response found in the documents read",
    State.NOT_EXAMINED: "Not examined yet",
}
EXPLAINED = {
    State.DIRECT: "A response is linked to this very assertion, or to a repeat of it.",
    State.GENERAL: "Somebody responded to the whole work, and nobody to this. That settles nothing about it.",
    State.NONE_FOUND: "Somebody looked, in the documents named and on the day named. It may stand elsewhere.",
    State.NOT_EXAMINED: "Nobody has linked a response or recorded that there is none.",
}


@dataclass
class Part:
    """One of the four states: its share of the bar and its assertions."""

    key: str
    title: str
    explained: str
    rows: list
    at: int
    width: int

    @property
    def number(self):
        return len(self.rows)


def parts_of(covered):
    """Return the four Parts, the lengths of their stretches of the bar in units that add up to ``BAR``."""
    parts, done = [], 0
    for state in record.STATES:
        rows = covered.in_state(state)
        at = BAR * done // covered.total if covered.total else 0
        done += len(rows)
        end = BAR * done // covered.total if covered.total else 0
        parts.append(Part(state, TITLES[state], EXPLAINED[state], rows, at, end - at))
    return parts


def reading_layer(request, project):
    layer = chosen_layer(request, project)
    if layer is None:
        raise Http404("There is nothing settled in this project yet.")
    return layer


def relations(dossier):
    """Return {key: phrase} of the relations that links of this dossier may carry."""
    return {key: label.phrase for key, label in dossier.project.vocabulary.by_facet()["relation"].items()}


def name_relations(covered, dossier):
    """Give every link its relation in words, for templates only show."""
    phrases = relations(dossier)
    for row in covered.assertions:
        for link in (*row.direct, *row.general):
            link.phrase = phrases.get(link.relation, link.relation)
    for row in covered.without_target:
        for link in row.links:
            link.phrase = phrases.get(link.relation, link.relation)


@require_GET
def coverage(request, pk):
    """Each assertion in one of four states, what has no target, what nobody opened, and how far the work is."""
    dossier = get_dossier(request.user, pk)
    layer = reading_layer(request, dossier.project)
    covered = record.of(layer, dossier)
    name_relations(covered, dossier)
    untouched = {document.pk for document in covered.untouched}
    for place in covered.documents:
        place.is_untouched = place.document_id in untouched
    context = {
        "dossier": dossier,
        "project": dossier.project,
        "layer": layer,
        "tab": "coverage",
        "coverage": covered,
        "parts": parts_of(covered),
        "bar": BAR,
        "columns": list(record.COUNTED.values()),
    }
    return render(request, "coverage/coverage.html", context)


@require_GET
def project_coverage(request, slug):
    """The four states of every dossier of a project; before adjudication, how far each annotator is and no more."""
    project = get_project(request.user, slug)
    layer = reading_layer(request, project)
    page = Paginator(project.dossiers.live().order_by("created_at", "uuid"), DOSSIERS_A_PAGE).get_page(
        request.GET.get("page")
    )
    covered = record.of_each(layer, list(page.object_list))
    stands = signing.standings_seen(request.user, project, list(page.object_list))
    rows = []
    for dossier in page.object_list:
        found = covered[dossier.pk]
        standing = stands[dossier.pk]
        rows.append({"dossier": dossier, "coverage": found, "parts": parts_of(found), "standing": standing})
    settles = project.kind == project.Kind.INDEPENDENT and may(request.user, "adjudicate", project)
    context = {
        "project": project,
        "layer": layer,
        "tab": "coverage",
        "page": page,
        "rows": rows,
        "titles": [TITLES[state] for state in record.STATES],
        "totals": [sum(found.counts[state] for found in covered.values()) for state in record.STATES],
        "total": sum(found.total for found in covered.values()),
        "bar": BAR,
        "annotators": record.of_layers(project) if settles else [],
    }
    return render(request, "coverage/project_coverage.html", context)


# --- the sheet --------------------------------------------------------------------------------------------------------


@dataclass
class Printed:
    """One row of the sheet in words."""

    line: object
    printed: str = ""
    counts: tuple = ()
    response: object = None
    is_repeated: bool = False
    outcome: str = ""
    details: tuple = ()
    ruling: str = ""
    ruled: object = None
    citations: tuple = ()


@require_GET
def sheet(request, pk):
    """The dossier on paper: a row a figure or claim, what is unresolved, and room for initials."""
    dossier = get_dossier(request.user, pk)
    layer = reading_layer(request, dossier.project)
    found = paper.of(layer, dossier)
    standing = signing.standing(layer, dossier)
    name_relations(found.coverage, dossier)
    labels = dossier.project.vocabulary.by_facet()
    blocks = [
        {
            "claim": block.claim,
            "covered": block.covered,
            "lines": [printed(line, block, labels) for line in block.lines],
        }
        for block in found.blocks
    ]
    parties = list(dossier.parties.filter(actor__deleted_at=None).select_related("actor"))
    sides = [
        (title, [party.actor for party in parties if party.side == side])
        for side, title in (("asserting", "Asserting"), ("responding", "Responding"), ("narrator", "Reporting"))
    ]
    for place in found.coverage.documents:
        place.period = period_words(place.document.period_start, place.document.period_end)
        place.side_words = Side(place.side).label
    context = {
        "dossier": dossier,
        "project": dossier.project,
        "layer": layer,
        "tab": "sheet",
        "sheet": found,
        "coverage": found.coverage,
        "parts": parts_of(found.coverage),
        "blocks": blocks,
        "sides": [(title, actors) for title, actors in sides if actors],
        "today": date.today(),
        "standing": standing,
        "deeds": signing.deeds_since(standing, dossier.project.vocabulary, most=CHANGES_PRINTED),
        "contested": [
            (row, comparison.link, phrase(labels, "figure_outcome", comparison.outcome))
            for comparison, row in found.unresolved.without_ruling
        ],
    }
    return render(request, "coverage/sheet.html", context)


def phrase(labels, facet, key):
    label = labels[facet].get(key)
    return label.phrase if label else key


def printed(line, block, labels):
    """Return one row of the sheet in words; the template only lays it out."""
    row = Printed(line=line, citations=tuple(line.citations), is_repeated=line.is_repeated)
    if line.link is not None:
        row.response = line.link.response
    if line.figure is not None:
        row.printed = line.figure.mention.quote
        row.counts = tuple(part for part in (counted(line.figure), line.figure.period) if part)
    elif line.untold:
        row.printed = ", ".join(figure.mention.quote for figure in line.untold)
        row.counts = period_of(block.claim)
    elif line.check is None and line.assessment is None:
        row.counts = ("the claim as a whole", *period_of(block.claim))
    if line.comparison is not None and line.check is None:
        row.outcome, row.details = compared(line, labels)
    elif line.is_open:
        row.outcome = "to be compared"
    elif line.link is not None:
        row.outcome, row.details = related(line.link, labels)
    elif line.check is not None:
        row.printed = line.check.line
        row.counts = (CHECKS[line.check.kind].lower(),)
        row.outcome, row.details = reckoned(line.check)
    elif line.assessment is not None:
        row.counts = ("the claim as a whole",)
        row.outcome = phrase(labels, "verification", line.assessment.verification)
        row.details = (line.assessment.justification,) if line.assessment.justification else ()
    if line.comparison is not None and line.comparison.ruling:
        row.ruled = line.comparison
        row.ruling = phrase(labels, "figure_outcome", line.comparison.ruling)
    return row


def counted(figure):
    """Return what a figure counts, with its value where the printed words are not the value itself."""
    return figure.reading.counted or figure.reading.unit or figure.reading.currency


def period_of(claim):
    period = period_words(claim.period_start, claim.period_end)
    return (period,) if period else ()


def compared(line, labels):
    comparison, details = line.comparison, []
    if line.counter is not None:
        details.append(f"against {line.counter}")
    difference = signed(comparison.absolute_difference)
    if difference:
        share = per_cent(comparison.relative_difference)
        details.append(f"difference {difference}{f' ({share})' if share else ''}")
    if comparison.differs_in:
        details.append(differing(comparison.differs_in))
    if comparison.note and comparison.note not in details:
        details.append(comparison.note)
    return phrase(labels, "figure_outcome", comparison.outcome), tuple(details)


def related(link, labels):
    words = [phrase(labels, "relation", key) for key in (link.relation, link.secondary_relation) if key]
    details = [phrase(labels, "strategy", key) for key in link.strategies if key != "none"]
    disputed = [phrase(labels, "disputed", key) for key in link.disputed if key != "none"]
    if disputed:
        details.append(f"disputed: {listed(disputed)}")
    if link.note:
        details.append(link.note)
    return "; ".join(words) or "relation not labelled yet", tuple(details)


def reckoned(check):
    if check.holds is None:
        return "cannot be computed", ("units differ",)
    state = {"open": "not confirmed yet", "confirmed": "confirmed", "ruled": "confirmed"}.get(check.state, check.state)
    if not check.holds:
        return "does not hold", (f"the text says {check.whole_reading.amount}", state)
    return "holds, but for rounding" if check.outcome == "within_rounding" else "holds", (state,)


urlpatterns = [
    path("dossiers/<uuid:pk>/coverage/", coverage, name="coverage"),
    path("dossiers/<uuid:pk>/sheet/", sheet, name="sheet"),
    path("projects/<slug:slug>/coverage/", project_coverage, name="project_coverage"),
]
