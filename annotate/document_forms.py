"""What a person may send about documents: texts and where they come from; each form validates and does nothing else."""

from django import forms

from annotate.forms import SIDES, Labelled
from claims.errors import ExtractError
from claims.extract import SUFFIXES, check_text
from claims.formats import FORMATS
from claims.models import Document, Exclusion
from claims.offsets import normalise_line_ends

NEW, NONE = "new", "none"
DOSSIERS_OFFERED = 100
FILES_AT_ONCE = 200


class Day(forms.DateInput):
    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")


class ProvenanceForm(Labelled, forms.ModelForm):
    """Where a document comes from."""

    publisher = forms.CharField(
        label="Published by",
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"list": "actors", "autocomplete": "off"}),
        help_text="A newspaper, a ministry, an observatory; a name that is new here is remembered.",
    )

    class Meta:
        model = Document
        fields = [
            "title",
            "kind",
            "publisher",
            "published_on",
            "url",
            "archived_url",
            "accessed_on",
            "period_start",
            "period_end",
            "language",
            "licence",
        ]
        labels = {
            "published_on": "Published on",
            "url": "Address on the web",
            "archived_url": "Archived copy",
            "accessed_on": "Looked at on",
            "period_start": "Speaks of the time from",
            "period_end": "to",
        }
        help_texts = {
            "language": "A short tag: en, km, pt-BR.",
            "licence": "Such as CC-BY-4.0, or “all rights reserved”.",
        }
        widgets = {
            "title": forms.TextInput,
            "url": forms.URLInput(attrs={"placeholder": "https://"}),
            "archived_url": forms.URLInput(attrs={"placeholder": "https://web.archive.org/…"}),
            "language": forms.TextInput(attrs={"size": 12}),
            "licence": forms.TextInput,
            "published_on": Day(),
            "accessed_on": Day(),
            "period_start": Day(),
            "period_end": Day(),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["language"].required = False

    def clean_language(self):
        return self.cleaned_data["language"] or "en"

    def clean_publisher(self):
        # A name; the view turns it into an actor within its transaction.
        return self.cleaned_data["publisher"].strip()

    def _post_clean(self):
        """Check the values as the model does; the publisher is still a name, which no column takes."""
        publisher = self.cleaned_data.pop("publisher", "")
        super()._post_clean()
        self.cleaned_data["publisher"] = publisher

    def values(self):
        """Return {column: value} of what may be stored as it is."""
        names = [name for name in self._meta.fields if name != "publisher"]
        return {name: self.cleaned_data[name] for name in names}


class EditForm(ProvenanceForm):
    version = forms.IntegerField(widget=forms.HiddenInput)


class AddForm(ProvenanceForm):
    """What the ways of adding a document share: its provenance, and the dossier it goes in."""

    dossier = forms.ChoiceField(label="Put it in")
    side = forms.ChoiceField(label="where it is the text that", choices=SIDES, initial="both")

    def __init__(self, *args, project, dossier="", **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["title"].required = False
        offered = project.dossiers.live().order_by("-created_at").values_list("pk", "title")[:DOSSIERS_OFFERED]
        self.dossiers = {str(pk): title for pk, title in offered}
        self.fields["dossier"].choices = [
            (NEW, "a new dossier, named after it"),
            *((pk, f"“{title}”") for pk, title in self.dossiers.items()),
            (NONE, "no dossier for now"),
        ]
        if dossier in self.dossiers:
            self.fields["dossier"].initial = dossier

    def placing(self):
        """Return the arguments of ``runs.start_import`` that say where the document goes."""
        chosen = self.cleaned_data["dossier"]
        return {
            "dossier": chosen if chosen in self.dossiers else None,
            "dossier_title": "" if chosen == NEW else None,
            "side": self.cleaned_data["side"],
        }

    @property
    def has_provenance_errors(self):
        """Whether something in the folded part is wrong, so that it must not stay folded."""
        return any(name in self.errors for name in self._meta.fields if name != "title")

    @property
    def provenance(self):
        """The fields that stand in the folded part of the form."""
        return [self[name] for name in self._meta.fields if name != "title"]


class ManyFiles(forms.FileField):
    """Several files in one field, as https://docs.djangoproject.com/en/5.2/topics/http/file-uploads/ has it."""

    class Input(forms.ClearableFileInput):
        allow_multiple_selected = True

    def __init__(self, **kwargs):
        # A file that is empty has its own sentence, beside what came of the others.
        super().__init__(
            widget=self.Input(attrs={"accept": ",".join([*SUFFIXES, ".jsonl", ".json", ".zip"])}), **kwargs
        )

    def clean(self, data, initial=None):
        files = data if isinstance(data, list) else [data] if data else []
        if not files:
            raise forms.ValidationError("Choose at least one file.")
        if len(files) > FILES_AT_ONCE:
            raise forms.ValidationError(f"At most {FILES_AT_ONCE} files at a time; the command line takes more.")
        return files


class UploadForm(AddForm):
    files = ManyFiles(label="Files", help_text="Text, web page, PDF or Word; or .jsonl with a text a line.")
    again = forms.BooleanField(label="Bring in also what the project already has", required=False)
    field_order = ["files", "title", "dossier", "side"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["language"] = ""
        self.fields["language"].help_text = "Left empty: what the file says, or English."

    def clean_language(self):
        return self.cleaned_data["language"]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("title") and len(cleaned.get("files", [])) > 1:
            self.add_error("title", "With several files, each takes its own title; leave this empty.")
        return cleaned


class PasteForm(AddForm):
    # Not stripped: what is pasted is what is stored, but for its line ends.
    text = forms.CharField(label="Text", strip=False, widget=forms.Textarea(attrs={"rows": 12}))
    again = forms.BooleanField(label="Bring it in once more", required=False, widget=forms.HiddenInput)
    field_order = ["text", "title", "dossier", "side"]

    def clean_text(self):
        text, _ = normalise_line_ends(self.cleaned_data["text"])
        try:
            return check_text(text, name="The text")
        except ExtractError as error:
            raise forms.ValidationError(str(error)) from error


class WorkForm(AddForm):
    """A work that is cited without its text being here."""

    field_order = ["title", "dossier", "side"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["title"].required = True
        self.fields["side"].initial = "asserting"
        if self.fields["dossier"].initial is None:
            self.fields["dossier"].initial = NONE


class ExclusionForm(forms.Form):
    state = forms.ChoiceField(choices=Exclusion.State.choices)
    version = forms.IntegerField()


class ExportForm(Labelled, forms.Form):
    format = forms.ChoiceField(
        label="As",
        choices=[(name, module.LABEL) for name, module in FORMATS.items()],
        widget=forms.RadioSelect,
        initial=next(iter(FORMATS)),
    )
    history = forms.BooleanField(
        label="With every version of every annotation",
        required=False,
        help_text="Only Rejoinder JSON Lines can carry the history.",
    )
    is_safe = forms.BooleanField(
        label="Made safe for spreadsheets",
        required=False,
        initial=True,
        help_text="Of a table: a cell that Excel would run as a formula begins with an apostrophe.",
    )

    def options(self):
        """Return {option: value} of those that the chosen format takes."""
        known = FORMATS[self.cleaned_data["format"]].OPTIONS
        return {name: self.cleaned_data[name] for name in known if name in self.cleaned_data}
