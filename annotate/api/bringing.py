"""Files and corpora for programs: documents brought in, a corpus looked at and then brought in, a stopped run going on."""

import base64
import binascii

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as Refused
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from annotate import access, bringing, runs
from annotate.access import require
from annotate.corpus_forms import FORMATS_READ
from claims.models import Document, Run, Side

from .runs import Starting
from .serializers import Choice, Flag, Place, Reference, Strict, Text, blank, get_layer, get_project, optional
from .viewsets import Deed

FILES_AT_ONCE = 200


class Base64(serializers.CharField):
    """The bytes of a file."""

    def __init__(self, **options):
        super().__init__(trim_whitespace=False, help_text="In base64.", **options)

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            return base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValidationError("Send the file's bytes in base64.") from error


class FileSerializer(Strict):
    name = Text(max_length=200, help_text="With its ending, which says how it is read.")
    content = Base64()


class ImportSerializer(Strict):
    """Files that are to become documents: text, web page, PDF, Word, or .jsonl with a text a line."""

    project = Place(get_project)
    files = FileSerializer(many=True, allow_empty=False, max_length=FILES_AT_ONCE)
    dossier = Reference(access.get_dossier, **optional(help_text="The dossier they get a place in."))
    new_dossier = Text(max_length=300, **optional(help_text="The title of a new one; empty: named after the first."))
    side = Choice(Side, required=False, default=Side.BOTH)
    again = Flag(required=False, default=False, help_text="Bring in also what the project already has.")
    title = Text(max_length=500, **blank(help_text="Of a single file."))
    kind = serializers.ChoiceField(Document.Kind.choices, **blank())
    language = Text(max_length=35, **blank())


class ImportViewSet(Starting, Deed):
    """Bringing files in as documents, which are then read ahead."""

    queryset = Run.objects.none()
    serializer_class = ImportSerializer

    def start(self, data):
        project, user = data["project"], self.request.user
        require(user, "add_document", project)
        dossier = data["dossier"]
        if dossier is not None and dossier.project_id != project.pk:
            raise Refused({"dossier": "That dossier belongs to another project."})
        if dossier is not None and data["new_dossier"] is not None:
            raise Refused({"new_dossier": "Name a dossier or the title of a new one, and not both."})
        if data["title"] and len(data["files"]) > 1:
            raise Refused({"title": "With several files, each takes its own title; leave this out."})
        fields = {name: data[name] for name in ("title", "kind", "language")}
        uploads = runs.keep_files([(file["name"], file["content"]) for file in data["files"]])
        return kept_only_if(
            uploads,
            lambda: runs.start_import(
                project,
                user,
                uploads,
                again=data["again"],
                dossier=dossier,
                dossier_title=data["new_dossier"],
                side=data["side"],
                fields=fields,
            ),
        )


def kept_only_if(uploads, start):
    """Return what ``start()`` does; where it is refused, the files kept for it go."""
    try:
        return start()
    except BaseException:
        runs.drop_files(uploads)
        raise


class Meanings(serializers.DictField):
    """What types become, {type: meaning}."""

    def __init__(self):
        told = "{type: claim, assertion, response, mention or none; for a relation a label, a stance or none}."
        super().__init__(child=Text(max_length=200), required=False, default=dict, help_text=told)


class LookSerializer(Strict):
    """A corpus that somebody annotated elsewhere, to be looked at."""

    project = Place(get_project)
    name = Text(max_length=200, help_text="Of the file.")
    content = Base64()
    format = serializers.ChoiceField(FORMATS_READ, help_text="Left out: what its beginning shows.", **blank())
    into = Reference(get_layer, **optional(help_text="The layer it may go into; left out, a project of its own."))
    becomes = Meanings()


class LookViewSet(Starting, Deed):
    """Looking at a corpus. The run's outcome says what it would become; nothing is stored."""

    queryset = Run.objects.none()
    serializer_class = LookSerializer

    def start(self, data):
        project, user = data["project"], self.request.user
        require(user, "add_document", project)
        into = layer_for(user, project, data["into"])
        (upload,) = runs.keep_files([(data["name"], data["content"])])
        if upload.refused:
            raise Refused({"content": upload.refused})
        return kept_only_if(
            [upload],
            lambda: runs.start_look(
                project, user, upload, format=data["format"], into=into, wishes=dict(data["becomes"])
            ),
        )


def layer_for(user, project, layer):
    """Return the id of the layer a corpus goes into, "" for none; refuses one that is not this person's to write in."""
    if layer is None:
        return ""
    if layer.project_id != project.pk:
        raise Refused({"into": "That layer belongs to another project."})
    if layer not in bringing.layers_for(user, project):
        raise PermissionDenied("A corpus goes into a reading that you may write in.")
    return str(layer.pk)


class BringInSerializer(Strict):
    """Where a corpus that was looked at goes, and what its types become."""

    into = Reference(get_layer, **optional(help_text="Left out, a project of its own."))
    title = Text(max_length=200, **blank(help_text="Of the new project; left out, the file's name."))
    language = Text(max_length=35, required=False, default="en")
    becomes = Meanings()


class BringInViewSet(Starting, Deed):
    """Bringing in the corpus that a run looked at."""

    queryset = Run.objects.all()
    serializer_class = BringInSerializer
    get = access.get_run

    def bring_in(self, request, pk):
        look = own_run(self, "Whoever had this corpus looked at brings it in.")
        return self.answer_once(lambda data: self.answer(runs.enqueue(self.start_from(look, data))))

    def start_from(self, look, data):
        if look.kind != Run.Kind.LOOK or look.state != Run.State.DONE:
            raise Refused("This run has looked at no corpus, or not yet.")
        into = layer_for(self.request.user, look.project, data["into"])
        said = {"title": data["title"], "language": data["language"], "wishes": dict(data["becomes"])}
        return runs.start_bringing(look, into=into, **said)


class GoOnSerializer(Strict):
    """How to go on; ``{}`` goes on where it was."""

    format = serializers.ChoiceField(FORMATS_READ, help_text="Of a corpus that was not recognised.", **blank())


class GoOnViewSet(Starting, Deed):
    """Having a stopped import go on where it was, or a corpus that failed looked at again."""

    serializer_class = GoOnSerializer
    queryset = Run.objects.all()
    get = access.get_run

    def go_on(self, request, pk):
        run = own_run(self, "Whoever started it may have it go on.")
        return self.answer_once(lambda data: self.answer(self.reopen(run, **data)))

    def reopen(self, run, *, format):
        if not runs.may_go_on(self.request.user, run):
            raise Refused("This run was not stopped, or nothing is left to do.")
        return runs.go_on(run, format=format)


def own_run(view, refusal):
    """Return the run that the address names; of another person it is refused."""
    run = view.get_object()
    if run.created_by_id != view.request.user.pk:
        raise PermissionDenied(refusal)
    return run
