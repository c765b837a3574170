"""The printed sheet of a dossier: a row a figure or claim, for an editor to take to a meeting."""

from collections import defaultdict
from dataclasses import dataclass, field

from claims import coverage, figures
from claims.models import Assessment, Citation, Claim, FigureComparison, Link
from claims.models.evidence import VERDICTS


@dataclass(slots=True)
class Line:
    """One row: a figure and what came of it in one response, a relation, a check, or a verdict."""

    figure: figures.FigureRow | None = None
    # The figures of a claim that nobody compared, told in one row.
    untold: list[figures.FigureRow] = field(default_factory=list)
    link: Link | None = None
    # The response stands in the row above already.
    is_repeated: bool = False
    comparison: FigureComparison | None = None
    counter: figures.Reading | None = None
    check: figures.Check | None = None
    assessment: Assessment | None = None
    is_open: bool = False
    citations: list[Citation] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """One assertion with its rows; ``covered`` says what state it is in."""

    covered: coverage.Covered
    lines: list[Line]

    @property
    def claim(self):
        return self.covered.claim


@dataclass(slots=True)
class Unresolved:
    """What is left to settle, each a list of what it is about."""

    to_compare: list[tuple[Link, figures.FigureRow]]
    without_ruling: list[tuple[FigureComparison, figures.FigureRow]]
    checks: list[figures.Check]
    not_examined: list[Claim]
    only_general: list[Claim]
    unlabelled: list[Link]
    unpaired: list[Claim]
    unchecked: list[Claim]

    def __bool__(self):
        return any(getattr(self, name) for name in self.__slots__)


@dataclass(slots=True)
class Sheet:
    coverage: coverage.Coverage
    blocks: list[Block]
    unresolved: Unresolved


# Outcomes that leave two figures standing against each other until an editor rules.
CONTESTED = ("differs", "not_comparable", "unclear")


def of(layer, dossier):
    """Return the Sheet of a dossier as one layer reads it; costs some thirty queries, whatever its size."""
    covered = coverage.of_each(layer, [dossier])[dossier.pk]
    table = figures.rows(layer, dossier)
    invited = figures.checks(layer, dossier)
    cited = citations_in(layer, dossier)
    assessments = {row.claim_id: row for row in Assessment.objects.live().filter(layer=layer, claim__dossier=dossier)}
    by_claim, read_as = defaultdict(list), {}
    for row in table:
        by_claim[row.claim.pk].append(row)
        read_as[row.mention.pk] = row.reading
    checks_of = defaultdict(list)
    for check in invited:
        if check.state != figures.State.DISMISSED:
            checks_of[check.claim.pk].append(check)
    blocks = [Block(row, lines_of(row, by_claim, checks_of, assessments, cited, read_as)) for row in covered.assertions]
    return Sheet(covered, blocks, unresolved(covered, table, invited, assessments))


def citations_in(layer, dossier):
    """Return {(kind, id): [Citation, …]} of what hangs on the dossier's claims, links, records and assessments."""
    found = defaultdict(list)
    rows = coverage.standing(Citation, layer, dossier).select_related("document").order_by("created_at", "uuid")
    for citation in rows.defer("document__text", "document__page_starts"):
        for kind in ("claim", "link", "no_response", "comparison", "assessment"):
            pk = getattr(citation, f"{kind}_id")
            if pk is not None:
                found[kind, pk].append(citation)
    return found


def lines_of(row, by_claim, checks_of, assessments, cited, read_as):
    """Return the Lines of one assertion: link by link its figures, then its arithmetic, then its verdict."""
    claim = row.claim
    own = by_claim[claim.pk]
    lines = []
    for link in row.direct:
        told = []
        for figure in [one for repeat in (claim, *row.repeats) for one in by_claim[repeat.pk]]:
            for comparison in figure.comparisons:
                if comparison.link_id == link.pk and comparison.quantity_id == figure.mention.pk:
                    counter = read_as.get(comparison.counter_quantity_id)
                    told.append(
                        Line(
                            figure=figure,
                            link=link,
                            comparison=comparison,
                            counter=counter,
                            citations=cited["comparison", comparison.pk],
                        )
                    )
            if link.pk in {one.pk for one in figure.due}:
                told.append(Line(figure=figure, link=link, is_open=True))
        told = told or [Line(link=link, untold=own)]
        told[0].citations = [*cited["link", link.pk], *told[0].citations]
        for later in told[1:]:
            later.is_repeated = True
        lines += told
    if not lines:
        lines.append(Line(untold=own))
        if row.no_response is not None:
            lines[0].citations = list(cited["no_response", row.no_response.pk])
    lines[0].citations = [*cited["claim", claim.pk], *lines[0].citations]
    lines += [
        Line(check=check, comparison=check.comparison, citations=cited_on(check, cited))
        for check in checks_of[claim.pk]
    ]
    assessment = assessments.get(claim.pk)
    if assessment is not None:
        lines.append(Line(assessment=assessment, citations=cited["assessment", assessment.pk]))
    return lines


def cited_on(check, cited):
    return cited["comparison", check.comparison.pk] if check.comparison else []


def unresolved(covered, table, invited, assessments):
    """Return what is left: figures without outcome or ruling, checks, assertions and responses."""
    open_checks = [
        check for check in invited if check.comparison is None or check.holds is False and needs_ruling(check)
    ]
    contested = [
        (comparison, row)
        for row in table
        for comparison in row.comparisons
        if comparison.quantity_id == row.mention.pk
        and comparison.link.target_claim_id == row.claim.pk
        and comparison.outcome in CONTESTED
        and not comparison.ruling
        and not comparison.is_dismissed
    ]
    direct = {link.pk: link for row in covered.assertions for link in row.direct}
    return Unresolved(
        to_compare=[(link, row) for row in table for link in row.due],
        without_ruling=contested,
        checks=open_checks,
        not_examined=[row.claim for row in covered.in_state(coverage.State.NOT_EXAMINED)],
        only_general=[row.claim for row in covered.in_state(coverage.State.GENERAL)],
        unlabelled=[link for link in direct.values() if not link.relation],
        unpaired=[row.claim for row in covered.unpaired],
        unchecked=[
            row.claim
            for row in covered.assertions
            if row.claim.wants_check
            and getattr(assessments.get(row.claim.pk), "verification", "unchecked") not in SETTLED
        ],
    )


SETTLED = (*VERDICTS, "not_checkable")


def needs_ruling(check):
    return not check.comparison.is_dismissed and not check.comparison.ruling
