"""Data that a migration carries over arrives."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


@pytest.mark.django_db(transaction=True)
def test_a_dossier_that_was_signed_off_has_a_sign_off():
    at, executor = datetime(2026, 3, 1, 12, tzinfo=UTC), MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes("claims")
    try:
        executor.migrate([("claims", "0005_sign_off_is_outdated")])
        old = executor.loader.project_state([("claims", "0005_sign_off_is_outdated")]).apps
        names = ("User", "Vocabulary", "Project", "Dossier", "Layer", "Change")
        User, Vocabulary, Project, Dossier, Layer, Change = (old.get_model("claims", name) for name in names)
        anna = User.objects.create(username="anna")
        vocabulary = Vocabulary.objects.create(key="old", title="Old")
        made = {}
        for kind in ("shared", "independent"):
            project = Project.objects.create(slug=kind, title=kind, kind=kind, vocabulary=vocabulary)
            made[kind] = Dossier.objects.create(project=project, title=kind, signed_off_at=at, signed_off_by=anna)
            Dossier.objects.create(project=project, title="Not signed off")
        team = Layer.objects.create(project_id=made["shared"].project_id, kind="team", name="Team")
        said = {"dossier": made["shared"], "layer": team, "project_id": team.project_id, "kind": "claim"}
        said |= {"object_id": team.pk, "object_version": 1, "action": "created", "act": team.pk}
        before = Change.objects.create(**said, at=datetime(2026, 2, 1, tzinfo=UTC))
        Change.objects.create(**said, at=datetime(2026, 4, 1, tzinfo=UTC))
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(newest)
    from claims.models import SignOff

    found = {one.layer.kind: one for one in SignOff.objects.select_related("layer")}
    assert found.keys() == {"team", "gold"}
    assert {(one.state, one.created_by.username, one.created_at) for one in found.values()} == {("signed", "anna", at)}
    assert (found["team"].change_id, found["gold"].change_id) == (before.pk, None)
