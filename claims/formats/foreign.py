"""Corpora of other tools, which know texts, typed spans and typed ties between them: to records and back. No Django.

A reader of such a format yields ``Bundle``s: texts that belong together because a tie runs between them, mostly one.
``survey`` looks at all of them once, ``plan`` decides what each type of span and tie becomes, and ``records_of`` makes
the records, each bundle one dossier. What cannot become a record is told of in a ``Report``, file and line; the rest
comes in. It is kept with its document, as it stood, so that a writer puts it back.

Who asserts and who responds such a corpus does not say. A claim from which a tie runs is a response, since only a
response is linked; any other is an assertion, unless its type says that it responds. A tie keeps its own name as its
relation: the project gets the default vocabulary and that label, with a stance and the default label it stands for.
``imported_as`` of a document, a claim or a link holds what the tool called it and, under ``raw``, how it was written
where a writer would write it otherwise; it is written back so for as long as the row says the same.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import IO, Any
from uuid import UUID, uuid5

from claims.errors import OffsetError
from claims.offsets import from_utf16, normalise_line_ends, to_utf16

from . import records
from .records import Record

Part = tuple[int, int]
End = tuple[str, str]  # name of a text, id of a span in it

ROLES = ("claim", "assertion", "response", "mention", "none")
CLAIMS = ("claim", "assertion", "response")
# What a type is taken for; in lower case, without - and _.
KNOWN_TYPES = {
    **dict.fromkeys(("claim", "majorclaim", "premise", "evidence", "conclusion", "statement", "argument"), "claim"),
    **dict.fromkeys(("argumentativeunit", "component", "ownclaim", "backgroundclaim", "data", "proposition"), "claim"),
    **dict.fromkeys(("assertion", "allegation", "accusation"), "assertion"),
    **dict.fromkeys(("response", "rebuttal", "reply", "denial"), "response"),
}
# {stance: (key of the default vocabulary it stands for, names of ties)}
KNOWN_TIES = {
    "agree": ("concedes", ("support", "supports", "agree", "agrees", "agreement", "pro", "for")),
    "dispute": (
        "disputes",
        ("attack", "attacks", "partialattack", "contradict", "contradicts", "contradiction", "con", "against")
        + ("rebut", "rebuts", "rebuttal", "undercut", "undercuts", "refute", "refutes", "counter", "counters")
        + ("disagree", "disagrees", "disagreement", "dispute", "conflict"),
    ),
    "neutral": ("qualifies", ("neutral",)),
}
STANCE_OF = {name: stance for stance, (_, names) in KNOWN_TIES.items() for name in names}
UNLABELLED = "unlabelled"
CONTINUES = "continues"
TYPE_OF_ROLE = {"assertion": "Assertion", "response": "Response"}
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MOST_TURNS = 50


@dataclass(frozen=True, kw_only=True)
class Span:
    """A typed span of a text, in one part or several, in code points; ``raw`` is how the file spells it."""

    id: str
    type: str
    parts: tuple[Part, ...]
    line: int
    raw: Any
    is_plain: bool = False  # a writer would write the same


@dataclass(frozen=True, kw_only=True)
class Tie:
    """A typed tie from one span to another."""

    id: str
    type: str
    source: End
    target: End
    file: str
    line: int
    raw: Any
    is_plain: bool = False


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A span that a program proposes; becomes a suggestion where its type is a claim's."""

    type: str
    start: int
    end: int
    score: float = 0.0
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Text:
    """One text with what is marked in it; ``rest`` is [[line, raw], …] of what stands in its file beside that."""

    name: str
    title: str
    text: str
    spans: tuple[Span, ...] = ()
    ties: tuple[Tie, ...] = ()
    guesses: tuple[Guess, ...] = ()
    rest: tuple[list[Any], ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Texts that belong together, and the ties that run between them."""

    texts: tuple[Text, ...]
    ties: tuple[Tie, ...] = ()


@dataclass(frozen=True, order=True)
class Fault:
    """What could not be brought in, and why; ``line`` is 0 where it is the whole file."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {f'line {self.line}: ' if self.line else ''}{self.reason}"


@dataclass
class Report:
    """What a reading came upon; a corpus read twice tells of each fault once."""

    faults: dict[Fault, None] = field(default_factory=dict)

    def add(self, file: str, line: int, reason: str) -> None:
        self.faults[Fault(file, line, reason)] = None


# What becomes of types


@dataclass(frozen=True)
class Relation:
    """What a tie becomes: a link with the relation ``key``; ``stance`` and ``maps_to`` where that is a label of its own.

    With the scope ``continues`` it has no relation: one response goes on with another.
    """

    key: str
    stance: str = ""
    maps_to: str = ""
    scope: str = "claim"


@dataclass
class Survey:
    """How often each type occurs, and the types of span at the ends of each type of tie."""

    texts: int = 0
    types: Counter[str] = field(default_factory=Counter)
    ties: Counter[str] = field(default_factory=Counter)
    ends: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


@dataclass
class Plan:
    """What each type of span becomes, one of ``ROLES``, and each type of tie; None is not brought in."""

    roles: dict[str, str]
    relations: dict[str, Relation | None]
    unknown: list[str] = field(default_factory=list)

    def labels(self) -> list[tuple[str, Relation]]:
        """Return the relations that are no labels of the vocabulary and have to become so, by key."""
        found = {one.key: one for one in self.relations.values() if one is not None and one.stance}
        return sorted(found.items())

    def in_words(self, seen: Survey) -> list[str]:
        """Return a line for each type: what it becomes, and how often it occurs."""
        lines = [f"{name}: {self.roles[name]} ({seen.types[name]:,})" for name in sorted(self.roles)]
        lines += [f"{name}: {self.tie_in_words(name)} ({seen.ties[name]:,})" for name in sorted(self.relations)]
        return lines

    def tie_in_words(self, name: str) -> str:
        """Return what ties of that type become."""
        one = self.relations[name]
        if one is None:
            return "kept for the way back, no link"
        if one.scope == CONTINUES:
            return "a response that continues another"
        return f"link “{one.key or UNLABELLED}”" + (f", {one.stance}" if one.stance else "")


def plain_name(name: str) -> str:
    return re.sub(r"[-_ ]", "", name).lower()


def survey(bundles: Iterable[Bundle]) -> Survey:
    found = Survey()
    for bundle in bundles:
        types = {(text.name, span.id): span.type for text in bundle.texts for span in text.spans}
        found.texts += len(bundle.texts)
        found.types.update(types.values())
        found.types.update({guess.type: 0 for text in bundle.texts for guess in text.guesses})
        for tie in ties_of(bundle):
            found.ties[tie.type] += 1
            found.ends[tie.type] |= {types[end] for end in (tie.source, tie.target) if end in types}
    return found


def together(names: list[str], ties: list[Tie]) -> list[list[str]]:
    """Return names of texts in groups that ties run between, in the order of their first."""
    group = {name: [name] for name in names}
    for tie in ties:
        one, other = group[tie.source[0]], group[tie.target[0]]
        if one is not other:
            one += other
            for name in other:
                group[name] = one
    seen: dict[int, list[str]] = {id(group[name]): group[name] for name in names}
    return [sorted(members) for members in seen.values()]


def ties_of(bundle: Bundle) -> Iterator[Tie]:
    for text in bundle.texts:
        yield from text.ties
    yield from bundle.ties


def plan(seen: Survey, wishes: Mapping[str, str], *, known: Iterable[str], own_labels: bool) -> Plan:
    """Decide what each type becomes: what ``wishes`` says of it, or what its name is known for.

    ``known`` are the relations of the vocabulary. With ``own_labels`` a tie becomes a label of its own, else the known
    label it stands for. A span of an unknown type is a claim where a tie that becomes a link ends at one of its type,
    and otherwise a mention. Raises ValueError for a wish that cannot be met.
    """
    keys = set(known)
    relations: dict[str, Relation | None] = {}
    unknown = []
    for name in seen.ties:
        wish = wishes.get(name, wishes.get(plain_name(name)))
        stance = wish if wish in KNOWN_TIES else STANCE_OF.get(plain_name(name)) if wish is None else None
        if wish == "none":
            relations[name] = None
        elif wish == CONTINUES or wish is None and plain_name(name) == CONTINUES:
            relations[name] = Relation("", scope=CONTINUES)
        elif wish in keys:
            relations[name] = Relation(str(wish))
        elif wish is not None and stance is None:
            raise ValueError(
                f"{name}={wish}: write a relation ({', '.join(sorted(keys))}), a stance, {CONTINUES} or none."
            )
        elif wish is None and (name in keys or name == UNLABELLED):
            relations[name] = Relation("" if name == UNLABELLED else name)
        elif stance is None:
            relations[name] = None
            unknown.append(name)
        else:
            stands_for = KNOWN_TIES[stance][0]
            relations[name] = Relation(name, stance, stands_for) if own_labels else Relation(stands_for)
    linked = {type for name, types in seen.ends.items() if relations.get(name) for type in types}
    roles = {}
    for name in seen.types:
        wish = wishes.get(name, wishes.get(plain_name(name)))
        if wish is not None and wish not in ROLES:
            raise ValueError(f"{name}={wish}: write one of {', '.join(ROLES)}.")
        usual = KNOWN_TYPES.get(plain_name(name))
        if wish is None and usual is None:
            unknown.append(name)
        roles[name] = wish or usual or ("claim" if name in linked else "mention")
    idle = wishes.keys() - {form for name in [*seen.ties, *seen.types] for form in (name, plain_name(name))}
    if idle:
        raise ValueError(
            f"{min(idle)} is no type of this corpus; it has {', '.join(sorted({*seen.ties, *seen.types}))}."
        )
    return Plan(roles, relations, sorted(unknown))


# Line ends


def line_ends_of(text: str) -> Any:
    r"""Return what ``with_line_ends`` needs to give a text its ``\r`` back: None, ``"crlf"``, or places in the new text."""
    if "\r" not in text:
        return None
    found: dict[str, list[int]] = {"crlf": [], "cr": []}
    shift = 0
    for match in re.finditer(r"\r\n?", text):
        found["crlf" if len(match[0]) == 2 else "cr"].append(match.start() - shift)
        shift += len(match[0]) - 1
    if not found["cr"] and len(found["crlf"]) == text.count("\n"):
        return "crlf"
    return found


def crlf_places(text: str, ends: Any) -> list[int]:
    r"""Return the places of the ``\n`` in ``text`` that were two characters, in order."""
    if ends == "crlf":
        return [match.start() for match in re.finditer("\n", text)]
    places = ends.get("crlf") if isinstance(ends, dict) else None
    return [place for place in places if isinstance(place, int)] if isinstance(places, list) else []


def with_line_ends(text: str, ends: Any) -> str:
    if ends == "crlf":
        return text.replace("\n", "\r\n")
    if not isinstance(ends, dict):
        return text
    chars = list(text)
    for kind, end in (("crlf", "\r\n"), ("cr", "\r")):
        places = ends.get(kind)
        for place in places if isinstance(places, list) else ():
            if isinstance(place, int) and 0 <= place < len(chars) and chars[place] == "\n":
                chars[place] = end
    return "".join(chars)


def original_offset(offset: int, places: list[int]) -> int:
    """Return the offset in the text as it came of an offset in ours."""
    return offset + bisect_left(places, offset)


class Counting:
    r"""Offsets of a text as a file counts them, in ``points`` or ``utf16`` units of the text with its own line ends."""

    def __init__(self, raw: str, *, units: str) -> None:
        self.raw, self.units = raw, units
        self.text, self.remap = normalise_line_ends(raw)

    def ours(self, offset: Any) -> int:
        """Return an offset in code points of our text; raises ValueError, in words, where there is no such place."""
        if not isinstance(offset, int) or isinstance(offset, bool):
            raise ValueError(f"{offset!r} is no offset.")
        try:
            return self.remap(from_utf16(self.raw, offset) if self.units == "utf16" else offset)
        except OffsetError as error:
            raise ValueError(str(error)) from error

    def part(self, start: Any, end: Any) -> Part:
        a, b = self.ours(start), self.ours(end)
        if a >= b:
            raise ValueError(f"it begins at {start} and ends at {end}; mark at least one character.")
        return a, b


def theirs(text: str, offset: int, ends: Any, *, units: str) -> int:
    """Return an offset of our text as a file counts it whose text has the line ends ``ends``."""
    raw = original_offset(offset, crlf_places(text, ends))
    return to_utf16(with_line_ends(text, ends), raw) if units == "utf16" else raw


class Shelf:
    """Texts kept in a file until their annotations have come."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.places: dict[UUID, tuple[int, int]] = {}

    def put(self, uuid: UUID, text: str) -> None:
        data = text.encode()
        self.places[uuid] = self.file.seek(0, 2), len(data)
        self.file.write(data)

    def get(self, uuid: UUID) -> str:
        place, length = self.places[uuid]
        self.file.seek(place)
        return self.file.read(length).decode()


def name_of(stream: Any) -> str:
    """Return what a report calls the file."""
    name = getattr(stream, "name", None)
    return PurePath(name).name if isinstance(name, str) else "the file"


def title_of(text: str) -> str:
    return next((line.strip()[:100] for line in text.split("\n") if line.strip()), "Untitled")


def refuse(text: Any) -> None:
    """Raise ValueError, in words, for what cannot be the text of a document."""
    if not isinstance(text, str):
        raise ValueError("there is no text.")
    if not text.strip():
        raise ValueError("the text is empty.")
    if UNSTORABLE.search(text):
        raise ValueError("the text holds a NUL character or half of a surrogate pair, which no database stores.")


# Records


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What the records of a foreign corpus share: seed of the uuids, names, and what types become."""

    format: str
    seed: UUID
    plan: Plan
    title: str
    slug: str = ""
    layer: str = "Team"
    language: str = "en"
    vocabulary: records.Vocabulary | None = None

    def uuid(self, *parts: str) -> UUID:
        return uuid5(self.seed, "\n".join(parts))


def records_of(bundles: Iterable[Bundle], setting: Setting, report: Report) -> Iterator[Record]:
    """Yield the records of a new project, a bundle at a time; ``line`` counts them."""
    for number, record in enumerate(unnumbered(bundles, setting, report), 1):
        yield replace(record, line=number)


def unnumbered(bundles: Iterable[Bundle], setting: Setting, report: Report) -> Iterator[Record]:
    yield records.Header(version=1)
    if setting.vocabulary is not None:
        yield setting.vocabulary
    chosen = f"{setting.vocabulary.key}/{setting.vocabulary.number}" if setting.vocabulary else "default"
    yield records.Project(
        uuid=setting.uuid("project"), title=setting.title, slug=setting.slug, vocabulary=chosen
    )  # fmt: skip
    yield records.Layer(uuid=setting.uuid("layer"), kind="team", name=setting.layer)
    position = 0
    for bundle in bundles:
        yield from bundle_records(bundle, setting, report, layer=setting.uuid("layer"), position=position)
        position += len(bundle.texts)


def bundle_records(
    bundle: Bundle, setting: Setting, report: Report, *, layer: UUID, position: int = 0
) -> Iterator[Record]:
    """Yield the documents, the dossier, the mentions, claims and links of one bundle."""
    kept: dict[str, list[list[Any]]] = {text.name: [list(entry) for entry in text.rest] for text in bundle.texts}
    spans = {(text.name, span.id): span for text in bundle.texts for span in text.spans}
    texts = {text.name: text.text for text in bundle.texts}
    links = accepted(bundle, spans, setting.plan, report, kept)
    answering = {tie.source for tie, _ in links}
    answering |= {tie.target for tie, relation in links if relation.scope == CONTINUES}
    mentions = []
    for end, span in spans.items():
        role = setting.plan.roles.get(span.type, "none")
        if role not in CLAIMS:
            kept[end[0]].append([span.line, span.raw])
        if role == "mention":
            mentions.append((end, span))
    dossier = setting.uuid("dossier", bundle.texts[0].name)
    for place, text in enumerate(bundle.texts):
        about = {"format": setting.format, "name": text.name, "position": position + place, **text.about}
        if kept[text.name]:
            about["rest"] = sorted(kept[text.name], key=lambda entry: entry[0])
        yield records.Document(
            uuid=setting.uuid("document", text.name),
            title=text.title,
            text=text.text,
            filename=text.name,
            language=setting.language,
            imported_as=about,
        )
    yield records.Dossier(
        uuid=dossier,
        title=" and ".join(text.title for text in bundle.texts[:3]) + (" and others" if len(bundle.texts) > 3 else ""),
        documents=tuple(
            records.Place(document=setting.uuid("document", text.name), side="both") for text in bundle.texts
        ),
    )
    for end, span in mentions:
        yield records.Mention(
            uuid=setting.uuid("mention", *end),
            document=setting.uuid("document", end[0]),
            start=span.parts[0][0],
            end=span.parts[-1][1],
            kind="entity",
            label=span.type,
            suggester=setting.format,
        )
    for text in bundle.texts:
        yield from suggestions(text, setting)
    for end, span in spans.items():
        role = setting.plan.roles.get(span.type, "none")
        if role in CLAIMS:
            is_response = end in answering or role == "response"
            whole, start, last = texts[end[0]], span.parts[0][0], span.parts[-1][1]
            stretches = [records.Stretch(start=a, end=b, quote=whole[a:b]) for a, b in span.parts]
            yield records.Claim(
                uuid=setting.uuid("claim", *end),
                layer=layer,
                dossier=dossier,
                document=setting.uuid("document", end[0]),
                role="response" if is_response else "assertion",
                kind="unclear",
                start=start,
                end=last,
                quote=whole[start:last],
                stretches=tuple(stretches) if len(stretches) > 1 else (),
                imported_as={
                    "format": setting.format,
                    "id": span.id,
                    "type": span.type,
                    "line": span.line,
                    **({} if span.is_plain else {"raw": span.raw, "at": [list(part) for part in span.parts]}),
                },
            )
    turns = turns_of(links, answering)
    for (tie, relation), turn in zip(links, turns, strict=True):
        yield records.Link(
            uuid=setting.uuid("link" if relation.scope == "claim" else CONTINUES, *tie.source, *tie.target),
            layer=layer,
            dossier=dossier,
            response=setting.uuid("claim", *tie.source),
            scope=relation.scope,
            target_claim=setting.uuid("claim", *tie.target) if relation.scope == "claim" else None,
            target_response=setting.uuid("claim", *tie.target) if relation.scope == CONTINUES else None,
            turn=turn,
            relation=relation.key,
            imported_as={
                "format": setting.format,
                "id": tie.id,
                "type": tie.type,
                "line": tie.line,
                "as": relation.key,
                **({} if tie.is_plain else {"raw": tie.raw, "at": [tie.source[1], tie.target[1]]}),
            },
        )


def suggestions(text: Text, setting: Setting) -> Iterator[Record]:
    for number, guess in enumerate(text.guesses):
        role = setting.plan.roles.get(guess.type, "none")
        if role in CLAIMS:
            yield records.Suggestion(
                uuid=setting.uuid("suggestion", text.name, str(number)),
                document=setting.uuid("document", text.name),
                start=guess.start,
                end=guess.end,
                kind="claim",
                payload={"role": "response" if role == "response" else "assertion", "kind": "unclear"},
                suggester=setting.format,
                suggester_version=guess.version,
                score=guess.score,
                reasons=(guess.type,),
            )


def accepted(
    bundle: Bundle, spans: Mapping[End, Span], plan: Plan, report: Report, kept: dict[str, list[list[Any]]]
) -> list[tuple[Tie, Relation]]:
    """Return the ties that become links; the others are kept, and told of unless their type is not brought in."""
    found, seen = [], set()
    for tie in ties_of(bundle):
        relation, reason = plan.relations.get(tie.type), ""
        missing = [end for end in (tie.source, tie.target) if end not in spans]
        others = [end for end in (tie.source, tie.target) if end not in missing]
        if relation is None:
            kept[tie.source[0]].append([tie.line, tie.raw])
            continue
        if missing:
            reason = f"{tie.id} names {missing[0][1]}, which is not there or could not be brought in."
        elif not_claims := [end for end in others if plan.roles.get(spans[end].type) not in CLAIMS]:
            reason = f"{tie.id} ends at {not_claims[0][1]}, a {spans[not_claims[0]].type}, which is no claim here."
        elif tie.source == tie.target:
            reason = f"{tie.id} ties {tie.source[1]} to itself."
        elif (tie.source, tie.target, relation.scope) in seen:
            reason = f"{tie.id} ties {tie.source[1]} to {tie.target[1]} a second time; two claims have one link."
        if reason:
            report.add(tie.file, tie.line, f"{reason} No link was made.")
            kept[tie.source[0]].append([tie.line, tie.raw])
        else:
            seen.add((tie.source, tie.target, relation.scope))
            found.append((tie, relation))
    return found


def turns_of(links: list[tuple[Tie, Relation]], answering: set[End]) -> list[int]:
    """Return how far down a chain of responses each link stands; a chain that bites its tail is cut off."""
    outgoing: dict[End, list[tuple[End, int]]] = defaultdict(list)
    for tie, relation in links:
        # What continues a response stands as far down as that.
        outgoing[tie.source].append((tie.target, 0 if relation.scope == CONTINUES else 1))
    depth = dict.fromkeys(answering, 1)
    for _ in range(MOST_TURNS):
        deeper = {
            end: max((max(1, step + depth.get(target, 0)) for target, step in targets), default=1)
            for end, targets in outgoing.items()
        }
        if deeper == depth:
            break
        depth = deeper
    turns = ((depth.get(tie.target, 0), 0 if relation.scope == CONTINUES else 1) for tie, relation in links)
    return [min(max(1, step + down), MOST_TURNS) for down, step in turns]


# Back


@dataclass
class Page:
    """One document as one layer reads it, about to be written."""

    uuid: UUID
    name: str
    title: str
    layer: str
    about: Mapping[str, Any]
    claims: list[records.Claim] = field(default_factory=list)
    links: list[records.Link] = field(default_factory=list)


class Collector:
    """Takes the records of a project and keeps of them what such formats can say; texts go to ``keep``."""

    def __init__(self, format: str) -> None:
        self.format = format
        self.layers: dict[UUID, str] = {}
        self.documents: dict[UUID, tuple[str, str, Mapping[str, Any]]] = {}
        self.claims: dict[UUID, records.Claim] = {}
        self.links: list[records.Link] = []
        self.left_out: Counter[str] = Counter()

    def take(self, record: Record) -> records.Document | None:
        """Take note of a record; returns it if it is a document whose text has to be kept."""
        if isinstance(record, records.Editable) and record.deleted_at is not None:
            self.left_out["deleted rows"] += 1
        elif isinstance(record, records.Layer) and record.uuid:
            self.layers[record.uuid] = record.name
        elif isinstance(record, records.Document) and record.uuid:
            if record.text is None:
                self.left_out["cited works without a text"] += 1
                return None
            about = foreign_of(record, self.format)
            name = str(about.get("name") or record.filename or record.title)
            self.documents[record.uuid] = (name, record.title, about)
            return record
        elif isinstance(record, records.Claim) and record.uuid:
            self.claims[record.uuid] = record
        elif isinstance(record, records.Link):
            if not target_of(record).int:
                self.left_out["links to something other than a claim"] += 1
            else:
                self.links.append(record)
        elif isinstance(record, records.Mention) and record.suggester == self.format:
            pass  # stands among the lines kept with its document
        elif record.TYPE in COUNTED:
            self.left_out[COUNTED[record.TYPE]] += 1
        return None

    def pages(self) -> list[Page]:
        """Return the documents of each layer, in the order they were brought in; links stand where the response does."""
        found: dict[tuple[UUID, UUID], Page] = {}
        names = self.layers or {UUID(int=0): "Team"}
        order = sorted(
            self.documents, key=lambda uuid: (position_of(self.documents[uuid][2]), *self.documents[uuid][:2], uuid)
        )
        for layer, layer_name in sorted(names.items(), key=lambda item: (item[1], item[0])):
            for uuid in order:
                name, title, about = self.documents[uuid]
                found[layer, uuid] = Page(uuid, name, title, layer_name, about)
        for claim in self.claims.values():
            found[claim.layer, claim.document].claims.append(claim)
        for link in self.links:
            response = self.claims.get(link.response)
            if response is not None and target_of(link) in self.claims:
                found[link.layer, response.document].links.append(link)
        return list(found.values())


COUNTED = {
    "mention": "mentions",
    "suggestion": "suggestions",
    "no_response": "records of none found",
    "comparison": "comparisons of figures",
    "assessment": "assessments",
    "citation": "citations",
    "comment": "comments",
    "settlement": "settlements",
    "sign_off": "sign-offs",
    "exclusion": "stretches left out",
    "redaction": "sensitive stretches",
}


def position_of(about: Mapping[str, Any]) -> int:
    position = about.get("position")
    return position if isinstance(position, int) else 2**31


def foreign_of(record: records.Document | records.Claim | records.Link, format: str) -> Mapping[str, Any]:
    """Return what the record was called in that format, or nothing."""
    about = record.imported_as or {}
    return about if about.get("format") == format else {}


def rest_of(about: Mapping[str, Any]) -> list[list[Any]]:
    """Return [line, raw, …] of what was kept with a document; a lossless file may hold anything there."""
    rest = about.get("rest")
    entries = rest if isinstance(rest, list) else []
    return [one for one in entries if isinstance(one, list) and len(one) > 1 and isinstance(one[0], int)]


def parts_of(claim: records.Claim) -> list[Part]:
    return [(part.start, part.end) for part in claim.stretches] or [(claim.start, claim.end)]


def words_of(claim: records.Claim) -> list[str]:
    return [part.quote or "" for part in claim.stretches] or [claim.quote or ""]


def type_of_claim(claim: records.Claim) -> str:
    return str((claim.imported_as or {}).get("type") or TYPE_OF_ROLE[claim.role])


def target_of(link: records.Link) -> UUID:
    """Return the claim that it answers, or the response that it continues; the nil UUID where it is neither."""
    return link.target_claim or link.target_response or UUID(int=0)


def type_of_link(link: records.Link) -> str:
    """Return the name the tie came with while its relation is the one it was given for it, else the relation."""
    about = link.imported_as or {}
    usual = CONTINUES if link.scope == CONTINUES else link.relation or UNLABELLED
    return str(about["type"]) if about.get("type") and about.get("as") == link.relation else usual
