"""Searching for programs: the same ``Search`` as the page, one kind of result at a time."""

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from claims.models import Claim, Project
from claims.search import KINDS, STATUSES, Search

from .filters import AllowedFilters, Filter, by_choice, by_day, by_id, by_label, by_text
from .pagination import PageNumbers
from .viewsets import RecordViewSet

SIDES = ("asserting", "responding")


class SomePages(PageNumbers):
    """Pages of results; how many there are in all is not counted, since that would cost more than the search."""

    def paginate(self, request, search, kind):
        self.request, self.size = request, self.get_page_size(request)
        asked = request.query_params.get(self.page_query_param, "1")
        if not (asked.isascii() and asked.isdigit() and 0 < int(asked[:6]) <= 1000):
            raise ValidationError({"page": "Write a whole number from 1 to 1000."})
        self.number = int(asked)
        rows, self.has_next = search.found(kind, first=(self.number - 1) * self.size, size=self.size)
        return rows

    def address(self, number):
        query = self.request.query_params.copy()
        query["page"] = str(number)
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")

    def get_paginated_response(self, data):
        following = self.address(self.number + 1) if self.has_next else None
        before = self.address(self.number - 1) if self.number > 1 else None
        return Response({"next": following, "previous": before, "results": data})

    def get_paginated_response_schema(self, schema):
        found = super().get_paginated_response_schema(schema)
        found["properties"].pop("count")
        found["required"].remove("count")
        return found

    def get_schema_operation_parameters(self, view):
        found = super().get_schema_operation_parameters(view)
        return [{**one, "schema": {**one["schema"], "minimum": 1}} for one in found]


class FoundSerializer(serializers.Serializer):
    """One result: which row it is, where it stands, and its words."""

    kind = serializers.ChoiceField(list(KINDS))
    id = serializers.UUIDField()
    project = serializers.UUIDField()
    layer = serializers.UUIDField(allow_null=True)
    dossier = serializers.UUIDField(allow_null=True)
    document = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    words = serializers.CharField()

    @classmethod
    def represent(cls, row):
        kind = row._meta.model_name
        return {
            "kind": kind,
            "id": str(row.pk),
            **FACTS[kind](row),
        }


def facts(project, *, layer=None, dossier=None, document=None, name, words):
    pks = {"project": project, "layer": layer, "dossier": dossier, "document": document}
    return {**{key: pk and str(pk) for key, pk in pks.items()}, "name": name, "words": words}


def claim_facts(row):
    where = {"layer": row.layer_id, "dossier": row.dossier_id, "document": row.document_id}
    return facts(row.layer.project_id, **where, name=row.name, words=row.quote)


def link_facts(row):
    where = {"layer": row.layer_id, "dossier": row.dossier_id, "document": row.response.document_id}
    return facts(row.layer.project_id, **where, name=str(row), words=row.note or row.response.quote)


def document_facts(row):
    return facts(row.project_id, document=row.pk, name=row.title, words=row.title)


def citation_facts(row):
    name = row.title or (row.document.title if row.document_id else row.url)
    return facts(
        row.layer.project_id, layer=row.layer_id, document=row.document_id, name=name, words=row.quote or row.note
    )


FACTS = {"claim": claim_facts, "link": link_facts, "document": document_facts, "citation": citation_facts}


class SearchFilters(AllowedFilters):
    """Reads what is asked for by the same allow-list as every other list."""

    def read(self, request, view):
        said = {}
        for name, values in request.query_params.lists():
            if name in (PageNumbers.page_query_param, PageNumbers.page_size_query_param):
                continue
            if name not in view.filters:
                known = ", ".join([*view.filters, "page", "page_size"])
                raise ValidationError({name[:60]: f"There is no such filter here; known are {known}."})
            if len(values) > 1:
                raise ValidationError({name: "Give one value."})
            try:
                said[name] = view.filters[name].read(values[0])
            except ValueError as error:
                raise ValidationError({name: str(error)}) from None
        return said


def read_label(value):
    """A label of any facet."""
    for facet in ("relation", "strategy", "disputed", "figure_outcome", "verification", "claim_kind"):
        try:
            return by_label("", facet).read(value)
        except ValueError:
            continue
    raise ValueError(f"{value[:60]!r} is no label.")


class SearchViewSet(RecordViewSet):
    """Words and conditions over documents, claims, links and citations, newest first. Every word has to be there."""

    http_method_names = ["get"]
    queryset = Claim.objects.none()
    serializer_class = FoundSerializer
    pagination_class = SomePages
    filter_backends = [SearchFilters]
    orderings = ()
    filters = {
        "q": by_text("q"),
        "kind": by_choice("kind", KINDS),
        "project": by_id("project"),
        "speaker": by_text("speaker"),
        "side": by_choice("side", SIDES),
        "label": Filter("label", read_label, {"type": "string"}),
        "status": by_choice("status", list(STATUSES)),
        "published_from": by_day("since"),
        "published_until": by_day("until"),
    }

    def list(self, request):
        said = SearchFilters().read(request, self)
        kind = said.pop("kind", "claim")
        conditions = {self.filters[name].lookup: value for name, value in said.items()}
        project = conditions.pop("project", None)
        if project is not None:
            conditions["project"] = Project.objects.visible_to(request.user).filter(pk=project).first()
            if conditions["project"] is None:
                raise ValidationError({"project": "There is nothing of this id that you may see."})
        search = Search(request.user, conditions.pop("q", ""), **conditions)
        if search.is_empty:
            raise ValidationError({"q": "Write at least one word, or a condition."})
        rows = self.paginator.paginate(request, search, kind)
        return self.paginator.get_paginated_response([FoundSerializer.represent(row) for row in rows])
