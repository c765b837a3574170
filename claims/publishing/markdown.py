"""Markdown that words of people cannot break."""

from collections.abc import Iterable, Sequence


def cell(value: object) -> str:
    """Return a value for a table's cell, on one line."""
    words = " ".join(f"{value:,}".split() if isinstance(value, int) else str(value).split())
    return words.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table, or nothing where there is no row."""
    lines = [f"| {' | '.join(map(cell, row))} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *lines])


def join(*parts: str) -> str:
    """Return parts with an empty line between them, and a line end at the end."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def quoted(words: str) -> str:
    return f"“{' '.join(words.split())}”"


def some(number: int, noun: str, many: str = "") -> str:
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"
