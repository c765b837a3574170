"""What every marked stretch of text shares."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from claims.offsets import context

EMPTY = "Mark at least one character."
OUTSIDE = "The marked words end outside the text."
CHANGED = "The marked words are not what stands at that place in the text."


class TextSpan(models.Model):
    """``[start, end)`` in Unicode code points of ``document.text``; the words and 32 characters either side go along."""

    document = models.ForeignKey("claims.Document", on_delete=models.PROTECT, related_name="%(class)ss")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()
    prefix = models.TextField(blank=True)
    suffix = models.TextField(blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(start__lt=F("end")), name="%(class)s_is_not_empty", violation_error_message=EMPTY
            )
        ]

    def anchor(self, text):
        """Take quote, prefix and suffix from ``text``, the text of the document; a span outside it is refused."""
        self.check_span(text)
        self.quote = text[self.start : self.end]
        self.prefix, self.suffix = context(text, self.start, self.end)
        return self

    def check_span(self, text, *, quote=None):
        """Raise ValidationError unless the span lies inside ``text`` and holds ``quote`` when one is given."""
        if text is None:
            raise ValidationError("A cited work has no text to mark.")
        if self.start is None or self.end is None or self.start >= self.end:
            raise ValidationError({"end": EMPTY})
        if self.start < 0 or self.end > len(text):
            raise ValidationError({"end": f"{OUTSIDE[:-1]}, which has {len(text)} characters."})
        if quote is not None and text[self.start : self.end] != quote:
            raise ValidationError({"quote": CHANGED})
