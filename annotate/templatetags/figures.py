"""How the value of a coefficient is written."""

from django import template

register = template.Library()


@register.filter
def coefficient(value):
    """Return a value with two places, which are never 1.00 for what is less than 1."""
    if value is None:
        return "–"
    written = f"{value:.2f}".replace("-", "−").replace("−0.00", "0.00")
    return "> 0.99" if written == "1.00" and value < 1 else written
