"""What the API says when it refuses: one shape, ``application/problem+json`` (RFC 9457), in the words of the pages.

{"type": "urn:rejoinder:stale", "title": "Somebody was faster", "status": 412, "detail": "Somebody else changed …",
 "errors": {"start": ["Write a whole number."]}}
"""

import re

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as Refused
from django.db import DataError, OperationalError
from django.http import Http404, JsonResponse, UnreadablePostError
from rest_framework import exceptions, status
from rest_framework.response import Response

from annotate.conflicts import offer
from annotate.requests import OtherBody
from claims.errors import NothingToUndo, RejoinderError, StaleWrite

CONTENT_TYPE = "application/problem+json"
VERSION = re.compile(r'(?:W/)?"(\d{1,9})"')
NOT_FOUND = "There is nothing here that you may see."
TITLES = {
    400: ("malformed", "The request cannot be read"),
    401: ("unauthenticated", "Who are you?"),
    403: ("forbidden", "You may see this but not do that"),
    404: ("not-found", "Nothing here"),
    405: ("method-not-allowed", "This address does not do that"),
    406: ("not-acceptable", "No such form of answer"),
    412: ("stale", "Somebody was faster"),
    413: ("too-large", "The request is too large"),
    415: ("unsupported-media-type", "Send JSON"),
    422: ("refused", "The record refuses this"),
    428: ("version-wanted", "Say which version you saw"),
    503: ("busy", "Busy"),
}


class VersionWanted(exceptions.APIException):
    """A change came without the version its writer saw."""

    status_code = 428
    default_detail = 'Send the version you saw, the ETag of the answer you read it in: If-Match: "3".'


class TooLarge(exceptions.APIException):
    """A body beyond DATA_UPLOAD_MAX_MEMORY_SIZE."""

    status_code = 413


def problem(code, detail, *, errors=None, **more):
    """Return the body of a refusal."""
    kind, title = TITLES.get(code, ("refused", "Refused"))
    body = {"type": f"urn:rejoinder:{kind}", "title": title, "status": code, "detail": detail}
    return {**body, "errors": errors or {}, **more}


def handle(error, context):
    """Return the answer to an exception raised in a view of the API, or None for one that is a fault of ours."""
    known = explain(error, context)
    if known is None:
        return None
    code, body, headers = known
    return Response(body, status=code, headers=headers, content_type=CONTENT_TYPE)


def explain(error, context):
    if isinstance(error, StaleWrite):
        return 412, problem(412, str(error), **both_versions(error, context)), {}
    if isinstance(error, OtherBody):
        return 422, problem(422, str(error)), {}
    if isinstance(error, Refused):
        return 422, refused(error), {}
    if isinstance(error, NothingToUndo):
        return 422, problem(422, str(error)), {}
    if isinstance(error, RequestDataTooBig):
        return 413, problem(413, "The request is larger than this server takes."), {}
    if isinstance(error, RejoinderError | UnreadablePostError):
        return 400, problem(400, str(error)), {}
    if isinstance(error, Http404):
        return 404, problem(404, NOT_FOUND), {}
    if isinstance(error, PermissionDenied):
        return 403, problem(403, str(error) or "You may not do that."), {}
    if isinstance(error, DataError):
        # The fields check what both databases take; this is for what neither they nor we thought of.
        return 422, problem(422, "The database cannot hold one of these values."), {}
    if isinstance(error, OperationalError) and "locked" in str(error):
        return 503, problem(503, "Many are writing just now; send the same request again."), {"Retry-After": "2"}
    if isinstance(error, exceptions.ValidationError):
        errors = dict(flatten(error.detail))
        return error.status_code, problem(error.status_code, first_sentence(errors), errors=errors), {}
    if isinstance(error, exceptions.APIException):
        headers = {"WWW-Authenticate": error.auth_header} if getattr(error, "auth_header", None) else {}
        return error.status_code, problem(error.status_code, str(error.detail)), headers
    return None


def refused(error):
    """Return the problem for a ValidationError of the record: its own words, by field where it names one."""
    errors = error.message_dict if hasattr(error, "error_dict") else {}
    return problem(status.HTTP_422_UNPROCESSABLE_ENTITY, " ".join(error.messages), errors=errors)


def flatten(detail, path=""):
    """Yield (dotted path, sentences) for the nested errors of a serializer."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            at = str(name) if not path else path if name == "non_field_errors" else f"{path}.{name}"
            yield from flatten(inner, at)
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        for position, inner in enumerate(detail):
            if inner:
                yield from flatten(inner, f"{path}.{position}" if path else str(position))
    else:
        yield path or "non_field_errors", [str(item) for item in (detail if isinstance(detail, list) else [detail])]


def first_sentence(errors):
    path, sentences = next(iter(errors.items()))
    return sentences[0] if path == "non_field_errors" else f"{path}: {sentences[0]}"


def both_versions(error, context):
    """Return what the writer wanted, what stands now, and its version, in the names the API uses."""
    row = type(error.row)._base_manager.filter(pk=error.row.pk).first()
    if row is None or getattr(row, "deleted_at", None) is not None:
        return {"yours": {}, "theirs": None, "version": row and row.version}
    represent = getattr(context.get("view"), "represent", None)
    now = represent(row) if represent else {}
    sent = context["request"].data if isinstance(context["request"].data, dict) else {}
    yours = {name: value for name, value in sent.items() if name in now}
    # Guidelines count their versions by number.
    version = row.version if hasattr(row, "version") else row.number
    found = {"yours": yours, "theirs": {name: now[name] for name in yours} or now, "version": version}
    seen = VERSION.fullmatch((context["request"].headers.get("If-Match") or "").strip())
    return found | offer(row, int(seen[1]), yours) if seen and yours and hasattr(row, "deleted_at") else found


def not_found(request, path=""):
    """Answer for an address under /api/v1/ that is none."""
    detail = "There is nothing at this address; addresses end in a slash."
    return JsonResponse(problem(404, detail), status=404, content_type=CONTENT_TYPE)
