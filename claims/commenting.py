"""What people say to each other about an annotation, each deed within an Act."""

import re

from django.core.exceptions import ValidationError
from django.utils import timezone

from claims.models import Claim, Comment, FigureComparison, Layer, Link, Notice, User
from claims.policy import may

MENTION = re.compile(r"(?<![\w@])@([\w.+-]*\w)")
SUBJECTS = {Claim: "claim", Link: "link", FigureComparison: "comparison"}


def readers(project, layer):
    """Return the people who may read a layer: whom a comment on it may mention."""
    members = User.objects.filter(memberships__project=project, is_active=True).order_by("username")
    return [user for user in members if Layer.objects.readable_by(user).filter(pk=layer.pk).exists()]


def comment(act, text, *, on=None, parent=None):
    """Record a remark on a claim, link or compared figure, or with None on the whole dossier; or a reply.

    Whoever is mentioned as ``@username`` is told, and so is whom a reply answers.
    """
    text = checked_text(text)
    row = Comment(layer=act.layer, dossier=act.dossier, text=text)
    if parent is not None:
        if parent.layer_id != act.layer.pk or parent.deleted_at is not None:
            raise ValidationError({"parent": "That comment is no longer there."})
        # A thread has one level: a reply to a reply stands beside it.
        parent = parent.parent or parent
        row.parent = parent
        for name in SUBJECTS.values():
            setattr(row, name, getattr(parent, name))
    elif on is not None:
        if on.deleted_at is not None or on.layer_id != act.layer.pk:
            raise ValidationError({"on": "That is no longer there."})
        setattr(row, SUBJECTS[type(on)], on)
    mentioned = people_in(text, act)
    act.create(row)
    tell(act, row, mentioned)
    return row


def checked_text(text):
    text = text.strip()
    if not text:
        raise ValidationError({"text": "Write something."})
    if len(text) > 10_000:
        raise ValidationError({"text": "A comment has at most 10,000 characters."})
    return text


def people_in(text, act):
    """Return the people a text mentions; one who cannot read the layer is refused, since they would be told of it."""
    names = dict.fromkeys(MENTION.findall(text))
    if not names:
        return []
    known = {user.username.casefold(): user for user in readers(act.project, act.layer)}
    found = []
    for name in names:
        user = known.get(name.casefold())
        if user is None:
            others = ", ".join(f"@{one}" for one in sorted(known) if one != getattr(act.actor, "username", None))
            told = f"those who do: {others}" if others else "nobody else does yet"
            raise ValidationError({"text": f"@{name} is nobody who reads this layer; {told}."})
        found.append(user)
    return found


def tell(act, row, mentioned):
    """Leave a notice for whoever is mentioned or answered, not for the writer."""
    kinds = {user.pk: Notice.Kind.MENTION for user in mentioned}
    if row.parent is not None:
        thread = Comment.objects.live().filter(parent=row.parent).values_list("created_by", flat=True)
        for pk in {row.parent.created_by_id, *thread} - {None}:
            kinds.setdefault(pk, Notice.Kind.REPLY)
    kinds.pop(act.actor.pk if act.actor else None, None)
    Notice.objects.bulk_create(
        Notice(user_id=pk, kind=kind, actor=act.actor, dossier=act.dossier, comment=row) for pk, kind in kinds.items()
    )


def edit(act, row, text, *, seen):
    """Change one's own words; whoever is mentioned newly is told."""
    own(act, row)
    text = checked_text(text)
    before = set(MENTION.findall(row.text))
    mentioned = [user for user in people_in(text, act) if user.username not in before]
    act.change(row, seen=seen, text=text)
    tell_mentioned = {user.pk for user in mentioned} - {act.actor.pk}
    Notice.objects.bulk_create(
        Notice(user_id=pk, kind=Notice.Kind.MENTION, actor=act.actor, dossier=act.dossier, comment=row)
        for pk in tell_mentioned
    )
    return row


def delete(act, row, *, seen):
    """Take one's own words back; a thread whose first comment is gone is gone whole, so replies keep it."""
    own(act, row)
    if row.parent_id is None and row.replies.live().exists():
        raise ValidationError("There are replies; resolve it instead, so that they keep what they answer.")
    return act.delete(row, seen=seen)


def own(act, row):
    if row.created_by_id != act.actor.pk:
        raise ValidationError("These are another’s words.")


def resolve(act, row, *, seen, is_resolved=True):
    """Say that a thread is settled, or open it again."""
    row = row if row.parent_id is None else row.parent
    values = {"resolved_at": timezone.now(), "resolved_by": act.actor} if is_resolved else {}
    return act.change(row, seen=seen, **{"resolved_at": None, "resolved_by": None, **values})


def threads(layer, dossier):
    """Return the threads of a dossier in one layer, the oldest first, each with its ``live_replies``; three queries."""
    rows = (
        Comment.objects.live()
        .filter(layer=layer, dossier=dossier)
        .select_related(
            "created_by", "resolved_by", "claim", "link__response", "link__target_claim", "comparison__quantity"
        )
        .order_by("created_at", "uuid")
    )
    found, replies = [], {}
    for row in rows:
        if row.parent_id is None:
            found.append(row)
        else:
            replies.setdefault(row.parent_id, []).append(row)
    for row in found:
        row.live_replies = replies.get(row.pk, [])
    return found


def may_comment(user, project, layer):
    """Whether this person may write about a layer that they may read."""
    return layer is not None and may(user, "comment", project)
