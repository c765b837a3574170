"""Changing a label schema: a draft is edited, held against the rules, told apart from what it was made from, published.

A published version never changes. A key never changes either, since annotations carry it: a label in use is retired, and
only one that nobody ever used may be taken out.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, field, fields, replace

from django.core.exceptions import ValidationError
from django.db import transaction

from claims.errors import StaleWrite
from claims.models import (
    Act,
    Assessment,
    Change,
    Facet,
    FigureComparison,
    Label,
    Layer,
    Link,
    Project,
    Vocabulary,
)
from claims.models.documents import refuse_unstorable
from claims.models.labels import ONE_CHOICE
from claims.projects import default_vocabulary

# The kinds of claims and the ways a source speaks are the same everywhere: pairing and verification are built on them.
EDITED = (Facet.RELATION, Facet.STRATEGY, Facet.DISPUTED, Facet.FIGURE_OUTCOME, Facet.VERIFICATION)
TITLES = {
    Facet.RELATION: "Relation",
    Facet.STRATEGY: "Strategy",
    Facet.DISPUTED: "What is disputed",
    Facet.FIGURE_OUTCOME: "Figure outcome",
    Facet.VERIFICATION: "Verification",
    Facet.CLAIM_KIND: "Kind of claim",
    Facet.CITATION_STANCE: "What a citation does",
}
# Keys that the program itself sets or asks for; their words may change, they stay.
FIXED = {
    Facet.RELATION: {"unrelated", "unclear", "other"},
    Facet.STRATEGY: {"withholds", "none", "unclear", "other"},
    Facet.DISPUTED: {"figure", "none", "unclear", "other"},
    Facet.FIGURE_OUTCOME: {
        "same", "within_rounding", "differs", "not_comparable", "no_counter_figure", "withheld", "unclear", "other"
    },
    Facet.VERIFICATION: {
        "unchecked", "in_progress", "supported", "refuted", "conflicting", "not_enough_evidence", "unclear", "other"
    },
}  # fmt: skip
STANCES = ("agree", "dispute", "neutral", "none")
# Colours that people with any kind of colour vision tell apart: M. Okabe, K. Ito, "Color Universal Design", 2008.
COLOURS = {
    "#e69f00": "orange",
    "#56b4e9": "sky blue",
    "#009e73": "green",
    "#f0e442": "yellow",
    "#0072b2": "blue",
    "#d55e00": "vermilion",
    "#cc79a7": "purple",
    "#8a8a8a": "grey",
}
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
COLOUR = re.compile(r"#[0-9a-f]{6}")
MOST = 60
LONGEST_PHRASE, LONGEST = 80, 1000
# Which columns of which annotation hold the labels of a facet.
COLUMNS = {
    Facet.RELATION: (Link, ("relation", "secondary_relation")),
    Facet.STRATEGY: (Link, ("strategies",)),
    Facet.DISPUTED: (Link, ("disputed",)),
    Facet.FIGURE_OUTCOME: (FigureComparison, ("outcome", "ruling")),
    Facet.VERIFICATION: (Assessment, ("verification",)),
}
WORDS = {"link": ("link", "links"), "figurecomparison": ("figure", "figures"), "assessment": ("check", "checks")}


@dataclass(frozen=True)
class Choice:
    """One label of a draft."""

    key: str
    phrase: str = ""
    definition: str = ""
    example: str = ""
    shortcut: str = ""
    stance: str = ""
    maps_to: str = ""
    colour: str = ""
    wants_note: bool = False
    is_retired: bool = False


NAMES = {
    "phrase": "phrase",
    "definition": "definition",
    "example": "example",
    "shortcut": "digit",
    "stance": "stance",
    "maps_to": "what it stands for",
    "colour": "colour",
    "wants_note": "wants a note",
}


@dataclass
class Draft:
    """A label schema as it is being written: {facet: [Choice, …]} in order, and what each facet asks."""

    title: str
    labels: dict
    about: dict

    def keys(self, facet):
        return [label.key for label in self.labels.get(facet, ())]

    def find(self, facet, key):
        return next((label for label in self.labels.get(facet, ()) if label.key == key), None)


@dataclass(frozen=True)
class Problem:
    """Why a draft cannot be published: where, and in a sentence what is wrong."""

    facet: str
    index: int
    field: str
    sentence: str


@dataclass
class Difference:
    """What became of one label or one question: ``kind`` is added, removed, retired, brought back, changed or moved."""

    facet: str
    kind: str
    key: str
    phrase: str
    values: list = field(default_factory=list)
    # [(layer, how many, of what)] of the annotations that carry it, in layers the reader may read.
    carriers: list = field(default_factory=list)

    @property
    def title(self):
        return TITLES[self.facet]


def draft_of(vocabulary):
    """Return a stored version as a Draft of all its facets."""
    names = [column.name for column in fields(Choice)]
    labels = {
        facet: [Choice(**{name: getattr(label, name) for name in names}) for label in in_place(known.values())]
        for facet, known in vocabulary.by_facet().items()
    }
    return Draft(title=vocabulary.title, labels=labels, about=vocabulary.asked())


def in_place(labels):
    return sorted(labels, key=lambda label: label.position)


# The rules


def problems(draft, base):
    """Return every Problem of a draft made from ``base``, a Draft too."""
    found = []
    for facet in EDITED:
        labels = draft.labels[facet]
        if len(labels) > MOST:
            found.append(Problem(facet, MOST, "key", f"{TITLES[facet]} has {len(labels)} labels; {MOST} are the most."))
        for index, label in enumerate(labels):
            found += [
                Problem(facet, index, name, sentence) for name, sentence in wrong_with(label, facet, labels[:index])
            ]
        for key in FIXED[facet] & set(base.keys(facet)):
            label = draft.find(facet, key)
            if label is None or label.is_retired:
                index = labels.index(label) if label else 0
                found.append(Problem(facet, index, "is_retired", f"“{key}” stays: the program itself asks for it."))
    return found


def wrong_with(label, facet, before):
    """Yield (field, sentence) for what is wrong with one label, after those ``before`` it in its facet."""
    if not KEY.fullmatch(label.key):
        yield "key", "A key is of small letters a–z, digits and _, begins with a letter, and has at most 40."
    elif label.key in {other.key for other in before}:
        yield "key", f"There is a label “{label.key}” in this facet; a key is given once, retired labels included."
    if not label.phrase:
        yield "phrase", "Write the phrase that people choose."
    elif len(label.phrase) > LONGEST_PHRASE:
        yield "phrase", f"The phrase has {len(label.phrase)} characters; {LONGEST_PHRASE} are the most."
    same = [other for other in before if other.phrase.casefold() == label.phrase.casefold() and not other.is_retired]
    if label.phrase and same and not label.is_retired:
        yield "phrase", f"“{same[0].key}” has this phrase too; people could not tell them apart."
    for name in ("definition", "example"):
        if len(getattr(label, name)) > LONGEST:
            yield name, f"The {name} has {len(getattr(label, name))} characters; {LONGEST} are the most."
    yield from wrong_digit(label, facet, before)
    if label.colour and not COLOUR.fullmatch(label.colour):
        yield "colour", "A colour is # and six hexadecimal digits, such as #0072b2."
    if label.stance and label.stance not in STANCES:
        yield "stance", f"{label.stance!r} is not a stance; known are {', '.join(STANCES)}."
    if label.key == "other" and not label.wants_note:
        yield "wants_note", "“other” wants a note: that is how new labels come about."


def wrong_digit(label, facet, before):
    if not label.shortcut or label.is_retired:
        return
    kept = {"9": "unclear", "0": "other"}
    if facet not in ONE_CHOICE:
        yield "shortcut", "Digits are for facets of which one label is chosen; here type to filter."
    elif not re.fullmatch("[0-9]", label.shortcut):
        yield "shortcut", "Take a digit: letters are the verbs of the workspace, and people move them."
    elif label.shortcut in kept and label.key != kept[label.shortcut]:
        yield "shortcut", f"{label.shortcut} is always {kept[label.shortcut]}; take 1 to 8."
    else:
        other = next((one for one in before if one.shortcut == label.shortcut and not one.is_retired), None)
        if other is not None:
            yield "shortcut", f"“{other.key}” has the digit {label.shortcut} too."


# What a draft changes


def differences(old, new):
    """Return the Differences from one Draft to another, facet by facet in the order of the new one."""
    found = []
    if old.title != new.title:
        values = [("title", old.title, new.title)]
        found.append(Difference(Facet.RELATION, "renamed", "", "the schema", values))
    for facet in EDITED:
        asked = [
            (name, old.about[facet].get(name, ""), new.about[facet].get(name, ""))
            for name in ("question", "rule")
            if old.about[facet].get(name, "") != new.about[facet].get(name, "")
        ]
        if asked:
            found.append(Difference(facet, "asked", "", "the question", asked))
        found += [one for label in new.labels[facet] if (one := difference(facet, old.find(facet, label.key), label))]
        found += [
            Difference(facet, "removed", label.key, label.phrase)
            for label in old.labels[facet]
            if new.find(facet, label.key) is None
        ]
        common = set(old.keys(facet)) & set(new.keys(facet))
        before = [key for key in old.keys(facet) if key in common]
        after = [key for key in new.keys(facet) if key in common]
        if before != after:
            phrases = [new.find(facet, key).phrase for key in after if not new.find(facet, key).is_retired]
            found.append(Difference(facet, "moved", "", "the order", [("order", "", ", ".join(phrases))]))
    return found


def difference(facet, old, new):
    """Return what became of one label, or None where nothing did."""
    if old is None:
        return Difference(facet, "added", new.key, new.phrase)
    values = [
        (title, said(getattr(old, name)), said(getattr(new, name)))
        for name, title in NAMES.items()
        if getattr(old, name) != getattr(new, name)
    ]
    if old.is_retired != new.is_retired:
        return Difference(facet, "retired" if new.is_retired else "brought back", new.key, new.phrase, values)
    return Difference(facet, "changed", new.key, new.phrase, values) if values else None


def said(value):
    """Return a value as the form names it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return COLOURS.get(value, value)


def merge(base, mine, theirs):
    """Return my draft made from ``base`` as it would be had it been made from ``theirs``: what I did not touch is theirs."""
    merged = {}
    for facet, labels in mine.labels.items():
        found = []
        for label in labels:
            before, there = base.find(facet, label.key), theirs.find(facet, label.key)
            if before is not None and there is None:
                continue  # they took it out, so nobody uses it
            if before is not None:
                untouched = [
                    column.name
                    for column in fields(Choice)
                    if getattr(label, column.name) == getattr(before, column.name)
                ]
                label = replace(label, **{name: getattr(there, name) for name in untouched})
            found.append(label)
        mine_taken_out = set(base.keys(facet)) - set(mine.keys(facet))
        known = {label.key for label in found} | mine_taken_out
        found += [label for label in theirs.labels[facet] if label.key not in known]
        merged[facet] = found
    about = {
        facet: {
            name: theirs.about[facet].get(name) if said == base.about[facet].get(name) else said
            for name, said in asked.items()
        }
        for facet, asked in mine.about.items()
    }
    return Draft(title=theirs.title if mine.title == base.title else mine.title, labels=merged, about=about)


# What carries a label


def carriers(layers):
    """Return {(facet, key): Counter of (layer, kind)} of the live annotations of ``layers``; costs three queries."""
    found = {}
    for model in (Link, FigureComparison, Assessment):
        columns = [(facet, name) for facet, (of, names) in COLUMNS.items() if of is model for name in names]
        rows = model._base_manager.filter(layer__in=layers, deleted_at=None)
        for layer, *values in rows.values_list("layer", *(name for _, name in columns)).iterator():
            for facet, key in keys_in(columns, values):
                found.setdefault((facet, key), Counter())[layer, model._meta.model_name] += 1
    return found


def keys_in(columns, values):
    """Return {(facet, key)} of one row's columns."""
    return {
        (facet, key)
        for (facet, _), value in zip(columns, values, strict=True)
        for key in (value if isinstance(value, list) else [value] if value else ())
    }


def touched(found, *, project, user):
    """Give each Difference the annotations that carry its label, in the layers that ``user`` may read, and no others."""
    layers = {layer.pk: layer for layer in Layer.objects.readable_by(user).filter(project=project)}
    carried = carriers(layers)
    for one in found:
        counted = carried.get((one.facet, one.key), {})
        one.carriers = [
            (layers[layer], number, WORDS[kind][number != 1])
            for (layer, kind), number in sorted(counted.items(), key=str)
        ]
    return found


def hides_annotations(project, user):
    """Whether annotations stand in layers that ``user`` may not read: then no count may tell what they carry."""
    hidden = Layer.objects.filter(project=project).exclude(pk__in=Layer.objects.readable_by(user).values("pk"))
    return any(model._base_manager.filter(layer__in=hidden).exists() for model in (Link, FigureComparison, Assessment))


def used_ever(project):
    """Return {(facet, key)} of all that any annotation of the project carries or carried, in any layer.

    Goes through the annotations, deleted ones included, and their history: undoing must never bring an unknown label.
    """
    found = set()
    for model in (Link, FigureComparison, Assessment):
        columns = [(facet, name) for facet, (of, names) in COLUMNS.items() if of is model for name in names]
        names = [name for _, name in columns]
        for values in model._base_manager.filter(layer__project=project).values_list(*names).iterator():
            found |= keys_in(columns, values)
        states = Change.objects.filter(project=project, kind=model._meta.model_name).values_list("before", "after")
        for state in (state for both in states.iterator() for state in both):
            found |= keys_in(columns, [state.get(name) for name in names])
    return found


def is_begun(project):
    """Whether anything of the project was ever labelled: its schema may then change, and not be exchanged."""
    return any(
        model._base_manager.filter(layer__project=project).exists() for model in (Link, FigureComparison, Assessment)
    )


# Publishing


@transaction.atomic
def publish(project, *, actor, seen, draft, summary=""):
    """Store ``draft``, made from the version ``seen`` (its uuid), as the project's next version; return it.

    Raises StaleWrite, whose row is the version that stands, when another was published meanwhile.
    """
    project = locked(project)
    current = project.vocabulary
    if current.pk != seen:
        raise StaleWrite(row=current, attempted={})
    base = draft_of(current)
    wrong = problems(draft, base)
    if wrong:
        raise ValidationError([f"{TITLES[one.facet]}: {one.sentence}" for one in wrong])
    found = differences(base, draft)
    if not found:
        raise ValidationError("Nothing is different from the version in use.")
    refuse_lost_labels(project, actor, [(one.facet, one.key) for one in found if one.kind == "removed"])
    summary = summary.strip() or "; ".join(in_words(one) for one in found[:4]) + ("; …" if len(found) > 4 else "")
    return store(project, current, draft, actor=actor, summary=summary)


def locked(project):
    """Return the project as it stands, kept from others until the transaction ends: of two who publish one waits."""
    # Not joined to its vocabulary: whoever waited would look for the row that stood before, and find none.
    return Project.objects.select_for_update().get(pk=project.pk)


def refuse_lost_labels(project, actor, lost):
    """Refuse to take out a label that somebody used, or may have used where nobody may look."""
    if not lost:
        return
    if hides_annotations(project, actor):
        raise ValidationError(
            f"“{lost[0][1]}” can be retired, and not be taken out while annotators work unseen by you."
        )
    in_use = [key for facet, key in lost if (facet, key) in used_ever(project)]
    if in_use:
        raise ValidationError(f"“{in_use[0]}” is or was in use; retire it instead of taking it out.")


def in_words(one):
    """Return a Difference in a few words."""
    name = f"“{one.phrase}”" if one.key else one.phrase
    return f"{one.kind} {name}" if one.key else f"{name} changed"


def own_key(project, number):
    """Return a free key for version ``number`` of the project's own: ``default@harbour``, ``default@harbour.2`` …

    One is taken where an earlier project had this name, or where this one has exchanged its schema.
    """
    stem = f"{project.vocabulary.key.partition('@')[0]}@{project.slug}"
    taken = set(Vocabulary.objects.filter(key__startswith=stem, number=number).values_list("key", flat=True))
    return next(key for key in (stem, *(f"{stem}.{count}" for count in range(2, 1000))) if key not in taken)


def store(project, current, draft, *, actor, summary):
    number = current.number + 1
    made = Vocabulary(
        key=own_key(project, number),
        title=draft.title,
        number=number,
        about=draft.about,
        based_on=current,
        summary=summary,
        created_by=actor,
    )
    with Act(actor=actor, project=project, verb=f"change the labels: {summary}") as act:
        made.save(force_insert=True)
        Label.objects.bulk_create(
            Label(
                vocabulary=made,
                facet=facet,
                position=position,
                **{column.name: getattr(label, column.name) for column in fields(Choice)},
            )
            for facet, labels in draft.labels.items()
            for position, label in enumerate(labels, 1)
        )
        act.change(project, seen=project.version, vocabulary=made)
    return made


@transaction.atomic
def choose(project, *, actor, seen, key):
    """Give a project in which nothing is labelled yet another of the schemas that came with the product."""
    project = locked(project)
    if project.vocabulary_id != seen:
        raise StaleWrite(row=project.vocabulary, attempted={})
    if is_begun(project):
        raise ValidationError("Links are made here already; change the labels one by one instead.")
    chosen = Vocabulary.objects.filter(key=key, based_on=None).exclude(key__contains="@").order_by("-number").first()
    if chosen is None:
        raise ValidationError("There is no such schema here.")
    with Act(actor=actor, project=project, verb=f"choose the labels: {chosen.title}") as act:
        act.change(project, seen=project.version, vocabulary=chosen)
    return chosen


# Files


def to_file(vocabulary):
    """Return a version as the JSON file that ``read_file`` reads."""
    draft = draft_of(vocabulary)
    facets = {
        facet: [
            {"key": label.key}
            | {c.name: getattr(label, c.name) for c in fields(Choice) if getattr(label, c.name) and c.name != "key"}
            for label in labels
        ]
        for facet, labels in draft.labels.items()
    }
    said = {"title": draft.title, "number": vocabulary.number, "summary": vocabulary.summary}
    return json.dumps({**said, "about": draft.about, "facets": facets}, ensure_ascii=False, indent=2) + "\n"


def read_file(data, base):
    """Return the Draft that a JSON file makes of ``base``: the file's labels, then those of ``base`` that have to stay.

    A label of ``base`` that the file leaves out is retired, a fixed one stays as it is. A facet that the file does not
    name stays as it is.
    """
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, RecursionError) as error:
        raise ValidationError("The file is not JSON in UTF-8.") from error
    except ValueError as error:
        raise ValidationError(f"The file is not JSON: {error}.") from error
    if not isinstance(found, dict) or not isinstance(found.get("facets"), dict):
        raise ValidationError("The file has no “facets”; download the labels of a project to see how one looks.")
    unknown = [facet for facet in found["facets"] if facet not in Facet.values]
    if unknown:
        raise ValidationError(f"{unknown[0]!r} is not a facet; known are {', '.join(Facet.values)}.")
    labels = dict(base.labels)
    for facet in EDITED:
        if facet not in found["facets"]:
            continue
        given = [read_label(row, facet, place) for place, row in enumerate(listed(found["facets"][facet], facet), 1)]
        keys = {label.key for label in given}
        kept = [
            label if label.key in FIXED[facet] else replace(label, is_retired=True)
            for label in base.labels[facet]
            if label.key not in keys
        ]
        labels[facet] = given + kept
    title = text_of(found.get("title") or found.get("name") or base.title, "the title")
    return Draft(title=title, labels=labels, about=read_about(found.get("about", {}), base))


def listed(rows, facet):
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValidationError(f"{facet} is not a list of labels.")
    return rows


def read_label(row, facet, place):
    where = f"{facet}, label {place}"
    values = {}
    for column in fields(Choice):
        value = row.get(column.name)
        if value is None:
            continue
        if column.type is bool:
            if not isinstance(value, bool):
                raise ValidationError(f"{where}: {column.name} is true or false.")
            values[column.name] = value
        else:
            values[column.name] = text_of(value, f"{where}: {column.name}")
    if not values.get("key"):
        raise ValidationError(f"{where} has no key.")
    return Choice(**values)


def text_of(value, where):
    if not isinstance(value, str):
        raise ValidationError(f"{where} is not text.")
    try:
        refuse_unstorable(value)
    except ValidationError as error:
        raise ValidationError(f"{where} holds a character that cannot be stored.") from error
    return value.strip()


def read_about(given, base):
    """Return what each facet asks: the file's question and rule where it has them; how many is not a file's to say."""
    about = {facet: dict(said) for facet, said in base.about.items()}
    for facet in EDITED:
        said = given.get(facet) if isinstance(given, dict) else None
        for name in ("question", "rule"):
            if isinstance(said, dict) and said.get(name) is not None:
                about[facet][name] = text_of(said[name], f"{facet}: {name}")
    return about


def others():
    """Return the schemas that came with the product, the default first; costs one query."""
    default_vocabulary()
    rows = Vocabulary.objects.filter(based_on=None).exclude(key__contains="@").order_by("number")
    newest = {vocabulary.key: vocabulary for vocabulary in rows}
    return sorted(newest.values(), key=lambda vocabulary: (vocabulary.key != "default", vocabulary.title))
