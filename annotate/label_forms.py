"""The form of a whole label schema: each label a row, moved, added and taken out before anything is saved."""

from dataclasses import fields, replace

from django import forms
from django.utils.text import slugify

from claims import schema
from claims.models.labels import ONE_CHOICE
from claims.schema import COLOURS, EDITED, FIXED, Choice, Draft

STANCES = [("", "not said"), ("agree", "agrees"), ("dispute", "disputes"), ("neutral", "neutral"), ("none", "none")]
DIGITS = [("", "the next free one"), *((digit, digit) for digit in "1234567890")]


class LabelForm(forms.Form):
    """One label; what is wrong with it is said by ``schema.problems``, which the file and the API obey too."""

    was = forms.CharField(required=False, widget=forms.HiddenInput)
    key = forms.CharField(
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "made from the phrase"}
        ),
        help_text="For files; it never changes afterwards.",
    )
    phrase = forms.CharField(required=False, help_text="What people choose.")
    definition = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text="When to choose it, in one sentence."
    )
    example = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    shortcut = forms.ChoiceField(label="Digit", choices=DIGITS, required=False)
    colour = forms.ChoiceField(required=False, help_text="Shown as a mark beside the phrase, never alone.")
    stance = forms.ChoiceField(choices=STANCES, required=False, help_text="For counts; people do not see it.")
    maps_to = forms.ChoiceField(label="Stands for", required=False, help_text="The label of the default schema.")
    wants_note = forms.BooleanField(label="Choosing it asks for a note", required=False)
    is_retired = forms.BooleanField(label="Retired: stays where it is, and is not offered", required=False)

    def __init__(self, data, *, facet, index, standard):
        super().__init__(data, prefix=f"{facet}-{index}", label_suffix="", auto_id="id_%s")
        self.facet, self.index = facet, index
        said = {name: self[name].value() or "" for name in self.fields}
        self.is_new = not said["was"]
        self.name = said["was"] or said["key"]
        self.is_fixed = self.name in FIXED[facet]
        self.problems = []
        colours = [("", "none"), *COLOURS.items()]
        if said["colour"] and said["colour"] not in COLOURS:
            colours.append((said["colour"], said["colour"]))
        self.fields["colour"].choices = colours
        if facet not in ONE_CHOICE:
            del self.fields["shortcut"]
        if facet != "relation":
            del self.fields["stance"]
        if self.name in standard:
            del self.fields["maps_to"]
        else:
            self.fields["maps_to"].choices = [("", "nothing there"), *standard.items()]

    @property
    def swatch(self):
        return self["colour"].value()

    def as_choice(self):
        """Return what is written, as a Choice; a new label without a key gets one from its phrase."""
        said = {
            name: (self[name].value() or "").strip() if name in self.fields else ""
            for name in ("key", "phrase", "definition", "example", "shortcut", "colour", "stance", "maps_to")
        }
        said["key"] = self["was"].value() or said["key"] or slugify(said["phrase"]).replace("-", "_")[:40].strip("_")
        flags = {name: bool(self[name].value()) for name in ("wants_note", "is_retired")}
        return Choice(**said, **flags)


class FacetForm(forms.Form):
    question = forms.CharField(required=False, max_length=200, label="Question")
    rule = forms.CharField(required=False, max_length=300, label="Rule")


class SchemaForm:
    """The facets of a Draft as forms. ``asked`` is what a button other than Save wants done: move, add, take out."""

    def __init__(self, draft, *, base):
        self.draft, self.base = draft, base
        standard = schema.draft_of(schema.default_vocabulary())
        self.facets = [self.facet(facet, standard) for facet in EDITED]

    def facet(self, facet, standard):
        data = data_of(self.draft, facet, self.base)
        known = {label.key: label.phrase for label in standard.labels[facet]}
        rows = [
            LabelForm(data, facet=facet, index=index, standard=known) for index in range(len(self.draft.labels[facet]))
        ]
        asked = FacetForm(data, prefix=facet, label_suffix="")
        return {
            "key": facet,
            "title": schema.TITLES[facet],
            "rows": rows,
            "asked": asked,
            "base": self.base.keys(facet),
        }

    def add_problems(self, found):
        """Write each Problem beside its label, and return how many there are."""
        rows = {(row.facet, row.index): row for facet in self.facets for row in facet["rows"]}
        self.unplaced = []
        for one in found:
            row = rows.get((one.facet, one.index))
            if row is None:
                self.unplaced.append(one.sentence)
            else:
                row.problems.append(one)
        return len(found)

    @property
    def wrong(self):
        return [row for facet in self.facets for row in facet["rows"] if row.problems]


def data_of(draft, facet, base):
    """Return what the form of a facet would send."""
    data = {f"{facet}-{name}": draft.about[facet].get(name, "") for name in ("question", "rule")}
    known = set(base.keys(facet))
    for index, label in enumerate(draft.labels[facet]):
        data |= {f"{facet}-{index}-{column.name}": getattr(label, column.name) for column in fields(Choice)}
        data[f"{facet}-{index}-was"] = label.key if label.key in known else ""
    return data


def read(data, base):
    """Return the Draft that a request holds; a facet that it does not name is as in ``base``."""
    labels, about = dict(base.labels), {facet: dict(said) for facet, said in base.about.items()}
    for facet in EDITED:
        total = data.get(f"{facet}-total", "")
        if not (total.isdecimal() and len(total) < 4):
            continue
        found = []
        for index in range(min(int(total), schema.MOST + 1)):
            if f"{facet}-{index}-phrase" in data or f"{facet}-{index}-was" in data:
                found.append(choice_in(data, facet, index))
        labels[facet] = found
        for name in ("question", "rule"):
            if f"{facet}-{name}" in data:
                about[facet][name] = data[f"{facet}-{name}"].replace("\0", "").strip()[:300]
    title = data.get("title", base.title).replace("\0", "").strip()[:200] or base.title
    return Draft(title=title, labels=labels, about=about)


def choice_in(data, facet, index):
    """Return one label of a request; a control that its facet does not show says nothing."""

    def said(name):
        return data.get(f"{facet}-{index}-{name}", "").replace("\0", "").replace("\r\n", "\n").strip()

    key = said("was") or said("key") or slugify(said("phrase")).replace("-", "_")[:40].strip("_")
    texts = {
        name: said(name) for name in ("phrase", "definition", "example", "shortcut", "colour", "stance", "maps_to")
    }
    return Choice(key=key, wants_note=bool(said("wants_note")), is_retired=bool(said("is_retired")), **texts)


def do(draft, asked):
    """Return ``draft`` after one of its buttons: ``up:relation:3``, ``down:…``, ``out:…``, ``add:relation``; (draft, place).

    ``place`` is (facet, index) of the label that was moved or added, or None.
    """
    deed, _, rest = asked.partition(":")
    facet, _, index = rest.partition(":")
    if facet not in EDITED:
        return draft, None
    labels = list(draft.labels[facet])
    if deed == "add":
        at = next(
            (place for place, label in enumerate(labels) if label.key in ("none", "unclear", "other")), len(labels)
        )
        labels.insert(at, Choice(key=""))
    elif not index.isdecimal() or not int(index) < len(labels):
        return draft, None
    elif deed == "out":
        labels.pop(int(index))
        at = None
    else:
        at = int(index) + (-1 if deed == "up" else 1)
        if not 0 <= at < len(labels):
            return draft, None
        labels.insert(at, labels.pop(int(index)))
    return replace(draft, labels={**draft.labels, facet: labels}), None if at is None else (facet, at)
