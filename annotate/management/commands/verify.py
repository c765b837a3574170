"""Prove what the database promises: ``manage.py verify`` or ``manage.py verify lighthouses``."""

from django.core.management.base import BaseCommand, CommandError

from claims.models import Project
from claims.verify import verify


class Command(BaseCommand):
    help = (
        "Check texts, marks, links, names and history of one project, or of all; exits 1 where something does not hold."
    )

    def add_arguments(self, parser):
        parser.add_argument("project", metavar="PROJECT", nargs="?", help="its short name; all projects without one")

    def handle(self, *, project, **options):
        found = None
        if project is not None:
            found = Project.objects.live().filter(slug=project).first()
            if found is None:
                raise CommandError(f"There is no project {project}.")
        report = verify(found)
        for fault in report.faults:
            self.stderr.write(fault)
        for noun, count in sorted(report.counts.items()):
            self.stdout.write(f"{count:>9,} {noun}")
        if report.faults:
            raise CommandError(f"{len(report.faults)} of these do not hold together.")
        self.stdout.write("Everything holds together.")
