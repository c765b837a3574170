"""What pages say of two people's writing: what was merged in silence is told, what clashes is asked."""

from dataclasses import dataclass

from claims.history import COLUMNS, FACETS
from claims.merging import BOTH, FOLLOW, MINE, THEIRS, Merging, base_of, merged, plain_of

CHOOSE = "choose-"


def merging_of(request):
    """Return how a page's deed merges, with what the person chose where it was asked before."""
    said = request.POST
    choices = {
        name.removeprefix(CHOOSE): value
        for name, value in said.items()
        if name.startswith(CHOOSE) and value in (MINE, THEIRS, BOTH)
    }
    at = said.get("chosen_at", "")
    return Merging(
        choices=choices,
        chosen_for=said.get("chosen_for", ""),
        chosen_at=int(at) if at.isdecimal() and len(at) < 10 else 0,
    )


def keep_theirs(form, current, merge):
    """Let a form that has to ask show what others alone had changed, so that saving it does not take that back.

    The form learns the present version: what it still holds of one's own is then one's choice.
    """
    form.data = form.data.copy()
    form.data["version"] = current.version
    for name in merge.kept if merge else ():
        if name in form.fields:
            value = getattr(current, name)
            form.data[name] = "" if value is None else str(value)


def offer(row, seen, sent):
    """Return {"merged", "clashes"} for a program whose write was refused: what of ``sent`` it can send again as it is.

    ``sent`` is {field: value as JSON}; ``merged`` holds what nobody else changed, and lists with both people's entries;
    ``clashes`` names the fields that both changed.
    """
    fields = {one.name for one in row._meta.concrete_fields}
    mine = {name: value for name, value in sent.items() if name in fields}
    _, base, known = base_of(row, seen, mine)
    found = merged(base, mine, {name: plain_of(row, name) for name in mine}, known=known)
    return {
        "merged": {name: found.written[name] for name in mine if name in found.written},
        "clashes": [name for clash in found.clashes for name in clash.fields],
    }


def meanwhile(merging):
    """Return what others had changed in rows that were merged: ``meanwhile ben changed the note``; "" for nothing."""
    found = {}
    for told in merging.told:
        names = [name_of(told.row, name) for name in told.kept if name not in FOLLOW]
        for name in names:
            found.setdefault(", ".join(str(by or "the system") for by in told.by) or "somebody", {})[name] = True
    said = [f"{who} changed {listed([f'the {name}' for name in names])}" for who, names in found.items()]
    return f"meanwhile {'; '.join(said)}" if said else ""


def listed(words):
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def name_of(row, name):
    """Return what a page calls a field."""
    known = {"disputed": "points in dispute", **COLUMNS}
    return str(known.get(name, row._meta.get_field(name).verbose_name))


@dataclass
class Question:
    """One clash as a page asks it: what the fields are called, and in words what each side says."""

    key: str
    name: str
    base: str
    mine: str
    theirs: str
    both: str = ""


def questions(row, merge, labels):
    """Return [Question, …] of a Merge; ``labels`` is the vocabulary by facet, {facet: {key: Label}}."""
    found = []
    for clash in merge.clashes:
        shown = [
            name
            for name in clash.fields
            if name not in FOLLOW and not (name in ("start", "end") and "quote" in clash.fields)
        ]
        differing = [name for name in shown if clash.mine[name] != clash.theirs[name]] or list(shown)
        sides = {
            side: "; ".join(in_words(row, name, getattr(clash, side)[name], labels) for name in differing)
            for side in ("base", "mine", "theirs")
        }
        question = Question(
            key=clash.key, name=" and ".join(dict.fromkeys(name_of(row, name) for name in differing)), **sides
        )
        if clash.is_set:
            union = list(dict.fromkeys([*(clash.theirs[clash.key] or []), *(clash.mine[clash.key] or [])]))
            if "none" not in union:
                question.both = in_words(row, clash.key, union, labels)
        found.append(question)
    return found


def in_words(row, name, value, labels):
    """Return a plain value of a field as a person would read it."""
    column = row._meta.get_field(name)
    if value in (None, "", []):
        return "nothing"
    facet = FACETS.get((row._meta.model_name, name))
    if facet is not None:
        keys = value if isinstance(value, list) else [value]
        return ", ".join(labels[facet][key].phrase if key in labels[facet] else str(key) for key in keys)
    if column.is_relation:
        found = column.related_model._base_manager.filter(pk=getattr(value, "pk", value)).first()
        return str(found) if found is not None else "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(dict(column.flatchoices or ()).get(value, value))
