"""Marking sensitive stretches of a document, which releases mask."""

import re

from django.core.exceptions import ValidationError

from claims.models import Redaction
from claims.publishing.masking import as_whole_words

MOST = 1000


def redact(act, document, words, *, reason=""):
    """Mark every place where ``words`` stand as whole words in ``document``, but for marked ones; return the new rows.

    Raises ValidationError where there is no such place.
    """
    if document.text is None:
        raise ValidationError("A cited work has no text to mark.")
    if not words.split():
        raise ValidationError("Write the words to mark.")
    marked = list(Redaction.objects.live().filter(document=document).values_list("start", "end"))
    places = [match.span() for match in re.finditer(as_whole_words(words.strip()), document.text)]
    if not places:
        raise ValidationError(f"“{words.strip()[:100]}” does not stand in this text; write it just as the text has it.")
    fresh = [place for place in places if not any(start <= place[0] and place[1] <= end for start, end in marked)]
    if not fresh:
        raise ValidationError(f"“{words.strip()[:100]}” is marked wherever it stands in this text.")
    if len(fresh) > MOST:
        raise ValidationError(f"That stands in {len(fresh):,} places; mark longer words.")
    act.verb = f"mark a sensitive stretch in {document.title}"
    rows = [Redaction(document=document, start=start, end=end, reason=reason) for start, end in fresh]
    return [act.create(row.anchor(document.text)) for row in rows]
