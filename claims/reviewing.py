"""What others made of a claim, brought in: each ClaimReview becomes citations and, where there is none, an assessment.

A review is about the assertion of the chosen layer that it names, or whose words are the words it says were claimed; where
several have them, the one in the text at the address it names, by the speaker it names. Each is one deed with its history.
What somebody judged already stays, and a source that stands on a claim is not put there twice, so that a second import of
the same file changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from claims import annotating, corpora
from claims.errors import FormatError, ImportRefused
from claims.formats import FORMATS, claim_review, foreign
from claims.models import Act, Assessment, Citation, Claim
from claims.words import fold, words_of

LEAST_WORDS = 4  # of a claim that is found by a part of its words
STANCES = {"supported": "supports", "refuted": "contradicts", "conflicting": "contradicts"}


@dataclass
class Outcome:
    """What bringing reviews in came to, or would."""

    report: foreign.Report
    ratings: Counter = field(default_factory=Counter)
    # {rating: the verdict it becomes, or ""}
    becomes: dict = field(default_factory=dict)
    counts: Counter = field(default_factory=Counter)
    notes: list = field(default_factory=list)
    project: object = None

    def in_words(self):
        """Return a line for each rating: what it becomes, and how often it occurs."""
        return [
            f"{rating or 'no rating'}: {self.becomes[rating] or 'cited, no verdict'} ({count:,})"
            for rating, count in sorted(self.ratings.items())
        ]


def reads(format):
    """Whether a format holds reviews of claims that are here, rather than texts."""
    return hasattr(FORMATS[format], "reviews")


def look_at(source, *, project, layer, format="claim-review", wishes=None, progress=None):
    """Return what bringing the reviews in ``source`` into ``layer`` would come to; nothing is stored."""
    outcome = Outcome(foreign.Report(), project=project)
    for review, claim in matched(source, FORMATS[format], layer, outcome, wishes or {}, progress):
        outcome.counts["review"] += 1
        outcome.counts["assessment"] += bool(verdict_for(review, outcome) and not claim.assessments.live().exists())
        outcome.counts["citation"] += len(new_sources(review, claim, verdict_for(review, outcome)))
    return outcome


def bring_in(source, *, project, layer, format="claim-review", wishes=None, actor=None, progress=None):
    """Put the reviews in ``source`` on the claims of ``layer``; return the Outcome.

    ``wishes`` say what ratings become, {rating: a verdict or "none"}. ``progress(reviews)`` is called within the
    transaction of each, which is undone by what it raises. Raises FormatError for a file that cannot be read.
    """
    outcome = Outcome(foreign.Report(), project=project)
    for count, (review, claim) in enumerate(matched(source, FORMATS[format], layer, outcome, wishes or {}, None), 1):
        verb = f"bring in a review of {claim.name}"
        try:
            with Act(actor=actor, project=project, layer=layer, dossier=claim.dossier, verb=verb) as act:
                counts = put(act, review, claim, outcome)
                if progress is not None:
                    progress(count)
        except ValidationError as error:
            outcome.report.add(review.file, 0, f"Review {review.number}: {' '.join(error.messages)}")
        else:
            outcome.counts.update(counts)
    return outcome


def matched(source, module, layer, outcome, wishes, progress) -> Iterator:
    """Yield (review, claim) of every review that speaks of a claim of ``layer``; the others are told of."""
    claims = Claims(layer)
    with corpora.packed(source) as stream:
        found = list(module.reviews(stream, outcome.report))
    for review in found:
        outcome.ratings[review.rating] += 1
        outcome.becomes[review.rating] = review.proposed
    check_wishes(wishes, outcome, layer.project)
    outcome.becomes |= {rating: "" if wish == "none" else wish for rating, wish in wishes.items()}
    if not found:
        faults = "".join(f" {fault}" for fault in sorted(outcome.report.faults)[:3])
        raise FormatError(f"There is no ClaimReview in it.{faults}")
    for number, review in enumerate(found):
        if progress is not None and number % 100 == 0:
            progress(number)
        several = claims.of(review)
        if len(several) == 1:
            yield review, several[0]
        else:
            why = f"{len(several)} assertions of {layer} have" if several else f"no assertion of {layer} has"
            outcome.report.add(
                review.file, 0, f"Review {review.number}: {why} the words “{shortened(review.claimed)}”."
            )


def check_wishes(wishes, outcome, project):
    known = set(project.vocabulary.by_facet()["verification"])
    for rating, wish in wishes.items():
        if rating not in outcome.ratings:
            raise FormatError(f"{rating} is no rating of this file; it has {', '.join(sorted(outcome.ratings))}.")
        if wish != "none" and wish not in known:
            raise FormatError(f"{rating}={wish}: write one of {', '.join(sorted(known))}, or none.")


def shortened(words):
    return words if len(words) <= 80 else f"{words[:79]}…"


class Claims:
    """The assertions of a layer, found by what a review says of them."""

    def __init__(self, layer):
        rows = (
            Claim.objects.live().filter(layer=layer, role="assertion").select_related("dossier", "document", "speaker")
        )
        self.by_pk = {row.pk: row for row in rows}
        self.by_words = defaultdict(list)
        for row in rows:
            for words in {tuple(words_of(text)) for text in (row.quote, row.wording) if text}:
                self.by_words[words].append(row)

    def of(self, review):
        """Return the assertions it may be about: one, where it is clear."""
        if review.claim in self.by_pk:
            return [self.by_pk[review.claim]]
        wanted = tuple(words_of(review.claimed))
        found = self.by_words.get(wanted) or self.with_part(wanted)
        for is_it in (
            lambda row: row.document.url and row.document.url in review.appearances,
            lambda row: row.speaker is not None and fold(row.speaker.name) == fold(review.speaker),
        ):
            if len(found) > 1:
                found = [row for row in found if is_it(row)] or found
        return found

    def with_part(self, wanted):
        """Return those whose words hold the wanted ones in a row, or are held by them."""
        held = f" {' '.join(wanted)} "
        found = {}
        for words, rows in self.by_words.items():
            mine = f" {' '.join(words)} "
            if min(len(words), len(wanted)) >= LEAST_WORDS and (mine in held or held in mine):
                found |= {row.pk: row for row in rows}
        return list(found.values())


def verdict_for(review, outcome):
    return outcome.becomes[review.rating]


def sources_of(review, verdict):
    """Return what is to be cited: what the review rests on, and the review itself where it stands on the web."""
    stance = STANCES.get(verdict, "context")
    found = [
        source if source.stance in Citation.Stance.values else claim_review.Source(**{**vars(source), "stance": stance})
        for source in review.sources
        if source.url or source.title
    ]
    if review.url:
        title = ", ".join(filter(None, (review.reviewer, review.rating)))
        found.append(claim_review.Source(title=title, url=review.url, stance=stance))
    return found


def new_sources(review, claim, verdict):
    """Return the sources that neither the claim nor its assessment has."""
    rows = [*claim.citations.live(), *Citation.objects.live().filter(assessment__claim=claim)]
    # A citation of words in a document goes out as a source of that document's name and address.
    known = {
        (row.document.title, row.document.url, row.quote) if row.document else (row.title, row.url, row.quote)
        for row in rows
    }
    return [one for one in sources_of(review, verdict) if (one.title, one.url, one.quote) not in known]


def put(act, review, claim, outcome):
    """Cite what is new, and give the claim the verdict where nobody has judged it; return what was made."""
    verdict = verdict_for(review, outcome)
    counts = Counter(review=1)
    said = ", ".join(filter(None, (review.reviewer, review.rating, review.published)))
    for one in new_sources(review, claim, verdict):
        fields = {"title": one.title, "url": one.url, "archived_url": one.archived_url, "page": one.page}
        annotating.cite(act, claim, stance=one.stance, quote=one.quote, note=said, **fields)
        counts["citation"] += 1
    judged = claim.assessments.live().first()
    if judged is not None:
        if verdict and judged.verification != verdict:
            outcome.notes.append(
                f"{claim.name} of “{claim.dossier}” stays {judged.verification}; {said} has {verdict}."
            )
    elif verdict and can_be_given(act, claim, verdict):
        annotating.assess(act, claim, verification=verdict, justification=review.body or said)
        counts["assessment"] += 1
    elif verdict:
        outcome.notes.append(f"{claim.name} of “{claim.dossier}” got no verdict: no source speaks for or against it.")
    return counts


def can_be_given(act, claim, verdict):
    """Whether the claim has the evidence that the verdict wants."""
    assessment = Assessment(layer=act.layer, claim=claim, verification=verdict, justification="-")
    try:
        assessment.clean()
    except ValidationError:
        return False
    return True


def chosen_layer(project, name):
    """Return the layer of that name; raises ImportRefused where it is not clear which."""
    if project is None:
        raise ImportRefused("Reviews are put on claims that are here; name a project that has them.")
    return corpora.chosen_layer(project, name)
