"""What one screen of the workspace shows: the texts, what is marked in them, and what is left to decide."""

import uuid
from bisect import bisect_left
from collections import defaultdict
from functools import cached_property
from operator import attrgetter

from django.db.models import Q

from claims import figures
from claims.models import (
    Assessment,
    Claim,
    Decision,
    Exclusion,
    Link,
    Mention,
    NoResponse,
    Postponement,
    Suggestion,
    Visit,
)

from .highlight import Mark, paragraphs, segments

KINDS = ("setup", "claim", "pair", "none", "figure", "check")
TITLES = {
    "setup": "Set-up",
    "claim": "Claims",
    "pair": "Pairs",
    "none": "No response",
    "figure": "Figures",
    "check": "Check",
}


class Task:
    """One decision of the queue: its kind, and the uuid of what it is about."""

    def __init__(self, kind, show, subject, *, document=None, start=0, on=None):
        self.kind, self.show, self.subject = kind, show, str(subject)
        self.document, self.start, self.on = document, start, on

    def __repr__(self):
        return f"Task({self.kind}, {self.show}, {self.subject})"


class Board:
    """One dossier as one layer reads it. Everything is loaded once, in a fixed number of queries.

    Texts are loaded only for the documents in ``panes``; claims never bring their document's text along.
    """

    def __init__(self, *, user, dossier, layer, panes=()):
        self.user, self.dossier, self.layer = user, dossier, layer
        self.places = list(
            dossier.places.filter(document__deleted_at=None)
            .select_related("document__publisher")
            .defer("document__text")
        )
        self.documents = {place.document_id: place.document for place in self.places}
        self.side_of = {place.document_id: place.side for place in self.places}
        self.position_of = {place.document_id: index for index, place in enumerate(self.places)}
        self.panes = [pane for pane in panes if pane in self.documents and not self.documents[pane].is_cited_work]
        self.panes = self.panes or self.default_panes()
        self.claims = self.load_claims()
        self.links = self.load_links()

    def default_panes(self):
        """Return one text for a story that holds both voices, else the asserting and the responding one."""
        readable = [place for place in self.places if not place.document.is_cited_work]
        asserting = next((place.document_id for place in readable if place.side == "asserting"), None)
        answering = next((place.document_id for place in readable if place.side in ("responding", "both")), None)
        both = [place.document_id for place in readable if place.side == "both"]
        if asserting and answering:
            return [asserting, answering]
        return both[:1] or [place.document_id for place in readable[:1]]

    def beside(self, document_id):
        """Return (left, right) with ``document_id`` opened in the pane of its side, the other pane as it is."""
        if len(self.panes) < 2 or document_id in self.panes:
            return (document_id, None) if len(self.panes) < 2 else tuple(self.panes)
        left, right = self.panes
        return (left, document_id) if self.side_of[document_id] == "responding" else (document_id, right)

    def other_view(self):
        """Return (left, right) of the view with one text less, or with the second one beside it; None for one text."""
        if len(self.panes) > 1:
            return self.panes[0], None
        readable = [
            pk for pk, document in self.documents.items() if not document.is_cited_work and pk not in self.panes
        ]
        return (self.panes[0], readable[0]) if self.panes and readable else None

    # The annotations of the layer.

    def load_claims(self):
        """Return live claims by uuid, in reading order."""
        rows = Claim.objects.live().filter(dossier=self.dossier, layer=self.layer)
        found = sorted(rows.select_related("speaker", "reporter"), key=self.in_reading_order)
        for claim in found:
            claim.dossier, claim.layer = self.dossier, self.layer
            claim.live_links, claim.live_responses = [], []
            claim.document = self.documents.get(claim.document_id) or claim.document
        return {claim.pk: claim for claim in found}

    def in_reading_order(self, row):
        return self.position_of.get(row.document_id, 99), row.start, row.end

    def load_links(self):
        """Return live links by uuid, in the order they were made, tied to the claims at their ends."""
        found = {}
        rows = Link.objects.live().filter(dossier=self.dossier, layer=self.layer).select_related("target_actor")
        for link in rows:
            if link.response_id not in self.claims:
                continue
            link.dossier, link.layer = self.dossier, self.layer
            link.response = self.claims[link.response_id]
            link.response.live_links.append(link)
            if link.target_claim_id:
                link.target_claim = self.claims[link.target_claim_id]
                link.target_claim.live_responses.append(link)
            if link.target_response_id:
                link.target_response = self.claims[link.target_response_id]
            if link.target_work_id:
                link.target_work = self.documents.get(link.target_work_id) or link.target_work
            link.label = self.labels["relation"].get(link.relation)
            found[link.pk] = link
        return found

    @cached_property
    def labels(self):
        return self.dossier.project.vocabulary.by_facet()

    @cached_property
    def no_responses(self):
        """Live "none found" records by the uuid of their assertion."""
        rows = NoResponse.objects.live().filter(layer=self.layer, assertion__dossier=self.dossier)
        return {row.assertion_id: row for row in rows}

    @cached_property
    def suggestions(self):
        """Undecided suggested claims by uuid, in reading order; none in the control part."""
        return {} if self.dossier.is_control else self.read_ahead

    @cached_property
    def read_ahead(self):
        """What the pipeline suggests and nobody decided, by uuid, in reading order, left-out stretches aside."""
        decided = Decision.objects.live().filter(layer=self.layer, suggestion__isnull=False).values("suggestion")
        rows = Suggestion.objects.filter(kind="claim", layer=None, document__in=list(self.documents)).exclude(
            pk__in=decided
        )
        out = self.left_out
        rows = [
            row
            for row in sorted(rows, key=self.in_reading_order)
            if not any(a < row.end and row.start < b for a, b in out[row.document_id])
            and not self.is_marked(row.document_id, row.start, row.end)
        ]
        for row in rows:
            row.document = self.documents[row.document_id]
            row.role = self.suggested_role(row)
        return {row.pk: row for row in rows}

    def is_marked(self, document, start, end):
        """Whether most of a stretch lies under a claim, so that suggesting it again would only be in the way."""
        covered = sum(max(0, min(b, end) - max(a, start)) for a, b in self.claim_spans[document])
        return covered * 2 > end - start

    @cached_property
    def claim_spans(self):
        spans = defaultdict(list)
        for claim in self.claims.values():
            spans[claim.document_id].append((claim.start, claim.end))
        return spans

    @cached_property
    def sides(self):
        """{casefolded name or alias: side} of the actors who have one in this dossier."""
        table = {}
        for party in self.dossier.parties.filter(actor__deleted_at=None).select_related("actor"):
            for name in (party.actor.name, *party.actor.aliases):
                table[name.casefold()] = party.side
        return table

    def side_of_speaker(self, row):
        """Return the side of whoever says a claim or a suggested one, or None."""
        name = row.speaker.name if isinstance(row, Claim) and row.speaker_id else ""
        return self.sides.get((name or getattr(row, "payload", {}).get("speaker") or "").casefold())

    def suggested_role(self, suggestion):
        """Return what a suggested claim most likely is: its speaker's side decides, then its document's, then its words."""
        for side in (self.side_of_speaker(suggestion), self.side_of.get(suggestion.document_id)):
            if side in ("asserting", "responding"):
                return "assertion" if side == "asserting" else "response"
        scores = suggestion.payload.get("role_scores") or {"assertion": 1}
        return suggestion.payload.get("role") or max(scores, key=scores.get)

    @cached_property
    def exclusions(self):
        return list(Exclusion.objects.live().filter(document__in=list(self.documents)))

    @cached_property
    def left_out(self):
        """{document: [(start, end), …]} of stretches that are not the story, proposed ones included."""
        spans = defaultdict(list)
        for row in self.exclusions:
            if row.state != Exclusion.State.KEPT:
                spans[row.document_id].append((row.start, row.end))
        return spans

    @cached_property
    def opened(self):
        """Documents opened in this layer."""
        return set(Visit.objects.filter(layer=self.layer, dossier=self.dossier).values_list("document", flat=True))

    # The queue.

    @cached_property
    def postponed(self):
        rows = Postponement.objects.live().filter(layer=self.layer, dossier=self.dossier)
        return {(row.task, row.subject): row for row in rows}

    @cached_property
    def queue(self):
        """{kind: [Task, …]} of what is left; put-off ones last, set-aside ones not at all."""
        found = {kind: [] for kind in KINDS}
        for task in self.open_tasks():
            state = getattr(self.postponed.get((task.kind, subject_uuid(task.subject))), "state", None)
            if state != "aside":
                found[task.kind].append((state == "later", task))
        return {kind: [task for _, task in sorted(rows, key=lambda row: row[0])] for kind, rows in found.items()}

    def open_tasks(self):
        if not self.dossier.set_up_at and self.places:
            yield Task("setup", "setup", self.dossier.pk)
        for row in self.suggestions.values():
            yield Task("claim", "suggestion", row.pk, document=row.document_id, start=row.start, on=row)
        yield from self.pair_tasks()
        yield from self.none_tasks()
        for link, mention in figures.to_compare(self.layer, self.dossier):
            yield Task("figure", "figure", f"{link.pk}.{mention.pk}", document=mention.document_id, start=mention.start)
        for check in figures.checks(self.layer, self.dossier):
            if check.comparison is None:
                where = {"document": check.whole.document_id, "start": check.whole.start}
                yield Task("figure", "sum", check.key, on=check, **where)
        for claim in self.claims.values():
            if claim.wants_check and not self.is_assessed(claim):
                yield Task("check", "check", claim.pk, document=claim.document_id, start=claim.start, on=claim)

    def pair_tasks(self):
        """Responses without a link or with an unlabelled one, then suggested responses: accepting one is pairing it."""
        rows = [claim for claim in self.claims.values() if claim.role == "response"]
        rows += [row for row in self.suggestions.values() if row.role == "response"]
        for row in sorted(rows, key=self.in_reading_order):
            links = getattr(row, "live_links", [])
            unlabelled = next((link for link in links if not link.relation), None)
            if not links:
                show = "pair" if isinstance(row, Claim) else "suggested_pair"
                yield Task("pair", show, row.pk, document=row.document_id, start=row.start, on=row)
            elif unlabelled is not None:
                yield Task("pair", "link", unlabelled.pk, document=row.document_id, start=row.start, on=unlabelled)

    def none_tasks(self):
        for claim in self.claims.values():
            direct = [link for link in claim.live_responses if link.relation != "unrelated"]
            if claim.role == "assertion" and not direct and claim.pk not in self.no_responses:
                yield Task("none", "none", claim.pk, document=claim.document_id, start=claim.start, on=claim)

    @cached_property
    def assessed(self):
        rows = Assessment.objects.live().filter(layer=self.layer, claim__dossier=self.dossier)
        return {row.claim_id: row for row in rows}

    def is_assessed(self, claim):
        assessment = self.assessed.get(claim.pk)
        return assessment is not None and assessment.verification not in ("unchecked", "in_progress")

    def next_task(self, kind=None):
        """Return the first open decision, of ``kind`` where one is named and left, or None when all is done."""
        kinds = [kind, *KINDS[KINDS.index(kind) + 1 :], *KINDS] if kind in KINDS else KINDS
        return next((tasks[0] for tasks in map(self.queue.get, kinds) if tasks), None)

    @cached_property
    def steps(self):
        """The six steps with how many decisions each has left, and how many are done where that is known."""
        done = {
            "claim": len(self.claims),
            "pair": sum(1 for claim in self.claims.values() if claim.role == "response" and claim.live_links),
            "none": sum(1 for claim in self.claims.values() if claim.role == "assertion" and claim.live_responses)
            + len(self.no_responses),
            "figure": self.layer.comparisons.live()
            .filter(Q(link__dossier=self.dossier) | Q(claim__dossier=self.dossier))
            .count(),
            "check": sum(1 for claim in self.claims.values() if self.is_assessed(claim)),
        }
        return [
            {"kind": kind, "title": TITLES[kind], "left": len(self.queue[kind]), "done": done.get(kind)}
            for kind in KINDS
            if kind != "setup" or self.queue["setup"]
        ]

    # The texts.

    @cached_property
    def mentions(self):
        """{document: [Mention, …]} of the pipeline's and this layer's, for the documents in the panes."""
        rows = Mention.objects.filter(document__in=self.panes).exclude(layer__isnull=False).select_related("quantity")
        own = Mention.objects.filter(document__in=self.panes, layer=self.layer).select_related("quantity")
        readings = figures.readings(self.layer, [row for row in [*rows, *own] if row.kind == "quantity"])
        found = defaultdict(list)
        for row in [*rows, *own]:
            row.reading = readings.get(row.pk)
            found[row.document_id].append(row)
        return found

    def marks(self, document_id):
        """Return every Mark on one document, for ``segments``."""
        found = [Mark(start, end, "", "out", "left out") for start, end in self.left_out[document_id]]
        for claim in self.claims.values():
            if claim.document_id == document_id:
                kind = "claim assertion" if claim.role == "assertion" else "claim response"
                found.append(Mark(claim.start, claim.end, claim.name, kind))
        for row in self.suggestions.values():
            if row.document_id == document_id:
                found.append(Mark(row.start, row.end, short(row), f"hinted hinted-{row.role}"))
        for mention in self.mentions[document_id]:
            if mention.kind == "quantity" and mention.reading is not None:
                found.append(Mark(mention.start, mention.end, "", "figure", str(mention.reading)))
            elif mention.kind == "entity":
                found.append(Mark(mention.start, mention.end, "", "entity", f"{mention.label.lower()}: {mention.name}"))
            elif mention.kind in ("speaker", "cue"):
                found.append(Mark(mention.start, mention.end, "", mention.kind))
        return found

    def pane(self, document_id, *, touched=None):
        """Return what a pane shows: its paragraphs, or only those that meet a stretch in ``touched``."""
        text = self.documents[document_id].text
        marks = sorted(self.marks(document_id))
        claims = [claim for claim in self.claims.values() if claim.document_id == document_id]
        hints = [row for row in self.suggestions.values() if row.document_id == document_id]
        shown, waiting, active = [], 0, []
        for start, end in paragraphs(text):
            while waiting < len(marks) and marks[waiting].start < end:
                active.append(marks[waiting])
                waiting += 1
            active = [mark for mark in active if mark.end > start]
            if touched is None or any(a < end and start < b for a, b in touched):
                shown.append(
                    {
                        "id": f"p-{str(document_id)[:8]}-{start}",
                        "start": start,
                        "segments": segments(text, start, end, active),
                        "names": [(claim, self.state(claim)) for claim in starting(claims, start, end)],
                        "hints": [(row, short(row)) for row in starting(hints, start, end)],
                    }
                )
        return {"document": self.documents[document_id], "side": self.side_of[document_id], "paragraphs": shown}

    def state(self, claim):
        """Say in a word how far a claim is, for its margin name."""
        if claim.role == "response":
            if not claim.live_links:
                return "no target yet"
            return "paired" if all(link.relation for link in claim.live_links) else "not labelled yet"
        if any(link.relation != "unrelated" for link in claim.live_responses):
            return "responded to"
        return "none found" if claim.pk in self.no_responses else "no response yet"


def short(suggestion):
    """Return what the page calls a suggestion: short, and the same after every swap."""
    return f"s{suggestion.pk.hex[:10]}"


def starting(rows, start, end):
    """Return those of ``rows``, in order of ``start``, that begin inside ``[start, end)``."""
    return rows[bisect_left(rows, start, key=attrgetter("start")) : bisect_left(rows, end, key=attrgetter("start"))]


def as_uuid(value):
    """Return the uuid that a request names, or None for anything else."""
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None


def subject_uuid(subject):
    """Return the uuid that a decision is postponed under: its subject's own, or one made of a compound subject."""
    return as_uuid(subject) or uuid.uuid5(uuid.NAMESPACE_OID, subject)
