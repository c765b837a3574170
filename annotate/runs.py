"""Long work: the queue wakes a worker, the Run row is the truth.

Whoever is woken claims the row, does its items one by one and checks its fencing token in the transaction that finishes
each: a worker that was killed, stopped or cancelled leaves every document done once or not at all, and the next worker
goes on from there. See docs/long-work.md.
"""

import logging
import threading
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path, PurePath
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.text import slugify
from django_tasks import task

from annotate import bringing, suggest, text_lines
from annotate.pipeline import propose_exclusions
from claims import annotating, corpora, exchange, releasing
from claims.annotating import actor_named
from claims.announcing import announce
from claims.control import draw
from claims.errors import ExtractError, FormatError, ImportRefused, LostLease, RejoinderError
from claims.extract import DEFAULT_LIMITS, check_text, extract
from claims.formats import FORMATS
from claims.models import Act, Document, Dossier, DossierDocument, Exclusion, Layer, Project, Run, RunItem, Webhook
from claims.models.changes import plain
from claims.models.runs import HEARTBEAT, LEASE
from claims.offsets import normalise_line_ends
from claims.policy import may

logger = logging.getLogger(__name__)

ALREADY = "Already here as"
LINES = (".jsonl", ".ndjson")
PACKED = (".json", ".zip")  # of other tools
LINES_AT_ONCE = 20  # documents stored in one transaction
TOLD = 20  # refused lines of one file that are told of; the others are counted

# Set when the worker is asked to end: it stops after the document in hand, and the run waits for the next worker.
stopping = threading.Event()


class ExportRefused(RejoinderError):
    """An export whose person may not have it any more."""


class Stopped(RejoinderError):
    """The worker was asked to end; the run goes back to the queue."""


# Waking


@task()
def wake(run_id):
    """What the queue calls. Woken twice, the second finds the run taken and does nothing."""
    work(run_id)


def start(project, user, kind, **fields):
    """Create a queued run. The reaper leaves it alone for one lease, by when its worker has had a chance to take it."""
    lease = timezone.now() + LEASE
    return Run.objects.create(project=project, created_by=user, kind=kind, lease_until=lease, **fields)


def enqueue(run):
    """Wake a worker for a queued run once the caller's transaction is stored; until then nobody could see the row."""
    transaction.on_commit(partial(wake.enqueue, str(run.pk)))
    return run


def may_cancel(user, run):
    return not run.is_over and (run.created_by_id == user.pk or may(user, "import", run.project))


def tells(user, run):
    """Whether this person may read how much a run has done: some tell of what only its own person may see."""
    return run.kind not in (Run.Kind.EXPORT, Run.Kind.LOOK, Run.Kind.CORPUS) or run.created_by_id == user.pk


def has_file(user, run):
    """Whether this person may take the file away: it holds what whoever started the run may see, and is theirs alone."""
    return bool(run.file) and run.state == Run.State.DONE and run.created_by_id == user.pk


def cancel(run):
    """Stop a run at its next checkpoint, and tell whoever wants to know; what it did so far stays."""
    with transaction.atomic():
        if run.cancel():
            announce_end(run)


def announce_end(run):
    announce(run.project, Webhook.Event.RUN_FINISHED, run=str(run.pk), kind=run.kind, state=run.state)


def reap(runs=None):
    """Give runs that nobody works on another chance; returns how many were woken.

    A worker that is late rather than dead finds its token outdated and stops. Without ``runs`` all are looked at.
    """
    now = timezone.now()
    runs = Run.objects.all() if runs is None else runs
    woken = 0
    for run in runs.filter(pk__in=Run.objects.abandoned()).filter(Q(lease_until=None) | Q(lease_until__lt=now)):
        taken = Run.objects.filter(pk=run.pk, token=run.token, state=run.state, lease_until=run.lease_until).update(
            state=Run.State.QUEUED, token=F("token") + 1, lease_until=now + LEASE
        )
        if taken:
            wake.enqueue(str(run.pk))
            woken += 1
    return woken


# Working


class Heartbeat:
    """Renews the lease of a run from a thread of its own while the body works on one long document."""

    def __init__(self, run):
        self.run, self.token = run, run.token
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.beat, name=f"heartbeat of {run.pk}", daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.thread.join()

    def beat(self):
        held = Run.objects.filter(pk=self.run.pk, token=self.token, state=Run.State.RUNNING)
        while not self.over.wait(HEARTBEAT.total_seconds()):
            try:
                if not held.update(lease_until=timezone.now() + LEASE):
                    break
            except OperationalError:
                # A database that is busy or away for a moment is tried again at the next beat; the lease allows for five.
                logger.warning("The heartbeat of run %s could not be stored.", self.run.pk)
        connection.close()


def work(run_id, *, progress=None):
    """Do what is left of a run; returns the run, or None where it is over or another worker has it.

    ``progress`` is called with the run after each item. However it ends, the row says so.
    """
    run = Run.objects.select_related("project__vocabulary", "created_by").filter(pk=run_id).first()
    if run is None or run.is_over or not run.claim():
        return None
    job = Job(run=run, progress=progress)
    try:
        with Heartbeat(run):
            JOBS[run.kind](job)
    except LostLease:
        logger.info("Run %s was cancelled or taken over.", run.pk)
    except Stopped:
        Run.objects.filter(pk=run.pk, token=run.token, state=Run.State.RUNNING).update(
            state=Run.State.QUEUED, lease_until=None
        )
    except (RejoinderError, ValidationError) as error:
        end(run, Run.State.FAILED, sentence=sentence_of(error))
    except Exception:
        # Whatever went wrong, the row must not look as if somebody still worked on it.
        logger.exception("Run %s failed.", run.pk)
        end(run, Run.State.FAILED, sentence="Something went wrong that we did not foresee; the server's log says what.")
    run.refresh_from_db()
    return run


def end(run, state, **outcome):
    """Finish a run unless it was cancelled or taken over meanwhile, and tell whoever wants to know."""
    try:
        with transaction.atomic():
            run.finish(state, **outcome)
            announce_end(run)
    except LostLease:
        logger.info("Run %s was cancelled or taken over.", run.pk)


def sentence_of(error):
    """Return what an error says to a person, in one line."""
    messages = error.messages if isinstance(error, ValidationError) else [str(error)]
    return " ".join(messages)


@dataclass
class Job:
    """A run in the hands of one worker; ``done`` counts the items that are stored as done."""

    run: Run
    progress: object = None
    done: int = 0

    def items(self):
        """Yield what is left to do, in order; each is fetched when its turn comes."""
        self.done = self.run.items.filter(is_done=True).count()
        self.run.checkpoint(total=self.run.items.count(), done=self.done)
        for pk in list(self.run.items.filter(is_done=False).values_list("pk", flat=True)):
            if stopping.is_set():
                raise Stopped("The worker was asked to end.")
            # Looked at before the work as well as after it, so that a cancelled run does not read one more long text.
            self.run.checkpoint()
            yield RunItem.objects.select_related("document").get(pk=pk)
            self.done += 1
            if self.progress is not None:
                self.progress(self.run)

    def settle(self, item, *, message="", is_error=False, document=None, **counts):
        """Finish one item within the caller's transaction; raises LostLease, and so undoes it, where it is not ours."""
        self.keep(done=self.done + 1, **counts)
        held = RunItem.objects.filter(pk=item.pk, is_done=False)
        if not held.update(is_done=True, message=message, is_error=is_error, document=document):
            raise LostLease(f"Item {item.position} of run {self.run.pk} is done already.")

    def keep(self, *, parameters=None, done=None, **counts):
        """Store, within the caller's transaction, how far the run is; ``counts`` are added to what it came to so far."""
        known = self.run.parameters.get("counts", {})
        added = {name: known.get(name, 0) + number for name, number in counts.items()}
        values = {"parameters": {**self.run.parameters, **(parameters or {}), "counts": {**known, **added}}}
        self.run.checkpoint(**values, **({} if done is None else {"done": done}))

    def tell(self, sentence, **values):
        """Say on the run's page what it is doing, and renew the lease; stops a worker that was asked to end."""
        if stopping.is_set():
            self.wait("The worker was asked to end.")
        self.run.checkpoint(outcome={**self.run.outcome, "doing": sentence}, **values)

    def wait(self, why):
        """Give the run back to the queue."""
        raise Stopped(why)

    def end_with(self, **outcome):
        """End the run as done, with what came of it."""
        self.run.outcome.pop("doing", None)
        end(self.run, Run.State.DONE, **outcome)

    def refuse(self, item, message):
        """Finish an item that could not be done, in one sentence; what was begun for it has been rolled back."""
        self.run.refresh_from_db(fields=["parameters", "done"])
        with transaction.atomic():
            self.settle(item, message=message, is_error=True, document=item.document, refused=1)
        item.file.delete(save=False)

    def finish(self, *names):
        """End the run with what its items came to; ``names`` are the counts to give even where nothing was counted."""
        counts = {**dict.fromkeys(names, 0), "refused": 0, **self.run.parameters.get("counts", {})}
        self.run.outcome.pop("doing", None)
        is_lost = self.run.items.exists() and not self.run.items.filter(is_error=False).exists()
        end(self.run, Run.State.FAILED if is_lost else Run.State.DONE, **counts)


# Bringing documents in


@dataclass(frozen=True)
class Upload:
    """A file kept for a run that will bring it in, or the sentence that says why it is not."""

    name: str
    path: str = ""
    refused: str = ""


def keep_files(files):
    """Store ``files``, [(name, bytes, Django file or the error that kept it from being read), …], for a run to come.

    Done before the transaction that creates the run: on SQLite nobody else writes while one is open.
    """
    storage, folder = RunItem._meta.get_field("file").storage, uuid4()
    kept = []
    for position, (path, content) in enumerate(files):
        name = PurePath(path).name
        refused = content if isinstance(content, ExtractError) else too_large(name, content)
        if refused is None:
            content = ContentFile(content) if isinstance(content, bytes) else content
            kept.append(Upload(name, path=storage.save(f"uploads/{folder}/{position}", content)))
        else:
            kept.append(Upload(name, refused=str(refused)))
    return kept


def holds_corpus(upload):
    """Whether a kept file is a whole corpus rather than a document."""
    storage, suffix = RunItem._meta.get_field("file").storage, PurePath(upload.name).suffix.lower()
    return bool(upload.path) and suffix in LINES + PACKED and exchange.is_corpus(storage.path(upload.path)) is not None


def drop_files(uploads):
    """Delete files that no run will bring in after all."""
    for upload in uploads:
        if upload.path:
            RunItem._meta.get_field("file").storage.delete(upload.path)


def start_import(
    project, user, uploads, *, tag=True, again=False, dossier=None, dossier_title="", side=None, fields=None
):  # fmt: skip
    """Create a run that brings in files which ``keep_files`` kept; it is returned, not yet enqueued.

    ``fields`` are columns of Document that hold for each, and ``publisher`` by name; ``again`` brings in a text the
    project already has. The documents get places on ``side`` in ``dossier``, or in a new one with ``dossier_title``
    ("" names it after the first); ``dossier=None`` with ``dossier_title=None`` leaves them without one.
    """
    refused = sum(bool(upload.refused) for upload in uploads)
    parameters = {
        "tag": tag,
        "again": again,
        "dossier": str(dossier.pk) if dossier else None,
        "dossier_title": dossier_title,
        "side": side,
        "fields": {name: plain(value) for name, value in (fields or {}).items() if value},
        "counts": {"refused": refused} if refused else {},
    }
    run = start(project, user, Run.Kind.IMPORT, parameters=parameters, total=len(uploads))
    RunItem.objects.bulk_create(
        RunItem(
            run=run,
            position=position,
            name=upload.name,
            file=upload.path,
            is_done=bool(upload.refused),
            is_error=bool(upload.refused),
            message=upload.refused,
        )
        for position, upload in enumerate(uploads)
    )
    return run


def start_look(project, user, upload, *, format="", into="", wishes=None):
    """Create a run that says what the corpus in ``upload`` would become; it is returned, not yet enqueued.

    ``into`` is the id of the layer it may go into, "" for a project of its own; ``wishes`` are {type: what it becomes}.
    """
    parameters = {"format": format, "into": into, "wishes": wishes or {}}
    run = start(project, user, Run.Kind.LOOK, parameters=parameters)
    RunItem.objects.create(run=run, position=0, name=upload.name, file=upload.path)
    return run


def start_bringing(look, *, into, title, language, wishes):
    """Create the run that brings in the corpus that ``look`` looked at; returns it, not yet enqueued."""
    title = title or PurePath(look.items.get().name).stem
    slug = slugify(title)[:60].strip("-") or "corpus"
    if Project._base_manager.filter(slug=slug).exists():
        slug = f"{slug}-{str(look.pk)[:8]}"
    parameters = {
        "format": look.outcome["format"],
        "into": into,
        "title": title,
        "slug": "" if into or not corpora.is_foreign(look.outcome["format"]) else slug,
        "language": language,
        "wishes": wishes,
    }
    return start_after_look(look, Run.Kind.CORPUS, parameters)


def look_again(look, *, into, wishes):
    """Create the run that looks at the same file once more, with other wishes; returns it, not yet enqueued."""
    parameters = {"format": look.outcome["format"], "into": into, "wishes": wishes}
    return start_after_look(look, Run.Kind.LOOK, parameters)


def start_after_look(look, kind, parameters):
    """Create the run of that kind which takes the file over from ``look``; return it, not yet enqueued.

    Raises ValidationError where the file is gone: one look is followed once.
    """
    with transaction.atomic():
        item = look.items.select_for_update().get()
        if not item.file:
            raise ValidationError(
                "This corpus is not kept any more: it was brought in or looked at again already, or left for a week. Upload it once more."
            )
        run = start(look.project, look.created_by, kind, parameters=parameters)
        RunItem.objects.create(run=run, position=0, name=item.name, file=item.file.name)
        look.items.update(file="", is_done=True)
        Run.objects.filter(pk=look.pk).update(outcome={**look.outcome, "next": str(run.pk)})
    return run


def may_go_on(user, run):
    """Whether this person may have a stopped run go on: its own, with something left to do."""
    ended = run.state in (Run.State.CANCELLED, Run.State.FAILED)
    mine = run.created_by_id == user.pk and run.kind in (Run.Kind.IMPORT, Run.Kind.LOOK, Run.Kind.CORPUS)
    return ended and mine and run.items.filter(is_done=False).exclude(file="").exists()


def go_on(run, *, format=""):
    """Put a stopped run back in the queue, and wake a worker for it; returns the run that goes on.

    A corpus that could not be read or brought in would fail again: it is looked at again instead, as ``format`` where
    that is given.
    """
    if run.kind in (Run.Kind.LOOK, Run.Kind.CORPUS) and run.state == Run.State.FAILED:
        said = {name: run.parameters[name] for name in ("format", "into", "wishes")}
        return enqueue(start_after_look(run, Run.Kind.LOOK, {**said, "format": format or said["format"]}))
    if run.reopen():
        enqueue(run)
    return run


def too_large(name, content):
    """Return the error for a file that is not even stored for later, or None."""
    size = len(content) if isinstance(content, bytes) else content.size
    if size <= settings.UPLOAD_LIMIT_BYTES:
        return None
    return ExtractError(
        f"{name}: the file has {size / 2**20:.0f} MB and at most {settings.UPLOAD_LIMIT_BYTES // 2**20} MB "
        "can be brought in; divide it into parts.",
        reason="too_large",
    )


def import_files(job):
    """Bring each file of the run in, once."""
    for item in job.items():
        path = Path(item.file.path) if item.file else None
        is_lines = path is not None and PurePath(item.name).suffix.lower() in LINES
        try:
            is_packed = path is not None and PurePath(item.name).suffix.lower() in PACKED
            format = exchange.is_corpus(path) if is_lines or is_packed else None
            if format:
                raise FormatError(
                    f"{item.name} is a whole corpus ({FORMATS[format].LABEL}); upload it by itself, "
                    "so that you can see first what it becomes."
                )
            if is_lines:
                import_lines(job, item, path)
            else:
                import_file(job, item, path)
        except (ExtractError, FormatError, ImportRefused, ValidationError) as error:
            job.refuse(item, sentence_of(error))
        else:
            item.file.delete(save=False)
    job.finish("made", "already")


def import_file(job, item, path):
    """Turn one file into a document; what costs time is done first, and what is stored is stored together."""
    limits = replace(DEFAULT_LIMITS, bytes_in=settings.UPLOAD_LIMIT_BYTES)
    found = extract(path, filename=item.name, limits=limits)
    draft = Draft(job.run, found, filename=item.name)
    with transaction.atomic():
        if draft.known is None:
            job.settle(item, message=" ".join(found.notes), document=None, made=1)
            RunItem.objects.filter(pk=item.pk).update(document=draft.store(job))
        else:
            draft.give_known_place(job)
            job.settle(
                item, message=f"{ALREADY} “{draft.known}”; not brought in again.", document=draft.known, already=1
            )


def import_lines(job, item, path):
    """Turn each line {"text": …} of a file into a document, some in a transaction, going on from the last one stored."""
    state = {"line": 0, "made": 0, "already": 0, "told": [], "refused": 0}
    state = job.run.parameters.get("lines", {}).get(str(item.position), state)
    with path.open("rb") as file:
        lines = islice(enumerate(file, 1), state["line"], None)
        while batch := list(islice(lines, LINES_AT_ONCE)):
            drafts, state = [], {**state, "line": batch[-1][0], "told": list(state["told"])}
            for number, line in batch:
                if not line.strip():
                    continue
                try:
                    found, given = text_lines.read(line, name=f"{item.name} line {number}")
                    drafts.append(Draft(job.run, found, filename=item.name, given=given))
                except (ExtractError, FormatError, ValidationError) as error:
                    state["refused"] += 1
                    state["told"] += [sentence_of(error)] if len(state["told"]) < TOLD else []
            with transaction.atomic():
                for draft in drafts:
                    # Two lines of one batch may hold the same text.
                    draft.look_again()
                    state["already" if draft.known else "made"] += 1
                    draft.give_known_place(job) if draft.known else draft.store(job)
                lines_of_items = {**job.run.parameters.get("lines", {}), str(item.position): state}
                job.keep(parameters={"lines": lines_of_items})
            job.tell(f"{item.name}: line {state['line']:,}")
    message = f"{state['made']} brought in, {state['already']} already here, {state['refused']} refused."
    counts = {name: state[name] for name in ("made", "already", "refused")}
    with transaction.atomic():
        told = " ".join([message, *state["told"]])
        job.settle(item, message=told, is_error=bool(state["refused"]), **counts)


class Draft:
    """A document about to be stored: all that costs time is done when it is made, outside any transaction."""

    def __init__(self, run, found, *, filename, given=None):
        parameters = run.parameters
        self.found, self.is_welcome_again, self.known = found, parameters["again"], None
        self.document = Document(project=run.project, filename=filename, created_by=run.created_by)
        self.document.set_text(found.text)
        self.document.page_starts = list(found.page_starts)
        self.look_again()
        if self.known is None:
            describe(self.document, found, {**(given or {}), **parameters["fields"]})
            self.proposed = propose_exclusions(found.text)
            excluded = [(start, end) for start, end, _ in self.proposed]
            self.reading = (
                suggest.read(found.text, excluded=excluded, language=self.document.language, project=run.project)
                if parameters["tag"]
                else None
            )

    def look_again(self):
        """Set ``known`` to the project's document with this text, unless it is to be brought in again anyway."""
        if self.known is None and not self.is_welcome_again:
            self.known = already_here(self.document)

    def store(self, job):
        """Store the document with its place in the run's dossier, in the caller's transaction; return it."""
        add_document(
            self.document,
            actor=job.run.created_by,
            publisher=job.run.parameters["fields"].get("publisher") or self.found.publisher,
            proposed=self.proposed,
            reading=self.reading,
        )
        place(job, self.document)
        return self.document

    def give_known_place(self, job):
        """Put the document that is already here in the dossier that was asked for by name."""
        if job.run.parameters["dossier"]:
            dossier = Dossier.objects.get(pk=job.run.parameters["dossier"])
            give_place(dossier, self.known, side=job.run.parameters["side"])


def describe(document, found, given):
    """Fill in what is known of a document: what the person said first, then what the file says of itself."""
    document.title = (found.title or "").strip() or title_of(found.text, document.filename)
    document.url = found.url or ""
    document.language = found.language or "en"
    document.published_on = found.published_on
    for name, value in given.items():
        if name == "publisher":
            continue  # a name, which becomes an actor when the document is stored
        setattr(document, name, document._meta.get_field(name).to_python(value))
    document.clean()


def title_of(text, filename, *, longest=140):
    """Return a title for a text that has none: its first line that is short enough and not the site's own, or the name."""
    left_out = [(start, end) for start, end, reason in propose_exclusions(text) if reason == "site header"]
    at = 0
    for line in text.split("\n")[:20]:
        is_header = any(start <= at < end for start, end in left_out)
        at += len(line) + 1
        if line.strip() and not is_header:
            if len(line.strip()) <= longest:
                return line.strip()
            break
    return PurePath(filename).stem or "Untitled"


def already_here(document):
    """Return the project's document with the same text, or None; costs one query."""
    same = Document.objects.live().filter(project=document.project, sha256=document.sha256)
    return same.without_loading_text().first()


def add_document(document, *, actor, publisher=None, proposed=(), reading=None):
    """Store a document with the stretches proposed for leaving out and what was read ahead, in one transaction."""
    with Act(actor=actor, project=document.project, verb=f"bring in {document.title}") as act:
        if publisher and document.publisher is None:
            document.publisher = actor_named(act, publisher)
        act.create(document)
        for start, end, reason in proposed:
            exclusion = Exclusion(document=document, start=start, end=end, reason=reason)
            act.create(exclusion.anchor(document.text))
        if reading is not None:
            suggest.keep(document, reading)
    return document


def place(job, document):
    """Put a new document in the run's dossier, which is made with the first one where it is to be new."""
    run, parameters = job.run, job.run.parameters
    if parameters["dossier"] is None and parameters["dossier_title"] is None:
        return
    if parameters["dossier"] is None:
        dossier = Dossier(project=run.project, title=parameters["dossier_title"] or document.title)
        with Act(actor=run.created_by, project=run.project, verb=f"open {dossier.title}") as act:
            act.create(draw(dossier))
        job.keep(parameters={"dossier": str(dossier.pk)})
    else:
        dossier = Dossier.objects.get(pk=parameters["dossier"])
    give_place(dossier, document, side=parameters["side"])


def give_place(dossier, document, *, side=None):
    """Put a document last in a dossier unless it has a place there."""
    values = {"position": dossier.places.count(), **({"side": side} if side else {})}
    return DossierDocument.objects.get_or_create(dossier=dossier, document=document, defaults=values)[0]


def pasted(text, *, name):
    """Return pasted text as bytes of a .txt file; raises ExtractError where it cannot be stored."""
    text, _ = normalise_line_ends(text)
    return check_text(text, name=name).encode()


# Reading ahead


def start_tagging(project, user, documents=None):
    """Create a run that reads the project's documents, or these, again; returns it, not yet enqueued."""
    if documents is None:
        documents = Document.objects.live().filter(project=project).with_text()
    rows = list(documents.values_list("pk", "title"))
    run = start(project, user, Run.Kind.TAG, total=len(rows))
    RunItem.objects.bulk_create(
        (RunItem(run=run, position=position, name=title, document_id=pk) for position, (pk, title) in enumerate(rows)),
        batch_size=500,
    )
    return run


def read_again(document, user):
    """Have a document read ahead unless that is about to happen anyway; return the run."""
    waiting = Run.objects.filter(kind=Run.Kind.TAG, state=Run.State.QUEUED, items__document=document).first()
    return waiting or enqueue(start_tagging(document.project, user, Document.objects.filter(pk=document.pk)))


def decide_exclusion(user, row, *, seen, state):
    """Leave a stretch out or keep it, and return its version; what was read ahead is read again where that matters."""
    document, was_read = row.document, row.state == Exclusion.State.KEPT
    with Act(actor=user, project=document.project) as act:
        annotating.change(act, row, seen=seen, state=state)
        act.verb = f"{row.get_state_display()}: {row.reason}"
    if was_read != (row.state == Exclusion.State.KEPT) and document.tagged_by:
        read_again(document, user)
    return row.version


def tag_documents(job):
    """Read each document of the run ahead of its reviewers."""
    for item in job.items():
        document = item.document
        if document is None or document.deleted_at:
            job.refuse(item, "This document is no longer here.")
            continue
        reading = suggest.read(
            document.text,
            excluded=suggest.left_out(document),
            language=document.language,
            project=job.run.project,
        )
        with transaction.atomic():
            job.settle(item, message=" ".join(reading.notes), document=document, read=1)
            suggest.keep(document, reading)
    job.finish("read")


# Taking out


def start_export(project, user, *, format, history=False, options=None):
    """Create a run that writes what ``user`` may see of a project to a file; returns it, not yet enqueued."""
    parameters = {"format": format, "history": history, "options": options or {}}
    return start(project, user, Run.Kind.EXPORT, parameters=parameters)


def write_export(job):
    """Write the file. What its person may see is asked when it is written; each attempt writes a file of its own."""
    run, parameters = job.run, job.run.parameters
    if not may(run.created_by, "export", run.project):
        raise ExportRefused("You are no longer a member of this project.")
    name = f"runs/{run.pk}/{run.token}/{run.project.slug}{FORMATS[parameters['format']].SUFFIX}"
    path = Path(run.file.storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)

    def progress(done, total):
        if stopping.is_set():
            raise Stopped("The worker was asked to end.")
        run.checkpoint(done=done, total=total)

    counts = exchange.export_project(
        run.project,
        format=parameters["format"],
        path=path,
        layers=Layer.objects.readable_by(run.created_by).filter(project=run.project),
        history=parameters["history"],
        progress=progress,
        **parameters["options"],
    )
    run.checkpoint(file=name)
    run.file.name = name
    end(run, Run.State.DONE, counts=counts, size=path.stat().st_size)


# Releasing


def start_release(project, user, said):
    """Create a run that makes a release as ``said``, a releasing.Said, has it; returns it, not yet enqueued."""
    why = releasing.refusal(project)
    if why:
        raise ValidationError(why)
    return start(project, user, Run.Kind.RELEASE, parameters={"said": releasing.as_json(said)})


def make_release(job):
    """Make the release. An attempt that is stopped leaves nothing; the next begins anew."""
    run = job.run
    if not may(run.created_by, "release", run.project):
        raise ExportRefused("You may no longer make releases of this project.")
    release = releasing.make_release(
        run.project, releasing.from_json(run.parameters["said"]), actor=run.created_by, progress=job.tell
    )
    job.end_with(release=str(release.pk), name=release.name, size=release.size)


JOBS = {
    Run.Kind.IMPORT: import_files,
    Run.Kind.TAG: tag_documents,
    Run.Kind.EXPORT: write_export,
    Run.Kind.RELEASE: make_release,
    Run.Kind.LOOK: bringing.look,
    Run.Kind.CORPUS: bringing.bring_in,
}
