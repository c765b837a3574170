"""Load the demo dossier: ``manage.py demo``; begin it afresh: ``manage.py demo --reset``."""

from django.core.management.base import BaseCommand

from annotate import demo


class Command(BaseCommand):
    help = "Load the invented demo dossier, if it is not there, for the user demo."

    def add_arguments(self, parser):
        parser.add_argument("--reset", action="store_true", help="start over; the old demo is put away, not erased")

    def handle(self, *, reset, **options):
        if reset:
            project, is_new = demo.start_over(), True
        else:
            project, is_new = demo.load()
        self.stdout.write(f"{'Loaded' if is_new else 'Already here:'} the demo, “{project.title}”.")
