"""What a person may send about figures: a mended reading, an outcome, a ruling, a check."""

from django import forms

from annotate.annotation_forms import FigureForm
from claims.models import Citation, FigureComparison

DIRECTIONS = ("up", "down")


class VersionField(forms.IntegerField):
    """The version that was on the person's screen; 0 where nothing had been decided."""

    def __init__(self):
        super().__init__(
            min_value=0,
            widget=forms.HiddenInput,
            error_messages={
                "required": "The page did not say which version it shows; reload it.",
                "invalid": "The page did not say which version it shows; reload it.",
            },
        )


class MendForm(FigureForm):
    """A mended reading; of a rise or a fall, ``value_high`` is where it ended and may be lower."""

    version = VersionField()

    field_order = [
        "value",
        "value_high",
        "modifier",
        "kind",
        "unit",
        "currency",
        "counted",
        "period_start",
        "period_end",
    ]

    def __init__(self, data=None, *, reading=None):
        super().__init__(data, reading=reading)
        # The form comes where its row was; the keyboard goes on in it.
        self.fields["value"].widget.attrs["autofocus"] = True

    def clean(self):
        said = super().clean()
        if said.get("modifier") in DIRECTIONS and "value_high" in self._errors and self.data.get("value_high"):
            # The general rule is about ranges: "fell from 9 to 4" is in order.
            del self._errors["value_high"]
            said["value_high"] = self.fields["value_high"].clean(self.data["value_high"])
        return said

    def as_reading(self):
        reading = super().as_reading()
        del reading["version"]
        return reading


class CompareForm(forms.Form):
    """The outcome for one figure of one link; an empty outcome takes the proposed one."""

    version = VersionField()
    link = forms.ChoiceField(widget=forms.HiddenInput)
    comparison = forms.UUIDField(required=False, widget=forms.HiddenInput)
    counter = forms.ChoiceField(label="Set against", required=False, widget=forms.RadioSelect)
    outcome = forms.ChoiceField(required=False, widget=forms.Select(attrs={"autofocus": True}))
    differs_in = forms.MultipleChoiceField(
        label="What differs",
        required=False,
        choices=[(name, name) for name in FigureComparison.DIFFERENCES],
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data=None, *, links, counters, labels, initial=None, is_computed=True):
        """``links`` are those the figure may be compared in, ``counters`` [(mention id, words)], ``labels`` outcomes.

        Where nothing is computed, a person says the outcome.
        """
        super().__init__(data, initial=initial)
        self.fields["link"].choices = [(str(link.pk), str(link)) for link in links]
        self.fields["counter"].choices = [*counters, ("", "no figure in this response")]
        empty = ("", "as computed") if is_computed else ("", "choose")
        self.fields["outcome"].choices = [empty, *((label.key, label.phrase) for label in labels)]
        self.fields["outcome"].required = not is_computed
        self.is_computed = is_computed

    def clean(self):
        said = super().clean()
        if not self.is_computed and "counter" not in self.data:
            self.add_error("counter", "Choose what it is set against, or that the response has no such figure.")
        return said


class RuleForm(forms.Form):
    """An editor's ruling on a compared figure, and the source it leans on; an empty ruling takes it back."""

    version = VersionField()
    ruling = forms.ChoiceField(required=False, widget=forms.Select(attrs={"autofocus": True}))
    justification = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    stance = forms.ChoiceField(label="What the source does", required=False, choices=Citation.Stance.choices)
    title = forms.CharField(label="Title of the source", required=False)
    url = forms.CharField(label="URL", required=False, widget=forms.URLInput)
    archived_url = forms.CharField(label="Archived URL", required=False, widget=forms.URLInput)
    page = forms.CharField(required=False)
    quote = forms.CharField(label="Words quoted", required=False, strip=False, widget=forms.Textarea(attrs={"rows": 2}))
    accessed_on = forms.DateField(label="Accessed on", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    SOURCE = ("title", "url", "archived_url", "page", "quote", "accessed_on")

    def __init__(self, data=None, *, labels, initial=None):
        super().__init__(data, initial=initial)
        self.fields["ruling"].choices = [("", "no ruling"), *((label.key, label.phrase) for label in labels)]

    @property
    def source_fields(self):
        return [self[name] for name in ("title", "url", "archived_url", "page", "stance", "accessed_on", "quote")]

    def clean(self):
        said = super().clean()
        if said.get("ruling") and not said.get("justification", "").strip():
            self.add_error("justification", "A ruling wants a justification.")
        if any(said.get(name) for name in self.SOURCE) and not (said.get("title") or said.get("url")):
            self.add_error("title", "Name the source by its title or its URL.")
        return said

    def source(self):
        """Return the fields of a citation, or {} where no source is named."""
        said = self.cleaned_data
        if not said["title"] and not said["url"]:
            return {}
        fields = {name: said[name] for name in self.SOURCE}
        return {**fields, "stance": said["stance"] or Citation.Stance.SUPPORTS}


class CheckForm(forms.Form):
    """Whether arithmetic that the text invites is confirmed or dismissed, and why."""

    version = VersionField()
    decision = forms.ChoiceField(choices=[("confirm", "confirm"), ("dismiss", "dismiss")])
    note = forms.CharField(required=False)
