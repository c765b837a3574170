"""The deeds of the people who annotate, each within an Act: pages, API and demo call the same functions.

Every function takes the open ``act``, which knows who does it, in which dossier and in which layer; it validates,
writes the rows and their history, and returns the row. ValidationError says in words what was refused.
"""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone

from claims.models import (
    Actor,
    Assessment,
    Change,
    Citation,
    Claim,
    Decision,
    FigureComparison,
    Link,
    NoResponse,
    Origin,
    Postponement,
    Stretch,
    Visit,
)
from claims.models.evidence import SUBJECTS

WITHHELD = "withheld"


def mark(act, *, document, start, end, role, quote=None, stretches=(), suggestion=None, **fields):
    """Record a claim on ``[start, end)`` of ``document``, or on several ``stretches`` [(start, end), …] in order."""
    check_place(act, document)
    if stretches:
        start, end = stretches[0][0], stretches[-1][1]
        if any(left[1] > right[0] for left, right in zip(stretches, stretches[1:], strict=False)):
            raise ValidationError({"stretches": "The parts of a claim stand in order and do not overlap."})
    if role not in Claim.Role.values:
        raise ValidationError({"role": f"{role!r} is neither assertion nor response."})
    claim = Claim(layer=act.layer, dossier=act.dossier, document=document, start=start, end=end, role=role, **fields)
    claim.suggestion = suggestion
    claim.check_span(document.text, quote=quote)
    claim.anchor(document.text)
    check_choices(claim)
    claim.clean()
    act.create(claim.take_number())
    parts = [check_stretch(document.text, *part) for part in stretches] if len(stretches) > 1 else []
    Stretch.objects.bulk_create(
        Stretch(claim=claim, position=position, start=left, end=right, quote=document.text[left:right])
        for position, (left, right) in enumerate(parts)
    )
    return claim


def check_place(act, document):
    """Refuse a document that has no place in the act's dossier; asks once an act for each document."""
    placed = vars(act).setdefault("placed", set())
    if document.pk not in placed and not act.dossier.places.filter(document=document).exists():
        raise ValidationError({"document": "That document is not in this dossier."})
    placed.add(document.pk)


def check_stretch(text, start, end):
    if not 0 <= start < end <= len(text):
        raise ValidationError({"stretches": f"A part from {start} to {end} is not inside the text."})
    return start, end


def check_choices(row):
    """Refuse a value that is none of its column's choices, in words."""
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.choices and value not in dict(field.flatchoices) and not (value in ("", None) and field.blank):
            known = ", ".join(str(key) for key, _ in field.flatchoices)
            raise ValidationError({field.name: f"{value!r} is not a {field.verbose_name}; known are {known}."})


def change(act, row, *, seen, **values):
    """Change fields of any row a layer owns; the row is cleaned as it would be then."""
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    try:
        check_choices(row)
        row.clean()
    finally:
        values = {name: getattr(row, name) for name in values}
        for name, value in before.items():
            setattr(row, name, value)
    if isinstance(row, Claim | Link) and row.origin == Origin.ACCEPTED and changes_substance(row, values):
        values["origin"] = Origin.EDITED
    act.change(row, seen=seen, **values)
    if isinstance(row, Link) and values.keys() & {"target_claim", "target_response", "scope", "relation"}:
        settle_target(act, row)
    return row


def settle_target(act, link):
    """Make what depends on a link's target fit a changed one: its turn, and "none found" of what it now answers."""
    turn = link.turn
    now = link.set_turn().turn
    link.turn = turn
    if now != turn:
        act.change(link, seen=link.version, turn=now)
    withdraw_none_found(act, link)


def withdraw_none_found(act, link):
    """A link that answers an assertion takes back this layer's record that no response to it was found."""
    made_now = {change.object_id for change in act.changes if change.action == Change.Action.CREATED}
    if link.scope == Link.Scope.CLAIM and link.relation != "unrelated" and link.target_claim_id not in made_now:
        for found in NoResponse.objects.live().filter(assertion=link.target_claim_id):
            drop(act, found)


def changes_substance(row, values):
    """Whether an accepted suggestion is no longer what was suggested."""
    suggested = {"start", "end", "role", "kind", "speaker", "speech", "target_claim", "scope"}
    return any(getattr(row, name) != value for name, value in values.items() if name in suggested)


def move(act, claim, *, seen, start, end, quote=None):
    """Set a claim's span anew; its parts, if it had several, become this one stretch."""
    moved = Claim(document=claim.document, start=start, end=end)
    moved.check_span(claim.document.text, quote=quote)
    moved.anchor(claim.document.text)
    span = {name: getattr(moved, name) for name in ("start", "end", "quote", "prefix", "suffix")}
    if claim.origin == Origin.ACCEPTED and (start, end) != (claim.start, claim.end):
        span["origin"] = Origin.EDITED
    if (start, end) != (claim.start, claim.end):
        # A neutral wording was made of the words as they stood.
        span["wording"] = ""
    parts = [[part.start, part.end] for part in claim.stretches.all()]
    claim.stretches.all().delete()
    return act.change(claim, seen=seen, parts=(parts, []) if parts else None, **span)


def split(act, claim, *, seen, at):
    """Cut a claim in two at ``at``; it keeps its name and links for the first part. Returns the new second claim.

    White space around the cut belongs to neither part.
    """
    text = claim.document.text
    if not claim.start < at < claim.end:
        raise ValidationError({"at": f"Put the caret inside {claim.name}."})
    left, right = text[claim.start : at].rstrip(), text[at : claim.end].lstrip()
    if not left.strip() or not right.strip():
        raise ValidationError({"at": "Both parts need words."})
    kept = ("kind", "speaker", "reporter", "speech", "period_start", "period_end", "wants_check")
    fields = {name: getattr(claim, name) for name in kept}
    end = claim.end
    move(act, claim, seen=seen, start=claim.start, end=claim.start + len(left))
    return mark(act, document=claim.document, start=end - len(right), end=end, role=claim.role, **fields)


def delete_claim(act, claim, *, seen):
    """Delete a claim and withdraw what hangs on it: links, "none found", comparisons, assessment, citations."""
    if claim.restated_by.live().exists():
        for other in claim.restated_by.live():
            act.change(other, seen=other.version, restates=None, restating="")
    for relation in ("links", "responses", "continuations"):
        for link in getattr(claim, relation).live():
            withdraw(act, link, seen=link.version)
    for relation in ("no_responses", "comparisons", "assessments", "citations"):
        for row in getattr(claim, relation).live():
            drop(act, row)
    return act.delete(claim, seen=seen)


def withdraw(act, link, *, seen):
    """Take a link back, with the comparisons and citations on it."""
    for relation in ("comparisons", "citations"):
        for row in getattr(link, relation).live():
            drop(act, row)
    return act.delete(link, seen=seen)


def drop(act, row, *, seen=None):
    """Delete an annotation and the citations on it."""
    if hasattr(row, "citations"):
        for citation in row.citations.live():
            act.delete(citation, seen=citation.version)
    return act.delete(row, seen=row.version if seen is None else seen)


def decide(act, outcome, *, suggestion=None, mention=None, reading=None):
    """Record what this layer did with a suggestion or a figure, in place of what it did before."""
    decision = Decision.objects.live().filter(layer=act.layer, suggestion=suggestion, mention=mention).first()
    if decision is not None:
        return act.change(decision, seen=decision.version, outcome=outcome, reading=reading or {})
    return act.create(
        Decision(layer=act.layer, suggestion=suggestion, mention=mention, outcome=outcome, reading=reading or {})
    )


def actor_named(act, name, *, role="", organisation=""):
    """Return the project's actor of that name or alias, made when there is none; None for no name.

    One whom only another layer names is found by their name and not by an alias, which would tell the name.
    """
    if not name:
        return None
    actors = Actor.objects.live().filter(project=act.project)
    for actor in actors.known_in([act.layer] if act.layer else []):
        if is_called(actor, name):
            return actor
    for actor in actors:
        if name.casefold() == actor.name.casefold():
            return actor
    kind = Actor.Kind.PERSON if role else Actor.Kind.BODY
    return act.create(
        Actor(project=act.project, name=name, role=role or "", organisation=organisation or "", kind=kind)
    )


def share_actor(act, actor, **values):
    """Add somebody whom only another layer named until now: theirs and this act's from here on."""
    seen = actor.version
    act.change(actor, seen=seen, **values)
    if actor.version == seen:
        # A version without a change, since it is the versions that say in whose work somebody is named.
        act.write(actor, seen, {}, attempted={})
        act.remember(actor, Change.Action.CHANGED, before={}, after={})
    return actor


def accept(act, suggestion, *, role=None, quote=None, **overrides):
    """Make a suggested claim a claim of this layer; what is not overridden is as suggested.

    Another span takes the place of all suggested ``stretches``. ``quote`` is checked against the text.
    """
    known = Claim.objects.live().filter(layer=act.layer, dossier=act.dossier, suggestion=suggestion).first()
    if known is not None:
        return known
    said = suggestion.payload
    suggested = {
        "kind": said.get("kind") or Claim.Kind.FACTUAL,
        "speech": said.get("speech") or Claim.Speech.NARRATION,
        "period_start": iso_date(said.get("period_start")),
        "period_end": iso_date(said.get("period_end")),
        "wording": said.get("wording") or "",
        "start": suggestion.start,
        "end": suggestion.end,
        "stretches": [tuple(part) for part in said.get("stretches") or ()],
    }
    told = {"role": said.get("speaker_role") or "", "organisation": said.get("speaker_organisation") or ""}
    for name, more in (("speaker", told), ("reporter", {})):
        if name not in overrides:
            suggested[name] = actor_named(act, said.get(name), **more)
        elif is_called(overrides[name], said.get(name)):
            suggested[name] = overrides[name]
    if overrides.keys() & {"start", "end"}:
        overrides = {"stretches": [], **overrides}
    suggested_role = said.get("role")
    is_edited = any(name not in suggested or suggested[name] != value for name, value in overrides.items())
    is_edited = is_edited or bool(role and suggested_role and role != suggested_role)
    claim = mark(
        act,
        document=suggestion.document,
        role=role or suggested_role or Claim.Role.ASSERTION,
        quote=quote,
        suggestion=suggestion,
        origin=Origin.EDITED if is_edited else Origin.ACCEPTED,
        **{**suggested, **overrides},
    )
    decide(act, Decision.Outcome.ACCEPTED, suggestion=suggestion)
    return claim


def is_called(actor, name):
    """Whether ``name`` is the actor's, or one of the aliases; nobody has no name."""
    if actor is None or not name:
        return actor is None and not name
    return name.casefold() in {known.casefold() for known in (actor.name, *actor.aliases)}


def iso_date(value):
    return date.fromisoformat(value) if value else None


def connect(act, *, response, scope=Link.Scope.CLAIM, target=None, **fields):
    """Link a response to its target: a claim, a work, another response, whoever asked (an actor or None), or nobody.

    A link to an assertion withdraws this layer's "none found" for it.
    """
    if scope not in Link.Scope.values:
        raise ValidationError({"scope": f"{scope!r} is not a scope; known are {', '.join(Link.Scope.values)}."})
    slot = {
        "claim": "target_claim",
        "work": "target_work",
        "continues": "target_response",
        "questioner": "target_actor",
    }
    link = Link(layer=act.layer, dossier=act.dossier, response=response, scope=scope, **fields)
    if target is not None:
        if scope not in slot:
            raise ValidationError({"scope": "An answer to nobody in particular names no target."})
        setattr(link, slot[scope], target)
    check_choices(link)
    link.clean()
    act.create(link.set_turn())
    withdraw_none_found(act, link)
    return link


def continue_targets(response):
    """Return the claims that ``response`` answers: what a response that continues it is proposed to answer."""
    return [link.target_claim for link in response.links.live().filter(scope="claim").select_related("target_claim")]


def withhold(act, links, *, figures):
    """Record that the response withholds every figure in ``figures`` [(link, mention), …]; returns the comparisons."""
    made = []
    if any(link.relation == "unrelated" for link in links):
        raise ValidationError("What was looked at and is not a pair withholds nothing; change the relation first.")
    for link, mention in figures:
        if link in links and not link.comparisons.live().filter(quantity=mention).exists():
            made.append(compare(act, link=link, quantity=mention, outcome=WITHHELD))
    return made


def compare(act, *, quantity, outcome, link=None, claim=None, **fields):
    """Record the outcome for one figure, of a link or of one claim's own arithmetic."""
    comparison = FigureComparison(layer=act.layer, link=link, claim=claim, quantity=quantity, outcome=outcome, **fields)
    check_choices(comparison)
    comparison.clean()
    return act.create(comparison)


def rule(act, comparison, *, seen, ruling, justification):
    """Record an editor's ruling on a compared figure; an empty ruling takes it back."""
    values = {"ruling": ruling, "justification": justification}
    values |= {"ruled_by": act.actor, "ruled_at": timezone.now()} if ruling else {"ruled_by": None, "ruled_at": None}
    return change(act, comparison, seen=seen, **values)


def none_found(act, assertion, *, documents=None, note="", **fields):
    """Record that no response to an assertion was found in the documents this person opened, or says to have read.

    ``documents`` are uuids as text, from a program whose people read elsewhere than on our pages.
    """
    if assertion.role != Claim.Role.ASSERTION:
        raise ValidationError({"assertion": f"{assertion.name} is a response."})
    if Link.objects.live().filter(target_claim=assertion).exclude(relation="unrelated").exists():
        raise ValidationError({"assertion": f"{assertion.name} has a response; withdraw that link first."})
    if documents is None:
        read = documents_opened(act.layer, act.dossier)
    else:
        places = act.dossier.places.order_by("position").values_list("document", flat=True)
        read = [str(document) for document in places if str(document) in documents]
        if len(read) < len(set(documents)):
            raise ValidationError({"documents": "That document is not in this dossier."})
    if not read:
        raise ValidationError({"documents": "Open a document of this dossier first."})
    return act.create(NoResponse(layer=act.layer, assertion=assertion, documents=read, note=note, **fields))


def documents_opened(layer, dossier):
    """Return the uuids, as text, of the dossier's documents that were opened in this layer, in the dossier's order."""
    visited = set(Visit.objects.filter(layer=layer, dossier=dossier).values_list("document", flat=True))
    places = dossier.places.order_by("position").values_list("document", flat=True)
    return [str(document) for document in places if document in visited]


def assess(act, claim, *, verification, justification="", seen=None, **fields):
    """Set the verification of one claim; ``seen`` is the version of the assessment that was on the screen, if any."""
    assessment = claim.assessments.live().first()
    if assessment is not None:
        seen = assessment.version if seen is None else seen
        return change(act, assessment, seen=seen, verification=verification, justification=justification)
    assessment = Assessment(
        layer=act.layer, claim=claim, verification=verification, justification=justification, **fields
    )
    assessment.clean()
    return act.create(assessment)


def cite(act, subject, **fields):
    """Put a citation on a claim, link, "none found", comparison or assessment."""
    names = {"noresponse": "no_response", "figurecomparison": "comparison"}
    name = names.get(subject._meta.model_name, subject._meta.model_name)
    if name not in SUBJECTS:
        raise ValidationError("A citation stands on one claim, link, record, comparison or assessment.")
    citation = Citation(layer=act.layer, **{name: subject}, **fields)
    check_choices(citation)
    citation.clean()
    return act.create(citation)


def postpone(act, *, task, subject, state, reason=""):
    """Put a decision of the queue off, or set it aside with a reason."""
    if state == Postponement.State.ASIDE and not reason.strip():
        raise ValidationError({"reason": "Say why it is set aside."})
    known = Postponement.objects.live().filter(layer=act.layer, dossier=act.dossier, task=task, subject=subject).first()
    if known is not None:
        return change(act, known, seen=known.version, state=state, reason=reason)
    row = Postponement(layer=act.layer, dossier=act.dossier, task=task, subject=subject, state=state, reason=reason)
    check_choices(row)
    return act.create(row)
