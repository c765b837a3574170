"""What is left before an editor signs a dossier off: each point named, in words, and said where it is settled."""

from dataclasses import dataclass

from claims import coverage, figures, sheet
from claims.models import Comment, Link
from claims.signing import called


@dataclass(slots=True)
class Point:
    """One thing that is left. ``show`` and ``on`` say which card of the workspace settles it, or which figure."""

    name: str
    words: str = ""
    show: str = ""
    on: str = ""
    # Where that is: a page says.
    address: str = ""


@dataclass(slots=True)
class Left:
    """Points of one kind, under a heading that says what they are."""

    key: str
    title: str
    points: list[Point]


def of(layer, dossier):
    """Return [Left, …] of a dossier as one layer reads it, without what is settled; costs some fifty queries."""
    found = sheet.of(layer, dossier)
    left = found.unresolved
    groups = [
        Left("threads", "Threads that are open", threads(layer, dossier)),
        Left("unlabelled", "Links without a relation", unlabelled(layer, dossier)),
        Left(
            "not_examined",
            "Assertions without a response, or the note that none was found",
            [claim_point(claim, "none") for claim in left.not_examined],
        ),
        Left(
            "only_general",
            "Assertions with a general response only",
            [claim_point(claim, "none") for claim in left.only_general],
        ),
        Left("unpaired", "Responses not paired", [claim_point(claim, "pair") for claim in left.unpaired]),
        Left(
            "to_compare",
            "Figures without an outcome",
            [figure_point(row, f"in {row.claim.name}, {link.response.name} responds") for link, row in left.to_compare],
        ),
        Left(
            "checks",
            "Arithmetic to confirm",
            [
                Point(check.claim.name, check.line, "check", f"check-{check.kind}-{check.subject.pk}")
                for check in left.checks
            ],
        ),
        Left(
            "without_ruling",
            "Figures that differ, without a ruling",
            [
                figure_point(row, f"in {row.claim.name} against {comparison.link.response.name}")
                for comparison, row in left.without_ruling
            ],
        ),
        Left("unchecked", "Claims picked for checking", [claim_point(claim, "check") for claim in left.unchecked]),
        Left("set_aside", "Set aside", set_aside(layer, dossier)),
    ]
    return [group for group in groups if group.points]


def claim_point(claim, show):
    return Point(claim.name, claim.quote, show, str(claim.pk))


def figure_point(row, words):
    return Point(row.mention.quote, words, "figure", f"figure-{row.claim.pk}-{row.mention.pk}")


def threads(layer, dossier):
    """Return what people still talk about; what was sent back is told elsewhere."""
    comments = Comment.objects.live().filter(
        layer=layer, dossier=dossier, parent=None, resolved_at=None, is_sent_back=False
    )
    return [comment_point(comment) for comment in with_items(comments)]


def with_items(comments):
    """Return comments with what names the thing they are on."""
    return comments.select_related(
        "claim",
        "created_by",
        "link__response",
        "link__target_claim",
        "link__target_work",
        "link__target_response",
        "link__target_actor",
        "comparison__quantity",
        "comparison__claim",
        "comparison__link__response",
        "comparison__link__target_claim",
    ).defer("link__target_work__text", "link__target_work__page_starts")


def comment_point(comment):
    """Return the Point of a comment: what it is on, its words, and the card that shows it."""
    if comment.claim_id:
        return Point(comment.claim.name, comment.text, "claim", str(comment.claim_id))
    if comment.link_id:
        return Point(called(comment.link), comment.text, "link", str(comment.link_id))
    if comment.comparison_id:
        comparison = comment.comparison
        claim = comparison.claim_id or comparison.link.target_claim_id or comparison.link.response_id
        on = f"figure-{claim}-{comparison.quantity_id}"
        return Point(called(comparison), comment.text, "figure", on)
    return Point("the dossier", comment.text)


def unlabelled(layer, dossier):
    links = Link.objects.live().filter(layer=layer, dossier=dossier, relation="").select_related(
        "response", "target_claim", "target_work", "target_response", "target_actor"
    )  # fmt: skip
    links = links.defer("target_work__text", "target_work__page_starts").order_by("response__start", "created_at")
    return [Point(str(link), link.response.quote, "link", str(link.pk)) for link in links]


def set_aside(layer, dossier):
    rows = coverage.set_aside(layer, dossier, figures.to_compare(layer, dossier), figures.checks(layer, dossier))
    return [Point(row.name, row.reason) for row in rows]
