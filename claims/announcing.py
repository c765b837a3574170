"""Telling addresses outside of what happens: the message is stored with the deed, and sent when that is stored."""

from claims.models import Delivery, Webhook


def announce(project, event, **about):
    """Store a message of ``event`` for each address of the project that wants it; return whether there is any.

    ``about`` is what it says: ids, numbers and states, never what an annotation holds, since whoever reads it at the
    other end is nobody we know.
    """
    wanted = [one for one in Webhook.objects.filter(project=project, is_active=True) if event in one.events]
    payload = {"project": str(project.pk), **about}
    Delivery.objects.bulk_create(Delivery(webhook=one, event=event, payload=payload) for one in wanted)
    return bool(wanted)
