"""Changes in words: who did what to which claim, link or figure, and what it said before and after."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from claims.figures import day_words
from claims.models import Change, Decision, Facet

# Which facet the keys of a column belong to.
FACETS = {
    ("link", "relation"): Facet.RELATION,
    ("link", "secondary_relation"): Facet.RELATION,
    ("link", "strategies"): Facet.STRATEGY,
    ("link", "disputed"): Facet.DISPUTED,
    ("figurecomparison", "outcome"): Facet.FIGURE_OUTCOME,
    ("figurecomparison", "ruling"): Facet.FIGURE_OUTCOME,
    ("assessment", "verification"): Facet.VERIFICATION,
    ("claim", "kind"): Facet.CLAIM_KIND,
}
# What a name needs beside its own row.
RELATED = {
    "link": ("response", "target_claim", "target_work", "target_response", "target_actor"),
    "noresponse": ("assertion",),
    "figurecomparison": ("quantity", "link__response", "link__target_claim", "claim"),
    "assessment": ("claim",),
    "decision": ("mention", "suggestion"),
    "exclusion": ("document",),
}
# Columns that say nothing to a person.
UNSAID = {"document_id", "layer_id", "dossier_id", "project_id", "number", "turn", "origin", "suggestion_id", "start", "end", "sha256", "length", "page_starts", "tagged_by", "addends", "ruled_by_id", "ruled_at"}  # fmt: skip
# What a decision keeps of the readings it settled: an annotator may read the history of gold, and no other's reading.
UNSAID |= {"readings", "digest", "items", "results", "taken_from_id"}
# Columns whose own word would be taken for another's.
COLUMNS = {"restating_note": "how it differs", "quote": "words"}


@dataclass(slots=True)
class Told:
    """One change of one row, in words: [(column, before, after), …]."""

    change: Change
    # What was done, as a verb: "created", "accepted".
    done: str
    name: str
    # The words of a claim that was made.
    quote: str
    values: list[tuple[str, str, str]]
    may_restore: bool = False


@dataclass(slots=True)
class Deed:
    """One deed of one person with what it changed."""

    first: Change
    told: list[Told] = field(default_factory=list)
    is_undone: bool = False
    may_take_back: bool = False


def deeds(changes, *, vocabulary, undone=()):
    """Return the Deeds of ``changes``, newest first, in words; costs a query for each kind of row they speak of."""
    changes = list(changes)
    labels = vocabulary.by_facet()
    known = rows_spoken_of(changes)
    found = {}
    for change in changes:
        deed = found.setdefault(change.act, Deed(first=change, is_undone=change.act in undone))
        deed.told.append(
            Told(
                change=change,
                done=verb_of(change),
                name=name_of(known, change.kind, change.object_id),
                quote=change.after.get("quote", "") if change.kind == "claim" and len(change.after) > 5 else "",
                values=values_of(change, labels, known),
            )
        )
    return list(found.values())


def verb_of(change):
    """Return what a change did; of a decision that is what was decided."""
    if change.kind == "decision" and change.after.get("outcome"):
        return dict(Decision.Outcome.choices).get(change.after["outcome"], change.after["outcome"])
    return change.get_action_display()


def rows_spoken_of(changes):
    """Return {kind: {id: row}} of the rows that changes are about or point to, deleted ones included."""
    wanted = defaultdict(set)
    for change in changes:
        wanted[change.kind].add(change.object_id)
        for state in (change.before, change.after):
            for column, value in state.items():
                related = related_model(change.kind, column)
                if related is not None and value and column not in UNSAID:
                    wanted[related].add(UUID(str(value)))
                if column == "documents":
                    wanted["document"] |= {UUID(str(pk)) for pk in value or ()}
    found = {}
    for kind, pks in wanted.items():
        rows = apps.get_model("claims", kind)._base_manager.filter(pk__in=pks).select_related(*RELATED.get(kind, ()))
        if kind == "document":
            rows = rows.defer("text", "page_starts")
        if kind in ("link", "exclusion"):
            document = "target_work" if kind == "link" else "document"
            rows = rows.defer(f"{document}__text", f"{document}__page_starts")
        found[kind] = {row.pk: row for row in rows}
    return found


def related_model(kind, column):
    """Return the kind of row that a column points to, or None."""
    if not column.endswith("_id"):
        return None
    try:
        related = apps.get_model("claims", kind)._meta.get_field(column.removesuffix("_id"))
    except FieldDoesNotExist:
        return None
    is_by_uuid = isinstance(related, models.ForeignKey) and isinstance(related.related_model._meta.pk, models.UUIDField)
    return related.related_model._meta.model_name if is_by_uuid else None


def name_of(known, kind, pk):
    """Return what a row is called in talk: ``A6``, ``R12 → A6``, ``412 in R9 → A2``."""
    row = known.get(kind, {}).get(pk)
    if row is None:
        return kind
    if kind == "claim":
        return row.name
    if kind == "noresponse":
        return f"no response found to {row.assertion.name}"
    if kind == "figurecomparison":
        return f"{row.quantity.quote} in {row.link or row.claim.name}"
    if kind == "assessment":
        return f"the check of {row.claim.name}"
    if kind == "citation":
        return f"a citation of “{shortened(row)}”"
    if kind == "decision":
        return (
            f"the figure “{row.mention.quote}”" if row.mention_id else f"the suggestion “{shortened(row.suggestion)}”"
        )
    if kind == "exclusion":
        return f"a stretch of “{row.document.title}”"
    if kind == "postponement":
        return f"a decision {row.get_state_display()}"
    if kind in ("document", "dossier", "project"):
        return f"“{row.title}”"
    return str(row)


def shortened(row):
    words = str(row)
    return words if len(words) <= 80 else f"{words[:79].rstrip()}…"


def values_of(change, labels, known):
    """Return [(column, before, after), …] of what a change says, leaving out what was empty and stays so."""
    model = apps.get_model("claims", change.kind)
    found = []
    # In the model's order, for PostgreSQL gives a JSON object's names back in an order of its own.
    for column in model._meta.concrete_fields:
        if column.attname in UNSAID or not {column.attname} & {*change.before, *change.after}:
            continue
        before = in_words(change, column, change.before.get(column.attname), labels, known)
        after = in_words(change, column, change.after.get(column.attname), labels, known)
        if before != after:
            found.append((COLUMNS.get(column.name, column.verbose_name), before, after))
    return found


def in_words(change, column, value, labels, known):
    """Return a stored value as a person would say it; "" for nothing."""
    if value in (None, "", [], {}):
        return ""
    facet = FACETS.get((change.kind, column.name))
    if facet is not None:
        keys = value if isinstance(value, list) else [value]
        return ", ".join(labels[facet][key].phrase if key in labels[facet] else key for key in keys)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column.is_relation:
        related = related_model(change.kind, column.attname)
        return name_of(known, related, UUID(str(value))) if related else ""
    if isinstance(column, models.DateTimeField):
        at = datetime.fromisoformat(value)
        return f"{day_words(at)}, {at:%H:%M}"
    if isinstance(column, models.DateField):
        return day_words(date.fromisoformat(value))
    if column.choices:
        return str(dict(column.flatchoices).get(value, value))
    if isinstance(value, dict):
        return " · ".join(str(part) for part in value.values() if part not in (None, ""))
    if isinstance(value, list):
        return named(value, known) if column.name == "documents" else ", ".join(map(str, value))
    return str(value)


def named(pks, known):
    titles = [row.title for pk, row in known.get("document", {}).items() if str(pk) in pks]
    return ", ".join(titles) or f"{len(pks)} documents"
