"""Copy the database while people work in it: ``manage.py backup rejoinder-2025-07-01.sqlite3``."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import connection


class Command(BaseCommand):
    help = "Copy the SQLite database to a file while people work in it; nothing else needs to stop."

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE", help="where the copy goes; an existing file is not overwritten")

    def handle(self, *, file, **options):
        if connection.vendor != "sqlite":
            name = connection.settings_dict["NAME"]
            raise CommandError(
                f"This database is PostgreSQL; copy it with: pg_dump --format=custom --file={file} {name}"
            )
        target = Path(file)
        if target.exists():
            raise CommandError(f"{target} exists; name a new file.")
        if not target.parent.is_dir():
            raise CommandError(f"There is no folder {target.parent}.")
        part = target.with_name(f".{target.name}.part")
        connection.ensure_connection()
        try:
            with closing(sqlite3.connect(part)) as copy:
                # One step, so that what is copied is one state, however many write meanwhile.
                connection.connection.backup(copy, pages=-1)
                (state,) = copy.execute("PRAGMA integrity_check").fetchone()
            if state != "ok":
                raise CommandError(f"The copy is damaged: {state}.")
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
        size = target.stat().st_size / 2**20
        self.stdout.write(
            f"{target}: {size:.1f} MB. Uploaded and exported files are in the folder files/ beside the database."
        )
