"""Two people on one row: what each changed since the version both saw, merged field by field.

The history says what a field held at that version. A field that one of the two changed is taken from whoever changed
it; one that both set to the same is settled; one that both changed otherwise is a clash, and is asked. Nothing is lost
without somebody having seen it: what is not written is either what both started from, or a clash.
"""

from copy import copy
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from claims.errors import StaleWrite
from claims.models import Change
from claims.models.changes import BOOKKEEPING, plain

MINE, THEIRS, BOTH = "mine", "theirs", "both"
# Lists in which order says nothing: what either added is added, what either removed is removed.
SETS = {"strategies", "disputed", "differs_in", "aliases"}
# Fields that say one thing together: half of it from one and half from the other would be nobody's statement.
GROUPS = (
    ("start", "end", "quote", "prefix", "suffix"),
    ("scope", "target_claim", "target_work", "target_response", "target_actor"),
    ("restates", "restating", "restating_note"),
    ("verification", "justification"),
    ("ruling", "justification", "ruled_by", "ruled_at"),
    ("outcome", "differs_in", "counter_quantity", "absolute_difference", "relative_difference"),
)
# Fields that follow from others or from the moment: they never clash by themselves.
FOLLOW = {"prefix", "suffix", "ruled_by", "ruled_at", "absolute_difference", "relative_difference", "origin", "turn"}


@dataclass
class Clash:
    """Fields that both changed otherwise, as plain values {field: value} of where they started, mine and theirs."""

    key: str
    fields: tuple
    base: dict
    mine: dict
    theirs: dict

    @property
    def is_set(self):
        return self.key in SETS


@dataclass
class Merge:
    """What comes of two people's writing: ``written`` of mine, ``kept`` of theirs, and what has to be asked."""

    # {field: plain value} of mine that goes over what stands.
    written: dict = field(default_factory=dict)
    # {field: plain value} that others changed and that stays.
    kept: dict = field(default_factory=dict)
    clashes: list = field(default_factory=list)


def merged(base, mine, theirs, *, known=None, choices=None):
    """Return the Merge of ``mine`` and ``theirs``, {field: plain value} over the same fields, both made from ``base``.

    ``known`` are the fields whose base is known, all where left out; of another, a difference is a clash. ``choices``
    {key of a clash: MINE, THEIRS or BOTH} settles what was asked before.
    """
    known = set(mine) if known is None else known
    choices, found, done = choices or {}, Merge(), set()
    for name in mine:
        if name in done:
            continue
        names = together(name, mine)
        done.update(names)
        i_changed = [one for one in names if one not in known or mine[one] != base.get(one)]
        they_changed = [one for one in names if one not in known or theirs[one] != base.get(one)]
        differ = [one for one in names if mine[one] != theirs[one]]
        if not any(one not in FOLLOW for one in differ) and they_changed:
            # The same in all that people say, such as two equal rulings a minute apart: theirs was first.
            continue
        if not i_changed:
            found.kept.update({one: theirs[one] for one in they_changed})
        elif not they_changed:
            found.written.update({one: mine[one] for one in differ})
        elif names == [name] and name in SETS and name in known and (both := merged_sets(base, mine, theirs, name)):
            if both[0] != theirs[name]:
                found.written[name] = both[0]
            if both[0] != mine[name]:
                found.kept[name] = both[0]
        else:
            settle(found, names, base, mine, theirs, choices)
    return found


def together(name, names):
    """Return the fields among ``names`` that go with ``name``, in their order."""
    for group in GROUPS:
        # A ruling and a verification each have a justification.
        if name in group and any(one in names for one in group if one != "justification"):
            return [one for one in group if one in names]
    return [name]


def merged_sets(base, mine, theirs, name):
    """Return (merged list,), or () where both cannot hold: ``none`` beside another key."""
    before, left, right = base.get(name) or [], mine[name] or [], theirs[name] or []
    kept = [key for key in before if key in left and key in right]
    added = [key for key in [*right, *left] if key not in before]
    found = list(dict.fromkeys(kept + added))
    return () if "none" in found and len(found) > 1 else (found,)


def settle(found, names, base, mine, theirs, choices):
    """Take what was chosen of fields that both changed, or ask."""
    key = next(one for one in names if one not in FOLLOW) if set(names) - FOLLOW else names[0]
    choice = choices.get(key)
    if choice == THEIRS:
        found.kept.update({one: theirs[one] for one in names if mine[one] != theirs[one]})
    elif choice == MINE:
        found.written.update({one: mine[one] for one in names if mine[one] != theirs[one]})
    elif choice == BOTH and key in SETS:
        found.written[key] = list(dict.fromkeys([*(theirs[key] or []), *(mine[key] or [])]))
    else:
        pick = {"base": base, "mine": mine, "theirs": theirs}
        found.clashes.append(
            Clash(key, tuple(names), **{side: {one: said.get(one) for one in names} for side, said in pick.items()})
        )


# Rows


@dataclass
class Told:
    """One row that was merged: what others changed in it meanwhile, and who."""

    row: object
    kept: dict
    by: list


class Merging:
    """How an Act merges what it writes to rows that others changed first.

    ``choices`` is {key: MINE, THEIRS or BOTH} as chosen for the row ``chosen_for`` (its id as text) when it stood at
    version ``chosen_at``. ``told`` fills with what others had changed.
    """

    def __init__(self, *, choices=None, chosen_for="", chosen_at=0):
        self.choices, self.chosen_for, self.chosen_at = choices or {}, chosen_for, chosen_at
        self.told = []

    def change(self, act, row, *, seen, values):
        """Write ``values`` to a row last seen at ``seen`` and changed since; raises StaleWrite with its ``merge``."""
        model = type(row)
        now = model._base_manager.get(pk=row.pk)
        if now.deleted_at is not None:
            raise StaleWrite(row=now, attempted=values)
        found, changes = self.merge(now, seen, values)
        if found.clashes:
            raise StaleWrite(row=now, attempted=values, merge=found)
        for one in model._meta.concrete_fields:
            setattr(row, one.attname, getattr(now, one.attname))
        written = {
            name: values[name] if plain_of(row, name, values[name]) == to else to for name, to in found.written.items()
        }
        self.check(row, written, values, found)
        act.change(row, seen=now.version, **written)
        if found.kept:
            self.told.append(Told(row, found.kept, actors_of(changes, row, found.kept)))
        return row

    def check(self, row, written, values, found):
        """Ask, rather than refuse, where each is in order by itself and the two together are not."""
        tried = copy(row)
        for name, value in written.items():
            setattr(tried, name, value)
        try:
            tried.clean()
        except ValidationError as error:
            theirs = {name: plain_of(row, name) for name in values}
            mine = {name: plain_of(row, name, value) for name, value in values.items()}
            names = [name for name in values if mine[name] != theirs[name]]
            if not found.kept or not names:
                raise
            again = Merge(kept=found.kept)
            for name in names:
                again.clashes.append(Clash(name, (name,), {name: None}, {name: mine[name]}, {name: theirs[name]}))
            raise StaleWrite(row=row, attempted=values, merge=again) from error

    def merge(self, now, seen, values):
        """Return (Merge, [Change since ``seen`` of the row])."""
        changes, base, known = base_of(now, seen, values)
        theirs = {name: plain_of(now, name) for name in values}
        mine = {name: plain_of(now, name, value) for name, value in values.items()}
        choices = self.choices if self.chosen_for == str(now.pk) else {}
        if choices:
            late = {
                name for change in changes if change.object_version > self.chosen_at for name in touched(now, change)
            }
            choices = {key: choice for key, choice in choices.items() if not late & {key, *together(key, mine)}}
        found = merged(base, mine, theirs, known=known, choices=choices)
        # What others changed in fields that were not on the form stays as well, and is told.
        others = {name for change in changes for name in touched(now, change)} - set(values) - FOLLOW
        found.kept.update({name: plain_of(now, name) for name in sorted(others)})
        return found, changes


def base_of(now, seen, names):
    """Return (Changes since, {field: plain value at version ``seen``}, the fields of which that is known)."""
    changes = list(
        Change.objects.filter(object_id=now.pk, kind=now._meta.model_name, object_version__gt=seen)
        .select_related("actor")
        .order_by("object_version", "pk")
    )
    if len({change.object_version for change in changes}) != now.version - seen:
        # Part of the history did not come along with an import: nothing says where the two parted.
        return changes, {}, set()
    base = {}
    for change in changes:
        for name in touched(now, change):
            base.setdefault(name, change.before.get(now._meta.get_field(name).attname))
    known = {name for name in names if now._meta.get_field(name).attname not in BOOKKEEPING}
    return changes, {name: base[name] if name in base else plain_of(now, name) for name in names}, known


def seen_values(row, seen, names):
    """Return {field: plain value} of what a row said at version ``seen``; what is not known, as it says now."""
    _, base, known = base_of(row, seen, names)
    return {name: base[name] if name in known else plain_of(row, name) for name in names}


def touched(row, change):
    """Return the names of the fields that a change changed; deleting and restoring change none."""
    if change.action != Change.Action.CHANGED:
        return []
    by_column = {one.attname: one.name for one in row._meta.concrete_fields}
    return [by_column[column] for column in change.after if column in by_column]


def plain_of(row, name, *value):
    """Return what a field holds, or would hold with ``value``, as the history has it."""
    column = row._meta.get_field(name)
    if value:
        row = copy(row)
        setattr(row, name, value[0])
    return plain(getattr(row, column.attname))


def actors_of(changes, row, names):
    """Return the people who changed any of these fields, each once, None for nobody."""
    found = [change.actor for change in changes if set(touched(row, change)) & set(names)]
    return list(dict.fromkeys(found))
