"""Score a reading against the gold of ``fixtures/gold`` (see its README): entities, attributions, speakers, quantities.

Plain Python, used by ``bench/pipeline.py`` and the tests; ``python bench/gold.py [--errors]`` prints the figures, and what is
missed and what is too much.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "fixtures" / "gold"
SEED = ROOT.parent / "shared" / "seed" / "000_736126dc7e3db3e7.txt"
MADE_UP = ("river", "prison", "election", "garments")
LABELS = frozenset(
    [
        "PERSON",
        "ORG",
        "GPE",
        "LOC",
        "NORP",
        "FAC",
        "EVENT",
        "LAW",
        "WORK",
        "DATE",
        "TIME",
        "MONEY",
        "PERCENT",
        "QUANTITY",
        "ORDINAL",
        "CARDINAL",
    ]
)
_SINGULAR = {"men": "man", "women": "woman", "people": "person", "staff": "staff"}


@dataclass(frozen=True, slots=True)
class Gold:
    """One article with what a careful reader marks in it; the shape is told in ``fixtures/gold/README.md``."""

    name: str
    text: str
    scope: tuple[int, int]
    actors: dict[str, list[str]]
    entities: list[dict[str, Any]]
    attributions: list[dict[str, Any]]
    quantities: list[dict[str, Any]] | None
    ties: list[dict[str, Any]]


@dataclass(slots=True)
class Score:
    """Counts of one comparison; ``missed`` and ``extra`` hold words to look at."""

    right: int = 0
    wanted: int = 0
    given: int = 0
    missed: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return 100 * self.right / max(1, self.given)

    @property
    def recall(self) -> float:
        return 100 * self.right / max(1, self.wanted)

    @property
    def f1(self) -> float:
        return 200 * self.right / max(1, self.wanted + self.given)

    def __add__(self, other: Score) -> Score:
        return Score(
            self.right + other.right,
            self.wanted + other.wanted,
            self.given + other.given,
            self.missed + other.missed,
            self.extra + other.extra,
        )


def load(name: str) -> Gold | None:
    """Return an article with its gold, or None for the seed where its text is not beside the project.

    Raises ValueError where the text is not the one that was annotated.
    """
    path = SEED if name == "seed" else FOLDER / f"{name}.txt"
    if not path.exists():
        return None
    text = path.read_text(encoding="utf-8")
    gold = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    if hashlib.sha256(text.encode()).hexdigest() != gold["text_sha256"]:
        raise ValueError(f"{path} is not the text that {name}.json was written for.")
    start, end = gold["scope"]
    return Gold(
        name,
        text,
        (start, end),
        gold["actors"],
        gold["entities"],
        gold["attributions"],
        gold.get("quantities"),
        gold.get("ties", []),
    )


Span = tuple[int, int]


def _matched(
    gold: Sequence[Any], found: Sequence[Any], likeness: Callable[[Any, Any], float]
) -> list[tuple[int, int, float]]:
    """Return (place in gold, place in found, likeness) of the pairs, one to one, most alike first; 0 is no pair."""
    pairs = sorted(
        (
            (-value, i, j)
            for i, one in enumerate(gold)
            for j, other in enumerate(found)
            if (value := likeness(one, other)) > 0
        )
    )
    taken_gold: set[int] = set()
    taken_found: set[int] = set()
    kept = []
    for value, i, j in pairs:
        if i not in taken_gold and j not in taken_found:
            taken_gold.add(i)
            taken_found.add(j)
            kept.append((i, j, -value))
    return kept


def _score(gold: Sequence[Any], found: Sequence[Any], pairs: Iterable[tuple[int, int, float]], words: Any) -> Score:
    pairs = list(pairs)
    hit_gold, hit_found = {i for i, _, _ in pairs}, {j for _, j, _ in pairs}
    return Score(
        len(pairs),
        len(gold),
        len(found),
        [words(item) for i, item in enumerate(gold) if i not in hit_gold],
        [words(item) for j, item in enumerate(found) if j not in hit_found],
    )


def overlap(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _without_article(text: str, start: int, end: int) -> Span:
    lead = re.match(r"the\s+", text[start:end], re.IGNORECASE)
    start += lead.end() if lead else 0
    return start, end - 2 if text[start:end].endswith(("’s", "'s")) else end


Named = tuple[int, int, str]


def score_entities(gold: Gold, found: Iterable[Named]) -> tuple[Score, Score]:
    """Return the scores (exact, overlap) of entities given as (start, end, label)."""
    low, high = gold.scope
    wanted = [(*_without_article(gold.text, e["start"], e["end"]), e["label"]) for e in gold.entities]
    given = [
        (*_without_article(gold.text, start, end), "WORK" if label == "WORK_OF_ART" else label)
        for start, end, label in found
        if low <= start and end <= high
    ]
    given = [item for item in given if item[2] in LABELS]

    def words(item: Named) -> str:
        return f"{gold.text[item[0] : item[1]]} {item[2]} @{item[0]}"

    def exact(one: Named, other: Named) -> float:
        return float(one == other)

    def shared(one: Named, other: Named) -> float:
        return overlap(one[:2], other[:2]) / max(1, one[1] - one[0]) if one[2] == other[2] else 0

    return (
        _score(wanted, given, _matched(wanted, given, exact), words),
        _score(wanted, given, _matched(wanted, given, shared), words),
    )


def plain(name: str | None) -> str:
    """Return a name without article, possessive, brackets and capitals, as two names of one actor are compared."""
    words = re.sub(r"[\[(][^\])]*[\])]", " ", name or "").casefold().replace("’", "'")
    return re.sub(r"^(?:the|a|an|dame|sir|mr|mrs|ms|dr)\s+|'s\b", "", " ".join(words.split()))


@dataclass(frozen=True, slots=True)
class Said:
    """One attribution of either side: the characters of its content, its speaker, its speech, and words to show."""

    content: tuple[Span, ...]
    speakers: tuple[str, ...]
    speech: str
    shown: str

    def likeness(self, other: Said) -> float:
        """Return intersection over union of the contents' characters."""
        shared = sum(overlap(a, b) for a in self.content for b in other.content)
        whole = sum(b - a for a, b in (*self.content, *other.content)) - shared
        return shared / whole if whole else 0


def score_attributions(gold: Gold, reading: Any) -> tuple[Score, Score, Score]:
    """Return the scores at .3 and at .8, and that of the speakers: ``right`` of ``wanted``."""
    low, high = gold.scope
    wanted = [
        Said(
            tuple((s["start"], s["end"]) for s in item["stretches"]),
            tuple(gold.actors[item["speaker"]]) if item["speaker"] else (),
            item["speech"],
            gold.text[item["stretches"][0]["start"] : item["stretches"][-1]["end"]],
        )
        for item in gold.attributions
    ]
    given = [
        Said(a.stretches, (a.speaker.name,) if a.speaker else (), a.speech, a.quote)
        for a in reading.attributions
        if a.speech in ("direct", "indirect") and low <= a.start and a.end <= high
    ]
    pairs = _matched(wanted, given, Said.likeness)

    def words(item: Said) -> str:
        return f"{item.speech} {item.speakers[:1]}: {_short(item.shown)}"

    loose, strict = (_score(wanted, given, [pair for pair in pairs if pair[2] >= limit], words) for limit in (0.3, 0.8))
    speakers = Score(wanted=sum(bool(item.speakers) for item in wanted))
    by_gold = {i: j for i, j, alike in pairs if alike >= 0.3}
    for i, item in enumerate(wanted):
        if not item.speakers:
            continue
        name = given[by_gold[i]].speakers[:1] if i in by_gold else ()
        if name and plain(name[0]) in {plain(known) for known in item.speakers}:
            speakers.right += 1
        else:
            speakers.missed.append(f"{item.speakers[0]} not {name}: {_short(item.shown)}")
    speakers.given = speakers.wanted
    return loose, strict, speakers


def _short(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) < 90 else f"{words[:50]} … {words[-35:]}"


def _last_word(words: str | None) -> str:
    word = re.sub(r"[^\w% ]", " ", words or "").casefold().split()[-1:] or [""]
    return _SINGULAR.get(word[0]) or re.sub(r"ies$", "y", word[0]) if word[0].endswith("ies") else word[0].rstrip("s")


def _head(words: str | None) -> set[str]:
    """Return the last words of a unit or a counted thing: "cubic metres per tonne" gives metre and tonne."""
    sides = re.split(r"\s+(?:per|of|a)\s+", words or "")
    return {_SINGULAR.get(side, side) for side in map(_last_word, sides) if side}


def score_quantities(gold: Gold, reading: Any) -> tuple[Score, Score, Score]:
    """Return the scores by value, by value and unit or thing counted, and of the ties: ``right`` of ``wanted``."""
    assert gold.quantities is not None
    low, high = gold.scope
    given = [q for q in reading.quantities if low <= q.start and q.end <= high]

    def near(one: float | None, other: float | None) -> bool:
        if one is None or other is None:
            return one is other
        return abs(one - other) <= 1e-3 * max(1e-9, abs(one))

    def by_value(want: dict[str, Any], q: Any) -> float:
        spans = (want["start"], want["end"]), (q.start, q.end)
        top = None if want["value_high"] is None else float(want["value_high"])
        has_top = q.value_high is not None and q.value_high != q.value
        alike = near(float(want["value"]), float(q.value)) and near(top, float(q.value_high) if has_top else None)
        return overlap(*spans) if alike else 0

    def by_unit(want: dict[str, Any], q: Any) -> float:
        said = set().union(*(_head(words) for words in (q.unit, q.currency, q.counted)))
        if q.unit == "percentage_point" or (q.unit or "").startswith("percentage"):
            said = {"point"}
        return by_value(want, q) if want["of"] is None or _head(want["of"]) & said else 0

    def words(item: Any) -> str:
        if isinstance(item, dict):
            return f"{item['quote']} = {item['value']} {item['value_high'] or ''} {item['of']} @{item['start']}"
        return f"{item.quote} = {item.value} {item.value_high or ''} {item.unit or item.currency} {item.counted} @{item.start}"

    scores = []
    for likeness in (by_value, by_unit):
        pairs = _matched(gold.quantities, given, likeness)
        loose = [q for q in gold.quantities if q.get("optional")]
        hit = {j for _, j, _ in pairs}
        open_found = {
            j
            for j, q in enumerate(given)
            if any(overlap((want["start"], want["end"]), (q.start, q.end)) for want in loose)
            and (j not in hit or any(gold.quantities[i].get("optional") for i, other, _ in pairs if other == j))
        }
        open_gold = {i for i, want in enumerate(gold.quantities) if want.get("optional")}
        wanted = [want for want in gold.quantities if not want.get("optional")]
        rest = [q for j, q in enumerate(given) if j not in open_found]
        places = {i: wanted.index(gold.quantities[i]) for i in range(len(gold.quantities)) if i not in open_gold}
        founds = {j: n for n, j in enumerate(j for j in range(len(given)) if j not in open_found)}
        kept = [(places[i], founds[j], v) for i, j, v in pairs if i in places and j in founds]
        scores.append(_score(wanted, rest, kept, words))
    by_gold = {i: given[j].id for i, j, _ in _matched(gold.quantities, given, by_value)}
    by_id = {q.id: q for q in given}
    ties = Score(wanted=len(gold.ties), given=len(gold.ties))
    for tie in gold.ties:
        one, other = by_gold.get(tie["from"]), by_gold.get(tie["to"])
        if one is not None and other is not None and getattr(by_id[one], tie["kind"]) == other:
            ties.right += 1
        else:
            ends = [gold.quantities[tie[end]]["quote"] for end in ("from", "to")]
            ties.missed.append(f"{ends[0]} {tie['kind']} {ends[1]}")
    return scores[0], scores[1], ties


def read(gold: Gold) -> Any:
    """Return the machine's reading of an article, with what the machine itself proposes to leave out left out."""
    from annotate.pipeline import propose_exclusions, read_document

    return read_document(gold.text, excluded=[(start, end) for start, end, _ in propose_exclusions(gold.text)])


def bare_entities(gold: Gold, nlp: Any) -> list[Named]:
    """Return the finds of the language model alone, read paragraph by paragraph over the article's story."""
    from annotate.pipeline import paragraphs_of

    low, high = gold.scope
    return [
        (ent.start_char + start, ent.end_char + start, ent.label_)
        for start, end in paragraphs_of(gold.text, [(0, low), (high, len(gold.text))])
        for ent in nlp(gold.text[start:end]).ents
    ]


def main() -> None:
    sys.path.insert(0, str(ROOT))
    for name in ("seed", *MADE_UP):
        gold = load(name)
        if gold is None:
            print(f"{name}: its text is not beside the project")
            continue
        reading = read(gold)
        rows = {}
        rows["entities exact"], rows["entities overlap"] = score_entities(
            gold, [(e.start, e.end, e.label) for e in reading.entities]
        )
        rows["attributions .3"], rows["attributions .8"], rows["speakers"] = score_attributions(gold, reading)
        if gold.quantities is not None:
            rows["quantities value"], rows["quantities value+unit"], rows["ties"] = score_quantities(gold, reading)
        for title, score in rows.items():
            print(
                f"{name:<9} {title:<22} P {score.precision:5.1f}  R {score.recall:5.1f}  F1 {score.f1:5.1f}  ({score.right} of {score.wanted}, {score.given} given)"
            )
            if "--errors" in sys.argv:
                for words in score.missed:
                    print("      missed:", words)
                for words in score.extra:
                    print("      extra: ", words)


if __name__ == "__main__":
    main()
