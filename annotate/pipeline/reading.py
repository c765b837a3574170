"""What the reading machine says about a document: plain frozen records, offsets in code points of the document's text.

``dataclasses.asdict(reading)`` gives plain dicts with ``Decimal`` and ``date`` values; ``as_json(reading)`` gives what
``json.dumps`` takes, with decimals as text; ``as_line(reading)`` the shape of ``manage.py tag``, with decimals as numbers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Entity:
    """A mention of something named; mentions of one thing share ``entity_id`` and ``name`` within the document."""

    start: int
    end: int
    quote: str
    label: str
    entity_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure. ``part_of``, ``sums_to``, ``converts`` and ``change_from`` are ids of other quantities of the document."""

    id: int
    start: int
    end: int
    quote: str
    value: Decimal
    value_high: Decimal | None
    modifier: str
    unit: str | None
    currency: str | None
    counted: str | None
    period_start: date | None
    period_end: date | None
    kind: str
    part_of: int | None = None
    sums_to: int | None = None
    converts: int | None = None
    change_from: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text."""

    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says it: the words that point at them, and who that is in this document."""

    start: int
    end: int
    quote: str
    name: str
    role: str | None
    organisation: str | None


@dataclass(frozen=True, slots=True)
class Attribution:
    """What somebody is said to have said; start, end and quote are the content's. No speaker means the narrator.

    ``stretches`` are the content without what stands in its midst: the cue, the gap between two paragraphs.
    """

    id: int
    start: int
    end: int
    quote: str
    speaker: Speaker | None
    reporter: str | None
    cue: Part | None
    speech: str
    stretches: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A candidate statement. ``role`` is None where both roles are to be offered; ``score`` runs from 0 to 1."""

    start: int
    end: int
    quote: str
    stretches: tuple[tuple[int, int], ...]
    role: str | None
    role_scores: dict[str, float]
    speaker: str | None
    speaker_role: str | None
    speaker_organisation: str | None
    reporter: str | None
    speech: str
    kind: str
    period_start: date | None
    period_end: date | None
    wording: str | None
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything the machine sees in one document, in order of position."""

    model: str
    entities: tuple[Entity, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    attributions: tuple[Attribution, ...] = ()
    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)


def _plain(value: Any, *, as_numbers: bool) -> Any:
    if isinstance(value, Decimal):
        if as_numbers:
            return int(value) if value == value.to_integral_value() and abs(value) < 10**18 else float(value)
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(item, as_numbers=as_numbers) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, as_numbers=as_numbers) for item in value]
    return value


def as_json(reading: Reading) -> dict[str, Any]:
    """Return the reading as JSON takes it: decimals as text, days as ISO text, tuples as lists."""
    return dict(_plain(asdict(reading), as_numbers=False))


def as_line(text: str, reading: Reading) -> dict[str, Any]:
    """Return one line of ``manage.py tag``: the text, then the reading with values as JSON numbers."""
    return {"text": text, **_plain(asdict(reading), as_numbers=True)}
