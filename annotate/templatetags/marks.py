"""Segments of a paragraph as nested-free spans; the text goes in as text, whatever it holds."""

from django import template
from django.utils.html import escape
from django.utils.safestring import mark_safe

register = template.Library()


@register.simple_tag
def marked(segments):
    """Return the paragraph with each marked run in one span; the characters between the tags are the text, unchanged."""
    found = []
    for segment in segments:
        text = escape(segment.text)
        if not segment.marks:
            found.append(text)
            continue
        keys = f' data-m="{escape(segment.keys)}"' if segment.keys else ""
        note = f' title="{escape(segment.note)}"' if segment.note else ""
        found.append(f'<span class="{escape(segment.classes)}"{keys}{note}>{text}</span>')
    return mark_safe("".join(found))  # every part above is escaped
