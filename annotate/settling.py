"""What the screen of adjudication shows: one open question at a time, each reading with its words, and the texts beside it."""

import hashlib
from functools import cached_property
from types import SimpleNamespace

from claims.adjudication import KEEP, MAY_BE_NOTHING, SEVERAL, Table
from claims.comparing import (
    AGREED,
    CLAIM,
    COMPARISON,
    DECIDED,
    FIELD,
    KINDS,
    LINK,
    NO_RESPONSE,
    OPEN,
    WAITING,
)
from claims.models import Actor, Citation, Claim, Facet, FigureComparison, Postponement

from .board import as_uuid, starting, subject_uuid
from .highlight import Mark, paragraphs, segments

TITLES = {
    CLAIM: "Claims",
    LINK: "Links",
    NO_RESPONSE: "No response",
    FIELD: "Labels",
    COMPARISON: "Figures",
}
FIELD_NAMES = {
    "kind": "kind of claim",
    "speaker": "who says it",
    "speech": "how it is said",
    "period": "period it speaks of",
    "restates": "claim it restates",
    "verification": "verification",
    "relation": "relation",
    "secondary_relation": "secondary relation",
    "strategies": "strategies",
    "disputed": "what is disputed",
}
FACETS = {
    "relation": Facet.RELATION,
    "secondary_relation": Facet.RELATION,
    "strategies": Facet.STRATEGY,
    "disputed": Facet.DISPUTED,
    "verification": Facet.VERIFICATION,
}
TASK = "settle"


class Bench:
    """One dossier on the screen of adjudication."""

    def __init__(self, dossier, *, table=None, kind=None, pane=None):
        self.dossier, self.kind = dossier, kind if kind in KINDS else None
        self.table = table or Table.of(dossier)
        self.places = [place for place in self.table.places if place.document.deleted_at is None]
        self.documents = {place.document_id: place.document for place in self.places}
        self.side_of = {place.document_id: place for place in self.places}
        readable = [pk for pk, document in self.documents.items() if not document.is_cited_work]
        self.pane = pane if pane in readable else readable[0] if readable else None
        self.layers = self.table.layers
        self.index_of = {str(layer.pk): index + 1 for index, layer in enumerate(self.layers)}
        self.compared = self.table.compared

    # The queue.

    @cached_property
    def asks(self):
        """Open questions in the order they are asked; the targets of one response are one question."""
        asks, by_response = [], {}
        for question in self.compared.questions:
            if question.status != OPEN:
                continue
            if question.kind == LINK and question.about is not None:
                known = by_response.get(question.about.number)
                if known is not None:
                    known.append(question)
                    continue
                by_response[question.about.number] = asked = [question]
                asks.append(asked)
            else:
                asks.append([question])
        return asks

    @cached_property
    def queue(self):
        """The asks that are left, those put off last."""
        later = put_off_in(self.table)
        put_off = [ask for ask in self.asks if subject_uuid(ask[0].key) in later]
        return [ask for ask in self.asks if ask not in put_off] + put_off

    def next_ask(self):
        """Return the next open question, of the kind that is filtered for where one is left."""
        of_kind = [ask for ask in self.queue if ask[0].kind == self.kind]
        return next(iter(of_kind or self.queue), None)

    def ask_of(self, key):
        """Return the questions that a key names: an open one with what is asked along with it, or any other."""
        for ask in self.asks:
            if any(question.key == key for question in ask):
                return ask
        found = self.compared.find(key)
        return [found] if found else None

    @cached_property
    def steps(self):
        counts = self.compared.counts()
        found = []
        for kind in KINDS:
            each = counts[kind]
            total = sum(each.values())
            found.append(
                {
                    "kind": kind,
                    "title": TITLES[kind],
                    "done": each[DECIDED],
                    "total": total,
                    "open": each[OPEN],
                    "waiting": each[WAITING],
                }
            )
        return [step for step in found if step["total"]]

    @cached_property
    def agreed(self):
        """How many of each kind can be taken over in one step, in words."""
        counts = self.table.agreed()
        names = {CLAIM: "claims", LINK: "links", NO_RESPONSE: "“none found”", FIELD: "labels", COMPARISON: "figures"}
        return [(names[kind], counts[kind]) for kind in KINDS if counts.get(kind)]

    @property
    def agreed_total(self):
        return sum(count for _, count in self.agreed)

    @property
    def agreed_state(self):
        """What a request to take all over says it saw."""
        return agreed_state(self.table)

    # Cards.

    def card(self, on=None, *, new=False):
        """Return the card of a named question, else of the next open one; None when nothing is left to ask."""
        ask = self.ask_of(on) if on else None
        ask = ask or self.next_ask()
        return Card(self, ask, new=new) if ask else None

    @cached_property
    def labels(self):
        return self.dossier.project.vocabulary.by_facet()

    @cached_property
    def actors(self):
        return {str(row.pk): row for row in Actor.objects.live().filter(project=self.dossier.project)}

    def name_key(self, claim):
        """Return what the page calls a claim of a layer, so that its words and its margin name are found."""
        if self.table.gold and claim.layer_id == self.table.gold.pk:
            return f"g-{claim.name}"
        return f"l{self.index_of[str(claim.layer_id)]}-{claim.name}"

    def claim(self, statement):
        return self.table.claims[statement.key]

    # The text.

    @cached_property
    def question_of(self):
        """{claim's key: the key of the question about it}."""
        found = {}
        for question in self.compared.questions:
            if question.kind == CLAIM:
                for key in (*question.items, *(row.key for row in question.gold)):
                    found[key] = question
        return found

    def shown(self, *, touched=None):
        """Return the open text with every layer's marks; with ``touched``, only paragraphs that a deed may have changed."""
        if self.pane is None:
            return None
        document = self.documents[self.pane]
        rows = [claim for claim in self.table.claims.values() if claim.document_id == self.pane]
        rows = [row for row in rows if self.is_gold(row) or str(row.layer_id) in self.index_of]
        rows.sort(key=lambda row: (row.start, row.end))
        marks = []
        for row in rows:
            parts = [(part.start, part.end) for part in row.stretches.all()] or [(row.start, row.end)]
            look = "settled" if self.is_gold(row) else f"reading l{self.index_of[str(row.layer_id)]} {row.role}"
            marks += [Mark(start, end, self.name_key(row), look) for start, end in parts]
        marks.sort(key=lambda mark: (mark.start, mark.end))
        paragraphs_shown = []
        for start, end in paragraphs(document.text):
            if touched is not None and not any(a < end and start < b for a, b in touched):
                continue
            inside = [mark for mark in marks if mark.start < end and start < mark.end]
            paragraphs_shown.append(
                {
                    "id": f"a-{str(self.pane)[:8]}-{start}",
                    "start": start,
                    "segments": segments(document.text, start, end, inside),
                    "names": [self.margin_name(row) for row in starting(rows, start, end)],
                }
            )
        return {"document": document, "side": self.side_of[self.pane], "paragraphs": paragraphs_shown}

    def is_gold(self, row):
        return self.table.gold is not None and row.layer_id == self.table.gold.pk

    def margin_name(self, row):
        question = self.question_of.get(str(row.pk))
        status = question.status if question else ""
        said = {DECIDED: "decided", AGREED: "all agree", OPEN: "open", WAITING: "waits", "": "marked by hand"}[status]
        column = 0 if self.is_gold(row) else self.index_of[str(row.layer_id)]
        whose = "gold" if self.is_gold(row) else self.table.layer_of[str(row.layer_id)].name
        return SimpleNamespace(
            key=self.name_key(row),
            name=row.name,
            role=row.role,
            column=column,
            whose=whose,
            said=said,
            status=status,
            question=question.key if question else "",
        )


def put_off_in(table):
    """Return the subjects of the questions of a table that were put off."""
    if table.gold is None:
        return set()
    rows = Postponement.objects.live().filter(layer=table.gold, dossier=table.dossier, task=TASK)
    return set(rows.values_list("subject", flat=True))


def agreed_state(table):
    """Return a hash of all that is agreed, as whoever takes it over has seen it."""
    agreed = sorted(question.digest for question in table.compared.with_status(AGREED))
    return hashlib.sha256(" ".join(agreed).encode()).hexdigest()


class Card:
    """One question in words, with every reading of it and what can be decided."""

    def __init__(self, bench, ask, *, new=False):
        self.bench, self.ask, self.new = bench, ask, new
        self.question = question = ask[0]
        self.table = bench.table
        self.kind, self.key, self.status = question.kind, question.key, question.status
        self.title = FIELD_NAMES[question.field].capitalize() if question.field else TITLES[question.kind]
        self.template = (
            f"adjudication/_{'claim' if self.kind == CLAIM else 'link' if self.kind == LINK else 'said'}.html"
        )
        self.earlier = [self.table.settlement(row) for row in ask if row.earlier]
        self.options = self.make_options()
        self.document, self.focus, self.partners = self.light()

    # What it is about.

    def light(self):
        """Return (document, focus, partners): the text to open, and the names that light up in it."""
        question, bench = self.question, self.bench
        about = [bench.claim(row) for row in self.statements(question.about)]
        about = about or [self.table.row(row.key) for row in question.gold if self.table.claims.get(row.key)]
        other = [bench.claim(row) for each in self.ask for row in self.statements(each.target)]
        document = about[0].document_id if about else None
        if self.kind == COMPARISON and not question.scope and about:
            document = about[0].document_id
        return document, join(map(bench.name_key, about)), join(map(bench.name_key, other))

    def statements(self, group):
        return [*group.statements, *group.gold] if group else []

    @property
    def correspondence(self):
        """What the layers call the claim: ``Ann R6 = Ben R7, R8 = gold R5``."""
        return self.called(self.question.about)

    def called(self, group):
        if group is None:
            return ""
        said = [
            f"{self.layer_name(layer)} {', '.join(row.name for row in rows)}" for layer, rows in group.by_layer.items()
        ]
        if group.gold:
            said.append(f"gold {', '.join(row.name for row in group.gold)}")
        return " = ".join(said)

    @property
    def response(self):
        """The gold claim a link or label is about, or what stands for it as long as there is none."""
        group = self.question.about
        if self.kind == CLAIM or group is None:
            return None
        rows = group.gold or group.statements
        return self.bench.claim(rows[0])

    @property
    def target(self):
        """What the link that a label or figure is about answers: (its name, its words or "")."""
        question = self.question
        if self.kind not in (FIELD, COMPARISON) or not question.scope:
            return None
        if question.target is not None:
            row = self.bench.claim((question.target.gold or question.target.statements)[0])
            return SimpleNamespace(name=row.name, quote=row.quote, role=row.role)
        tie = next(row for rows in question_ties(self) for row in rows)
        return SimpleNamespace(name=tie.target_name, quote="", role="")

    def layer_name(self, key):
        return self.table.layer_of[key].name if key in self.table.layer_of else "somebody"

    def whose(self, layers):
        return listed([self.layer_name(layer) for layer in layers])

    # In words.

    @property
    def sentence(self):
        if self.question.about is None:
            return "No annotator has this any more, and gold still does."
        if self.status == AGREED:
            return f"{self.whose(self.voters)} {'agree' if len(self.voters) > 1 else 'says so'}."
        if self.earlier and all(question.is_agreed_by_all for question in self.ask) and len(self.ask) == 1:
            return f"{self.whose(self.voters)} now {'say' if len(self.voters) > 1 else 'says'} the same; gold has something else."
        return {CLAIM: self.claim_sentence, LINK: self.link_sentence, NO_RESPONSE: self.none_sentence}.get(
            self.kind, self.field_sentence
        )()

    @property
    def voters(self):
        return list(dict.fromkeys(layer for question in self.ask for layer in question.readings))

    def claim_sentence(self):
        question = self.question
        having = [layer for layer, said in question.readings.items() if said["items"]]
        lacking = [layer for layer in question.readings if layer not in having]
        if lacking and len(having) == 1:
            return f"Only {self.whose(having)} marks this."
        said = []
        if lacking:
            said.append(
                f"{self.whose(having)} mark this, {self.whose(lacking)} {'do' if len(lacking) > 1 else 'does'} not"
            )
        if "split" in question.differs:
            counts = [(self.layer_name(layer), counted(len(question.readings[layer]["items"]))) for layer in having]
            first, *others = counts
            told = listed([f"{name} has {count}" for name, count in others])
            said.append(f"{first[0]} has {first[1]} claim{'' if first[1] == 'one' else 's'} where {told}")
        if "role" in question.differs:
            roles = [f"{self.layer_name(layer)}: {question.rows[layer][0].role}" for layer in having]
            said.append(f"it is an assertion to one and a response to another ({', '.join(roles)})")
        if "span" in question.differs:
            alike = [self.whose(layers) for layers, _ in question.options()]
            said.append(
                f"{self.whose(having)} mark different words"
                if len(alike) != 2 or len(having) == 2
                else f"{alike[0]} mark{'s' if ' and ' not in alike[0] else ''} other words than {alike[1]}"
            )
        told = "; ".join(said) or "All mark the same words; gold has something else"
        return f"{told[0].upper()}{told[1:]}."

    def link_sentence(self):
        response = self.response
        if len(self.options) == 1:
            option = self.options[0]
            targets = listed([line.target for line in option.lines])
            return f"Only {self.whose(option.layers)} has {response.name} respond to {targets}."
        return f"Whom does {response.name} respond to?"

    def none_sentence(self):
        said = []
        for layer, reading in self.question.readings.items():
            words = {"none found": "found no response", "responded": "links a response", "": "has not said"}
            said.append(f"{self.layer_name(layer)} {words[reading['value']]}")
        return f"{', '.join(said)}."

    def field_sentence(self):
        said = [f"{self.whose(option.layers)} {says(option.layers)} “{option.words}”" for option in self.options]
        silent = [layer for layer, reading in self.question.readings.items() if not reading["items"]]
        if silent:
            said.append(f"{self.whose(silent)} {says(silent)} nothing of it")
        if len(self.options) == 1 and not silent:
            return f"{said[0]}; gold has “{self.gold_words or 'nothing'}”."
        return f"{', '.join(said)}."

    @property
    def gold_words(self):
        """What gold says now, where it says something."""
        question = self.question
        if self.kind == CLAIM or not question.gold:
            return ""
        if self.kind == FIELD:
            return self.words(question.gold[0].values.get(question.field)) if question.gold[0].values else ""
        if self.kind == COMPARISON:
            return listed([self.figure_words(row.value) for row in question.gold])
        return "none found" if self.kind == NO_RESPONSE else ""

    @property
    def gold_rows(self):
        """The gold claims or links that are there already."""
        rows = [self.table.row(row.key) for question in self.ask for row in question.gold]
        return [row for row in rows if row is not None] if self.kind in (CLAIM, LINK) else []

    def words(self, value):
        name = self.question.field
        if name in FACETS:
            table = self.bench.labels[FACETS[name]]
            keys = value if isinstance(value, list) else [value] if value else []
            return listed([table[key].phrase if key in table else key for key in keys]) or "none"
        if name == "speaker":
            actor = self.bench.actors.get(str(value))
            return str(actor) if actor else "the narrator"
        if name == "period":
            return " – ".join(day or "…" for day in value) if value else "no period"
        if name == "kind":
            return dict(Claim.Kind.choices).get(value, value)
        if name == "speech":
            return dict(Claim.Speech.choices).get(value, value)
        return str(value or "nothing")

    def figure_words(self, value):
        _, outcome, counter, differs = value
        table = self.bench.labels[Facet.FIGURE_OUTCOME]
        said = table[outcome].phrase if outcome in table else outcome
        if differs:
            said += f" ({listed(differs)})"
        counters = {str(row.value[2]) for rows in self.question.rows.values() for row in rows}
        return said if counter is None or len(counters) < 2 else f"{said}, beside “{self.words_at(counter)}”"

    def words_at(self, place):
        document, start, end = place.split()
        found = self.bench.documents.get(as_uuid(document))
        return found.text[int(start) : int(end)] if found else "a figure elsewhere"

    @property
    def figure(self):
        if self.kind != COMPARISON:
            return ""
        counters = {figure.value[2] for rows in self.question.rows.values() for figure in rows}
        said = f"“{self.words_at(self.question.figure.split(' ', 1)[1])}”"
        return (
            f"{said} beside “{self.words_at(counters.pop())}”" if len(counters) == 1 and None not in counters else said
        )

    # What can be chosen.

    def make_options(self):
        """Return the different readings, each with whose it is, its digit, and its words."""
        makers = {CLAIM: self.claim_option, LINK: self.link_option, NO_RESPONSE: self.none_option}
        if self.kind == LINK:
            found = self.link_readings()
        elif self.question.field == "restates":
            found = self.restating_readings()
        else:
            found = self.question.options()
        options = []
        for digit, (layers, value) in enumerate(found, 1):
            option = SimpleNamespace(
                digit=digit if digit < 9 else "",
                layers=layers,
                whose=self.whose(layers),
                marks=[(self.bench.index_of.get(layer, 0), self.layer_name(layer)) for layer in layers],
                choice="agreed" if self.is_agreed else f"taken:{layers[0]}",
                claims=[],
                lines=[],
                notes=[],
                words="",
                definition="",
            )
            makers.get(self.kind, self.field_option)(option, layers, value)
            options.append(option)
        return options

    @property
    def is_agreed(self):
        """Whether several layers have a say and all say the same."""
        return all(question.is_agreed_by_all and len(question.readings) > 1 for question in self.ask)

    def link_readings(self):
        """Return the different sets of targets of one response, each with the layers that have it."""
        found = []
        for layer in self.voters:
            has = [number for number, question in enumerate(self.ask) if question.readings.get(layer, {}).get("items")]
            if not has:
                continue
            known = next((row for row in found if row[1] == has), None)
            if known:
                known[0].append(layer)
            else:
                found.append(([layer], has))
        return found

    def restating_readings(self):
        groups = []
        for layer, rows in self.question.rows.items():
            group = self.bench.compared.group_of.get(rows[0].values.get("restates") or "")
            known = next((row for row in groups if row[1] is group), None)
            if known:
                known[0].append(layer)
            else:
                groups.append(([layer], group))
        return groups

    def claim_option(self, option, layers, value):
        for row in self.question.rows[layers[0]]:
            claim = self.bench.claim(row)
            ties = [link for link in self.table.links.values() if claim.pk in (link.response_id, link.target_claim_id)]
            option.claims.append(
                SimpleNamespace(
                    claim=claim,
                    names=[self.name_in(layer, row) for layer in layers],
                    links=[self.line(link) for link in ties],
                    none=str(claim.pk) in self.table.none_found,
                )
            )
        option.words = f"{len(option.claims)} claims" if len(option.claims) > 1 else "this claim"

    def name_in(self, layer, row):
        """Return what ``layer`` calls a claim that it marked alike."""
        same = next((other for other in self.question.rows[layer] if other.place == row.place), row)
        return f"{self.layer_name(layer)} {same.name}"

    def line(self, link):
        labels = self.bench.labels
        words = [labels[Facet.RELATION][key].phrase for key in (link.relation, link.secondary_relation) if key]
        words += [labels[Facet.STRATEGY][key].phrase for key in link.strategies if key in labels[Facet.STRATEGY]]
        words += [labels[Facet.DISPUTED][key].phrase for key in link.disputed if key in labels[Facet.DISPUTED]]
        quote = link.target_claim.quote if link.target_claim_id else ""
        return SimpleNamespace(link=link, target=link.target_name, quote=quote, words=words, note=link.note, key="")

    def link_option(self, option, layers, numbers):
        for number in numbers:
            question = self.ask[number]
            line = self.line(self.table.links[question.rows[layers[0]][0].key])
            line.key = question.key
            option.lines.append(line)
        option.words = listed([line.target for line in option.lines])

    def none_option(self, option, layers, value):
        option.words = "no response found"
        rows = [self.table.none_found[row.key] for row in self.question.rows[layers[0]]]
        for row in rows:
            read = [self.bench.documents[pk].title for pk in map(as_uuid, row.documents) if pk in self.bench.documents]
            option.notes += [f"read: {listed(read)}"] if read else []
            option.notes += [row.note] if row.note else []

    def field_option(self, option, layers, value):
        question = self.question
        row = self.table.row(question.rows[layers[0]][0].key) if question.kind == FIELD else None
        if self.kind == COMPARISON:
            option.words = listed([self.figure_words(each) for each in value])
            rows = [row for rows in self.table.figures.values() for row in rows]
            keys = {figure.key for figure in question.rows[layers[0]]}
            option.notes += [each.note for each in rows if str(each.pk) in keys and each.note]
            return
        if question.field == "restates":
            other = self.table.claims.get(str(row.restates_id or ""))
            option.words = f"{other.name}, {row.get_restating_display()}" if other else "no other claim"
            option.definition = other.quote if other else ""
            return
        option.words = self.words(value)
        if question.field in FACETS and isinstance(value, str) and value in self.bench.labels[FACETS[question.field]]:
            option.definition = self.bench.labels[FACETS[question.field]][value].definition
        if question.field == "verification":
            check = self.table.assessments.get(str(row.pk))
            option.notes += [check.justification] if check and check.justification else []
        note = getattr(row, "note", "") or (getattr(row, "wording", "") if question.field == "kind" else "")
        option.notes += [note] if note else []

    @property
    def may_be_both(self):
        if self.kind == FIELD:
            return self.question.field in SEVERAL and len(self.options) > 1
        if self.kind == COMPARISON:
            # Two outcomes of the same two figures cannot both stand.
            figures = [row for rows in self.question.rows.values() for row in rows]
            return len({str(figure.value[2]) for figure in figures}) > 1
        return self.kind in (CLAIM, LINK) and len(self.options) > 1

    @property
    def may_be_neither(self):
        return self.kind != FIELD or self.question.field in MAY_BE_NOTHING

    @property
    def neither_words(self):
        if self.kind == FIELD:
            named = {"speaker": "The narrator", "period": "No period", "restates": "It restates none"}
            return named.get(self.question.field, "None applies")
        if self.question.about is None:
            return "Take it out of gold"
        return {
            CLAIM: "Rightly nothing here",
            LINK: "None of these",
            NO_RESPONSE: "Leave it open",
            COMPARISON: "Not compared",
        }[self.kind]

    @property
    def may_keep(self):
        """Whether gold has something of its own to be left as it is; what is among the readings has its digit."""
        is_offered = self.kind == FIELD and self.gold_words in [option.words for option in self.options]
        if (
            self.question.field in FACETS
            and self.question.gold
            and not self.question.gold[0].values.get(self.question.field)
        ):
            return False  # Nothing is settled of it yet.
        return any(question.gold for question in self.ask) and self.status == OPEN and not is_offered

    @property
    def keep_choice(self):
        return KEEP

    @property
    def may_be_new(self):
        return self.question.about is not None and self.kind != NO_RESPONSE

    # The small form for a new value.

    @property
    def form(self):
        question, bench = self.question, self.bench
        if self.kind == CLAIM:
            return SimpleNamespace(kind="words", roles=Claim.Role.choices, role=self.a_role())
        if self.kind == LINK:
            return SimpleNamespace(kind="targets", targets=self.targets())
        if self.kind == COMPARISON:
            outcomes = [label for label in bench.labels[Facet.FIGURE_OUTCOME].values() if not label.is_retired]
            return SimpleNamespace(kind="figure", outcomes=outcomes, differences=FigureComparison.DIFFERENCES)
        name = question.field
        now = question.gold[0].values.get(name) if question.gold else None
        if name == "period":
            return SimpleNamespace(kind="period", start=(now or [""])[0] or "", end=(now or ["", ""])[1] or "")
        if name == "restates":
            role = self.response.role
            rows = [row for row in self.table.claims.values() if bench.is_gold(row) and row.role == role]
            rows = [(str(row.pk), f"{row.name} {row.quote[:70]}", False) for row in rows if row.pk != self.response.pk]
            return SimpleNamespace(kind="restates", choices=rows, how=Claim.Restating.choices)
        if name == "speaker":
            choices = [(key, str(actor), key == now) for key, actor in bench.actors.items()]
            choices = [("", "the narrator", not now), *sorted(choices, key=lambda row: row[1].casefold())]
        elif name in FACETS:
            chosen = now if isinstance(now, list) else [now]
            choices = [
                (label.key, label.phrase, label.key in chosen)
                for label in bench.labels[FACETS[name]].values()
                if not label.is_retired
            ]
            if name == "secondary_relation":
                choices = [("", "none", not now), *choices]
        else:
            choices = [(*pair, pair[0] == now) for pair in Claim._meta.get_field(name).choices]
        return SimpleNamespace(kind="choices", choices=choices, several=name in SEVERAL, takes_note=name in FACETS)

    def a_role(self):
        rows = self.statements(self.question.about)
        return rows[0].role if rows else "assertion"

    def targets(self):
        """Return what the response may answer: what the layers say first, then gold's other claims and the works."""
        found = [
            (question.key, self.line(self.a_link(question)).target, self.quote_of(question)) for question in self.ask
        ]
        known = {row.key for question in self.ask if question.target for row in question.target.gold}
        known.add(str(self.response.pk))
        linked = {
            str(link.target_claim_id)
            for link in self.table.links.values()
            if link.response_id == self.response.pk and link.target_claim_id
        }
        rows = [row for row in self.table.claims.values() if self.bench.is_gold(row)]
        for row in sorted(rows, key=lambda row: (row.role, row.number)):
            if str(row.pk) not in known | linked:
                found.append((f"claim:{row.pk}", row.name, row.quote))
        scopes = {question.scope for question in self.ask}
        for place in self.bench.places:
            if place.side in ("asserting", "both") and "work" not in scopes:
                found.append((f"work:{place.document_id}", f"the whole of “{place.document.title}”", ""))
        for scope, words in (("questioner", "whoever asked"), ("open", "nobody in particular")):
            if scope not in scopes:
                found.append((f"{scope}:", words, ""))
        return found

    def a_link(self, question):
        return self.table.links[next(iter(question.rows.values()))[0].key]

    def quote_of(self, question):
        link = self.a_link(question)
        return link.target_claim.quote if link.target_claim_id else ""

    @property
    def evidence(self):
        """What is cited on the rows of the readings, which is carried over with them."""
        if self.kind not in (CLAIM, LINK):
            return []
        name = "claim" if self.kind == CLAIM else "link"
        keys = [row.key for question in self.ask for rows in question.rows.values() for row in rows]
        return list(Citation.objects.live().filter(**{f"{name}__in": keys}).select_related("document"))

    @property
    def hidden(self):
        """What a form on this card says it saw: [(key, digest, seen)]."""
        return [(question.key, question.digest, question.seen) for question in self.ask]

    @property
    def waits_for(self):
        """The questions that have to be decided before this one."""
        groups = [group for group in (self.question.about, self.question.target) if group is not None]
        return [group.question for group in groups if group.question and group.question.status in (OPEN, AGREED)]


def question_ties(card):
    """Yield the links that the rows of a label or figure belong to, layer by layer."""
    table, question = card.table, card.question
    if card.kind == FIELD:
        yield from ([table.links[row.key] for row in rows] for rows in question.rows.values())
        return
    for rows in question.rows.values():
        keys = {figure.key for figure in rows}
        found = [row for each in table.figures.values() for row in each if str(row.pk) in keys]
        if found:
            yield [table.links[str(row.link_id)] for row in found if row.link_id]


def says(layers):
    return "say" if len(layers) > 1 else "says"


def listed(words):
    words = [word for word in words if word]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def counted(number):
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return words[number] if number < len(words) else str(number)


def join(keys):
    return " ".join(dict.fromkeys(keys))


# What was decided.


def decisions(table, *, viewer=None):
    """Return what was decided in a dossier, newest first; with ``viewer``, a layer, only what is about its own rows.

    A viewer sees their own reading, what gold has now, and the note: another annotator's reading is none of it.
    """
    bench = Bench(table.dossier, table=table)
    by_earlier = {
        question.earlier.key: question for question in table.compared.questions if question.earlier is not None
    }
    found = []
    for row in sorted(table.settlements.values(), key=lambda row: (row.created_at, str(row.pk)), reverse=True):
        if viewer is not None and not row.readings.get(str(viewer.pk), {}).get("items"):
            continue
        found.append(decision_line(bench, row, by_earlier.get(str(row.pk)), viewer))
    return found


def decision_line(bench, row, question, viewer):
    table = bench.table
    # In the order of the layers, for PostgreSQL gives a JSON object's names back in an order of its own.
    layers = [str(viewer.pk)] if viewer else [key for key in table.layer_of if key in row.readings]
    said = []
    for layer in layers:
        reading = row.readings.get(layer)
        if reading is not None:
            said.append(
                (table.layer_of[layer].name if layer in table.layer_of else "", reading_words(bench, row, reading))
            )
    golden = [table.row(key) for key in row.results if table.row(key) is not None]
    return SimpleNamespace(
        row=row,
        question=question,
        reopened=question is not None and question.status != DECIDED,
        about=about_words(bench, row, viewer, golden),
        said=said,
        gold=gold_words(bench, row, golden),
        claim=next((each for each in golden if isinstance(each, Claim)), None),
        choice=choice_words(row, viewer),
        kind=FIELD_NAMES.get(row.field) or TITLES[row.question].lower(),
    )


def choice_words(row, viewer):
    if row.choice == "taken" and viewer is None:
        return f"as {row.taken_from} has it"
    if row.choice == "taken":
        return "as you have it" if row.taken_from_id == viewer.pk else "otherwise"
    return {
        "agreed": "all say so",
        "both": "all of them",
        "neither": "rightly nothing here",
        "new": "anew, or as gold had it",
    }[row.choice]


def about_words(bench, row, viewer, golden):
    """Return what a decision is about: the row's name and words, in the viewer's layer where one looks."""
    table = bench.table
    reading = row.readings.get(str(viewer.pk)) if viewer else None
    keys = reading.get("items", ()) if reading else row.items
    rows = [table.row(key) or owner_of(table, key) for key in keys]
    rows = [each for each in rows if each is not None and (viewer is None or each.layer_id == viewer.pk)] or golden
    if not rows:
        return SimpleNamespace(name="no longer there", quote="")
    first = rows[0]
    claim = first if isinstance(first, Claim) else first.response
    return SimpleNamespace(name=first.name if isinstance(first, Claim) else str(first), quote=claim.quote)


def owner_of(table, key):
    """Return the claim or link that a "none found" or a compared figure is about, or None."""
    for assertion, found in table.none_found.items():
        if str(found.pk) == key:
            return table.row(assertion)
    for owner, figures in table.figures.items():
        if any(str(figure.pk) == key for figure in figures):
            return table.row(owner)
    return None


def reading_words(bench, row, reading):
    value = reading.get("value")
    if row.question in (CLAIM, LINK):
        count = len(reading.get("items", ()))
        if row.question == LINK:
            return "linked" if count else "not linked"
        return "not marked" if not count else "marked" if count == 1 else f"{count} claims"
    if row.question == NO_RESPONSE:
        return value or "nothing said"
    card = SimpleNamespace(question=SimpleNamespace(field=row.field), bench=bench, words_at=None)
    if row.question == COMPARISON:
        table = bench.labels[Facet.FIGURE_OUTCOME]
        return (
            listed([table[each[1]].phrase if each[1] in table else each[1] for each in value or ()]) or "not compared"
        )
    if row.field == "restates":
        return "another claim" if value else "no other claim"
    return Card.words(card, value)


def gold_words(bench, row, golden):
    if not row.results:
        return "nothing"
    if row.question in (NO_RESPONSE, COMPARISON):
        if row.question == NO_RESPONSE:
            return "none found"
        keys = set(row.results)
        found = [each.outcome for rows in bench.table.figures.values() for each in rows if str(each.pk) in keys]
        table = bench.labels[Facet.FIGURE_OUTCOME]
        return listed([table[key].phrase if key in table else key for key in found]) or "deleted since"
    if not golden:
        return "deleted since"
    if row.question == FIELD:
        statement = bench.table.statement(golden[0]) if isinstance(golden[0], Claim) else bench.table.tie(golden[0])
        card = SimpleNamespace(question=SimpleNamespace(field=row.field), bench=bench)
        value = statement.values.get(row.field)
        if row.field == "restates":
            return golden[0].restates.name if golden[0].restates_id else "no other claim"
        return Card.words(card, value)
    return listed([each.name if isinstance(each, Claim) else str(each) for each in golden])
