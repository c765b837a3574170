"""Set-up: who is on which side of a dossier. Proposed from who speaks in which document; a person confirms it."""

from collections import Counter

from claims.models import DossierActor, Mention, Side


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


def side_of(roles):
    return "asserting" if roles["assertion"] >= roles["response"] else "responding"


def said_in(form, dossier):
    """Return what the set-up form says as ``claims.dossiers.set_up`` takes it.

    The form has ``side-<document uuid>``, pairs of ``name`` and ``party``, and ``work``.
    """
    asked = {pk: form.get(f"side-{pk}") for pk in dossier.places.values_list("document", flat=True)}
    people = zip(form.getlist("name"), form.getlist("party"), strict=False)
    return {
        "sides": {pk: side for pk, side in asked.items() if side in Side.values},
        "people": [(name.strip(), side) for name, side in people if name.strip() and side in DossierActor.Side.values],
        "work": form.get("work", "").strip(),
    }
