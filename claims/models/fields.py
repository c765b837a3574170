"""Column types and the base of every row that people edit."""

import uuid
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

LONGEST = 60


class ExactDecimalField(models.TextField):
    """A Decimal kept to its last digit.

    SQLite turns a ``decimal`` column into a float of 15 digits; text keeps what was read, alike on both databases.
    """

    description = "Exact decimal number"

    def from_db_value(self, value, expression, connection):
        return None if value is None else Decimal(value)

    def to_python(self, value):
        if value is None or isinstance(value, Decimal):
            return value
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            raise ValidationError(f"{value!r} is not a number; write digits such as 1250.5.") from None
        if not number.is_finite():
            raise ValidationError(f"{value!r} is not a finite number.")
        # Written out in full, a number such as 1E+999999999 would fill the memory.
        if abs(number.adjusted()) > LONGEST:
            raise ValidationError(f"{value!r} has more than {LONGEST} digits; no figure of a text has.")
        return number

    def get_prep_value(self, value):
        value = self.to_python(value)
        return None if value is None else format(value, "f")

    def value_to_string(self, obj):
        return self.get_prep_value(self.value_from_object(obj))

    def formfield(self, **kwargs):
        from django import forms

        return super(models.TextField, self).formfield(**{"form_class": forms.DecimalField, **kwargs})


class RecordQuerySet(models.QuerySet):
    def live(self):
        """Rows that nobody has deleted."""
        return self.filter(deleted_at__isnull=True)


class Record(models.Model):
    """A row that people edit: named by a uuid a client may make, counted by version, never erased."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        "claims.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True
