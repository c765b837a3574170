"""Numbers keep their last digit, and none can fill the memory."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from claims.models import Quantity
from claims.models.fields import ExactDecimalField
from tests.factories import make_document, make_quantity


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["0.1", "12345678901234567890.123456789", "-3", "543080"])
def test_number_comes_back_to_its_last_digit(value):
    quantity = make_quantity(make_document(), "370", value)
    assert Quantity.objects.get(pk=quantity.pk).value == Decimal(value)


@pytest.mark.parametrize("value", ["1E+999999999", "1E-999999999", "NaN", "Infinity", "twelve"])
def test_what_is_no_figure_is_refused(value):
    with pytest.raises(ValidationError):
        ExactDecimalField().to_python(value)
