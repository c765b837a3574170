"""Where the readings of several layers differ, question by question. Plain Python; ``claims.adjudication`` brings the rows.

Claims are put together by overlap, links by their matched ends, and what is said of them field by field. What is agreed,
open, waiting for something else or decided is worked out anew from the rows every time; nothing is kept but the decisions.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as column
from typing import Any

from claims.matching import EXACT, HALF, SENTENCE, Span, groups, match, overlap

CLAIM, LINK, FIELD, NO_RESPONSE, COMPARISON = "claim", "link", "field", "no_response", "comparison"
KINDS = (CLAIM, LINK, NO_RESPONSE, FIELD, COMPARISON)
AGREED, OPEN, WAITING, DECIDED = "agreed", "open", "waiting", "decided"
CLAIM_FIELDS = ("kind", "speaker", "speech", "period", "restates", "verification")
LINK_FIELDS = ("relation", "secondary_relation", "strategies", "disputed")
# What a claim gets only once something else of it is settled; the others come along when it is made.
LATER = ("restates",)
NAMESPACE = uuid.UUID("6f1d3c1e-52a4-4f43-9d0e-2f7f6c8f7d10")
NONE_FOUND, RESPONDED = "none found", "responded"

Value = Any
Readings = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Figure:
    """One compared or checked figure: ``value`` is [check kind, outcome, place of the counter figure, differs in]."""

    key: str
    quantity: str
    value: Value


@dataclass(frozen=True)
class Statement:
    """A claim as one layer has it. ``values`` gives its fields; that of ``restates`` is the key of the other claim."""

    key: str
    layer: str
    name: str
    role: str
    span: Span
    values: Mapping[str, Value] = column(default_factory=dict)
    none_found: str = ""
    figures: tuple[Figure, ...] = ()

    @property
    def place(self) -> list[Any]:
        return [str(self.span.document), *(list(part) for part in self.span.stretches)]


@dataclass(frozen=True)
class Tie:
    """A link as one layer has it; ``target`` is the key of a claim or of a work, or "" where there is none."""

    key: str
    layer: str
    response: str
    scope: str
    target: str = ""
    values: Mapping[str, Value] = column(default_factory=dict)
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Decided:
    """A decision that stands: what it was about, what each layer said then, and the gold rows that came of it."""

    key: str
    question: str
    field: str
    items: tuple[str, ...]
    readings: Mapping[str, Mapping[str, Any]]
    digest: str
    choice: str
    taken_from: str = ""
    results: tuple[str, ...] = ()
    version: int = 1

    @property
    def seen(self) -> str:
        return f"{self.key}:{self.version}"


@dataclass
class Work:
    """All that is compared in one dossier: the layers in order, what they hold, and what gold and the decisions hold."""

    layers: Sequence[str]
    statements: Sequence[Statement] = ()
    ties: Sequence[Tie] = ()
    gold: Sequence[Statement] = ()
    gold_ties: Sequence[Tie] = ()
    decided: Sequence[Decided] = ()
    documents: Sequence[str] = ()
    tolerance: str = SENTENCE
    sentences: Mapping[Any, Sequence[int]] = column(default_factory=dict)


@dataclass
class Group:
    """What the layers have of one claim, and the gold claims made of it."""

    number: int
    by_layer: dict[str, list[Statement]]
    gold: list[Statement] = column(default_factory=list)
    question: Question | None = None

    @property
    def statements(self) -> list[Statement]:
        return [row for rows in self.by_layer.values() for row in rows]

    @property
    def roles(self) -> set[str]:
        return {row.role for row in self.statements}

    @property
    def is_one_to_one(self) -> bool:
        return all(len(rows) == 1 for rows in self.by_layer.values())

    @property
    def has_response_in_gold(self) -> bool:
        return any(row.role == "response" for row in self.gold)

    @property
    def is_settled(self) -> bool:
        """Whether it is known what stands in gold for it; an open question about a claim in gold lets links go on."""
        return bool(self.gold) or self.question is not None and self.question.status == DECIDED

    @property
    def is_coming(self) -> bool:
        """Whether there is, or will be once all that is agreed is taken over, a gold claim of it."""
        return bool(self.gold) or self.question is not None and self.question.status == AGREED

    def counterpart(self, gold: Statement | None, layer: str) -> Statement | None:
        """Return what ``layer`` has of this gold claim: the claim of the group that shares most of its characters."""
        rows = self.by_layer.get(layer, [])
        if gold is None or len(rows) < 2:
            return rows[0] if rows else None
        return max(rows, key=lambda row: overlap(row.span, gold.span))

    def gold_of(self, statement: Statement, role: str = "") -> Statement | None:
        """Return the gold claim, of ``role`` where one is named, that stands for one of the group's claims."""
        rows = [row for row in self.gold if role in ("", row.role)]
        return max(rows, key=lambda row: (overlap(row.span, statement.span), row.role == statement.role), default=None)


@dataclass
class Question:
    """One thing that compared layers raise.

    ``readings`` gives for each layer that has a say {"items": its rows, "value": what it says}; ``gold`` the rows of the
    gold layer it is about; ``about`` and ``target`` the groups of claims at its ends.
    """

    kind: str
    readings: Readings
    about: Group | None
    field: str = ""
    target: Group | None = None
    scope: str = ""
    figure: str = ""
    # Of a compared figure: the gold claim or link it belongs to, once there is one.
    owner: str = ""
    status: str = OPEN
    earlier: Decided | None = None
    gold: list[Any] = column(default_factory=list)
    # The layers' rows behind it, by layer: statements, ties or figures.
    rows: dict[str, list[Any]] = column(default_factory=dict)
    place: tuple[Any, ...] = ()
    differs: list[str] = column(default_factory=list)
    orphan: tuple[str, ...] = ()

    @property
    def items(self) -> tuple[str, ...]:
        return self.orphan or tuple(sorted({key for said in self.readings.values() for key in said["items"]}))

    @property
    def key(self) -> str:
        """A name that stays while the same rows are compared."""
        return str(uuid.uuid5(NAMESPACE, " ".join((self.kind, self.field, self.figure, *self.items))))

    @property
    def digest(self) -> str:
        return digest(self.readings)

    @property
    def seen(self) -> str:
        """Which decision, in which version, stood when somebody looked at this."""
        return self.earlier.seen if self.earlier else ""

    @property
    def voters(self) -> list[str]:
        return list(self.readings)

    def options(self) -> list[tuple[list[str], Value]]:
        """Return the different readings that say something, each with the layers that have it, in order of the layers."""
        found: list[tuple[list[str], Value]] = []
        for layer, said in self.readings.items():
            if self.kind != FIELD and (not said["items"] or said["value"] in (False, [], "", RESPONDED)):
                continue
            for layers, value in found:
                if value == said["value"]:
                    layers.append(layer)
                    break
            else:
                found.append(([layer], said["value"]))
        return found

    @property
    def is_agreed_by_all(self) -> bool:
        values = [said["value"] for said in self.readings.values()]
        return bool(values) and all(value == values[0] for value in values) and values[0] not in (None, False, [])

    @property
    def is_single(self) -> bool:
        """Whether one layer alone has a say: what comes along with a claim only it has."""
        return len(self.readings) == 1


def digest(readings: Readings) -> str:
    """Return a hash of what each layer said."""
    said = {layer: [sorted(row["items"]), row["value"]] for layer, row in readings.items()}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def stands(decided: Decided, readings: Readings) -> bool:
    """Whether a decision still answers the question: every layer says what it said, and a new one says what was taken."""
    before = decided.readings
    if any(layer in before and before[layer].get("value") != said["value"] for layer, said in readings.items()):
        return False
    # A layer that had a say and has none any more said something then.
    if any(layer not in readings and said.get("items") for layer, said in before.items()):
        return False
    new = [said["value"] for layer, said in readings.items() if layer not in before]
    if not new:
        return True
    taken = before.get(decided.taken_from) or next((said for said in before.values() if said.get("items")), None)
    return decided.choice in ("agreed", "taken") and taken is not None and all(v == taken.get("value") for v in new)


@dataclass
class Compared:
    """The outcome: the matched claims, and every question in the order it is asked."""

    groups: list[Group]
    questions: list[Question]
    group_of: dict[str, Group]

    def with_status(self, *statuses: str) -> list[Question]:
        return [question for question in self.questions if question.status in statuses]

    def find(self, key: str) -> Question | None:
        return next((question for question in self.questions if question.key == key), None)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return {kind: {status: how many}} with every kind and status named."""
        found = {kind: dict.fromkeys((AGREED, OPEN, WAITING, DECIDED), 0) for kind in KINDS}
        for question in self.questions:
            found[question.kind][question.status] += 1
        return found

    def correspondences(self) -> list[dict[str, list[str]]]:
        """Return {layer: names} of each matched claim: ``ann R6 = ben R7``, one to many where one annotator split."""
        return [
            {layer: [row.name for row in rows] for layer, rows in group.by_layer.items()}
            for group in self.groups
            if len(group.by_layer) > 1
        ]


def compare(work: Work) -> Compared:
    """Return every question the layers raise, agreed and decided ones included, whole claims first."""
    return Comparing(work).compared()


class Comparing:
    """One comparison on its way."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.position = {key: index for index, key in enumerate(work.documents)}
        self.gold = {row.key: row for row in work.gold}
        self.used: set[str] = set()
        self.by_item: dict[tuple[str, str, str], list[Decided]] = defaultdict(list)
        for decided in work.decided:
            for item in decided.items:
                self.by_item[decided.question, decided.field, item].append(decided)
        self.groups = self.matched()
        self.group_of = {row.key: group for group in self.groups for row in group.statements}
        self.questions: list[Question] = []

    def compared(self) -> Compared:
        claims = [self.claim_question(group) for group in self.groups]
        self.assign(claims)
        for question in claims:
            self.find_gold(question)
        self.match_gold_by_hand()
        for question in claims:
            self.rate_claim(question)
        claims += self.orphans(CLAIM, self.gold)
        for group in self.groups:
            for row in group.gold:
                self.group_of[row.key] = group
        links = self.link_questions()
        none_found = self.none_questions(links)
        fields = [*self.claim_fields(), *(row for link in links for row in self.link_fields(link))]
        figures = [*self.claim_figures(), *(row for link in links for row in self.link_figures(link))]
        every = [*claims, *(link for link in links if link.status), *none_found, *fields, *figures]
        every += self.orphans(LINK, {row.key: row for row in self.work.gold_ties})
        every = [question for question in every if question.status]
        every.sort(key=lambda question: (KINDS.index(question.kind), *question.place))
        return Compared(groups=self.groups, questions=every, group_of=self.group_of)

    # Claims.

    def matched(self) -> list[Group]:
        """Return the claims put together: those of one role first, then what stands alone with what it shares words with."""
        work = self.work
        rows = {row.key: row for row in work.statements}
        found: list[dict[str, list[Statement]]] = []
        for role in sorted({row.role for row in work.statements}):
            spans: dict[Hashable, list[Span]] = {
                layer: [row.span for row in work.statements if row.layer == layer and row.role == role]
                for layer in work.layers
            }
            for group in groups(spans, tolerance=work.tolerance, sentences=work.sentences):
                found.append({str(layer): [rows[str(span.key)] for span in each] for layer, each in group.items()})
        alone = [group for group in found if len(group) == 1 and len(work.layers) > 1]
        found = [group for group in found if len(group) > 1 or len(work.layers) == 1]
        found += self.across_roles(alone)
        ordered = sorted(found, key=self.place_of)
        order = {layer: index for index, layer in enumerate(work.layers)}
        return [
            Group(number, dict(sorted(group.items(), key=lambda pair: order[pair[0]])))
            for number, group in enumerate(ordered)
        ]

    def across_roles(self, alone: list[dict[str, list[Statement]]]) -> list[dict[str, list[Statement]]]:
        """Put together what one layer calls an assertion and another a response, where both mark the same words."""
        tolerance = EXACT if self.work.tolerance == EXACT else HALF
        left: list[dict[str, list[Statement]]] = []
        for group in alone:
            ((layer, rows),) = group.items()
            for other in left:
                if layer in other or {row.role for each in other.values() for row in each} == {rows[0].role}:
                    continue
                spans = [row.span for each in other.values() for row in each]
                if match([row.span for row in rows], spans, tolerance=tolerance):
                    other[layer] = rows
                    break
            else:
                left.append(dict(group))
        return left

    def place_of(self, group: Mapping[str, Sequence[Statement]]) -> tuple[int, int, int]:
        spans = [row.span for rows in group.values() for row in rows]
        return (
            self.position.get(str(spans[0].document), len(self.position)),
            min(span.start for span in spans),
            max(span.end for span in spans),
        )

    def claim_question(self, group: Group) -> Question:
        readings = {}
        for layer in self.work.layers:
            rows = group.by_layer.get(layer, [])
            readings[layer] = {"items": [row.key for row in rows], "value": [[row.role, *row.place] for row in rows]}
        question = Question(CLAIM, readings, group, rows={**group.by_layer}, place=self.place_of(group.by_layer))
        question.differs = self.what_differs(group)
        group.question = question
        return question

    def what_differs(self, group: Group) -> list[str]:
        found = []
        if len(group.by_layer) < len(self.work.layers):
            found.append("presence")
        if len(group.roles) > 1:
            found.append("role")
        if not group.is_one_to_one:
            found.append("split")
        elif len({json.dumps(row.place) for row in group.statements}) > 1:
            found.append("span")
        return found

    def assign(self, questions: Iterable[Question]) -> None:
        """Give every decision to the one question it shares most rows with."""
        asked = list(questions)
        shared: dict[str, list[tuple[int, int]]] = defaultdict(list)
        known = {}
        for number, question in enumerate(asked):
            count: dict[str, int] = defaultdict(int)
            for item in question.items:
                for decided in self.by_item.get((question.kind, question.field, item), ()):
                    known[decided.key] = decided
                    count[decided.key] += 1
            for key, each in count.items():
                shared[key].append((-each, number))
        for key, decided in known.items():
            for _, number in sorted(shared[key]):
                if asked[number].earlier is None:
                    asked[number].earlier = decided
                    self.used.add(key)
                    break

    def find_gold(self, question: Question) -> None:
        if question.earlier and question.about:
            question.about.gold = [self.gold[key] for key in question.earlier.results if key in self.gold]

    def match_gold_by_hand(self) -> None:
        """Set gold claims that no decision made, or one that is about nothing any more, beside what they mark."""
        taken = {row.key for group in self.groups for row in group.gold}
        free = [row for row in self.work.gold if row.key not in taken]
        rows = [
            row for group in self.groups if not group.gold and not self.is_answered(group) for row in group.statements
        ]
        of = {row.key: group for group in self.groups for row in group.statements}
        tolerance = EXACT if self.work.tolerance == EXACT else HALF
        for gold in free:
            near = match([gold.span], [row.span for row in rows], tolerance=tolerance)
            if near:
                best = max((span for _, span in near), key=lambda span: overlap(span, gold.span))
                of[str(best.key)].gold.append(gold)

    def is_answered(self, group: Group) -> bool:
        question = group.question
        return bool(question and question.earlier and stands(question.earlier, question.readings))

    def rate_claim(self, question: Question) -> None:
        group = question.about
        assert group is not None
        question.gold = list(group.gold)
        says = sorted(json.dumps([row.role, *row.place]) for row in group.gold)
        same = question.is_agreed_by_all and says == sorted(
            json.dumps(value) for value in next(iter(question.readings.values()))["value"]
        )
        if question.earlier and stands(question.earlier, question.readings):
            question.status = DECIDED
        elif question.is_agreed_by_all and (same or not group.gold and question.earlier is None):
            question.status = AGREED
        else:
            question.status = OPEN

    def orphans(self, kind: str, gold: Mapping[str, Any]) -> list[Question]:
        """Return what gold has and no layer any more: decided once, and worth a second look."""
        found = []
        shown = {row.key for group in self.groups for row in group.gold}
        for decided in self.work.decided:
            rows = [gold[key] for key in decided.results if key in gold]
            if decided.question != kind or decided.key in self.used or not rows:
                continue
            if kind == CLAIM and any(row.key in shown for row in rows):
                continue
            question = Question(kind, {}, None, earlier=decided, gold=rows, orphan=decided.items)
            question.status = DECIDED if decided.digest == digest({}) else OPEN
            question.place = self.place_of({"": rows}) if kind == CLAIM else (len(self.position), 0, 0)
            found.append(question)
        return found

    # Links.

    def target_of(self, tie: Tie) -> tuple[str, str | int]:
        if tie.scope in ("claim", "continues"):
            group = self.group_of.get(tie.target)
            return tie.scope, group.number if group else -1
        return tie.scope, tie.target if tie.scope == "work" else ""

    def link_questions(self) -> list[Question]:
        """Return one question for each response and target that some layer links."""
        found: dict[tuple[int, str, str | int], dict[str, list[Tie]]] = {}
        for tie in self.work.ties:
            group = self.group_of.get(tie.response)
            if group is not None and tie.layer in group.by_layer:
                of = found.setdefault((group.number, *self.target_of(tie)), {})
                of.setdefault(tie.layer, []).append(tie)
        in_gold: dict[tuple[int, str, str | int], list[Tie]] = defaultdict(list)
        for tie in self.work.gold_ties:
            group = self.group_of.get(tie.response)
            if group is not None:
                in_gold[(group.number, *self.target_of(tie))].append(tie)
        questions = []
        for (number, scope, target), by_layer in found.items():
            about = self.groups[number]
            end = self.groups[target] if isinstance(target, int) and target >= 0 else None
            readings = {}
            for layer, rows in about.by_layer.items():
                ties = by_layer.get(layer, [])
                if ties or any(row.role == "response" for row in rows):
                    readings[layer] = {"items": [tie.key for tie in ties], "value": bool(ties)}
            place = self.place_of(about.by_layer)
            then = self.place_of(end.by_layer) if end else (-1, 0, 0)
            question = Question(LINK, readings, about, target=end, scope=scope, rows=by_layer, place=(*place, *then))
            question.gold = in_gold[number, scope, target]
            questions.append(question)
        self.assign(questions)
        for question in questions:
            self.rate_link(question)
        return questions

    def rate_link(self, question: Question) -> None:
        about, end = question.about, question.target
        assert about is not None
        ends = [about, *([end] if end is not None else [])]
        if question.earlier and stands(question.earlier, question.readings):
            question.status = DECIDED
        elif any(group.is_settled and not group.gold for group in ends):
            question.status = ""  # One end is rightly nothing.
        elif not any(row.role == "response" for row in (about.gold or about.statements)):
            question.status = ""
        elif end is not None and question.scope == "continues" and end.gold and not end.has_response_in_gold:
            question.status = ""  # What it continues has become an assertion.
        elif end is not None and about.gold and {row.key for row in about.gold} == {row.key for row in end.gold}:
            question.status = ""  # Both ends have become one claim.
        elif question.is_agreed_by_all and all(group.is_coming for group in ends):
            # What an earlier decision or somebody's hand has done about it is looked at again, not done over.
            question.status = AGREED if question.earlier is None or question.gold else OPEN
        else:
            question.status = OPEN if all(group.gold for group in ends) else WAITING

    # No response.

    def none_questions(self, links: Sequence[Question]) -> list[Question]:
        pointing: dict[int, list[Question]] = defaultdict(list)
        for link in links:
            if link.target is not None and link.scope == "claim":
                pointing[link.target.number].append(link)
        questions = []
        for group in self.groups:
            if not any(row.none_found for row in group.statements):
                continue
            readings, rows = {}, {}
            for layer, each in group.by_layer.items():
                found = [row for row in each if row.none_found]
                linked = any(layer in link.rows for link in pointing[group.number])
                rows[layer] = found
                readings[layer] = {
                    "items": [row.none_found for row in found],
                    "value": NONE_FOUND if found else RESPONDED if linked else "",
                }
            question = Question(NO_RESPONSE, readings, group, rows=rows, place=self.place_of(group.by_layer))
            questions.append(question)
        self.assign(questions)
        for question in questions:
            assert question.about is not None
            question.gold = [row for row in question.about.gold if row.none_found]
            question.status = self.rate_none(question, pointing[question.about.number])
        return questions

    def rate_none(self, question: Question, links: Sequence[Question]) -> str:
        group = question.about
        assert group is not None
        golden = [row.key for row in group.gold]
        answered = any(
            tie.scope == "claim" and tie.target in golden and tie.values.get("relation") != "unrelated"
            for tie in self.work.gold_ties
        )
        if question.earlier and stands(question.earlier, question.readings):
            return DECIDED
        if answered or group.is_settled and not group.gold or any(link.status == AGREED for link in links):
            return ""
        if not any(row.role == "assertion" for row in (group.gold or group.statements)):
            return ""
        if question.is_agreed_by_all and group.is_coming:
            return AGREED if question.earlier is None else OPEN
        return OPEN if group.gold and not any(link.status in (OPEN, WAITING) for link in links) else WAITING

    # Fields.

    def claim_fields(self) -> Iterator[Question]:
        questions: list[tuple[Question, Statement | None]] = []
        asked: dict[tuple[str, tuple[str, ...]], Question] = {}
        for group in self.groups:
            if group.is_settled and not group.gold or not group.gold and not group.is_one_to_one:
                continue
            golden: Sequence[Statement | None] = group.gold or [None]
            for gold in golden:
                rows = {layer: group.counterpart(gold, layer) for layer in group.by_layer}
                for name in CLAIM_FIELDS:
                    question = self.field_question(group, name, rows, gold)
                    if question is None:
                        continue
                    at = (name, question.items)
                    if at in asked:
                        # Two gold claims stand for the same ones; what is said is said of both.
                        asked[at].gold += question.gold
                    else:
                        asked[at] = question
                        questions.append((question, gold))
        self.assign(question for question, _ in questions)
        for question, stated in questions:
            assert question.about is not None
            self.rate_field(question, stated, question.about.question, self.field_of(question, stated))
            if question.status == OPEN and question.field in LATER and not self.may_restate(question):
                question.status = WAITING if self.restated_is_waiting(question) else ""
            yield question

    def field_question(
        self, group: Group, name: str, rows: Mapping[str, Any], gold: Any, kind: str = ""
    ) -> Question | None:
        """Return the question whether the layers say the same of one claim or link, or None where at most none says it."""
        readings, asked = {}, {}
        for layer, row in rows.items():
            if row is None or not has_a_say(name, row):
                continue
            readings[layer] = {"items": [row.key], "value": self.said(name, row)}
            asked[layer] = [row]
        if not readings or self.is_plain(name, rows, readings, gold):
            return None
        place = self.place_of(group.by_layer)
        order = (*CLAIM_FIELDS, *LINK_FIELDS).index(name)
        question = Question(FIELD, readings, group, field=name, rows=asked, place=(*place, order))
        question.scope = kind
        question.gold = [gold] if gold is not None else []
        return question

    def is_plain(self, name: str, rows: Mapping[str, Any], readings: Readings, gold: Any) -> bool:
        """Whether all say the same, gold too, and nobody decided anything of it: most fields, so it is asked first."""
        values = [said["value"] for said in readings.values()]
        if any(value != values[0] for value in values) or gold is not None and gold.values.get(name) != values[0]:
            return False
        if name in LATER and values[0] is not None:
            return False
        return not any((FIELD, name, row.key) in self.by_item for row in rows.values() if row is not None)

    def said(self, name: str, row: Any) -> Value:
        value = row.values.get(name)
        if name == "restates" and value:
            other = self.statement(value)
            return other.place if other else None
        return value

    def statement(self, key: str) -> Statement | None:
        group = self.group_of.get(key)
        rows = [*group.statements, *group.gold] if group else []
        return next((row for row in rows if row.key == key), None)

    def field_of(self, question: Question, gold: Any) -> Value:
        return gold.values.get(question.field) if gold is not None else None

    def agreed_value(self, question: Question) -> tuple[bool, Value]:
        """Return whether all who have a say say the same, and what; restated claims count as one where they match."""
        values = [said["value"] for said in question.readings.values()]
        if question.field == "restates":
            groups = {self.restated(row).number if self.restated(row) else None for row in self.rows_of(question)}
            return len(groups) == 1, values[0]
        return all(value == values[0] for value in values), values[0]

    def rows_of(self, question: Question) -> list[Any]:
        return [row for rows in question.rows.values() for row in rows]

    def restated(self, row: Statement) -> Any:
        return self.group_of.get(row.values.get("restates") or "")

    def may_restate(self, question: Question) -> bool:
        return all(group is None or group.gold for group in map(self.restated, self.rows_of(question)))

    def restated_is_waiting(self, question: Question) -> bool:
        return any(group is not None and not group.is_settled for group in map(self.restated, self.rows_of(question)))

    def rate_field(self, question: Question, gold: Any, whole: Question | None, now: Value) -> None:
        """Say whether a field is settled: by its own decision, with the whole row, or because all say the same."""
        same, value = self.agreed_value(question)
        later = question.field in LATER
        if later:
            # Gold names its own claim: what counts is which claim stands behind it.
            group = self.group_of.get(now or "")
            groups = [self.restated(row) for row in self.rows_of(question)]
            is_gold = same and (groups[0].number if groups[0] else None) == (group.number if group else None)
        else:
            is_gold = now == value
        if question.earlier and stands(question.earlier, question.readings):
            question.status = DECIDED
        elif same and (gold is None or is_gold):
            question.status = ""
        elif same and question.earlier is None:
            if later and not now:
                question.status = AGREED if self.may_restate(question) else ""
            elif later or self.is_as_taken(question, whole):
                question.status = ""  # Somebody has changed gold by hand since; that stands.
            else:
                question.status = OPEN
        else:
            question.status = OPEN if gold is not None else WAITING

    def is_as_taken(self, question: Question, whole: Question | None) -> bool:
        """Whether the layers still say of this field what they said when the whole claim or link was decided."""
        if whole is None or whole.earlier is None:
            return True
        for layer, said in question.readings.items():
            fields = whole.earlier.readings.get(layer, {}).get("fields", {})
            known = [values[question.field] for key, values in fields.items() if key in said["items"]]
            if known != [said["value"]]:
                return False
        return True

    def link_fields(self, link: Question) -> Iterator[Question]:
        if not link.status or link.status == DECIDED and not link.gold:
            return
        about = link.about
        assert about is not None
        gold = link.gold[0] if link.gold else None
        rows = {layer: ties[0] for layer, ties in link.rows.items()}
        questions = []
        for name in LINK_FIELDS:
            question = self.field_question(about, name, rows, gold, link.scope)
            if question is not None:
                question.target = link.target
                question.place = (*link.place, LINK_FIELDS.index(name) + len(CLAIM_FIELDS))
                questions.append(question)
        self.assign(questions)
        for question in questions:
            self.rate_field(question, gold, link, self.field_of(question, gold))
            yield question

    # Figures.

    def figure_questions(self, whole: Question, rows: Mapping[str, Any], gold: Any) -> list[Question]:
        quantities = sorted({figure.quantity for row in rows.values() if row is not None for figure in row.figures})
        questions = []
        for quantity in quantities:
            readings, asked = {}, {}
            for layer, row in rows.items():
                if row is None:
                    continue
                found = [figure for figure in row.figures if figure.quantity == quantity]
                asked[layer] = found
                values = sorted((figure.value for figure in found), key=json.dumps)
                readings[layer] = {"items": [figure.key for figure in found], "value": values}
            question = Question(COMPARISON, readings, whole.about, target=whole.target, figure=quantity, rows=asked)
            question.scope, question.place = whole.scope if whole.kind == LINK else "", (*whole.place, quantity)
            question.gold = [figure for figure in gold.figures if figure.quantity == quantity] if gold else []
            question.owner = gold.key if gold else ""
            questions.append(question)
        self.assign(questions)
        for question in questions:
            said = sorted((figure.value for figure in question.gold), key=json.dumps)
            if question.earlier and stands(question.earlier, question.readings):
                question.status = DECIDED
            elif question.is_agreed_by_all and (not question.gold and question.earlier is None):
                question.status = AGREED if gold is not None or whole.status == AGREED else WAITING
            elif question.is_agreed_by_all and said == next(iter(question.readings.values()))["value"]:
                question.status = AGREED
            else:
                question.status = OPEN if gold is not None else WAITING
        return questions

    def link_figures(self, link: Question) -> list[Question]:
        if not link.status or link.status == DECIDED and not link.gold:
            return []
        rows = {layer: ties[0] for layer, ties in link.rows.items()}
        return self.figure_questions(link, rows, link.gold[0] if link.gold else None)

    def claim_figures(self) -> Iterator[Question]:
        for group in self.groups:
            question = group.question
            if question is None or group.is_settled and not group.gold:
                continue
            gold = group.gold[0] if group.gold else None
            rows = {layer: group.counterpart(gold, layer) for layer in group.by_layer}
            yield from self.figure_questions(question, rows, gold)


def has_a_say(name: str, row: Any) -> bool:
    """Whether a layer says anything of this field: a facet not asked yet, or a claim not checked, says nothing."""
    value = row.values.get(name)
    if name == "secondary_relation":
        return bool(row.values.get("relation"))
    if name in ("relation", "strategies", "disputed"):
        return bool(value)
    return name != "verification" or value is not None
