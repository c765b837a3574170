"""How far the annotators of a project agree: tables, plots, and the figures as a file."""

import json
from hashlib import sha256
from types import SimpleNamespace
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import Count, Max, Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from annotate.access import get_project
from claims.models import Assignment, Change, Claim, Dossier, Layer, Link, Project
from claims.policy import may

# name of the figure: (title, what it says in a sentence)
SECTIONS = (
    (
        "claims",
        "Claims",
        "Whether the same words were marked.",
        {
            "f1_exact": ("The very same characters", "F1 of claims with exactly the same start and end."),
            "f1_overlap": (
                "Within the tolerance",
                "F1 of claims that count as one by the project’s tolerance; of a claim that one split in two, one half.",
            ),
            "shared_characters": ("Characters in common", "Of matched claims, the part that both mark."),
            "alpha_tokens": ("Word by word", "Krippendorff’s α of every word: assertion, response or neither."),
        },
    ),
    (
        "links",
        "Links",
        "Whether responses were tied to the same targets.",
        {
            "f1": ("Links in common", "F1 of links, each a response with its target."),
            "jaccard": (
                "Targets of a response",
                "Mean share of its targets that both chose; two who gave it none agree on that.",
            ),
            "kappa_cells": (
                "Every possible pair",
                "Cohen’s κ of every response with every possible target: each assertion, the whole work, another response, "
                "whoever asked, nobody in particular, none.",
            ),
        },
    ),
)
FACETS = (("percent", "Percent agreement"), ("kappa", "Cohen’s κ"), ("alpha", "Krippendorff’s α"))
TITLES = {
    "relation": "Relation",
    "relations": "Relation with the secondary one",
    "stance": "Stance (computed)",
    "strategies": "Strategies",
    "disputed": "What is disputed",
    "role": "Assertion or response",
    "kind": "Kind of claim",
    "speaker": "Speaker",
    "figures": "Figure outcome",
    "no_response": "No response found",
}
# Whose labels are counted with and without suggestions.
DISTRIBUTIONS = (
    ("kind", "Kind of claim"),
    ("scope", "What is answered"),
    ("relation", "Relation"),
    ("strategies", "Strategies"),
    ("disputed", "What is disputed"),
)
CELL = 34  # of the confusion matrix, in pixels
DOSSIERS_SHOWN = 200


def may_see(project):
    """Whether agreement may be shown: before adjudication opens it would tell annotators of each other's work."""
    return project.kind == Project.Kind.SHARED or project.adjudication_opened_at is not None


def offered_layers(project):
    """Return the layers one may choose among: those compared by default, and gold."""
    gold = Layer.objects.live().filter(project=project, kind=Layer.Kind.GOLD)
    return (Layer.objects.compared(project) | gold).order_by("name")


def chosen_layers(project, names):
    """Return the layers of these names, by default the annotators'; raise Http404 for a name that is not offered."""
    if not names:
        return Layer.objects.compared(project).order_by("name")
    offered = offered_layers(project)
    if not set(names) <= set(offered.values_list("name", flat=True)):
        raise Http404("There is no such layer.")
    return offered.filter(name__in=names)


def figures_of(project, layers):
    """Return the figures of these layers, kept until something of the project changes."""
    last = Change.objects.filter(project=project).aggregate(last=Max("pk"))["last"]
    compared = ".".join(sorted(layer.pk.hex for layer in layers))
    key = f"agreement:{project.pk}:{project.version}:{last}:{sha256(compared.encode()).hexdigest()}"
    found = cache.get(key)
    if found is None:
        # numpy, which it computes with, is loaded when somebody asks.
        from claims.measuring import measure

        found = measure(project, layers=layers)
        cache.set(key, found, 24 * 3600)
    return found


@require_safe
def agreement(request, slug):
    project = get_project(request.user, slug)
    context = {"project": project, "tab": "agreement", "is_open": may_see(project)}
    if not context["is_open"]:
        context["progress"] = progress_of(project) if may(request.user, "assign", project) else None
        return render(request, "agreement/agreement.html", context)
    layers = chosen_layers(project, request.GET.getlist("layers"))
    context["layers"], context["chosen"] = list(offered_layers(project)), list(layers)
    context["settles"] = project.kind == Project.Kind.INDEPENDENT and may(request.user, "adjudicate", project)
    context["has_layers"] = len(context["layers"]) > 1
    context["query"] = urlencode({"layers": request.GET.getlist("layers")}, doseq=True)
    if len(context["chosen"]) > 1:
        context |= shown(project, figures_of(project, layers))
    return render(request, "agreement/agreement.html", context)


@require_safe
def agreement_file(request, slug):
    project = get_project(request.user, slug)
    if not may_see(project):
        raise Http404("Agreement is shown once adjudication is open.")
    layers = chosen_layers(project, request.GET.getlist("layers"))
    data = json.dumps(figures_of(project, layers), indent=2, ensure_ascii=False)
    name = f'attachment; filename="{project.slug}-agreement.json"'
    return HttpResponse(data, content_type="application/json", headers={"Content-Disposition": name})


def progress_of(project):
    """Return how many dossiers each annotator has done, for those who give them out; nothing of what is in them."""
    rows = Assignment.objects.live().filter(dossier__project=project, dossier__deleted_at=None)
    is_open = Q(state=Assignment.State.OPEN)
    counted = rows.values("annotator__username").annotate(done=Count("pk", filter=~is_open), total=Count("pk"))
    return [SimpleNamespace(name=row["annotator__username"], **row) for row in counted.order_by("annotator__username")]


def shown(project, found):
    """Return what the template shows of the figures."""
    phrases = {
        label.key: label.phrase for labels in project.vocabulary.by_facet().values() for label in labels.values()
    }
    sections = [
        SimpleNamespace(title=title, about=about, rows=[row(*told, found[key][name]) for name, told in rows.items()])
        for key, title, about, rows in SECTIONS
    ]
    facets = dict(found["facets"])
    # Where nobody gave a secondary relation, it is the relation once more.
    if uses(facets["relations"]) == uses(facets["relation"]):
        del facets["relations"]
    facets = {**facets, "figures": found["figures"], "no_response": found["no_response"]}
    return {
        "found": found,
        "sections": sections,
        "facets": [facet(name, part, phrases) for name, part in facets.items()],
        "fields": [facet(name, part, phrases) for name, part in found["claim_fields"].items()],
        "matrix": matrix(found["facets"]["relation"]["confusion"], phrases),
        "dossiers": dossiers_of(project, found["by_dossier"]),
        "annotators": [{"name": name, **counts} for name, counts in found["annotators"].items()],
        "pairs": found["pairs"] if len(found["pairs"]) > 1 else [],
        "parts": parts_of(found.get("parts"), phrases),
    }


def uses(facet):
    return sum(figure["n"] for figure in facet["labels"].values())


def row(title, about, figure):
    return SimpleNamespace(title=title, about=about, figure=figure, plot=plot(figure))


def plot(figure):
    """Return where the dot and the line of an interval stand on a scale from 0 to 1, 100 wide."""
    if figure["value"] is None:
        return None

    def at(value):
        return round(100 * min(1, max(0, value)), 1)

    low, high = figure["interval"] or (figure["value"], figure["value"])
    return SimpleNamespace(at=at(figure["value"]), low=at(low), high=at(high))


def facet(name, part, phrases):
    labels = [
        SimpleNamespace(title=phrases.get(key, key), figure=figure, plot=plot(figure))
        for key, figure in sorted(part["labels"].items(), key=lambda item: -item[1]["n"])
    ]
    rows = [row(title, "", part[key]) for key, title in FACETS]
    title, nothing = TITLES.get(name, name), "" if part["percent"]["n"] else part["percent"]["why"]
    return SimpleNamespace(title=title, rows=rows, labels=labels, is_masi=part["distance"] == "masi", nothing=nothing)


def matrix(confusion, phrases):
    """Return the squares of the confusion matrix, each darker the larger its share of its row."""
    labels, rows = confusion["labels"], confusion["rows"]
    if not labels:
        return None
    cells = []
    for at, counts in enumerate(rows):
        total = sum(counts) or 1
        for across, count in enumerate(counts):
            share = count / total
            cells.append(
                SimpleNamespace(
                    x=across * CELL,
                    y=at * CELL,
                    middle_x=across * CELL + CELL / 2,
                    middle_y=at * CELL + CELL / 2 + 5,
                    count=count,
                    opacity=round(0.08 + 0.82 * share, 2) if count else 0,
                    is_dark=share > 0.45,
                    is_diagonal=at == across,
                    title=f"{phrases.get(labels[at], labels[at])} / {phrases.get(labels[across], labels[across])}",
                )
            )
    names = [
        SimpleNamespace(key=key, phrase=phrases.get(key, key), at=number * CELL + CELL / 2 + 5)
        for number, key in enumerate(labels)
    ]
    return SimpleNamespace(cells=cells, names=names, size=len(labels) * CELL, cell=CELL)


def dossiers_of(project, by_dossier):
    """Return the dossiers with the agreement of their links, the least agreed first."""
    titles = dict(Dossier.objects.filter(pk__in=list(by_dossier)).values_list("pk", "title"))
    rows = [
        SimpleNamespace(title=title, pk=pk, **said) for pk, title in titles.items() if (said := by_dossier.get(str(pk)))
    ]
    rows.sort(key=lambda one: (one.links is None, one.links or 0, one.title))
    known = [one for one in rows if one.links is not None]
    step = 480 / max(1, len(known))
    dots = [
        SimpleNamespace(
            x=round(40 + step * (number + 0.5), 1), y=round(110 - 100 * one.links, 1), title=one.title, value=one.links
        )
        for number, one in enumerate(known)
    ]
    return SimpleNamespace(rows=rows[:DOSSIERS_SHOWN], count=len(rows), dots=dots)


def parts_of(parts, phrases):
    """Return what the control part and the rest say, side by side; None where there is no control part."""
    if not parts:
        return None
    both = parts["control"], parts["suggested"]
    rows = [
        SimpleNamespace(title=title, figures=[pick(part, *way) for part in both])
        for title, way in (
            ("Claims within the tolerance, F1", ("claims", "f1_overlap")),
            ("Links in common, F1", ("links", "f1")),
            ("Relation, Krippendorff’s α", ("facets", "relation", "alpha")),
        )
    ]
    made = [
        SimpleNamespace(title=title, means=[mean_of(part["annotators"], name) for part in both])
        for title, name in (
            ("Claims in a reading of a dossier", "claims"),
            ("Links in a reading of a dossier", "links"),
        )
    ]
    phrases = {**phrases, **dict(Link.Scope.choices), **dict(Claim.Kind.choices)}
    labels = [shares_of(name, title, both, phrases) for name, title in DISTRIBUTIONS]
    control, suggested = (part["dossiers"] for part in both)
    return SimpleNamespace(
        rows=rows, made=made, labels=list(filter(None, labels)), control=control, suggested=suggested
    )


def pick(found, *way):
    for name in way:
        found = found[name]
    return found


def mean_of(annotators, name):
    readings = sum(counts["dossiers"] for counts in annotators.values())
    return sum(counts[name] for counts in annotators.values()) / readings if readings else None


def shares_of(name, title, parts, phrases):
    """Return how often each label of a facet was chosen in either part; None where none was."""
    counts = [{key: n for key, n in part["labels"].get(name, {}).items() if key} for part in parts]
    totals = [sum(part.values()) for part in counts]
    keys = sorted({key for part in counts for key in part}, key=lambda key: -sum(part.get(key, 0) for part in counts))
    rows = [
        SimpleNamespace(
            title=phrases.get(key, key),
            shares=[
                (round(100 * part.get(key, 0) / total) if total else None, part.get(key, 0))
                for part, total in zip(counts, totals, strict=True)
            ],
        )
        for key in keys
    ]
    return SimpleNamespace(title=title, rows=rows) if rows else None


urlpatterns = [
    path("projects/<slug:slug>/agreement/", agreement, name="agreement"),
    path("projects/<slug:slug>/agreement/file/", agreement_file, name="agreement_file"),
]
