"""Write a project to a file: ``manage.py export lighthouses --format jsonl --output lighthouses.jsonl``."""

import sys
from collections import Counter
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from claims.exchange import export_project
from claims.formats import FORMATS
from claims.models import Layer, Project


class Command(BaseCommand):
    help = "Write a project to a file, in one of the formats of docs/exchange.md."

    def add_arguments(self, parser):
        parser.add_argument("project", metavar="PROJECT", help="the project's short name, as in its address")
        parser.add_argument("--format", choices=FORMATS, required=True)
        parser.add_argument("--output", metavar="PATH", required=True, help="the file to write; - is standard output")
        parser.add_argument("--history", action="store_true", help="every version of every row goes along (jsonl)")
        parser.add_argument(
            "--layer", metavar="NAME", action="append", help="only this layer; may be given several times"
        )
        parser.add_argument("--raw", action="store_true", help="csv for programs: nothing is changed for spreadsheets")

    def handle(self, *, project, format, output, history, layer, raw, **options):
        found = Project.objects.live().filter(slug=project).first()
        if found is None:
            raise CommandError(f"There is no project {project}.")
        if raw and "is_safe" not in FORMATS[format].OPTIONS:
            raise CommandError(f"--raw is for csv; {format} changes nothing for spreadsheets.")
        target = {"stream": sys.stdout.buffer} if output == "-" else {"path": Path(output)}
        more = {"is_safe": False} if raw else {}
        left_out = Counter()
        with tqdm(unit="record", file=sys.stderr, disable=None) as bar:

            def progress(done, total):
                bar.total = total
                bar.update(done - bar.n)

            try:
                counts = export_project(
                    found,
                    format=format,
                    history=history,
                    layers=self.layers(found, layer),
                    progress=progress,
                    left_out=left_out,
                    **target,
                    **more,
                )
            except OSError as error:
                raise CommandError(f"{output} cannot be written: {error.strerror}.") from error
        if output != "-":
            self.report(output, counts, FORMATS[format], left_out)

    def layers(self, project, names):
        """Return the QuerySet of layers of these names, or None for all."""
        if not names:
            return None
        layers = Layer.objects.live().filter(project=project)
        known = set(layers.values_list("name", flat=True))
        for name in names:
            if name not in known:
                raise CommandError(f"There is no layer {name!r}; there are {', '.join(sorted(known))}.")
        return layers.filter(name__in=names)

    def report(self, output, counts, module, left_out):
        kinds = ("document", "dossier", "layer", "claim", "link", "citation")
        found = [(kind, counts.get(kind, 0)) for kind in kinds]
        held = ", ".join(f"{count:,} {kind}{'' if count == 1 else 's'}" for kind, count in found)
        self.stdout.write(f"{output}: from {held}.")
        for sentence in module.LOSES:
            self.stdout.write(sentence)
        if left_out:
            told = ", ".join(f"{words} ({count:,})" for words, count in sorted(left_out.items()) if count)
            self.stdout.write(f"Not carried: {told}.")
