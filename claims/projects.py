"""A project: its start with vocabulary, first layer and owner, its settings, and the roles of its people."""

import json
from functools import cache
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction

from claims.control import draw_again
from claims.models import Act, Label, Layer, Membership, Project, Role, Vocabulary

LABEL_FIELDS = ("key", "phrase", "definition", "example", "shortcut", "stance", "maps_to", "wants_note")
LABELS = Path(__file__).resolve().parent.parent / "fixtures" / "labels.json"


@cache
def schemas():
    """Return the label schemas of fixtures/labels.json, as it has them."""
    return json.loads(LABELS.read_text(encoding="utf-8"))["vocabularies"]


def names_of_vocabularies():
    """Return [(key, name)] of the label schemas that came with the product."""
    return [(schema["key"], schema["name"]) for schema in schemas()]


def default_vocabulary():
    """Return the label schema of fixtures/labels.json, stored at its first use."""
    vocabulary = Vocabulary.objects.filter(key="default").order_by("-number").first()
    return vocabulary or load_vocabularies()["default"]


@transaction.atomic
def load_vocabularies():
    """Store every vocabulary of fixtures/labels.json that is not stored yet; return {key: Vocabulary}."""
    stored = {}
    for schema in schemas():
        vocabulary, is_new = Vocabulary.objects.get_or_create(
            key=schema["key"], number=schema["version"], defaults={"title": schema["name"], "about": schema["about"]}
        )
        stored[vocabulary.key] = vocabulary
        if is_new:
            Label.objects.bulk_create(
                Label(
                    vocabulary=vocabulary,
                    facet=facet,
                    position=label["order"],
                    **{name: label[name] for name in LABEL_FIELDS if label.get(name) is not None},
                )
                for facet, labels in schema["facets"].items()
                for label in labels
            )
    return stored


def create_project(*, slug, title, owner, kind=Project.Kind.SHARED, vocabulary="default", **fields):
    """Create a project with its owner, the label schema of that key and, where everybody works in one reading, its team layer."""
    chosen = default_vocabulary() if vocabulary == "default" else load_vocabularies()[vocabulary]
    project = Project(slug=slug, title=title, kind=kind, vocabulary=chosen, created_by=owner, **fields)
    project.full_clean()
    with Act(actor=owner, project=project, verb=f"start {title}") as act:
        act.create(project)
        if owner is not None:
            Membership.objects.create(project=project, user=owner, role=Role.OWNER)
        if kind == Project.Kind.SHARED:
            act.create(Layer(project=project, kind=Layer.Kind.TEAM, name="Team"))
    return project


# {setting: (least, most)}
LIMITS = {"control_share": (0, 100), "annotators_each": (1, 20), "lease_hours": (1, 2000)}


def check_limits(values):
    """Raise ValidationError for a number that a setting does not take, and for a title of blanks."""
    if not (values.get("title") or "-").strip():
        raise ValidationError({"title": "Write a title."})
    for name, (least, most) in LIMITS.items():
        if values.get(name) is not None and not least <= values[name] <= most:
            raise ValidationError({name: f"Write a number from {least} to {most}."})


def save_settings(act, *, seen, **values):
    """Change settings of the act's project; another control share draws the dossiers that nobody has begun anew."""
    check_limits(values)
    project, share = act.project, act.project.control_share
    act.verb = "change settings"
    act.change(project, seen=seen, **values)
    if project.control_share != share:
        draw_again(act, project)
    return project


def give_role(membership, role):
    """Give a member another role, or none, and return it; the last owner of a project stays one."""
    # Two owners who demote each other at once queue here; on SQLite the whole transaction is exclusive.
    owners = Membership.objects.select_for_update().filter(project=membership.project_id, role=Role.OWNER)
    if role != Role.OWNER and {owner.pk for owner in owners} == {membership.pk}:
        raise ValidationError("A project needs an owner; make somebody else owner first.")
    if role is None:
        membership.delete()
    else:
        membership.role = role
        membership.save(update_fields=["role"])
    return role
