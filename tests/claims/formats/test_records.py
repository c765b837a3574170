"""Records say by themselves what the models' choices say."""

import pytest

from claims import models
from claims.formats import records


@pytest.mark.parametrize(
    ("known", "choices"),
    [
        (records.ROLES, models.Role),
        (records.PROJECT_KINDS, models.Project.Kind),
        (records.ACTOR_KINDS, models.Actor.Kind),
        (records.LAYER_KINDS, models.Layer.Kind),
        (records.DOCUMENT_KINDS, models.Document.Kind),
        (records.EXCLUSION_STATES, models.Exclusion.State),
        (records.SIDES, models.Side),
        (records.PARTY_SIDES, models.DossierActor.Side),
        (records.MENTION_KINDS, models.Mention.Kind),
        (records.QUANTITY_KINDS, models.FigureReading.Kind),
        (records.MODIFIERS, models.Modifier),
        (records.SUGGESTION_KINDS, models.Suggestion.Kind),
        (records.DECISION_OUTCOMES, models.Decision.Outcome),
        (records.CLAIM_ROLES, models.Claim.Role),
        (records.SPEECHES, models.Claim.Speech),
        (records.RESTATINGS, models.Claim.Restating),
        (records.ORIGINS, models.Origin),
        (records.SCOPES, models.Link.Scope),
        (records.CHECK_KINDS, models.FigureComparison.Check),
        (records.POSTPONEMENT_STATES, models.Postponement.State),
        (records.ACTIONS, models.Change.Action),
        (records.CLAIM_MATCHES, models.Project.ClaimMatch),
        (records.ASSIGNMENT_STATES, models.Assignment.State),
        (records.ASSIGNMENT_WAYS, models.Assignment.Way),
        (records.QUESTIONS, models.Settlement.Question),
        (records.CHOICES, models.Settlement.Choice),
        (records.SIGN_OFF_STATES, models.SignOff.State),
        (records.FACETS, models.Facet),
    ],
)
def test_choices_are_the_models(known, choices):
    assert set(known) == set(choices.values)


def test_differences_are_the_models():
    assert models.FigureComparison.DIFFERENCES == records.DIFFERENCES


def test_every_column_of_a_row_goes_out():
    """A new column of a model is a new field of its record, or is named here with its reason."""
    from claims.exchange import MODELS, flat_columns

    # The file's, the text's, the database's; and what stands as a version by itself.
    elsewhere = {"project_id", "length", "id", "change_id"}
    for record_type, model in MODELS.items():
        columns = {column.attname for column in model._meta.concrete_fields}
        assert columns - elsewhere == {column for _, column, _ in flat_columns(record_type)}, record_type.TYPE


def test_a_record_names_only_records_of_earlier_types_or_its_own():
    order = list(records.TYPES)
    for name, record_type in records.TYPES.items():
        for column in records.columns(record_type):
            if "to" in column.metadata:
                assert order.index(column.metadata["to"]) <= order.index(name)
