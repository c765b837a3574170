"""Rank the assertions each response may respond to: ``manage.py suggest_pairs < cases.jsonl > ranked.jsonl``."""

import sys

from django.core.management.base import BaseCommand, CommandError

from annotate.pipeline.cli import InputError, suggest_pairs_lines


class Command(BaseCommand):
    help = 'Reads a case a line ({"id", "claims", "responses"}) on standard input; writes ranked targets for each response. Needs no database.'
    requires_system_checks = []

    def handle(self, *args, **options):
        try:
            suggest_pairs_lines(options.get("stdin") or sys.stdin, self.stdout)
        except InputError as error:
            raise CommandError(str(error)) from error
