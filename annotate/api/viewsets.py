"""The REST door to the record: the same deeds as the pages, for programs.

Reading starts from what the caller may see, so that another's layer is 404 as on the pages. A write says the version
it saw (``If-Match``), a POST may carry an ``Idempotency-Key``; both ends of a pair come in one request.
"""

import re

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as Refused
from django.db.models import Q
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from annotate import access, requests
from annotate.access import require, working_layer
from annotate.board import Board
from claims import annotating
from claims.errors import StaleWrite
from claims.models import (
    Act,
    Actor,
    Assessment,
    Citation,
    Claim,
    Document,
    Dossier,
    Facet,
    FigureComparison,
    Layer,
    Link,
    NoResponse,
    Origin,
    Suggestion,
)
from claims.models.evidence import SUBJECTS
from claims.models.links import TARGETS
from claims.offsets import normalise_line_ends
from claims.policy import may

from . import serializers
from .errors import VersionWanted
from .filters import AllowedFilters, by_choice, by_day, by_flag, by_id, by_label, by_text
from .parsers import StrictJSON

VERSION = re.compile(r'(?:W/)?"(\d{1,9})"')


class OnlyJSON(BaseContentNegotiation):
    """Answers in JSON whatever is asked for: there is nothing else, and a browser may look too."""

    def select_parser(self, request, parsers):
        kind = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


def seen(request):
    """Return the version in ``If-Match``. The gzip middleware makes the tags it passes on weak, so W/ is taken too."""
    header = request.headers.get("If-Match")
    if header is None:
        raise VersionWanted
    match = VERSION.fullmatch(header.strip())
    if match is None:
        raise exceptions.ParseError('If-Match holds the one version you saw, such as "3".')
    return int(match[1])


def etag(version):
    return {"ETag": f'"{version}"'}


class RecordViewSet(GenericViewSet):
    """Lists and reads the rows that the caller may see."""

    parser_classes = [StrictJSON]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = OnlyJSON
    metadata_class = None
    filter_backends = [AllowedFilters]
    lookup_url_kwarg = "pk"
    filters = {}
    orderings = ("created_at",)
    ordering = ("created_at", "uuid")
    # From (user, pk) to a row they may see, or Http404.
    get = None

    def list(self, request):
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([self.serializer_class.represent(row) for row in page])

    def retrieve(self, request, pk):
        row = self.get_object()
        return Response(self.represent(row), headers=etag(row.version) if hasattr(row, "version") else None)

    def get_queryset(self):
        return self.queryset.visible_to(self.request.user)

    def get_object(self):
        return type(self).get(self.request.user, self.kwargs["pk"])

    def represent(self, row):
        return self.get_serializer_class().represent(row)


class Writing:
    """Creating, changing and deleting, each in one act with its history.

    A viewset says how: ``add(data)`` creates and returns a row, ``alter(act, row, seen, values)`` changes one,
    ``remove(act, row, seen)`` deletes one.
    """

    noun = "row"

    def create(self, request):
        return self.answer_once(self.add_and_describe)

    def update(self, request, pk, *, partial=False):
        row, version = self.get_for_writing()
        values = self.read(row, partial=partial)
        with self.act_on(row, f"change {self.name_of(row)}") as act:
            self.alter(act, row, version, values)
        return Response(self.represent(row), headers=etag(row.version))

    def partial_update(self, request, pk):
        return self.update(request, pk, partial=True)

    def destroy(self, request, pk):
        row, version = self.get_for_writing()
        with self.act_on(row, f"delete {self.name_of(row)}") as act:
            self.remove(act, row, version)
        return Response(status=204)

    def read(self, row=None, *, partial=False):
        """Return what the request says, its ids turned into rows."""
        if not isinstance(self.request.data, dict):
            raise exceptions.ParseError("Send a JSON object.")
        serializer = self.get_serializer(row, data=self.request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def answer_once(self, deed):
        """Answer a POST with what ``deed(data)`` returns, (version, body), or with what was said the first time.

        The request is read before the transaction, which on SQLite shuts other writers out. That it came before shows
        when its id is stored, or when it is refused because what it named has changed since.
        """
        said = self.request.data
        try:
            data = self.read()
        except (exceptions.ValidationError, Refused, Http404):
            outcome = requests.replay(self.request, body=said)
            if outcome is None:
                raise
        else:
            outcome = requests.store(self.request, lambda: self.as_outcome(*deed({**data})), body=said)
        # Kept as text, so that the second answer is the first to the byte: PostgreSQL sorts the names in its JSON.
        headers = etag(outcome["version"]) if outcome["version"] is not None else None
        return HttpResponse(outcome["body"], status=201, content_type="application/json", headers=headers)

    def as_outcome(self, version, body):
        return {"version": version, "body": JSONRenderer().render(body).decode()}

    def add_and_describe(self, data):
        row = self.add(data)
        return row.version, self.represent(row)

    def get_for_writing(self):
        """Return the row and the version its writer saw: 404, 403, 428 and 412 come in this order."""
        row = self.get_object()
        self.require_may_write(row)
        version = seen(self.request)
        if version != row.version:
            raise StaleWrite(row=row, attempted={})
        return row, version

    def name_of(self, row):
        return f"{self.noun} {row}"

    def remove(self, act, row, version):
        act.delete(row, seen=version)

    def free_uuid(self, data):
        """Take the client's uuid out of ``data`` and return it as an argument, refused where it is taken."""
        if "uuid" not in data:
            return {}
        refuse_taken(self.queryset.model, data["uuid"])
        return {"uuid": data.pop("uuid")}


class Deed(Writing, RecordViewSet):
    """One deed, a POST that is routed by ``only_post``; nothing is listed."""

    http_method_names = ["post"]
    serializer_class = serializers.NothingSerializer
    orderings = ()


def refuse_taken(model, uuid):
    if model._base_manager.filter(pk=uuid).exists():
        raise Refused({"uuid": "This uuid is taken; make a new one."})


def layer_to_write(user, project, layer):
    """Return the named layer, or the one this person works in; raises PermissionDenied where they may not write."""
    if layer is None:
        layer = working_layer(user, project)
        if layer is None:
            raise PermissionDenied(access.REFUSED["annotate"])
    if layer.project_id != project.pk:
        raise Refused({"layer": "That layer belongs to another project."})
    require(user, "annotate", project, layer)
    return layer


def dossier_of(user, document):
    """Return the one dossier a document stands in, or refuse to guess."""
    dossiers = Dossier.objects.visible_to(user).filter(places__document=document)
    found = list(dossiers.select_related("project__vocabulary")[:2])
    if len(found) != 1:
        raise Refused({"dossier": f"The document stands in {'several dossiers' if found else 'no dossier'}; name one."})
    return found[0]


def undecided(user, dossier, layer, suggestion):
    """Return a suggestion as the workspace of ``layer`` still asks about it, with the role it most likely has."""
    row = Board(user=user, dossier=dossier, layer=layer).suggestions.get(suggestion.pk)
    if row is None:
        raise Refused(
            {"suggestion": "This is not asked here: it is decided, a claim lies over it, or its words are left out."}
        )
    return row


# Projects and what is in them


class LayerViewSet(RecordViewSet):
    """Readings you may see: the team's, your own, and others' once adjudication is open."""

    queryset = Layer.objects.all()
    serializer_class = serializers.LayerSerializer
    get = serializers.get_layer
    filters = {"project": by_id("project"), "kind": by_choice("kind", Layer.Kind)}
    orderings = ("created_at", "name")

    def get_queryset(self):
        return self.queryset.readable_by(self.request.user)


class ActorViewSet(Writing, RecordViewSet):
    """People and bodies: who publishes, speaks or reports."""

    queryset = Actor.objects.all()
    serializer_class = serializers.ActorSerializer
    get = access.get_actor
    filters = {"project": by_id("project"), "kind": by_choice("kind", Actor.Kind), "name": by_text("name")}
    orderings = ("created_at", "name")
    noun = "actor"

    def add(self, data):
        project, user = data["project"], self.request.user
        layer = layer_to_write(user, project, None)
        # Whoever works alone adds people to their own reading; whoever sets dossiers up, to the project.
        layer = None if may(user, "change_dossier", project) else layer
        with Act(actor=user, project=project, layer=layer, verb=f"add {data['name']}") as act:
            fields = self.free_uuid(data)
            named = Actor.objects.live().filter(project=project, name=data["name"])
            unseen = named.exclude(pk__in=Actor.objects.visible_to(user).values("pk")).first()
            if unseen is not None:
                # Only another's reading names them: to refuse the name would tell that. The row becomes both's.
                return annotating.share_actor(act, unseen, **{name: value for name, value in data.items() if value})
            row = Actor(**fields, **data)
            annotating.check_choices(row)
            return act.create(row)

    def require_may_write(self, row):
        require(self.request.user, "change_dossier", row.project)

    def act_on(self, row, verb):
        return Act(actor=self.request.user, project=row.project, verb=verb)

    def alter(self, act, row, version, values):
        annotating.change(act, row, seen=version, **values)

    def remove(self, act, row, version):
        claims = Claim.objects.live().filter(Q(speaker=row) | Q(reporter=row))
        links = Link.objects.live().filter(target_actor=row)
        documents = Document.objects.live().filter(publisher=row)
        if any(rows.exists() for rows in (claims, links, documents, row.parties.filter(dossier__deleted_at=None))):
            raise Refused(f"{row.name} is named by a claim, a link, a document or a dossier and stays.")
        act.delete(row, seen=version)


class DocumentViewSet(Writing, RecordViewSet):
    """Texts, which never change, and works cited without one. Lists leave the texts out."""

    queryset = Document.objects.all()
    serializer_class = serializers.DocumentSerializer
    get = access.get_document
    filters = {
        "project": by_id("project"),
        "dossier": by_id("places__dossier"),
        "kind": by_choice("kind", Document.Kind),
        "publisher": by_id("publisher"),
        "language": by_text("language"),
        "sha256": by_text("sha256"),
        "published_from": by_day("published_on__gte"),
        "published_until": by_day("published_on__lte"),
    }
    orderings = ("created_at", "title", "published_on")
    noun = "document"

    def get_serializer_class(self):
        return self.serializer_class if self.action == "list" else serializers.DocumentWithTextSerializer

    def get_queryset(self):
        return super().get_queryset().without_loading_text()

    def add(self, data):
        # Imported here: reading ahead and long work are no part of starting the server.
        from annotate import runs
        from annotate.pipeline import propose_exclusions
        from claims.extract import check_text

        user, project = self.request.user, data["project"]
        require(user, "add_document", project)
        again, tag, text = data.pop("again"), data.pop("tag"), data.pop("text")
        document = Document(**self.free_uuid(data), **data)
        self.check(document)
        proposed = ()
        if text is not None:
            text, _ = normalise_line_ends(text)
            document.set_text(check_text(text, name=document.title))
            known = None if again else runs.already_here(document)
            if known is not None:
                raise Refused({"text": f"The project has this text as “{known.title}” ({known.pk}); see “again”."})
            proposed = propose_exclusions(text)
        runs.add_document(document, actor=user, proposed=proposed)
        if tag and text is not None:
            runs.enqueue(runs.start_tagging(project, user, Document.objects.filter(pk=document.pk)))
        return document

    def check(self, document):
        publisher = document.publisher
        if publisher is not None and publisher.project_id != document.project_id:
            raise Refused({"publisher": "That publisher belongs to another project."})
        annotating.check_choices(document)
        document.clean()

    def require_may_write(self, row):
        require(self.request.user, "change_document", row.project)

    def act_on(self, row, verb):
        return Act(actor=self.request.user, project=row.project, verb=verb)

    def alter(self, act, row, version, values):
        publisher = values.get("publisher")
        if publisher is not None and publisher.project_id != row.project_id:
            raise Refused({"publisher": "That publisher belongs to another project."})
        annotating.change(act, row, seen=version, **values)

    def remove(self, act, row, version):
        """Delete a document that nothing stands on; what people marked is never taken away with it."""
        claims, links = Claim.objects.live().filter(document=row), Link.objects.live().filter(target_work=row)
        citations = Citation.objects.live().filter(document=row)
        if any(rows.exists() for rows in (claims, links, citations)):
            raise Refused(f"Claims, links or citations stand on “{row.title}”; it stays.")
        dossier = Dossier.objects.live().filter(places__document=row).first()
        if dossier is not None:
            raise Refused(f"“{row.title}” has a place in the dossier “{dossier.title}”; take it out there first.")
        act.delete(row, seen=version)


# What the pipeline saw


class SuggestionViewSet(RecordViewSet):
    """What the pipeline proposes; each layer decides on its own."""

    queryset = Suggestion.objects.all()
    serializer_class = serializers.SuggestionSerializer
    get = serializers.get_suggestion
    filters = {
        "document": by_id("document"),
        "project": by_id("document__project"),
        "dossier": by_id("document__places__dossier"),
        "kind": by_choice("kind", Suggestion.Kind),
        "layer": by_id("layer"),
    }
    orderings = ("score",)
    ordering = ("document", "start", "end", "uuid")

    def get_queryset(self):
        return serializers.readable_marks(Suggestion, self.request.user)


# Annotations


class AnnotationViewSet(Writing, RecordViewSet):
    """Rows that a layer owns; what stands on another annotation is written in that one's layer."""

    # Where the dossier of an annotation is found, attributes from the row on.
    dossier_path = "dossier"

    def dossier_of(self, row):
        for name in self.dossier_path.split("."):
            row = getattr(row, name)
        return row

    def require_may_write(self, row):
        require(self.request.user, "annotate", row.layer.project, row.layer)

    def act_on(self, row, verb):
        dossier = self.dossier_of(row)
        return Act(actor=self.request.user, project=row.layer.project, layer=row.layer, dossier=dossier, verb=verb)

    def act_beside(self, dossier, layer, owner, verb=""):
        """Return the act in which something is put on ``owner``, an annotation, in its layer."""
        layer = layer_to_write(self.request.user, dossier.project, layer or owner.layer)
        return Act(actor=self.request.user, project=dossier.project, layer=layer, dossier=dossier, verb=verb)

    def alter(self, act, row, version, values):
        annotating.change(act, row, seen=version, **values)

    def remove(self, act, row, version):
        annotating.drop(act, row, seen=version)


class ClaimViewSet(AnnotationViewSet):
    """Assertions and responses."""

    queryset = Claim.objects.all()
    serializer_class = serializers.ClaimSerializer
    get = access.get_claim
    filters = {
        "project": by_id("layer__project"),
        "dossier": by_id("dossier"),
        "layer": by_id("layer"),
        "document": by_id("document"),
        "role": by_choice("role", Claim.Role),
        "kind": by_choice("kind", Claim.Kind),
        "speaker": by_id("speaker"),
        "reporter": by_id("reporter"),
        "origin": by_choice("origin", Origin),
        "wants_check": by_flag("wants_check"),
    }
    orderings = ("created_at", "start")
    ordering = ("document", "start", "end", "uuid")

    def get_queryset(self):
        return super().get_queryset().prefetch_related("stretches")

    def name_of(self, row):
        return row.name

    def add(self, data):
        user = self.request.user
        dossier = data.pop("dossier", None) or dossier_of(user, data["document"])
        layer = layer_to_write(user, dossier.project, data.pop("layer", None))
        with Act(actor=user, project=dossier.project, layer=layer, dossier=dossier) as act:
            claim = annotating.mark(act, **self.free_uuid(data), **as_marked(data))
            act.verb = f"mark {claim.name}"
        return claim

    def alter(self, act, row, version, values):
        span = {name: values.pop(name) for name in ("start", "end", "quote") if name in values}
        start, end = span.get("start", row.start), span.get("end", row.end)
        if (start, end) != (row.start, row.end) or span.get("quote", row.quote) != row.quote:
            annotating.move(act, row, seen=version, start=start, end=end, quote=span.get("quote"))
            version = row.version
        annotating.change(act, row, seen=version, **values)

    def remove(self, act, row, version):
        annotating.delete_claim(act, row, seen=version)


def as_marked(data):
    """Return a claim's fields as ``annotating.mark`` takes them."""
    return {"start": None, "end": None, **data, "stretches": parts_of(data)}


def parts_of(data):
    """Return the stretches of a claim, one after the other, as pairs."""
    return [(part["start"], part["end"]) for part in data.get("stretches", ())]


class LinkViewSet(AnnotationViewSet):
    """Responses tied to what they answer."""

    queryset = Link.objects.all()
    serializer_class = serializers.LinkSerializer
    get = access.get_link
    filters = {
        "project": by_id("layer__project"),
        "dossier": by_id("dossier"),
        "layer": by_id("layer"),
        "response": by_id("response"),
        "target_claim": by_id("target_claim"),
        "target_work": by_id("target_work"),
        "scope": by_choice("scope", Link.Scope),
        "relation": by_label("relation", Facet.RELATION),
    }
    noun = "link"

    def add(self, data):
        response, scope = data.pop("response"), data.pop("scope")
        targets = {name: data.pop(name) for name in TARGETS}
        target = the_target(scope, targets)
        with self.act_beside(response.dossier, data.pop("layer", None), response) as act:
            link = annotating.connect(
                act, response=response, scope=scope, target=target, **self.free_uuid(data), **data
            )
            act.verb = f"link {link}"
        return link

    def remove(self, act, row, version):
        annotating.withdraw(act, row, seen=version)


SLOTS = {"claim": "target_claim", "work": "target_work", "continues": "target_response", "questioner": "target_actor"}


def the_target(scope, targets):
    """Return the one target that fits the scope; another is refused rather than left out."""
    for name, target in targets.items():
        if target is not None and name != SLOTS.get(scope):
            raise Refused({name: "The scope says what is answered; name just that target."})
    return targets.get(SLOTS.get(scope))


class NoResponseViewSet(AnnotationViewSet):
    """Records that no response to an assertion was found in the documents read."""

    queryset = NoResponse.objects.all()
    serializer_class = serializers.NoResponseSerializer
    get = access.get_no_response
    filters = {
        "project": by_id("layer__project"),
        "dossier": by_id("assertion__dossier"),
        "layer": by_id("layer"),
        "assertion": by_id("assertion"),
    }
    dossier_path = "assertion.dossier"

    def name_of(self, row):
        return f"“none found” for {row.assertion.name}"

    def add(self, data):
        assertion = data["assertion"]
        documents = [str(document.pk) for document in data["documents"]] if "documents" in data else None
        with self.act_beside(assertion.dossier, data.pop("layer", None), assertion) as act:
            row = annotating.none_found(act, assertion, documents=documents, note=data["note"], **self.free_uuid(data))
            act.verb = f"none found for {assertion.name}"
        return row


class ComparisonViewSet(AnnotationViewSet):
    """What became of a figure: compared with the response's, or checked by the arithmetic the text invites."""

    queryset = FigureComparison.objects.all()
    serializer_class = serializers.ComparisonSerializer
    get = access.get_comparison
    filters = {
        "project": by_id("layer__project"),
        "layer": by_id("layer"),
        "link": by_id("link"),
        "claim": by_id("claim"),
        "quantity": by_id("quantity"),
        "outcome": by_label("outcome", Facet.FIGURE_OUTCOME),
        "is_dismissed": by_flag("is_dismissed"),
    }
    noun = "figure"

    def dossier_of(self, row):
        return (row.link or row.claim).dossier

    def name_of(self, row):
        return f"figure {row.quantity.quote}"

    def add(self, data):
        owner = data["link"] or data["claim"]
        if owner is None or data["link"] and data["claim"]:
            raise Refused("A comparison belongs to a link or to one claim.")
        ruling, justification = data.pop("ruling"), data.pop("justification")
        data["addends"] = addends_of(data, owner.dossier.project_id)
        with self.act_beside(owner.dossier, data.pop("layer", None), owner) as act:
            act.verb = f"compare {data['quantity'].quote}"
            row = annotating.compare(act, **self.free_uuid(data), **data)
            if ruling:
                require(self.request.user, "rule_on_figures", act.project)
                annotating.rule(act, row, seen=row.version, ruling=ruling, justification=justification)
        return row

    def alter(self, act, row, version, values):
        ruled = {"ruling": values.pop("ruling", row.ruling)}
        ruled["justification"] = values.pop("justification", row.justification)
        if "addends" in values:
            values["addends"] = addends_of(values, act.project.pk)
        annotating.change(act, row, seen=version, **values)
        if ruled != {"ruling": row.ruling, "justification": row.justification}:
            require(self.request.user, "rule_on_figures", act.project)
            annotating.rule(act, row, seen=row.version, **ruled)


def addends_of(data, project_id):
    """Return the ids of the figures that add up, all of one project."""
    if any(mention.document.project_id != project_id for mention in data["addends"]):
        raise Refused({"addends": "That figure stands in another project."})
    return [str(mention.pk) for mention in data["addends"]]


class AssessmentViewSet(AnnotationViewSet):
    """The verification of one claim."""

    queryset = Assessment.objects.all()
    serializer_class = serializers.AssessmentSerializer
    get = serializers.get_assessment
    filters = {
        "project": by_id("layer__project"),
        "dossier": by_id("claim__dossier"),
        "layer": by_id("layer"),
        "claim": by_id("claim"),
        "verification": by_label("verification", Facet.VERIFICATION),
    }
    dossier_path = "claim.dossier"

    def name_of(self, row):
        return f"check of {row.claim.name}"

    def add(self, data):
        claim = data.pop("claim")
        with self.act_beside(claim.dossier, data.pop("layer", None), claim, verb=f"check {claim.name}") as act:
            if claim.assessments.live().exists():
                raise Refused("This claim has an assessment.")
            # A version nobody has: should another create one just now, this does not change theirs unseen.
            return annotating.assess(act, claim, seen=0, **self.free_uuid(data), **data)


class CitationViewSet(AnnotationViewSet):
    """What a judgement leans on: words of a document of the project, or an outside source."""

    queryset = Citation.objects.all()
    serializer_class = serializers.CitationSerializer
    get = access.get_citation
    filters = {
        "project": by_id("layer__project"),
        "layer": by_id("layer"),
        "document": by_id("document"),
        "stance": by_choice("stance", Citation.Stance),
        **{name: by_id(name) for name in SUBJECTS},
    }
    noun = "citation"

    def dossier_of(self, row):
        return dossier_under(row.subject)

    def add(self, data):
        subjects = [row for row in (data.pop(name) for name in SUBJECTS) if row is not None]
        if len(subjects) != 1:
            raise Refused("A citation stands on one claim, link, record, comparison or assessment.")
        subject = subjects[0]
        with self.act_beside(dossier_under(subject), data.pop("layer", None), subject, verb="cite") as act:
            return annotating.cite(act, subject, **self.free_uuid(data), **data)

    def alter(self, act, row, version, values):
        if values.keys() & {"document", "start", "end", "quote"}:
            # New words: quote and context are taken from them, checked against the quote that came along.
            moved = values.keys() & {"document", "start", "end"}
            values.setdefault("quote", "" if moved else row.quote)
            values |= {"prefix": "", "suffix": ""}
        annotating.change(act, row, seen=version, **values)


def dossier_under(row):
    """Return the dossier of anything a citation stands on."""
    if isinstance(row, NoResponse):
        return row.assertion.dossier
    if isinstance(row, Assessment):
        return row.claim.dossier
    if isinstance(row, FigureComparison):
        return (row.link or row.claim).dossier
    return row.dossier


class PairViewSet(Writing, RecordViewSet):
    """An assertion, a response and their link in one request, stored together or not at all."""

    http_method_names = ["post"]
    queryset = Link.objects.all()
    serializer_class = serializers.PairSerializer

    answer_class = serializers.SavedPairSerializer

    def add_and_describe(self, data):
        user, ends = self.request.user, (data["assertion"], data["response"])
        known = next((end["id"] for end in ends if "id" in end), None)
        dossier = data.get("dossier") or (known.dossier if known else dossier_of(user, document_of(ends[0])))
        layer = layer_to_write(user, dossier.project, data.get("layer") or (known and known.layer))
        fields = data.get("link", {})
        taken = [(Link, fields.get("uuid")), *((Claim, end.get("uuid")) for end in ends)]
        for model, uuid in taken:
            if uuid is not None:
                refuse_taken(model, uuid)
        with Act(actor=user, project=dossier.project, layer=layer, dossier=dossier) as act:
            assertion, response = (
                end.get("id") or self.marked(act, role, end)
                for role, end in zip(("assertion", "response"), ends, strict=True)
            )
            link = annotating.connect(act, response=response, target=assertion, **fields)
            act.verb = f"link {link}"
        body = {
            "assertion": {"id": str(assertion.pk), "name": assertion.name, "version": assertion.version},
            "response": {"id": str(response.pk), "name": response.name, "version": response.version},
            "link": {"id": str(link.pk), "version": link.version},
        }
        return None, body

    def marked(self, act, role, end):
        """Return the claim that an end becomes: a suggestion that is accepted so, or newly marked words."""
        if "suggestion" not in end:
            return annotating.mark(act, role=role, **as_marked(end))
        return annotating.accept(act, undecided(act.actor, act.dossier, act.layer, end["suggestion"]), role=role)


def document_of(end):
    """Return the document in which an end that is no claim yet stands."""
    return end["suggestion"].document if "suggestion" in end else end["document"]
