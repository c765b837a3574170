"""One POST, one deed: what was done under a request's id is kept with it, so that sending it again does nothing."""

import hashlib
import json
import uuid
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from claims.errors import RejoinderError
from claims.models import StoredRequest

KEPT_FOR = timedelta(hours=24)


class OtherBody(RejoinderError):
    """A request id came again with other contents."""


def request_id(request):
    """Return the id this POST goes by: its ``Idempotency-Key`` header, its ``request_id`` field, or ""."""
    return (request.headers.get("Idempotency-Key") or request.POST.get("request_id", "")).strip()


def digest_of(request, body):
    """Return a digest of where the request went and what it said; the token that changes by itself is left out."""
    said = (
        body
        if body is not None
        else sorted(
            (name, values) for name, values in request.POST.lists() if name not in ("csrfmiddlewaretoken", "request_id")
        )
    )
    return hashlib.sha256(json.dumps([request.method, request.path, said], default=str).encode()).hexdigest()


def once(request, deed, *, body=None):
    """Do ``deed()`` in one transaction and return what it returned, a JSON-able outcome; the second time, just return it.

    Raises OtherBody when the same id comes with another body. A deed that raises leaves nothing, its id included.
    """
    outcome = replay(request, body=body)
    return store(request, deed, body=body) if outcome is None else outcome


def replay(request, *, body=None):
    """Return what this request did when it came before, or None; costs one query where it has an id."""
    key = checked_id(request)
    known = StoredRequest.objects.filter(user=request.user, key=key).first() if key else None
    if known is None:
        return None
    if known.created_at <= timezone.now() - KEPT_FOR:
        # Its day is over, though the job that clears up has not been by.
        known.delete()
        return None
    if known.body_digest != digest_of(request, body):
        raise OtherBody("This request's id was used for another request; send a new one.")
    return known.outcome


def checked_id(request):
    key = request_id(request)
    if len(key) > 200 or not (key.isascii() and key.isprintable()):
        raise OtherBody("A request's id is at most 200 plain characters; a uuid will do.")
    return key


def store(request, deed, *, body=None):
    """Do ``deed()`` and keep its outcome in the same transaction; or return what this request did when it came before.

    It does not look for an earlier one first: that shows when the id cannot be stored again, or when the deed is
    refused because this very request has done it, perhaps just now. ``deed`` may then be called a second time.
    """
    key = checked_id(request)
    if not key:
        with transaction.atomic():
            return deed()
    try:
        return do_and_keep(request, key, deed, body)
    except (IntegrityError, ValidationError, RejoinderError) as error:
        # What this one did has been rolled back.
        outcome = replay(request, body=body)
        if outcome is not None:
            return outcome
        if not isinstance(error, IntegrityError):
            raise
    # The id was a day old, and is free now.
    return do_and_keep(request, key, deed, body)


def do_and_keep(request, key, deed, body):
    with transaction.atomic():
        outcome = deed()
        digest = digest_of(request, body)
        StoredRequest(user=request.user, key=key, body_digest=digest, outcome=outcome).save(force_insert=True)
    return outcome


def forget_old():
    """Drop what is kept for longer than a day; a periodic job calls this."""
    return StoredRequest.objects.filter(created_at__lte=timezone.now() - KEPT_FOR).delete()[0]


def new_id():
    """Return an id for a form about to be shown."""
    return str(uuid.uuid4())
