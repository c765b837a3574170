"""Put texts back into a release that may not pass them on: ``manage.py rehydrate lighthouses-1.zip --texts texts --output whole``."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from claims.errors import ExtractError, RejoinderError
from claims.extract import extract
from claims.publishing.rehydrating import rehydrate


class Command(BaseCommand):
    help = (
        "Put the texts back into a release that may not pass them on. Fetch them from where the release says they are "
        "and save each as a file; which is which shows by its hash."
    )

    def add_arguments(self, parser):
        parser.add_argument("release", metavar="RELEASE", help="the folder or the zip of the release")
        parser.add_argument(
            "--texts", metavar="FOLDER", required=True, help="a folder of texts: .txt, .html, .pdf, .docx"
        )
        parser.add_argument("--output", metavar="FOLDER", required=True, help="a new folder for the whole corpus")

    def handle(self, *, release, texts, output, **options):
        source, target = Path(texts), Path(output)
        if not source.is_dir():
            raise CommandError(f"{texts} is no folder.")
        if target.exists() and any(target.iterdir()):
            raise CommandError(f"{output} is not empty; name a new folder.")
        target.mkdir(parents=True, exist_ok=True)
        try:
            done = rehydrate(Path(release), self.read(source), target)
        except (RejoinderError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(done.found):,} texts put back, in {output}.")
        for one in done.missing:
            self.stderr.write(f"No file holds the text of “{one.title}”{f' ({one.url})' if one.url else ''}.")
        if done.missing:
            raise CommandError(
                f"{len(done.missing):,} texts are missing; a text is known by its hash, so it has to be the very same, "
                "as Rejoinder read it."
            )

    def read(self, folder):
        """Yield (name, text) of every file that can be read."""
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            try:
                yield path.name, extract(path, filename=path.name).text
            except ExtractError as error:
                self.stderr.write(str(error))
