"""Code points <-> UTF-16 units <-> UTF-8 bytes, and finding marked words again in a changed text.

Offsets here count from the start of a text; a span is ``[start, end)``. Python counts Unicode code points and so does
the record. Browsers count UTF-16 units and some file formats UTF-8 bytes: they convert once, at the door, here.
Every function costs one pass over the text before the offset, in C; a text that is plain ASCII costs nothing.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator

from claims.errors import OffsetError

CONTEXT_WIDTH = 32  # code points either side of a span that travel with it (DESIGN.md, "Spans")


def to_utf16(text: str, offset: int) -> int:
    """Return ``offset``, in code points of ``text``, in UTF-16 code units.

    Raises OffsetError when the offset is outside the text.
    """
    _check_inside(text, offset)
    return offset if text.isascii() else len(_utf16(text[:offset])) // 2


def from_utf16(text: str, offset: int) -> int:
    """Return ``offset``, in UTF-16 code units of ``text``, in code points.

    Raises OffsetError when the offset is outside the text, or between the two units of one character.
    """
    if text.isascii():
        _check_inside(text, offset)
        return offset
    # A character is one unit or two, so the first ``offset`` characters hold every unit that matters.
    units = _utf16(text[: max(offset, 0)])
    if not 0 <= 2 * offset <= len(units):
        raise OffsetError(f"UTF-16 offset {offset} is outside the text, which has {len(_utf16(text)) // 2} units.")
    if 0 < 2 * offset < len(units) and _is_high(units, 2 * offset - 2) and _is_low(units, 2 * offset):
        raise OffsetError(f"UTF-16 offset {offset} is inside a character; use {offset - 1} or {offset + 1}.")
    return len(units[: 2 * offset].decode("utf-16-le", "surrogatepass"))


def to_bytes(text: str, offset: int) -> int:
    """Return ``offset``, in code points of ``text``, in bytes of its UTF-8 form.

    Raises OffsetError when the offset is outside the text.
    """
    _check_inside(text, offset)
    return offset if text.isascii() else len(_utf8(text[:offset]))


def from_bytes(text: str, offset: int) -> int:
    """Return ``offset``, in bytes of the UTF-8 form of ``text``, in code points.

    Raises OffsetError when the offset is outside the text or inside a character.
    """
    if text.isascii():
        _check_inside(text, offset)
        return offset
    data = _utf8(text[: max(offset, 0)])
    if not 0 <= offset <= len(data):
        raise OffsetError(f"Byte offset {offset} is outside the text, which has {len(_utf8(text))} bytes in UTF-8.")
    # Continuation bytes are 10xxxxxx: no character begins at one.
    if offset < len(data) and data[offset] & 0xC0 == 0x80:
        raise OffsetError(f"Byte offset {offset} is inside a character of the UTF-8 text.")
    return len(data[:offset].decode("utf-8", "surrogatepass"))


def normalise_line_ends(text: str) -> tuple[str, Callable[[int], int]]:
    r"""Return the text with every ``\r\n`` and lone ``\r`` turned into ``\n``, and a function for its old offsets.

    The function takes an offset in the old text (code points) to the offset of the same place in the new one, never
    changing the order of two offsets; between the ``\r`` and the ``\n`` of one line end it answers the place after
    it. It raises OffsetError outside the old text. Other separators (U+0085, U+2028) stay as they are.
    """
    length = len(text)
    line_ends = list(_occurrences(text, "\r\n"))

    def remap(offset: int) -> int:
        if not 0 <= offset <= length:
            raise OffsetError(f"Offset {offset} is outside the text as it came, which has {length} characters.")
        # Each line end that lies wholly before the offset has become one character shorter.
        return offset - bisect_right(line_ends, offset - 2)

    return text.replace("\r\n", "\n").replace("\r", "\n"), remap


def context(text: str, start: int, end: int, width: int = CONTEXT_WIDTH) -> tuple[str, str]:
    """Return the up to ``width`` code points before ``start`` and after ``end``.

    Raises OffsetError when ``[start, end)`` is not a stretch of the text.
    """
    if not 0 <= start <= end <= len(text):
        raise OffsetError(f"The span {start}–{end} is not a stretch of the text, which has {len(text)} characters.")
    return text[max(0, start - width) : start], text[end : end + width]


def reanchor(text: str, quote: str, prefix: str, suffix: str, hint_start: int) -> tuple[int, int] | None:
    """Return where ``quote`` stands in ``text``, another edition of the text it was marked in, or None.

    Only the exact words count. Where they occur more than once, the place whose surroundings agree longest with
    ``prefix`` and ``suffix``, read outwards from the quote, wins; among equals the one nearest to ``hint_start``, and
    then the earlier. An empty quote has no place. Costs one search, plus a look at the context of each occurrence.

    The order of preference is that of the W3C Web Annotation TextQuoteSelector (exact, prefix, suffix).
    """
    best: tuple[int, int, int] | None = None
    for start in _occurrences(text, quote):
        end = start + len(quote)
        before = text[max(0, start - len(prefix)) : start]
        after = text[end : end + len(suffix)]
        agreement = _common_length(before[::-1], prefix[::-1]) + _common_length(after, suffix)
        rank = (-agreement, abs(start - hint_start), start)
        if best is None or rank < best:
            best = rank
    return None if best is None else (best[2], best[2] + len(quote))


def _check_inside(text: str, offset: int) -> None:
    if not 0 <= offset <= len(text):
        raise OffsetError(f"Offset {offset} is outside the text, which has {len(text)} characters.")


def _utf16(text: str) -> bytes:
    # Lone surrogates are refused at the door, yet an offset in a text that has one must not fail differently.
    return text.encode("utf-16-le", "surrogatepass")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _is_high(units: bytes, index: int) -> bool:
    return units[index + 1] & 0xFC == 0xD8


def _is_low(units: bytes, index: int) -> bool:
    return units[index + 1] & 0xFC == 0xDC


def _occurrences(text: str, words: str) -> Iterator[int]:
    """Yield every start of ``words`` in ``text``, overlapping ones included; nothing for no words."""
    start = text.find(words) if words else -1
    while start >= 0:
        yield start
        start = text.find(words, start + 1)


def _common_length(one: str, other: str) -> int:
    """Return how many characters the two share from their beginning."""
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length
