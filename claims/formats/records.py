"""What a project is made of, as plain frozen records that every format reads and writes. No Django.

A record is a row without database ids: others are named by uuid, people by username, a vocabulary by key and number.
Offsets are Unicode code points of the document's text, ``[start, end)``; times are aware datetimes in UTC.

The metadata of a field says all a format needs to know about it: its kind, whether it may be null or left out, what it
may hold, and one line about it. The JSON Schema, the reader's checks and the table in docs/exchange.md come from it.
``None`` in a field that "is taken from" something, such as ``quote``, means: not said, fill it in.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

ROLES = ("annotator", "editor", "researcher", "owner")
PROJECT_KINDS = ("shared", "independent")
CLAIM_MATCHES = ("sentence", "half", "exact")
ACTOR_KINDS = ("person", "body")
LAYER_KINDS = ("team", "annotator", "gold")
DOCUMENT_KINDS = ("report", "story", "statement", "transcript", "letter", "data", "other")
EXCLUSION_STATES = ("proposed", "excluded", "kept")
SIDES = ("asserting", "responding", "both", "evidence")
PARTY_SIDES = ("asserting", "responding", "narrator")
MENTION_KINDS = ("entity", "quantity", "speaker", "cue")
QUANTITY_KINDS = ("count", "money", "percent", "percentage_point", "measure", "duration", "age", "rate")
MODIFIERS = ("=", "~", ">", "<", "up", "down")
SUGGESTION_KINDS = ("claim", "pair")
DECISION_OUTCOMES = ("accepted", "rejected", "mended")
CLAIM_ROLES = ("assertion", "response")
SPEECHES = ("direct", "indirect", "narration")
RESTATINGS = ("verbatim", "faithful", "differs")
ORIGINS = ("accepted", "edited", "scratch")
SCOPES = ("claim", "work", "continues", "questioner", "open")
CHECK_KINDS = ("compare", "sum", "part", "conversion")
DIFFERENCES = ("unit", "population", "period", "definition")
POSTPONEMENT_STATES = ("later", "aside")
ACTIONS = ("created", "changed", "deleted", "restored")
ASSIGNMENT_STATES = ("open", "finished", "nothing")
ASSIGNMENT_WAYS = ("hand", "dealt", "taken")
QUESTIONS = ("claim", "link", "field", "no_response", "comparison")
CHOICES = ("agreed", "taken", "both", "neither", "new")
SIGN_OFF_STATES = ("signed", "sent_back", "lifted")
FACETS = (
    "relation",
    "strategy",
    "disputed",
    "figure_outcome",
    "verification",
    "claim_kind",
    "stance_of_citation",
)


def column(kind: str, about: str, *, default: Any = dataclasses.MISSING, **more: Any) -> Any:
    """Return a dataclass field; without a default the reader requires it, with default None it may be null."""
    metadata = {"kind": kind, "about": about, **more}
    if isinstance(default, list | dict):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def a_text(about: str, *, default: Any = "", **more: Any) -> Any:
    return column("text", about, default=default, **more)


def a_choice(about: str, among: tuple[str, ...], *, default: Any = dataclasses.MISSING) -> Any:
    return column("text", about, default=default, among=among)


def required(about: str) -> Any:
    return column("text", about, is_filled=True)


def a_ref(to: str, about: str, *, default: Any = dataclasses.MISSING) -> Any:
    """Return a field that names another record by its uuid."""
    return column("uuid", about, default=default, to=to)


def a_person(about: str) -> Any:
    return column("person", about, default=None)


def a_day(about: str) -> Any:
    return column("date", about, default=None)


def a_moment(about: str) -> Any:
    return column("datetime", about, default=None)


def a_label(facet: str, about: str, *, default: Any = "") -> Any:
    """Return a field that holds one key of a facet of the project's vocabulary."""
    return column("text", about, default=default, facet=facet)


@dataclass(frozen=True, kw_only=True)
class Record:
    """What all records share."""

    TYPE: ClassVar[str] = ""
    # Where the record stood in its file, counted from 1, for messages; no part of what it says.
    line: int = dataclasses.field(default=0, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class Header(Record):
    """The first line of a file: what it is, and how it counts."""

    TYPE: ClassVar[str] = "rejoinder"
    version: int = column("count", "Version of this format; 1.")
    offsets: str = a_choice("What offsets count.", ("unicode code points",), default="unicode code points")
    history: bool = column("bool", "Whether `change` lines are here.", default=False)


@dataclass(frozen=True, kw_only=True)
class Label(Record):
    """One choice of one facet."""

    facet: str = a_choice("The facet it belongs to.", FACETS)
    key: str = required("Its key in files.")
    phrase: str = a_text("Its phrase for people; the key where left out.")
    definition: str = a_text("When to choose it.")
    example: str = a_text("A sentence it fits.")
    shortcut: str = a_text("The key that chooses it.")
    position: int | None = column("count", "Its place in the list; in file order where left out.", default=None)
    stance: str = a_text("`agree`, `dispute`, `neutral` or empty; of a relation.")
    maps_to: str = a_text("The key of the default vocabulary it stands for.")
    colour: str = a_text("How it is shown beside its phrase, `#rrggbb`.")
    wants_note: bool = column("bool", "Whether choosing it asks for a note.", default=False)
    is_retired: bool = column("bool", "Whether it is no longer offered.", default=False)


@dataclass(frozen=True, kw_only=True)
class Vocabulary(Record):
    """A label schema, and before it the versions it was made from.

    Left out, the vocabulary that the project names must be known where it is imported.
    """

    TYPE: ClassVar[str] = "vocabulary"
    key: str = column("text", "Its name for programs, such as `default`; without `@`.", is_filled=True, bars="@")
    number: int = column("count", "Its version.", default=1)
    title: str = a_text("Its name for people; the key where left out.")
    about: Mapping[str, Any] = column("object", "What each facet asks, for people.", default={})
    based_on: str | None = column("text", "Key and number of the version it was made from, `default/1`.", default=None)
    summary: str = a_text("What changed since that version, in words.")
    uuid: UUID | None = column("uuid", "Of a version made from another: its uuid, else null.", default=None)
    version: int = column("count", "Of a version made from another: how often it was written.", default=1, least=1)
    created_at: datetime | None = a_moment("Of a version made from another: when.")
    created_by: str | None = a_person("Of a version made from another: who made it.")
    labels: tuple[Label, ...] = column("records", "Its labels.", of=Label)


@dataclass(frozen=True, kw_only=True)
class Editable(Record):
    """What rows share that people edit."""

    uuid: UUID | None = column(
        "uuid",
        "Its uuid, of any version; made from the project's uuid and the line number where left out.",
        default=None,
    )
    version: int = column("count", "How often it was written, from 1.", default=1, least=1)
    created_at: datetime | None = a_moment("When it was made; the time of the import where left out.")
    created_by: str | None = a_person("Who made it: a username, or null.")
    deleted_at: datetime | None = a_moment("When it was put out of sight, or null.")


@dataclass(frozen=True, kw_only=True)
class Project(Record):
    """The project itself; exactly one, before everything but the vocabulary."""

    TYPE: ClassVar[str] = "project"
    uuid: UUID | None = column("uuid", "Its uuid; made from the content of the file where left out.", default=None)
    version: int = column("count", "How often it was written, from 1.", default=1, least=1)
    created_at: datetime | None = a_moment("When it was made; the time of the import where left out.")
    created_by: str | None = a_person("Who made it: a username, or null.")
    slug: str = a_text("Its name in addresses: letters, digits, `-`, `_`; made from the title where left out.")
    title: str = required("Its name for people.")
    kind: str = a_choice("Whether all work in one reading.", PROJECT_KINDS, default="shared")
    description: str = a_text("What it is about.")
    banner: str = a_text("A line shown on each of its pages.")
    vocabulary: str = a_text("Key and number of its label schema, `default/1`.", default="default")
    adjudication_opened_at: datetime | None = a_moment("When its layers were opened to its editors, or null.")
    annotators_each: int = column("count", "How many people annotate each dossier.", default=2)
    lease_hours: int = column("count", "For how many hours a dossier taken stays taken.", default=72)
    claim_match: str = a_choice(
        "When two annotators' claims count as one: the same sentence, half or all of the characters.",
        CLAIM_MATCHES,
        default="sentence",
    )
    control_share: int = column("count", "How many per cent of the dossiers go without suggestions.", default=0)


@dataclass(frozen=True, kw_only=True)
class Person(Record):
    """Somebody named in the file. Passwords and addresses are never written."""

    TYPE: ClassVar[str] = "person"
    username: str = required("The name by which other lines call this person.")
    name: str = a_text("The person's name for people.")
    role: str | None = a_choice("The role in the project; null for somebody who is no member.", ROLES, default=None)
    guidelines_read: int = column("count", "The newest version of the guidelines this member has opened.", default=0)


@dataclass(frozen=True, kw_only=True)
class Guideline(Record):
    """One version of what annotators are told to do."""

    TYPE: ClassVar[str] = "guideline"
    number: int = column("count", "Its number, unique in the project; a change makes the next.", least=1)
    text: str = a_text("The guidelines, in Markdown.")
    summary: str = a_text("What changed since the version before, in words.")
    created_at: datetime | None = a_moment("When it was written; the time of the import where left out.")
    created_by: str | None = a_person("Who wrote it.")


@dataclass(frozen=True, kw_only=True)
class Actor(Editable):
    """A person or body that publishes, speaks or reports."""

    TYPE: ClassVar[str] = "actor"
    name: str = required("Its name, unique in the project.")
    kind: str = a_choice("What it is.", ACTOR_KINDS, default="person")
    role: str = a_text("Office or function, such as `spokesman`.")
    organisation: str = a_text("What it belongs to.")
    aliases: tuple[str, ...] = column("texts", "Other names the texts use.", default=())


@dataclass(frozen=True, kw_only=True)
class Layer(Editable):
    """Whose reading an annotation belongs to."""

    TYPE: ClassVar[str] = "layer"
    kind: str = a_choice("The team's, one annotator's or the settled one.", LAYER_KINDS)
    name: str = a_text("Its name, unique in the project; the annotator or the kind where left out.")
    annotator: str | None = a_person("The annotator's username; required of an annotator's layer, null otherwise.")


@dataclass(frozen=True, kw_only=True)
class Document(Editable):
    """A text that never changes, or a cited work without one."""

    TYPE: ClassVar[str] = "document"
    title: str = required("Its title.")
    text: str | None = column(
        "text",
        "The text; null for a cited work. `\\r\\n` and `\\r` become `\\n`, and offsets move along.",
        default=None,
    )
    sha256: str = a_text("SHA-256 of the text in UTF-8, in hex; checked where given.")
    kind: str = a_choice("What it is.", DOCUMENT_KINDS, default="other")
    publisher: UUID | None = a_ref("actor", "The actor that published it.", default=None)
    url: str = column("url", "Where it was found.", default="")
    archived_url: str = column("url", "Where it is archived.", default="")
    published_on: date | None = a_day("When it was published.")
    accessed_on: date | None = a_day("When it was fetched.")
    period_start: date | None = a_day("The first day of the time it covers.")
    period_end: date | None = a_day("The last day of the time it covers.")
    language: str = a_text("Its language, BCP 47.", default="en")
    licence: str = a_text("Its licence, SPDX where there is one.")
    filename: str = a_text("The name of the file it came from.")
    page_starts: tuple[int, ...] = column("counts", "Where its pages begin, in code points.", default=())
    edition_of: UUID | None = a_ref("document", "The document it is a later edition of.", default=None)
    tagged_by: str = a_text("Name and version of the pipeline that read it last.")
    imported_as: Mapping[str, Any] | None = column(
        "object", "What another tool called it, and what of its file has no place here.", default=None
    )


@dataclass(frozen=True, kw_only=True)
class Spanned(Editable):
    """What marked stretches of a text share."""

    document: UUID = a_ref("document", "The document it stands in.")
    start: int = column("count", "Where it begins, in code points of the text.")
    end: int = column("count", "Where it ends; the character there is no longer part of it.")
    quote: str | None = column(
        "text", "The marked words; taken from the text where left out, else checked.", default=None
    )
    prefix: str | None = column("text", "Up to 32 characters before; taken from the text where left out.", default=None)
    suffix: str | None = column("text", "Up to 32 characters after; taken from the text where left out.", default=None)


@dataclass(frozen=True, kw_only=True)
class Exclusion(Spanned):
    """A stretch that is not the story: a second title, a caption, teasers."""

    TYPE: ClassVar[str] = "exclusion"
    reason: str = required("What it is instead.")
    state: str = a_choice("Whether it is left out.", EXCLUSION_STATES, default="excluded")


@dataclass(frozen=True, kw_only=True)
class Redaction(Spanned):
    """A sensitive stretch, such as a victim's name, that releases mask."""

    TYPE: ClassVar[str] = "redaction"
    reason: str = a_text("Why it is sensitive.")


@dataclass(frozen=True, kw_only=True)
class Place(Record):
    """A document's place in a dossier."""

    document: UUID = a_ref("document", "The document.")
    side: str = a_choice("Whose words it holds.", SIDES, default="both")
    position: int | None = column("count", "Its place; in file order where left out.", default=None)


@dataclass(frozen=True, kw_only=True)
class Party(Record):
    """An actor's side in a dossier."""

    actor: UUID = a_ref("actor", "The actor.")
    side: str = a_choice("Its side; a narrator is on none.", PARTY_SIDES)


@dataclass(frozen=True, kw_only=True)
class Dossier(Editable):
    """One dispute and its handful of documents."""

    TYPE: ClassVar[str] = "dossier"
    title: str = required("Its title.")
    set_up_at: datetime | None = a_moment("When sides and exclusions were settled.")
    is_control: bool = column("bool", "Whether it was drawn to be annotated without suggestions.", default=False)
    documents: tuple[Place, ...] = column("records", "Its documents, in order.", default=(), of=Place)
    parties: tuple[Party, ...] = column("records", "Whose side its actors are on.", default=(), of=Party)
    signed_off_at: datetime | None = column(
        "datetime", "Only in older files: when it was signed off; read as a `sign_off`.", default=None, is_former=True
    )
    signed_off_by: str | None = column(
        "person", "Only in older files: the editor's username.", default=None, is_former=True
    )


@dataclass(frozen=True, kw_only=True)
class Assignment(Editable):
    """One annotator's part in a dossier. It goes out with the layer it is about: the annotator's, or the team's."""

    TYPE: ClassVar[str] = "assignment"
    dossier: UUID = a_ref("dossier", "The dossier.")
    annotator: str = column("person", "The annotator's username.")
    state: str = a_choice("Unfinished, finished, or looked at with nothing there.", ASSIGNMENT_STATES, default="open")
    way: str = a_choice("Given by hand, dealt out, or taken from what was left.", ASSIGNMENT_WAYS, default="hand")
    begun_at: datetime | None = a_moment("When work on it began.")
    lease_until: datetime | None = a_moment("Until when nobody else may take it.")
    finished_at: datetime | None = a_moment("When it was finished; required unless `open`.")
    note: str = a_text("A note.")


@dataclass(frozen=True, kw_only=True)
class Quantity(Record):
    """How a figure is read."""

    kind: str = a_choice("What kind of figure it is.", QUANTITY_KINDS, default="count")
    value: Decimal = column("decimal", "Its value, or the lower end; digits as text, so that none is lost.")
    value_high: Decimal | None = column("decimal", "The upper end of a range.", default=None)
    modifier: str = a_choice("Exactly, about, over, under, up by, down by.", MODIFIERS, default="=")
    unit: str = a_text("Its unit.")
    currency: str = a_text("Its currency, ISO 4217.")
    counted: str = a_text("What is counted.")
    period_start: date | None = a_day("The first day it holds for.")
    period_end: date | None = a_day("The last day it holds for.")
    part_of: UUID | None = a_ref("mention", "The figure it is a part of.", default=None)
    sums_to: UUID | None = a_ref("mention", "The figure it adds up to with others.", default=None)
    converts: UUID | None = a_ref("mention", "The same amount in another currency or unit.", default=None)
    change_from: UUID | None = a_ref("mention", "The figure it is a change from.", default=None)


@dataclass(frozen=True, kw_only=True)
class Spotted(Record):
    """What the pipeline's marks share: they are written once and never edited."""

    uuid: UUID | None = column(
        "uuid", "Its uuid; made from the project's uuid and the line number where left out.", default=None
    )
    layer: UUID | None = a_ref("layer", "The layer that alone sees it; null for what the pipeline saw.", default=None)
    document: UUID = a_ref("document", "The document it stands in.")
    start: int = column("count", "Where it begins, in code points of the text.")
    end: int = column("count", "Where it ends; the character there is no longer part of it.")
    quote: str | None = column(
        "text", "The marked words; taken from the text where left out, else checked.", default=None
    )
    prefix: str | None = column("text", "Up to 32 characters before; taken from the text where left out.", default=None)
    suffix: str | None = column("text", "Up to 32 characters after; taken from the text where left out.", default=None)


@dataclass(frozen=True, kw_only=True)
class Mention(Spotted):
    """A stretch that names something: a name, a figure, a speaker, a cue."""

    TYPE: ClassVar[str] = "mention"
    kind: str = a_choice("What it names.", MENTION_KINDS)
    label: str = a_text("A finer kind, such as `PERSON`.")
    name: str = a_text("The name that ties mentions of one thing together within the document.")
    suggester: str = a_text("Who or what marked it.", default="import")
    quantity: Quantity | None = column("record", "Of a figure: how it is read.", default=None, of=Quantity)


@dataclass(frozen=True, kw_only=True)
class Suggestion(Spotted):
    """Something the pipeline proposes."""

    TYPE: ClassVar[str] = "suggestion"
    kind: str = a_choice("What it proposes.", SUGGESTION_KINDS)
    payload: Mapping[str, Any] = column("object", "What it proposes, in the suggester's own fields.", default={})
    suggester: str = a_text("Who or what proposes it.", default="import")
    suggester_version: str = a_text("The suggester's version.")
    score: float = column("number", "How sure it is.", default=0.0)
    reasons: tuple[Any, ...] = column("list", "Why.", default=())


@dataclass(frozen=True, kw_only=True)
class Decision(Editable):
    """What a layer did with a suggestion, or how it mended a figure; one of the two is named."""

    TYPE: ClassVar[str] = "decision"
    layer: UUID = a_ref("layer", "The layer that decided.")
    suggestion: UUID | None = a_ref("suggestion", "The suggestion decided.", default=None)
    mention: UUID | None = a_ref("mention", "The figure mended.", default=None)
    outcome: str = a_choice("What was decided.", DECISION_OUTCOMES)
    reading: Mapping[str, Any] = column("object", "A mended figure: the fields of `quantity`.", default={})


@dataclass(frozen=True, kw_only=True)
class Stretch(Record):
    """One part of a claim of several."""

    start: int = column("count", "Where it begins.")
    end: int = column("count", "Where it ends.")
    quote: str | None = column("text", "Its words; taken from the text where left out, else checked.", default=None)


@dataclass(frozen=True, kw_only=True)
class Claim(Spanned):
    """One statement by one actor: an assertion, or a response to one."""

    TYPE: ClassVar[str] = "claim"
    layer: UUID = a_ref("layer", "Whose reading it belongs to.")
    dossier: UUID = a_ref("dossier", "The dispute it belongs to.")
    role: str = a_choice("What it is.", CLAIM_ROLES)
    number: int | None = column(
        "count",
        "Its number in its dossier, layer and role: 6 makes `A6` or `R6`; the next in file order where left out.",
        default=None,
    )
    kind: str = a_label("claim_kind", "What kind of statement it is.", default="factual")
    speaker: UUID | None = a_ref("actor", "Who said it; null for the narrator.", default=None)
    reporter: UUID | None = a_ref("actor", "Who reported it.", default=None)
    speech: str = a_choice("How it is told.", SPEECHES, default="narration")
    period_start: date | None = a_day("The first day it speaks of.")
    period_end: date | None = a_day("The last day it speaks of.")
    wording: str = a_text("A neutral wording.")
    restates: UUID | None = a_ref("claim", "The claim of the same layer that it says again.", default=None)
    restating: str = a_choice("How it says it again; required with `restates`.", ("", *RESTATINGS), default="")
    restating_note: str = a_text("How it differs.")
    wants_check: bool = column("bool", "Whether it was picked for checking.", default=False)
    origin: str = a_choice("Where it came from.", ORIGINS, default="scratch")
    suggestion: UUID | None = a_ref("suggestion", "The suggestion it was made from.", default=None)
    stretches: tuple[Stretch, ...] = column(
        "records", "Its parts, in order, where it is not in one piece; `start` and `end` hold them all.",
        default=(), of=Stretch,
    )  # fmt: skip
    imported_as: Mapping[str, Any] | None = column("object", "What another tool called it.", default=None)


@dataclass(frozen=True, kw_only=True)
class Link(Editable):
    """A response tied to what it responds to; one target, as the scope says."""

    TYPE: ClassVar[str] = "link"
    layer: UUID = a_ref("layer", "Whose reading it belongs to.")
    dossier: UUID | None = a_ref("dossier", "The dispute; the response's where left out.", default=None)
    response: UUID = a_ref("claim", "The response.")
    scope: str = a_choice("What is answered.", SCOPES, default="claim")
    target_claim: UUID | None = a_ref("claim", "With `claim`: the claim answered.", default=None)
    target_work: UUID | None = a_ref("document", "With `work`: the document or cited work.", default=None)
    target_response: UUID | None = a_ref("claim", "With `continues`: the response continued.", default=None)
    target_actor: UUID | None = a_ref("actor", "With `questioner`: who asked, if known.", default=None)
    turn: int | None = column(
        "count",
        "1 answers an assertion, 2 a response of turn 1, and so on; counted where left out.",
        default=None,
    )
    relation: str = a_label("relation", "What kind of response it is; empty until labelled.")
    secondary_relation: str = a_label("relation", "A second, lesser one.")
    strategies: tuple[str, ...] = column("texts", "How it responds.", default=(), facet="strategy")
    disputed: tuple[str, ...] = column("texts", "What it bears on.", default=(), facet="disputed")
    note: str = a_text("A note.")
    origin: str = a_choice("Where it came from.", ORIGINS, default="scratch")
    suggestion: UUID | None = a_ref("suggestion", "The suggestion it was made from.", default=None)
    imported_as: Mapping[str, Any] | None = column("object", "What another tool called it.", default=None)


@dataclass(frozen=True, kw_only=True)
class NoResponse(Editable):
    """Searched, none found."""

    TYPE: ClassVar[str] = "no_response"
    layer: UUID = a_ref("layer", "Whose reading it belongs to.")
    assertion: UUID = a_ref("claim", "The assertion.")
    documents: tuple[UUID, ...] = column("uuids", "The documents read, in order.", default=(), to="document")
    note: str = a_text("A note.")


@dataclass(frozen=True, kw_only=True)
class Comparison(Editable):
    """A figure held against another, or against none; on a link or on one claim."""

    TYPE: ClassVar[str] = "comparison"
    layer: UUID = a_ref("layer", "Whose reading it belongs to.")
    link: UUID | None = a_ref("link", "The link whose response it is about.", default=None)
    claim: UUID | None = a_ref("claim", "The claim whose own arithmetic it is.", default=None)
    check_kind: str = a_choice("What is held against what.", CHECK_KINDS, default="compare")
    quantity: UUID = a_ref("mention", "The figure.")
    counter_quantity: UUID | None = a_ref("mention", "The other figure.", default=None)
    addends: tuple[UUID, ...] = column("uuids", "Of a sum: the figures that add up.", default=(), to="mention")
    outcome: str = column("text", "The outcome.", facet="figure_outcome", is_filled=True)
    differs_in: tuple[str, ...] = column("texts", "What makes them not comparable.", default=(), among=DIFFERENCES)
    absolute_difference: Decimal | None = column("decimal", "The difference.", default=None)
    relative_difference: Decimal | None = column("decimal", "The difference as a part of the figure.", default=None)
    is_dismissed: bool = column("bool", "Whether an editor set it aside.", default=False)
    note: str = a_text("A note.")
    ruling: str = a_label("figure_outcome", "The editor's ruling.")
    justification: str = a_text("Why; required with a ruling.")
    ruled_by: str | None = a_person("The editor's username; required with a ruling.")
    ruled_at: datetime | None = a_moment("When; required with a ruling.")


@dataclass(frozen=True, kw_only=True)
class Assessment(Editable):
    """Verification of one claim."""

    TYPE: ClassVar[str] = "assessment"
    layer: UUID = a_ref("layer", "Whose reading it belongs to.")
    claim: UUID = a_ref("claim", "The claim.")
    verification: str = a_label("verification", "The state or verdict.", default="unchecked")
    justification: str = a_text("Why; required with a verdict.")


@dataclass(frozen=True, kw_only=True)
class Citation(Editable):
    """Words of a document of the project, or an outside source; on exactly one claim, link or other record."""

    TYPE: ClassVar[str] = "citation"
    layer: UUID = a_ref("layer", "Whose reading it belongs to.")
    claim: UUID | None = a_ref("claim", "The claim it stands on.", default=None)
    link: UUID | None = a_ref("link", "The link it stands on.", default=None)
    no_response: UUID | None = a_ref("no_response", "The record of none found it stands on.", default=None)
    comparison: UUID | None = a_ref("comparison", "The comparison it stands on.", default=None)
    assessment: UUID | None = a_ref("assessment", "The assessment it stands on.", default=None)
    stance: str = column("text", "Which way it speaks.", facet="stance_of_citation", is_filled=True)
    document: UUID | None = a_ref("document", "The document cited; null for an outside source.", default=None)
    start: int | None = column("count", "Where the cited words begin.", default=None)
    end: int | None = column("count", "Where they end.", default=None)
    quote: str | None = column("text", "The cited words.", default=None)
    prefix: str | None = column("text", "Up to 32 characters before; taken from the text where left out.", default=None)
    suffix: str | None = column("text", "Up to 32 characters after; taken from the text where left out.", default=None)
    title: str = a_text("An outside source's title; this or `url` is required of one.")
    url: str = column("url", "Where it was found.", default="")
    archived_url: str = column("url", "Where it is archived.", default="")
    page: str = a_text("The page.")
    accessed_on: date | None = a_day("When it was fetched.")
    note: str = a_text("A note.")


@dataclass(frozen=True, kw_only=True)
class Comment(Editable):
    """A remark on one claim, link or comparison, or on the whole dossier as a layer reads it."""

    TYPE: ClassVar[str] = "comment"
    layer: UUID = a_ref("layer", "The layer it is about; whoever reads that sees it.")
    dossier: UUID = a_ref("dossier", "The dossier it is about.")
    claim: UUID | None = a_ref("claim", "The claim it is on.", default=None)
    link: UUID | None = a_ref("link", "The link it is on.", default=None)
    comparison: UUID | None = a_ref("comparison", "The comparison it is on.", default=None)
    parent: UUID | None = a_ref(
        "comment", "The comment of the same layer and dossier that it replies to.", default=None
    )
    text: str = required("The remark.")
    is_sent_back: bool = column("bool", "Whether an editor sent the item back with it.", default=False)
    resolved_at: datetime | None = a_moment("When it was resolved, or null.")
    resolved_by: str | None = a_person("Who resolved it.")


@dataclass(frozen=True, kw_only=True)
class Settlement(Editable):
    """What an editor decided where layers were compared. It goes out when all layers it names do."""

    TYPE: ClassVar[str] = "settlement"
    layer: UUID = a_ref("layer", "The layer that holds what was settled: the gold one.")
    dossier: UUID = a_ref("dossier", "The dossier.")
    question: str = a_choice("What was asked.", QUESTIONS)
    field: str = a_text("The facet or column that a `field` question is about; empty otherwise.")
    items: tuple[str, ...] = column("texts", "The matched items the question is about, as sorted uuids.", default=())
    readings: Mapping[str, Any] = column(
        "object", "What each layer said when it was decided, by the layer's uuid.", default={}
    )
    digest: str = a_text("A hash of the readings: where they say something else later, the question is open again.")
    choice: str = a_choice("What was decided.", CHOICES)
    taken_from: UUID | None = a_ref("layer", "With `taken`: the layer whose reading was taken.", default=None)
    compared: tuple[UUID, ...] = column("uuids", "The layers that were compared, sorted.", default=(), to="layer")
    results: tuple[str, ...] = column("texts", "The rows that came of it, as uuids.", default=())
    note: str = a_text("A note.")


@dataclass(frozen=True, kw_only=True)
class Version(Record):
    """One version in the history, named by what stands on its `change` line."""

    act: UUID = column("uuid", "The deed it was part of.")
    object: UUID = column("uuid", "The row's uuid.")
    object_version: int = column("count", "The row's version after it.")


@dataclass(frozen=True, kw_only=True)
class SignOff(Editable):
    """An editor's word on the state of a dossier in one layer; the newest one counts."""

    TYPE: ClassVar[str] = "sign_off"
    layer: UUID = a_ref("layer", "The layer whose reading it is about.")
    dossier: UUID = a_ref("dossier", "The dossier.")
    state: str = a_choice("Signed off, sent back, or a sign-off lifted.", SIGN_OFF_STATES)
    note: str = a_text("A note; required of what is sent back.")
    open_questions: str = a_text("What stays open, in words.")
    change: Version | None = column(
        "record",
        "The last version of that dossier and layer that it was given on; null for none, and in a file without history.",
        default=None,
        of=Version,
    )
    is_outdated: bool = column(
        "bool", "Whether something was changed since, of which the history here does not tell.", default=False
    )


@dataclass(frozen=True, kw_only=True)
class Postponement(Editable):
    """A decision of the queue that was put off or set aside."""

    TYPE: ClassVar[str] = "postponement"
    layer: UUID = a_ref("layer", "Whose queue it is.")
    dossier: UUID = a_ref("dossier", "The dispute.")
    task: str = required("Which kind of decision.")
    subject: UUID = column("uuid", "The uuid of what it is about.")
    state: str = a_choice("Put off, or set aside.", POSTPONEMENT_STATES)
    reason: str = a_text("Why; required of what is set aside.")


@dataclass(frozen=True, kw_only=True)
class Visit(Record):
    """A document opened while working in a layer."""

    TYPE: ClassVar[str] = "visit"
    layer: UUID = a_ref("layer", "The layer worked in.")
    dossier: UUID = a_ref("dossier", "The dispute.")
    document: UUID = a_ref("document", "The document opened.")
    person: str = column("person", "Who opened it.")
    opened_at: datetime | None = a_moment("When; the time of the import where left out.")


@dataclass(frozen=True, kw_only=True)
class Change(Record):
    """One version of one row, as it was written; in the order of writing."""

    TYPE: ClassVar[str] = "change"
    act: UUID = column("uuid", "The deed it is part of.")
    verb: str = a_text("The deed in a few words.")
    undoes: UUID | None = column("uuid", "The deed that this one takes back.", default=None)
    layer: UUID | None = a_ref("layer", "The layer it was written in.", default=None)
    dossier: UUID | None = a_ref("dossier", "The dossier it was written in.", default=None)
    kind: str = required("The kind of row, as the database names it.")
    object: UUID = column("uuid", "The row's uuid.")
    object_version: int = column("count", "The row's version after it.")
    action: str = a_choice("What was done.", ACTIONS)
    actor: str | None = a_person("Who did it.")
    at: datetime | None = a_moment("When; the time of the import where left out.")
    before: Mapping[str, Any] = column("object", "The columns it changed, before; people by username.", default={})
    after: Mapping[str, Any] = column("object", "The columns it changed, after.", default={})


# The order of types in a file. A record names only records of earlier types or of its own.
TYPES: dict[str, type[Record]] = {
    record.TYPE: record
    for record in (
        Header,
        Vocabulary,
        Project,
        Person,
        Guideline,
        Actor,
        Layer,
        Document,
        Exclusion,
        Redaction,
        Dossier,
        Assignment,
        Mention,
        Suggestion,
        Decision,
        Claim,
        Link,
        NoResponse,
        Comparison,
        Assessment,
        Citation,
        Comment,
        Settlement,
        SignOff,
        Postponement,
        Visit,
        Change,
    )
}


def columns(record_type: type[Record]) -> tuple[dataclasses.Field[Any], ...]:
    """Return the fields of a record that say something: all but ``line``."""
    return tuple(field for field in dataclasses.fields(record_type) if field.name != "line")


def is_written(field: "dataclasses.Field[Any]") -> bool:
    """Whether a file that is written today has the field; others are read from older files only."""
    return not field.metadata.get("is_former")


def is_required(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def may_be_null(field: "dataclasses.Field[Any]") -> bool:
    return field.default is None


def title(record: Record) -> str:
    """Return what a message calls the record: ``claim R3``, ``document “Report”``, ``link 0b1f…``."""
    if isinstance(record, Claim) and record.number is not None:
        return f"claim {'A' if record.role == 'assertion' else 'R'}{record.number}"
    if isinstance(record, Document | Dossier | Project):
        return f"{record.TYPE} “{record.title[:60]}”"
    if isinstance(record, Actor | Layer):
        return f"{record.TYPE} “{record.name[:60]}”"
    if isinstance(record, Person):
        return f"person {record.username}"
    if isinstance(record, Vocabulary):
        return f"vocabulary {record.key}/{record.number}"
    if isinstance(record, Guideline):
        return f"guideline {record.number}"
    uuid = record.uuid if isinstance(record, Editable | Spotted) else None
    return f"{record.TYPE} {uuid}" if uuid else record.TYPE
