"""CODEBOOK.md: what each label means, with examples from the data."""

from collections import defaultdict
from typing import Any

from .about import About
from .markdown import join, quoted, some, table
from .measures import interval, number

TITLES = {
    "relation": "Relation: what kind of response a link is",
    "strategy": "Strategy: how it responds",
    "disputed": "Disputed: what it bears on",
    "figure_outcome": "Figure outcome: what became of a figure",
    "verification": "Verification: whether a claim holds",
    "claim_kind": "Kind of claim",
    "stance_of_citation": "Stance of a citation",
}
# Under which name agreement knows a facet.
MEASURED = {"relation": "relation", "strategy": "strategies", "disputed": "disputed", "claim_kind": "kind"}


def codebook(about: About) -> str:
    by_facet: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for label in about.labels:
        by_facet[label["facet"]].append(label)
    parts = [
        f"# Codebook of {about.title}, release {about.number}",
        f"Label schema {about.vocabulary}. Keys are what the files hold; counts and examples are of the reading "
        f"“{about.reading}”.",
    ]
    for facet, labels in by_facet.items():
        parts += [f"## {TITLES.get(facet, facet)}", agreement_line(about, facet)]
        for label in labels:
            parts += entry(label)
    return join(*parts)


def agreement_line(about: About, facet: str) -> str:
    name = MEASURED.get(facet, facet)
    told = {**about.agreement.get("facets", {}), **about.agreement.get("claim_fields", {})}.get(name, {})
    alpha = told.get("alpha") or {}
    if alpha.get("value") is None:
        return ""
    bounds = f" ({interval(alpha['interval'])})" if alpha.get("interval") else ""
    return f"Krippendorff's α {number(alpha['value'])}{bounds}, n = {alpha['n']:,}."


def entry(label: dict[str, Any]) -> list[str]:
    more = [("Stance", label["stance"]), ("Stands for", label["maps_to"])]
    told = [f"{name}: {value}." for name, value in more if value]
    told += ["Retired: no longer offered."] if label["is_retired"] else []
    found = [f"- {quoted(words)}" for words in label["found"]]
    phrase = f": {label['phrase']}" if label["phrase"] != label["key"] else ""
    return [
        f"### `{label['key']}`{phrase}",
        label["definition"],
        " ".join([f"Used {some(label['count'], 'time')}.", *told]),
        f"Such as: {quoted(label['example'])}" if label["example"] else "",
        "\n".join(["In the data:", "", *found]) if found else "",
    ]


def tables_page(about: About) -> str:
    """Return the rows of each table by split, as a table."""
    splits = list(about.splits)
    names = sorted({name for counts in about.splits.values() for name in counts})
    rows = [(f"`{name}`", *(about.splits[split].get(name, 0) for split in splits)) for name in names]
    return table(("Table", *splits), rows)
