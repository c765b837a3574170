"""One POST, one deed: what was done under a request's id is kept with it, so that sending it again does nothing."""

import hashlib
import json
import uuid
from datetime import timedelta

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
    key = request_id(request)
    if not key:
        with transaction.atomic():
            return deed()
    if len(key) > 200:
        raise OtherBody("The request's id is longer than 200 characters; a uuid will do.")
    digest = digest_of(request, body)
    try:
        with transaction.atomic():
            stored = StoredRequest(user=request.user, key=key, body_digest=digest, outcome=None)
            known = find(request.user, key)
            if known is None:
                stored.outcome = deed()
                stored.save(force_insert=True)
                return stored.outcome
    except IntegrityError:
        # The same request came twice at once and the other was first; what this one did has been rolled back.
        known = find(request.user, key)
        if known is None:
            raise
    if known.body_digest != digest:
        raise OtherBody("This request's id was used for another request; send a new one.")
    return known.outcome


def find(user, key):
    return StoredRequest.objects.filter(user=user, key=key, created_at__gt=timezone.now() - KEPT_FOR).first()


def forget_old():
    """Drop what is kept for longer than a day; a periodic job calls this."""
    return StoredRequest.objects.filter(created_at__lte=timezone.now() - KEPT_FOR).delete()[0]


def new_id():
    """Return an id for a form about to be shown."""
    return str(uuid.uuid4())
