"""Webhooks for programs: the addresses that an owner's projects tell, and what was sent there."""

from django.core.exceptions import ValidationError as Refused
from django.shortcuts import get_object_or_404
from rest_framework import serializers

from annotate.access import require
from annotate.views.webhooks import MOST
from annotate.webhooks import check_address, send_again
from claims.models import Delivery, Membership, Role, Webhook

from .filters import by_choice, by_flag, by_id
from .serializers import Flag, NothingSerializer, Place, Strict, Text, get_project
from .viewsets import RecordViewSet, Writing


def visible_to(user):
    owned = Membership.objects.filter(user=user, role=Role.OWNER, project__deleted_at=None)
    return Webhook.objects.filter(project__in=owned.values("project"))


def get_webhook(user, pk):
    return get_object_or_404(visible_to(user).select_related("project"), pk=pk)


class WebhookSerializer(Strict):
    """An address that is told of events of a project."""

    id = serializers.UUIDField(source="pk", read_only=True)
    project = Place(get_project)
    url = Text(max_length=2000)
    events = serializers.ListField(child=serializers.ChoiceField(Webhook.Event.choices), min_length=1, max_length=10)
    is_active = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class MadeWebhookSerializer(WebhookSerializer):
    """The address with its secret, said this once."""

    secret = serializers.CharField(read_only=True)


class WebhookViewSet(Writing, RecordViewSet):
    """Addresses that your projects tell. Only owners see them; a secret is said once, on creation."""

    http_method_names = ["get", "post"]
    queryset = Webhook.objects.all()
    serializer_class = WebhookSerializer
    answer_class = MadeWebhookSerializer
    get = get_webhook
    filters = {"project": by_id("project"), "is_active": by_flag("is_active")}

    def get_queryset(self):
        return visible_to(self.request.user)

    def add_and_describe(self, data):
        project, user = data["project"], self.request.user
        require(user, "change_settings", project)
        check_address(data["url"])
        if project.webhooks.count() >= MOST:
            raise Refused(f"A project tells at most {MOST} addresses.")
        secret, events = Webhook.make_secret(), sorted(set(data["events"]))
        row = Webhook.objects.create(project=project, url=data["url"], events=events, secret=secret, created_by=user)
        return None, MadeWebhookSerializer.represent(row)

    def remove(self, request, pk):
        """Tell an address nothing any more. The body is ``{}``."""
        row = self.get_object()

        def deed(data):
            told = WebhookSerializer.represent(row)
            Webhook.objects.filter(pk=row.pk).delete()
            return None, told

        return self.answer_once(deed)


class RemovalViewSet(WebhookViewSet):
    """Deleting a webhook."""

    serializer_class = NothingSerializer
    answer_class = WebhookSerializer
    filters = {}


class SwitchSerializer(Strict):
    """Whether the address is told."""

    is_active = Flag()


class SwitchViewSet(WebhookViewSet):
    """Switching a webhook off, or on again."""

    serializer_class = SwitchSerializer
    answer_class = WebhookSerializer
    filters = {}

    def switch(self, request, pk):
        """Switch an address off, or on again; what waits is sent when it is on."""
        row = self.get_object()

        def deed(data):
            row.is_active = data["is_active"]
            row.save(update_fields=["is_active"])
            return None, WebhookSerializer.represent(row)

        return self.answer_once(deed)


def get_delivery(user, pk):
    return get_object_or_404(Delivery.objects.filter(webhook__in=visible_to(user)), pk=pk)


class DeliverySerializer(Strict):
    """One message and what came of it."""

    id = serializers.UUIDField(source="pk", read_only=True)
    webhook = serializers.UUIDField(source="webhook_id", read_only=True)
    event = serializers.ChoiceField(Webhook.Event.choices, read_only=True)
    payload = serializers.DictField(read_only=True)
    state = serializers.ChoiceField(Delivery.State.choices, read_only=True)
    attempts = serializers.IntegerField(read_only=True)
    status = serializers.IntegerField(read_only=True, allow_null=True, help_text="Of the last answer.")
    error = serializers.CharField(read_only=True, help_text="Why there was none.")
    created_at = serializers.DateTimeField(read_only=True)
    delivered_at = serializers.DateTimeField(read_only=True, allow_null=True)


class DeliveryViewSet(Writing, RecordViewSet):
    """Messages to your projects' addresses, newest first; they are kept for 30 days."""

    http_method_names = ["get", "post"]
    queryset = Delivery.objects.all()
    serializer_class = DeliverySerializer
    answer_class = DeliverySerializer
    get = get_delivery
    filters = {"webhook": by_id("webhook"), "state": by_choice("state", Delivery.State)}
    ordering = ("-created_at", "uuid")

    def get_queryset(self):
        return Delivery.objects.filter(webhook__in=visible_to(self.request.user))

    create = None

    def again(self, request, pk):
        """Send a message once more, within seconds. The body is ``{}``."""
        row = self.get_object()

        def deed(data):
            send_again(row)
            row.refresh_from_db()
            return None, self.represent(row)

        return self.answer_once(deed)
