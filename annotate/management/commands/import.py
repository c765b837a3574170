"""Bring documents, or a whole corpus, in: ``manage.py import lighthouses report.pdf story.html``."""

import json
import sys
from pathlib import Path

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from annotate import runs
from annotate.management.commands._runs import find_owner, finish, get_or_make_project
from claims import corpora, exchange, reviewing
from claims.errors import ExtractError, RejoinderError
from claims.formats import FORMATS
from claims.models import Document, Dossier, Project


class Command(BaseCommand):
    help = (
        "Bring documents (.txt, .html, .pdf, .docx, or .jsonl with a text a line) into a project, which is made when it "
        "is new; or a whole corpus that was exported elsewhere, which becomes the project."
    )

    def add_arguments(self, parser):
        parser.add_argument("project", metavar="PROJECT", help="the project's short name, as in its address")
        parser.add_argument("files", metavar="FILE", nargs="+", help="files; or a folder, of brat")
        readable = [name for name, module in FORMATS.items() if module.READABLE]
        parser.add_argument("--format", choices=readable, help="of a corpus; found out by itself where it can be")
        parser.add_argument(
            "--same-people", action="store_true", help="of a corpus: people of the same username are the same people"
        )
        parser.add_argument(
            "--layer",
            metavar="NAME",
            help="of another tool's corpus: the layer it goes into; it has no claims there yet",
        )
        parser.add_argument(
            "--map",
            metavar="TYPE=MEANING",
            action="append",
            default=[],
            help="of another tool's corpus: what a type becomes; claim, assertion, response, mention or none, and for a "
            "relation a label, agree, dispute, neutral or none; column:HEADER=assertion and the like for a table",
        )
        parser.add_argument(
            "--mapping", metavar="FILE", help='the same as JSON: {"Premise": "claim", "Attack": "dispute"}'
        )
        parser.add_argument("--preview", action="store_true", help="only say what another tool's corpus would become")
        parser.add_argument("--title", help="of the document, where there is one file")
        parser.add_argument("--kind", choices=Document.Kind.values, help="what the documents are")
        parser.add_argument("--language", help="of the documents, such as en or km")
        parser.add_argument("--dossier", metavar="TITLE", help="the dossier they go in, made when it is new")
        parser.add_argument("--owner", metavar="USERNAME", help="who owns the project, if it is new")
        parser.add_argument("--again", action="store_true", help="bring in also what the project already has")
        tagging = parser.add_mutually_exclusive_group()
        tagging.add_argument("--tag", action="store_true", default=True, help="read the documents ahead (the default)")
        tagging.add_argument("--no-tag", dest="tag", action="store_false", help="leave that for later")

    def handle(self, *, project, files, format, same_people, **options):
        format = format or next(filter(None, map(exchange.is_corpus, files)), None)
        asked = [name for name in ("layer", "map", "mapping", "preview") if options[name]]
        if asked and (format is None or not (corpora.is_foreign(format) or reviewing.reads(format))):
            raise CommandError(f"--{asked[0]} is for another tool's corpus; say its --format.")
        if format is None:
            return self.bring_in(project, files, **options)
        if len(files) > 1:
            raise CommandError("A corpus becomes a project of its own; bring it in by itself.")
        if reviewing.reads(format):
            return self.bring_in_reviews(project, files[0], format, **options)
        if corpora.is_foreign(format):
            return self.bring_in_foreign(project, files[0], format, **options)
        return self.bring_in_corpus(project, files[0], format, options["owner"], same_people)

    def bring_in_foreign(self, slug, path, format, *, owner, layer, title, language, preview, **options):
        known = Project.objects.live().filter(slug=slug).first()
        try:
            wishes = self.wishes(options["map"], options["mapping"])
            if preview:
                outcome = corpora.look_at(path, format=format, wishes=wishes, project=known)
            else:
                outcome = self.store_foreign(
                    path, format=format, project=known, slug=slug, title=title or "", layer=layer or "",
                    language=language or "en", wishes=wishes, actor=find_owner(owner),
                )  # fmt: skip
        except (RejoinderError, OSError) as error:
            raise CommandError(str(error)) from error
        for fault in sorted(outcome.report.faults):
            self.stderr.write(str(fault))
        for note in outcome.notes:
            self.stderr.write(note)
        for header, meaning in outcome.columns:
            self.stdout.write(f"  column:{header}: {meaning or 'left out'}")
        self.stdout.write(f"{outcome.seen.texts:,} texts. What its types become; --map TYPE=MEANING says otherwise:")
        for line in outcome.plan.in_words(outcome.seen):
            self.stdout.write(f"  {line}")
        if outcome.plan.unknown:
            self.stdout.write(f"Not known by name: {', '.join(outcome.plan.unknown)}.")
        files = len({fault.file for fault in outcome.report.faults})
        if files:
            self.stdout.write(
                f"{len(outcome.report.faults):,} faults in {files:,} files, listed above; the rest is not affected."
            )
        if outcome.project is not None:
            kinds = ("document", "claim", "link")
            counts = ", ".join(f"{outcome.counts.get(kind, 0):,} {kind}s" for kind in kinds)
            self.stdout.write(f"{outcome.project.slug}: brought in {counts}.")

    def bring_in_reviews(self, slug, path, format, *, owner, layer, preview, **options):
        project = Project.objects.live().filter(slug=slug).first()
        try:
            wishes = self.wishes(options["map"], options["mapping"])
            said = {"project": project, "layer": reviewing.chosen_layer(project, layer or ""), "wishes": wishes}
            if preview:
                outcome = reviewing.look_at(path, format=format, **said)
            else:
                outcome = reviewing.bring_in(path, format=format, actor=find_owner(owner), **said)
        except (RejoinderError, OSError) as error:
            raise CommandError(str(error)) from error
        for told in (*sorted(outcome.report.faults), *outcome.notes):
            self.stderr.write(str(told))
        self.stdout.write("What its ratings become; --map RATING=VERDICT says otherwise:")
        for line in outcome.in_words():
            self.stdout.write(f"  {line}")
        counts = ", ".join(f"{outcome.counts[kind]:,} {kind}s" for kind in ("review", "assessment", "citation"))
        self.stdout.write(f"{slug}: {'would bring in' if preview else 'brought in'} {counts}.")

    def store_foreign(self, path, **options):
        with tqdm(unit="B", unit_scale=True, file=sys.stderr, disable=None) as bar:

            def progress(done, total):
                bar.total = total
                bar.update(done - bar.n)

            return corpora.bring_in(path, progress=progress, **options)

    def wishes(self, pairs, mapping):
        """Return {type: what it becomes} of the options; raises CommandError for what cannot be read."""
        wishes = {}
        if mapping:
            try:
                wishes = json.loads(Path(mapping).read_text(encoding="utf-8"))
            except ValueError as error:
                raise CommandError(f"{mapping} is no JSON: {error}.") from error
            if not isinstance(wishes, dict) or not all(isinstance(value, str) for value in wishes.values()):
                raise CommandError(f'{mapping}: write one object, such as {{"Premise": "claim", "Attack": "dispute"}}.')
        for pair in pairs:
            name, equals, value = pair.partition("=")
            if not equals or not name or not value:
                raise CommandError(f"--map {pair}: write TYPE=MEANING, such as Premise=claim.")
            wishes[name] = value
        return wishes

    def bring_in_corpus(self, slug, path, format, owner, same_people):
        with tqdm(unit="B", unit_scale=True, file=sys.stderr, disable=None) as bar:

            def progress(done, total):
                bar.total = total
                bar.update(done - bar.n)

            try:
                summary = exchange.import_project(
                    path,
                    format=format,
                    project=slug,
                    actor=find_owner(owner),
                    same_people=same_people,
                    progress=progress,
                )
            except (RejoinderError, OSError) as error:
                raise CommandError(str(error)) from error
        for note in summary.notes:
            self.stderr.write(note)
        counts = ", ".join(f"{number} {name}" for name, number in sorted(summary.counts.items()) if number)
        self.stdout.write(f"{summary.project.slug}: brought in “{summary.project.title}” ({counts}).")

    def bring_in(self, project, files, *, title, kind, language, dossier, owner, again, tag, **options):
        if title and len(files) > 1:
            raise CommandError("--title is for one file; without it each document takes its own.")
        project, user = get_or_make_project(self, project, owner)
        opened = [(path, self.open(path)) for path in files]
        kept = runs.keep_files(opened)
        for _, file in opened:
            if isinstance(file, File):
                file.close()
        run = runs.start_import(
            project,
            user,
            kept,
            tag=tag,
            again=again,
            dossier=Dossier.objects.live().filter(project=project, title=dossier).first() if dossier else None,
            dossier_title=dossier or "",
            fields={"title": title, "kind": kind, "language": language},
        )
        done, is_refused = finish(self, run)
        for item in done.items.filter(is_error=False).select_related("document"):
            self.stdout.write(f"{item.name}: {told(item)}")
        if is_refused:
            refused = done.items.filter(is_error=True).count()
            raise CommandError(f"{refused} of {done.total} could not be brought in.")

    def open(self, path):
        """Return the file, or the error that says why it cannot be read."""
        path = Path(path)
        if path.is_dir():
            return ExtractError(f"{path}: this is a folder; name the files in it.", reason="missing")
        try:
            return File(path.open("rb"), name=path.name)
        except OSError as error:
            return ExtractError(f"{path}: the file could not be opened ({error.strerror}).", reason="missing")


def told(item):
    """Return what came of one file, in a sentence."""
    if item.document is None or item.message.startswith(runs.ALREADY):
        return item.message
    return f"brought in as “{item.document}”. {item.message}".strip()
