"""Long work for programs: runs, exports and releases. A POST starts a run; the run says how far it is and what came of it."""

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as Refused
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.response import Response

from annotate import access, runs
from annotate.access import require
from annotate.release_forms import LICENCES, MOST_CREATORS
from claims.formats import FORMATS
from claims.models import Document, Release, Run
from claims.publishing.about import SPLITS
from claims.releasing import Said

from .filters import by_choice, by_id
from .serializers import Flag, Place, Reference, Strict, Text, Whole, blank, get_layer, get_project
from .viewsets import Deed, RecordViewSet, Writing


class RunSerializer(Strict):
    """One long job."""

    id = serializers.UUIDField(source="pk", read_only=True)
    project = serializers.UUIDField(source="project_id", read_only=True)
    kind = serializers.ChoiceField(Run.Kind.choices, read_only=True)
    state = serializers.ChoiceField(Run.State.choices, read_only=True)
    done = serializers.IntegerField(read_only=True)
    total = serializers.IntegerField(read_only=True, help_text="0 until it is known, and of another's export.")
    outcome = serializers.DictField(read_only=True, help_text="What it is doing, and in the end what came of it.")
    has_file = serializers.BooleanField(read_only=True, help_text="Whether its file is yours to take away.")
    created_by = serializers.UUIDField(source="created_by_id", read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)

    @classmethod
    def columns(cls):
        return [column for column in super().columns() if column[0] != "has_file"]


def taken_away(file, name):
    """Return a file to be stored; what is in it its name says."""
    return FileResponse(file.open("rb"), as_attachment=True, filename=name, content_type="application/octet-stream")


class RunViewSet(Writing, RecordViewSet):
    """Imports, reading ahead, exports and releases of your projects, newest first."""

    http_method_names = ["get", "post"]
    queryset = Run.objects.all()
    serializer_class = RunSerializer
    get = access.get_run
    filters = {
        "project": by_id("project"),
        "kind": by_choice("kind", Run.Kind),
        "state": by_choice("state", Run.State),
    }
    ordering = ("-created_at", "uuid")

    def get_queryset(self):
        return super().get_queryset().filter(project__deleted_at=None)

    def list(self, request):
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([self.represent(row) for row in page])

    def represent(self, row):
        found = {**RunSerializer.represent(row), "has_file": runs.has_file(self.request.user, row)}
        return found if runs.tells(self.request.user, row) else {**found, "done": 0, "total": 0, "outcome": {}}

    def retrieve(self, request, pk):
        row = self.get_object()
        if not row.is_over and runs.reap(Run.objects.filter(pk=row.pk)):
            row = self.get_object()
        return Response(self.represent(row))

    create = None

    def cancel(self, request, pk):
        """Stop a run; what is done stays. The body is ``{}``."""
        row = self.get_object()
        if not row.is_over and not runs.may_cancel(request.user, row):
            raise PermissionDenied("Whoever started it, or an editor, may stop this.")

        def deed(data):
            runs.cancel(row)
            return None, self.represent(row)

        return self.answer_once(deed)

    def file(self, request, pk):
        """Take the file of your own finished export away."""
        row = self.get_object()
        if not runs.has_file(request.user, row):
            raise Http404
        return taken_away(row.file, row.file.name.rsplit("/", 1)[1])


class Starting(Writing):
    """A POST that starts a run and answers with it."""

    answer_class = RunSerializer

    def start(self, data):
        raise NotImplementedError

    def add_and_describe(self, data):
        return self.answer(runs.enqueue(self.start(data)))

    def answer(self, run):
        return None, {**RunSerializer.represent(run), "has_file": False}


class ReadingViewSet(Starting, Deed):
    """Having a document read ahead once more; what people decided on stays. The body is ``{}``."""

    queryset = Document.objects.all()
    get = access.get_document

    def start_reading(self, request, pk):
        document = self.get_object()
        require(request.user, "change_document", document.project)
        return self.answer_once(lambda data: self.answer(self.read_again(document)))

    def read_again(self, document):
        if document.is_cited_work:
            raise Refused("A cited work has no text to read.")
        return runs.read_again(document, self.request.user)


class ExportSerializer(Strict):
    """An export that is to be made."""

    project = Place(get_project)
    format = serializers.ChoiceField([(name, module.LABEL) for name, module in FORMATS.items()])
    history = Flag(
        required=False, default=False, help_text="Every version of every annotation; Rejoinder JSON Lines only."
    )
    is_safe = Flag(required=False, default=True, help_text="Of a table: made safe for spreadsheets.")


class ExportViewSet(Starting, Deed):
    """Writing what you may see of a project to a file, which its run then has."""

    queryset = Run.objects.none()
    serializer_class = ExportSerializer

    def start(self, data):
        project, user = data["project"], self.request.user
        require(user, "export", project)
        known = FORMATS[data["format"]].OPTIONS
        options = {name: data[name] for name in ("is_safe",) if name in known}
        return runs.start_export(project, user, format=data["format"], history=data["history"], options=options)


# Releases


class ReleaseSerializer(Strict):
    """A frozen, numbered state of a project."""

    id = serializers.UUIDField(source="pk", read_only=True)
    project = serializers.UUIDField(source="project_id", read_only=True)
    number = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    day = serializers.DateField(read_only=True)
    summary = serializers.CharField(read_only=True)
    licence = serializers.CharField(read_only=True)
    size = serializers.IntegerField(read_only=True, help_text="Of the zip, in bytes.")
    sha256 = serializers.CharField(read_only=True, help_text="Of the zip.")
    about = serializers.DictField(read_only=True, help_text="Rows by table and split, layers, what has changed.")
    created_by = serializers.UUIDField(source="created_by_id", read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)


class SharesSerializer(Strict):
    """Per cent of the documents in each part; they add up to 100."""

    train = Whole()
    dev = Whole()
    test = Whole()


class NewReleaseSerializer(Strict):
    """A release that is to be made."""

    project = Place(get_project)
    summary = Text(max_length=2000, **blank())
    creators = serializers.ListField(
        child=Text(max_length=200), required=False, default=list, max_length=MOST_CREATORS, help_text="To be cited by."
    )
    licence = serializers.ChoiceField(LICENCES, required=False, default=LICENCES[0][0])
    shares = SharesSerializer(required=False)
    seed = Whole(required=False, default=1)
    layers = serializers.ListField(
        child=Reference(get_layer),
        required=False,
        max_length=200,
        help_text="Readings beside the one that counts; all of them where left out.",
    )


def get_release(user, pk):
    return get_object_or_404(Release.objects.visible_to(user).select_related("project"), pk=pk)


class ReleaseViewSet(Starting, RecordViewSet):
    """Releases of your projects. A POST starts the run that makes one."""

    http_method_names = ["get", "post"]
    queryset = Release.objects.all()
    serializer_class = ReleaseSerializer
    get = get_release
    filters = {"project": by_id("project")}
    orderings = ("created_at", "number")
    ordering = ("project", "number")

    def get_serializer_class(self):
        return NewReleaseSerializer if self.action == "create" else self.serializer_class

    def start(self, data):
        project, user = data["project"], self.request.user
        require(user, "release", project)
        shares = data.get("shares") or Said().shares
        if sum(shares[name] for name in SPLITS) != 100:
            raise Refused({"shares": "Train, dev and test have to add up to 100 per cent."})
        layers = data.get("layers")
        if layers and any(layer.project_id != project.pk for layer in layers):
            raise Refused({"layers": "That layer belongs to another project."})
        said = Said(
            licence=data["licence"],
            summary=data["summary"],
            creators=tuple(data["creators"]),
            shares=dict(shares),
            seed=data["seed"],
            layers=tuple(layer.pk for layer in layers or ()),
            is_alone=layers == [],
        )
        return runs.start_release(project, user, said)

    def file(self, request, pk):
        """Take the zip away."""
        row = self.get_object()
        return taken_away(row.file, f"{row.name}.zip")
