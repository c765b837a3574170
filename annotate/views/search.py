"""One search over everything a person may read."""

from types import SimpleNamespace
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from annotate.htmx import render_part
from claims.models import Actor, Document, Project, Vocabulary
from claims.models.documents import refuse_unstorable
from claims.search import KINDS, STATUSES, Search, pieces

A_PAGE = 20
AT_FIRST = 5  # of each kind, where all kinds are shown
TITLES = {"claim": "Claims", "link": "Links", "document": "Documents", "citation": "Citations"}
LABEL_FACETS = {
    "relation": "Relation",
    "strategy": "Strategy",
    "disputed": "What is disputed",
    "figure_outcome": "Figure outcome",
    "verification": "Verification",
    "claim_kind": "Kind of claim",
    "stance_of_citation": "Citation",
}


class SearchForm(forms.Form):
    """What may be asked for; projects are the person's own."""

    q = forms.CharField(label="Words", required=False, max_length=300, strip=True)
    project = forms.ModelChoiceField(Project.objects.none(), required=False, to_field_name="slug", empty_label="all")
    kind = forms.ChoiceField(choices=[("", "everything"), *TITLES.items()], required=False, label="Look in")
    speaker = forms.CharField(required=False, max_length=200, strip=True, label="Who says it")
    side = forms.ChoiceField(
        choices=[("", "both"), ("asserting", "asserting"), ("responding", "responding")], required=False
    )
    label = forms.ChoiceField(required=False)
    status = forms.ChoiceField(choices=[("", "any"), *STATUSES.items()], required=False)
    since = forms.DateField(required=False, label="Published from", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="Published to", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data, *, user):
        super().__init__(data)
        projects = Project.objects.visible_to(user).select_related("vocabulary").order_by("title")
        self.fields["project"].queryset = projects
        self.fields["label"].choices = [("", "any"), *label_choices({project.vocabulary_id for project in projects})]

    def clean_q(self):
        try:
            refuse_unstorable(self.cleaned_data["q"])
        except ValidationError as error:
            raise ValidationError("Search for plain text.") from error
        return self.cleaned_data["q"]

    def clean(self):
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", "The time ends before it begins.")


def label_choices(vocabularies):
    """Return [(facet, [(key, phrase), …]), …] of the labels that the person's projects know."""
    groups = {}
    for vocabulary in Vocabulary.objects.filter(pk__in=vocabularies).order_by("key", "number"):
        for facet, labels in vocabulary.by_facet().items():
            for label in labels.values():
                groups.setdefault(facet, {}).setdefault(label.key, label.phrase)
    return [(LABEL_FACETS[facet], list(groups[facet].items())) for facet in LABEL_FACETS if facet in groups]


@require_safe
def search(request):
    """The page of results, or for htmx the results alone."""
    form = SearchForm(request.GET, user=request.user)
    valid = form.is_valid()
    said = form.cleaned_data if valid else {}
    asked = Search(request.user, said.get("q", ""), **{name: said.get(name) for name in CONDITIONS if name in said})
    groups = []
    if valid and not asked.is_empty:
        kind, page = said["kind"], page_number(request.GET.get("page"))
        groups = [group_of(request, asked, one, page if kind else 1, bool(kind)) for one in KINDS if kind in ("", one)]
    project = said.get("project")
    context = {
        "form": form,
        "groups": groups,
        "is_empty": asked.is_empty,
        "found": any(group.rows for group in groups),
        "has_filters": any(said.get(name) for name in CONDITIONS),
        "speakers": speakers(request.user, project),
        "query": said.get("q", ""),
    }
    return render_part(request, "search/search.html", "results", context, status=200 if valid else 422)


CONDITIONS = ("project", "speaker", "side", "label", "status", "since", "until")


def speakers(user, project):
    actors = Actor.objects.visible_to(user)
    actors = actors.filter(project=project) if project else actors
    return sorted(set(actors.values_list("name", flat=True)[:500]))


def page_number(value):
    return int(value) if value and value.isdecimal() and 0 < int(value) < 500 else 1


def group_of(request, asked, kind, page, is_alone):
    """Return one kind's results: its rows with their words in context, and the addresses of more."""
    size = A_PAGE if is_alone else AT_FIRST
    rows, more = asked.found(kind, first=(page - 1) * size, size=size)
    query = {name: value for name, value in request.GET.items() if name != "page" and value}
    return SimpleNamespace(
        kind=kind,
        title=TITLES[kind],
        rows=SHOWN[kind](rows, asked),
        number=page,
        is_alone=is_alone,
        more=more and not is_alone and "?" + urlencode({**query, "kind": kind}),
        next="?" + urlencode({**query, "page": page + 1}) if more and is_alone else "",
        previous="?" + urlencode({**query, "page": page - 1}) if page > 1 else "",
    )


def shown(row, url, where, found, **more):
    return SimpleNamespace(row=row, url=url, where=where, pieces=found, **more)


def in_workspace(row, show, dossier):
    query = urlencode({"show": show, "on": row.pk, "layer": row.layer_id})
    return f"{reverse('workspace', args=[dossier])}?{query}"


def layer_name(layer):
    """Return whose reading it is, where a project has several."""
    return "" if layer.kind == "team" else str(layer)


def shown_claims(rows, asked):
    return [
        shown(
            row,
            in_workspace(row, "claim", row.dossier_id),
            [row.dossier.title, layer_name(row.layer)],
            pieces(row.quote, asked.asked, limit=1, width=160),
            speaker=row.speaker,
            wording=row.wording,
        )
        for row in rows
    ]


def shown_links(rows, asked):
    found = []
    for row in rows:
        labels = row.layer.project.vocabulary.by_facet()["relation"]
        label = labels.get(row.relation)
        target = pieces(row.target_claim.quote, asked.asked, limit=1, width=110) if row.target_claim_id else []
        found.append(
            shown(
                row,
                in_workspace(row, "link", row.dossier_id),
                [row.dossier.title, layer_name(row.layer)],
                pieces(row.response.quote, asked.asked, limit=1, width=110),
                relation=label.phrase if label else row.relation or "not labelled yet",
                target=target,
                note=pieces(row.note, asked.asked, limit=1) if row.note else [],
            )
        )
    return found


def shown_documents(rows, asked):
    texts = dict(Document.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "text"))
    return [
        shown(
            row,
            reverse("document_detail", args=[row.pk]),
            [row.project.title, row.get_kind_display(), row.publisher and str(row.publisher)],
            pieces(texts[row.pk], asked.asked) if texts[row.pk] else [],
        )
        for row in rows
    ]


def shown_citations(rows, asked):
    found = []
    for row in rows:
        subject = row.claim or (row.link and row.link.response) or (row.no_response and row.no_response.assertion)
        url = in_workspace(subject, "claim", subject.dossier_id) if subject else row.url
        words = row.quote or row.note or row.title
        where = [row.document.title if row.document_id else row.title or row.url, layer_name(row.layer)]
        found.append(shown(row, url, where, pieces(words, asked.asked, limit=1), of=subject.name if subject else ""))
    return found


SHOWN = {"claim": shown_claims, "link": shown_links, "document": shown_documents, "citation": shown_citations}

urlpatterns = [path("search/", search, name="search")]
