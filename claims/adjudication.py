"""Settling where annotators' layers differ: what is compared, and the deeds that write the gold layer.

``Table`` brings the rows of dossiers to ``claims.comparing`` and keeps what it found. ``settle`` decides one question,
``take_over`` everything that all agree on; both work within an open Act of the gold layer, so that undo takes back a
decision whole: the gold rows and the Settlement that says where they come from.
"""

import uuid
from collections import defaultdict
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from claims import annotating
from claims.comparing import (
    AGREED,
    CLAIM,
    COMPARISON,
    DECIDED,
    FIELD,
    LINK,
    NO_RESPONSE,
    Decided,
    Figure,
    Statement,
    Tie,
    Work,
    compare,
)
from claims.errors import NothingToUndo, RejoinderError
from claims.matching import SENTENCE, Span, overlap, sentence_starts
from claims.models import (
    Assessment,
    Assignment,
    Change,
    Citation,
    Claim,
    Decision,
    Document,
    Dossier,
    FigureComparison,
    Layer,
    Link,
    Mention,
    NoResponse,
    Quantity,
    Settlement,
    undo,
)
from claims.models.changes import restore_parts
from claims.models.evidence import VERDICTS
from claims.offsets import context

AGREED_BY_ALL, TAKEN, BOTH, NEITHER, NEW = Settlement.Choice.values
KEEP = "keep"
SEVERAL = ("strategies", "disputed")
# Of these a decision may be that there is rightly none.
MAY_BE_NOTHING = ("speaker", "period", "restates", "secondary_relation", "strategies", "disputed")
NOTHING = {"strategies": ["none"], "disputed": ["none"], "secondary_relation": ""}
CARRIED = ("kind", "speaker", "reporter", "speech", "period_start", "period_end", "wording", "wants_check", "origin")
FIGURE_FIELDS = ("check_kind", "outcome", "differs_in", "absolute_difference", "relative_difference", "note")
CITED = ("stance", "document", "start", "end", "quote", "title", "url", "archived_url", "page", "accessed_on", "note")


class Overtaken(RejoinderError):
    """What was to be decided is no longer the question that was on the screen; ``question`` is what it is now, or None."""

    def __init__(self, question=None):
        super().__init__(
            "This is no longer the question you saw: somebody decided it, or an annotator changed something."
        )
        self.question = question


@lru_cache(maxsize=1000)
def starts_of(document):
    """Return where the sentences of a document begin. Texts never change, so this is kept."""
    text = Document.objects.filter(pk=document).values_list("text", flat=True).first()
    return sentence_starts(text or "")


def gold_layer(project, *, act=None):
    """Return the gold layer of a project, made at the first need."""
    known = project.layers.live().filter(kind=Layer.Kind.GOLD).first()
    if known is not None:
        return known
    taken = set(project.layers.live().values_list("name", flat=True))
    name = next(name for name in ("gold", "gold layer", f"gold {uuid.uuid4().hex[:6]}") if name not in taken)
    layer = Layer(project=project, kind=Layer.Kind.GOLD, name=name)
    return act.create(layer) if act is not None else Layer.objects.create(project=project, kind=layer.kind, name=name)


class Table:
    """One dossier with the readings of its annotators laid beside each other."""

    def __init__(self, dossier, *, layers, gold, rows):
        self.dossier, self.layers, self.gold = dossier, layers, gold
        self.layer_of = {str(layer.pk): layer for layer in layers}
        self.claims, self.links = rows["claims"], rows["links"]
        self.none_found, self.figures, self.assessments = rows["none_found"], rows["figures"], rows["assessments"]
        self.settlements = rows["settlements"]
        self.places = rows["places"]
        self.compared = compare(self.work())

    @classmethod
    def of(cls, dossier):
        """Return the table of one dossier; costs a fixed number of queries."""
        return cls.of_many(dossier.project, [dossier])[0]

    @classmethod
    def of_many(cls, project, dossiers):
        """Return the tables of several dossiers of one project, in a fixed number of queries."""
        layers = list(project.layers.live().select_related("annotator").order_by("created_at", "uuid"))
        gold = next((layer for layer in layers if layer.kind == Layer.Kind.GOLD), None)
        readers = [layer for layer in layers if layer.kind == Layer.Kind.ANNOTATOR]
        read = [*readers, *([gold] if gold else [])]
        within = {"dossier__in": dossiers, "layer__in": read}
        found = {dossier.pk: defaultdict(dict) for dossier in dossiers}
        by_pk = {dossier.pk: dossier for dossier in dossiers}
        layer_by_pk = {layer.pk: layer for layer in layers}
        claims = Claim.objects.live().filter(**within).select_related("speaker", "reporter", "suggestion")
        for claim in claims.prefetch_related("stretches"):
            claim.dossier, claim.layer = by_pk[claim.dossier_id], layer_by_pk[claim.layer_id]
            found[claim.dossier_id]["claims"][str(claim.pk)] = claim
        for link in Link.objects.live().filter(**within).select_related("target_work", "target_actor"):
            here = found[link.dossier_id]
            link.dossier, link.layer = by_pk[link.dossier_id], layer_by_pk[link.layer_id]
            for name in ("response", "target_claim", "target_response"):
                claim = here["claims"].get(str(getattr(link, f"{name}_id")))
                if claim is not None:
                    setattr(link, name, claim)
            here["links"][str(link.pk)] = link
        nones = NoResponse.objects.live().filter(assertion__dossier__in=dossiers, layer__in=read)
        for row in nones.annotate(at=F("assertion__dossier")):
            found[row.at]["none_found"][str(row.assertion_id)] = row
        figures = FigureComparison.objects.live().filter(layer__in=read, is_dismissed=False)
        figures = figures.annotate(at=Coalesce("link__dossier", "claim__dossier")).filter(at__in=list(by_pk))
        for row in figures.select_related("quantity", "counter_quantity"):
            owner = str(row.link_id or row.claim_id)
            found[row.at]["figures"].setdefault(owner, []).append(row)
        checks = Assessment.objects.live().filter(claim__dossier__in=dossiers, layer__in=read)
        for row in checks.annotate(at=F("claim__dossier")):
            found[row.at]["assessments"][str(row.claim_id)] = row
        settled = (
            Settlement.objects.live().filter(dossier__in=dossiers, layer=gold) if gold else Settlement.objects.none()
        )
        for row in settled.select_related("taken_from", "created_by").order_by("created_at", "uuid"):
            found[row.dossier_id]["settlements"][str(row.pk)] = row
        at_work = finished_in(dossiers)
        tables = []
        for dossier in dossiers:
            dossier.project = project
            rows = found[dossier.pk]
            rows["places"] = list(dossier.places.select_related("document").defer("document__text"))
            marked = {claim.layer_id for claim in rows["claims"].values()}
            present = [layer for layer in readers if layer.pk in marked or (dossier.pk, layer.annotator_id) in at_work]
            tables.append(cls(dossier, layers=present, gold=gold, rows=rows))
        return tables

    # Rows as the plain part reads them.

    def work(self):
        documents = [str(place.document_id) for place in self.places]
        tolerance = self.dossier.project.claim_match
        marked = {claim.document_id for claim in self.claims.values()}
        gold = self.gold.pk if self.gold else None
        present = {layer.pk for layer in self.layers}
        statements = [self.statement(row) for row in self.claims.values() if row.layer_id in present]
        return Work(
            layers=[str(layer.pk) for layer in self.layers],
            statements=statements,
            ties=[self.tie(row) for row in self.links.values() if row.layer_id in present],
            gold=[self.statement(row) for row in self.claims.values() if row.layer_id == gold],
            gold_ties=[self.tie(row) for row in self.links.values() if row.layer_id == gold],
            decided=[self.decided(row) for row in self.settlements.values()],
            documents=documents,
            tolerance=tolerance,
            sentences={str(pk): starts_of(pk) for pk in marked} if tolerance == SENTENCE else {},
        )

    def statement(self, claim):
        parts = tuple((part.start, part.end) for part in claim.stretches.all())
        check = self.assessments.get(str(claim.pk))
        none = self.none_found.get(str(claim.pk))
        period = [day and day.isoformat() for day in (claim.period_start, claim.period_end)]
        return Statement(
            key=str(claim.pk),
            layer=str(claim.layer_id),
            name=claim.name,
            role=claim.role,
            span=Span(str(claim.pk), str(claim.document_id), claim.start, claim.end, parts),
            values={
                "kind": claim.kind,
                "speaker": claim.speaker_id and str(claim.speaker_id),
                "speech": claim.speech,
                "period": period if any(period) else None,
                "restates": claim.restates_id and str(claim.restates_id),
                "verification": check.verification if check and check.verification != "unchecked" else None,
            },
            none_found=str(none.pk) if none else "",
            figures=self.plain_figures(claim),
        )

    def tie(self, link):
        return Tie(
            key=str(link.pk),
            layer=str(link.layer_id),
            response=str(link.response_id),
            scope=link.scope,
            target=str(link.target_claim_id or link.target_response_id or link.target_work_id or ""),
            values={name: getattr(link, name) for name in ("relation", "secondary_relation", "strategies", "disputed")},
            figures=self.plain_figures(link),
        )

    def plain_figures(self, owner):
        return tuple(
            Figure(
                key=str(row.pk),
                quantity=f"{row.check_kind} {figure_place(row.quantity)}",
                value=[
                    row.check_kind,
                    row.outcome,
                    figure_place(row.counter_quantity) if row.counter_quantity_id else None,
                    sorted(row.differs_in),
                ],
            )
            for row in self.figures.get(str(owner.pk), ())
        )

    def decided(self, row):
        return Decided(
            key=str(row.pk),
            question=row.question,
            field=row.field,
            items=tuple(row.items),
            readings=row.readings,
            digest=row.digest,
            choice=row.choice,
            taken_from=str(row.taken_from_id or ""),
            results=tuple(row.results),
            version=row.version,
        )

    # What the plain part found, as rows again.

    def row(self, key):
        """Return the claim or link that goes by this key, or None."""
        return self.claims.get(key) or self.links.get(key)

    def settlement(self, question):
        return self.settlements.get(question.earlier.key) if question.earlier else None

    def find(self, key, *, digest=None, seen=None):
        """Return the question of that name, still as it was on the screen, or raise Overtaken."""
        question = self.compared.find(key)
        if question is None or digest is not None and (question.digest != digest or question.seen != seen):
            raise Overtaken(question)
        return question

    @property
    def questions(self):
        return self.compared.questions

    def agreed(self):
        """Return what one step can take over, {kind: how many}."""
        found = defaultdict(int)
        for question in self.compared.with_status(AGREED):
            found[question.kind] += 1
        return dict(found)

    def tally(self):
        """Return {"agreed", "open", "decided"}: how far this dossier is; what waits for another decision is open."""
        statuses = [question.status for question in self.questions]
        decided, agreed = statuses.count(DECIDED), statuses.count(AGREED)
        return {"agreed": agreed, "open": len(statuses) - decided - agreed, "decided": decided}


def figure_place(mention):
    """Return where a figure stands, alike for the pipeline's and for one that a person marked."""
    return f"{mention.document_id} {mention.start} {mention.end}"


def finished_in(dossiers):
    """Return {(dossier, annotator)} of who has finished there, or looked and found nothing."""
    rows = Assignment.objects.live().filter(dossier__in=dossiers).exclude(state=Assignment.State.OPEN)
    return set(rows.values_list("dossier", "annotator"))


# Deeds.


def begin(act):
    """Let two editors of one dossier go one after the other; returns its table as it is now."""
    if connection.features.has_select_for_update:
        list(Dossier.objects.select_for_update(no_key=True).filter(pk=act.dossier.pk).values_list("pk"))
    return Table.of(act.dossier)


def settle(act, table, question, *, choice, taken_from=None, value=None, note="", along=True):
    """Decide one question and return its Settlement; with ``along``, what comes along with it is written too.

    ``choice`` is one of Settlement.Choice or ``keep``, which leaves gold as it is. ``taken_from`` is a layer, or its id as
    text; ``value`` is what a new one shall say.
    """
    layer = table.layer_of.get(str(getattr(taken_from, "pk", taken_from) or ""))
    if choice == TAKEN and (layer is None or str(layer.pk) not in question.readings):
        raise ValidationError("Say whose reading is taken.")
    if choice not in (AGREED_BY_ALL, TAKEN, BOTH, NEITHER, NEW, KEEP):
        raise ValidationError(f"{choice!r} is no way to decide.")
    if choice == AGREED_BY_ALL:
        if not question.is_agreed_by_all:
            raise ValidationError("The layers do not agree here.")
        layer = table.layer_of[next(key for key, said in question.readings.items() if said["items"])]
    if choice == KEEP:
        results = [row.key for row in question.gold]
    else:
        results = DEEDS[question.kind](act, table, question, choice, str(layer.pk) if layer else "", value)
    settlement = record(act, table, question, choice, layer, results, note)
    if along:
        follow(act, [settlement])
    return settlement


def settle_links(act, table, questions, *, choice, taken_from=None, keys=(), extra=(), note=""):
    """Decide whom one response answers, target by target: as one layer has it, all of them, none, or just ``keys``.

    ``extra`` are targets that no layer has, as (scope, row of gold or work or None); returns the Settlements.
    """
    layer, made = str(getattr(taken_from, "pk", taken_from) or ""), []
    for question in questions:
        has = [key for key, said in question.readings.items() if said["items"]]
        if choice in (KEEP, AGREED_BY_ALL):
            how = {"choice": choice}
        elif choice == TAKEN and layer in has:
            how = {"choice": TAKEN, "taken_from": layer}
        elif has and (choice == BOTH or choice == NEW and question.key in keys):
            how = {"choice": TAKEN if choice == NEW or len(has) == 1 else BOTH, "taken_from": has[0]}
        else:
            how = {"choice": NEITHER}
        made.append(settle(act, table, question, note=note, along=False, **how))
    new = [
        link_anew(act, table, table.claims[response_in_gold(questions[0]).key], scope=scope, target=target)
        for scope, target in extra
    ]
    if new:
        results = [*made[0].results, *(str(link.pk) for link in new)]
        act.change(made[0], seen=made[0].version, choice=NEW, taken_from=None, results=results)
    follow(act, made)
    return made


def record(act, table, question, choice, layer, results, note=""):
    """Write down what was decided, in place of what was decided of it before."""
    earlier = table.settlement(question)
    if earlier is not None:
        act.delete(earlier, seen=earlier.version)
    readings = {key: dict(said) for key, said in question.readings.items()}
    if question.kind in (CLAIM, LINK):
        for key, rows in question.rows.items():
            readings[key]["fields"] = {row.key: as_said(table, row) for row in rows}
    settlement = act.create(
        Settlement(
            layer=act.layer,
            dossier=act.dossier,
            question=question.kind,
            field=question.field,
            items=list(question.items),
            readings=readings,
            digest=question.digest,
            choice=NEW if choice == KEEP else choice,
            taken_from=layer if choice == TAKEN else None,
            results=[str(result) for result in results],
            note=note.strip(),
        )
    )
    settlement.compared.set([table.layer_of[key] for key in question.readings])
    return settlement


def as_said(table, row):
    """Return what a layer's claim or link says of its fields, as the comparison will read it again."""
    values = dict(row.values)
    other = table.claims.get(values.get("restates") or "")
    if "restates" in values:
        values["restates"] = table.statement(other).place if other is not None else None
    return values


def follow(act, settled):
    """Write what comes along with what has just been decided.

    That is what a claim only one layer has brings with it, and what all agree on about the claims and links decided now.
    ``act.table`` is then the dossier as it came to be.
    """
    fresh = {result for settlement in settled for result in settlement.results}
    while True:
        table = Table.of(act.dossier)
        ready = [question for question in table.compared.with_status(AGREED) if is_along(question, fresh)]
        if not ready:
            act.table = table
            return
        for question in ready:
            fresh |= set(take(act, table, question).results)


def is_along(question, fresh):
    if question.kind == CLAIM or not is_ready(question):
        return False
    ends = {row.key for group in (question.about, question.target) if group for row in group.gold}
    return question.is_single or bool(ends & fresh) or question.owner in fresh


def take(act, table, question):
    """Take over one question on which all who have a say agree."""
    first = next(layer for layer, said in question.readings.items() if said["items"])
    choice = TAKEN if question.is_single else AGREED_BY_ALL
    if question.gold and question.kind in (CLAIM, LINK, COMPARISON):
        results = [row.key for row in question.gold]
    else:
        results = DEEDS[question.kind](act, table, question, choice, first, None)
    return record(act, table, question, choice, table.layer_of[first], results)


def take_over(act):
    """Take over everything that all layers agree on, whole claims first; returns {kind: how many}."""
    done = defaultdict(int)
    while True:
        table = Table.of(act.dossier)
        ready = [question for question in table.compared.with_status(AGREED) if is_ready(question)]
        if not ready:
            return dict(done)
        # Whole claims first, and the rest once they are there.
        kind = ready[0].kind
        for question in ready:
            if question.kind == kind:
                take(act, table, question)
                done[kind] += 1


def is_ready(question):
    """Whether the rows it hangs on are in gold."""
    if question.kind == CLAIM:
        return True
    if question.kind == COMPARISON:
        return bool(question.owner)
    return all(group.gold for group in (question.about, question.target) if group is not None)


# Whole claims.


def settle_claim(act, table, question, choice, layer, value):
    """Make the gold claims what was chosen: those that are there are moved, missing ones made, the rest deleted."""
    gold = [table.claims[row.key] for row in question.gold]
    if choice == NEW:
        return [mark_anew(act, table, question, gold, value or {}).pk]
    sources = [table.claims[row.key] for row in chosen(question, choice, layer)]
    if choice in (TAKEN, AGREED_BY_ALL, BOTH) and not sources:
        raise ValidationError("That layer has no claim here.")
    made = []
    for source in sources:
        alike = [row for row in gold if row.role == source.role and row.document_id == source.document_id]
        best = max(
            alike, key=lambda row: (overlap(span_of(row), span_of(source)), row.start == source.start), default=None
        )
        if best is not None:
            gold.remove(best)
            made.append(reshape(act, best, source))
        else:
            made.append(copy_claim(act, table, question, source))
    for row in gold:
        annotating.delete_claim(act, row, seen=row.version)
    return [row.pk for row in made]


def chosen(question, choice, layer):
    """Return the layers' rows that a choice takes: one layer's, or of all layers each different one once."""
    if choice == NEITHER:
        return []
    if choice != BOTH:
        return question.rows.get(layer, [])
    found = {}
    for rows in question.rows.values():
        for row in rows:
            found.setdefault((row.role, str(row.place)), row)
    return list(found.values())


def span_of(claim):
    parts = tuple((part.start, part.end) for part in claim.stretches.all())
    return Span(str(claim.pk), str(claim.document_id), claim.start, claim.end, parts)


def reshape(act, claim, source):
    """Give a gold claim the stretches of ``source``; its name, links and fields stay."""
    before, after = ([[part.start, part.end] for part in row.stretches.all()] for row in (claim, source))
    if before == after and (claim.start, claim.end) == (source.start, source.end):
        return claim
    text = text_of(claim.document_id)
    span = {"start": source.start, "end": source.end, "quote": source.quote}
    span |= dict(zip(("prefix", "suffix"), context(text, source.start, source.end), strict=True))
    claim.document = Document(pk=claim.document_id, project=act.project, text=text)
    claim.stretches.all().delete()
    act.change(claim, seen=claim.version, parts=(before, after) if before or after else None, **span)
    restore_parts(claim, after)
    return claim


@lru_cache(maxsize=50)
def text_of(document):
    """Return the text of a document, which never changes."""
    return Document.objects.values_list("text", flat=True).get(pk=document)


def copy_claim(act, table, question, source):
    """Make a gold claim of an annotator's, with what is cited for it; an earlier choice of the suggestion goes along."""
    document = Document.objects.get(pk=source.document_id)
    fields = {name: getattr(source, name) for name in CARRIED}
    parts = [(part.start, part.end) for part in source.stretches.all()]
    claim = annotating.mark(
        act,
        document=document,
        start=source.start,
        end=source.end,
        stretches=parts,
        role=source.role,
        suggestion=source.suggestion,
        **fields,
    )
    if source.suggestion_id:
        annotating.decide(act, Decision.Outcome.ACCEPTED, suggestion=source.suggestion)
    like = [source] + [
        table.claims[row.key]
        for key, rows in question.rows.items()
        for row in rows
        if key != str(source.layer_id) and question.about.counterpart(table.statement(source), key) is row
    ]
    cite_again(act, claim, "claim", like)
    assess_again(act, table, claim, like)
    return claim


def mark_anew(act, table, question, gold, value):
    """Mark the words the editor selected; a gold claim that is there is moved onto them."""
    first = next((table.claims[row.key] for rows in question.rows.values() for row in rows), gold[0] if gold else None)
    if value.get("start") is None or value.get("end") is None:
        raise ValidationError("Select the words of the claim in the text first.")
    role = value.get("role") or first.role
    document = Document.objects.filter(pk=value.get("document") or first.document_id).first()
    if document is None:
        raise ValidationError("That document is not in this dossier.")
    annotating.check_place(act, document)
    same = [row for row in gold if row.role == role and row.document_id == document.pk]
    for row in gold:
        if row not in same[:1]:
            annotating.delete_claim(act, row, seen=row.version)
    span = {name: value.get(name) for name in ("start", "end", "quote")}
    if same:
        same[0].document = document
        return annotating.move(act, same[0], seen=same[0].version, **span)
    fields = {name: getattr(first, name) for name in CARRIED if name not in ("origin", "wording")}
    return annotating.mark(act, document=document, role=role, **span, **fields)


# Links.


def settle_link(act, table, question, choice, layer, value):
    if choice == NEITHER:
        for row in question.gold:
            annotating.withdraw(act, table.links[row.key], seen=table.links[row.key].version)
        return []
    if choice == NEW:
        raise ValidationError("A link is as some layer has it, or none; mark another one in gold itself.")
    if question.gold:
        return [row.key for row in question.gold]
    layer = layer or next(iter(question.rows))
    ties = question.rows.get(layer)
    if not ties:
        raise ValidationError("That layer has no link here.")
    if not all(group.gold for group in (question.about, question.target) if group is not None):
        raise ValidationError("Settle both claims first.")
    source = table.links[ties[0].key]
    fields = {name: agreed_value(question, name) for name in ("relation", "strategies", "disputed")}
    secondary = agreed_value(question, "secondary_relation")
    fields["secondary_relation"] = secondary if fields["relation"] and secondary != fields["relation"] else ""
    notes = [table.links[tie.key].note for rows in question.rows.values() for tie in rows]
    fields["note"] = source.note or next(filter(None, notes), "")
    response = table.claims[question.about.gold_of(table.statement(source.response), "response").key]
    link = annotating.connect(
        act,
        response=response,
        scope=source.scope,
        target=target_in_gold(table, question, source),
        origin=source.origin,
        suggestion=source.suggestion,
        **fields,
    )
    cite_again(act, link, "link", [table.links[tie.key] for rows in question.rows.values() for tie in rows])
    return [link.pk]


def agreed_value(question, name):
    """Return what all layers that have the link say of a facet; empty where they differ, for that is asked yet."""
    empty = [] if name in SEVERAL else ""
    said = [rows[0].values for rows in question.rows.values()]
    if name == "secondary_relation":
        said = [values for values in said if values["relation"]]
    values = [values[name] for values in said if name == "secondary_relation" or values[name]]
    return values[0] if values and all(value == values[0] for value in values) else empty


def target_in_gold(table, question, source):
    """Return what the gold link answers: the gold claim that stands for the target, or the work or person itself."""
    if question.target is not None:
        other = source.target_claim if source.target_claim_id else source.target_response
        role = Claim.Role.RESPONSE if source.target_response_id else ""
        return table.claims[question.target.gold_of(table.statement(other), role).key]
    return source.target_work or source.target_actor


def response_in_gold(question):
    return next(row for row in question.about.gold if row.role == Claim.Role.RESPONSE)


def link_anew(act, table, response, *, scope, target=None):
    """Make a gold link that no layer has; ``response`` and ``target`` are rows of gold, or a work."""
    return annotating.connect(act, response=response, scope=scope, target=target)


# Fields.


def settle_field(act, table, question, choice, layer, value):
    name = question.field
    rows = [table.row(row.key) for row in question.gold]
    if not rows:
        raise ValidationError("Settle the claim or link itself first.")
    source = table.row(question.rows[layer][0].key) if layer in question.rows else None
    if choice == BOTH:
        if name not in SEVERAL:
            raise ValidationError("Only strategies and what is disputed can be both.")
        said = {key for reading in question.readings.values() for key in reading["value"]} - {"none"}
        value = sorted(said) or ["none"]
    elif choice == NEITHER:
        if name not in MAY_BE_NOTHING:
            raise ValidationError("This wants a value; choose one.")
        value, source = NOTHING.get(name), None
    elif choice in (TAKEN, AGREED_BY_ALL):
        if source is None:
            raise ValidationError("That layer says nothing of it.")
        value = next(iter(question.rows[layer])).values[name]
    for row in rows:
        set_field(act, table, question, row, name, value, source)
    return [row.pk for row in rows]


def set_field(act, table, question, row, name, value, source):
    """Give one gold row a value; ``source`` is the row it comes from, whose note and wording go along where wanted."""
    if name == "verification":
        if source is not None:
            cite_again(act, row, "claim", [source])
            assess_again(act, table, row, [source])
            return
        check = table.assessments.get(str(row.pk))
        seen = check.version if check else None
        justification = check.justification if check else ""
        annotating.assess(act, row, verification=value, justification=justification, seen=seen)
        return
    values = {name: value}
    if name == "speaker":
        values = {"speaker": find_actor(act, value)}
        if source is not None:
            values["reporter"] = source.reporter
    elif name == "period":
        start, end = value or (None, None)
        values = {"period_start": annotating.iso_date(start), "period_end": annotating.iso_date(end)}
    elif name == "restates":
        values = restating(table, value, source)
    elif name == "relation":
        if value == row.secondary_relation:
            values["secondary_relation"] = ""
    elif name == "secondary_relation" and value == row.relation:
        values["secondary_relation"] = ""
    if isinstance(row, Link) and source is not None and source.note and not row.note:
        values["note"] = source.note
    if isinstance(row, Claim):
        row.document = Document(pk=row.document_id, project=act.project)
        if row.restates_id:
            row.restates = table.claims.get(str(row.restates_id)) or row.restates
    annotating.change(act, row, seen=row.version, **values)


def find_actor(act, value):
    if not value:
        return None
    actor = act.project.actors.live().filter(pk=value).first()
    if actor is None:
        raise ValidationError({"speaker": "That is nobody of this project."})
    return actor


def restating(table, value, source):
    """Return the columns that say which claim a gold claim restates; ``value`` names a claim of any layer."""
    if not value:
        return {"restates": None, "restating": "", "restating_note": ""}
    how = {"restating": "faithful", "restating_note": ""}
    if isinstance(value, dict):
        how |= {name: value[name] for name in how if value.get(name)}
        value = value.get("claim") or ""
    if source is not None:
        how = {"restating": source.restating, "restating_note": source.restating_note}
    group = table.compared.group_of.get(value)
    other = table.claims.get(value)
    if other is None or group is None or not group.gold:
        raise ValidationError({"restates": "Settle the claim it restates first."})
    return {"restates": table.claims[group.gold_of(table.statement(other)).key], **how}


# No response, figures, evidence.


def settle_none(act, table, question, choice, layer, value):
    known = [table.none_found[row.key] for row in question.gold if row.key in table.none_found]
    if choice == NEITHER or choice == TAKEN and question.readings[layer]["value"] != "none found":
        for row in known:
            annotating.drop(act, row)
        return []
    if known:
        return [row.pk for row in known]
    rows = [table.none_found[row.key] for each in question.rows.values() for row in each]
    if choice == TAKEN:
        rows = [table.none_found[row.key] for row in question.rows[layer]]
    if not rows:
        raise ValidationError("That layer did not record that none was found.")
    read = [document for document in rows[0].documents if all(document in row.documents for row in rows)]
    read = read or list(dict.fromkeys(document for row in rows for document in row.documents))
    note = next((row.note for row in rows if row.note), "")
    gold = next(row for row in question.about.gold if row.role == Claim.Role.ASSERTION)
    row = NoResponse(layer=act.layer, assertion=table.claims[gold.key], documents=read, note=note)
    made = act.create(row)
    cite_again(act, made, "no_response", rows)
    return [made.pk]


def settle_figure(act, table, question, choice, layer, value):
    """Make gold's comparisons of one figure what was chosen."""
    owner = table.row(question.owner)
    if owner is None:
        raise ValidationError("Settle the claim or link itself first.")
    known = {str(row.pk): row for row in table.figures.get(str(owner.pk), ())}
    for figure in question.gold:
        annotating.drop(act, known[figure.key])
    if choice == NEITHER:
        return []
    if choice == BOTH:
        found = {}
        for rows in question.rows.values():
            for row in rows:
                found.setdefault(str(row.value[2]), row)
        sources = list(found.values())
    else:
        sources = question.rows.get(layer, [])
    if choice == NEW:
        sources = next(rows for rows in question.rows.values() if rows)[:1]
    if not sources:
        raise ValidationError("That layer has not compared this figure.")
    made = []
    for source in sources:
        row = next(row for rows in table.figures.values() for row in rows if str(row.pk) == source.key)
        fields = {name: getattr(row, name) for name in FIGURE_FIELDS}
        if choice == NEW:
            fields |= {name: value[name] for name in ("outcome", "differs_in", "note") if name in (value or {})}
        copy = annotating.compare(
            act,
            **{"link" if isinstance(owner, Link) else "claim": owner},
            quantity=figure_in_gold(act, row, row.quantity),
            counter_quantity=figure_in_gold(act, row, row.counter_quantity),
            addends=[str(figure_in_gold(act, row, mention).pk) for mention in mentions(row.addends)],
            **fields,
        )
        cite_again(act, copy, "comparison", [row])
        made.append(copy.pk)
    return made


def mentions(keys):
    found = {str(row.pk): row for row in Mention.objects.filter(pk__in=keys)}
    return [found[key] for key in keys if key in found]


def figure_in_gold(act, row, mention):
    """Return a figure as gold may name it, read as the annotator read it: one that a person marked is marked again."""
    if mention is None:
        return None
    copy = mention
    if mention.layer_id is not None and mention.layer_id != act.layer.pk:
        copy = Mention.objects.filter(
            layer=act.layer, document=mention.document_id, kind=mention.kind, start=mention.start, end=mention.end
        ).first()
        if copy is None:
            quantity = Quantity.objects.filter(mention=mention).first()
            copy = Mention.objects.get(pk=mention.pk)
            copy.pk, copy.layer = uuid.uuid5(act.layer.pk, str(mention.pk)), act.layer
            copy.save(force_insert=True)
            if quantity is not None:
                quantity.pk = copy.pk
                quantity.part_of = quantity.sums_to = quantity.converts = quantity.change_from = None
                quantity.save(force_insert=True)
    reading = Decision.objects.live().filter(layer=row.layer_id, mention=mention).first()
    if reading is not None:
        annotating.decide(act, reading.outcome, mention=copy, reading=reading.reading)
    return copy


def cite_again(act, subject, name, sources):
    """Put on a gold row what is cited on the annotators' rows, each once; what would be a claim's own words is left."""
    rows = Citation.objects.live().filter(**{f"{name}__in": sources}).select_related("document").order_by("created_at")
    known = {identity(row) for row in Citation.objects.live().filter(**{name: subject})}
    for row in rows:
        if identity(row) in known:
            continue
        known.add(identity(row))
        copy = Citation(layer=act.layer, **{name: subject}, **{field: getattr(row, field) for field in CITED})
        try:
            copy.clean()
        except ValidationError:
            # The gold claim holds the cited words itself, and a claim's own words are no evidence for it.
            continue
        act.create(copy)


def identity(row):
    return row.stance, row.document_id, row.start, row.end, row.title, row.url, row.page


def assess_again(act, table, claim, sources):
    """Give a gold claim the verdict of the annotators' claims, where those who checked it agree."""
    checks = [table.assessments[str(row.pk)] for row in sources if str(row.pk) in table.assessments]
    checks = [check for check in checks if check.verification != "unchecked"]
    if not checks or any(check.verification != checks[0].verification for check in checks):
        return
    cited = Citation.objects.live().filter(Q(claim=claim), stance__in=["supports", "contradicts"]).exists()
    on_check = Citation.objects.live().filter(assessment__in=checks)
    if checks[0].verification in VERDICTS and not cited:
        # The verdict leans on a citation of its own: it is put on the claim, where gold's verdict finds it.
        for row in on_check.select_related("document"):
            copy = Citation(layer=act.layer, claim=claim, **{field: getattr(row, field) for field in CITED})
            copy.clean()
            act.create(copy)
        if not on_check.exists():
            return
    justification = next((check.justification for check in checks if check.justification), "")
    annotating.assess(act, claim, verification=checks[0].verification, justification=justification)


DEEDS = {
    CLAIM: settle_claim,
    LINK: settle_link,
    FIELD: settle_field,
    NO_RESPONSE: settle_none,
    COMPARISON: settle_figure,
}


def undo_last(dossier, *, actor, layer):
    """Take this editor's last decision in gold back; returns (what it was in words, the act that took it back)."""
    changes = Change.objects.filter(dossier=dossier, actor=actor, layer=layer, undoes=None)
    undone = Change.objects.filter(dossier=dossier, undoes__isnull=False).values("undoes")
    last = changes.exclude(act__in=undone).order_by("-pk").values_list("act", flat=True).first()
    if last is None:
        raise NothingToUndo("There is nothing of yours to undo in this dossier's gold.")
    verb = undo(last, actor=actor, dossier=dossier)
    return verb, last
