"""Starting a project: its vocabulary, its first layer, its owner."""

import json
from functools import cache
from pathlib import Path

from django.db import transaction

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
