"""How far annotators agree: named coefficients over their layers, with their n and an interval. No Django.

A *unit* is what was annotated as a whole, a dossier; each reading of it is one layer's. Layers may be missing in some
units. Every measure is a function of sums over units, so that the 95 % interval comes from drawing units with
replacement (the percentile bootstrap, Efron 1979), 1,000 times from a fixed seed. docs/agreement.md gives each formula.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claims.matching import SENTENCE, Span, groups, matches, overlap, sentence_starts

SAMPLES, SEED = 1000, 2022
TOKEN = re.compile(r"\w+|[^\w\s]")
Array = NDArray[np.float64]
Value = Hashable
Pair = tuple[str, str]
EMPTY: tuple[Value, ...] = (None, "", frozenset())
MISSING = "No two annotators labelled the same item."
UNUSED = "Nobody recorded that no response was found."


# What goes in


@dataclass(frozen=True)
class Marked:
    """One claim of one layer: where it stands, and what the layer says of it by field."""

    span: Span
    fields: Mapping[str, Value] = field(default_factory=dict)
    # {figure: outcome} of the figures checked on it alone, sums and conversions.
    figures: Mapping[Hashable, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tie:
    """One link of one layer: its response, by key; what it answers, by key; its labels by field.

    ``target`` is a claim's key with the scopes claim and continues, and anything that names the work with work.
    """

    response: Hashable
    scope: str
    target: Hashable = None
    fields: Mapping[str, Value] = field(default_factory=dict)
    sets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # {figure: outcome} of the figures compared on it.
    figures: Mapping[Hashable, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What one layer says of one unit; an empty one says that there is nothing."""

    claims: Sequence[Marked] = ()
    links: Sequence[Tie] = ()
    # Keys of claims for which it says that no response was found.
    none_found: frozenset[Hashable] = frozenset()


@dataclass(frozen=True)
class Unit:
    """One dossier: the texts of its documents with what is left out of them, and its readings by layer."""

    key: str
    readings: Mapping[str, Reading]
    texts: Mapping[Hashable, str] = field(default_factory=dict)
    left_out: Mapping[Hashable, Sequence[tuple[int, int]]] = field(default_factory=dict)


# What comes out


@dataclass(frozen=True)
class Figure:
    """One coefficient: its value with the 95 % interval, and ``n`` of what; without a value, ``why`` says why."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    of: str
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "value": _rounded(self.value),
            "interval": None if self.low is None else [_rounded(self.low), _rounded(self.high)],
            "n": self.n,
            "of": self.of,
            "why": self.why,
        }


def _rounded(value: float | None) -> float | None:
    """Return a value with six places; one below 1 is never rounded up to it."""
    if value is None or 1 - 5e-7 < value < 1 - 1e-12:
        return value
    return round(value, 6)


# Coefficients of sums. Each takes sums[sample, feature] and returns value[sample], nan where it is undefined.


def ratio(sums: Array) -> Array:
    """Return the first column divided by the second."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], np.nan))


def kappa_of(sums: Array) -> Array:
    """Return Cohen's kappa of [agreed, one's count of each category, the other's], for two annotators.

    Cohen 1960: (observed - expected) / (1 - expected), expected from each annotator's own shares.
    """
    one, other = np.split(sums[:, 1:], 2, axis=1)
    n = one.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = sums[:, 0] / n
        expected = (one * other).sum(axis=1) / n**2
        # Where both use one and the same category for everything, nothing is left to chance or to agreement.
        return np.asarray(np.where(expected < 1 - 1e-12, (observed - expected) / (1 - expected), np.nan))


def alpha_of(distances: Array) -> Callable[[Array], Array]:
    """Return Krippendorff's alpha of [observed disagreement, n of value 1, n of value 2, …].

    Krippendorff 2011: 1 - D_o / D_e, with D_o the mean distance of the values within an item, each item's pairs counted
    1 / (values of the item - 1) times, and D_e that of all values paired by chance.
    """

    def alpha(sums: Array) -> Array:
        observed, counts = sums[:, 0], sums[:, 1:]
        n = counts.sum(axis=1)
        expected = (counts @ distances * counts).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(expected > 1e-12, 1 - observed * (n - 1) / expected, np.nan))

    return alpha


def nominal(one: Value, other: Value) -> float:
    return float(one != other)


def masi(one: frozenset[str], other: frozenset[str]) -> float:
    """Return Passonneau's (2006) distance of two sets: 1 - Jaccard × (1 equal, 2/3 subset, 1/3 overlap, 0 disjoint)."""
    if one == other:
        return 0.0
    both, either = len(one & other), len(one | other)
    monotonicity = 2 / 3 if one <= other or other <= one else 1 / 3
    return 1 - both / either * (monotonicity if both else 0)


# Measures: sums by unit, and the coefficient of them


class Measure:
    """One figure in the making: what each unit adds, and how the sums become the value."""

    of = "items"

    def __init__(self, name: str, *, of: str = "", undefined: str = "") -> None:
        self.name, self.of = name, of or self.of
        self.undefined = undefined or "No two annotators have such items in common."
        self.n = 0

    def sums(self, units: int) -> Array:
        """Return [unit, feature]."""
        raise NotImplementedError

    def value(self, sums: Array) -> Array:
        raise NotImplementedError

    def why(self) -> str:
        return self.undefined

    def values(self, weights: Array) -> Array:
        """Return the value of each sample; ``weights[sample, unit]`` says how often each unit is drawn."""
        sums = self.sums(weights.shape[1])
        return self.value(weights @ sums) if sums.size else np.full(len(weights), np.nan)

    def figure(self, weights: Array) -> Figure:
        """Return the value of all units, each taken once, and its interval over the samples."""
        found = self.values(np.vstack([np.ones((1, weights.shape[1])), weights]))
        whole, drawn = float(found[0]), found[1:]
        if np.isnan(whole):
            return Figure(self.name, None, None, None, self.n, self.of, self.why())
        drawn = drawn[~np.isnan(drawn)]
        if weights.shape[1] < 2 or len(drawn) < len(weights) / 2:
            return Figure(self.name, whole, None, None, self.n, self.of)
        low, high = np.percentile(drawn, [2.5, 97.5])
        return Figure(self.name, whole, float(low), float(high), self.n, self.of)


class Share(Measure):
    """A part of a whole, or a mean: what is added to both by each unit. ``n`` counts unless it is given."""

    def __init__(self, name: str, **more: str) -> None:
        super().__init__(name, **more)
        self.rows: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])

    def add(self, unit: int, part: float, whole: float, *, n: int = 1) -> None:
        row = self.rows[unit]
        row[0] += part
        row[1] += whole
        self.n += n

    def sums(self, units: int) -> Array:
        found = np.zeros((units, 2))
        for unit, row in self.rows.items():
            found[unit] = row
        return found

    def value(self, sums: Array) -> Array:
        return ratio(sums)


class Kappa(Measure):
    """Cohen's kappa: the items that two annotators both labelled, with the counts of each pair of them."""

    def __init__(self, name: str, **more: str) -> None:
        super().__init__(name, **more)
        self.counts: Counter[tuple[int, Pair, Value, Value]] = Counter()

    def add(self, unit: int, pair: Pair, one: Value, other: Value, *, times: int = 1) -> None:
        if times:
            self.counts[unit, pair, one, other] += times
            self.n += times

    @property
    def categories(self) -> list[Value]:
        return sorted({value for _, _, *both in self.counts for value in both}, key=str)

    def values(self, weights: Array) -> Array:
        """Return the mean over pairs, each weighted by what it shares; pair by pair, to keep the sums small.

        The mean over pairs is Light's (1971), who weighted them alike: there all annotators shared all items.
        """
        by_pair: dict[Pair, list[tuple[int, Value, Value, int]]] = defaultdict(list)
        for (unit, pair, one, other), times in self.counts.items():
            by_pair[pair].append((unit, one, other, times))
        total, weighed = np.zeros(len(weights)), np.zeros(len(weights))
        for _, rows in sorted(by_pair.items()):
            place: dict[Value, int] = {}
            for _, one, other, _ in rows:
                place.setdefault(one, len(place))
                place.setdefault(other, len(place))
            sums = np.zeros((weights.shape[1], 1 + 2 * len(place)))
            for unit, one, other, times in rows:
                sums[unit, 0] += times * (one == other)
                sums[unit, 1 + place[one]] += times
                sums[unit, 1 + len(place) + place[other]] += times
            drawn = weights @ sums
            value = kappa_of(drawn)
            weight = np.where(np.isnan(value), 0, drawn[:, 1 : 1 + len(place)].sum(axis=1))
            total += np.nan_to_num(value) * weight
            weighed += weight
        return ratio(np.column_stack([total, weighed]))

    def why(self) -> str:
        if not self.counts:
            return self.undefined
        if len(self.categories) > 1:
            return "Whichever two one takes, both chose one and the same label throughout."
        return f"Everybody chose “{self.categories[0]}” throughout, which leaves nothing to agree or differ on."


class Alpha(Measure):
    """Krippendorff's alpha: items with the values that any number of annotators gave them."""

    def __init__(self, name: str, *, distance: Callable[[Any, Any], float] = nominal, **more: str) -> None:
        super().__init__(name, **more)
        self.distance = distance
        self.rows: dict[int, Counter[tuple[tuple[Value, int], ...]]] = defaultdict(Counter)

    def add(self, unit: int, values: Iterable[Value], *, times: int = 1) -> None:
        """Add an item, ``times`` over; one with fewer than two values says nothing of agreement."""
        counted = Counter(values)
        if counted.total() > 1 and times:
            self.rows[unit][tuple(sorted(counted.items(), key=lambda item: _in_order(item[0])))] += times
            self.n += times

    @property
    def answers(self) -> list[Value]:
        return sorted({value for items in self.rows.values() for item in items for value, _ in item}, key=_in_order)

    def sums(self, units: int) -> Array:
        values = self.answers
        if not values:
            return np.zeros((0, 0))
        place = {value: number for number, value in enumerate(values)}
        found = np.zeros((units, 1 + len(values)))
        for unit, items in self.rows.items():
            for item, times in items.items():
                count = sum(number for _, number in item)
                apart = sum(2 * a * b * self.distance(one, other) for (one, a), (other, b) in combinations(item, 2))
                found[unit, 0] += times * apart / (count - 1)
                for value, number in item:
                    found[unit, 1 + place[value]] += times * number
        return found

    def value(self, sums: Array) -> Array:
        values = self.answers
        if self.distance is nominal:
            return alpha_of(1 - np.eye(len(values)))(sums)
        return alpha_of(np.array([[self.distance(one, other) for other in values] for one in values]))(sums)

    def why(self) -> str:
        if not self.rows:
            return self.undefined
        return f"Everybody chose “{_in_words(self.answers[0])}” throughout, which leaves nothing to agree or differ on."


def _in_order(value: Value) -> str:
    return " ".join(sorted(value)) if isinstance(value, frozenset) else str(value)


def _in_words(value: Value) -> str:
    return (_in_order(value) if isinstance(value, frozenset) else str(value)) or "nothing"


# From readings to measures


class Table:
    """Every figure of a project. ``claim_fields``, ``link_fields`` and ``link_sets`` are what is compared, by name."""

    def __init__(
        self,
        units: Iterable[Unit],
        *,
        claim_fields: Sequence[str] = ("role", "kind", "speaker"),
        link_fields: Sequence[str] = ("relation", "stance"),
        link_sets: Sequence[str] = ("relations", "strategies", "disputed"),
        tolerance: str = SENTENCE,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self.tolerance = tolerance
        self.claim_fields, self.link_fields, self.link_sets = claim_fields, link_fields, link_sets
        self.exact = Share("F1, the very same characters", of="claims")
        self.near = Share("F1, within the tolerance", of="claims")
        self.edges = Share("characters in common of matched claims", of="pairs of matched claims")
        self.tokens = Alpha("Krippendorff's alpha by token", of="tokens")
        self.links = Share("F1", of="links", undefined="Nobody made a link where another annotator worked.")
        self.jaccard = Share(
            "mean Jaccard by response", of="responses", undefined="No two annotators marked a response."
        )
        self.cells = Kappa("Cohen's kappa by cell", of="cells", undefined="No two annotators marked a response.")
        self.fields = {name: Facet(name) for name in claim_fields}
        self.facets = {name: Facet(name) for name in link_fields} | {name: Facet(name, masi) for name in link_sets}
        self.outcomes = Facet("figure outcome")
        self.none_found = Facet("no response found")
        self.has_none_found = False
        self.made: dict[str, Counter[str]] = defaultdict(Counter)
        self.by_unit: dict[str, dict[str, float | None]] = {}
        self.labels: dict[str, Counter[str]] = defaultdict(Counter)
        self.pairs: dict[Pair, Between] = defaultdict(Between)
        self.units: list[str] = []
        for number, unit in enumerate(units):
            self.units.append(unit.key)
            self.add(number, unit)
            if progress is not None:
                progress(number + 1)

    # One unit

    def add(self, number: int, unit: Unit) -> None:
        layers = sorted(unit.readings)
        starts = {key: sentence_starts(text) for key, text in unit.texts.items()} if len(layers) > 1 else {}
        spans: dict[Hashable, list[Span]] = {
            layer: [one.span for one in unit.readings[layer].claims] for layer in layers
        }
        matched = matches(spans, tolerance=self.tolerance, sentences=starts)
        self.count_labels(unit)
        self.add_tokens(number, unit)
        self.add_items(number, Grouped(unit.readings, groups(spans, matched=matched)))
        tally: dict[str, float] = defaultdict(float)
        for both, pairs in matched.items():
            one, other = str(both[0]), str(both[1])
            # What a pair agrees on does not hang on what a third annotator marked.
            found = groups({layer: spans[layer] for layer in both}, matched={both: pairs})
            known = Grouped({layer: unit.readings[layer] for layer in (one, other)}, found)
            self.pairs[one, other].units += 1
            self.add_spans(number, (one, other), spans[one], spans[other], pairs, known, tally)
            self.add_fields(number, (one, other), known)
            self.add_links(number, (one, other), known, tally)
        self.by_unit[unit.key] = {
            "annotators": len(layers),
            "claims": tally["claims matched"] / tally["claims"] if tally["claims"] else None,
            "links": tally["links shared"] / tally["links"] if tally["links"] else None,
            "jaccard": tally["jaccard"] / tally["responses"] if tally["responses"] else None,
        }

    def count_labels(self, unit: Unit) -> None:
        for layer, reading in unit.readings.items():
            self.made[layer].update(dossiers=1, claims=len(reading.claims), links=len(reading.links))
            self.has_none_found |= bool(reading.none_found)
            for name in ("role", "kind"):
                self.labels[name].update(str(one.fields[name]) for one in reading.claims if one.fields.get(name))
            for tie in reading.links:
                self.labels["scope"][tie.scope] += 1
                for name, value in tie.fields.items():
                    self.labels[name][str(value)] += 1
                for name, values in tie.sets.items():
                    self.labels[name].update(values)

    def add_spans(
        self,
        number: int,
        layers: Pair,
        left: Sequence[Span],
        right: Sequence[Span],
        pairs: Sequence[tuple[Span, Span]],
        known: Grouped,
        tally: dict[str, float],
    ) -> None:
        both = len(left) + len(right)
        if not both:
            return
        same = Counter((one.document, one.stretches) for one in left) & Counter(
            (one.document, one.stretches) for one in right
        )
        self.exact.add(number, 2 * same.total(), both, n=both)
        # One to one: of a claim that the other split into two, one half finds no partner.
        matched = 2 * sum(min(map(len, group.values())) for group in known.groups if len(group) == 2)
        for share in (self.near, self.pairs[layers].claims):
            share.add(number, matched, both, n=both)
        tally["claims matched"] += matched
        tally["claims"] += both
        for a, b in pairs:
            shared = overlap(a, b)
            self.edges.add(number, shared / (a.length + b.length - shared), 1)

    def add_tokens(self, number: int, unit: Unit) -> None:
        """Count each token once, with what every layer says of it: nothing, assertion, response or both."""
        if len(unit.readings) < 2:
            return
        for document, text in unit.texts.items():
            left_out = unit.left_out.get(document, ())
            tokens = [
                found.start()
                for found in TOKEN.finditer(text)
                if not any(start <= found.start() < end for start, end in left_out)
            ]
            columns = [labels_of(tokens, reading, document) for reading in unit.readings.values()]
            for values, times in Counter(zip(*columns, strict=True)).items():
                self.tokens.add(number, values, times=times)

    def add_items(self, number: int, known: Grouped) -> None:
        """Add what alpha takes: each claim and each link with what all layers together say of it."""
        for group in known.groups:
            for name, facet in self.fields.items():
                facet.add_item(number, [known.field(group, layer, name) for layer in group])
            self.none_found.add_item(number, known.none_found(group).values())
            figures = {layer: known.figures(group, layer) for layer in group}
            for figure in {figure for found in figures.values() for figure in found}:
                self.outcomes.add_item(number, [found.get(figure) for found in figures.values()])
        ties: dict[tuple[int, Target], list[Tie]] = defaultdict(list)
        for layer in known.readings:
            for response, made in known.targets(layer).items():
                for target, tie in made.items():
                    ties[response, target].append(tie)
        for made_by in ties.values():
            for name in self.link_fields:
                self.facets[name].add_item(number, [tie.fields.get(name) for tie in made_by])
            for name in self.link_sets:
                self.facets[name].add_item(number, [tie.sets.get(name) for tie in made_by])
            for figure in {figure for tie in made_by for figure in tie.figures}:
                self.outcomes.add_item(number, [tie.figures.get(figure) for tie in made_by])

    def add_fields(self, number: int, layers: Pair, known: Grouped) -> None:
        one, other = layers
        for group in known.groups:
            if len(group) < 2:
                continue
            for name, facet in self.fields.items():
                facet.add_pair(number, layers, known.field(group, one, name), known.field(group, other, name))
            said = known.none_found(group)
            self.none_found.add_pair(number, layers, said.get(one), said.get(other))
            mine, yours = known.figures(group, one), known.figures(group, other)
            for figure in mine.keys() & yours.keys():
                self.outcomes.add_pair(number, layers, mine[figure], yours[figure])

    def add_links(self, number: int, layers: Pair, known: Grouped, tally: dict[str, float]) -> None:
        mine, yours = known.targets(layers[0]), known.targets(layers[1])
        left = {(response, target) for response, found in mine.items() for target in found}
        right = {(response, target) for response, found in yours.items() for target in found}
        if left or right:
            shared, made = 2 * len(left & right), len(left) + len(right)
            for share in (self.links, self.pairs[layers].links):
                share.add(number, shared, made, n=made)
            tally["links shared"] += shared
            tally["links"] += made
        candidates = known.assertions | {target for _, target in left | right}
        # A scope nobody chose could have been chosen, and so could none.
        cells = len(candidates) + 1
        cells += sum(not any(scope_of(target) == scope for target in candidates) for scope in OTHER_SCOPES)
        for response in known.shared_responses(layers):
            a, b = set(mine.get(response, {NONE: None})), set(yours.get(response, {NONE: None}))
            alike = len(a & b) / len(a | b)
            self.jaccard.add(number, alike, 1)
            tally["responses"] += 1
            tally["jaccard"] += alike
            for values, times in (
                (("linked", "linked"), len(a & b)),
                (("linked", "not linked"), len(a - b)),
                (("not linked", "linked"), len(b - a)),
                (("not linked", "not linked"), cells - (response in candidates) - len(a | b)),
            ):
                self.cells.add(number, layers, *values, times=times)
        for response, target in left & right:
            one, other = mine[response][target], yours[response][target]
            for name in self.link_fields:
                self.facets[name].add_pair(number, layers, one.fields.get(name), other.fields.get(name))
            for name in self.link_sets:
                self.facets[name].add_pair(number, layers, one.sets.get(name), other.sets.get(name))
            for figure in one.figures.keys() & other.figures.keys():
                self.outcomes.add_pair(number, layers, one.figures[figure], other.figures[figure])

    # The whole

    def weights(self, *, samples: int, seed: int) -> Array:
        """Return how often each unit is drawn in each sample."""
        count = len(self.units)
        if not count:
            return np.zeros((0, 0))
        chance = np.random.default_rng(seed)
        return chance.multinomial(count, np.full(count, 1 / count), size=samples).astype(float)

    def as_json(self, *, samples: int = SAMPLES, seed: int = SEED) -> dict[str, Any]:
        """Return every figure under a stable name; see docs/agreement.md."""
        weights = self.weights(samples=samples, seed=seed)

        def said(measure: Measure) -> dict[str, Any]:
            return measure.figure(weights).as_json()

        return {
            "dossiers": len(self.units),
            "annotators": {layer: dict(counts) for layer, counts in sorted(self.made.items())},
            "pairs": [
                {
                    "layers": list(pair),
                    "dossiers": between.units,
                    "claims_f1": said(between.claims),
                    "links_f1": said(between.links),
                    "relation_kappa": said(self.facets["relation"].kappa_of(pair)),
                }
                for pair, between in sorted(self.pairs.items())
            ],
            "tolerance": self.tolerance,
            "bootstrap": {"samples": samples, "seed": seed, "by": "dossier"},
            "claims": {
                "f1_exact": said(self.exact),
                "f1_overlap": said(self.near),
                "shared_characters": said(self.edges),
                "alpha_tokens": said(self.tokens),
            },
            "links": {"f1": said(self.links), "jaccard": said(self.jaccard), "kappa_cells": said(self.cells)},
            "facets": {name: facet.as_json(weights) for name, facet in self.facets.items()},
            "claim_fields": {name: facet.as_json(weights) for name, facet in self.fields.items()},
            "figures": self.outcomes.as_json(weights),
            "no_response": (self.none_found if self.has_none_found else Facet("", undefined=UNUSED)).as_json(weights),
            "labels": {name: dict(counts.most_common()) for name, counts in sorted(self.labels.items())},
            "by_dossier": self.by_unit,
        }


class Between:
    """What two annotators have in common, in two figures."""

    def __init__(self) -> None:
        self.units = 0
        self.claims = Share("F1, within the tolerance", of="claims")
        self.links = Share("F1", of="links", undefined="Neither made a link.")


class Facet:
    """One facet or field: every figure of it, over items that at least two annotators labelled.

    An empty value, None, "" or an empty set, is one not given yet: missing data, not a label.
    """

    def __init__(
        self, name: str, distance: Callable[[Any, Any], float] | None = None, *, undefined: str = MISSING
    ) -> None:
        self.name, self.is_set, self.undefined = name, distance is not None, undefined
        self.alpha = Alpha("Krippendorff's alpha", distance=distance or nominal, of="items", undefined=undefined)
        self.counts: Counter[tuple[int, Pair, Value, Value]] = Counter()

    def add_item(self, unit: int, values: Iterable[Value]) -> None:
        """Add one item with what each annotator says of it; alpha takes any number of them."""
        self.alpha.add(unit, [value for value in values if value not in EMPTY])

    def add_pair(self, unit: int, layers: Pair, one: Value, other: Value) -> None:
        """Add what two annotators say of one item, in the order of ``layers``."""
        if one and other:
            self.counts[unit, layers, one, other] += 1

    @property
    def percent(self) -> Share:
        found = Share("percent agreement", of="pairs of labels", undefined=self.undefined)
        for (unit, _, one, other), times in self.counts.items():
            found.add(unit, times * (one == other), times, n=times)
        return found

    @property
    def kappa(self) -> Kappa:
        return self.kappa_of(None)

    def kappa_of(self, layers: Pair | None) -> Kappa:
        """Return kappa of two layers, or with None of all of them."""
        found = Kappa("Cohen's kappa", of="pairs of labels", undefined=self.undefined)
        for (unit, pair, one, other), times in self.counts.items():
            if layers in (None, pair):
                found.add(unit, pair, _in_words(one), _in_words(other), times=times)
        return found

    @property
    def by_label(self) -> dict[str, Share]:
        """Return F1 by label."""
        found: dict[str, Share] = {}
        for (unit, _, one, other), times in self.counts.items():
            mine, yours = self.labels_of(one), self.labels_of(other)
            for label in mine | yours:
                uses = times * ((label in mine) + (label in yours))
                shared = 2 * times * (label in mine and label in yours)
                found.setdefault(label, Share(label, of="uses")).add(unit, shared, uses, n=uses)
        return found

    @property
    def confusion(self) -> Counter[tuple[str, str]]:
        """Count how often one chose the first and the other the second.

        Which of the two comes first would be chance, so a difference counts in both directions.
        """
        found = Counter[tuple[str, str]]()
        for (_, _, one, other), times in self.counts.items():
            found[str(one), str(other)] += times
            if one != other:
                found[str(other), str(one)] += times
        return found

    def labels_of(self, value: Value) -> set[str]:
        return set(value) if isinstance(value, frozenset) else {str(value)}

    def as_json(self, weights: Array) -> dict[str, Any]:
        by_label = sorted(self.by_label.items())
        found: dict[str, Any] = {
            "percent": self.percent.figure(weights).as_json(),
            "kappa": self.kappa.figure(weights).as_json(),
            "alpha": self.alpha.figure(weights).as_json(),
            "distance": "masi" if self.is_set else "nominal",
            "labels": {label: share.figure(weights).as_json() for label, share in by_label},
        }
        if not self.is_set:
            confusion, labels = self.confusion, [label for label, _ in by_label]
            found["confusion"] = {
                "labels": labels,
                "rows": [[confusion[one, other] for other in labels] for one in labels],
            }
        return found


# A target is the number of a group of claims, or a scope, with what it names where it names something.
Target = int | tuple[str, Hashable]
Targets = dict[int, dict[Target, Tie]]
OTHER_SCOPES = ("work", "continues", "questioner", "open")
NONE = ("none", None)


def scope_of(target: Target) -> str:
    return target[0] if isinstance(target, tuple) else "claim"


class Grouped:
    """The claims of some readings put together, so that a link of one layer can be found in another."""

    def __init__(self, readings: Mapping[str, Reading], found: Sequence[Mapping[Hashable, Sequence[Span]]]) -> None:
        self.readings = readings
        # [{layer: keys of its claims}]
        self.groups = [{str(layer): [span.key for span in spans] for layer, spans in group.items()} for group in found]
        self.number = {key: at for at, group in enumerate(self.groups) for keys in group.values() for key in keys}
        self.marked = {one.span.key: one for reading in readings.values() for one in reading.claims}
        self.assertions: set[Target] = {
            at
            for at, group in enumerate(self.groups)
            if any(self.has_role(group, layer, "assertion") for layer in group)
        }

    def has_role(self, group: Mapping[str, Sequence[Hashable]], layer: str, role: str) -> bool:
        return any(self.marked[key].fields.get("role") == role for key in group.get(layer, ()))

    def shared_responses(self, layers: Pair) -> list[int]:
        """Return the groups that are a response to both."""
        return [
            at
            for at, group in enumerate(self.groups)
            if all(self.has_role(group, layer, "response") for layer in layers)
        ]

    def field(self, group: Mapping[str, Sequence[Hashable]], layer: str, name: str) -> Value:
        """Return what a layer says of a group; where it has several claims there that differ, all of it."""
        return joined(self.marked[key].fields.get(name) for key in group[layer])

    def figures(self, group: Mapping[str, Sequence[Hashable]], layer: str) -> dict[Hashable, Value]:
        return joined_figures(self.marked[key].figures for key in group[layer])

    def none_found(self, group: Mapping[str, Sequence[Hashable]]) -> dict[str, Value]:
        """Return by layer whether it recorded that no response was found, of those to whom this is an assertion."""
        said: dict[str, Value] = {}
        for layer, keys in group.items():
            if self.has_role(group, layer, "assertion"):
                said[layer] = "found none" if any(key in self.readings[layer].none_found for key in keys) else "not so"
        return said

    def targets(self, layer: str) -> Targets:
        """Return {response: {target: link}} of a layer, each end by its group; links that fall together become one."""
        found: dict[int, dict[Target, list[Tie]]] = defaultdict(lambda: defaultdict(list))
        for tie in self.readings[layer].links:
            response = self.number.get(tie.response)
            if response is not None:
                found[response][self.target(tie)].append(tie)
        return {response: {target: merged(ties) for target, ties in made.items()} for response, made in found.items()}

    def target(self, tie: Tie) -> Target:
        if tie.scope == "claim":
            return self.number.get(tie.target, ("claim", tie.target))
        if tie.scope == "continues":
            return tie.scope, self.number.get(tie.target)
        return tie.scope, tie.target if tie.scope == "work" else None


def joined(values: Iterable[Value]) -> Value:
    """Return the one value, or where there are several, a value that says so and equals none of them."""
    known = {value for value in values if value not in EMPTY}
    if len(known) < 2:
        return known.pop() if known else None
    return " and ".join(sorted(map(str, known)))


def joined_figures(figures: Iterable[Mapping[Hashable, str]]) -> dict[Hashable, Any]:
    said: dict[Hashable, list[str]] = defaultdict(list)
    for found in figures:
        for figure, outcome in found.items():
            said[figure].append(outcome)
    return {figure: joined(outcomes) for figure, outcomes in said.items()}


def merged(ties: Sequence[Tie]) -> Tie:
    """Return one link for those that a layer made between the parts of two claims it split."""
    first = ties[0]
    if len(ties) == 1:
        return first
    fields = {name: joined(tie.fields.get(name) for tie in ties) for tie in ties for name in tie.fields}
    sets = {
        name: frozenset[str]().union(*(tie.sets.get(name, ()) for tie in ties)) for tie in ties for name in tie.sets
    }
    return Tie(first.response, first.scope, first.target, fields, sets, joined_figures(tie.figures for tie in ties))


def labels_of(tokens: Sequence[int], reading: Reading, document: Hashable) -> list[str]:
    """Return for each token, by its start, the role of the claim that marks it; "" for none."""
    labels = [""] * len(tokens)
    for one in reading.claims:
        if one.span.document != document:
            continue
        role = str(one.fields.get("role", "claim"))
        for start, end in one.span.stretches:
            for place in range(bisect_left(tokens, start), bisect_left(tokens, end)):
                labels[place] = role if labels[place] in ("", role) else "both"
    return labels
