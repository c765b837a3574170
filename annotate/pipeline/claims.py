"""Candidate statements of a document: what somebody asserts or responds, ready for a person to take or leave.

The component marks the sentences that could stand as statements. ``choose`` works on the whole document, with speakers
resolved: it decides which are worth offering, in which role, of which kind, and says why.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from spacy.language import Language
from spacy.tokens import Doc

from annotate.pipeline.attribution import Cued
from annotate.pipeline.columns import Columns
from annotate.pipeline.reading import Attribution, Claim, Quantity
from annotate.pipeline.wordlists import words_of
from claims.quantities import read_periods

# How strongly a speaker's words and cues speak for a response (above nought) or an assertion (below); chosen by hand.
ROLE_WEIGHTS = {
    "response cue": 2.2,
    "assertion cue": -1.3,
    "speaks as a work": -2.4,
    "speaks for a body": 0.9,
    "first person": 1.1,
    "speaks of the report": 1.3,
    "body that made the report": -2.2,
    "narrator": -0.6,
}
_RESPONSE_CUES = words_of(
    "deny reject dismiss respond reply rebuff rebut refute defend counter retort dispute deplore object clarify downplay insist slam decry decline refuse vow pledge protest"
)
_ASSERTION_CUES = words_of(
    "accuse allege claim find document assess conclude praise recommend urge note state report show indicate estimate highlight raise charge determine cite list"
)
_REPORT_WORDS = re.compile(
    r"\b(?:the|this|that|their|these)\s+(?:[A-Z]\w+\s+)?(?:report|accusations?|allegations?|claims?|criticisms?|findings?|downgrade|assessment|ranking|study)\b|\b(?:the opposite|cherry-picked|unfair(?:ly)?|not true|untrue|baseless|groundless|biased|one-sided|misleading)\b",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"\b(?:we|our|ours|us|I|my|we’ve|we're|we’re|we've|I’m|I'm)\b")
_STRONG = re.compile(
    r"\b(?:cherry-pick\w*|unfair\w*|baseless|biased|one-sided|misleading|the opposite|not\s+(?:be\s+)?(?:as\s+\w+\s+as|well|true|accurate)|deplor\w+|accus\w+|don[’']t\s+think|judged)\b",
    re.IGNORECASE,
)
_KINDS: list[tuple[str, re.Pattern[str]]] = [
    (
        "refusal",
        re.compile(
            r"\b(?:cannot|can[’']t|can not|will not|won[’']t|unable to|declin\w+ to|refus\w+ to)\s+(?:\w+\s+){0,2}?(?:reveal|comment|disclose|discuss|confirm|answer|speak|say|share|provide|release|elaborate|give)\b|\bno comment\b|\bshould\s+(?:primarily\s+|rather\s+|instead\s+|first\s+)?be\s+(?:addressed|directed|put|referred)\s+to\b|\b(?:ask|contact|refer to)\s+the\s+(?:ministry|court|committee|relevant)\b|\bnot\s+(?:my|our)\s+(?:place|job|role|responsibility)\s+to\b",
            re.IGNORECASE,
        ),
    ),
    (
        "recommendation",
        re.compile(
            r"\b(?:should|ought to|must|needs? to|recommend\w*|urg(?:e|es|ed|ing)|calls? (?:for|on)|encourag\w+)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "commitment",
        re.compile(
            r"\b(?:we|I|it|they|government|ministry|company|police)\s+(?:will|shall|intend\w*|plan\w*|pledg\w+|promis\w+|vow\w*|commit\w*|undertak\w+)\b|\b(?:committed|determined)\s+to\b|\bwill\s+(?:nonetheless|continue|keep|work|take|set up|introduce|publish|review)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "rating",
        re.compile(
            r"\b(?:downgrad\w+|upgrad\w+|rank(?:ed|ing|s)|rated|rating|tier\s+\d|graded|scored?|listed\s+(?:at|on|as)|index|watch\s*list|slip(?:ped|s)?\s+(?:from|to)|placed\s+\w+\s+on)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "praise",
        re.compile(
            r"\b(?:prais\w+|commend\w*|applaud\w*|welcom(?:e|es|ed)|credit(?:s|ed)|congratulat\w+|laud\w*|hail(?:s|ed)|progress|improved significantly)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "judgement",
        re.compile(
            r"\b(?:unfair\w*|fail(?:s|ed|ure)?|lack\w*|inadequate\w*|insufficient\w*|poor(?:ly)?|weak\w*|not\s+(?:well|adequate\w*|fully|enough|sufficient\w*|effective\w*|happy|true|accurate)|does\s+not\s+(?:fully\s+)?meet|baseless|biased|cherry-pick\w*|deplor\w+|accus\w+|blam\w+|critici[sz]\w+|best|better|worse|worst|serious\w*|significant|too\s+(?:heavily|much|few|little|late|slow)|complicit\w*|negligent|disappoint\w+|regret\w*|unacceptable|opposite|wrong|misleading|exaggerat\w+|tried\s+(?:very\s+|our\s+|their\s+)?(?:hard|best))\b",
            re.IGNORECASE,
        ),
    ),
]
_STATUS = re.compile(
    r"\b(?:did not|does not|do not|has not|have not|had not|was not|were not|is not|are not|no|never|fail\w*|without)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Sentence:
    """A sentence that could stand as a statement; offsets of the paragraph, later of the document."""

    start: int
    end: int
    has_verb: bool
    word_count: int


@Language.factory("claims", assigns=["doc.spans"])
def make_claim_finder(nlp: Language, name: str) -> ClaimFinder:
    return ClaimFinder()


class ClaimFinder:
    """Writes the sentences with a finite verb to ``doc.spans["claims"]``; exact offsets are in ``doc.user_data``."""

    def __call__(self, doc: Doc) -> Doc:
        sentences = self.find(doc)
        spans = (
            doc.char_span(s.start, s.end, label="candidate", alignment_mode="expand") for s in sentences if s.has_verb
        )
        doc.spans["claims"] = [span for span in spans if span is not None]
        doc.user_data["claims"] = sentences
        return doc

    def find(self, doc: Doc) -> list[Sentence]:
        columns = Columns.of(doc)
        found = []
        for first, end in columns.sentences:
            while first < end and columns.words[first].isspace():
                first += 1
            while end > first and columns.words[end - 1].isspace():
                end -= 1
            if first >= end:
                continue
            tags = columns.tags[first:end]
            has_verb = any(tag in ("VBD", "VBZ", "VBP", "MD") for tag in tags) if columns.is_parsed else end - first > 5
            found.append(Sentence(columns.starts[first], columns.ends[end - 1], has_verb, end - first))
        return found


class _Stretches:
    """Stretches of a text, asked whether any of them touches another; a search, not a walk."""

    def __init__(self, stretches: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(stretches)
        self.starts = [start for start, _ in ordered]
        self.reach = list(accumulate((end for _, end in ordered), max))

    def touch(self, start: int, end: int) -> bool:
        count = bisect_left(self.starts, end)
        return count > 0 and self.reach[count - 1] > start


def _telling(quantities: Sequence[Quantity]) -> _Stretches:
    """Return the figures that make a sentence worth checking: not a duration, an age or a mere "one"."""
    return _Stretches(
        (q.start, q.end) for q in quantities if q.kind not in ("duration", "age") and q.quote.lower() != "one"
    )


@dataclass(slots=True)
class _Draft:
    start: int
    end: int
    stretches: list[tuple[int, int]]
    attribution: Attribution | None
    cue: str
    reasons: list[str]
    score: float


def choose(
    text: str,
    paragraphs: Sequence[Sequence[Sentence]],
    attributed: Sequence[tuple[Attribution, Cued]],
    quantities: Sequence[Quantity],
) -> list[Claim]:
    """Return the candidate claims of a document in order of position."""
    drafts = _from_attributions(text, paragraphs, attributed)
    drafts += _from_narration(text, paragraphs, attributed, quantities)
    drafts.sort(key=lambda d: (d.start, d.end))
    scores = _role_scores(text, drafts)
    figures = _telling(quantities)
    claims = []
    for draft in drafts:
        claim = _finish(text, draft, scores, figures)
        if claim is not None:
            claims.append(claim)
    return claims


def _from_attributions(
    text: str, paragraphs: Sequence[Sequence[Sentence]], attributed: Sequence[tuple[Attribution, Cued]]
) -> list[_Draft]:
    sentences = [sentence for paragraph in paragraphs for sentence in paragraph]
    begins = [sentence.start for sentence in sentences]
    drafts: list[_Draft] = []
    for attribution, cued in attributed:
        if any(
            attribution.start >= d.start and attribution.end <= d.end and d.attribution is not attribution
            for d in drafts[-3:]
        ):
            continue  # reported speech within reported speech stays with the outer one
        who = attribution.speaker.name if attribution.speaker else "the narrator"
        reason = f"{who} speaks: “{attribution.cue.quote if attribution.cue else ''}”"
        strength = {"that": 0.8, "according": 0.75, "find": 0.65, "frame": 0.7}.get(cued.kind, 0.6)
        if attribution.speech == "direct":
            strength += 0.05
        pieces = (
            _pieces(text, cued, sentences[max(0, bisect_left(begins, cued.start) - 1) : bisect_left(begins, cued.end)])
            if attribution.speech == "direct"
            else [(attribution.start, attribution.end)]
        )
        if cued.kind == "frame" or (cued.cue in ("deny", "reveal", "disclose") and attribution.speech != "direct"):
            # "accuses the government of …": the frame is part of what is said
            start = cued.cue_start
            pieces = [(start, attribution.end)] if start < attribution.start else pieces
        elif len(attribution.quote.split()) < 5 and cued.speaker and cued.speaker[0] < attribution.start:
            pieces = [(cued.speaker[0], attribution.end)]  # "the Ministry reported only six deaths"
        for start, end in pieces:
            stretches = [(max(a, start), min(b, end)) for a, b in cued.stretches if max(a, start) < min(b, end)]
            if len(stretches) < 2:
                stretches = [(start, end)]
            drafts.append(_Draft(start, end, stretches, attribution, cued.cue, [reason], strength))
    return drafts


def _pieces(text: str, cued: Cued, sentences: Sequence[Sentence]) -> list[tuple[int, int]]:
    """Cut a long direct quotation into its sentences; short ones stay whole."""
    if sum(b - a for a, b in cued.stretches) <= 240:
        return [(cued.start, cued.end)]
    pieces: list[tuple[int, int]] = []
    for low, high in cued.stretches:
        inside = [(max(s.start, low), min(s.end, high)) for s in sentences if s.start < high and low < s.end]
        for start, end in inside:
            while start < end and text[start] in '“”"«» \n\t':
                start += 1
            while end > start and text[end - 1] in '“”"«» \n\t,':
                end -= 1
            if start >= end:
                continue
            if pieces and len(text[start:end].split()) < 5 and pieces[-1][0] >= low:
                pieces[-1] = (pieces[-1][0], end)
            else:
                pieces.append((start, end))
    return pieces or [(cued.start, cued.end)]


def _from_narration(
    text: str,
    paragraphs: Sequence[Sequence[Sentence]],
    attributed: Sequence[tuple[Attribution, Cued]],
    quantities: Sequence[Quantity],
) -> list[_Draft]:
    drafts: list[_Draft] = []
    contents = [(a.start, a.end) for a, _ in attributed]
    spoken = _Stretches([*contents, *((a.cue.start, a.cue.end) for a, _ in attributed if a.cue)])
    cues = sorted(((c.first_sentence, a) for a, c in attributed), key=lambda pair: pair[0])
    cue_starts = [at for at, _ in cues]
    total = sum(len(p) for p in paragraphs) or 1
    speaks_itself = len(attributed) < 0.2 * total
    figures = _telling(quantities)
    for paragraph in paragraphs:
        for sentence in paragraph:
            if (
                not sentence.has_verb
                or sentence.word_count < 6
                or not re.search(r"[.!?…][”\"’')]*\s*$", text[sentence.start : sentence.end])
            ):
                continue
            if spoken.touch(sentence.start, sentence.end):
                continue
            words = text[sentence.start : sentence.end]
            has_figure = figures.touch(sentence.start, sentence.end)
            is_rating = bool(_KINDS[3][1].search(words))
            if not has_figure and not is_rating and not speaks_itself:
                continue
            here = bisect_left(cue_starts, sentence.start)
            before = [a for _, a in cues[max(0, here - 1) : here]]
            after = [a for _, a in cues[here : here + 1]]
            source = None
            reasons = [
                "the narrator gives figures"
                if has_figure
                else "the narrator gives a rating"
                if is_rating
                else "the document speaks for itself"
            ]
            score = 0.55 if has_figure else 0.5 if is_rating else 0.4
            if (
                before
                and after
                and before[-1].speaker
                and after[0].speaker
                and before[-1].speaker.name == after[0].speaker.name
                and has_figure
            ):
                source = before[-1]
                score = 0.6
                reasons = [
                    f"{source.speaker.name if source.speaker else ''} speaks before and after, and this goes on with figures"
                ]
            elif (
                before
                and has_figure
                and before[-1].speaker
                and sentence.start - before[-1].end < 200
                and _is_work(before[-1].speaker.name)
            ):
                source = before[-1]
                reasons = [f"goes on with figures after {source.speaker.name if source.speaker else ''}"]
            if speaks_itself and not has_figure and not is_rating:
                if not any(pattern.search(words) for _, pattern in _KINDS) and not _STATUS.search(words):
                    score = 0.3
                else:
                    score = 0.45
            if source is not None:
                narrated = Attribution(-1, sentence.start, sentence.end, words, source.speaker, None, None, "narration")
            else:
                narrated = None
            end = sentence.end
            while end > sentence.start and text[end - 1] in '.”" ':
                end -= 1
            drafts.append(_Draft(sentence.start, end, [(sentence.start, end)], narrated, "", reasons, score))
    return drafts


def _speaker_key(draft: _Draft) -> str:
    return draft.attribution.speaker.name if draft.attribution and draft.attribution.speaker else ""


def _role_scores(text: str, drafts: Sequence[_Draft]) -> dict[str, tuple[float, list[str]]]:
    """Return {speaker: (leaning, reasons)}; above nought leans to response. One speaker speaks for one side."""
    leaning: dict[str, float] = defaultdict(float)
    reasons: dict[str, list[str]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)

    def lean(key: str, reason: str, times: float = 1.0) -> None:
        leaning[key] += ROLE_WEIGHTS[reason] * times
        if reason not in reasons[key]:
            reasons[key].append(reason)

    works = {
        _speaker_key(d)
        for d in drafts
        if d.attribution and d.attribution.speaker and _is_work(d.attribution.speaker.name)
    }
    for draft in drafts:
        key = _speaker_key(draft)
        counts[key] += 1
        words = text[draft.start : draft.end]
        if draft.cue in _RESPONSE_CUES:
            lean(key, "response cue")
        if draft.cue in _ASSERTION_CUES:
            lean(key, "assertion cue", 0.6)
        is_own_voice = draft.attribution is None or draft.attribution.speech == "direct"
        if is_own_voice and key not in works and _FIRST_PERSON.search(words):
            lean(key, "first person", 0.7)
        if key not in works and _REPORT_WORDS.search(words):
            lean(key, "speaks of the report")
    for draft in drafts:
        key = _speaker_key(draft)
        speaker = draft.attribution.speaker if draft.attribution else None
        if counts.get(key, 0) < 0:
            continue
        counts[key] = -1
        if key in works:
            lean(key, "speaks as a work")
        elif speaker is not None:
            if speaker.role and speaker.organisation:
                lean(key, "speaks for a body")
            for work in works:
                if _made(text, key, work):
                    lean(key, "body that made the report")
                    break
        else:
            lean(key, "narrator")
    # A spokeswoman and her ministry speak for one side
    bodies: dict[str, set[str]] = defaultdict(set)
    for draft in drafts:
        speaker = draft.attribution.speaker if draft.attribution else None
        if speaker is not None and speaker.name not in works:
            bodies[(speaker.organisation or speaker.name).casefold()].add(speaker.name)
    shared = dict(leaning)
    for names in bodies.values():
        for name in names:
            others = [leaning[other] for other in names if other != name]
            if others:
                shared[name] = leaning[name] + max(others, key=abs)
                reasons[name].append("others of the same body lean so")
    return {key: (shared.get(key, 0.0), reasons[key]) for key in counts}


def _is_work(name: str) -> bool:
    return bool(
        re.search(
            r"\b(?:report|study|survey|review|assessment|index|audit|investigation|paper|analysis|findings|indictment|lawsuit|complaint)\b",
            name,
            re.IGNORECASE,
        )
    )


def _made(text: str, body: str, work: str) -> bool:
    """Return whether the text ties a body to a work: "the Office’s report", "Office … Report"."""
    core = re.escape(re.sub(r"^(?:US|UK|the)\s+", "", body))
    return bool(
        re.search(
            rf"{core}(?:[’']s)?\s+(?:\w+\s+)?(?:report|study|survey|review|assessment|evaluation)\b",
            text,
            re.IGNORECASE,
        )
    ) or bool(re.search(rf"\breport\b[^.\n]{{0,60}}\b(?:by|of|from)\s+(?:the\s+)?{core}\b", text, re.IGNORECASE))


def _kind(words: str, cue: str, has_figure: bool) -> str:
    if cue in ("recommend", "urge"):
        return "recommendation"
    if cue in ("praise", "commend", "applaud", "hail", "credit", "welcome"):
        return "praise"
    if cue in ("pledge", "vow", "promise"):
        return "commitment"
    if cue in ("decline", "refuse"):
        return "refusal"
    if words.rstrip('”"’ ').endswith("?"):
        return "question"
    if _KINDS[0][1].search(words):
        return "refusal"
    if has_figure:
        return "figure"
    if _STRONG.search(words):
        return "judgement"
    for kind, pattern in _KINDS[1:]:
        if pattern.search(words):
            return kind
    if cue in ("accuse", "blame", "criticise", "criticize", "condemn", "deplore", "denounce", "slam"):
        return "judgement"
    return "factual"


_LEADING = re.compile(
    r"^(?:(?:and|but|however|so|also)[,\s]+)?(?P<pronoun>it|they|he|she|this|these|its|their|his|her)\b", re.IGNORECASE
)


def _finish(text: str, draft: _Draft, scores: dict[str, tuple[float, list[str]]], figures: _Stretches) -> Claim | None:
    start, end = draft.start, draft.end
    words = text[start:end]
    if len(words.split()) < 4:
        return None
    attribution = draft.attribution
    speaker = attribution.speaker if attribution else None
    leaning, leanings = scores.get(_speaker_key(draft), (0.0, []))
    response = 1 / (1 + math.exp(-leaning))
    role = "response" if response >= 0.7 else "assertion" if response <= 0.3 else None
    has_figure = figures.touch(start, end)
    kind = _kind(words, draft.cue, has_figure)
    if kind == "question" and role == "assertion":
        draft.score -= 0.1
    periods = read_periods(words)
    wording = None
    spoken = " ".join(" ".join(text[a:b].strip('”“" ,') for a, b in draft.stretches).split())
    name = speaker.name if speaker else None
    if name and attribution and attribution.speech == "direct" and _FIRST_PERSON.search(words):
        wording = f"{name} says: “{spoken}”"
    elif name and (lead := _LEADING.match(words)):
        wording = f"According to {name}: {spoken}" if lead else None
    elif name and draft.cue and (draft.attribution is not None and words.lower().startswith(draft.cue[:4])):
        wording = f"{name} {' '.join(words.split())}"
    reasons = [*draft.reasons]
    if leanings and role:
        reasons.append(f"{role} because the speaker: " + ", ".join(leanings))
    return Claim(
        start, end, words, tuple(draft.stretches), role, {"assertion": round(1 - response, 3), "response": round(response, 3)},
        name, speaker.role if speaker else None, speaker.organisation if speaker else None,
        attribution.reporter if attribution else None, attribution.speech if attribution else "narration", kind,
        periods[0].first if periods else None, max(p.last for p in periods) if periods else None, wording,
        round(max(0.05, min(0.95, draft.score)), 3), tuple(reasons),
    )  # fmt: skip
