"""A whole corpus brought in: looked at first, so that a person sees what it becomes, then stored as they said.

Two runs share one file. The first counts what is in it and says what each of its types would become; the second, which a
person starts from there, makes a project of it or puts it into a layer of one. Both are jobs of ``annotate/runs.py``.
"""

import csv
import hashlib
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from django.db import transaction

from claims import corpora, exchange, reviewing
from claims.errors import FormatError, ImportRefused
from claims.formats import csv_table, foreign
from claims.models import Claim, Layer, Link, Project, Run, RunItem
from claims.policy import may

FAULTS_SHOWN = 20
TYPES_ASKED = 200
REVIEWED = ("review", "assessment", "citation")
COUNTED = ("document", "claim", "link")


def format_of(path, said=""):
    """Return the format of the file: the one that was said, or the one its beginning shows. Raises FormatError."""
    found = said or exchange.is_corpus(path)
    if found is None:
        raise FormatError("no format that can be read was recognised in it; choose the format it is in.")
    return found


@contextmanager
def by_its_name(item):
    """Let a sentence on what is wrong with a file call it as its person does."""
    try:
        yield
    except FormatError as error:
        stored = f"{Path(item.file.name).name}: "
        raise FormatError(f"{item.name}: {str(error).removeprefix(stored)}") from error


def look(job):
    """Say what the corpus holds and what it would become; nothing is stored."""
    item = job.run.items.get()
    with by_its_name(item):
        tell_what_it_becomes(job, item)


def tell_what_it_becomes(job, item):
    run = job.run
    said = run.parameters
    path = Path(item.file.path)
    format = format_of(path, said["format"])

    def progress(texts):
        job.tell(f"{texts:,} texts read")

    found = {"format": format}
    if reviewing.reads(format):
        layer = reviewed_layer(run, said["into"])
        outcome = reviewing.look_at(
            path, format=format, project=run.project, layer=layer, wishes=said["wishes"], progress=progress
        )
        found |= {"asked": asked_of_ratings(outcome), "expected": {name: outcome.counts[name] for name in REVIEWED}}
        found |= keep_faults(job, item, outcome.report)
    elif corpora.is_foreign(format):
        project, _ = target(run, said["into"])
        outcome = corpora.look_at(path, format=format, wishes=said["wishes"], project=project, progress=progress)
        if not outcome.seen.texts and not outcome.columns:
            raise no_text(outcome)
        found |= {"asked": asked(outcome), "expected": counts_of(outcome.expected)}
        found |= keep_faults(job, item, outcome.report)
    else:
        counts = corpora.count_records(path, format=format, progress=progress)
        found |= {"asked": [], "expected": counts_of(counts)}
    job.end_with(**found)


def reviewed_layer(run, into):
    """Return the layer whose claims are reviewed: the one that was said, or the first that may be written in."""
    _, layer = target(run, into)
    offered = layers_for(run.created_by, run.project)
    if layer is None and not offered:
        raise ImportRefused("Reviews are put on claims that are here, in a reading that you may write in.")
    return layer or offered[0]


def asked_of_ratings(outcome):
    rows = [
        {
            "group": "rating",
            "name": rating,
            "count": count,
            "usual": outcome.becomes[rating] or "cited, no verdict",
            "is_known": bool(outcome.becomes[rating]),
        }
        for rating, count in outcome.ratings.items()
    ]
    return sorted(rows, key=lambda row: (row["is_known"], -row["count"], row["name"]))[:TYPES_ASKED]


def no_text(outcome):
    faults = "".join(f" {fault}" for fault in sorted(outcome.report.faults)[:3])
    return FormatError(f"There is no text in it that can be brought in.{faults}")


def counts_of(counts):
    """Return {type: number} of what people speak of, in the order they do."""
    names = ("document", "dossier", "claim", "link", "mention", "suggestion", "citation", "comment")
    return {name: counts[name] for name in names if counts.get(name) or name in COUNTED}


def asked(outcome):
    """Return what a person is asked: of each type what it becomes, those not known by name first, then the frequent."""
    seen, plan, unknown = outcome.seen, outcome.plan, set(outcome.plan.unknown)
    has_words = any(meaning in ("assertion", "response") for _, meaning in outcome.columns)
    columns = [
        {
            "group": "column",
            "name": f"{corpora.COLUMN}{header}",
            "label": header,
            "usual": csv_table.MEANINGS[meaning][0] if meaning else "left out",
            "is_known": bool(meaning) or has_words,
        }
        for header, meaning in sorted(outcome.columns, key=lambda one: not one[1])
    ]
    rows = [
        {"group": "type", "name": name, "count": seen.types[name], "usual": ROLE_WORDS[plan.roles[name]]}
        for name in plan.roles
    ]
    rows += [
        {"group": "tie", "name": name, "count": seen.ties[name], "usual": plan.tie_in_words(name)}
        for name in plan.relations
    ]
    for row in rows:
        row["is_known"] = row["name"] not in unknown
    rows.sort(key=lambda row: (row["is_known"], -row["count"], row["name"]))
    return [*columns, *rows][:TYPES_ASKED]


ROLE_WORDS = {
    "claim": "claim (its links say which role)",
    "assertion": "assertion",
    "response": "response",
    "mention": "tag of a passage, no claim",
    "none": "left out",
}


def choices(group, project):
    """Return [(wish, words)] of what a type of that group may become."""
    if group == "column":
        return [*((meaning, words) for meaning, (words, _) in csv_table.MEANINGS.items()), ("none", "left out")]
    if group == "type":
        return list(ROLE_WORDS.items())
    if group == "rating":
        verdicts = project.vocabulary.by_facet()["verification"].values()
        return [*((label.key, label.phrase) for label in verdicts), ("none", "cited, no verdict")]
    labels = [(label.key, f"link “{label.phrase}”") for label in project.vocabulary.by_facet()["relation"].values()]
    known = {key for key, _ in labels}
    stances = [(stance, f"link that is {words}") for stance, words in STANCE_WORDS.items() if stance not in known]
    return [*labels, *stances, ("none", "no link")]


STANCE_WORDS = {"agree": "agreeing", "dispute": "disputing", "neutral": "neither"}


def layers_for(user, project):
    """Return the layers of ``project`` into which this person may bring a corpus."""
    if not may(user, "import", project):
        return []
    layers = Layer.objects.readable_by(user).filter(project=project).exclude(kind=Layer.Kind.GOLD)
    return [layer for layer in layers if may(user, "annotate", project, layer)]


def target(run, into):
    """Return (project, layer) that ``into``, a layer's id, names: (None, None) for a project of its own."""
    if not into:
        return None, None
    found = [layer for layer in layers_for(run.created_by, run.project) if str(layer.pk) == into]
    if not found:
        raise ImportRefused("The layer it was to go into is not there, or not yours to write in, any more.")
    return run.project, found[0]


def bring_in(job):
    """Store the corpus. Whoever takes the run up again goes on where it was; what is stored is never stored twice."""
    run, item = job.run, job.run.items.get()
    said = run.parameters

    def progress(done, total):
        job.tell(item.name, done=done, total=max(1, total))

    try:
        with by_its_name(item):
            told, report = store(run, item, said, progress)
    except ImportRefused as error:
        if "just now" in str(error):
            # The worker that was at it before us counts as alive for a minute; the reaper comes back to it.
            job.wait(str(error))
        told, report = made_before(run, said), foreign.Report()
        if told is None:
            raise
    faults = keep_faults(job, item, report)
    with transaction.atomic():
        job.run.checkpoint(done=run.total, total=run.total)
        RunItem.objects.filter(pk=item.pk).update(is_done=True)
        job.end_with(**told, **faults)
    item.file.delete(save=False)


def store(run, item, said, progress):
    """Bring the file of ``item`` in as ``said``; return what the run will say of it, and the report on its faults."""
    if reviewing.reads(said["format"]):
        done = reviewing.bring_in(
            item.file.path,
            format=said["format"],
            project=run.project,
            layer=reviewed_layer(run, said["into"]),
            wishes=said["wishes"],
            actor=run.created_by,
            progress=progress,
        )
        return told_of(done.project, done.counts, done.notes, names=REVIEWED), done.report
    if not corpora.is_foreign(said["format"]):
        done = exchange.import_project(item.file.path, format=said["format"], actor=run.created_by, progress=progress)
        return told_of(done.project, done.counts, done.notes), foreign.Report()
    project, layer = target(run, said["into"])
    done = corpora.bring_in(
        item.file.path,
        format=said["format"],
        project=project,
        layer=layer.name if layer else "",
        slug=said["slug"],
        title=said["title"],
        language=said["language"],
        wishes=said["wishes"],
        actor=run.created_by,
        progress=progress,
    )
    return told_of(done.project, done.counts, done.notes), done.report


def told_of(project, counts, notes=(), *, names=COUNTED):
    return {"made": {name: counts.get(name, 0) for name in names}, "project": str(project.pk), "notes": list(notes)}


def made_before(run, said):
    """Return what there is to say of the project that this run made just before its worker was stopped, or None."""
    if said["into"]:
        return None
    with run.items.get().file.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    made = Run.objects.filter(
        kind=Run.Kind.IMPORT,
        parameters__corpus__sha256=digest,
        created_by=run.created_by,
        created_at__gte=run.created_at,
    )
    named = {"slug": said["slug"]} if said["slug"] else {}
    project = Project.objects.visible_to(run.created_by).filter(runs__in=made, **named).first()
    if project is None:
        return None
    tables = {"document": project.documents, "claim": Claim.objects.filter(dossier__project=project)}
    tables["link"] = Link.objects.filter(dossier__project=project)
    return told_of(project, {name: rows.count() for name, rows in tables.items()})


def keep_faults(job, item, report):
    """Put every fault in a table that can be taken away; return what the run says of them itself."""
    stored = Path(item.file.name).name
    faults = [replace(fault, file=item.name) if fault.file == stored else fault for fault in sorted(report.faults)]
    if not faults:
        return {"faults": [], "fault_count": 0}
    name = f"runs/{job.run.pk}/{job.run.token}/faults.csv"
    path = Path(job.run.file.storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(("file", "line", "fault"))
        table.writerows(
            (csv_table.defuse(fault.file), fault.line or "", csv_table.defuse(fault.reason)) for fault in faults
        )
    job.run.checkpoint(file=name)
    job.run.file.name = name
    return {
        "faults": [str(fault) for fault in faults[:FAULTS_SHOWN]],
        "fault_count": len(faults),
        "fault_files": len({fault.file for fault in faults}),
        "size": path.stat().st_size,
    }
