"""Who may do what: one table, asked by pages, API, exports and jobs alike.

A permission is a predicate on (role, project kind, object). Reading starts elsewhere, from ``.visible_to(user)``: what
a person may not see is 404, what they see but may not change is 403.
"""

from collections.abc import Callable
from typing import Any

OWNER, EDITOR, ANNOTATOR, RESEARCHER = "owner", "editor", "annotator", "researcher"
ROLES = (OWNER, EDITOR, ANNOTATOR, RESEARCHER)


def of(*roles: str) -> Callable[..., bool]:
    """Return a predicate that asks for one of these roles and nothing else."""
    return lambda user, role, project, target: role in roles


def shared_or_settling(user: Any, role: str, project: Any, target: Any) -> bool:
    """Owners and editors always; annotators where everybody works in one reading."""
    return role in (OWNER, EDITOR) or role == ANNOTATOR and project.kind == "shared"


def own_layer(user: Any, role: str, project: Any, layer: Any) -> bool:
    """The team layer for whoever annotates; an annotator's layer for that annotator; gold for whoever settles."""
    if layer.kind == "team":
        return role in (OWNER, EDITOR, ANNOTATOR)
    if layer.kind == "annotator":
        return role in (OWNER, EDITOR, ANNOTATOR) and layer.annotator_id == user.pk
    return role in (OWNER, EDITOR)


POLICY: dict[str, Callable[..., bool]] = {
    "view": of(*ROLES),
    "manage_members": of(OWNER),
    "change_settings": of(OWNER),
    "add_document": shared_or_settling,
    "change_document": shared_or_settling,
    "change_dossier": shared_or_settling,
    "annotate": own_layer,
    "rule_on_figures": of(OWNER, EDITOR),
    "comment": of(OWNER, EDITOR, ANNOTATOR),
    "assign": of(OWNER, EDITOR),
    "write_guidelines": of(OWNER, EDITOR),
    "change_schema": of(OWNER),
    "adjudicate": of(OWNER, EDITOR),
    "sign_off": of(OWNER, EDITOR),
    "export": of(*ROLES),
    "release": of(OWNER, EDITOR),
    "import": of(OWNER, EDITOR),
}


def role_in(user: Any, project: Any) -> str | None:
    """Return this person's role in the project, or None; costs one query the first time a user is asked about it."""
    known: dict[Any, str | None] = user.__dict__.setdefault("_roles", {})
    if project.pk not in known:
        known[project.pk] = project.memberships.filter(user=user).values_list("role", flat=True).first()
    return known[project.pk]


def may(user: Any, permission: str, project: Any, target: Any = None) -> bool:
    """Whether ``user`` may do ``permission`` in ``project``, on ``target`` where the permission is about one."""
    role = role_in(user, project)
    return role is not None and user.is_active and POLICY[permission](user, role, project, target)
