"""What a list may be narrowed and ordered by: names and values from an allow-list, anything else refused."""

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend

from claims.models import Label

from .pagination import PageNumbers

IDENTIFIER = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
OF_PAGES = (PageNumbers.page_query_param, PageNumbers.page_size_query_param)


@dataclass(frozen=True)
class Filter:
    """One name a list may be narrowed by: the lookup behind it, how its value reads, and what the schema says of it."""

    lookup: str
    read: object
    schema: dict


def by_id(lookup):
    return Filter(lookup, read_id, {"type": "string", "format": "uuid"})


def by_choice(lookup, choices):
    keys = list(getattr(choices, "values", choices))
    return Filter(lookup, one_of(keys), {"type": "string", "enum": keys})


def by_text(lookup):
    return Filter(lookup, read_text, {"type": "string"})


def by_label(lookup, facet):
    """Narrow by a label of ``facet``, "" where there is none yet; a key that no label schema has is refused."""

    def read(value):
        if value and not Label.objects.filter(facet=facet, key=read_text(value)).exists():
            raise ValueError(f"{value[:60]!r} is no label of {facet}.")
        return value

    return Filter(lookup, read, {"type": "string"})


def by_day(lookup):
    return Filter(lookup, read_day, {"type": "string", "format": "date"})


def by_flag(lookup):
    return Filter(lookup, lambda value: one_of(["true", "false"])(value) == "true", {"type": "boolean"})


def read_id(value):
    if not IDENTIFIER.fullmatch(value):
        raise ValueError("Write a uuid, such as 9b2f0a5e-3c1d-4e8f-a6b7-0c9d8e7f6a5b.")
    return UUID(value)


def read_day(value):
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("Write a date as YYYY-MM-DD.") from None


def read_text(value):
    if not value.isprintable() or len(value) > 1000:
        raise ValueError("Write plain words, at most 1000 characters.")
    return value


def one_of(keys):
    def read(value):
        if value not in keys:
            raise ValueError(f"{value[:60]!r} is unknown; known are {', '.join(keys)}.")
        return value

    return read


class AllowedFilters(BaseFilterBackend):
    """Narrows a list by the view's ``filters`` and orders it by one of its ``orderings``."""

    def filter_queryset(self, request, queryset, view):
        for name, values in request.query_params.lists():
            if name in OF_PAGES or name == "ordering":
                continue
            if name not in view.filters:
                known = ", ".join([*view.filters, "ordering", *OF_PAGES])
                raise ValidationError({name[:60]: f"There is no such filter here; known are {known}."})
            if len(values) > 1:
                raise ValidationError({name: "Give one value."})
            try:
                value = view.filters[name].read(values[0])
            except ValueError as error:
                raise ValidationError({name: str(error)}) from None
            queryset = queryset.filter(**{view.filters[name].lookup: value})
        return queryset.order_by(*self.ordering(request, view))

    def ordering(self, request, view):
        asked = request.query_params.get("ordering")
        if asked is None:
            return view.ordering
        if asked.removeprefix("-") not in view.orderings:
            known = ", ".join(view.orderings)
            raise ValidationError({"ordering": f"Order by one of {known}; a minus in front turns it round."})
        # The key keeps pages from overlapping where the asked order leaves rows equal.
        return asked, "-pk" if asked.startswith("-") else "pk"

    def get_schema_operation_parameters(self, view):
        """Return what drf-spectacular writes into the OpenAPI document."""
        found = [
            {"name": name, "in": "query", "required": False, "schema": known.schema}
            for name, known in view.filters.items()
        ]
        keys = [f"{sign}{name}" for name in view.orderings for sign in ("", "-")]
        if keys:
            schema = {"type": "string", "enum": keys}
            found.append({"name": "ordering", "in": "query", "required": False, "schema": schema})
        return found
