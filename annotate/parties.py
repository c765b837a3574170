"""Set-up: who is on which side of a dossier. Proposed from who speaks in which document; a person confirms it."""

from collections import Counter

from claims import annotating
from claims.models import Document, DossierActor, Mention, Side


def proposed(board):
    """Return [{"name", "role", "side", "count"}], those who speak most first; sides already set stay."""
    known = {
        party.actor.name: party.side
        for party in board.dossier.parties.filter(actor__deleted_at=None).select_related("actor")
    }
    count, described, votes = Counter(), {}, {}
    # In the control part too: who stands on which side is said once for everybody, before anything is annotated.
    for row in board.read_ahead.values():
        name = row.payload.get("speaker")
        if not name:
            continue
        count[name] += 1
        described[name] = ", ".join(
            part for part in (row.payload.get("speaker_role"), row.payload.get("speaker_organisation")) if part
        )
        votes.setdefault(name, Counter())[row.role] += 1
    people = []
    for name in [*known, *(name for name, _ in count.most_common() if name not in known)]:
        side = known.get(name) or side_of(votes[name])
        people.append({"name": name, "role": described.get(name, ""), "side": side, "count": count[name]})
    return people


def proposed_work(board):
    """Return the name of the report that the texts speak of most, where the dossier holds no asserting document; else ""."""
    if any(place.side == Side.ASSERTING for place in board.places):
        return ""
    mentions = Mention.objects.filter(document__in=list(board.documents), kind=Mention.Kind.ENTITY, label="WORK")
    count = Counter(name for name in mentions.values_list("name", flat=True) if name)
    return count.most_common(1)[0][0] if count else ""


def add_work(act, dossier, title):
    """Put a work that is cited without its text on the asserting side of a dossier; one of that title is taken as it is."""
    document = Document.objects.live().filter(project=act.project, title=title, text=None).first()
    document = document or act.create(Document(project=act.project, title=title, kind=Document.Kind.REPORT))
    dossier.places.get_or_create(
        document=document, defaults={"side": Side.ASSERTING, "position": dossier.places.count()}
    )


def side_of(roles):
    return "asserting" if roles["assertion"] >= roles["response"] else "responding"


def set_sides(act, dossier, said):
    """Store the sides that the set-up form has: ``side-<document uuid>`` and pairs of ``name``, ``party``."""
    for place in dossier.places.all():
        side = said.get(f"side-{place.document_id}")
        if side in Side.values and side != place.side:
            place.side = side
            place.save(update_fields=["side"])
    if said.get("work", "").strip():
        add_work(act, dossier, said["work"].strip())
    for name, side in zip(said.getlist("name"), said.getlist("party"), strict=False):
        if not name.strip() or side not in DossierActor.Side.values:
            continue
        actor = annotating.actor_named(act, name.strip())
        DossierActor.objects.update_or_create(dossier=dossier, actor=actor, defaults={"side": side})
