"""Read a project's documents ahead, or again with a newer version: ``manage.py tag_project lighthouses``."""

from django.core.management.base import BaseCommand, CommandError

from annotate import runs, suggest
from annotate.management.commands._runs import finish
from claims.models import Document, Project


class Command(BaseCommand):
    help = "Read a project's documents ahead of its reviewers. What somebody decided on stays as it is."

    def add_arguments(self, parser):
        parser.add_argument("project", metavar="PROJECT", help="the project's short name, as in its address")
        parser.add_argument(
            "--outdated", action="store_true", help="only those that this version of the reading machine has not read"
        )

    def handle(self, *, project, outdated, **options):
        found = Project.objects.live().filter(slug=project).first()
        if found is None:
            raise CommandError(f"There is no project called {project}.")
        documents = Document.objects.live().filter(project=found).with_text()
        if outdated:
            documents = documents.exclude(tagged_by=suggest.signature())
        done, is_refused = finish(self, runs.start_tagging(found, None, documents))
        self.stdout.write(f"Read {done.outcome['read']} of {done.total} documents of {found.title}.")
        if is_refused:
            raise CommandError(f"{done.outcome['refused']} could not be read.")
