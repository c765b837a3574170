"""The control part: dossiers drawn by lot that are annotated without suggestions, to see what suggesting does.

The lot is a hash of the project's and the dossier's uuid, so that it needs no random number, is the same wherever the
project is moved, and nobody chooses: a dossier drawn at 10 per cent is also drawn at every larger share.
"""

import hashlib

from claims.models import Claim, Decision, Link, Visit


def is_drawn(dossier, share):
    """Whether the lot falls on a dossier where ``share`` per cent are drawn."""
    lot = hashlib.sha256(dossier.project_id.bytes + dossier.pk.bytes).digest()
    return int.from_bytes(lot[:8]) % 10_000 < share * 100


def draw(dossier):
    """Let the lot decide on a dossier that is about to be stored, and return it."""
    dossier.is_control = is_drawn(dossier, dossier.project.control_share)
    return dossier


def begun(project):
    """Return the ids of the dossiers in which anybody opened a text or left a mark; costs four queries."""
    found = set(Visit.objects.filter(dossier__project=project).values_list("dossier", flat=True))
    for model in (Claim, Link):
        rows = model._base_manager.filter(dossier__project=project)
        found |= set(rows.order_by().values_list("dossier", flat=True).distinct())
    decided = Decision._base_manager.filter(layer__project=project, suggestion__isnull=False)
    found |= set(decided.values_list("suggestion__document__places__dossier", flat=True))
    return found


def draw_again(act, project):
    """Draw anew, as the project's share says, among the dossiers that nobody has begun; return how many changed.

    One that was begun stays what it was: whoever opened it has seen suggestions, or worked without them.
    """
    known = begun(project)
    untouched = [row for row in project.dossiers.live() if row.pk not in known]
    changed = [row for row in untouched if row.is_control != is_drawn(row, project.control_share)]
    for row in changed:
        act.change(row, seen=row.version, is_control=not row.is_control)
    return len(changed)
