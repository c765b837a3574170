"""Things named in a document: the model's finds, mended by rules of form, and tied together over the whole text.

The component works on one paragraph; ``tie`` works on the whole document, because an acronym is defined once and a person
is introduced once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from spacy.language import Language
from spacy.tokens import Doc

from annotate.pipeline.reading import Entity
from annotate.pipeline.wordlists import words_of

_NUMERIC = frozenset({"CARDINAL", "MONEY", "PERCENT", "QUANTITY", "ORDINAL"})
_TIMES = frozenset({"DATE", "TIME"})
_NAMES = frozenset(
    {"PERSON", "ORG", "GPE", "NORP", "FAC", "LOC", "PRODUCT", "EVENT", "LAW", "WORK", "WORK_OF_ART", "LANGUAGE", "ROLE"}
)

_COMMON_TAGS = frozenset({"NN", "NNS", "VB", "VBD", "VBG", "VBN", "RB", "IN"})

# Atomic, so that no text makes the search go back over a word again and again
_CAP = r"(?>[A-Z](?:[\w’'&-]|\.(?=\w)){0,40})"
_BODY = (
    rf"(?:(?!The\b|[A-Z][\w-]*[’']s\b|However\b|But\b|And\b|In\b|At\b){_CAP}\s+){{0,2}}"
    r"(?:National\s+|Federal\s+|State\s+|Royal\s+|Central\s+|High\s+|Supreme\s+|Joint\s+|Special\s+|General\s+|Inter-[Mm]inisterial\s+|Permanent\s+|Select\s+|Independent\s+|International\s+)*"
    r"(?:Ministry|Ministries|Department|Committee|Commission|Office|Bureau|Agency|Council|Institute|Court|Authority|Directorate|Board|Federation|Association|Secretariat|Union|Centre|Center|Bank|University|Inspectorate|Organi[sz]ation|Chamber|House|Institution|Academy|Confederation|League|Fund|Foundation|Service|Administration)"
)
_ORGANISATION = re.compile(
    rf"(?:\b[Tt]he\s+)?\b(?:(?:US|U\.S\.|UN|UK|EU|{_CAP}ese|{_CAP}an|{_CAP}ish)\s+)?{_BODY}\s+(?:of|for|on|against|to)\s+(?:the\s+)?{_CAP}(?:(?:,\s+{_CAP})+,?\s+and\s+{_CAP}|(?:\s+(?:and|&|of|on|for|in|the|to)){{0,2}}\s+{_CAP}|-{_CAP})*"
)
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
# "Environment Ministry", "Prison Officers' Association": what kind of body it is stands last
_BODY_LAST = r"(?:Ministry|Department|Inspectorate|Observatory|Commission|Committee|Council|Mission|Federation|Association|Agency|Authority|Bureau|Institute|University|Institution|Foundation|Union|Alliance|Coalition|Party|Parliament|Police|Court|Tribunal|Secretariat|Directorate|Board|Trust|Society|Network|Organi[sz]ation|Corporation|Office|Service|Bank|Guard|Watch|Congress|Confederation|League|Initiative|Taskforce|Chamber|Assembly)"
_ENDS_IN_BODY = re.compile(
    rf"(?<![\w’'-])(?!(?:The|A|An|This|That|However|But|And|In|At|On|For|By|If|When|While|As|Its|Their|Our|His|Her|Every|No|Under|After|Before|From|With|Yesterday|Last|Meanwhile|{_MONTH}|[A-Z][a-z]+day)\s){_CAP}(?:(?:\s+(?:and|&|of|for))?\s+(?!{_BODY_LAST}\b){_CAP}[’']?){{0,4}}[’']?\s+{_BODY_LAST}\b(?!\s+(?:of|for|on)\s+(?:the\s+)?[A-Z])(?![’']\w*\s+[A-Z])"
)
_LAW = re.compile(
    rf"\b(?:(?:Section|Article|Chapter|Clause|Rule)s?\s+\d+\w*\s+of\s+the\s+(?=[A-Z]))?(?:(?!(?:The|This|That|Under|An|A|In|By)\s){_CAP}(?:\s+(?:of|on|for|and|the))*[’']?\s+){{1,6}}(?:Act|Convention|Treaty|Protocol|Accord|Constitution|Directive|Code|Covenant)\b"
)
_TITLED_WORK = re.compile(
    rf"\b(?:report|study|review|survey|book|paper|assessment|document|article)(?:(?P<comma>,)|,?\s+(?:entitled|titled|called|named))\s+[“\"‘]?(?P<title>{_CAP}(?:(?::?\s+(?:of|in|on|for|and|the|to|a|an|from|with|its|\d{{4}})|:?\s+{_CAP}))+)[”\"’]?(?=(?P<after>[,.;”\"’]?))"
)
_DATELINE = re.compile(
    r"(?P<place>[A-Z][A-Z’'-]+(?:\s+[A-Z][A-Z’'-]+){0,2})(?:,\s+[\w\s.]{2,20})?\s*(?:\([A-Z][\w\s/]+\)\s*)?(?:[—–]|\s-\s)"
)
_NUMBERED_LAW = re.compile(
    r"\b(?:Convention|Directive|Resolution|Protocol|Proposition|Regulation|Decree)\s+(?:No\.?\s*)?\d+(?:/\d+)?\b"
)
_TOLD = re.compile(rf"\b(?:told|telling|tells)\s+(?P<paper>The\s+{_CAP}(?:\s+{_CAP})?)")
_WITH_TITLE = re.compile(r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Dame|Lord|Lady)\.?\s+(?=[A-Z])")
_ONLY_TITLED = re.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?\s+(?P<name>{_CAP}(?:\s+{_CAP}){{0,2}})")
_BODY_BEFORE = re.compile(
    r"\b(?:group|charity|NGO|company|firm|retailer|network|newspaper|daily|think-?tank|watchdog|lender|airline|manufacturer|supplier|coalition|alliance)\s+$"
)
_KNOWN_BODIES = re.compile(
    r"(?<![\w-])(?:UN|EU|NATO|ILO|UNHCR|UNICEF|Unicef|ASEAN|Asean|IMF|OECD|OSCE|UNESCO|Unesco|BBC)(?![\w-])(?!\s+[A-Z])"
)
_STATE = re.compile(
    rf"\b(?:(?:Democratic|People’s|People's|Islamic|Federal|United)\s+)*(?:Republic|Kingdom|Emirate|Sultanate|Principality)\s+of\s+(?:the\s+)?{_CAP}(?:\s+{_CAP})?"
)
_SPECIES = r"(?:[Pp]rovince|[Dd]istrict|[Cc]ounty|[Rr]egion|[Cc]ity|[Tt]own|[Vv]illage|[Mm]unicipality|[Gg]overnorate|[Pp]refecture|[Cc]anton)"
_PLACE_OF = re.compile(
    rf"\b(?:{_SPECIES}|[Pp]rovinces|[Dd]istricts|[Cc]ounties|[Rr]egions|[Cc]ities|[Tt]owns|[Vv]illages|[Ii]slands?|[Pp]ort)\s+of\s+(?P<one>{_CAP}(?:\s+{_CAP})?)(?:(?:,\s+(?P<two>{_CAP}(?:\s+{_CAP})?))?,?\s+and\s+(?P<three>{_CAP}(?:\s+{_CAP})?))?"
)
_PLACE_BEFORE = re.compile(
    rf"\b(?!(?:The|This|That|Every|Each|In|A|An|Another|One)\s)(?P<place>{_CAP}(?:\s+{_CAP})?)\s+(?:province|district|county|region|municipality|governorate|prefecture)\b"
)
_AGED_NAME = re.compile(
    rf"(?P<name>\b(?!{_MONTH}\b){_CAP}(?:\s+{_CAP}){{0,2}}),\s+(?P<age>1?\d\d)(?=,\s|\.\s|\s+and\s|\)|\.?$)"
)
_HONORED = re.compile(rf"\b(?:Dame|Sir|Pope|Queen|King|Prince|Princess)\s+(?P<name>{_CAP})\b(?!\s+[A-Z])")
_MONTH_ALONE = re.compile(
    rf"\b(?:in|since|between|until|till|from|by|and|to|through|before|after|of|last|this|next)\s+(?P<month>{_MONTH})\b(?!\s+\d)"
)
_ACRONYM = re.compile(r"[(\[](?P<short>[A-Z][A-Za-z&.-]{0,10}[A-Z]s?)[)\]]")
_LONG_FORM = re.compile(rf"\b{_CAP}(?:(?:\s+(?:of|and|the|on|for|in|to|against|&)){{0,2}}[\s-]+{_CAP})+\s+$")
_WORK = re.compile(
    rf"\b(?:(?:19|20)\d\d\s+)?(?:{_CAP}(?:\s+(?:in|of|on|for|and|the))?(?:\s+\[[A-Z]+\])?\s+){{1,6}}(?:Report|Review|Survey|Index|Study|Assessment|White\s+Paper)(?:\s+(?:19|20)\d\d)?\b(?!’s|'s)|\b(?!(?:US|UK|UN|EU)\b)(?P<acro>[A-Z]{{2,6}})\s+report\b"
)
_ROLE_NOUN = (
    r"(?:spokes(?:man|woman|person)|minister|secretary[\s-](?:of\s+state|general)|secretary|undersecretary|ambassador|envoy|official|officer|director(?:[\s-]general)?|president|prime\s+minister|"
    r"vice[\s-](?:chair(?:man|woman)?|president)|chair(?:man|woman|person)?|commissioner|governor|mayor|chief|head|senator|congress(?:man|woman)|prosecutor(?:[\s-]general)?|judge|lawyer|attorney(?:\s+general)?|"
    r"general|colonel|inspector|professor|analyst|researcher|economist|author|chief\s+executive|CEO|deputy|representative|rapporteur|coordinator|manager|activist|campaigner|founder|leader|lawmaker|adviser|advisor)"
)
_ROLE_BEFORE = re.compile(
    rf"(?P<org>(?:\b{_CAP}(?:\s+(?:of|for|and|on|the))?\s+){{0,6}}?)(?P<role>(?i:(?:\b(?:deputy|senior|permanent|former|acting|chief|vice|assistant|under|executive|foreign|interior|justice|labour|labor|health|defence|defense|finance|police|government|press|general|prime|human\s+rights)\s+)*\b{_ROLE_NOUN}))(?:\s+(?:to|of|for)\s+(?P<place>{_CAP}(?:\s+{_CAP})?))?\s+$"
)
_COMPANY = r"(?:Services|Group|Holdings|Inc\.?|Ltd\.?|Limited|Corp\.?|Corporation|Industries|Company|Co\.?|Partners|Energy|Motors|Technologies|Systems|Logistics|Airlines|Airways|Pharmaceuticals|Mining|Plc|PLC|LLC|GmbH|AG|SA|Resources|International|Solutions|Bank|Media|Foods|Steel|Chemicals)"
_ROLE_AFTER = re.compile(rf",\s+(?:(?:the|a|an|its|his|her|their|who)\s+)?(?:[\w’'-]+\s+){{0,4}}?{_ROLE_NOUN}\b")
_ROLE_APPOSED = re.compile(rf"\b{_ROLE_NOUN}(?:-general)?,\s+$")
_TITLED = re.compile(
    r"\b(?:[Ss]pokes(?:man|woman|person)|[Mm]inister|[Aa]mbassador|Mayor|mayor|Governor|governor|Senator|senator|President|Chancellor|Professor|Judge|Justice|Inspector|Colonel|Captain|Commissioner|commissioner|Director|director|[Cc]hair(?:man|woman)|Secretary|Mr|Mrs|Ms|Dr|Sir|Dame|Lord|Lady)\.?\s+"
    r"(?P<name>(?!(?:of|Of|The|General|State|Minister|Secretary|President|Chief|Director|Prime|Police|Department)\b)[A-Z][\w’'-]+(?:\s+[A-Z]\.?)?(?:\s+(?:[a-z]{2,3}\s+)?[A-Z][\w’-]+){1,3})(?<![’']s)\b"
)
_YEAR = re.compile(
    r"(?<![\d,.$€£/-])\b(?:19|20)\d\d(?:(?:\s?[-–]\s?|\s+to\s+(?=\d{4}\b))(?:(?:19|20)\d\d|\d\d))?\b(?![\d,%]|\.\d|-\w)"
)
_LABELLED = re.compile(
    r"\b(?:Tier|Section|Article|Chapter|Phase|Level|Category|Covid|COVID|Appendix|Annex|Clause|Rule|Part|Schedule|Resolution|Exhibit|Table|Figure|Page|Goal)[\s-]\d+\b|\b(?:Annex|Appendix|Band|Category|Class|Grade|Exhibit|Schedule)\s[A-F]\b(?!\s[A-Z])"
)
_MONEY_SIGN = re.compile(r"(?:US|A|C|HK|NZ|S)?[$€£¥₹]\s?$")
_PORTFOLIO = re.compile(
    r"(?:Deputy\s+)?(?:Interior|Justice|Foreign|Finance|Defen[cs]e|Health|Labou?r|Education|Prime|Environment|Energy|Home|Transport)"
)
_FALSE_NAME = re.compile(
    r"^(?:the\s+past|Content|Logo|However|Despite|Citing|Meanwhile|But|And|If|On|In|At|The|An?)$", re.IGNORECASE
)


@dataclass(slots=True)
class Mention:
    """A find before it is tied; offsets are the document's once the paragraph has been put in place."""

    start: int
    end: int
    label: str
    name: str = ""
    entity_id: int = -1


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or body known beforehand, with its other names; the project's list comes before every rule."""

    name: str
    aliases: tuple[str, ...] = ()
    label: str = "ORG"


@Language.factory("entities", assigns=["doc.spans"])
def make_entity_finder(nlp: Language, name: str) -> EntityFinder:
    return EntityFinder()


class EntityFinder:
    """Writes ``doc.spans["entities"]`` for one paragraph; ``doc.user_data["entities"]`` holds exact offsets."""

    def __call__(self, doc: Doc) -> Doc:
        model_finds = [
            (ent.start_char, ent.end_char, ent.label_)
            for ent in doc.ents
            if len(ent) > 1 or ent.label_ not in ("PERSON", "ORG", "GPE") or ent.root.tag_ not in _COMMON_TAGS
        ]  # "Turnout was 63 per cent": a capital because the sentence begins
        found = find(doc.text, model_finds)
        spans = (doc.char_span(m.start, m.end, label=m.label, alignment_mode="expand") for m in found)
        doc.spans["entities"] = [span for span in spans if span is not None]
        doc.user_data["entities"] = found
        return doc


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and (text[start].isspace() or text[start] in "“”\"'’‘([,;:"):
        start += 1
    for tail in ("’s", "'s"):
        if text[start:end].endswith(tail):
            end -= 2
    while end > start and (text[end - 1].isspace() or text[end - 1] in "“”\"'’‘)],;:"):
        if text[end - 1] in ")]" and text[start:end].count("(") + text[start:end].count("[") > text[
            start : end - 1
        ].count(")") + text[start : end - 1].count("]"):
            break
        end -= 1
    return start, end


def _trim_article(text: str, start: int) -> int:
    return start + 4 if text[start : start + 4] in ("the ", "The ") else start


def find(text: str, model_finds: Sequence[tuple[int, int, str]]) -> list[Mention]:
    """Return the mentions of one paragraph: the rules' first, then the model's where they do not overlap."""
    found: list[Mention] = []

    def add(start: int, end: int, label: str) -> None:
        if start < end and all(end <= m.start or m.end <= start for m in found):
            found.append(Mention(start, end, label))

    for match in _TITLED.finditer(text):
        add(match.start("name"), match.end("name"), "PERSON")
    for match in _TITLED_WORK.finditer(text):
        if not match["comma"] or match["after"] == ",":
            add(*match.span("title"), "WORK")
    for match in _YEAR.finditer(text):
        if not match.group().isdecimal():
            add(*match.span(), "DATE")  # "2019 to 2021", which the model takes apart
    for match in _STATE.finditer(text):
        add(*_trim(text, *match.span()), "GPE")
    for match in _KNOWN_BODIES.finditer(text):
        add(*match.span(), "ORG")
    for match in _NUMBERED_LAW.finditer(text):
        add(*match.span(), "LAW")
    for match in _TOLD.finditer(text):
        add(*match.span("paper"), "ORG")
    if dateline := _DATELINE.match(text):
        add(*dateline.span("place"), "GPE")
    for match in _ONLY_TITLED.finditer(text):
        add(*_trim(text, *match.span("name")), "PERSON")
    for match in _HONORED.finditer(text):
        add(*match.span("name"), "PERSON")
    labelled = [match.span() for match in _LABELLED.finditer(text)]
    for match in _WORK.finditer(text):
        start = match.start()
        lead = re.match(r"(?:The|A|An|This|That|In|On|US|UK|But|And|However)\s+", text[start : match.end()])
        start += lead.end() if lead else 0
        if not _key(text[start : match.end()]) - {
            "report",
            "review",
            "survey",
            "index",
            "study",
            "assessment",
            "human",
            "rights",
        }:
            continue
        add(start, match.end(), "WORK")
    for match in _ORGANISATION.finditer(text):
        start, end = _trim(text, *match.span())
        add(start, end, "ORG")
    for match in _LAW.finditer(text):
        add(*_trim(text, *match.span()), "LAW")
    for match in _ENDS_IN_BODY.finditer(text):
        add(*_trim(text, *match.span()), "ORG")
    for match in _PLACE_OF.finditer(text):
        for group in ("one", "two", "three"):
            if match[group]:
                add(*match.span(group), "GPE")
    for match in _PLACE_BEFORE.finditer(text):
        add(*match.span("place"), "GPE")
    for match in _AGED_NAME.finditer(text):
        add(*match.span("age"), "DATE")
    for start, end, label in model_finds:
        if label in _NUMERIC and any(low < end and start < high for low, high in labelled):
            continue
        if (
            label not in _TIMES
            and label not in _NUMERIC
            and any(low <= _trim_article(text, start) < high <= end for low, high in labelled)
            and not (label == "LAW" and " of " in text[start:end])
        ):
            continue  # "Tier 3", "Tier 2 Watch List"
        if label in _TIMES and any(low < end and start < high for low, high in labelled):
            continue
        if label == "MONEY" and (sign := _MONEY_SIGN.search(text[max(0, start - 4) : start])):
            start -= len(sign.group())
        if label == "WORK_OF_ART":
            label = "WORK"
        start, end = _trim(text, start, end)
        words = text[start:end]
        if (
            label in _TIMES
            and words.lower() in ("daily", "weekly", "monthly")
            and re.match(r"\s+[A-Z]", text[end : end + 3])
        ):
            continue  # "the daily Le Monde"
        if aged := re.fullmatch(r"(?s)(?P<name>.*[^\W\d]),\s+\d{1,3}", words):
            end = start + aged.end("name")  # "Mertens, 52"
            words, label = text[start:end], "PERSON"
        if label in _TIMES and words.endswith(" alone"):
            end -= 6
        if label in _TIMES and re.search(r"\s(?:of|in)$", words) and (year := _YEAR.match(text, end + 1)):
            end = year.end()  # "the same period of", "2023"
        dangling = re.search(r"\s+(?:and|or)$", words) if label == "DATE" else None
        if dangling:
            end -= len(dangling.group())
            words = text[start:end]
        if label == "DATE" and words.isdecimal() and len(words) != 4:
            label = "CARDINAL"
        if (
            label in ("ORG", "NORP", "PERSON")
            and _PORTFOLIO.fullmatch(words)
            and re.match(r"\s+(?:Minister|Secretary|Ministry)", text[end : end + 11])
        ):
            continue
        if label in _NAMES and (not any(c.isupper() for c in words) or _FALSE_NAME.match(words)):
            continue
        if (
            label in ("PERSON", "ORG")
            and (split := re.match(rf"((?:US\s+)?{_CAP})\s+([A-Z]\.?\s+{_CAP}\s+{_CAP})$", words))
            and _after_role(text, start)
        ):
            add(start, start + split.end(1), "GPE")
            add(start + split.start(2), end, "PERSON")
            continue
        if titled := _WITH_TITLE.match(words):
            start += titled.end()
            words, label = text[start:end], "PERSON"
        if label in ("LOC", "GPE", "FAC", "PERSON", "PRODUCT") and _BODY_BEFORE.search(
            text[max(0, start - 20) : start]
        ):
            label = "ORG"  # "the environment group Green Delta"
        if label == "PERSON" and " " not in words and start > 4 and text[start - 4 : start] == "The ":
            label = "ORG"  # people take no article: "seen by The Herald"
        if (
            label in ("WORK", "PRODUCT", "EVENT", "FAC", "LAW", "LOC")
            and re.fullmatch(rf"{_CAP}\s+{_CAP}", words)
            and re.match(r"\s+(?:said|says|told|added|wrote|asked|insisted|replied)\b", text[end : end + 10])
        ):
            label = "PERSON"
        if (
            label == "ORG"
            and (_ROLE_AFTER.match(text, end) or _ROLE_APPOSED.search(text[max(0, start - 40) : start]))
            and re.fullmatch(rf"{_CAP}\s+(?:[A-Z]\.\s+)?{_CAP}", words)
            and not re.search(_BODY_LAST + r"$|" + _COMPANY + "$", words)
        ):
            label = "PERSON"  # "Corin Blay, the prisons minister"
        if label == "ORG" and words == "Post" and text[max(0, start - 4) : start] in ("The ", "the "):
            start -= 4
        add(start, end, label)
    for match in _MONTH_ALONE.finditer(text):
        add(*match.span("month"), "DATE")
    for match in _YEAR.finditer(text):
        if 1900 <= int(match.group()[:4]) <= 2099 and not re.match(
            r"\s+(?:people|[a-z]+s\s+(?:were|was|in|of))\b", text[match.end() : match.end() + 24]
        ):
            add(match.start(), match.end(), "DATE")
    for person in [m for m in found if m.label == "PERSON"]:
        role = _ROLE_BEFORE.search(text[max(0, person.start - 110) : person.start])
        if role:
            base = max(0, person.start - 110)
            role_start, role_end = base + role.start("role"), base + role.end("role")
            before_role = [m.end for m in found if m.start <= role_start < m.end < role_end]
            add(*_trim(text, max([role_start, *before_role]), role_end), "ROLE")
            org = role["org"].strip()
            if org and len(org) > 3 and not re.match(r"(?:The|A|An|But|And)$", org) and " " in org:
                lead = re.match(r"(?:The|A|An|But|And|Senior|Former|However,?)\s+", role["org"])
                start = base + role.start("org") + (lead.end() if lead else 0)
                add(*_trim(text, start, base + role.end("org")), "ORG")
    found.sort(key=lambda m: m.start)
    return found


_KIND_LABELS = {
    "percent": "PERCENT", "percentage_point": "PERCENT", "money": "MONEY", "measure": "QUANTITY", "rate": "QUANTITY",
    "age": "DATE", "duration": "DATE", "count": "CARDINAL",
}  # fmt: skip
_MODIFIERS = re.compile(
    r"(?:(?:an?\s+)?(?:about|around|approximately|roughly|nearly|almost|at\s+least|at\s+most|up\s+to|over|under|more\s+than|less\s+than|fewer\s+than|as\s+(?:much|many|few|little)\s+as|(?:an\s+)?estimated|some|between|well\s+over|just\s+over|just\s+under)\s+)+$",
    re.IGNORECASE,
)
_SCALE = re.compile(r"(?:m|mn|bn|b|k|tn)\b")
_PER = re.compile(r"\s+(?:a|an|per|each|every)\s+\w+(?:\s+\w+)?$|/\w+$", re.IGNORECASE)


class Counted(Protocol):
    """What ``amend`` needs to know of a figure."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def value_high(self) -> Decimal | None: ...


def amend(text: str, mentions: list[Mention], figures: Sequence[Counted]) -> list[Mention]:
    """Return the mentions with figures under the label and in the extent that the number grammar gives them.

    The model guesses per cent, money and dates from the words around; the grammar has read them.
    """
    numeric = sorted((m for m in mentions if m.label in _NUMERIC | _TIMES), key=lambda m: m.start)
    others = sorted((m for m in mentions if m.label not in _NUMERIC | _TIMES), key=lambda m: m.start)
    added: list[Mention] = []
    for number, figure in enumerate(figures):
        label = _label_of(text, figure)
        end = figure.end
        if figure.unit == "count" and text[figure.start : end].endswith(" times"):
            end -= 6
        if figure.kind in ("rate", "money", "measure") and (per := _PER.search(text, figure.start, end)):
            end = per.start()
        lead = _MODIFIERS.search(text, max(0, figure.start - 30), figure.start)
        start = lead.start() if lead else figure.start
        over = [m for m in _near(numeric, start, end) if m.label and m.start < end and start < m.end]
        if not over:
            is_change = figure.value_high is not None and not (lead and "between" in lead.group().lower())
            if not is_change and not any(m.start < end and start < m.end for m in _near(others, start, end)):
                added.append(Mention(start, end, label))
            continue
        if figure.value_high is not None:
            is_change = text[max(0, figure.start - 5) : figure.start + 5].lower().find("from ") >= 0
            if (
                len(over) == 1
                and not is_change
                and over[0].label in _NUMERIC
                and over[0].start >= start
                and over[0].end < end
            ):
                over[0].start, over[0].end, over[0].label = start, end, label  # "30 to 40 per cent"
                continue
            for mention in over:
                holds_all = mention.end == end and mention.start <= figure.start
                if (
                    (mention.label in _NUMERIC or holds_all)
                    and mention.label != label
                    and _is_bare(text, mention, figure.start, end)
                ):
                    mention.label = label
            continue
        whole = over[0]
        if len(over) > 1 and all(m.start >= start and m.end <= end for m in over):
            for mention in over[1:]:
                mention.label = ""
        elif len(over) > 1:
            continue
        beside = (*figures[max(0, number - 3) : number], *figures[number + 1 : number + 4])
        if any(whole.start < other.end and other.start < whole.end for other in beside):
            if label == "DATE" and figure.kind == "age":
                whole.label = ""
                added.append(Mention(start, end, label))  # "aged 19 and 23"
            continue
        if whole.label in _TIMES and figure.kind in ("duration", "age"):
            continue
        if whole.label in _TIMES and not _is_bare(text, whole, figure.start, end):
            continue
        if any(m.start < end and start < m.end for m in _near(others, start, end)):
            continue
        if whole.start < start and not _MODIFIERS.fullmatch(text, whole.start, start):
            whole.start = start if text[whole.start : start].strip().lower() in ("only", "just") else whole.start
        else:
            whole.start = min(whole.start, start)
        if whole.label != label or whole.end < end:
            whole.end = end
        whole.label = label
    for mention in numeric:
        if mention.label == "MONEY" and (scale := _SCALE.match(text, mention.end)):
            mention.end = scale.end()
        if mention.label and _MODIFIERS.fullmatch(text[mention.start : mention.end] + " "):
            mention.label = ""  # "up to"
        if mention.label in _NUMERIC and text[max(0, mention.start - 5) : mention.start].lower() == "from ":
            ends = re.fullmatch(r"(?P<low>[^\s].*?)\s+to\s+(?P<high>.+)", text[mention.start : mention.end], re.DOTALL)
            if ends:
                added.append(Mention(mention.start + ends.start("high"), mention.end, mention.label))
                mention.end = mention.start + ends.end("low")
    return sorted([m for m in (*numeric, *others, *added) if m.label], key=lambda m: m.start)


def _label_of(text: str, figure: Counted) -> str:
    bare = text[figure.start : figure.end].replace(",", "").replace(".", "")
    if bare.isdecimal() and figure.kind not in ("age", "duration"):
        return "CARDINAL"  # its unit stands elsewhere
    if figure.kind == "rate":
        return "MONEY" if figure.currency else "QUANTITY" if figure.unit else "CARDINAL"
    if figure.kind == "duration" and (figure.unit or "").rpartition(" ")[2] in ("hour", "minute", "second"):
        return "TIME"
    return _KIND_LABELS.get(figure.kind, "CARDINAL")


def _is_bare(text: str, mention: Mention, start: int, end: int) -> bool:
    """Return whether a mention holds a figure and nothing besides, its modifiers apart."""
    return mention.end <= end and (mention.start >= start or bool(_MODIFIERS.fullmatch(text[mention.start : start])))


def _after_role(text: str, start: int) -> bool:
    return bool(re.search(rf"\b{_ROLE_NOUN}\s+(?:to|of|for|in)\s+$", text[max(0, start - 40) : start], re.IGNORECASE))


def acronyms(text: str) -> dict[str, str]:
    """Return {"NCCT": "National Committee on Counter-Trafficking"} for the short forms a text defines in brackets."""
    found: dict[str, str] = {}
    for match in _ACRONYM.finditer(text):
        before = text[max(0, match.start() - 160) : match.start()]
        lead = _LONG_FORM.search(before)
        if lead is None:
            continue
        long, short = lead.group().strip(), match["short"]
        words = re.findall(r"[A-Za-z]+", long)
        letters = short.replace(".", "").rstrip("s")
        capitals = [word for word in words if word[0].isupper()]
        # The long form starts at the word whose letter begins the short one, as far back as needed
        for begin in range(len(capitals)):
            initials = "".join(word[0] for word in capitals[begin:])
            if initials.upper() == letters.upper() or _spells(
                letters, "".join(w[0] for w in words[words.index(capitals[begin]) :])
            ):
                at = long.index(capitals[begin])
                found.setdefault(short, long[at:])
                break
        else:
            tail = _initial_words(words, letters)
            if tail:
                found.setdefault(short, long[long.rindex(tail[0]) :])
    return found


def _spells(letters: str, initials: str) -> bool:
    rest = iter(initials.lower())
    return len(initials) <= len(letters) + 3 and all(letter in rest for letter in letters.lower())


def _initial_words(words: list[str], letters: str) -> list[str]:
    for size in range(len(letters) - 1, len(letters) + 4):
        tail = words[-size:] if size > 0 else []
        if tail and tail[0][0].upper() == letters[0].upper() and _spells(letters, "".join(word[0] for word in tail)):
            return tail
    return []


_STOP = words_of("the of and for on in to a an us u.s. &")


def _key(name: str) -> frozenset[str]:
    return frozenset(
        word for word in re.findall(r"[\w&]+", name.lower().replace("’s", "").replace("'s", "")) if word not in _STOP
    )


def _bare(words: str) -> str:
    words = " ".join(words.split())
    # "The Post" is a name, "the Ministry" and a sentence's "The Ministry of Health" are not
    return re.sub(r"^the\s+|^The\s+(?=\S+\s)", "", words)


def tie(
    text: str, mentions: Iterable[Mention], *, actors: Sequence[Actor] = (), excluded: Sequence[tuple[int, int]] = ()
) -> list[Entity]:
    """Return the document's entities: later short forms added, mentions of one thing under one id and one name."""
    found = sorted(mentions, key=lambda m: m.start)
    _settle_places(text, found)
    short_forms = acronyms(text)
    speaking, articled = _speaking(text), {match["body"] for match in _ARTICLED.finditer(text)}
    known: list[tuple[str, str, str]] = [
        (actor.name, alias, actor.label) for actor in actors for alias in (actor.name, *actor.aliases)
    ]
    for short, long in short_forms.items():
        known += [(long, short, "ORG")]
    for mention in found:
        if mention.label == "PERSON":
            words = text[mention.start : mention.end].split()
            if len(words) >= 2:
                full = " ".join(words)
                known += [(full, full, "PERSON"), (full, words[-1], "PERSON")]
                if words[0] in speaking and words[-1] not in speaking:
                    known.append((full, words[0], "PERSON"))  # "Wang Wenbin … Wang said"
                if len(words) >= 3:
                    known += [(full, " ".join(words[1:]), "PERSON"), (full, " ".join(words[-2:]), "PERSON")]
        elif mention.label == "ORG" and " " in text[mention.start : mention.end]:
            name = _bare(text[mention.start : mention.end])
            if len(name) > 8:
                known.append((name, name, "ORG"))
                known += [(name, short, "ORG") for short in _short_forms(name, articled)]
    known += [
        (text[m.start : m.end], text[m.start : m.end], m.label)
        for m in found
        if m.label in ("GPE", "LOC", "FAC")
        and m.end - m.start > 3
        and text[m.start : m.end][:1].isupper()
        and text[m.start : m.end].istitle()
    ]
    known += _ministry(known, articled)
    found = _add_known(text, found, known, excluded, {actor.name for actor in actors})
    by_alias: dict[str, str] = {}
    for name, alias, _ in known:
        by_alias.setdefault(alias.casefold(), name)
    names: list[tuple[str, frozenset[str], str]] = []  # (name, key, label) by id
    ids: dict[tuple[str, str], int] = {}
    entities = []
    for mention in found:
        quote = text[mention.start : mention.end]
        bare = (
            " ".join(quote.split()) if mention.label == "WORK" else _bare(quote)
        )  # "The State of the River" is a title
        known_as = by_alias.get(" ".join(quote.split()).casefold()) or by_alias.get(bare.casefold())
        if known_as is None and mention.label == "ORG" and " " not in bare:
            known_as = by_alias.get(f"the {bare}".casefold())  # "its Ministry" and "the Ministry" are one
        name = known_as or bare
        name = short_forms.get(name, name)
        group = "ORG" if mention.label in ("ORG", "FAC") else mention.label
        key = _key(name)
        entity_id = ids.get((group, name.casefold()))
        if entity_id is None and group in ("ORG", "PERSON", "WORK") and key:
            entity_id = _same_as(group, key, name, names)
        if entity_id is None:
            entity_id = len(names)
            names.append((name, key, group))
        elif len(key) > len(names[entity_id][1]) and group != "WORK" and names[entity_id][1] <= key:
            names[entity_id] = (name, key, group)
        ids[(group, name.casefold())] = entity_id
        mention.entity_id = entity_id
    for mention in found:
        entities.append(
            Entity(
                mention.start,
                mention.end,
                text[mention.start : mention.end],
                mention.label,
                mention.entity_id,
                names[mention.entity_id][0],
            )
        )
    return entities


_SPEAKING = re.compile(
    r"(?<![\w-])(?P<name>[A-Z][\w’-]*)\s+(?:said|says|told|added|noted|wrote|insisted|argued|denied|stressed|explained|warned)\b"
)


def _speaking(text: str) -> set[str]:
    """Return the names that speak alone: "Wang" in "Wang said", and nobody in "Wang Wenbin said"."""
    return {
        match["name"]
        for match in _SPEAKING.finditer(text)
        if not re.search(r"[A-Z][\w’.-]*\s+$", text[max(0, match.start() - 24) : match.start()])
    }


_LAST_WORD = re.compile(_BODY_LAST)
_ARTICLED = re.compile(rf"\b[Tt]he\s+(?P<body>{_BODY_LAST})\b")


def _short_forms(name: str, articled: set[str]) -> list[str]:
    """Return the short forms by which a text calls a body later: "the Observatory", "Vantor" for Vantor Services."""
    words = name.split()
    short = []
    if len(words) >= 2 and _LAST_WORD.fullmatch(words[-1]):
        short += [f"{article} {words[-1]}" for article in ("the", "The") if words[-1] in articled]
    if 2 <= len(words) <= 3 and re.fullmatch(_COMPANY, words[-1]):
        first = " ".join(words[:-1])
        if len(first) > 3 and first.casefold() not in _COMMON_FIRST:
            short.append(first)
    return short


def _ministry(known: list[tuple[str, str, str]], articled: set[str]) -> list[tuple[str, str, str]]:
    """Return "the Ministry" for the one Ministry of Labour of a document; nothing where there are two."""
    bodies: dict[str, set[str]] = {}
    for name, _, label in known:
        first, _, rest = name.partition(" ")
        if label == "ORG" and first in articled and rest.startswith(("of ", "for ", "on ")):
            bodies.setdefault(first, set()).add(name)
    return [
        (next(iter(names)), f"{article} {first}", "ORG")
        for first, names in bodies.items()
        if len(names) == 1
        for article in ("the", "The")
    ]


_COMMON_FIRST = words_of(
    "national international united general first global world royal state public american european british"
)
_IN = re.compile(
    r"\b(?P<before>[\w’'-]+)?\s*\b(?:in|near|outside|inside|throughout)\s+(?:(?:northern|southern|eastern|western|central|downtown)\s+)?$",
    re.IGNORECASE,
)
_NOT_IN_A_PLACE = re.compile(
    r"(?:invest\w*|shares?|stakes?|confidence|trust|faith|belie\w+|interest\w*|involved|stock|role|holding)$",
    re.IGNORECASE,
)
_PLACE_NAME = re.compile(
    rf"(?:Port|Fort|New|North|South|East|West|Upper|Lower|San|Santa|Los|Las|Kampong|Kampot|Banteay|Bandar)\s+{_CAP}"
)
_CAPITAL = re.compile(r"\b(?:capital|city|town|village|port|province|district)(?:,|\s+of)\s+$")
_WATER = re.compile(
    r"\b(?:(?:along|down|up|into|across)\s+the|[Bb]anks?\s+of\s+the|the\s+(?:lower|upper|middle)|[Rr]iver|[Ll]ake|[Mm]ount|[Ss]ea\s+of)\s+$"
)
_BUILT = re.compile(
    r"\s+(?:prison|jail|airport|railway\s+station|power\s+station|bridge|dam|mine|refugee\s+camp|stadium|barracks)\b"
)
_SPEAKS = re.compile(
    r"(?:,[^,.]{0,60},)?\s+(?:said|says|told|added|denied|wrote|insisted|argued|replied|admitted|conceded|called|accused|urged)\b"
)


def _settle_places(text: str, found: list[Mention]) -> None:
    """Label a name that the text uses as a place as one, wherever it stands; the model judges every sentence anew."""
    spoken: set[str] = set()
    places: dict[str, str] = {}
    people = {
        word
        for m in found
        if m.label == "PERSON" and " " in text[m.start : m.end]
        for word in text[m.start : m.end].split()
    }
    for mention in found:
        if mention.label not in ("PERSON", "ORG", "GPE", "LOC", "FAC", "NORP", "PRODUCT", "EVENT"):
            continue
        name = text[mention.start : mention.end]
        if len(name.split()) > 2 or name.isupper() and len(name) < 5 or name in people:
            continue
        before, after = text[max(0, mention.start - 45) : mention.start], text[mention.end : mention.end + 80]
        if mention.label in ("PERSON", "ORG") and _SPEAKS.match(after):
            spoken.add(name)
        lead = _IN.search(before)
        if _WATER.search(before) or re.match(r"\s+(?:[Rr]iver|[Ll]ake)\b", after):
            places[name] = "LOC"
        elif (
            _CAPITAL.search(before)
            or re.match(r"\s+(?:province|district|county|region)\b", after)
            or mention.label in ("PERSON", "ORG", "FAC", "PRODUCT")
            and _PLACE_NAME.fullmatch(name)
        ):
            places.setdefault(name, "GPE")
        elif (
            lead
            and not _NOT_IN_A_PLACE.match(lead["before"] or "")
            and mention.label in ("PERSON", "ORG", "FAC", "PRODUCT")
        ):
            if len(name.split()) == 1 and not re.match(r"\s+(?:[A-Z]|and\s+[A-Z])|[’']s\s", after):
                places.setdefault(name, "GPE")
        elif _BUILT.match(after):
            places.setdefault(name, "FAC")
    built = re.compile(rf"\b(?P<name>(?!(?:The|This|That|Its|Their|A|An)\s){_CAP}(?:\s+{_CAP}){{0,2}}){_BUILT.pattern}")
    for match in built.finditer(text):
        places.setdefault(match["name"], "FAC")
    for mention in found:
        name = text[mention.start : mention.end].removesuffix("’s").removesuffix("'s")
        label = places.get(name)
        if (
            label
            and name not in spoken
            and mention.label in ("PERSON", "ORG", "FAC", "PRODUCT", "LOC", "GPE", "EVENT", "NORP")
        ) and not (mention.label == "GPE" and label == "FAC"):
            mention.label = label


def _same_as(group: str, key: frozenset[str], name: str, names: list[tuple[str, frozenset[str], str]]) -> int | None:
    for other_id in range(len(names) - 1, -1, -1):
        other, other_key, other_group = names[other_id]
        if other_group != group or not other_key:
            continue
        if key == other_key:
            return other_id
        if group == "PERSON" and (key < other_key or other_key < key):
            return other_id
        if (
            group == "ORG"
            and key < other_key
            and (len(key) >= 2 or other.split()[-1].casefold() == name.split()[-1].casefold() and not name.isupper())
        ):
            return other_id
        if group == "ORG" and other_key < key and len(other_key) >= 2:
            return other_id
        if (
            group == "WORK"
            and len((key & other_key) - {"report", "review", "survey", "index", "study", "assessment"}) >= 1
        ):
            return other_id
    return None


def _add_known(
    text: str,
    found: list[Mention],
    known: list[tuple[str, str, str]],
    excluded: Sequence[tuple[int, int]],
    actors: set[str],
) -> list[Mention]:
    """Add mentions that the model missed of names known in this document, longest name first."""
    labels = {alias: (label, name in actors) for name, alias, label in reversed(known) if len(alias) > 1}
    if not labels:
        return found
    pattern = re.compile(
        r"(?<![\w-])(?:" + "|".join(re.escape(alias) for alias in sorted(labels, key=len, reverse=True)) + r")(?![\w])"
    )
    taken = sorted(found, key=lambda m: m.start)
    added: list[Mention] = []
    for match in pattern.finditer(text):
        start, end = match.span()
        if any(low < end and start < high for low, high in excluded):
            continue
        label, is_actor = labels[match.group()]
        overlapping = [m for m in _near(taken, start, end) if m.start < end and start < m.end]
        if overlapping:
            if is_actor or (
                label == "PERSON" and len(overlapping) == 1 and overlapping[0].end - overlapping[0].start < end - start
            ):
                for mention in overlapping:
                    mention.label = ""
            else:
                for mention in overlapping:
                    if (_trim_article(text, mention.start), mention.end) == (
                        _trim_article(text, start),
                        end,
                    ) and mention.label in (
                        "GPE",
                        "NORP",
                        "PRODUCT",
                        "FAC",
                        "LOC",
                        "PERSON",
                        "ORG",
                    ):
                        mention.label = label
                continue
        if any(m.start < end and start < m.end for m in added[-2:]):
            continue
        added.append(Mention(start, end, label))
    return sorted([m for m in taken if m.label] + added, key=lambda m: m.start)


def _near(mentions: list[Mention], start: int, end: int) -> list[Mention]:
    low, high = 0, len(mentions)
    while low < high:
        middle = (low + high) // 2
        if mentions[middle].end <= start:
            low = middle + 1
        else:
            high = middle
    near = []
    while low < len(mentions) and mentions[low].start < end:
        near.append(mentions[low])
        low += 1
    return near
