"""What others made of a claim, brought in: each ClaimReview becomes citations and, where there is none, an assessment.

A review is about the assertion of the chosen layer that it names, or whose words are the words it says were claimed; where
several have them, the one in the text at the address it names, by the speaker it names. Each is one deed with its history.
What somebody judged already stays, and a source that stands on a claim is not put there twice, so that a second import of
the same file changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from django.core.exceptions import ValidationError
from django.db.models import Q

from claims import annotating, corpora
from claims.errors import FormatError, ImportRefused
from claims.formats import FORMATS, claim_review, foreign
from claims.models import Act, Assessment, Citation, Claim
from claims.models.evidence import VERDICTS
from claims.words import fold, words_of

LEAST_WORDS = 4  # of a claim that is found by a part of its words
DECIDING = {"supports", "contradicts"}
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
    """Return what bringing the reviews in ``source`` into ``layer`` would come to; nothing is stored.

    ``progress(reviews)`` is called now and then, and what it raises ends the looking.
    """
    outcome = Outcome(foreign.Report(), project=project)
    claims = Claims(layer, with_evidence=True)
    for count, (review, claim) in enumerate(matched(source, FORMATS[format], claims, outcome, wishes or {})):
        if progress is not None and count % 100 == 0:
            progress(count)
        verdict, evidence = outcome.becomes[review.rating], claims.evidence[claim.pk]
        found = new_sources(review, verdict, known=evidence.sources)
        evidence.sources |= {(one.title, one.url, one.quote) for one in found}
        evidence.stances |= {one.stance for one in found}
        outcome.counts["review"] += 1
        outcome.counts["citation"] += len(found)
        if verdict and not evidence.is_judged and (verdict not in VERDICTS or evidence.stances & DECIDING):
            evidence.is_judged = True
            outcome.counts["assessment"] += 1
    return outcome


def bring_in(source, *, project, layer, format="claim-review", wishes=None, actor=None, progress=None):
    """Put the reviews in ``source`` on the claims of ``layer``; return the Outcome.

    ``wishes`` say what ratings become, {rating: a verdict or "none"}. ``progress(done, total)`` counts reviews and is
    called within the transaction of each, which is undone by what it raises. Raises FormatError for a file that cannot
    be read.
    """
    outcome = Outcome(foreign.Report(), project=project)
    found = list(matched(source, FORMATS[format], Claims(layer), outcome, wishes or {}))
    for count, (review, claim) in enumerate(found, 1):
        verb = f"bring in a review of {claim.name}"
        try:
            with Act(actor=actor, project=project, layer=layer, dossier=claim.dossier, verb=verb) as act:
                counts = put(act, review, claim, outcome)
                if progress is not None:
                    progress(count, len(found))
        except ValidationError as error:
            outcome.report.add(review.file, 0, f"Review {review.number}: {' '.join(error.messages)}")
        else:
            outcome.counts.update(counts)
    return outcome


def matched(source, module, claims, outcome, wishes) -> Iterator:
    """Yield (review, claim) of every review that speaks of one of ``claims``; the others are told of."""
    with corpora.packed(source) as stream:
        found = list(module.reviews(stream, outcome.report))
    for review in found:
        outcome.ratings[review.rating] += 1
        outcome.becomes[review.rating] = review.proposed
    check_wishes(wishes, outcome, claims.layer.project)
    outcome.becomes |= {rating: "" if wish == "none" else wish for rating, wish in wishes.items()}
    if not found:
        faults = "".join(f" {fault}" for fault in sorted(outcome.report.faults)[:3])
        raise FormatError(f"There is no ClaimReview in it.{faults}")
    for review in found:
        several = claims.of(review)
        if len(several) == 1:
            yield review, several[0]
        else:
            why = (
                f"{len(several)} assertions of {claims.layer} have"
                if several
                else f"no assertion of {claims.layer} has"
            )
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


@dataclass
class Evidence:
    """What stands on one claim: its sources (title, url, words), the stances they have, whether it is judged."""

    sources: set = field(default_factory=set)
    stances: set = field(default_factory=set)
    is_judged: bool = False


class Claims:
    """The assertions of a layer, found by what a review says of them; with what stands on each where that is wanted."""

    def __init__(self, layer, *, with_evidence=False):
        self.layer = layer
        rows = (
            Claim.objects.live().filter(layer=layer, role="assertion").select_related("dossier", "document", "speaker")
        )
        self.by_pk = {row.pk: row for row in rows}
        # Words in a row with a blank on either side, so that a part of them is found in whole words.
        self.by_words = defaultdict(list)
        for row in rows:
            for words in {in_a_row(text) for text in (row.quote, row.wording) if text}:
                self.by_words[words].append(row)
        if with_evidence:
            self.evidence = self.what_stands()

    def what_stands(self):
        """Return {claim: Evidence} in two questions, however many claims there are."""
        found = {pk: Evidence() for pk in self.by_pk}
        for row in citations_on(self.by_pk):
            one = found[row.claim_id or row.assessment.claim_id]
            one.sources.add(source_key(row))
            one.stances.add(row.stance)
        judged = Assessment.objects.live().filter(claim__in=self.by_pk).values_list("claim", flat=True)
        for pk in judged:
            found[pk].is_judged = True
        return found

    def of(self, review):
        """Return the assertions it may be about: one, where it is clear."""
        if review.claim in self.by_pk:
            return [self.by_pk[review.claim]]
        wanted = in_a_row(review.claimed)
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
        if wanted.count(" ") <= LEAST_WORDS:
            return []
        found = {}
        for words, rows in self.by_words.items():
            if words.count(" ") > LEAST_WORDS and (words in wanted or wanted in words):
                found |= {row.pk: row for row in rows}
        return list(found.values())


def in_a_row(text):
    """Return the words of ``text`` between blanks, one before the first and one after the last."""
    return f" {' '.join(words_of(text))} "


def citations_on(claims):
    """Return the citations of claims and of their assessments."""
    rows = Citation.objects.live().select_related("document", "assessment")
    return rows.filter(Q(claim__in=claims) | Q(assessment__claim__in=claims))


def source_key(row):
    """Return (title, url, words) of a citation as a review has it: words in a document go out with its name and address."""
    named = row.document or row
    return named.title, named.url, row.quote


def new_sources(review, verdict, *, known):
    """Return what is to be cited and not known: what the review rests on, and the review itself where it has an address.

    Where nothing says whether a source supports or contradicts, the verdict does.
    """
    stance = STANCES.get(verdict, "context")
    found = [
        one if one.stance in Citation.Stance.values else replace(one, stance=stance)
        for one in review.sources
        if one.url or one.title
    ]
    if review.url:
        title = ", ".join(filter(None, (review.reviewer, review.rating)))
        found.append(claim_review.Source(title=title, url=review.url, stance=stance))
    return [one for one in found if (one.title, one.url, one.quote) not in known]


def put(act, review, claim, outcome):
    """Cite what is new, and give the claim the verdict where nobody has judged it; return what was made."""
    verdict = outcome.becomes[review.rating]
    known = {source_key(row) for row in citations_on([claim.pk])}
    counts = Counter(review=1)
    said = ", ".join(filter(None, (review.reviewer, review.rating, review.published)))
    for one in new_sources(review, verdict, known=known):
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
