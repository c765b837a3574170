"""Real rows from plain functions; what a test does not name gets a value that fits."""

import itertools
from datetime import date
from uuid import uuid4

from django.core.files.base import ContentFile

from claims.models import (
    Act,
    Actor,
    Citation,
    Claim,
    Document,
    Dossier,
    DossierDocument,
    FigureComparison,
    Layer,
    Link,
    Membership,
    Mention,
    NoResponse,
    Quantity,
    Release,
    Suggestion,
    User,
)
from claims.projects import create_project

count = itertools.count(1)
TEXT = "The report says 370 people were arrested, including 332 brokers. The ministry said the report was unfair."


def make_user(name=None, **fields):
    return User.objects.create_user(username=name or f"user{next(count)}", **fields)


def make_member(project, role, name=None):
    user = make_user(name)
    Membership.objects.create(project=project, user=user, role=role)
    return user


def make_project(owner=None, **fields):
    number = next(count)
    return create_project(
        owner=owner or make_user(),
        **{"slug": f"project-{number}", "title": f"Project {number}", **fields},
    )


def make_actor(project, name=None, **fields):
    return Actor.objects.create(project=project, name=name or f"Actor {next(count)}", **fields)


def make_document(project=None, text=TEXT, **fields):
    document = Document(project=project or make_project(), **{"title": f"Document {next(count)}", **fields})
    if text is not None:
        document.set_text(text)
    document.save(force_insert=True)
    return document


def make_dossier(project=None, documents=(), **fields):
    project = project or (documents[0].project if documents else make_project())
    dossier = Dossier.objects.create(project=project, **{"title": f"Dossier {next(count)}", **fields})
    for position, document in enumerate(documents):
        DossierDocument.objects.create(dossier=dossier, document=document, position=position)
    return dossier


def make_layer(project, annotator):
    return Layer.objects.create(project=project, kind="annotator", annotator=annotator, name=annotator.username)


def make_claim(dossier=None, document=None, quote=None, *, role="assertion", layer=None, actor=None, **fields):
    """A claim on the first occurrence of ``quote``, or on the whole text, with its Change."""
    if dossier is None:
        document = document or make_document()
        dossier = make_dossier(documents=[document])
    document = document or dossier.places.first().document
    layer = layer or dossier.project.layers.first()
    start = document.text.index(quote) if quote else 0
    end = start + len(quote) if quote else len(document.text)
    claim = Claim(dossier=dossier, document=document, layer=layer, role=role, start=start, end=end, **fields)
    claim.anchor(document.text)
    with Act(actor=actor, project=dossier.project, layer=layer, dossier=dossier, verb="mark") as act:
        act.create(claim.take_number())
    return claim


def make_link(response, target=None, *, actor=None, **fields):
    fields = {"scope": "claim" if target else "open", "target_claim": target, **fields}
    link = Link(dossier=response.dossier, layer=response.layer, response=response, **fields)
    link.clean()
    with Act(actor=actor, project=link.dossier.project, layer=link.layer, dossier=link.dossier, verb="link") as act:
        act.create(link.set_turn())
    return link


def make_quantity(document, quote, value, *, layer=None, **reading):
    start = document.text.index(quote)
    mention = Mention(
        uuid=uuid4(),
        document=document,
        start=start,
        end=start + len(quote),
        kind="quantity",
        layer=layer,
        suggester="test",
    )
    mention.anchor(document.text).save(force_insert=True)
    return Quantity.objects.create(mention=mention, value=value, **reading)


def make_suggestion(document, quote, *, kind="claim", payload=None, **fields):
    start = document.text.index(quote)
    suggestion = Suggestion(
        uuid=uuid4(),
        document=document,
        start=start,
        end=start + len(quote),
        kind=kind,
        payload=payload or {"role": "assertion"},
        **{"suggester": "test", "suggester_version": "1", "score": 0.5, **fields},
    )
    suggestion.anchor(document.text).save(force_insert=True)
    return suggestion


def make_citation(subject, **fields):
    name = {"noresponse": "no_response", "figurecomparison": "comparison"}.get(
        subject._meta.model_name, subject._meta.model_name
    )
    fields = {"stance": "supports", "title": "Yearbook", "url": "https://example.org/yearbook", **fields}
    return Citation.objects.create(layer=subject.layer, **{name: subject}, **fields)


def make_no_response(assertion, documents=()):
    return NoResponse.objects.create(
        layer=assertion.layer, assertion=assertion, documents=[str(document.pk) for document in documents]
    )


def make_comparison(owner, quantity, outcome="differs", **fields):
    return FigureComparison.objects.create(
        layer=owner.layer, **{owner._meta.model_name: owner}, quantity=quantity.mention, outcome=outcome, **fields
    )


def make_release(project, number=1, **about):
    """Return a release with next to nothing in its zip, as its pages show it."""
    shown = {
        "name": f"{project.slug}-{number}", "reading": "Team", "creators": [], "layers": [], "splits": {}, "shares": {},
        "seed": 1, "tables": {}, "documents": 0, "withheld": 0, "masked": 0, "open_dossiers": 0, "vocabulary": "default/1",
        "guidelines": 0, "previous": number - 1, "changes": {}, **about,
    }  # fmt: skip
    row = Release(
        project=project, number=number, day=date(2026, 1, 31), licence="CC0-1.0", size=2, sha256="0" * 64, about=shown
    )
    row.file.save(f"{row.pk}/{shown['name']}.zip", ContentFile(b"PK"), save=False)
    row.save(force_insert=True)
    return row
