"""Immutable texts, works cited without a text, and the people and bodies that speak in them."""

import hashlib

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from .changes import Change
from .fields import Record, RecordQuerySet
from .layers import Layer
from .spans import TextSpan


def refuse_unstorable(text):
    """Raise ValidationError for characters that one of the two databases cannot hold."""
    if "\x00" in text:
        raise ValidationError(f"Character {text.index(chr(0))} is NUL, which no database stores; remove it.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValidationError(
            f"Character {error.start} is half of a surrogate pair; save the text as UTF-8."
        ) from error


class ProjectRecordQuerySet(RecordQuerySet):
    def visible_to(self, user):
        return self.live().filter(project__memberships__user=user, project__deleted_at=None)


class ActorQuerySet(ProjectRecordQuerySet):
    def visible_to(self, user):
        return super().visible_to(user).known_in(Layer.objects.readable_by(user).values("pk"))

    def known_in(self, layers):
        """Actors of the project itself, and those that work in one of ``layers`` named; with none, the project's alone.

        Whom one annotator was the first to name would tell the others of that annotator's work.
        """
        versions = Change.objects.filter(kind="actor", object_id=OuterRef("pk"))
        return self.filter(
            ~Exists(versions.filter(layer__isnull=False))
            | Exists(versions.filter(Q(layer=None) | Q(layer__in=layers)))
            | self.named("claims.Claim", "speaker", layer__in=layers)
            | self.named("claims.Claim", "reporter", layer__in=layers)
            | self.named("claims.Link", "target_actor", layer__in=layers)
            | self.named("claims.Document", "publisher")
            | self.named("claims.DossierActor", "actor")
        )

    def named(self, model, field, **where):
        """Return the condition that a row of ``model`` names this actor in ``field``."""
        return Exists(apps.get_model(model)._base_manager.filter(**{field: OuterRef("pk")}, **where))


class Actor(Record):
    """A person or a body: who publishes, speaks or reports."""

    class Kind(models.TextChoices):
        PERSON = "person", "person"
        BODY = "body", "body"

    project = models.ForeignKey("claims.Project", on_delete=models.PROTECT, related_name="actors")
    name = models.TextField()
    kind = models.TextField(choices=Kind.choices, default=Kind.PERSON)
    role = models.TextField(blank=True)
    organisation = models.TextField(blank=True)
    aliases = models.JSONField(default=list, blank=True)

    objects = ActorQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=Q(deleted_at=None),
                name="one_actor_a_name",
                violation_error_message="This project has an actor of that name.",
            )
        ]

    def __str__(self):
        return self.name

    def is_named(self):
        """Whether a claim, a link, a document or a dossier names them."""
        rows = (self.claims_spoken.live(), self.claims_reported.live(), self.responses.live(), self.parties.all())
        return any(found.exists() for found in (*rows, Document.objects.live().filter(publisher=self)))

    @property
    def description(self):
        """Role and organisation as one would say them, or the name alone."""
        return ", ".join(part for part in (self.role, self.organisation) if part)


class DocumentQuerySet(ProjectRecordQuerySet):
    def with_text(self):
        return self.filter(text__isnull=False)

    def without_loading_text(self):
        return self.defer("text", "page_starts")


class Document(Record):
    """A text that never changes, or a cited work known without its text (``text`` is null)."""

    class Kind(models.TextChoices):
        REPORT = "report", "report"
        STORY = "story", "news story"
        STATEMENT = "statement", "statement"
        TRANSCRIPT = "transcript", "transcript"
        LETTER = "letter", "letter"
        DATA = "data", "table or dataset"
        OTHER = "other", "other"

    project = models.ForeignKey("claims.Project", on_delete=models.PROTECT, related_name="documents")
    title = models.TextField()
    text = models.TextField(null=True, editable=False)  # noqa: DJ001  null means: no text is known
    sha256 = models.TextField(blank=True, editable=False)
    length = models.PositiveIntegerField(default=0, editable=False)
    kind = models.TextField(choices=Kind.choices, default=Kind.OTHER)
    publisher = models.ForeignKey(Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="published")
    url = models.TextField("URL", blank=True)
    archived_url = models.TextField("archived URL", blank=True)
    published_on = models.DateField(null=True, blank=True)
    accessed_on = models.DateField(null=True, blank=True)
    period_start = models.DateField("period covered from", null=True, blank=True)
    period_end = models.DateField("period covered to", null=True, blank=True)
    language = models.TextField(default="en")
    licence = models.TextField(blank=True)
    filename = models.TextField(blank=True, editable=False)
    page_starts = models.JSONField(default=list, blank=True, editable=False)
    edition_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="editions", editable=False
    )
    # Name and version of the pipeline that read it last; empty until then.
    tagged_by = models.TextField(blank=True, editable=False)
    # What another tool called it, and what of its file has no place here: claims/formats/foreign.py.
    imported_as = models.JSONField(null=True, blank=True, editable=False)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "uuid"]
        indexes = [
            models.Index(fields=["project", "created_at", "uuid"], name="documents_in_order"),
            models.Index(fields=["project", "sha256"], name="documents_by_text"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(text__isnull=True, sha256="", length=0) | Q(text__isnull=False) & ~Q(sha256=""),
                name="document_is_hashed",
                violation_error_message="A document with a text carries its hash.",
            ),
            models.CheckConstraint(
                condition=Q(period_start=None) | Q(period_end=None) | Q(period_start__lte=models.F("period_end")),
                name="document_period_in_order",
                violation_error_message="The period covered ends before it begins.",
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("document_detail", args=[self.pk])

    @property
    def is_cited_work(self):
        return not self.sha256

    def set_text(self, text):
        """Give a document that is not stored yet its text, hash and length; it cannot be changed afterwards."""
        refuse_unstorable(text)
        if not text.strip():
            raise ValidationError("The text is empty.")
        self.text = text
        self.sha256 = hashlib.sha256(text.encode()).hexdigest()
        self.length = len(text)
        return self

    def clean(self):
        for name in ("title", "url", "archived_url", "licence", "language"):
            refuse_unstorable(getattr(self, name))
        for name in ("url", "archived_url"):
            if getattr(self, name) and not getattr(self, name).startswith(("http://", "https://")):
                raise ValidationError({name: "Write an address that begins with http:// or https://."})
        if self.period_start and self.period_end and self.period_start > self.period_end:
            raise ValidationError({"period_end": "The period covered ends before it begins."})


class Exclusion(Record, TextSpan):
    """A stretch that is not the story: a second title, a caption, teasers. Not tagged, not counted, still shown."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "proposed"
        EXCLUDED = "excluded", "left out"
        KEPT = "kept", "kept"

    reason = models.TextField()
    state = models.TextField(choices=State.choices, default=State.PROPOSED)

    class Meta(TextSpan.Meta):
        ordering = ["start"]

    def __str__(self):
        return f"{self.reason}: {self.quote[:40]}"


class Redaction(Record, TextSpan):
    """A sensitive stretch, such as a victim's name. It stays here and is masked in releases."""

    reason = models.TextField(blank=True)

    class Meta(TextSpan.Meta):
        ordering = ["start"]

    def __str__(self):
        return self.quote[:40]
