"""What people say to each other about an annotation, and who is told of it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .claims import AnnotationQuerySet
from .fields import Record

SUBJECTS = ("claim", "link", "comparison")


def about(*present):
    """Return a condition: of the subjects exactly ``present`` are set."""
    return Q(**{f"{name}__isnull": name not in present for name in SUBJECTS})


class Comment(Record):
    """A remark on a claim, a link or a compared figure, or on the whole dossier as a layer reads it.

    A thread is a comment with its replies; resolving it resolves the thread. It is seen by whoever reads its layer,
    and is never part of the reading: no agreement figure counts it.
    """

    layer = models.ForeignKey("claims.Layer", on_delete=models.PROTECT, related_name="comments")
    dossier = models.ForeignKey("claims.Dossier", on_delete=models.PROTECT, related_name="comments")
    claim = models.ForeignKey("claims.Claim", null=True, blank=True, on_delete=models.PROTECT, related_name="comments")
    link = models.ForeignKey("claims.Link", null=True, blank=True, on_delete=models.PROTECT, related_name="comments")
    comparison = models.ForeignKey(
        "claims.FigureComparison", null=True, blank=True, on_delete=models.PROTECT, related_name="comments"
    )
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replies")
    text = models.TextField()
    # An editor's "please look again": open until resolved, and said on the dossier.
    is_sent_back = models.BooleanField("sent back", default=False)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey("claims.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "uuid"]
        indexes = [models.Index(fields=["dossier", "layer"], name="comments_of_a_dossier")]
        constraints = [
            models.CheckConstraint(
                condition=about() | about("claim") | about("link") | about("comparison"),
                name="comment_on_one_thing",
                violation_error_message="A comment is on one thing, or on the whole dossier.",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_by=None) | Q(resolved_at__isnull=False),
                name="resolved_comment_says_when",
                violation_error_message="A resolved comment says when.",
            ),
        ]

    def __str__(self):
        return self.text[:60]

    @property
    def subject(self):
        """The claim, link or comparison it is on; None for the dossier as a whole."""
        return self.claim or self.link or self.comparison


class Notice(models.Model):
    """Something one person should know of, shown in the product until they have seen it."""

    class Kind(models.TextChoices):
        MENTION = "mention", "mentioned you"
        REPLY = "reply", "replied to you"
        SENT_BACK = "sent_back", "sent something back to you"
        ASSIGNED = "assigned", "gave you a dossier"
        SETTLED = "settled", "settled a dossier you annotated"

    user = models.ForeignKey("claims.User", on_delete=models.CASCADE, related_name="notices")
    kind = models.TextField(choices=Kind.choices)
    actor = models.ForeignKey("claims.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    dossier = models.ForeignKey("claims.Dossier", on_delete=models.CASCADE, related_name="notices")
    comment = models.ForeignKey(Comment, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["user", "read_at"], name="notices_of_a_person")]

    def __str__(self):
        return f"{self.actor} {self.get_kind_display()}"
