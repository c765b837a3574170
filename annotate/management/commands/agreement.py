"""Say how far the annotators of a project agree: ``manage.py agreement lighthouses --json``."""

import json

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from claims.agreement import SAMPLES, SEED
from claims.measuring import measure
from claims.models import Layer, Project

TITLES = {
    "claims": "Claims",
    "links": "Links",
    "facets": "Labels of links that two annotators made",
    "claim_fields": "What is said of matched claims",
    "figures": "Figure outcomes",
    "no_response": "No response found",
}


class Command(BaseCommand):
    help = "Say how far the layers of a project agree, with intervals; docs/agreement.md explains each figure."

    def add_arguments(self, parser):
        parser.add_argument("project", metavar="PROJECT", help="the project's short name, as in its address")
        parser.add_argument("--json", action="store_true", dest="as_json", help="everything, as JSON")
        parser.add_argument(
            "--layers",
            metavar="NAME",
            nargs="+",
            help="only these layers, two or more, gold among them if you like (all annotators' unless given)",
        )
        parser.add_argument("--samples", type=int, default=SAMPLES, help=f"samples for the intervals ({SAMPLES})")
        parser.add_argument("--seed", type=int, default=SEED, help=f"seed of the samples ({SEED})")

    def handle(self, *, project, as_json, layers, samples, seed, **options):
        found = Project.objects.live().filter(slug=project).select_related("vocabulary").first()
        if found is None:
            raise CommandError(f"There is no project {project}.")
        if not 10 <= samples <= 100_000:
            raise CommandError("Draw from 10 to 100,000 samples.")
        with tqdm(unit="dossier", disable=None) as bar:

            def progress(done, total):
                bar.total = total
                bar.update(done - bar.n)

            figures = measure(found, layers=self.layers(found, layers), samples=samples, seed=seed, progress=progress)
        if as_json:
            self.stdout.write(json.dumps(figures, indent=2, ensure_ascii=False))
        else:
            self.report(figures)

    def layers(self, project, names):
        """Return the QuerySet of layers of these names, or None for the annotators'."""
        if not names:
            return None
        layers = Layer.objects.live().filter(project=project)
        known = set(layers.values_list("name", flat=True))
        for name in names:
            if name not in known:
                raise CommandError(f"There is no layer {name!r}; there are {', '.join(sorted(known))}.")
        return layers.filter(name__in=names)

    def report(self, figures):
        layers = ", ".join(figures["layers"]) or "none"
        self.stdout.write(
            f"{figures['dossiers']} {'dossier' if figures['dossiers'] == 1 else 'dossiers'}; layers: {layers}"
        )
        for section, title in TITLES.items():
            self.stdout.write(f"\n{title}")
            for name, row in rows(figures[section]):
                self.stdout.write(f"  {name:<34} {said(row)}")


def rows(section, before=""):
    """Yield (name, figure) of a section, facet by facet; the figures of single labels are left to the JSON."""
    for name, part in section.items():
        if isinstance(part, dict) and "value" in part:
            yield f"{before}{name}", part
        elif isinstance(part, dict) and "percent" in part:
            yield from rows({key: part[key] for key in ("percent", "kappa", "alpha")}, f"{before}{name} ")


def said(row):
    if row["value"] is None:
        return f"–        n {row['n']:,} {row['of']}. {row['why']}"
    interval = "" if row["interval"] is None else " [{}, {}]".format(*map(three_places, row["interval"]))
    return f"{three_places(row['value'])}{interval}  n {row['n']:,} {row['of']}"


def three_places(value):
    """Return a value with three places, never 1.000 for what is less than 1."""
    written = f"{value:.3f}"
    return "0.999" if written == "1.000" and value < 1 else written
