"""What a dossier consists of: its title, its documents in order, each on its side."""

from django.core.exceptions import ValidationError

from claims.control import draw
from claims.models import Act, Change, Dossier


def start_dossier(user, project, title, places):
    """Start a dossier with ``places`` [(document uuid, side)], and return it."""
    with Act(actor=user, project=project, verb=f"start {title}") as act:
        dossier = act.create(draw(Dossier(project=project, title=title)))
        act.changes[-1].after["places"] = put_places(dossier, places)
    return dossier


def save_dossier(user, dossier, seen, title, places):
    """Store title and documents as one deed; raises StaleWrite unless the dossier is still at version ``seen``."""
    # The deed names no dossier: the workspace's undo takes back annotations, not what the dossier consists of.
    with Act(actor=user, project=dossier.project, verb=f"set up {title}") as act:
        before = {"title": dossier.title, "places": describe_places(dossier)}
        asked = {"title": title, "places": [[str(document), side] for document, side in places]}
        if seen != dossier.version or asked != before:
            act.write(dossier, seen, {"title": title}, attempted={"title": title})
            put_places(dossier, places)
            act.remember(dossier, Change.Action.CHANGED, before=before, after=asked)
    return dossier


def put_places(dossier, places):
    """Make ``places`` [(document uuid, side)] the documents of ``dossier``, in that order; return them as history has it."""
    wanted = dict(places)
    held = dossier.claims.live().values("document")
    lost = dossier.places.exclude(document__in=wanted)
    stuck = lost.filter(document__in=held).select_related("document").first()
    if stuck is not None:
        raise ValidationError(f"“{stuck.document.title}” stays: claims are marked in it for this dossier.")
    lost.delete()
    for position, (document, side) in enumerate(places):
        dossier.places.update_or_create(document_id=document, defaults={"side": side, "position": position})
    return describe_places(dossier)


def describe_places(dossier):
    places = dossier.places.order_by("position", "pk").values_list("document", "side")
    return [[str(document), side] for document, side in places]
