"""Signing a dossier off, sending it back, and what was changed since.

What is signed is how one layer reads a dossier at one moment: the team's reading in a shared project, gold in an
independent one. Nothing is locked; a later change is told beside the signature.
"""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db.models import Max, Q
from django.utils import timezone

from claims import assigning, history
from claims.errors import SignedUnseen
from claims.models import (
    Assignment,
    Change,
    Claim,
    Comment,
    FigureComparison,
    Layer,
    Link,
    Membership,
    Notice,
    Project,
    SignOff,
)

# What a reading is made of; what is said about it, such as a comment, does not change it.
READING = ("claim", "link", "noresponse", "figurecomparison", "assessment", "citation")
ITEMS = {"claim": Claim, "link": Link, "comparison": FigureComparison}
# Conditions joined in one query; SQLite takes expressions up to a depth of 1000.
AT_ONCE = 50


def part_of_reading(*, dossier, layer):
    """Return a condition on Change: what altered how ``layer`` reads ``dossier``, both ids, or the dossier itself.

    Of the decisions on suggestions a mended figure does; an accepted one shows in the claim that it made.
    """
    mended = Q(kind="decision") & (
        Q(after__outcome="mended") | Q(before__outcome="mended") | Q(action="changed", after__has_key="reading")
    )
    # What a dossier consists of is changed by deeds that name no dossier, so that its undo leaves them alone.
    return Q(dossier=dossier, layer=layer) & (Q(kind__in=READING) | mended) | Q(kind="dossier", object_id=dossier)


def settling_layer(project):
    """Return the layer whose reading is signed: the team's, or gold; None before there is one."""
    return project.layers.live().filter(kind=settling_kind(project)).order_by("created_at").first()


def settling_kind(project):
    return Layer.Kind.TEAM if project.kind == Project.Kind.SHARED else Layer.Kind.GOLD


def last_change(layer, dossier):
    """Return the id of the newest Change of a dossier's reading in a layer, or None."""
    changes = Change.objects.filter(part_of_reading(dossier=dossier.pk, layer=layer.pk))
    return changes.aggregate(last=Max("pk"))["last"]


def changes_since(sign_offs, *, rows=None):
    """Return {sign-off's id: [id of a Change, …]} of what altered the reading since it was given.

    A deed that was done since and undone since is left out. Costs one query for each fifty sign-offs; ``rows`` is the
    QuerySet of Changes to look in.
    """
    rows = Change.objects.all() if rows is None else rows
    sign_offs, found = list(sign_offs), {}
    for first in range(0, len(sign_offs), AT_ONCE):
        some = sign_offs[first : first + AT_ONCE]
        wanted = Q()
        for one in some:
            wanted |= part_of_reading(dossier=one.dossier_id, layer=one.layer_id) & Q(pk__gt=one.change_id or 0)
        names = ("pk", "kind", "object_id", "dossier_id", "layer_id", "act", "undoes")
        changes = list(rows.filter(wanted).order_by("pk").values_list(*names))
        for one in some:
            later = [
                (pk, act, undoes)
                for pk, kind, row, dossier, layer, act, undoes in changes
                if pk > (one.change_id or 0)
                and ((dossier, layer) == (one.dossier_id, one.layer_id) or (kind, row) == ("dossier", one.dossier_id))
            ]
            done, undone = {act for _, act, _ in later}, {undoes for _, _, undoes in later if undoes}
            found[one.pk] = [pk for pk, act, undoes in later if act not in undone and undoes not in done]
    return found


@dataclass
class Standing:
    """How a dossier stands with its editors in one layer."""

    layer: Layer
    sign_off: SignOff | None = None
    # Ids of the Changes since it was signed.
    changes: list = field(default_factory=list)
    # Items that were sent back and nobody has said they are mended.
    sent_back: int = 0

    @property
    def state(self):
        """``signed``, ``changed`` since, ``sent_back`` or ``mended`` (all that was sent back is resolved); or ""."""
        if self.sign_off is None or self.sign_off.state == SignOff.State.LIFTED:
            return ""
        if self.sign_off.state == SignOff.State.SENT_BACK:
            return "sent_back" if self.sent_back else "mended"
        return "changed" if self.changes or self.sign_off.is_outdated else "signed"


def standings(layer, dossiers):
    """Return {dossier id: Standing} in one layer; costs three queries for however many dossiers on a page."""
    pks = [dossier.pk for dossier in dossiers]
    found = {pk: Standing(layer) for pk in pks}
    if layer is None:
        return found
    given = SignOff.objects.live().filter(layer=layer, dossier__in=pks).select_related("created_by")
    for sign_off in given.order_by("created_at", "uuid"):
        found[sign_off.dossier_id].sign_off = sign_off
    signed = [one.sign_off for one in found.values() if one.sign_off and one.sign_off.state == SignOff.State.SIGNED]
    since = changes_since(signed)
    for sign_off in signed:
        found[sign_off.dossier_id].changes = since[sign_off.pk]
    open_comments = Comment.objects.live().filter(layer=layer, dossier__in=pks, is_sent_back=True, resolved_at=None)
    for pk in open_comments.values_list("dossier", flat=True):
        found[pk].sent_back += 1
    return found


def standings_seen(user, project, dossiers):
    """Return {dossier id: Standing} as ``user`` is shown it in lists: what was sent back to them, else the sign-off."""
    readable = list(Layer.objects.readable_by(user).filter(project=project).order_by("created_at"))
    kind = settling_kind(project)
    own = [layer for layer in readable if layer.annotator_id == user.pk]
    settling = [layer for layer in readable if layer.kind == kind]
    found = {dossier.pk: Standing(None) for dossier in dossiers}
    for layer in own[:1] + settling[:1]:
        for pk, one in standings(layer, dossiers).items():
            if not found[pk].state:
                found[pk] = one
    return found


def standing(layer, dossier):
    return standings(layer, [dossier])[dossier.pk]


def deeds_since(standing, vocabulary, *, most):
    """Return the history.Deeds since a sign-off, newest first, of at most ``most`` changes."""
    if standing.state != "changed":
        return []
    rows = Change.objects.filter(pk__in=standing.changes[-most:]).select_related("actor", "layer")
    return history.deeds(rows.order_by("-pk"), vocabulary=vocabulary)


# Deeds


def sign(act, *, seen, open_questions="", note=""):
    """Sign off the dossier of ``act`` as its layer reads it now.

    ``seen`` is the id of the last Change that the signer was shown, None for none: what came after was not read, so
    raises SignedUnseen.
    """
    now = last_change(act.layer, act.dossier)
    if now != seen:
        raise SignedUnseen("The reading was changed after this page was opened; look at what is new, then sign.")
    return act.create(
        SignOff(
            layer=act.layer,
            dossier=act.dossier,
            state=SignOff.State.SIGNED,
            open_questions=open_questions.strip(),
            note=note.strip(),
            change_id=now,
        )
    )


def lift(act, *, note=""):
    """Take the sign-off of a dossier back."""
    if not standing(act.layer, act.dossier).state:
        raise ValidationError("There is no sign-off to lift.")
    return act.create(
        SignOff(
            layer=act.layer,
            dossier=act.dossier,
            state=SignOff.State.LIFTED,
            note=note.strip(),
            change_id=last_change(act.layer, act.dossier),
        )
    )


def send_back(act, *, note, item=None):
    """Ask for another look at ``item``, a claim, link or comparison of the layer, or at the whole dossier.

    Returns the Comment that stays open until somebody says it is mended, with its ``sign_off``. Whoever made the item is told, or those who
    have the dossier; an annotator's finished part in it is open again.
    """
    note = note.strip()
    if not note:
        raise ValidationError({"note": "Say what should be looked at again."})
    if item is not None and (item.deleted_at is not None or item.layer_id != act.layer.pk):
        raise ValidationError({"item": "That is no longer there."})
    comment = Comment(layer=act.layer, dossier=act.dossier, text=note, is_sent_back=True)
    if item is not None:
        setattr(comment, next(name for name, model in ITEMS.items() if isinstance(item, model)), item)
    act.create(comment)
    said = note if item is None else f"{called(item)}: {note}"
    comment.sign_off = act.create(
        SignOff(
            layer=act.layer,
            dossier=act.dossier,
            state=SignOff.State.SENT_BACK,
            note=said,
            change_id=last_change(act.layer, act.dossier),
        )
    )
    if act.layer.kind == Layer.Kind.ANNOTATOR:
        reopen(act)
    Notice.objects.bulk_create(
        Notice(user_id=user, kind=Notice.Kind.SENT_BACK, actor=act.actor, dossier=act.dossier, comment=comment)
        for user in to_be_told(act, item)
    )
    return comment


def reopen(act):
    """Let an annotator go on with a dossier they had finished."""
    finished = Assignment.objects.live().exclude(state=Assignment.State.OPEN)
    for one in finished.filter(dossier=act.dossier, annotator=act.layer.annotator):
        assigning.reopen(act, one, seen=one.version)


def to_be_told(act, item):
    """Return the ids of those whom sending something back concerns, who can see it, and who did not do it themselves."""
    if act.layer.annotator_id is not None:
        wanted = {act.layer.annotator_id}
    elif item is not None and item.created_by_id is not None:
        wanted = {item.created_by_id}
    else:
        assigned = Assignment.objects.live().filter(dossier=act.dossier)
        is_shared = act.layer.kind == Layer.Kind.TEAM
        wanted = set(assigned.values_list("annotator", flat=True)) if is_shared else set()
        if not wanted:
            claims = Claim.objects.live().filter(layer=act.layer, dossier=act.dossier)
            links = Link.objects.live().filter(layer=act.layer, dossier=act.dossier)
            wanted = {pk for rows in (claims, links) for pk in rows.values_list("created_by", flat=True)}
    members = Membership.objects.filter(project=act.project, user__in=wanted - {None, act.actor.pk})
    told = members.filter(user__is_active=True).select_related("user")
    return [one.user_id for one in told if Layer.objects.readable_by(one.user).filter(pk=act.layer.pk).exists()]


def resolve(act, comment, *, seen):
    """Say that what was sent back is mended."""
    return act.change(comment, seen=seen, resolved_at=timezone.now(), resolved_by=act.actor)


def called(item):
    """Return what an item is called in talk: ``A6``, ``R12 → A6``, ``412 in R9 → A2``."""
    if isinstance(item, Claim):
        return item.name
    if isinstance(item, FigureComparison):
        return f"{item.quantity.quote} in {item.link or item.claim.name}"
    return str(item)
