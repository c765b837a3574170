"""Freeze a project's state as a numbered release: ``manage.py release lighthouses --output releases``."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from annotate.management.commands._runs import find_owner
from claims import releasing
from claims.errors import RejoinderError
from claims.models import Layer, Project
from claims.publishing.about import SPLITS


class Command(BaseCommand):
    help = "Freeze a project's state as a numbered release: a folder and a zip that can be cited and checked."

    def add_arguments(self, parser):
        usual = releasing.Said()
        parser.add_argument("project", metavar="PROJECT", help="the project's short name, as in its address")
        parser.add_argument("--output", metavar="FOLDER", help="where folder and zip are copied to; stored here anyway")
        parser.add_argument("--summary", default="", help="what is new in it, in a sentence or two")
        parser.add_argument("--licence", default=usual.licence, help=f"of the annotations, SPDX ({usual.licence})")
        parser.add_argument(
            "--creator", metavar="NAME", action="append", default=[], help="who made it; may be repeated"
        )
        parser.add_argument(
            "--split",
            metavar="TRAIN/DEV/TEST",
            default="/".join(str(usual.shares[name]) for name in SPLITS),
            help="per cent of the documents in each part (80/10/10)",
        )
        parser.add_argument("--seed", type=int, default=usual.seed, help=f"seed of the parts ({usual.seed})")
        parser.add_argument(
            "--layer", metavar="NAME", action="append", default=[], help="only this layer beside the one that counts"
        )
        parser.add_argument("--owner", metavar="USERNAME", help="who makes it")

    def handle(self, *, project, output, summary, licence, creator, split, seed, layer, owner, **options):
        found = Project.objects.live().filter(slug=project).first()
        if found is None:
            raise CommandError(f"There is no project {project}.")
        said = releasing.Said(
            licence=licence,
            summary=summary,
            creators=tuple(creator),
            shares=self.shares(split),
            seed=seed,
            layers=tuple(self.layers(found, layer)),
        )
        folder = Path(output) if output else None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        with tqdm(file=sys.stderr, disable=None, bar_format="{desc}") as bar:
            try:
                release = releasing.make_release(
                    found, said, actor=find_owner(owner), progress=bar.set_description_str, keep_folder=folder
                )
            except (RejoinderError, OSError) as error:
                raise CommandError(str(error)) from error
        about = release.about
        counts = ", ".join(f"{about['tables'].get(name, 0):,} {name}" for name in ("documents", "claims", "links"))
        self.stdout.write(f"{release.name}: {counts}; {release.size:,} bytes, SHA-256 {release.sha256}.")
        for name, tables in about["splits"].items():
            if name in SPLITS:
                self.stdout.write(
                    f"  {name}: {tables.get('documents', 0):,} documents, {tables.get('links', 0):,} links"
                )
        if about["withheld"]:
            self.stdout.write(
                f"{about['withheld']:,} texts stay out for want of a licence that lets others pass them on."
            )

    def shares(self, split):
        """Return {part: per cent}; raises CommandError for what is no such thing."""
        parts = split.split("/")
        if len(parts) != len(SPLITS) or not all(part.isdigit() for part in parts) or sum(map(int, parts)) != 100:
            raise CommandError(f"--split {split}: write three whole numbers that add up to 100, such as 80/10/10.")
        return dict(zip(SPLITS, map(int, parts), strict=True))

    def layers(self, project, names):
        layers = dict(Layer.objects.live().filter(project=project).values_list("name", "pk"))
        for name in names:
            if name not in layers:
                raise CommandError(f"There is no layer {name!r}; there are {', '.join(sorted(layers))}.")
            yield layers[name]
