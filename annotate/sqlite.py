"""Chooses the SQLite library before Django loads its backend.

SQLite before 3.51.3 (backports 3.50.7, 3.44.6) can, rarely, lose a commit in WAL mode when several processes write:
https://www.sqlite.org/wal.html#walresetbug. Most Python builds still ship an older one, so pysqlite3, which bundles
its own, takes its place.
"""

import sqlite3
import sys

MANY_WRITERS_SAFE = "3.51.3, 3.50.7 or 3.44.6"


def is_safe_for_many_writers(version: tuple[int, ...]) -> bool:
    """Whether this SQLite may be written by several processes at once in WAL mode."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def use_safe_library() -> None:
    """Replace the standard library's sqlite3 by pysqlite3 where that one is safe and this one is not."""
    if is_safe_for_many_writers(sqlite3.sqlite_version_info):
        return
    try:
        import pysqlite3
    except ImportError:
        return
    if is_safe_for_many_writers(pysqlite3.sqlite_version_info):
        sys.modules["sqlite3"] = pysqlite3
        sys.modules["sqlite3.dbapi2"] = sys.modules["pysqlite3.dbapi2"]
