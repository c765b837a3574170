"""Many rows in one request: all of them or none, or each by itself."""

from types import SimpleNamespace

from django.core.exceptions import ValidationError as Refused
from django.db import transaction
from rest_framework.serializers import ChoiceField, DictField, IntegerField

from annotate import access
from claims.models import Claim

from . import comments, dossiers, errors, redactions, serializers, viewsets
from .serializers import Flag, Strict
from .viewsets import Deed

MOST = 1000
TOLD = 50
PLACES = {access.get_dossier, access.get_document, serializers.get_project, serializers.get_layer}
KINDS = {
    "documents": viewsets.DocumentViewSet,
    "dossiers": dossiers.DossierViewSet,
    "actors": viewsets.ActorViewSet,
    "claims": viewsets.ClaimViewSet,
    "links": viewsets.LinkViewSet,
    "pairs": viewsets.PairViewSet,
    "no-responses": viewsets.NoResponseViewSet,
    "comparisons": viewsets.ComparisonViewSet,
    "assessments": viewsets.AssessmentViewSet,
    "citations": viewsets.CitationViewSet,
    "comments": comments.CommentViewSet,
    "redactions": redactions.RedactionViewSet,
}


class ItemSerializer(Strict):
    """One row: where it would be posted, and what."""

    kind = ChoiceField(list(KINDS))
    body = DictField(help_text="What a POST to that address takes.")


class ResultSerializer(Strict):
    """What came of one row, in the order of the items."""

    status = IntegerField(read_only=True)
    row = DictField(read_only=True, allow_null=True, help_text="As its own address would answer.")
    problem = DictField(read_only=True, allow_null=True, help_text="Why it was refused.")


class ResultsSerializer(Strict):
    """What came of each row."""

    results = ResultSerializer(many=True, read_only=True)


class BulkSerializer(Strict):
    """Rows to create, in order; a later one may name the uuid that an earlier one was given."""

    items = ItemSerializer(many=True, min_length=1, max_length=MOST)
    all_or_nothing = Flag(required=False, default=True, help_text="Whether one refusal refuses all.")


class BulkViewSet(Deed):
    """Creating up to 1,000 rows in one request."""

    queryset = Claim.objects.none()
    serializer_class = BulkSerializer
    answer_class = ResultsSerializer

    def add_and_describe(self, data):
        self.views = {}
        results = [self.add_one(item) for item in data["items"]]
        faults = {f"items.{at}": result["problem"] for at, result in enumerate(results) if result["problem"]}
        if faults and data["all_or_nothing"]:
            raise Refused({at: [in_a_line(problem)] for at, problem in list(faults.items())[:TOLD]})
        return None, {"results": results}

    def add_one(self, item):
        """Create one row in a savepoint; return what came of it."""
        view, serializer = self.view_of(item["kind"])
        view.request.data = item["body"]
        try:
            with transaction.atomic():
                _, row = view.add_and_describe({**serializer.run_validation(item["body"])})
        except Exception as error:  # whatever an address of its own would answer; the rest is raised again
            known = errors.explain(error, {"view": view, "request": view.request})
            # Whoever is waiting for the database, and what we did not foresee, is about the whole request.
            if known is None or known[0] >= 500:
                raise
            return {"status": known[0], "row": None, "problem": known[1]}
        finally:
            # Rows that a deed may have changed are read again for the next one; where it takes place stays.
            found = serializer.context.get("found", {})
            serializer.context["found"] = {key: row for key, row in found.items() if key[0] in PLACES}
        return {"status": 201, "row": row, "problem": None}

    def view_of(self, kind):
        """Return the view behind the address of this kind, and its serializer; made once a request, since both cost."""
        if kind not in self.views:
            view = KINDS[kind]()
            view.request = SimpleNamespace(user=self.request.user, data={}, headers={}, method="POST")
            view.action, view.format_kwarg, view.args, view.kwargs = "create", None, (), {}
            self.views[kind] = view, view.get_serializer()
        return self.views[kind]


def in_a_line(problem):
    """Return what a refused item is told, by field where fields are named."""
    by_field = [f"{name}: {' '.join(told)}" for name, told in problem["errors"].items() if name != "non_field_errors"]
    return " ".join(by_field) or problem["detail"]
