"""What an editor may say when signing a dossier off or sending it back."""

from django import forms
from django.core.exceptions import ValidationError


class SignForm(forms.Form):
    open_questions = forms.CharField(
        label="Open questions",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What stays open though you sign, such as a figure that nobody would confirm. It goes on the sheet.",
    )
    # The newest change the page showed; "" where there is none.
    seen = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)


class SendBackForm(forms.Form):
    """``items`` are (value, words) of what can be sent back by itself; the empty value is the whole dossier."""

    item = forms.ChoiceField(label="What", required=False)
    note = forms.CharField(
        label="What should be looked at again",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say what should be looked at again."},
    )

    def __init__(self, *args, items=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["item"].choices = [("", "the whole dossier"), *items]


class LiftForm(forms.Form):
    note = forms.CharField(label="Why (optional)", required=False, max_length=2_000)


class ResolveForm(forms.Form):
    version = forms.IntegerField(min_value=1)

    def clean(self):
        if self.errors:
            raise ValidationError("The page did not say which version it shows; reload it.")
        return self.cleaned_data
