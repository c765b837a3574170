"""What a person may say of a release."""

import re

from django import forms
from django.utils import timezone

from annotate.forms import Labelled
from claims import signing
from claims.models import Layer
from claims.publishing.about import SPLITS
from claims.releasing import Said

LICENCES = (
    ("CC-BY-4.0", "CC BY 4.0: use it freely, say whose it is"),
    ("CC-BY-SA-4.0", "CC BY-SA 4.0: the same, and share alike"),
    ("CC-BY-NC-4.0", "CC BY-NC 4.0: not for profit"),
    ("CC0-1.0", "CC0: no conditions"),
    ("ODC-By-1.0", "ODC-By 1.0: for databases, say whose it is"),
)
USUAL = Said()
MOST_CREATORS = 50


class ReleaseForm(Labelled, forms.Form):
    summary = forms.CharField(
        label="What is new in it", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    creators = forms.CharField(
        label="Who made it",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Names to be cited by, one a line. Nobody else who annotated is named.",
    )
    licence = forms.ChoiceField(label="Licence of the annotations", choices=LICENCES, initial=USUAL.licence)
    train = forms.IntegerField(label="Train, %", min_value=0, max_value=100, initial=USUAL.shares["train"])
    dev = forms.IntegerField(label="Dev, %", min_value=0, max_value=100, initial=USUAL.shares["dev"])
    test = forms.IntegerField(label="Test, %", min_value=0, max_value=100, initial=USUAL.shares["test"])
    seed = forms.IntegerField(
        label="Seed", min_value=0, max_value=2**31 - 1, initial=USUAL.seed, help_text="Another number draws otherwise."
    )
    layers = forms.MultipleChoiceField(
        label="Beside the reading that counts", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, project, **kwargs):
        super().__init__(*args, **kwargs)
        kind = signing.settling_kind(project)
        others = Layer.objects.live().filter(project=project).exclude(kind=kind).order_by("name")
        self.fields["layers"].choices = [(str(layer.pk), layer.name) for layer in others]
        self.fields["layers"].initial = [str(layer.pk) for layer in others]

    def clean(self):
        cleaned = super().clean()
        if all(name in cleaned for name in SPLITS) and sum(cleaned[name] for name in SPLITS) != 100:
            self.add_error(None, "Train, dev and test have to add up to 100 per cent.")
        return cleaned

    def clean_creators(self):
        names = [" ".join(line.split()) for line in self.cleaned_data["creators"].splitlines() if line.strip()]
        if len(names) > MOST_CREATORS:
            raise forms.ValidationError(f"Name at most {MOST_CREATORS} people or bodies.")
        return tuple(names)

    def said(self, *, url=""):
        """Return what was said, of today."""
        cleaned = self.cleaned_data
        return Said(
            licence=cleaned["licence"],
            summary=re.sub(r"\r\n?", "\n", cleaned["summary"]),
            creators=cleaned["creators"],
            shares={name: cleaned[name] for name in SPLITS},
            seed=cleaned["seed"],
            layers=tuple(cleaned["layers"]),
            is_alone=not cleaned["layers"],
            day=timezone.localdate(),
            url=url,
        )
