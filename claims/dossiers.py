"""What a dossier consists of: its title, its documents in order, each on its side, and who is on which side."""

from django.core.exceptions import ValidationError
from django.utils import timezone

from claims import annotating
from claims.control import draw
from claims.models import Change, Document, Dossier, DossierActor, Exclusion, Side


def start_dossier(act, title, places, *, parties=(), **fields):
    """Start a dossier with ``places`` [(document uuid, side)] and ``parties`` [(actor uuid, side)], and return it."""
    act.verb = f"start {title}"
    dossier = act.create(draw(Dossier(project=act.project, title=title, **fields)))
    put_places(dossier, places)
    put_parties(dossier, parties)
    act.changes[-1].after.update(consists_of(dossier))
    return dossier


def save_dossier(act, dossier, *, seen, title, places, parties=None):
    """Store title and documents, and who is on which side where that is given, in an act that names no dossier.

    The workspace's undo takes back annotations, not what the dossier consists of. Raises StaleWrite unless the dossier
    is still at version ``seen``.
    """
    act.verb = f"set up {title}"
    before = {"title": dossier.title, **consists_of(dossier)}
    asked = {**before, "title": title, "places": plain(places)}
    if parties is not None:
        asked["parties"] = plain(parties)
    if seen != dossier.version or asked != before:
        act.write(dossier, seen, {"title": title}, attempted={"title": title})
        dossier.title = title
        put_places(dossier, places)
        if parties is not None:
            put_parties(dossier, parties)
        names = [name for name in asked if name == "title" or asked[name] != before[name]]
        told = [{name: state[name] for name in names} for state in (before, asked)]
        act.remember(dossier, Change.Action.CHANGED, before=told[0], after=told[1])
    return dossier


def put_places(dossier, places):
    """Make ``places`` [(document uuid, side)] the documents of ``dossier``, in that order."""
    wanted = dict(places)
    held = dossier.claims.live().values("document")
    lost = dossier.places.exclude(document__in=wanted)
    stuck = lost.filter(document__in=held).select_related("document").first()
    if stuck is not None:
        raise ValidationError(f"“{stuck.document.title}” stays: claims are marked in it for this dossier.")
    lost.delete()
    for position, (document, side) in enumerate(places):
        dossier.places.update_or_create(document_id=document, defaults={"side": side, "position": position})


def put_parties(dossier, parties):
    """Make ``parties`` [(actor uuid, side)] those who have a side in ``dossier``."""
    dossier.parties.exclude(actor__in=dict(parties)).delete()
    for actor, side in parties:
        dossier.parties.update_or_create(actor_id=actor, defaults={"side": side})


def consists_of(dossier):
    """Return documents and actors with their sides as history has them."""
    places = dossier.places.order_by("position", "pk").values_list("document", "side")
    parties = dossier.parties.order_by("pk").values_list("actor", "side")
    return {"places": plain(places), "parties": plain(parties)}


def plain(rows):
    return [[str(pk), str(side)] for pk, side in rows]


def delete_dossier(act, dossier, *, seen):
    """Put a dossier out of sight in which nothing was done; its documents stay in the project."""
    rows = (
        dossier.claims,
        dossier.links,
        dossier.comments,
        dossier.assignments,
        dossier.sign_offs,
        dossier.settlements,
    )
    if any(found.live().exists() for found in rows):
        raise ValidationError(f"“{dossier.title}” stays: there are claims, comments, assignments or sign-offs in it.")
    act.delete(dossier, seen=seen)


# Set-up: said once, before anything is annotated


def set_up(act, dossier, *, sides, people, work="", exclusions=(), left_out=()):
    """Take the sides, and the stretches to leave out, as somebody confirmed them.

    ``sides`` is {document uuid: side}, ``people`` [(name, side)], ``work`` the title of a cited report on the asserting
    side; of ``exclusions`` those in ``left_out`` are left out and the others kept.
    """
    for place in dossier.places.all():
        side = sides.get(place.document_id, place.side)
        if side != place.side:
            place.side = side
            place.save(update_fields=["side"])
    if work:
        add_work(act, dossier, work)
    for name, side in people:
        actor = annotating.actor_named(act, name)
        DossierActor.objects.update_or_create(dossier=dossier, actor=actor, defaults={"side": side})
    for row in exclusions:
        state = Exclusion.State.EXCLUDED if row.pk in left_out else Exclusion.State.KEPT
        act.change(row, seen=row.version, state=state)
    act.change(dossier, seen=dossier.version, set_up_at=timezone.now())


def add_work(act, dossier, title):
    """Put a work that is cited without its text on the asserting side of a dossier; one of that title is taken as it is."""
    document = Document.objects.live().filter(project=act.project, title=title, text=None).first()
    document = document or act.create(Document(project=act.project, title=title, kind=Document.Kind.REPORT))
    dossier.places.get_or_create(
        document=document, defaults={"side": Side.ASSERTING, "position": dossier.places.count()}
    )
