"""The exceptions a caller may want to catch.

Every message is one sentence that can be shown to a person as it stands: what happened, where, and what would help.
"""

from typing import Any, Literal, get_args

ExtractReason = Literal[
    "empty",
    "too_large",
    "wrong_type",
    "unsupported",
    "encoding",
    "not_text",
    "password",
    "no_text",
    "damaged",
    "timeout",
    "memory",
    "missing",
]

EXTRACT_REASONS: tuple[ExtractReason, ...] = get_args(ExtractReason)


class RejoinderError(Exception):
    """Something that was asked for and could not be done; nothing was changed."""


class OffsetError(RejoinderError, ValueError):
    """An offset lies outside its text or inside a character."""


class FormatError(RejoinderError):
    """A file does not follow the format it is read as; the message names the line or record."""


class ExtractError(RejoinderError):
    """A file could not be turned into text; ``reason`` is a stable key, listed in ``docs/documents-in.md``."""

    def __init__(self, message: str, *, reason: ExtractReason = "damaged") -> None:
        super().__init__(message)
        self.reason: ExtractReason = reason


class StaleWrite(RejoinderError):
    """Somebody changed the row first. ``row`` is the writer's copy, ``attempted`` what it wanted: {field: value}.

    ``merge`` is the claims.merging.Merge whose clashes have to be asked, where merging was tried.
    """

    def __init__(self, *, row: Any, attempted: dict[str, Any], merge: Any = None) -> None:
        super().__init__(
            "Somebody else changed this since you opened it; both versions are kept for you to choose from."
        )
        self.row = row
        self.attempted = attempted
        self.merge = merge


class SignedUnseen(RejoinderError):
    """Something was changed after the page was shown on which somebody signs; nobody signs what they have not seen."""


class NothingToUndo(RejoinderError):
    """The deed that was to be undone does not stand, or is somebody else's."""


class LostLease(RejoinderError):
    """A run was cancelled, or another worker took it over; this worker must stop and write nothing more."""


class ImportRefused(RejoinderError):
    """A corpus that is in order cannot be stored here: its name or its uuids are taken, or it is being imported."""
