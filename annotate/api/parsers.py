"""Reads the body of a request, and refuses at the door what the two databases would treat differently."""

import json
import math
import re

from django.conf import settings
from django.http import UnreadablePostError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from .errors import TooLarge

DEEPEST = 64
SURROGATE = re.compile("[\ud800-\udfff]")


class StrictJSON(JSONParser):
    """JSON in UTF-8 as RFC 8259 has it: no NaN, no name twice, at most 64 levels, no NUL, no half of a character."""

    def parse(self, stream, media_type=None, parser_context=None):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        try:
            body = stream.read(limit + 1)
        except UnreadablePostError as error:
            raise ParseError("The request broke off.") from error
        if len(body) > limit:
            raise TooLarge(f"A request may have {limit // 2**20} MB; divide it into parts.")
        return read_json(body)


def read_json(body):
    """Return what ``body``, bytes, says; raises ParseError with one sentence."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise ParseError(f"Byte {error.start} is not UTF-8; send JSON in UTF-8.") from error
    try:
        value = json.loads(text, parse_constant=refuse_constant, object_pairs_hook=without_doubles)
    except json.JSONDecodeError as error:
        raise ParseError(f"This is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise ParseError(f"Lists and objects stand more than {DEEPEST} deep in one another.") from error
    except ValueError as error:  # Python refuses to read an integer of more than 4,300 digits
        raise ParseError("A number has too many digits.") from error
    # Decoded UTF-8 has no surrogates and strict JSON no control characters, unless they were escaped.
    check(value, escaped="\\u" in text)
    return value


def refuse_constant(name):
    raise ParseError(f"{name} is not JSON.")


def without_doubles(pairs):
    """Return the object; a name that comes twice is refused, since one of its values would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ParseError("An object has the same name twice.")
    return found


def check(value, *, escaped):
    """Raise ParseError for what no column holds; ``escaped`` says whether the text had any \\u at all."""
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, str):
            if escaped and "\0" in item:
                raise ParseError("A text holds the character NUL, which no database stores; remove it.")
            if escaped and SURROGATE.search(item):
                raise ParseError("A text holds half of a surrogate pair; send the whole character.")
        elif isinstance(item, float):
            if not math.isfinite(item):
                raise ParseError("A number is too large.")
        elif isinstance(item, dict | list):
            if depth > DEEPEST:
                raise ParseError(f"Lists and objects stand more than {DEEPEST} deep in one another.")
            inner = [*item, *item.values()] if isinstance(item, dict) else item
            waiting.extend((part, depth + 1) for part in inner)
