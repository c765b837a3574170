"""Tag text on standard input: ``manage.py tag < story.txt``, ``manage.py tag --jsonl < texts.jsonl``."""

import sys

from django.core.management.base import BaseCommand, CommandError

from annotate.pipeline.cli import InputError, tag_lines


class Command(BaseCommand):
    help = 'Reads plain text, or with --jsonl a {"text"} a line, on standard input; writes a line of JSON a document. Needs no database.'
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--jsonl", action="store_true", help="read JSON lines rather than one plain text")

        parser.add_argument(
            "--processes", type=int, default=1, help="with --jsonl: read this many documents side by side"
        )

    def handle(self, *args, **options):
        try:
            tag_lines(
                options.get("stdin") or sys.stdin, self.stdout, jsonl=options["jsonl"], processes=options["processes"]
            )
        except InputError as error:
            raise CommandError(str(error)) from error
