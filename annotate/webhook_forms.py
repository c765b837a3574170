"""What an owner says of an address that is to be told."""

from django import forms

from annotate.forms import Labelled
from annotate.webhooks import check_address
from claims.models import Webhook


class WebhookForm(Labelled, forms.Form):
    url = forms.CharField(label="Address", max_length=2000, help_text="Such as https://example.org/rejoinder")
    events = forms.MultipleChoiceField(
        label="Tell it when", choices=Webhook.Event.choices, widget=forms.CheckboxSelectMultiple,
        initial=Webhook.Event.values, error_messages={"required": "Choose at least one."},
    )  # fmt: skip

    def clean_url(self):
        try:
            check_address(self.cleaned_data["url"])
        except forms.ValidationError as error:
            raise forms.ValidationError(error.messages) from error
        return self.cleaned_data["url"]
