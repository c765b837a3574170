"""For each response, the assertions it most likely responds to. Pure Python: no spaCy, no model, every reason can be checked.

``rank_all`` looks at a whole case at once: responses run through the text in order and keep to an assertion for a while, so
what one sentence responds to says much about the next (a forward-backward pass over the responses). ``rank`` looks at one
response alone, with what the responses before it were linked to as context.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from annotate.pipeline import pair_weights as weights
from annotate.pipeline.wordlists import words_of


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim as the ranker sees it. ``order`` is its place in the text, ``figures`` printed values, ``kind`` a claim kind."""

    id: object
    text: str
    order: int = 0
    speaker: str | None = None
    figures: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    kind: str | None = None
    document: object = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One target for a response; ``target_id`` is None for every scope but "claim" and "continues"."""

    target_id: object
    scope: str
    score: float
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Context:
    """What is known round one response: the responses before it, oldest first, with the ids each was linked to."""

    earlier: tuple[tuple[Statement, tuple[object, ...]], ...] = ()
    response_count: int | None = None


_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_STOP = words_of("""the a an and or but if of in on at to for from by with about as is are was were be been being am do does did have has had will would can could
    should may might must shall it its this that these those they them their we our us you your i my me he she his her not no nor so than then there here
    which who whom what when where how why also just only very more most such any some each all both other into over under out up down i'm we've don't it's
    s t re ve ll d m""")
_SUFFIXES = (
    "ations",
    "ation",
    "ements",
    "ement",
    "ingly",
    "ities",
    "ments",
    "iness",
    "ness",
    "ment",
    "ings",
    "ing",
    "edly",
    "ions",
    "ion",
    "ies",
    "ity",
    "ive",
    "ous",
    "ers",
    "er",
    "ed",
    "es",
    "ly",
    "s",
    "al",
    "e",
)


def stem(word: str) -> str:
    """Return a rough stem, so that "evaluated" meets "evaluation"."""
    word = word.replace("’s", "").replace("'s", "")
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word


_NUMBERED = re.compile(
    r"^\W{0,3}(?:(?:q|a|r|re|comment|question|point|concern|weakness|issue|remark|answer|reply|response|con|minor|major|item|part)\s*[#:.\-]?\s*(?P<a>\d{1,2})\b|(?P<b>\d{1,2})\s*[.):\-](?!\d)|\((?P<c>\d{1,2})\)|#(?P<d>\d{1,2})\b)",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"(?<![\w.])\d[\d,.]*\d|(?<![\w.])\d+(?![\w])")
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][\w-]*[A-Z\d][\w-]*\b|\b[A-Z]{2,}\b|(?<=[a-z,;] )[A-Z][a-z]{2,}\b")
_ASKS = re.compile(
    r"\?|\b(?:should|could|would|please|unclear|not clear|why|how|missing|lack\w*|however|but|concern\w*|weak\w*|fail\w*|limited|did not|does not|accus\w+|urg\w+|recommend\w*|suggest\w*|need\w*|insufficient|no\b)",
    re.IGNORECASE,
)


_NEUTRAL = re.compile(
    r"^\W*(?:(?:in\s+)?(?:this|the)\s+(?:paper|work|authors?|report|study|article|submission|manuscript|document)s?\b|summary|overview|they\s+(?:propose|show|present)|background)",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"^\s*(?:>|[-*•–—]|[\"“‘'']|re\b|regarding|concerning|as (?:for|to)|on the (?:point|question|issue|comment)|(?:the )?reviewer|you (?:ask|say|mention|write|note|claim)|(?:q|a|r)\d*\s*[:.]|comment|question|response|weakness|concern|major|minor|about\b|with (?:regard|respect) to)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _View:
    """What of a statement is compared."""

    statement: Statement
    words: list[str]
    counts: Counter[str]
    shingles: set[tuple[str, ...]]
    figures: set[str]
    names: set[str]
    number: str | None
    draws: float  # how much an assertion like this draws responses
    opens: bool  # whether a response like this opens a new point


def _view(statement: Statement) -> _View:
    lowered = [word.lower() for word in _WORD.findall(statement.text)]
    stems = [stem(word) for word in lowered if word not in _STOP and (len(word) > 1 or word.isdigit())]
    printed = (
        figure.rstrip(".,").replace(",", "") for figure in (*_FIGURE.findall(statement.text), *statement.figures)
    )
    figures = {figure for figure in printed if len(figure) > 1}  # one digit alone is a place in a list more often
    names = {name for name in (*_NAME.findall(statement.text), *statement.entities) if name.lower() not in _STOP}
    numbered = _NUMBERED.match(statement.text)
    number = next((group for group in numbered.groups() if group), None) if numbered else None
    text = statement.text
    draws = 0.0
    if _ASKS.search(text) or statement.kind in ("judgement", "recommendation", "question", "rating"):
        draws += weights.ASKS
    elif _NEUTRAL.match(text):
        draws += weights.NEUTRAL
    if len(lowered) < 4:
        draws += weights.SHORT
    return _View(
        statement,
        lowered,
        Counter(stems),
        {tuple(lowered[i : i + 3]) for i in range(len(lowered) - 2)},
        figures,
        names,
        number,
        draws,
        bool(number or _OPENS.match(text) or text.rstrip().endswith("?")),
    )


def _idf(views: Sequence[_View]) -> dict[str, float]:
    frequency = Counter(word for view in views for word in view.counts)
    return {word: math.log(1 + (len(views) - count + 0.5) / (count + 0.5)) for word, count in frequency.items()}


def _vector(view: _View, idf: dict[str, float]) -> dict[str, float]:
    vector = {word: (1 + math.log(count)) * idf.get(word, 0.0) for word, count in view.counts.items()}
    norm = math.sqrt(sum(value * value for value in vector.values())) or 1.0
    return {word: value / norm for word, value in vector.items()}


def _dot(a: dict[str, float], b: dict[str, float]) -> float:
    if len(b) < len(a):
        a, b = b, a
    return sum(value * b[word] for word, value in a.items() if word in b)


@dataclass(slots=True)
class _Likeness:
    """How much each response sounds like each claim: the sum, and what made it."""

    score: list[list[float]]
    cosine: list[list[float]]
    quoted: list[list[float]]


def _likeness(claims: Sequence[_View], responses: Sequence[_View]) -> _Likeness:
    idf = _idf([*claims, *responses])
    claim_vectors = [_vector(view, idf) for view in claims]
    response_vectors = [_vector(view, idf) for view in responses]
    cosine = [[_dot(r, c) for c in claim_vectors] for r in response_vectors]
    quoted = [
        [
            len(r.shingles & c.shingles) / max(1, min(len(r.shingles), len(c.shingles)))
            if r.shingles and c.shingles
            else 0.0
            for c in claims
        ]
        for r in responses
    ]
    score = []
    for i, response in enumerate(responses):
        row = []
        best = max(cosine[i], default=0.0) or 1.0
        for j, claim in enumerate(claims):
            value = weights.WORDS * cosine[i][j] + weights.BEST * (cosine[i][j] / best if best > 0.08 else 0.0)
            value += weights.QUOTED * quoted[i][j]
            if response.number and response.number == claim.number:
                value += weights.NUMBERED
            if response.figures & claim.figures:
                value += weights.FIGURE * min(1.0, len(response.figures & claim.figures) / 2 + 0.25)
            if response.names & claim.names:
                value += weights.NAMED * min(1.0, len(response.names & claim.names) / 3 + 0.2)
            row.append(value)
        last = len(row) - 1
        score.append(
            [
                value
                + weights.BESIDE * ((row[j - 1] if j else 0.0) + (row[j + 1] if j < last else 0.0)) / 2
                + claims[j].draws
                for j, value in enumerate(row)
            ]
        )
    return _Likeness(score, cosine, quoted)


def _step(before: int, after: int, opens: bool) -> float:
    """Return the log odds of going from one assertion to another between two responses that follow each other."""
    if after == before:
        return 0.0
    if after == before + 1:
        cost = weights.NEXT
    elif after > before:
        cost = weights.FORWARD - weights.DISTANCE * (after - before)
    else:
        cost = weights.BACK - weights.DISTANCE * (before - after)
    return cost + (weights.OPENS if opens else 0.0)


def _normalised(logs: Sequence[float]) -> list[float]:
    if not logs:
        return []
    top = max(logs)
    values = [math.exp(value - top) for value in logs]
    total = sum(values)
    return [value / total for value in values]


def _beliefs(likeness: _Likeness, claim_count: int, opens: Sequence[bool]) -> list[list[float]]:
    """Return for each response a share of belief in each claim, by forward and backward passes."""
    rows = likeness.score
    count = len(rows)
    emissions = []
    for i, row in enumerate(rows):
        place = i / max(1, count - 1) if count > 1 else 0.5
        emissions.append(
            _normalised(
                [value - weights.DIAGONAL * abs(place - j / max(1, claim_count - 1)) for j, value in enumerate(row)]
            )
        )
    tables = {
        flag: [[math.exp(_step(a, b, flag)) for b in range(claim_count)] for a in range(claim_count)]
        for flag in set(opens)
    }
    forward: list[list[float]] = []
    for i in range(count):
        if i == 0:
            forward.append(emissions[0])
            continue
        before = forward[-1]
        steps = tables[opens[i]]
        row = [emissions[i][b] * sum(before[a] * steps[a][b] for a in range(claim_count)) for b in range(claim_count)]
        total = sum(row) or 1.0
        forward.append([value / total for value in row])
    backward = [[1.0] * claim_count for _ in range(count)]
    for i in range(count - 2, -1, -1):
        steps = tables[opens[i + 1]]
        after = [emissions[i + 1][b] * backward[i + 1][b] for b in range(claim_count)]
        row = [sum(steps[a][b] * after[b] for b in range(claim_count)) for a in range(claim_count)]
        total = sum(row) or 1.0
        backward[i] = [value / total for value in row]
    beliefs = []
    for i in range(count):
        row = [f * b for f, b in zip(forward[i], backward[i], strict=True)]
        total = sum(row) or 1.0
        beliefs.append([value / total for value in row])
    return beliefs


def rank_all(claims: Sequence[Statement], responses: Sequence[Statement]) -> list[list[Candidate]]:
    """Return for each response its candidates, best first; the order of both sequences is that of their texts."""
    claim_views = [_view(statement) for statement in claims]
    response_views = [_view(statement) for statement in responses]
    if not claims:
        return [
            _scoped(view, [], _Place(i, len(responses), 0.0, response_views[i - 1] if i else None))
            for i, view in enumerate(response_views)
        ]
    likeness = _likeness(claim_views, response_views)
    opens = [view.opens or max(likeness.quoted[i], default=0.0) > 0.5 for i, view in enumerate(response_views)]
    beliefs = _beliefs(likeness, len(claims), opens)
    ranked: list[list[Candidate]] = []
    support, last_top = 0.0, -1
    for i, view in enumerate(response_views):
        candidates = []
        for j in sorted(range(len(claims)), key=lambda j: (-beliefs[i][j], j)):
            reasons = _reasons(view, claim_views[j], likeness.cosine[i][j], likeness.quoted[i][j])
            if i and ranked[-1][0].scope == "claim" and ranked[-1][0].target_id == claims[j].id:
                reasons.append("goes on with what the sentence before responds to")
            candidates.append(
                Candidate(claims[j].id, "claim", round(beliefs[i][j], 4), reasons or ["by its place in the text"])
            )
        top = max(range(len(claims)), key=lambda j: beliefs[i][j])
        said = max(likeness.cosine[i][top], likeness.quoted[i][top])
        # What was plainly said once carries the sentences that go on with it, less with each
        support = max(said, weights.CARRIES * support) if top == last_top else said
        last_top = top
        ranked.append(
            _scoped(view, candidates, _Place(i, len(responses), support, response_views[i - 1] if i else None))
        )
        if ranked[-1][0].scope != "claim":
            support, last_top = 0.0, -1
    return ranked


def rank(response: Statement, claims: Sequence[Statement], *, context: Context | None = None) -> list[Candidate]:
    """Return the candidates for one response, best first, with what the responses before it were linked to as context."""
    earlier = context.earlier if context else ()
    claim_views = [_view(statement) for statement in claims]
    view = _view(response)
    if not claims:
        return _scoped(view, [], _Place(0, 1, 0.0))
    before = [_view(statement) for statement, _ in earlier[-1:]]
    likeness = _likeness(claim_views, [*before, view])
    row = list(likeness.score[-1])
    places = {statement.id: place for place, statement in enumerate(claims)}
    last = [places[target] for target in (earlier[-1][1] if earlier else ()) if target in places]
    if last:
        row = [value + max(_step(a, b, view.opens) for a in last) for b, value in enumerate(row)]
    beliefs = _normalised(row)
    candidates = []
    for j in sorted(range(len(claims)), key=lambda j: (-beliefs[j], j)):
        reasons = _reasons(view, claim_views[j], likeness.cosine[-1][j], likeness.quoted[-1][j])
        if j in last:
            reasons.append(
                "same speaker goes on"
                if earlier[-1][0].speaker == response.speaker and response.speaker
                else "goes on with what the sentence before responds to"
            )
        candidates.append(
            Candidate(claims[j].id, "claim", round(beliefs[j], 4), reasons or ["by its place in the text"])
        )
    count = context.response_count if context and context.response_count else len(earlier) + 2
    place = _Place(len(earlier), count, max(likeness.cosine[-1]), before[-1] if before else None)
    return _scoped(view, candidates, place)


def _reasons(response: _View, claim: _View, cosine: float, quoted: float) -> list[str]:
    reasons = []
    if quoted > 0.3:
        reasons.append("quotes its words")
    for figure in sorted(response.figures & claim.figures, key=len, reverse=True)[:2]:
        reasons.append(f"same figure, {figure}")
    if response.number and response.number == claim.number:
        reasons.append(f"same number in the list, {response.number}")
    for name in sorted(response.names & claim.names)[:2]:
        reasons.append(f"both name {name}")
    if cosine > 0.12:
        shared = sorted(set(response.counts) & set(claim.counts), key=len, reverse=True)
        words = [word for word in dict.fromkeys(response.words) if stem(word) in shared[:4]]
        if words:
            reasons.append("same words: " + ", ".join(words[:4]))
    return reasons


_GENERAL = re.compile(
    r"(?:\b(?:the|this|that|your|their|whole|entire)|[’']s)\s+(?:report|reviews?|reviewers?|referee|article|accusations?|allegations?|comments|feedback|findings|evaluation|assessment)\b"
    r"|\b(?-i:Report)\b|\bthe opposite\b|\b(?:not )?(?:well[- ](?:written|researched)|true|fair|baseless)\b|\byour (?:review|time|suggestions|concerns)\b|\ball (?:your|the) (?:comments|concerns|questions|points)\b",
    re.IGNORECASE,
)
_ASKER = re.compile(
    r"\b(?:declin\w+ to|refus\w+ to|no comment|cannot (?:comment|reveal|say)|questions? (?:about|on|regarding)\b.{0,80}\b(?:addressed|directed|put)|should\s+(?:\w+\s+)?be (?:addressed|directed) to)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"^\W*(?:also|moreover|furthermore|in addition|additionally|besides|for example|for instance|specifically|therefore|thus|hence|in particular|that is|similarly|finally|this|these|it|they|and|but|however)\b",
    re.IGNORECASE,
)
_SOCIAL = re.compile(
    r"\b(?:thank\w*|appreciat\w*|grateful|we hope|sincerely|regards|let us know|look forward)\b", re.IGNORECASE
)
# A note, a source or a signpost ("Answered point by point below:") belongs to the response round it
_NOTE = re.compile(
    r"^\W*(?:\[[\w+]{1,8}\]|references?\b|footnote|source:|https?://|url\b|doi\b)|\bet al\b.{0,200}\b(?:19|20)\d\d\b\W*$|\barxiv\b"
    r"|\b(?:below|following|in (?:detail|turn|part)|point[- ]by[- ]point)\b[^.]{0,20}[.:]?\s*$|^[^.?!]{0,40}:\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a response stands among those of its case, and how sure the claims are of it."""

    index: int
    count: int
    best: float  # how plainly the best claim was spoken of, here or just before
    before: _View | None = None


def _scoped(view: _View, candidates: list[Candidate], place: _Place) -> list[Candidate]:
    """Put the other scopes among the ranked claims: a general or evasive response prefers them.

    Where little is said in the same words the claims keep their order and lose their sureness, so that nobody takes a
    guess for a find.
    """
    text = view.statement.text
    sureness = weights.GUESS + (1 - weights.GUESS) * min(1.0, place.best / weights.PLAIN)
    claims = [Candidate(c.target_id, c.scope, round(c.score * sureness, 4), c.reasons) for c in candidates]
    general, reason = 0.15, "no assertion stands out"
    if _GENERAL.search(text):
        general, reason = general + weights.GENERAL, "speaks of the whole"
    if _SOCIAL.search(text):
        general, reason = general + weights.SOCIAL, "speaks to whoever wrote the whole"
    if place.index == 0 or (place.index == place.count - 1 and place.count > 2):
        general += weights.FRAME if place.best < weights.PLAIN else 0.0
    extra = [Candidate(None, "work", round(min(0.95, general), 4), [reason])]
    if _ASKER.search(text):
        extra.append(Candidate(None, "questioner", 0.75, ["answers whoever asked"]))
    if place.before is not None:
        earlier = place.before.statement
        if _NOTE.search(text):
            extra.append(
                Candidate(earlier.id, "continues", weights.NOTE, ["a note or signpost to the responses round it"])
            )
        elif _GOES_ON.match(text) or (earlier.speaker is not None and earlier.speaker == view.statement.speaker):
            same = earlier.speaker and earlier.speaker == view.statement.speaker
            reason = "same speaker goes on" if same else "goes on from the sentence before"
            likely = 0.45 if same and place.best < weights.PLAIN else 0.3 if place.best < weights.PLAIN / 2 else 0.1
            extra.append(Candidate(earlier.id, "continues", likely, [reason]))
    extra.append(Candidate(None, "open", 0.05, ["nobody in particular"]))
    return sorted([*claims, *extra], key=lambda c: -c.score)
