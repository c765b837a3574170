"""What a person may send from the workspace about a claim, a figure or a citation. They validate and do nothing else."""

from django import forms

from claims.models import Citation, Claim, FigureReading
from claims.models.changes import plain


class ClaimForm(forms.ModelForm):
    """What a claim says of itself. Speaker and reporter are names; an unknown one becomes a new actor."""

    speaker = forms.CharField(required=False, help_text="Who said it. Empty: the narrator.")
    reporter = forms.CharField(required=False, help_text="Who reports that it was said.")
    restates = forms.ModelChoiceField(
        queryset=Claim.objects.none(),
        required=False,
        empty_label="no other claim",
        help_text="The same claim elsewhere.",
    )

    class Meta:
        model = Claim
        fields = (
            "kind",
            "speaker",
            "reporter",
            "speech",
            "period_start",
            "period_end",
            "wording",
            "restates",
            "restating",
            "restating_note",
        )
        widgets = {
            "period_start": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "period_end": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "wording": forms.Textarea(attrs={"rows": 2}),
            "restating_note": forms.TextInput(),
        }
        labels = {"period_start": "Period from", "period_end": "Period to"}
        help_texts = {"wording": "One line, where the words would not stand alone."}

    def __init__(self, data=None, *, claim, board):
        names = {name: str(getattr(claim, name) or "") for name in ("speaker", "reporter")}
        # A copy: validating must not change the row that the page and the compare-and-set look at.
        super().__init__(data, instance=Claim.objects.get(pk=claim.pk), initial=names)
        same_role = [row.pk for row in board.claims.values() if row.role == claim.role and row.pk != claim.pk]
        self.fields["restates"].queryset = Claim.objects.filter(pk__in=same_role)

    def _post_clean(self):
        """Leave the model's own rules to the deed, which has the claim's relations loaded."""


class FigureForm(forms.Form):
    """How a figure should be read; unit, currency and what is counted may stay empty."""

    kind = forms.ChoiceField(choices=FigureReading.Kind.choices)
    value = forms.DecimalField(max_digits=40)
    value_high = forms.DecimalField(
        label="up to", required=False, max_digits=40, help_text="Of a range, its upper end."
    )
    modifier = forms.ChoiceField(choices=FigureReading._meta.get_field("modifier").choices)
    unit = forms.CharField(required=False)
    currency = forms.CharField(required=False, help_text="Three letters, such as USD.")
    counted = forms.CharField(label="what is counted", required=False)
    period_start = forms.DateField(
        label="period from", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    period_end = forms.DateField(
        label="period to", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, data=None, *, reading=None):
        initial = {name: getattr(reading, name, None) for name in FigureReading.READING} if reading else None
        super().__init__(data, initial=initial)

    def clean(self):
        said = super().clean()
        low, high = said.get("value"), said.get("value_high")
        # "Fell from 9 to 4" is a change and not a range: its second value is where it ended.
        is_change = said.get("modifier") in ("up", "down")
        if low is not None and high is not None and high < low and not is_change:
            self.add_error("value_high", "The upper end is below the value.")
        if said.get("period_start") and said.get("period_end") and said["period_start"] > said["period_end"]:
            self.add_error("period_end", "The period ends before it begins.")
        return said

    def clean_currency(self):
        currency = self.cleaned_data["currency"].strip().upper()
        if currency and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise forms.ValidationError(f"“{currency}” is no currency; write its three letters, such as USD.")
        return currency

    def as_reading(self):
        """Return {field: plain value} as a Decision keeps it."""
        return {name: plain(value) for name, value in self.cleaned_data.items()}


class CitationForm(forms.Form):
    """Words selected in a document (start and end come along), or an outside source by title or URL."""

    stance = forms.ChoiceField(choices=Citation.Stance.choices)
    start = forms.IntegerField(required=False, min_value=0)
    end = forms.IntegerField(required=False, min_value=0)
    url = forms.CharField(label="URL", required=False, widget=forms.URLInput)
    title = forms.CharField(required=False)
    archived_url = forms.CharField(label="archived URL", required=False, widget=forms.URLInput)
    page = forms.CharField(required=False)
    quote = forms.CharField(required=False, strip=False, widget=forms.Textarea(attrs={"rows": 2}))
    accessed_on = forms.DateField(
        label="accessed on", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(required=False)

    def clean(self):
        said = super().clean()
        inside = said.get("start") is not None
        if not inside and not said.get("url") and not said.get("title"):
            raise forms.ValidationError("Select words in a document, or name a source by its URL or title.")
        return said
