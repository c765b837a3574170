"""Projects and their people for programs: starting one, its settings, its way of working, its labels, members, invitations."""

import json

from django.core.exceptions import ValidationError as Refused
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import slugify
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from annotate.access import require
from annotate.forms import free_slug
from claims import assigning, schema
from claims.models import Act, Invitation, Membership, Project, Role
from claims.projects import create_project, give_role, names_of_vocabularies, save_settings

from .filters import by_choice, by_id, by_text
from .serializers import (
    Choice,
    Identifier,
    LabelSerializer,
    Place,
    ProjectSerializer,
    Strict,
    Text,
    VocabularySerializer,
    Whole,
    blank,
    get_project,
)
from .viewsets import Deed, RecordViewSet, Writing, etag


class NewProjectSerializer(Strict):
    """A project that is to be started."""

    title = Text(max_length=300)
    slug = Text(max_length=80, **blank(help_text="Its address; left out, made from the title."))
    description = Text(max_length=10_000, **blank(help_text="A sentence for the people who join."))
    kind = Choice(Project.Kind, required=False, default=Project.Kind.SHARED)
    labels = serializers.ChoiceField(names_of_vocabularies(), required=False, default="default")


class ProjectViewSet(Writing, RecordViewSet):
    """Projects you are a member of. Whoever starts one owns it; owners change its settings."""

    http_method_names = ["get", "post", "patch"]
    queryset = Project.objects.all()
    serializer_class = ProjectSerializer
    answer_class = ProjectSerializer
    get = get_project
    filters = {"slug": by_text("slug"), "kind": by_choice("kind", Project.Kind)}
    orderings = ("created_at", "title", "slug")

    def get_serializer_class(self):
        named = {"labels": VocabularySerializer, "create": NewProjectSerializer}
        return named.get(self.action, self.serializer_class)

    def add_and_describe(self, data):
        stem = slugify(data["title"])[:70].strip("-")
        slug = data["slug"] or stem and free_slug(stem)
        if not slug:
            raise Refused({"slug": "The title has no Latin letters to make an address from; write one."})
        named = {"slug": slug, "title": data["title"], "description": data["description"]}
        row = create_project(owner=self.request.user, kind=data["kind"], vocabulary=data["labels"], **named)
        return row.version, ProjectSerializer.represent(row)

    def require_may_write(self, row):
        require(self.request.user, "change_settings", row)

    def act_on(self, row, verb):
        return Act(actor=self.request.user, project=row, verb=verb)

    def alter(self, act, row, version, values):
        save_settings(act, seen=version, **values)

    def name_of(self, row):
        return "settings"

    def labels(self, request, pk):
        """Return the project's label schema: what the facets of links, figures and verifications may hold."""
        vocabulary = self.get_object().vocabulary
        labels = [label for facet in vocabulary.by_facet().values() for label in facet.values()]
        rows = [LabelSerializer.represent(label) for label in labels]
        body = {**self.represent(vocabulary), "about": vocabulary.asked(), "labels": rows}
        return Response(body, headers=etag(vocabulary.version))


class KindSerializer(Strict):
    """Another way of working."""

    kind = Choice(Project.Kind)
    seen = Whole(help_text="The project's version that you saw.")


class KindViewSet(Deed):
    """Changing the way of working of a project in which nothing is annotated."""

    queryset = Project.objects.all()
    serializer_class = KindSerializer
    answer_class = ProjectSerializer
    get = get_project

    def represent(self, row):
        return ProjectSerializer.represent(row)

    def change_kind(self, request, pk):
        """Turn a shared project into an independent one or back, while nothing is annotated in it."""
        project = self.get_object()
        require(request.user, "change_settings", project)

        def deed(data):
            if data["kind"] not in Project.Kind.values:
                raise Refused({"kind": f"Write one of {', '.join(Project.Kind.values)}."})
            with Act(actor=request.user, project=project, verb="change the way of working") as act:
                assigning.change_kind(act, data["kind"], seen=data["seen"])
            return project.version, ProjectSerializer.represent(project)

        return self.answer_once(deed)


class SchemaSerializer(Strict):
    """Another label schema of those that came with the product."""

    labels = serializers.ChoiceField(names_of_vocabularies())
    seen = Identifier(help_text="The vocabulary the project had when you looked.")


class SchemaViewSet(Deed):
    """Choosing the labels of a project in which nothing is labelled."""

    queryset = Project.objects.all()
    serializer_class = SchemaSerializer
    answer_class = ProjectSerializer
    get = get_project

    def represent(self, row):
        return VocabularySerializer.represent(row)

    def choose(self, request, pk):
        """Take another of the schemas that came with the product, while nothing is labelled."""
        project = self.get_object()
        require(request.user, "change_schema", project)

        def deed(data):
            schema.choose(project, actor=request.user, seen=data["seen"], key=data["labels"])
            row = Project.objects.get(pk=project.pk)
            return row.version, ProjectSerializer.represent(row)

        return self.answer_once(deed)


# People


class MemberSerializer(Strict):
    """A person in a project."""

    project = serializers.UUIDField(source="project_id", read_only=True)
    user = serializers.UUIDField(source="user_id", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    username = serializers.CharField(source="user.username", read_only=True)
    role = serializers.ChoiceField(Role.choices, read_only=True)

    @classmethod
    def represent(cls, row):
        user = row.user
        said = {"project": str(row.project_id), "user": str(user.pk), "name": user.name, "username": user.username}
        return {**said, "role": row.role}


class MemberViewSet(RecordViewSet):
    """The people of your projects."""

    http_method_names = ["get"]
    queryset = Membership.objects.all()
    serializer_class = MemberSerializer
    filters = {"project": by_id("project"), "role": by_choice("role", Role)}
    orderings = ("project",)
    ordering = ("project", "pk")

    def get_queryset(self):
        mine = Project.objects.visible_to(self.request.user).values("pk")
        return self.queryset.filter(project__in=mine).select_related("user")

    retrieve = None


class MemberRoleSerializer(Strict):
    """A member and their role; ``null`` removes them, and what they annotated stays."""

    user = Identifier()
    role = serializers.ChoiceField(Role.choices, allow_null=True)


class MemberAnswerSerializer(Strict):
    user = serializers.UUIDField(read_only=True)
    role = serializers.ChoiceField(Role.choices, read_only=True, allow_null=True)


class MemberRoleViewSet(Deed):
    """Giving a member another role, or none."""

    queryset = Project.objects.all()
    serializer_class = MemberRoleSerializer
    answer_class = MemberAnswerSerializer
    get = get_project

    def give_role(self, request, pk):
        """Give a member another role; with ``null`` they are no member any more. The last owner stays one."""
        project = self.get_object()
        require(request.user, "manage_members", project)

        def deed(data):
            membership = project.memberships.filter(user=data["user"]).first()
            if membership is None:
                raise Refused({"user": "That person is no member of this project."})
            give_role(membership, data["role"])
            return None, {"user": str(data["user"]), "role": data["role"]}

        return self.answer_once(deed)


class InvitationSerializer(Strict):
    """An invitation that nobody has taken up yet."""

    id = serializers.UUIDField(source="pk", read_only=True)
    project = Place(get_project)
    role = serializers.ChoiceField(Role.choices)
    note = Text(max_length=300, **blank(help_text="Whom it is meant for, in your words."))
    created_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)


class MadeInvitationSerializer(InvitationSerializer):
    """The invitation with its link, said this once."""

    link = serializers.CharField(
        read_only=True, allow_null=True, help_text="Makes whoever opens it a member, once; null when asked again."
    )


def open_invitations(user):
    owned = Membership.objects.filter(user=user, role=Role.OWNER, project__deleted_at=None)
    return Invitation.objects.filter(used_at=None, project__in=owned.values("project"))


def get_invitation(user, pk):
    return get_object_or_404(open_invitations(user).select_related("project"), pk=pk)


class InvitationViewSet(Writing, RecordViewSet):
    """Invitations to projects you own. The link of one is said once, when it is made."""

    http_method_names = ["get", "post"]
    queryset = Invitation.objects.all()
    serializer_class = InvitationSerializer
    answer_class = MadeInvitationSerializer
    get = get_invitation
    filters = {"project": by_id("project")}

    def get_queryset(self):
        return open_invitations(self.request.user)

    def create(self, request):
        """Make an invitation. The answer has its link; sent again with the same key, it has none."""
        secrets = {}

        def deed(data):
            project = data["project"]
            require(request.user, "manage_members", project)
            row, secret = Invitation.make(project, role=data["role"], note=data["note"], created_by=request.user)
            secrets[str(row.pk)] = secret
            return None, {**InvitationSerializer.represent(row), "link": None}

        answer = self.answer_once(deed)
        # What is kept for the same request sent again does not hold the secret.
        body = json.loads(answer.content)
        secret = secrets.get(body["id"])
        if secret is None:
            return answer
        body["link"] = request.build_absolute_uri(reverse("invitation", args=[secret]))
        return HttpResponse(JSONRenderer().render(body), status=201, content_type="application/json")


class WithdrawalViewSet(Deed):
    """Withdrawing an invitation. The body is ``{}``."""

    queryset = Invitation.objects.all()
    answer_class = InvitationSerializer
    get = get_invitation

    def withdraw(self, request, pk):
        """Withdraw an invitation; its link opens nothing any more."""
        row = self.get_object()

        def deed(data):
            told = InvitationSerializer.represent(row)
            Invitation.objects.filter(pk=row.pk, used_at=None).delete()
            return None, told

        return self.answer_once(deed)
