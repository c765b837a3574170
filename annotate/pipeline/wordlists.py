"""Word lists written as they are read: one string, words between blanks."""


def words_of(row: str) -> frozenset[str]:
    """Return the words of a row as a set."""
    return frozenset(row.split())
