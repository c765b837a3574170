"""Figures of a paragraph: what ``claims.quantities`` reads, with what is counted, period and relations from the parse.

Finding is ``claims.quantities.read``; this component settles what spelling alone cannot: whether a bare number counts
something or names it ("Windows 10"), which noun it counts, which period it holds for, and how the figures of a passage
belong together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from spacy.language import Language
from spacy.tokens import Doc, Span

from annotate.pipeline.columns import Columns
from annotate.pipeline.reading import Quantity
from annotate.pipeline.wordlists import words_of
from claims.quantities import Figure, Period, read, read_periods, singular

_NOUNS = frozenset({"NN", "NNS", "NNP", "NNPS"})
_INSIDE = frozenset({"JJ", "JJR", "JJS", "NN", "NNS", "NNP", "NNPS", "VBG", "VBN", "HYPH", "CD", "POS", "AFX", "FW"})
_LIMIT = 8
# "37 concerned forced labour": a number standing alone before a verb that the tagger takes for an adjective
_VERBS_READ_AS_ADJECTIVES = words_of(
    "concerned involved included related remained received resulted occurred led died went faced"
)


@dataclass(slots=True)
class Found:
    """A figure of one paragraph, with ties to other figures by their place in the list."""

    figure: Figure
    part_of: int | None = None
    sums_to: int | None = None
    converts: int | None = None
    change_from: int | None = None


@Language.factory("quantities", assigns=["doc.spans"])
def make_quantity_finder(nlp: Language, name: str) -> QuantityFinder:
    return QuantityFinder()


class QuantityFinder:
    """Writes ``doc.spans["quantities"]`` and, beside it in ``doc.user_data``, a list of ``Found`` in the same order."""

    def __call__(self, doc: Doc) -> Doc:
        found = self.find(doc)
        spans = []
        for item in found:
            span = doc.char_span(item.figure.start, item.figure.end, label=item.figure.kind, alignment_mode="expand")
            if span is not None:
                spans.append(span)
        doc.spans["quantities"] = spans
        doc.user_data["quantities"] = found
        return doc

    def find(self, doc: Doc) -> list[Found]:
        figures = read(doc.text)
        if not figures:
            return []
        columns = Columns.of(doc)
        if columns.is_parsed:
            figures = [refined for figure in figures if (refined := _settle(columns, figure)) is not None]
            figures = _fill_gaps(columns, figures)
        periods = read_periods(doc.text)
        figures = [_with_period(columns, figure, periods) for figure in figures]
        return relate(columns, figures)


def _settle(columns: Columns, figure: Figure) -> Figure | None:
    """Return the figure with its counted noun by the parse, or None where it is no figure."""
    first = columns.token_at(figure.at)
    last = columns.token_at(figure.end - 1)
    if figure.kind in ("count", "rate") and figure.unit is None:
        if _is_name(columns, figure, first, last):
            return None
        counted = _counted(columns, first, last, figure)
        if counted is None:
            return replace(figure, counted=None, counted_at=None)
        begin, end = counted
        start = columns.starts[begin]
        return replace(figure, counted=columns.text[start : columns.ends[end - 1]], counted_at=start)
    return figure


def _is_name(columns: Columns, figure: Figure, first: int, last: int) -> bool:
    """Return whether a bare number is part of a name, as in "Windows 10", or a pronoun, as in "the one who"."""
    low = figure.quote.lower()
    if (
        figure.counted is None
        and not low[0].isalpha()
        and first
        and columns.lowers[first - 1] == "the"
        and columns.deps[first] in ("nsubj", "nsubjpass")
    ):
        return True  # "the 486 is …"
    following = columns.tags[last + 1] if last + 1 < len(columns.tags) else ""
    if low == "one":
        if (
            columns.tags[first] in ("NN", "PRP", "NNP")
            and following not in _NOUNS
            and columns.lowers[last + 1 : last + 2] != ["of"]
        ):
            return True
        return (
            following not in _NOUNS | {"JJ", "JJR", "JJS", "IN", "VBN", "VBG", "RBS", "RB", "CD"}
            and columns.tags[first] != "CD"
        )
    return False


def _counted(columns: Columns, first: int, last: int, figure: Figure) -> tuple[int, int] | None:
    """Return (first, end) tokens of the noun phrase that a number counts, without determiners."""
    tags, words, count = columns.tags, columns.lowers, len(columns.words)
    index = last + 1
    while (
        index < count
        and (
            words[index] in ("more", "other", "additional", "further", "fewer", "(", "different")
            or tags[index] in ("RB", "RBS", "RBR")
        )
        and index - last < 3
    ):
        index += 1
    if index < count and tags[index] == "HYPH" and index + 1 < count and tags[index + 1] in _NOUNS:
        return index + 1, index + 2  # "an 84-page report" counts pages
    if index < count and words[index] == "of" and index + 1 < count:
        index += 1
        while index < count and (
            tags[index] in ("DT", "PRP$", "PDT", "CD", "JJS") or words[index] in ("those", "these", "whom", "which")
        ):
            index += 1
        if index >= count or tags[index] in ("WP", "WDT", "PRP"):
            return None
    if index < count and words[index] in _VERBS_READ_AS_ADJECTIVES and tags[index] in ("JJ", "VBN", "VBD"):
        return None
    begin = index
    end = index
    while index < count and index - begin < _LIMIT:
        tag = tags[index]
        if tag in _NOUNS:
            end = index + 1
            if tag == "NNS" and index + 1 < count and tags[index + 1] not in ("NNS", "POS", "HYPH", "NNPS"):
                following = words[index + 1]
                joins = following in ("and", "&", "or") and index + 2 < count and tags[index + 2] in ("NNS", "NNPS")
                if not joins or columns.deps[index + 2] != "conj":
                    break
                index += 1
        elif tag in ("CC",) or words[index] in ("&",):
            if not (index + 1 < count and tags[index + 1] in _NOUNS | {"JJ", "VBG", "VBN"} and index > begin):
                break
            # "Kia and Hyundai vehicles" goes on; "thefts and made" does not
            ahead = index + 1
            while ahead < count and tags[ahead] in ("JJ", "NN", "NNP", "VBG", "VBN", "HYPH"):
                ahead += 1
            if ahead >= count or tags[ahead] not in ("NNS", "NNPS") or tags[index - 1] in ("NNS", "NNPS"):
                break
        elif tag == "POS" and end == index:
            while index + 1 < count and tags[index + 1] in ("CD", "JJS"):
                index += 1
            begin = index + 1  # "one of the state's largest ports": the ports are counted
        elif (
            tag not in _INSIDE
            or (tag in ("VBN", "VBG") and end > begin and tags[index - 1] != "HYPH")
            or (tag == "CD" and end > begin)
            or tag == "JJ"
            and end > begin
            and tags[index - 1] in ("NNS", "NNPS")
        ):
            break
        index += 1
    if end <= begin:
        return None
    return begin, end


def _fill_gaps(columns: Columns, figures: list[Figure]) -> list[Figure]:
    """Let an elliptic figure count what the figure before it counts: "35 for forced labour", "37 concerned …"."""
    filled: list[Figure] = []
    for figure in figures:
        if filled and _is_second_age(columns.text, filled[-1], figure):
            figure = replace(figure, kind="age", unit=filled[-1].unit, counted=None, counted_at=None)
        if figure.kind == "count" and figure.unit is None and figure.counted is None:
            first = columns.token_at(figure.at)
            sentence = columns.sentence_of(first)
            figure = _number_of(columns, _with_unit(columns, _like_earlier(columns, figure, filled), filled))
            if figure.unit is not None:
                filled.append(figure)
                continue
            for earlier in reversed(filled[-6:]):
                if earlier.kind != "count" or earlier.counted is None or earlier.unit is not None:
                    continue
                gap = sentence - columns.sentence_of(columns.token_at(earlier.at))
                if (gap <= 0 and _is_elliptic(columns, figure)) or (
                    gap == 1 and _HAS_SOME.search(columns.text, 0, figure.start)
                ):
                    figure = replace(figure, counted=earlier.counted, counted_at=earlier.counted_at)
                break
        filled.append(figure)
    return filled


def _is_second_age(text: str, earlier: Figure, figure: Figure) -> bool:
    """Return whether a bare number is one more age: "two men aged 19 and 23 who …"."""
    between = text[earlier.end : figure.start]
    return (
        earlier.kind == "age"
        and figure.kind == "count"
        and figure.unit is None
        and figure.value < 120
        and (figure.counted_at is None or figure.counted_at < figure.start or figure.counted_at > figure.end + 12)
        and between.strip() in ("and", ",", "or", "to", ", and")
        and bool(re.match(r"\s*(?:[,.;)]|$|and\b|who\b|were\b|was\b|when\b|had\b|have\b)", text[figure.end :]))
    )


def _like_earlier(columns: Columns, figure: Figure, filled: list[Figure]) -> Figure:
    """Give "the remaining 29" the per cent, and "more than 6 billion for …" the money, named before in the sentence."""
    rest = re.search(r"\b(?:remaining|other|rest)\s+$", columns.text[max(0, figure.start - 12) : figure.start])
    is_large = figure.value >= 10**6 and not figure.quote.strip()[-1:].isdigit()
    if not (rest or is_large):
        return figure
    sentence = columns.sentence_of(columns.token_at(figure.at))
    for earlier in reversed(filled[-6:]):
        if columns.sentence_of(columns.token_at(earlier.at)) != sentence:
            break
        if columns.text[max(0, earlier.start - 1) : earlier.start] in ("(", "["):
            continue  # a conversion, not what the sentence reckons in
        if earlier.kind == "percent" and rest and figure.value <= 100 or earlier.kind == "money" and is_large:
            return replace(figure, unit=earlier.unit, currency=earlier.currency, kind=earlier.kind)
    return figure


# "from 133 cases in 2020 to 188"
_NOUN_INSIDE = re.compile(r"[\d,.]+\s+(?P<what>[a-z]+(?:\s[a-z]+)?)\s+(?:in|during)\s+(?:19|20)\d\d\s+to\b")
_NUMBER_OF = re.compile(
    r"\b[Nn]umbers?\s+of\s+(?P<what>(?:(?!(?:in|at|of|who|that|which|has|have|had|is|was|were|are|with|on|from|for|rose|fell|grew|stood)\b)[A-Za-z’'-]+\s){1,4})"
)
_GROWS = re.compile(
    r"\b(?:rose|risen|rise|rises|rising|fell|fallen|fall|falls|falling|grew|grown|grow|dropped|drop|increased|increase|climbed|doubled|from|to|at|was|is|were|reached|reach|between|by|of|stood)\b"
)


def _number_of(columns: Columns, figure: Figure) -> Figure:
    """Let a number count what the sentence gives the number of: "the number of prisoners has risen from 9,300"."""
    if figure.unit is not None or figure.counted is not None or figure.kind != "count":
        return figure
    first, _ = columns.sentences[columns.sentence_of(columns.token_at(figure.at))]
    low = columns.starts[first]
    if figure.value_high is not None and (inside := _NOUN_INSIDE.match(figure.quote)):
        return replace(figure, counted=inside["what"], counted_at=figure.start + inside.start("what"))
    before = list(_NUMBER_OF.finditer(columns.text, low, figure.start))
    if not before or not _GROWS.search(columns.text, before[-1].end(), figure.start):
        return figure
    return replace(figure, counted=before[-1]["what"].strip(), counted_at=before[-1].start("what"))


def _with_unit(columns: Columns, figure: Figure, filled: list[Figure]) -> Figure:
    """Give a bare number the unit of the figure before it in its sentence: "84.75 cents, while the lowest is 74.07"."""
    if not filled or figure.value_high is not None:
        return figure
    earlier = filled[-1]
    if (
        earlier.unit is None
        or earlier.kind in ("duration", "age", "count")
        or columns.sentence_of(columns.token_at(earlier.at)) != columns.sentence_of(columns.token_at(figure.at))
    ):
        return figure
    if not _AFTER_VERB.search(columns.text[max(0, figure.start - 28) : figure.start]) or not _BARE_END.match(
        columns.text[figure.end : figure.end + 14]
    ):
        return figure
    known = earlier.value_high if earlier.value_high is not None else earlier.value
    if not known or not Decimal("0.3") <= abs(figure.value / known) <= 3:
        return figure
    return replace(figure, unit=earlier.unit, currency=earlier.currency, kind=earlier.kind)


_HAS_SOME = re.compile(r"\b(?:have|has|had|own|owns|run|runs|got|employs?)\s+(?:only\s+|just\s+|about\s+)?$")
_AFTER_VERB = re.compile(
    r"\b(?:is|was|are|were|by|to|at|and|versus|vs|from|of)\s+(?:about\s+|around\s+|just\s+|only\s+)?$", re.IGNORECASE
)
_BARE_END = re.compile(r"\s*(?:[.,;)]|$|(?:last|this|for|in|a\s+year|previously|earlier|today|now)\b)", re.IGNORECASE)
_NOT_ELLIPTIC = re.compile(
    r"\b(?:to|at|by|of|above|below|over|under|than|level|is|was|were|are)\s+(?:about\s+|around\s+)?$", re.IGNORECASE
)


def _is_elliptic(columns: Columns, figure: Figure) -> bool:
    before = columns.text[max(0, figure.start - 24) : figure.start]
    return not _NOT_ELLIPTIC.search(before) or bool(
        re.search(r"\bcompared\s+(?:with|to)\s+$|\b(?:while|whilst|and|but)\b[^,;.]*\b(?:is|was)\s+$", before)
    )


_YEAR_BEFORE = re.compile(
    r"\s*(?:[a-z]+\s+){0,3}?(?:the\s+(?:year\s+before|previous\s+year|prior\s+year)|a\s+year\s+(?:earlier|ago|before))\b",
    re.IGNORECASE,
)


def _with_period(columns: Columns, figure: Figure, periods: list[Period]) -> Figure:
    """Give a figure the period named nearest to it in its own sentence."""
    if not periods:
        return figure
    first, end = columns.sentences[columns.sentence_of(columns.token_at(figure.at))]
    low, high = columns.starts[first], columns.ends[end - 1]
    near = [p for p in periods if low <= p.start < high and not (p.start < figure.end and figure.start < p.end)]
    if not near:
        return figure
    if _YEAR_BEFORE.match(columns.text[figure.end : figure.end + 60]):
        return figure  # "up from 29 the year before": another period than the one named
    best = min(near, key=lambda p: min(abs(p.start - figure.end), abs(figure.start - p.end)))
    return replace(figure, period_start=best.first, period_end=best.last)


# --- relations --------------------------------------------------------------------------------------------------------

_INCLUDING = re.compile(
    r"^(?P<to>.{0,80}?)\b(?:including|includes?|comprising|among\s+(?:them|whom|these|those)|of\s+(?:them|whom|which|these|those)|made\s+up\s+of|consisting\s+of|split\s+into)\b[^.;]{0,60}$",
    re.IGNORECASE | re.DOTALL,
)
_OF_THESE = re.compile(r"\.\s+(?:Of|Among)\s+(?:these|them|those),?\s+(?:only\s+|about\s+|some\s+|just\s+)?$")
_OF_THE = re.compile(
    r"^\s+(?:were\s+|out\s+)?of\s+(?:the|its|their|those|these|all|a\s+total\s+of)?(?:\s*[\w-]+[’']s?)?\s*$",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(
    r"^\s*[(\[]\s*(?:about|around|or|some|approximately|roughly|equivalent\s+to|equal\s+to|nearly|almost|just\s+over|just\s+under|over|under|~|≈|=)?\s*$",
    re.IGNORECASE,
)
_EQUALS = re.compile(
    r"^,?\s+(?:or|i\.e\.|that\s+is|equivalent\s+to|equal\s+to)\s+(?:about\s+|around\s+|some\s+|roughly\s+)?$",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"^[^.;]{0,60}?\b(?:from|compared\s+(?:with|to)|against|versus|vs\.?)\s+(?:about\s+|around\s+|just\s+|some\s+|only\s+)?$",
    re.IGNORECASE,
)
_PARTS_CUE = re.compile(
    r"\b(?:these|those|them|whom|which|including|comprising|remaining|rest|others?|respectively|breakdown|consist)\b|:",
    re.IGNORECASE,
)
_TOTAL_CUE = re.compile(r"\b(?:total|altogether|overall|in\s+all|combined|sum|making|bringing)\b", re.IGNORECASE)


def _comparable(a: Figure, b: Figure) -> bool:
    return (
        a.unit == b.unit
        and a.currency == b.currency
        and a.kind == b.kind
        and a.value_high is None
        and b.value_high is None
    )


def relate(columns: Columns, figures: list[Figure]) -> list[Found]:
    """Tie the figures of one paragraph: part of, sums to, converts, change from. Costs little: a window of six."""
    text = columns.text
    found = [Found(figure) for figure in figures]
    for index, item in enumerate(found):
        if index == 0:
            continue
        before = found[index - 1]
        between = text[before.figure.end : item.figure.start]
        a, b = before.figure, item.figure
        if b.kind == "money" and (named := _as_currency(text, a, b)):
            before.figure = a = named
            between = text[a.end : b.start]
        if _IN_BRACKETS.match(between) or _EQUALS.match(between):
            if b.modifier == "=" and a.modifier != "=" and a.kind == b.kind and a.kind in ("money", "measure", "rate"):
                item.figure = b = replace(b, modifier=a.modifier)  # "more than 100 km (60 miles)"
            is_bracketed = bool(_IN_BRACKETS.match(between))
            if (" per " in (a.unit or "")) != (" per " in (b.unit or "")) and not (
                is_bracketed and a.kind == b.kind == "money"
            ):
                continue  # "a loss of $2.3 million, or 14 cents a share" says two things
            if (
                a.kind == b.kind
                and a.kind in ("money", "measure", "rate", "duration")
                and (a.unit, a.currency) != (b.unit, b.currency)
            ):
                item.converts = index - 1
                continue
            if a.kind == b.kind == "money" and a.currency == b.currency and a.value == b.value:
                item.converts = index - 1
                continue
        if (
            len(between) < 90
            and _FROM.match(between)
            and _comparable(a, b)
            and a.kind != "duration"
            and "\n" not in between
            and not (
                index > 1 and _OF_THE.match(text[found[index - 2].figure.end : a.start])
            )  # a part rises, not its whole
        ):
            before.change_from = index
    _find_sums(columns, found)
    _find_parts(text, found)
    _find_late_ties(columns, found)
    for item in found:
        if item.part_of is not None and item.figure.counted is None and item.figure.unit is None:
            whole = found[item.part_of].figure  # "Of these, 73 carried no life rafts"
            item.figure = replace(item.figure, counted=whole.counted, counted_at=whole.counted_at)
    return found


def _as_currency(text: str, figure: Figure, other: Figure) -> Figure | None:
    """Return an amount whose noun must be a currency, since a sum in brackets converts it: "3.4 million karvens ($610,000)"."""
    if figure.kind != "count" or figure.unit is not None or figure.counted is None or figure.counted_at is None:
        return None
    end = figure.counted_at + len(figure.counted)
    between = text[end : other.start]
    if not figure.counted.isalpha() or figure.counted_at < figure.end:
        return None
    if not _IN_BRACKETS.match(between) and not _EQUALS.match(between):
        return None
    if not _PAYS.search(text, max(0, figure.start - 60), figure.start):
        return None  # "twelve contracts ($3 million)" are no currency
    return replace(
        figure,
        end=end,
        quote=text[figure.start : end],
        kind="money",
        unit=singular(figure.counted),
        counted=None,
        counted_at=None,
    )


_PAYS = re.compile(
    r"\b(?:costs?|pa(?:id|ys?|ying|yments?)|fin(?:e|es|ed)|worth|spen[dt]\w*|budget|invest\w*|receiv\w+|rais\w+|borrow\w*|len[dt]|loan|ow(?:e|es|ed)|earn\w*|salar\w+|wages?|prices?|fees?|total|sum|profits?|loss(?:es)?|debts?|revenues?|funds?|funding|grants?|pledg\w+|donat\w+|aid|bribes?|compensation|allocated|provided|at|for)\b"
)
_UP_FROM = re.compile(
    r"\b(?:up|down)\s+(?:sharply\s+|slightly\s+)?from\s+(?:about\s+|around\s+|just\s+|some\s+|only\s+)?$"
)
_OF_THE_WHOLE = re.compile(r"(?:^|[.!?;,]\s+|[“\"])Of\s+(?:the|its|their|all|those|these|some|about)?\s*$")
_OF_THEM = re.compile(r"\s+of\s+(?:them|these|those|whom)\b")
_ALL_BUT = re.compile(r"\ball\s+(?:but|except)\s+$", re.IGNORECASE)


def _find_late_ties(columns: Columns, found: list[Found]) -> None:
    """Tie figures that words part: "41 of the 96 stations last year, up from 29", "Of the 212 mills, it said, 64 were seen"."""
    text = columns.text
    sentence = [columns.sentence_of(columns.token_at(item.figure.at)) for item in found]
    for index, item in enumerate(found):
        figure = item.figure
        lead = text[max(0, figure.start - 40) : figure.start]
        if _UP_FROM.search(lead) and not any(other.change_from == index for other in found):
            for back in range(index - 1, max(-1, index - 4), -1):
                if sentence[back] != sentence[index]:
                    break
                if any(other.part_of == back for other in found[:back]):
                    continue  # "41 of the 96": it is the 41 that rose
                if (
                    _comparable(found[back].figure, figure)
                    or figure.counted is None
                    and found[back].figure.kind == figure.kind
                ):
                    found[back].change_from = index
                    break
        if _OF_THE_WHOLE.search(lead) and figure.kind == "count":
            for at in range(index + 1, min(index + 3, len(found))):
                part = found[at]
                if sentence[at] != sentence[index]:
                    break
                if (
                    "," in text[figure.end : part.figure.start]
                    and _comparable(part.figure, figure)
                    and part.figure.value <= figure.value
                ):
                    if part.part_of is None:
                        part.part_of = index
                    break
        if _OF_THEM.match(text, figure.end) and item.part_of is None and figure.kind == "count":
            for back in range(index - 1, max(-1, index - 6), -1):
                whole = found[back].figure
                if sentence[index] - sentence[back] > 1:
                    break
                if (
                    whole.kind == "count"
                    and whole.counted
                    and whole.unit is None
                    and whole.value >= figure.value
                    and whole.value_high is None
                ):
                    item.part_of = back
                    item.figure = replace(figure, counted=whole.counted, counted_at=whole.counted_at)
                    break
        if _ALL_BUT.search(lead) and item.part_of is None and index:
            whole = found[index - 1].figure
            if (
                _comparable(whole, figure)
                and whole.value >= figure.value
                and sentence[index] - sentence[index - 1] <= 1
            ):
                item.part_of = index - 1


def _find_parts(text: str, found: list[Found]) -> None:
    for index, item in enumerate(found):
        if item.part_of is not None or item.sums_to is not None or item.converts is not None:
            continue
        for back in range(index - 1, max(-1, index - 4), -1):
            whole = found[back].figure
            if not _comparable(whole, item.figure) or found[back].part_of is not None:
                continue
            between = text[whole.end : item.figure.start]
            if (
                back == index - 1
                and _OF_THESE.search(between)
                and len(between) < 160
                and item.figure.value <= whole.value
            ):
                item.part_of = back
                break
            if len(between) > 140 or "\n" in between or re.search(r"[.!?]\s", between):
                break
            is_named = item.figure.kind != "count" or item.figure.counted is not None
            if is_named and _INCLUDING.match(between) and item.figure.value <= whole.value:
                item.part_of = back
                break
            if back == index - 1 and _OF_THE.match(between) and whole.value <= item.figure.value:
                found[back].part_of = index
                break


def _find_sums(columns: Columns, found: list[Found]) -> None:
    """Mark runs of figures that add up to a figure beside them; two parts want a cue, three or more speak for themselves."""
    text = columns.text
    sentence = [columns.sentence_of(columns.token_at(item.figure.at)) for item in found]
    for index, item in enumerate(found):
        whole = item.figure
        if (
            whole.value < 3
            or whole.kind not in ("count", "money", "measure", "percent")
            or item.sums_to is not None
            or item.converts is not None
        ):
            continue
        for begin in range(index + 1, min(index + 4, len(found))):
            run, total = [], Decimal(0)
            for at in range(begin, min(begin + 8, len(found))):
                part = found[at]
                if (
                    not _comparable(part.figure, whole)
                    or sentence[at] - sentence[index] > 3
                    or part.converts is not None
                ):
                    break
                run.append(at)
                total += part.figure.value
                if total >= whole.value:
                    break
            if len(run) < 2 or total != whole.value:
                continue
            stretch = text[whole.end : found[run[-1]].figure.start]
            if len(run) >= 3 or _PARTS_CUE.search(stretch) or _same_head(found, run, whole):
                for at in run:
                    found[at].sums_to = index
                    found[at].part_of = index
                break
        else:
            _find_sum_before(text, found, index, sentence)


def _find_sum_before(text: str, found: list[Found], index: int, sentence: list[int]) -> None:
    whole = found[index].figure
    run: list[int] = []
    total = Decimal(0)
    for at in range(index - 1, max(-1, index - 8), -1):
        part = found[at]
        if not _comparable(part.figure, whole) or sentence[index] - sentence[at] > 1 or part.sums_to is not None:
            break
        run.append(at)
        total += part.figure.value
        if total >= whole.value:
            break
    if len(run) >= 2 and total == whole.value and not any(item.sums_to in run for item in found):
        around = text[found[run[0]].figure.end : whole.end + 40]
        if _TOTAL_CUE.search(around):
            for at in run:
                found[at].sums_to = index
                found[at].part_of = index


def _same_head(found: list[Found], run: list[int], whole: Figure) -> bool:
    heads = {singular(found[at].figure.counted or "").rpartition(" ")[2].lower() for at in run}
    return len(heads) == 1 and heads == {singular(whole.counted or "").rpartition(" ")[2].lower()} and "" not in heads


def with_currencies(text: str, figures: list[Quantity]) -> list[Quantity]:
    """Return a document's figures with amounts of a currency that one of them has shown to be one: "95 lorins"."""
    names = {figure.unit for figure in figures if figure.kind == "money" and figure.unit and figure.currency is None}
    names &= {figures[figure.converts].unit for figure in figures if figure.converts is not None}
    if not names:
        return figures
    settled = []
    for figure in figures:
        if figure.kind == "count" and figure.unit is None and figure.counted and singular(figure.counted) in names:
            noun = re.compile(rf"\s+{re.escape(figure.counted)}\b").match(text, figure.end)
            if noun:
                figure = replace(
                    figure, end=noun.end(), quote=text[figure.start : noun.end()], kind="money",
                    unit=singular(figure.counted), counted=None,
                )  # fmt: skip
        settled.append(figure)
    return settled


def spans_of(doc: Doc) -> list[Span]:
    """Return the figure spans of a tagged Doc."""
    return list(doc.spans.get("quantities", []))
