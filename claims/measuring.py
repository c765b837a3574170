"""Agreement of a project's layers: rows to the plain readings that claims/agreement.py compares."""

from collections import defaultdict

from django.db.models import Q

from claims.agreement import SAMPLES, SEED, Marked, Reading, Table, Tie, Unit
from claims.matching import Span
from claims.models import (
    Assignment,
    Claim,
    Document,
    DossierDocument,
    Exclusion,
    FigureComparison,
    Layer,
    Link,
    NoResponse,
    Stretch,
)

# Dossiers loaded at once: their texts are what takes memory.
AT_ONCE = 50


def measure(project, *, layers=None, names=None, samples=SAMPLES, seed=SEED, progress=None):
    """Return every agreement figure of a project as JSON-able data; ``progress(done, total)`` counts dossiers.

    ``layers`` is a QuerySet of the layers compared, by default ``Layer.objects.compared(project)``; ``names`` are what they
    go by, {uuid: name}, where that is not their own name. Where some dossiers
    were annotated without suggestions, the figures of the two parts stand beside the whole.
    """
    layers = list(layers if layers is not None else Layer.objects.compared(project))
    names = {layer.pk: (names or {}).get(layer.pk, layer.name) for layer in layers}
    layers.sort(key=lambda layer: names[layer.pk])
    dossiers = dict(project.dossiers.live().order_by("created_at", "uuid").values_list("pk", "is_control"))
    present = worked_in(project, layers)
    chosen = [pk for pk in dossiers if present.get(pk)]
    stances = {key: label.stance for key, label in project.vocabulary.by_facet()["relation"].items()}
    parts = {"control": [pk for pk in chosen if dossiers[pk]], "suggested": [pk for pk in chosen if not dossiers[pk]]}
    has_parts = all(parts.values())
    total = len(chosen) * (2 if has_parts else 1)

    def table(keys, done):
        told = None if progress is None else lambda count: progress(done + count, total)
        units = units_of(keys, names=names, present=present, stances=stances)
        found = Table(units, tolerance=project.claim_match, progress=told)
        return found.as_json(samples=samples, seed=seed)

    found = {"project": project.slug, "layers": [names[layer.pk] for layer in layers], **table(chosen, 0)}
    if has_parts:
        found["parts"] = {
            "control": table(parts["control"], len(chosen)),
            "suggested": table(parts["suggested"], len(chosen) + len(parts["control"])),
        }
    return found


def worked_in(project, layers):
    """Return {dossier: uuids of the layers that count there}.

    A layer counts where it holds an annotation, or where its annotator finished, be it with nothing found; elsewhere it
    is missing, which is not the same as an empty reading.
    """
    pks = [layer.pk for layer in layers]
    found = defaultdict(set)
    for model, dossier in (
        (Claim, "dossier"),
        (Link, "dossier"),
        (NoResponse, "assertion__dossier"),
        (FigureComparison, "link__dossier"),
        (FigureComparison, "claim__dossier"),
    ):
        rows = model.objects.live().filter(layer__in=pks, **{f"{dossier}__deleted_at": None})
        for at, layer in rows.values_list(dossier, "layer").distinct():
            found[at].add(layer)
    annotators = {layer.annotator_id: layer.pk for layer in layers if layer.annotator_id}
    finished = Assignment.objects.live().filter(dossier__project=project, annotator__in=list(annotators))
    for at, annotator in finished.exclude(state=Assignment.State.OPEN).values_list("dossier", "annotator"):
        found[at].add(annotators[annotator])
    return found


def units_of(dossiers, *, names, present, stances):
    """Yield the units of these dossiers, in order; a few queries for every AT_ONCE of them."""
    for first in range(0, len(dossiers), AT_ONCE):
        part = dossiers[first : first + AT_ONCE]
        rows = Rows(part, list(names), stances)
        for dossier in part:
            yield Unit(
                key=str(dossier),
                readings={names[layer]: rows.reading(dossier, layer) for layer in present[dossier] if layer in names},
                texts=rows.texts[dossier],
                left_out=rows.left_out,
            )


class Rows:
    """What some dossiers hold, by dossier and layer."""

    def __init__(self, dossiers, layers, stances):
        self.stances = stances
        self.claims, self.links = defaultdict(list), defaultdict(list)
        self.none_found, self.checks = defaultdict(set), defaultdict(dict)
        self.figures = defaultdict(lambda: defaultdict(set))
        self.texts, self.left_out = defaultdict(dict), defaultdict(list)
        own = Q(layer__in=layers)
        places = DossierDocument.objects.filter(dossier__in=dossiers, document__deleted_at=None)
        texts = dict(
            Document.objects.filter(pk__in=places.values("document"), text__isnull=False).values_list("pk", "text")
        )
        for dossier, document in places.values_list("dossier", "document"):
            if document in texts:
                self.texts[dossier][str(document)] = texts[document]
        left_out = Exclusion.objects.live().filter(document__in=list(texts), state=Exclusion.State.EXCLUDED)
        for document, start, end in left_out.values_list("document", "start", "end"):
            self.left_out[str(document)].append((start, end))
        compared = FigureComparison.objects.live().filter(own)
        # One figure may be held against several of the response's; its outcome is then all of theirs.
        of_links = compared.filter(link__dossier__in=dossiers, is_dismissed=False)
        for link, quantity, outcome in of_links.values_list("link", "quantity", "outcome"):
            self.figures[link][quantity].add(outcome)
        of_claims = compared.filter(claim__dossier__in=dossiers)
        for claim, *figure, outcome, is_dismissed in of_claims.values_list(
            "claim", "check_kind", "quantity", "outcome", "is_dismissed"
        ):
            self.checks[claim][tuple(figure)] = "dismissed" if is_dismissed else outcome
        searched = NoResponse.objects.live().filter(own, assertion__dossier__in=dossiers)
        for dossier, layer, assertion in searched.values_list("assertion__dossier", "layer", "assertion"):
            self.none_found[dossier, layer].add(str(assertion))
        claims = Claim.objects.live().filter(own, dossier__in=dossiers)
        parts = defaultdict(list)
        stretches = Stretch.objects.filter(claim__in=claims.values("pk")).order_by("claim", "position")
        for claim, start, end in stretches.values_list("claim", "start", "end"):
            parts[claim].append((start, end))
        # Plain values: a row object for each of a hundred thousand claims would cost more than comparing them.
        columns = ("pk", "dossier", "layer", "document", "start", "end", "role", "kind", "speaker__name")
        rows = claims.order_by("start", "end", "number").values_list(*columns)
        for claim, dossier, layer, document, start, end, role, kind, speaker in rows.iterator():
            span = Span(str(claim), str(document), start, end, tuple(parts.get(claim, ())), role)
            fields = {"role": role, "kind": kind, "speaker": speaker or "narrator"}
            self.claims[dossier, layer].append(Marked(span, fields, self.checks.get(claim, {})))
        # What was looked at and is no pair is kept as a negative, and names no target.
        links = Link.objects.live().filter(own, dossier__in=dossiers).exclude(relation="unrelated")
        for link in links.order_by("created_at", "uuid").iterator():
            self.links[link.dossier_id, link.layer_id].append(self.tie(link))

    def tie(self, link):
        target = link.target_claim_id or link.target_response_id or link.target_work_id
        relations = frozenset(filter(None, (link.relation, link.secondary_relation)))
        return Tie(
            response=str(link.response_id),
            scope=link.scope,
            target=target and str(target),
            fields={"relation": link.relation, "stance": self.stances.get(link.relation, "")},
            sets={
                "relations": relations,
                "strategies": frozenset(link.strategies),
                "disputed": frozenset(link.disputed),
            },
            figures={figure: " and ".join(sorted(said)) for figure, said in self.figures.get(link.pk, {}).items()},
        )

    def reading(self, dossier, layer):
        at = (dossier, layer)
        return Reading(self.claims[at], self.links[at], frozenset(self.none_found[at]))
