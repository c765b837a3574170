"""Who works on what, for programs: giving dossiers out, taking the next, finishing, and opening adjudication."""

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as Refused
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import serializers

from annotate import access
from annotate.access import require
from claims import assigning
from claims.models import Act, Assignment, Dossier, Membership, Project, Role, User

from .filters import by_choice, by_id
from .serializers import Choice, Place, ProjectSerializer, RecordSerializer, Reference, Strict, Text, get_project
from .viewsets import Deed, RecordViewSet, Writing

State = Assignment.State


def visible_to(user):
    """One's own assignments, and everybody's in the projects where one gives dossiers out."""
    gives = Membership.objects.filter(user=user, role__in=[Role.OWNER, Role.EDITOR]).values("project")
    return Assignment.objects.visible_to(user).filter(
        Q(annotator=user) | Q(dossier__project__in=gives), dossier__deleted_at=None
    )


def get_assignment(user, pk):
    return get_object_or_404(visible_to(user).select_related("dossier__project", "annotator"), pk=pk)


def get_colleague(user, pk):
    """Return somebody of a project of one's own, or oneself."""
    colleagues = Membership.objects.filter(project__in=Project.objects.visible_to(user)).values("user")
    return get_object_or_404(User, pk=pk, pk__in=colleagues)


class AssignmentSerializer(RecordSerializer):
    """One person's part in a dossier. A note is its writer's until adjudication opens."""

    uuid = None
    fixed = ("dossier", "annotator", "username")
    dossier = Place(access.get_dossier)
    annotator = Reference(get_colleague, required=False, help_text="A member, by id; or give their username.")
    username = Text(max_length=150, required=False, help_text="The annotator's.")
    state = serializers.ChoiceField(State.choices, read_only=True)
    way = serializers.ChoiceField(Assignment.Way.choices, read_only=True)
    note = serializers.CharField(read_only=True)
    begun_at = serializers.DateTimeField(read_only=True, allow_null=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    lease_until = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="From then on another may take the place."
    )

    @classmethod
    def columns(cls):
        return [(name, "annotator" if name == "username" else column) for name, column in super().columns()]

    @classmethod
    def represent(cls, row):
        return {**super().represent(row), "username": row.annotator.username}


class AssignmentChangeSerializer(AssignmentSerializer):
    """Saying that one's part is finished, that there is nothing here, or that it is open again."""

    state = Choice(State)
    note = Text(max_length=1000, required=False, allow_blank=True, help_text="Said on finishing.")


class AssignmentViewSet(Writing, RecordViewSet):
    """Dossiers that people have to annotate: your own, and everybody's where you give them out."""

    queryset = Assignment.objects.all()
    serializer_class = AssignmentSerializer
    get = get_assignment
    http_method_names = ["get", "post", "patch", "delete"]
    filters = {
        "project": by_id("dossier__project"),
        "dossier": by_id("dossier"),
        "annotator": by_id("annotator"),
        "state": by_choice("state", State),
        "way": by_choice("way", Assignment.Way),
    }
    noun = "assignment"

    def get_serializer_class(self):
        return AssignmentChangeSerializer if self.action == "partial_update" else self.serializer_class

    def get_queryset(self):
        return visible_to(self.request.user).select_related("dossier__project", "annotator")

    def list(self, request):
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([self.represent(row) for row in page])

    def represent(self, row):
        found = AssignmentSerializer.represent(row)
        project = row.dossier.project
        is_blind = project.kind == Project.Kind.INDEPENDENT and project.adjudication_opened_at is None
        if is_blind and row.annotator_id != self.request.user.pk:
            found["note"] = ""
        return found

    def add(self, data):
        dossier, user = data["dossier"], self.request.user
        require(user, "assign", dossier.project)
        annotator = the_annotator(dossier.project, data)
        with act_of(user, dossier.project, f"give {dossier} to {annotator}") as act:
            return assigning.assign(act, dossier, annotator)

    def require_may_write(self, row):
        if self.action == "destroy":
            require(self.request.user, "assign", row.dossier.project)

    def act_on(self, row, verb):
        return act_of(self.request.user, row.dossier.project, verb)

    def alter(self, act, row, version, values):
        state, note = values.get("state", row.state), values.get("note", row.note)
        is_own = row.annotator_id == self.request.user.pk
        if not is_own and (state != State.OPEN or note != row.note):
            raise PermissionDenied("Whoever annotates a dossier says that it is finished, and writes the note.")
        if (state, note) == (row.state, row.note):
            return None
        if state == State.OPEN:
            if note != row.note:
                raise Refused({"note": "A note is said on finishing."})
            act.verb = f"take {row.dossier} up again"
            return assigning.reopen(act, row, seen=version)
        require(self.request.user, "comment", row.dossier.project)
        act.verb = f"finish {row.dossier}"
        if state == row.state:
            return act.change(row, seen=version, note=note)
        if row.state != State.OPEN:
            version = assigning.reopen(act, row, seen=version).version
        return assigning.finish(act, row, seen=version, state=state, note=note)

    def remove(self, act, row, version):
        act.verb = f"take {row.dossier} back from {row.annotator}"
        assigning.withdraw(act, row, seen=version)


def act_of(user, project, verb):
    """Return an act that belongs to no dossier, so that it is not what somebody undoes in the workspace."""
    return Act(actor=user, project=project, verb=verb)


def the_annotator(project, data):
    """Return the one person that ``annotator`` or ``username`` names."""
    if ("annotator" in data) == ("username" in data):
        raise Refused({"annotator": "Name the annotator, by id or by username."})
    if "annotator" in data:
        return data["annotator"]
    member = project.memberships.filter(user__username=data["username"]).select_related("user").first()
    if member is None:
        raise Refused({"username": f"{data['username']!r} is nobody in this project."})
    return member.user


# Deeds on a project as a whole


class DealtSerializer(Strict):
    """What was dealt."""

    assignments = serializers.ListField(child=serializers.UUIDField(), read_only=True)


class NextSerializer(Strict):
    """What one works on next; null where nothing is left."""

    assignment = serializers.UUIDField(read_only=True, allow_null=True)
    dossier = serializers.UUIDField(read_only=True, allow_null=True)


class FinishSerializer(Strict):
    """That one's part of a dossier is done, or that one looked and there is nothing here."""

    state = Choice(State, required=False, default=State.FINISHED)
    note = Text(max_length=1000, required=False, allow_blank=True, default="")


class FinishViewSet(Deed):
    """Finishing one's part of a dossier, assigned or not."""

    queryset = Dossier.objects.all()
    get = access.get_dossier
    serializer_class = FinishSerializer
    answer_class = AssignmentSerializer

    def finish(self, request, pk):
        """Say that your part is done; where you had none, it is made."""
        dossier = self.get_object()
        require(request.user, "comment", dossier.project)

        def deed(data):
            with act_of(request.user, dossier.project, f"finish {dossier}") as act:
                row = Assignment.objects.live().filter(dossier=dossier, annotator=request.user).first()
                row = row or act.create(Assignment(dossier=dossier, annotator=request.user, way=Assignment.Way.TAKEN))
                if row.state != State.OPEN:
                    raise Refused("Your part is finished; change it under assignments.")
                assigning.finish(act, row, seen=row.version, **data)
            return row.version, AssignmentSerializer.represent(row)

        return self.answer_once(deed)


class WorkViewSet(Deed):
    """Dealing a project's dossiers, and taking the next one. The body is ``{}``."""

    queryset = Project.objects.all()
    get = get_project
    serializer_class = DealtSerializer

    def get_serializer_class(self):
        return NextSerializer if self.action == "take_next" else self.serializer_class

    def deal(self, request, pk):
        """Give every open place to whoever has the least to do."""
        project = self.get_object()
        require(request.user, "assign", project)

        def deed(data):
            with act_of(request.user, project, "deal dossiers") as act:
                made = assigning.deal(act)
            return None, {"assignments": [str(row.pk) for row in made]}

        return self.answer_once(deed)

    def take_next(self, request, pk):
        """Return the dossier you work on next, taking one where you have none."""
        project = self.get_object()
        if not assigning.may_take(request.user, project):
            raise Http404("Dossiers are not taken here.")

        def deed(data):
            with act_of(request.user, project, "take the next dossier") as act:
                row = assigning.take_next(act, request.user)
            names = {"assignment": row and str(row.pk), "dossier": row and str(row.dossier_id)}
            return row and row.version, names

        return self.answer_once(deed)


class OpeningViewSet(Deed):
    """Opening adjudication. The body is ``{}``."""

    queryset = Project.objects.all()
    get = get_project
    answer_class = ProjectSerializer

    def open_adjudication(self, request, pk):
        """Let owners and editors read the annotators' layers, once all is finished; nobody can close it again."""
        project = self.get_object()
        require(request.user, "adjudicate", project)

        def deed(data):
            with act_of(request.user, project, "open adjudication") as act:
                opened = assigning.open_adjudication(act)
            return opened.version, ProjectSerializer.represent(opened)

        return self.answer_once(deed)
