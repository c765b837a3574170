"""Documents from JSON Lines: a ``{"text": …}`` a line, with what is known of it beside the text.

Sample::

    {"text": "Crime fell in 2021.", "title": "Yearbook", "url": "https://example.org/1", "published_on": "2022-03-01"}

The same shape that ``manage.py tag --jsonl`` reads. A whole corpus (``claims.exchange``) begins with a header instead.
"""

import json
from datetime import date

from claims.errors import FormatError
from claims.extract import Extracted, check_text
from claims.models import Document
from claims.offsets import normalise_line_ends

WORDS = ("title", "kind", "url", "archived_url", "language", "licence")
DAYS = ("published_on", "accessed_on", "period_start", "period_end")


def read(line, *, name):
    """Return (Extracted, {column: value}) of one line given as bytes; raises FormatError or ExtractError in one sentence."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{name}: this is not a line of JSON.") from error
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise FormatError(f"{name}: write an object with a “text”.")
    text, _ = normalise_line_ends(row["text"])
    check_text(text, name=name)
    given = {}
    for field in (*WORDS, *DAYS, "publisher"):
        value = row.get(field)
        if value is None or value == "":
            continue
        if not isinstance(value, str):
            raise FormatError(f"{name}: “{field}” is not a text.")
        given[field] = day(value, field, name) if field in DAYS else value
    if given.get("kind", "other") not in Document.Kind.values:
        raise FormatError(f"{name}: “{given['kind']}” is not a kind; known are {', '.join(Document.Kind.values)}.")
    return Extracted(text=text, kind="txt", publisher=given.pop("publisher", None)), given


def day(value, field, name):
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise FormatError(f"{name}: “{field}” is {value!r}; write a day as 2022-03-01.") from error
