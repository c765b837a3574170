"""Who works here: users, projects, and what each may do in which."""

import hashlib
import secrets
import uuid
from datetime import timedelta

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .fields import Record, RecordQuerySet


def digest(secret):
    """Return what is stored of a secret that was shown once: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


class User(AbstractUser):
    """A person with an account. One known only from an imported corpus is inactive."""

    first_name = last_name = None
    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.TextField(blank=True)
    # Keys a person moved, {"action": "KeyboardEvent.code"}; what is missing keeps its default.
    keys = models.JSONField(default=dict, blank=True)
    # Of somebody known only from an imported corpus: the username there, which exports give back.
    imported_as = models.TextField(blank=True, editable=False)

    def __str__(self):
        return self.name or self.username

    def get_short_name(self):
        return str(self)

    get_full_name = get_short_name


class SignInLink(models.Model):
    """A link that signs one person in, once, before it expires."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    digest = models.TextField(unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"sign-in link of {self.user}"

    @classmethod
    def make(cls, user, *, hours=12):
        """Store a new link and return its secret, which is not stored."""
        secret = secrets.token_urlsafe(24)
        cls.objects.create(user=user, digest=digest(secret), expires_at=timezone.now() + timedelta(hours=hours))
        return secret

    @classmethod
    def use(cls, secret):
        """Return the person this secret signs in, or None; a second use, or a late one, finds nobody."""
        link = cls.objects.filter(digest=digest(secret), expires_at__gt=timezone.now(), user__is_active=True).first()
        if link is None or not cls.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now()):
            return None
        return link.user


class ApiToken(models.Model):
    """A key for programs, shown once and stored as its digest."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.TextField()
    digest = models.TextField(unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.name

    @classmethod
    def make(cls, user, *, name):
        """Store a new token and return its secret, which is not stored."""
        secret = f"rj_{secrets.token_urlsafe(32)}"
        cls.objects.create(user=user, name=name, digest=digest(secret))
        return secret


class Role(models.TextChoices):
    OWNER = "owner", "owner"
    EDITOR = "editor", "editor"
    ANNOTATOR = "annotator", "annotator"
    RESEARCHER = "researcher", "researcher"


class ProjectQuerySet(RecordQuerySet):
    def visible_to(self, user):
        return self.live().filter(memberships__user=user)


class Project(Record):
    """A shelf of dossiers with its people, its label schema and its way of working."""

    class Kind(models.TextChoices):
        SHARED = "shared", "shared: everybody works in one reading"
        INDEPENDENT = "independent", "independent: each annotator works alone, an editor settles"

    class ClaimMatch(models.TextChoices):
        """When two annotators' claims count as one: the tolerance of adjudication and agreement."""

        SENTENCE = "sentence", "half the characters, or the same sentence"
        HALF = "half", "half the characters"
        EXACT = "exact", "the very same characters"

    slug = models.SlugField(unique=True, max_length=80, error_messages={"unique": "A project of this name exists."})
    title = models.TextField()
    kind = models.TextField(choices=Kind.choices, default=Kind.SHARED)
    description = models.TextField(blank=True)
    # A line shown on every page of the project, such as the demo's "Invented for practice".
    banner = models.TextField(blank=True)
    vocabulary = models.ForeignKey("claims.Vocabulary", on_delete=models.PROTECT, related_name="projects")
    # Until then, in an independent project, nobody reads another's layer.
    adjudication_opened_at = models.DateTimeField(null=True, blank=True, editable=False)
    # How many people annotate each dossier of an independent project, and for how long a dossier taken is theirs.
    annotators_each = models.PositiveIntegerField("annotators for each dossier", default=2)
    lease_hours = models.PositiveIntegerField("hours a dossier stays taken", default=72)
    claim_match = models.TextField("same claim", choices=ClaimMatch.choices, default=ClaimMatch.SENTENCE)
    # Per cent of the dossiers that are annotated without suggestions, to see what suggesting does.
    control_share = models.PositiveIntegerField("control part in per cent", default=0)

    objects = ProjectQuerySet.as_manager()

    def __str__(self):
        return self.title


class Membership(models.Model):
    """One person's role in one project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.TextField(choices=Role.choices)
    # The newest version of the guidelines that this person has opened.
    guidelines_read = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "user"], name="one_role_a_person", violation_error_message="This person is a member."
            )
        ]

    def __str__(self):
        return f"{self.user}, {self.role} of {self.project}"


class Invitation(models.Model):
    """A link that makes one person a member of one project, once."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="invitations")
    role = models.TextField(choices=Role.choices)
    # Whom it is meant for, in the inviter's words; the link itself is what counts.
    note = models.TextField(blank=True)
    digest = models.TextField(unique=True)
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self):
        return f"invitation to {self.project} as {self.role}"

    @classmethod
    def make(cls, project, *, role, created_by, note="", days=14):
        """Store a new invitation; return it with its secret, which is not stored."""
        secret = secrets.token_urlsafe(24)
        invitation = cls.objects.create(
            project=project,
            role=role,
            note=note,
            created_by=created_by,
            digest=digest(secret),
            expires_at=timezone.now() + timedelta(days=days),
        )
        return invitation, secret

    @classmethod
    def open_for(cls, secret):
        """Return the invitation this secret opens, or None when it is used, late or unknown."""
        return (
            cls.objects.filter(Q(digest=digest(secret)), used_at=None, expires_at__gt=timezone.now())
            .select_related("project", "created_by")
            .first()
        )

    def accept(self, user):
        """Make ``user`` a member; returns False when somebody used the invitation first. An existing role stays."""
        if not Invitation.objects.filter(pk=self.pk, used_at=None).update(used_at=timezone.now(), used_by=user):
            return False
        Membership.objects.get_or_create(project=self.project, user=user, defaults={"role": self.role})
        return True


class StoredRequest(models.Model):
    """What one POST did, so that the same POST sent again does nothing and gets the same answer for 24 hours."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    key = models.TextField()
    body_digest = models.TextField()
    outcome = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_outcome_a_request")]

    def __str__(self):
        return self.key
