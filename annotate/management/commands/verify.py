"""Prove what is promised: of the database, ``manage.py verify lighthouses``; of a release, ``verify lighthouses-1.zip``."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from claims.errors import FormatError
from claims.models import Project
from claims.verify import verify


class Command(BaseCommand):
    help = (
        "Check texts, marks, links, names and history of one project, or of all; or a release, from its files alone. "
        "Exits 1 where something does not hold."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "project",
            metavar="PROJECT",
            nargs="?",
            help="its short name, or a release’s zip or folder; all projects without one",
        )

    def handle(self, *, project, **options):
        # A folder may have the name of a project; that of a release says what it is.
        if project is not None and (Path(project).is_file() or (Path(project) / "release.json").is_file()):
            return self.verify_release(Path(project))
        found = None
        if project is not None:
            found = Project.objects.live().filter(slug=project).first()
            if found is None:
                raise CommandError(f"There is no project {project}.")
        return self.tell(verify(found))

    def verify_release(self, path):
        # Imported here: reading tables is no part of checking a database.
        from claims.publishing.checking import check

        try:
            report = check(path)
        except FormatError as error:
            raise CommandError(str(error)) from error
        return self.tell(report)

    def tell(self, report):
        for fault in report.faults:
            self.stderr.write(fault)
        for noun, count in sorted(report.counts.items()):
            self.stdout.write(f"{count:>9,} {noun}")
        if report.faults:
            raise CommandError(f"{len(report.faults)} of these do not hold together.")
        self.stdout.write("Everything holds together.")
