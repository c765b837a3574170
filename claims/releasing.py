"""Making a release of a project: its state of one moment becomes a zip that never changes, and a row that says so.

What is in the files is decided in claims/publishing; here is what only the database knows.
"""

import dataclasses
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid5

from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from claims import exchange, signing
from claims.announcing import announce
from claims.errors import RejoinderError
from claims.measuring import measure
from claims.models import Change, Claim, Document, Dossier, Layer, Link, Project, Redaction, Release, Webhook
from claims.publishing import corpus, packing, tables
from claims.publishing.about import About
from claims.publishing.building import Wanted, build
from claims.publishing.corpus import Choices
from claims.publishing.masking import Masks, Pseudonyms

NAMESPACE = UUID("6f1a6e0c-6f8f-4b0e-9d43-5b1d3a7c2f11")


class ReleaseRefused(RejoinderError):
    """A release that cannot be made as things stand."""


@dataclass
class Said:
    """What the maker of a release decides."""

    licence: str = "CC-BY-4.0"
    summary: str = ""
    creators: tuple[str, ...] = ()
    shares: dict = field(default_factory=lambda: {"train": 80, "dev": 10, "test": 10})
    seed: int = 1
    layers: tuple = ()  # uuids beside the layer that counts; all of them where empty and it is not to be alone
    is_alone: bool = False
    day: object = None  # today's where left out
    url: str = ""


def as_json(said):
    """Return what a maker said as JSON values, for a run that makes the release later."""
    values = dataclasses.asdict(said)
    values["layers"] = [str(pk) for pk in said.layers]
    values["day"] = (said.day or timezone.localdate()).isoformat()
    return values


def from_json(values):
    layers = tuple(map(UUID, values["layers"]))
    return Said(**{**values, "layers": layers, "day": date.fromisoformat(values["day"])})


@dataclass
class Built:
    """A release in a folder that is gone when its maker is done with it."""

    folder: Path
    about: About
    people: dict


def refusal(project):
    """Return why no release of the project can be made now, in a sentence; "" where one can."""
    if project.kind == Project.Kind.INDEPENDENT and project.adjudication_opened_at is None:
        return "Annotators still work unseen by one another; a release is made once adjudication is open."
    if not Document.objects.live().filter(project=project).with_text().exists():
        return "There is no document in this project yet."
    return ""


def layers_of(project, chosen=(), *, is_alone=False):
    """Return the layers that go out: the one that counts, and beside it ``chosen`` ones, every other, or none."""
    layers = Layer.objects.live().filter(project=project)
    if not chosen and not is_alone:
        return layers
    return layers.filter(
        pk__in=[*chosen, *layers.filter(kind=signing.settling_kind(project)).values_list("pk", flat=True)]
    )


@contextmanager
def built(project, said, *, progress=None):
    """Yield a release of ``project`` as it is now, Built but not stored; raises ReleaseRefused where none can be."""
    told = progress or (lambda words: None)
    why = refusal(project)
    if why:
        raise ReleaseRefused(why)
    before = Release.objects.filter(project=project).first()
    number = before.number + 1 if before else 1
    name = f"{project.slug}-{number}"
    layers = layers_of(project, said.layers, is_alone=said.is_alone)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / name
        folder.mkdir()
        with exchange.steady_view() as using, opened(before) as earlier:
            scope = exchange.Scope(project, layers=layers, using=using)
            pseudonyms = pseudonyms_of(scope, before)
            wanted = Wanted(
                name=name,
                uuid=str(uuid5(NAMESPACE, f"{project.pk} {number}")),
                number=number,
                day=(said.day or timezone.localdate()).isoformat(),
                choices=Choices(masks=masks_of(project, using), pseudonyms=pseudonyms, gone=gone(project, using)),
                summary=said.summary,
                creators=tuple(said.creators),
                licence=said.licence,
                url=said.url,
                shares=said.shares,
                seed=said.seed,
                kept=tables.read_splits(earlier) if earlier else {},
                control=project.dossiers.live().filter(is_control=True).count(),
                open_dossiers=open_dossiers(project),
                previous=before.number if before else 0,
                before=earlier / corpus.FILE if earlier else None,
            )
            told("comparing the annotators")
            wanted.agreement = agreement_of(project, layers, pseudonyms)
            wanted.changed_after_opening = changed_after_opening(project, layers)
            about = build(scope.records(), folder, wanted, progress=told)
        names = {username: str(pk) for pk, username in scope.names.items()}
        people = {names[name]: pseudonym for name, pseudonym in pseudonyms.known.items() if name in names}
        yield Built(folder, about, {**(before.people if before else {}), **people})


def make_release(project, said, *, actor, progress=None, keep_folder=None):
    """Build a release and store it; return its row. ``keep_folder`` is a path that folder and zip are copied to."""
    with built(project, said, progress=progress) as found:
        if progress is not None:
            progress("packing")
        target = found.folder.with_suffix(".zip")
        packing.pack(found.folder, target)
        if keep_folder is not None:
            shutil.copytree(found.folder, keep_folder / found.folder.name)
            shutil.copy(target, keep_folder)
        return store(project, found, target, actor=actor)


def store(project, found, path, *, actor):
    about = found.about
    row = Release(
        uuid=UUID(about.uuid),
        project=project,
        number=about.number,
        day=about.day,
        summary=about.summary,
        licence=about.licence,
        size=path.stat().st_size,
        sha256=packing.digest_of(path),
        about=shown(about),
        people=found.people,
        created_by=actor,
    )
    storage = row.file.storage
    with path.open("rb") as file:
        name = storage.save(f"releases/{row.pk}/{path.name}", File(file))
    row.file.name = name
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            announce(
                project,
                Webhook.Event.RELEASE_MADE,
                release=str(row.pk),
                number=row.number,
                name=row.name,
                sha256=row.sha256,
            )
    except IntegrityError as error:
        storage.delete(name)
        raise ReleaseRefused(
            f"Release {row.number} was made just now; look at it, and make another if need be."
        ) from error
    return row


def shown(about):
    """Return what the page of a release shows of it."""
    texts = [one for one in about.documents if not one.is_cited_work]
    return {
        "name": about.name,
        "reading": about.reading,
        "creators": list(about.creators),
        "layers": [[layer.name, layer.kind, layer.claims, layer.links] for layer in about.layers],
        "splits": about.splits,
        "shares": about.shares,
        "seed": about.seed,
        "tables": about.tables,
        "documents": len(texts),
        "withheld": sum(not one.has_text for one in texts),
        "masked": sum(len(one.masks) for one in about.documents),
        "open_dossiers": about.open_dossiers,
        "vocabulary": about.vocabulary,
        "guidelines": about.guidelines,
        "previous": about.previous,
        "changes": about.changes,
    }


@contextmanager
def opened(release):
    """Yield the unpacked folder of an earlier release, or None."""
    if release is None:
        yield None
        return
    with packing.unpacked(Path(release.file.path)) as folder:
        yield folder


def pseudonyms_of(scope, before):
    """Return the pseudonyms of earlier releases, and one for each annotator whose layer goes out."""
    known = before.people if before else {}
    by_name = {scope.names[pk]: known[str(pk)] for pk in scope.names if str(pk) in known}
    found = Pseudonyms(by_name, taken=len(known))
    annotators = scope.querysets[exchange.records.Layer].exclude(annotator=None).order_by("pk")
    for pk in annotators.values_list("annotator", flat=True):
        found.of(scope.names[pk])
    return found


def masks_of(project, using):
    masks = Masks()
    rows = Redaction.objects.using(using).live().filter(document__project=project, document__deleted_at=None)
    for document, start, end, quote in rows.values_list("document", "start", "end", "quote").order_by("pk"):
        masks.add(document, start, end, quote)
    return masks


def gone(project, using):
    """Return the uuids of deleted rows, which others may still name."""
    found = set()
    for model, path in (
        (Document, "project"),
        (Dossier, "project"),
        (Claim, "layer__project"),
        (Link, "layer__project"),
    ):
        rows = model._base_manager.using(using).filter(**{path: project}, deleted_at__isnull=False)
        found |= set(rows.values_list("pk", flat=True))
    return found


def agreement_of(project, layers, pseudonyms):
    """Return the agreement of the annotators' layers that go out, by pseudonym; {} where there are not two."""
    compared = layers.filter(kind=Layer.Kind.ANNOTATOR).select_related("annotator")
    if compared.count() < 2:
        return {}
    names = {layer.pk: pseudonyms.known.get(layer.annotator.username, layer.name) for layer in compared}
    return measure(project, layers=compared, names=names)


def changed_after_opening(project, layers):
    """Return how many changes were made in annotators' layers after adjudication had opened."""
    if project.adjudication_opened_at is None:
        return 0
    own = layers.filter(kind=Layer.Kind.ANNOTATOR).values("pk")
    return Change.objects.filter(layer__in=own, at__gt=project.adjudication_opened_at).count()


def open_dossiers(project):
    """Return how many dossiers no editor has signed off as they stand."""
    standings = signing.standings(signing.settling_layer(project), list(project.dossiers.live()))
    return sum(one.state != "signed" for one in standings.values())
