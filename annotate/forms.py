"""What a person may send: each form validates and cleans, and does nothing else."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UserCreationForm
from django.utils.text import slugify

from annotate.keys import ACTIONS
from claims.models import Dossier, Invitation, Project, Role, Side, User
from claims.projects import check_limits, names_of_vocabularies

# Keys without a character of their own that a person may still choose.
NAMED_KEYS = {"Enter", "Backspace", "Delete", "Escape", "Tab", "Space", "Home", "End"} | {
    f"F{number}" for number in range(1, 13)
}
MODIFIERS = {"Mod", "Alt", "Shift"}


class Labelled:
    """Leaves a label as it is written, without the colon Django puts after it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class SignInForm(Labelled, AuthenticationForm):
    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "No account here has that name with that password; both tell small letters from capitals.",
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Sign-in name"


class JoinForm(Labelled, UserCreationForm):
    """A new account, made by whoever holds an invitation."""

    class Meta:
        model = User
        fields = ["username", "name"]
        labels = {"username": "Sign-in name", "name": "Your name, as colleagues read it"}
        help_texts = {"username": "Letters, digits and @ . + - _"}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = "At least eight characters; not your name, not a common word."
        self.fields["password2"].label = "The same password again"
        self.fields["password2"].help_text = ""


class NameForm(Labelled, forms.ModelForm):
    class Meta:
        model = User
        fields = ["name"]
        labels = {"name": "Your name, as colleagues read it"}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class TokenForm(Labelled, forms.Form):
    name = forms.CharField(
        label="What will use it", max_length=80, widget=forms.TextInput(attrs={"placeholder": "nightly export"})
    )


class KeysForm(forms.Form):
    """One key an action. Two actions may share a key only where they share one by default, being never lit together."""

    def __init__(self, *args, keys, **kwargs):
        super().__init__(*args, **kwargs)
        for action, (default, deed) in ACTIONS.items():
            widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "size": 9})
            self.fields[action] = forms.CharField(
                label=deed[:1].upper() + deed[1:],
                initial=keys[action],
                max_length=20,
                required=False,
                widget=widget,
                help_text=default,
            )

    def clean(self):
        chosen = {}
        for action, (default, _) in ACTIONS.items():
            key = self.cleaned_data.get(action) or default
            if not is_key(key):
                self.add_error(action, f"“{key}” is no key: write one character, or a name such as Enter or Mod+z.")
            elif key.isdigit():
                self.add_error(action, "Digits choose from the list that is lit; take a letter.")
            chosen[action] = key
        actions = list(ACTIONS)
        for index, action in enumerate(actions):
            for other in actions[:index]:
                if chosen[action].lower() == chosen[other].lower() and ACTIONS[action][0] != ACTIONS[other][0]:
                    self.add_error(action, f"“{chosen[action]}” is taken: {ACTIONS[other][1]}.")
        if self.errors:
            self.add_error(None, "Nothing is saved yet: a key below cannot be used.")
        return {action: key for action, key in chosen.items() if key != ACTIONS[action][0]}


def is_key(key):
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return set(modifiers) <= MODIFIERS and (len(last) == 1 and last.isprintable() or last in NAMED_KEYS)


class ProjectForm(Labelled, forms.ModelForm):
    """A new project; its address comes from its title where none is given."""

    slug = forms.SlugField(
        label="Address",
        max_length=80,
        required=False,
        help_text="Small letters, digits and hyphens; left empty, it is made from the title.",
    )

    vocabulary = forms.ChoiceField(
        label="Labels",
        required=False,
        help_text="What kinds of response there are. Labels can be added and retired later.",
    )

    class Meta:
        model = Project
        fields = ["title", "description", "kind", "slug"]
        labels = {"kind": "Way of working"}
        help_texts = {
            "description": "A sentence for the people who join.",
            "kind": "This cannot be changed once people have begun.",
        }
        widgets = {
            "title": forms.TextInput(attrs={"placeholder": "Trafficking in persons, 2021–2022"}),
            "description": forms.Textarea(attrs={"rows": 2}),
            "kind": forms.RadioSelect,
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["vocabulary"].choices = names_of_vocabularies()

    def clean_vocabulary(self):
        return self.cleaned_data["vocabulary"] or "default"

    def clean(self):
        cleaned = super().clean()
        title = cleaned.get("title")
        if title and not cleaned.get("slug") and "slug" not in self.errors:
            stem = slugify(title)[:70].strip("-")
            if not stem:
                self.add_error("slug", "The title has no Latin letters to make an address from; write one here.")
                return cleaned
            cleaned["slug"] = self.instance.slug = free_slug(stem)
        return cleaned


def free_slug(stem):
    """Return ``stem``, or ``stem-2``, ``stem-3`` … where that address is taken."""
    taken = set(Project.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    number, slug = 1, stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


class ProjectSettingsForm(Labelled, forms.ModelForm):
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Project
        fields = [
            "title",
            "description",
            "banner",
            "control_share",
            "annotators_each",
            "lease_hours",
            "claim_match",
        ]
        labels = {
            "control_share": "Control part, in per cent of the dossiers",
            "claim_match": "Two annotators’ claims count as one when they share",
        }
        help_texts = {
            "annotators_each": "How many people annotate each dossier, where annotators work alone.",
            "lease_hours": "A dossier that was dealt or taken is free for others when nobody worked on it for so long.",
            "claim_match": "For adjudication and agreement.",
            "control_share": "So many are drawn by lot and annotated without suggestions, to see what suggesting does. "
            "A dossier that somebody has opened stays as it is.",
            "description": "A sentence for the people who join.",
            "banner": "A line at the top of every page of the project, such as “Embargoed until Friday”.",
        }
        widgets = {
            "title": forms.TextInput,
            "description": forms.Textarea(attrs={"rows": 2}),
            "banner": forms.TextInput,
            "control_share": forms.NumberInput(attrs={"min": 0, "max": 100, "step": 1}),
            "annotators_each": forms.NumberInput(attrs={"min": 1, "max": 20, "step": 1}),
            "lease_hours": forms.NumberInput(attrs={"min": 1, "max": 2000, "step": 1}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["control_share"].required = False
        for name in ("annotators_each", "lease_hours", "claim_match"):
            self.fields[name].required = False

    def clean(self):
        cleaned = super().clean()
        try:
            check_limits(cleaned)
        except forms.ValidationError as error:
            self.add_error(None, error)
        for name in ("annotators_each", "lease_hours", "claim_match"):
            # A field that a program left out stays as it is.
            if cleaned.get(name) in (None, "") and name not in self.errors:
                cleaned[name] = self.initial[name]
        return cleaned

    def clean_control_share(self):
        share = self.cleaned_data["control_share"]
        return self.initial["control_share"] if share is None else share


class GuidelineForm(Labelled, forms.Form):
    """The next version of the guidelines; ``seen`` is the number of the version it was made from."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    text = forms.CharField(
        label="Text, in Markdown",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "tall", "rows": 24, "spellcheck": "true"}),
    )
    summary = forms.CharField(
        label="What changed",
        required=False,
        max_length=300,
        help_text="One line for those who have read the version before.",
        widget=forms.TextInput(attrs={"placeholder": "“deflects” now covers “please ask my office”"}),
    )


class DossierForm(Labelled, forms.ModelForm):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Dossier
        fields = ["title"]
        widgets = {"title": forms.TextInput(attrs={"placeholder": "TIP report 2022 and the government’s response"})}


SIDES = [
    (Side.ASSERTING, "asserts"),
    (Side.RESPONDING, "responds"),
    (Side.BOTH, "holds both voices"),
    (Side.EVIDENCE, "evidence only"),
]


class PlaceForm(forms.Form):
    """One document of a dossier and its side; an empty side leaves the document out."""

    document = forms.UUIDField(widget=forms.HiddenInput)
    side = forms.ChoiceField(choices=[("", "not in this dossier"), *SIDES], required=False)


PlaceFormSet = forms.formset_factory(PlaceForm, extra=0, can_order=True, max_num=200)


class AddPlaceForm(forms.Form):
    document = forms.UUIDField()
    side = forms.ChoiceField(choices=SIDES)
    version = forms.IntegerField()


class InvitationForm(Labelled, forms.ModelForm):
    class Meta:
        model = Invitation
        fields = ["role", "note"]
        labels = {"note": "For whom"}
        help_texts = {"note": "Only to tell invitations apart; the link itself is what lets somebody in."}
        widgets = {"note": forms.TextInput(attrs={"placeholder": "Sokha, politics desk"})}


class KindForm(forms.Form):
    """Another way of working, while nothing is annotated."""

    kind = forms.ChoiceField(choices=Project.Kind.choices, widget=forms.RadioSelect, label="Way of working")
    version = forms.IntegerField(widget=forms.HiddenInput)


class AssignForm(forms.Form):
    """Dossiers given to one person by hand."""

    annotator = forms.UUIDField()
    dossier = forms.UUIDField()


class FinishForm(forms.Form):
    """One dossier done, or looked at with nothing there."""

    state = forms.ChoiceField(choices=[("finished", "finished"), ("nothing", "looked, nothing here")])
    note = forms.CharField(required=False, max_length=1000)


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)
