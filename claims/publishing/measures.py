"""Agreement in words: the figures of ``About.agreement`` as a table."""

from collections.abc import Iterator
from typing import Any

from .about import About
from .markdown import join, table

NAMES = {
    "claims": {
        "f1_exact": "Claims, the very same characters, F1",
        "f1_overlap": "Claims within the tolerance, F1",
        "shared_characters": "Characters in common of matched claims",
        "alpha_tokens": "Word by word: assertion, response or neither, Krippendorff's α",
    },
    "links": {
        "f1": "Links, F1",
        "jaccard": "Targets of a response, mean Jaccard",
        "kappa_cells": "Every possible pair, Cohen's κ",
    },
}
FACETS = ("facets", "claim_fields")
COEFFICIENTS = {"percent": "percent", "kappa": "Cohen's κ", "alpha": "Krippendorff's α"}


def figures(agreement: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (what is measured, its figure) of every coefficient that has a value or a reason for having none."""
    for part, names in NAMES.items():
        for key, words in names.items():
            yield words, agreement.get(part, {}).get(key, {})
    known = [(name, one) for part in FACETS for name, one in agreement.get(part, {}).items()]
    known += [("figure outcome", agreement.get("figures", {})), ("no response found", agreement.get("no_response", {}))]
    for name, one in known:
        for key, words in COEFFICIENTS.items():
            yield f"{name.replace('_', ' ').capitalize()}, {words}", one.get(key, {})


def agreement_table(about: About) -> str:
    rows = [
        (words, number(one["value"]), interval(one.get("interval")), f"{one.get('n', 0):,} {one.get('of', '')}".strip())
        for words, one in figures(about.agreement)
        if isinstance(one, dict) and one.get("value") is not None
    ]
    return table(("What", "Value", "95 % interval", "n"), rows)


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def interval(bounds: list[float] | None) -> str:
    return f"{bounds[0]:.3f} to {bounds[1]:.3f}" if bounds else ""


def agreement_page(about: About) -> str:
    """Return AGREEMENT.md."""
    if not about.agreement:
        return join(
            f"# Agreement in {about.title}, release {about.number}",
            "There is one reading, or one annotator's beside it, so there is no agreement to tell.",
        )
    told = about.agreement
    samples = told.get("bootstrap", {})
    before = "Before adjudication, as the annotators left their layers."
    if about.changed_after_opening:
        before = (
            f"From the annotators' layers. {about.changed_after_opening:,} changes were made in them after adjudication "
            "had opened, so these figures are not quite those of before."
        )
    by_pair = table(
        ("Annotators", "Dossiers", "Claims, F1", "Links, F1", "Relation, κ"),
        [
            (
                " and ".join(pair["layers"]), pair["dossiers"], number(pair["claims_f1"]["value"]),
                number(pair["links_f1"]["value"]), number(pair["relation_kappa"]["value"]),
            )
            for pair in told.get("pairs", ())
        ],
    )  # fmt: skip
    return join(
        f"# Agreement in {about.title}, release {about.number}",
        f"{before} Annotators go by pseudonyms. Intervals come from drawing dossiers {samples.get('samples', 0):,} times "
        f"with seed {samples.get('seed', 0)}; n is how much a figure rests on. Two claims count as one by the tolerance "
        f"“{told.get('tolerance', '')}”.",
        agreement_table(about),
        "## By pair of annotators" if by_pair else "",
        by_pair,
        "Every figure, with those that could not be computed and why, stands in `release.json` under `agreement`.",
    )
