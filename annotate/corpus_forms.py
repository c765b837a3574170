"""What a person may send about a whole corpus: its file, and what its types become."""

from django import forms

from annotate import bringing
from annotate.forms import Labelled
from claims import reviewing
from claims.formats import FORMATS

FORMATS_READ = [(name, module.LABEL) for name, module in FORMATS.items() if module.READABLE]
SUFFIXES_READ = (".jsonl", ".json", ".jsonld", ".zip", ".csv", ".tsv", ".xmi")


class CorpusForm(Labelled, forms.Form):
    """A corpus that somebody annotated elsewhere, to be looked at."""

    file = forms.FileField(
        label="File",
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(SUFFIXES_READ)}),
        help_text="A folder of brat or INCEpTION goes in as one .zip.",
    )
    format = forms.ChoiceField(
        label="Written as",
        choices=[("", "whatever its beginning shows"), *FORMATS_READ],
        required=False,
    )

    def __init__(self, *args, project=None, dossier="", **kwargs):
        # As the other ways of adding are made; a corpus brings its own dossiers.
        super().__init__(*args, **kwargs)


class MeaningForm(Labelled, forms.Form):
    """Where a corpus goes, and what each of its types becomes; what is left alone becomes what is proposed."""

    into = forms.ChoiceField(label="It goes into", required=False)
    title = forms.CharField(
        label="Name of the new project", required=False, max_length=200, help_text="Left empty: the file's name."
    )
    language = forms.CharField(label="Language of its texts", initial="en", max_length=35, help_text="en, km, pt-BR")

    def __init__(self, *args, look, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.look, self.rows = look, look.outcome.get("asked", [])
        layers = bringing.layers_for(user, look.project)
        here = [(str(layer.pk), f"“{layer}”, a reading of this project") for layer in layers]
        is_review = reviewing.reads(look.outcome["format"])
        self.fields["into"].choices = here if is_review else [("", "a project of its own"), *here]
        for name in ("title", "language") if is_review else ():
            del self.fields[name]
        self.initial["into"] = look.parameters["into"]
        offered = {group: bringing.choices(group, look.project) for group in ("column", "type", "tie", "rating")}
        for number, row in enumerate(self.rows):
            self.fields[f"becomes-{number}"] = forms.ChoiceField(
                label=f"What {row.get('label') or row['name'] or 'no rating'} becomes",
                choices=[("", f"as proposed: {row['usual']}"), *offered[row["group"]]],
                required=False,
                initial=look.parameters["wishes"].get(row["name"], ""),
            )

    @property
    def asked(self):
        """Each type with its field."""
        return [(row, self[f"becomes-{number}"]) for number, row in enumerate(self.rows)]

    def wishes(self):
        """Return {type: what it becomes} of those a person decided on."""
        said = ((row["name"], self.cleaned_data.get(f"becomes-{number}")) for number, row in enumerate(self.rows))
        return {name: wish for name, wish in said if wish}
