"""Who says what: cue, speaker and content, for direct quotes, indirect speech and frames such as "accuses X of".

The component finds cues in one paragraph. ``resolve`` works on the whole document: it joins quotes that run over several
paragraphs, and says which actor "she", "the report" or "the ministry" is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from spacy.language import Language
from spacy.tokens import Doc

from annotate.pipeline.columns import Columns
from annotate.pipeline.reading import Attribution, Entity, Part, Speaker
from annotate.pipeline.wordlists import words_of

# Verbs that open somebody's words, with their forms. "that" verbs take a clause or a quote; "frame" verbs say in the
# reporter's words what somebody did with words; "find" verbs count only with a clause after them.
_THAT = """say says said saying; tell tells told telling; note notes noted noting; state states stated stating; claim claims claimed claiming;
    allege alleges alleged alleging; add adds added adding; assert asserts asserted asserting; argue argues argued arguing; insist insists insisted insisting;
    explain explains explained explaining; stress stresses stressed stressing; emphasise emphasises emphasised emphasising; emphasize emphasizes emphasized emphasizing;
    maintain maintains maintained maintaining; contend contends contended contending; warn warns warned warning; report reports reported reporting;
    write writes wrote writing; tweet tweets tweeted tweeting; post posts posted posting; announce announces announced announcing; reply replies replied replying;
    respond responds responded responding; answer answers answered answering; deny denies denied denying; confirm confirms confirmed confirming;
    acknowledge acknowledges acknowledged acknowledging; admit admits admitted admitting; concede concedes conceded conceding; reveal reveals revealed revealing;
    disclose discloses disclosed disclosing; suggest suggests suggested suggesting; observe observes observed observing; remark remarks remarked remarking;
    comment comments commented commenting; declare declares declared declaring; conclude concludes concluded concluding; recall recalls recalled recalling;
    complain complains complained complaining; testify testifies testified testifying; lament laments lamented lamenting; reiterate reiterates reiterated reiterating;
    repeat repeats repeated repeating; clarify clarifies clarified clarifying; counter counters countered countering; recount recounts recounted recounting;
    point points pointed pointing; continue continues continued continuing; object objects objected objecting; retort retorts retorted retorting; vow vows vowed vowing;
    pledge pledges pledged pledging; promise promises promised promising; caution cautions cautioned cautioning; affirm affirms affirmed affirming; charge charges charged charging;
    protest protests protested protesting; boast boasts boasted boasting; joke jokes joked joking; predict predicts predicted predicting; describe describes described describing; quip quips quipped; read reads; muse mused; fume fumed; tout touts touted"""
_FIND = """find finds found finding; show shows showed showing; indicate indicates indicated indicating; believe believes believed believing; think thinks thought;
    estimate estimates estimated estimating; assess assesses assessed assessing; determine determines determined; calculate calculates calculated; hope hopes hoped; fear fears feared; expect expects expected;
    feel feels felt; agree agrees agreed agreeing; judge judges judged; rule rules ruled; document documents documented documenting; highlight highlights highlighted highlighting; detail details detailed detailing; propose proposes proposed proposing; request requests requested"""
_FRAME = """accuse accuses accused accusing; blame blames blamed blaming; criticise criticises criticised criticising; criticize criticizes criticized criticizing;
    condemn condemns condemned condemning; praise praises praised praising; commend commends commended commending; applaud applauds applauded applauding;
    urge urges urged urging; recommend recommends recommended recommending; deplore deplores deplored deploring; reject rejects rejected rejecting;
    dismiss dismisses dismissed dismissing; rebuff rebuffs rebuffed rebuffing; slam slams slammed slamming; welcome welcomes welcomed welcoming; denounce denounces denounced denouncing;
    dispute disputes disputed disputing; question questions questioned questioning; challenge challenges challenged challenging; fault faults faulted faulting; refute refutes refuted refuting;
    blast blasts blasted blasting; lambast lambasts lambasted lambasting; assail assails assailed assailing; castigate castigates castigated; rebuke rebukes rebuked rebuking;
    express expresses expressed expressing; voice voices voiced voicing; call calls called calling; demand demands demanded demanding; ask asks asked asking; decline declines declined declining; refuse refuses refused refusing; defend defends defended defending;
    downplay downplays downplayed; label labels labelled labeled; brand brands branded; characterise characterises characterised; characterize characterizes characterized;
    portray portrays portrayed; rebut rebuts rebutted rebutting; credit credits credited; hail hails hailed; decry decries decried; raise raises raised; cite cites cited; list lists listed"""


# Frames of several words: what must follow the verb, before what is said
_PHRASAL = {
    "hit out": [["out", "at"], ["back", "at"]],
    "lash out": [["out", "at"]],
    "take issue": [["issue", "with"]],
    "stand by": [["by", "the"], ["by", "its"], ["by", "his"], ["by", "her"], ["by", "their"]],
}


def _forms(table: str, kind: str) -> dict[str, tuple[str, str]]:
    return {form: (words.split()[0], kind) for words in table.split(";") for form in words.split()}


CUES = {"went": ("go on", "that"), "goes": ("go on", "that"), "put": ("put", "frame"), "puts": ("put", "frame")}
CUES |= {
    form: (cue, "frame")
    for cue, forms in (
        ("hit out", "hit hits"), ("lash out", "lashed lashes"), ("take issue", "took takes"), ("stand by", "stood stands"),
    )
    for form in forms.split()
}  # fmt: skip
CUES |= _forms(_FRAME, "frame") | _forms(_FIND, "find") | _forms(_THAT, "that")
# These frames are speech only with a certain word after them: "call for", "question whether"; "cite", "list" and "raise" need
# a work as their subject.
_FEELINGS = (
    "concern",
    "concerns",
    "regret",
    "disappointment",
    "dismay",
    "doubt",
    "doubts",
    "support",
    "hope",
    "outrage",
    "confidence",
    "alarm",
    "satisfaction",
    "deep",
    "grave",
    "serious",
    "strong",
    "its",
    "his",
    "her",
    "their",
)
_FRAME_NEEDS = {
    "express": _FEELINGS,
    "voice": _FEELINGS,
    "call": ("for", "on"),
    "ask": ("for", "that", "to", "the", "why", "whether", "if", "not"),
}
# "describe X as Y": what is said is what follows, and these say nothing without "as" or quoted words
_GOES_ON_TO = frozenset(
    {"quick", "swift", "first", "last", "went", "goes", "continued", "continues", "began", "used", "moved", "took"}
)
_NOBODY_HEADS = frozenset({"nobody", "none", "nothing", "anyone", "anybody", "someone", "somebody"})
_AS_FRAMES = frozenset(
    {"describe", "assess", "rate", "label", "brand", "characterise", "characterize", "portray", "judge"}
)
# "called the report “a collection of rumours”": a name given to a thing, told by the parse or by quotation marks
_NAMING = frozenset({"oprd", "ccomp", "attr"})
_GOING_ON = frozenset(
    {"call", "describe", "accuse", "blame", "urge", "dismiss", "criticise", "criticize", "brand", "label"}
)
_TIME_FIRST = re.compile(
    r"\s*(?:(?:on|late\s+on|early\s+on)\s+(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?:\s+(?:night|morning|evening|afternoon))?|yesterday|today|(?:last|this)\s+(?:week|month|year)|earlier(?:\s+this\s+\w+)?|again|repeatedly|publicly|strongly)\s+(?=\w)"
)
_NOT_SAID = re.compile(r"\s+(?:not\s+)?to\s+(?:be|remain|stay)\s+(?:named|identified|quoted|anonymous)\b")
_ASKED = frozenset({"ask", "demand", "question", "urge"})  # "“How can they?” he asked"
_DIRECT_ONLY = frozenset({"read", "go on", "continue", "post", "repeat", "joke", "comment", "remark", "recount"})
_WORK_ONLY = frozenset({"raise", "cite", "list", "document", "highlight", "detail"})
_WORK_NOUNS = words_of(
    "report study survey review paper document statement assessment index audit investigation letter analysis findings complaint lawsuit indictment article book memo brief evaluation dossier filing communique resolution"
)
_BODY_NOUNS = words_of(
    "ministry department committee commission government agency council company group organisation organization court police authority authorities bureau office party union university association institute board administration bank team panel force army military embassy ngo watchdog regulator firm retailer supplier manufacturer newspaper charity alliance coalition network operator airline inspectorate observatory mission federation trust foundation parliament senate hospital agency junta"
)
_ANY_BODY = words_of(
    "group organisation organization company agency watchdog body firm union charity network campaign institute"
)
_ROLE_NOUNS = words_of(
    "spokesman spokeswoman spokesperson minister premier secretary ambassador envoy official officials officer director president chairman chairwoman chair commissioner governor mayor chief head senator prosecutor judge lawyer attorney general inspector professor analyst researcher economist author ceo deputy representative rapporteur coordinator manager activist founder leader lawmaker adviser vice-chair vice-president critics man woman"
)
_FINDERS = _WORK_NOUNS | words_of(
    "inspectors investigators auditors observers researchers experts commission committee inquiry inspection tribunal court"
)
_HE = frozenset({"he", "she", "him", "her"})
_PRONOUNS = frozenset({"he", "she", "it", "they", "we", "i", "who", "which", "this", "that", "you", "there", "one"})
_QUOTE_OPEN = "“«„"
_QUOTE_PAIRS = re.compile(
    r"[“„](?P<a>[^“”„]*)(?:[”“]|$)|«(?P<b>[^«»]*)(?:»|$)|(?<!\w)\"(?P<c>[^\"]*)(?:\"|$)|(?<![\w’])‘(?P<d>[^‘\n]{12,}?)’(?=[\s,.;:!?)]|$)"
)


@dataclass(slots=True)
class Quote:
    """Quoted words without their marks; ``is_open`` when no mark closed them by the end of the paragraph."""

    start: int
    end: int
    is_open: bool = False
    is_taken: bool = False


@dataclass(slots=True)
class Cued:
    """A cue with its content and the words that point at the speaker; offsets of the paragraph, later the document.

    ``antecedents`` are (start, end, head) of the noun phrases of the paragraph that a pronoun could mean, likeliest first.
    """

    cue: str
    kind: str
    cue_start: int
    cue_end: int
    start: int
    end: int
    speech: str
    speaker: tuple[int, int] | None
    speaker_head: str = ""
    aside: str = ""
    recipient: tuple[int, int] | None = None
    stretches: list[tuple[int, int]] = field(default_factory=list)
    first_sentence: int = 0
    antecedents: list[tuple[int, int, str]] = field(default_factory=list)

    def shift(self, by: int) -> None:
        self.cue_start, self.cue_end, self.start, self.end = (
            self.cue_start + by,
            self.cue_end + by,
            self.start + by,
            self.end + by,
        )
        self.first_sentence += by
        self.speaker = (self.speaker[0] + by, self.speaker[1] + by) if self.speaker else None
        self.recipient = (self.recipient[0] + by, self.recipient[1] + by) if self.recipient else None
        self.stretches = [(a + by, b + by) for a, b in self.stretches]
        self.antecedents = [(a + by, b + by, head) for a, b, head in self.antecedents]


@Language.factory("attribution", assigns=["doc.spans"])
def make_attribution_finder(nlp: Language, name: str) -> AttributionFinder:
    return AttributionFinder()


class AttributionFinder:
    """Writes the contents to ``doc.spans["attribution"]`` and (cues, quotes) to ``doc.user_data["attribution"]``."""

    def __call__(self, doc: Doc) -> Doc:
        quotes = quoted(doc.text)
        cued = self.find(doc, quotes)
        spans = (doc.char_span(item.start, item.end, label=item.speech, alignment_mode="expand") for item in cued)
        doc.spans["attribution"] = [span for span in spans if span is not None]
        doc.user_data["attribution"] = (cued, quotes)
        return doc

    def find(self, doc: Doc, quotes: list[Quote]) -> list[Cued]:
        lowered = doc.text.lower()
        if not quotes and not _ANY_CUE.search(lowered):
            return []
        columns = Columns.of(doc)
        return _by_arcs(columns, quotes) if columns.is_parsed else _by_words(doc.text, quotes)


_ANY_CUE = re.compile(r"\b(?:" + "|".join(sorted(CUES, key=len, reverse=True)) + r"|according\s+to)\b")


def quoted(text: str) -> list[Quote]:
    """Return the quotations of one paragraph, three words at least; shorter ones are names and scare quotes."""
    found = []
    for match in _QUOTE_PAIRS.finditer(text):
        group = match.lastgroup
        if group is None:
            continue
        start, end = match.span(group)
        is_open = match.end() == end
        while start < end and text[start].isspace():
            start += 1
        while end > start and (text[end - 1].isspace() or text[end - 1] == ","):
            end -= 1
        if len(text[start:end].split()) >= 3:
            found.append(Quote(start, end, is_open))
    return found


def _inside(quotes: list[Quote], offset: int) -> bool:
    return any(quote.start <= offset < quote.end for quote in quotes)


def _by_arcs(columns: Columns, quotes: list[Quote]) -> list[Cued]:
    found: list[Cued] = []
    cues: list[tuple[int, str, str]] = []
    for index, word in enumerate(columns.lowers):
        known = CUES.get(word)
        if known is None:
            if word == "according" and columns.lowers[index + 1 : index + 2] == ["to"]:
                cues.append((index, "according to", "according"))
            continue
        if (
            not columns.tags[index].startswith("VB")
            and not _ends_sentence(columns, index)
            and not (
                columns.tags[index] in ("NNS", "NN", "JJ")
                and columns.deps[index] in ("ROOT", "ccomp", "parataxis", "conj")
            )
        ):
            continue
        if _inside(quotes, columns.starts[index]):
            continue
        if known[0] == "go on" and columns.lowers[index + 1 : index + 2] != ["on"]:
            continue
        if known[0] in _PHRASAL and columns.lowers[index + 1 : index + 3] not in _PHRASAL[known[0]]:
            continue
        if known[0] == "put" and not _puts_at(columns, index):
            continue
        cues.append((index, *known))
    kept: list[_Clause] = []
    for cue in cues:
        clause = None
        here = [earlier for earlier in kept if earlier.sentence == columns.sentence_of(cue[0])]
        if here:
            main = [earlier for earlier in here if columns.deps[earlier.index] == "ROOT"]
            clause = _goes_on(columns, *cue, main[-1] if main else here[-1])
        clause = clause or _clause(columns, *cue, quotes)
        if clause is not None:
            kept.append(clause)
    for position, clause in enumerate(kept):
        later = [other for other in kept[position + 1 :] if other.sentence == clause.sentence]
        item = _content(columns, clause, later, quotes)
        if item is None:
            continue
        if any(
            other.speech == "indirect"
            and any(a <= item.cue_start < b for a, b in other.stretches)
            and item.end <= other.end + 1
            for other in found
        ):
            continue  # what is said within reported words stays with the outer speaker
        found.append(item)
    return found


def _ends_sentence(columns: Columns, index: int) -> bool:
    """Return whether a cue closes its sentence after a comma and a plain subject: "…, official data show."."""
    if columns.words[index + 1 : index + 2] not in ([], ["."]) or columns.tags[index - 1] not in ("NNS", "NNP", "NN"):
        return False
    ahead = columns.words[max(0, index - 5) : index]
    return "," in ahead and all(
        columns.tags[at] in ("DT", "JJ", "NN", "NNS", "NNP")
        for at in range(max(0, index - 5) + len(ahead) - ahead[::-1].index(","), index)
    )


def _puts_at(columns: Columns, index: int) -> bool:
    """Return whether "put" gives a figure: "put the death toll at 87"."""
    ahead = columns.lowers[index + 1 : index + 12]
    if "at" not in ahead:
        return False
    at = index + 1 + ahead.index("at")
    return "CD" in columns.tags[at + 1 : at + 5]


@dataclass(slots=True)
class _Clause:
    index: int
    cue: str
    kind: str
    subject: tuple[int, int] | None
    head: int
    sentence: int
    first: int  # first token of subject or cue
    last: int  # end token of subject or cue, recipient left out
    goes_on: bool = False  # "…, saying that …": the speaker is the one before


def _subject_of(columns: Columns, index: int, quotes: list[Quote]) -> int | None:
    """Return the subject token of a verb; a verb without one borrows that of the verb it hangs on."""
    for _ in range(4):
        subjects = [
            child
            for child in columns.children[index]
            if columns.deps[child] == "nsubj" and not _inside(quotes, columns.starts[child])
        ]
        if subjects:  # the one next to the verb: a dateline is often read as another
            return max([child for child in subjects if child < index], default=subjects[0])
        if columns.deps[index] == "acl" and columns.tags[index] == "VBD":
            return int(columns.heads[index])  # "Its president, Jana Oleksa, called …", read as "president called"
        if columns.deps[index] in ("conj", "advcl", "xcomp", "acomp", "dep") and columns.heads[index] != index:
            index = columns.heads[columns.heads[index]] if _is_outer_verb(columns, index) else columns.heads[index]
            continue
        return None
    return None


def _is_outer_verb(columns: Columns, index: int) -> bool:
    """Return whether a verb joined to a clause's "be placed" or "should go" by "and" is the speaker's own.

    In "recommended that it be closed and called on ministers to act", and in "found that it had fallen but described
    progress as fragile", nobody but the speaker called and described.
    """
    head = columns.heads[index]
    return (
        columns.deps[index] == "conj"
        and columns.deps[head] == "ccomp"
        and columns.tags[index] in ("VBD", "VBZ", "VBP")
        and columns.tags[columns.heads[head]] == columns.tags[index]
        and not any(columns.deps[child] in ("nsubj", "nsubjpass") for child in columns.children[index])
        and (
            (columns.tags[index] == "VBD" and columns.tags[head] in ("VBZ", "VBP"))
            or any(
                columns.deps[child] in ("aux", "auxpass")
                and (columns.tags[child] in ("VB", "MD") or columns.tags[head] == "VBN")
                for child in columns.children[head]
            )
        )
    )


def _noun_phrase(columns: Columns, head: int) -> tuple[int, int]:
    """Return (first, end) tokens of the phrase round a noun, clauses and appositions behind it left out."""
    first, end = head, head + 1
    for child in columns.children[head]:
        dep = columns.deps[child]
        low, high = columns.subtree(child)
        if child < head and dep not in ("relcl", "punct", "cc", "preconj"):
            first = min(first, low)
        elif child > head and columns.words[low - 1] == ",":
            continue  # "The study, by researchers at Oxford University, …"
        elif child > head and dep in ("prep", "flat", "compound", "poss", "case", "nummod") and high - low < 14:
            prep_end = high
            for at in range(low, high):
                if (
                    columns.words[at] == ","
                    or columns.tags[at] in ("WDT", "WP")
                    or (columns.deps[at] in ("relcl", "acl", "advcl"))
                ):
                    prep_end = at
                    break
            end = max(end, prep_end)
    while first < head and columns.tags[first] in ("RB", "CC", "IN") or columns.words[first] in (",", "“", '"'):
        first += 1
        if first >= head:
            break
    return min(first, head), max(end, head + 1)


def _run_after(columns: Columns, index: int, high: int) -> int | None:
    """Return the last noun of the phrase right after an inverted cue: "wrote chief inspector Maren Holt"."""
    head = None
    for at in range(index + 1, min(high, index + 14)):
        if columns.tags[at] in ("NN", "NNS", "NNP", "NNPS", "PRP"):
            head = at
        elif columns.tags[at] not in ("DT", "JJ", "POS", "PRP$", "HYPH", "CC", "VBN", "VBG") and columns.lowers[
            at
        ] not in ("of", "to", "for"):
            break
    if head is not None and columns.tags[head] == "NNP":
        return head
    return next(
        (
            at
            for at in range(index + 1, (head or index) + 1)
            if columns.tags[at] in ("NN", "NNS", "NNP", "PRP")
            and columns.tags[at + 1 : at + 2] not in (["NN"], ["NNS"], ["NNP"], ["POS"])
        ),
        None,
    )


def _quoted_as(columns: Columns, index: int) -> int | None:
    """Return the subject of "was quoted by state television as saying"."""
    preposition = columns.heads[index]
    verb = columns.heads[preposition]
    if columns.lowers[preposition] != "as" or columns.lowers[verb] not in ("quoted", "cited"):
        return None
    return next((child for child in columns.children[verb] if columns.deps[child] in ("nsubjpass", "dobj")), None)


def _has_subject(columns: Columns, index: int) -> bool:
    return _after_with(columns, index) is not None or any(
        columns.deps[child] == "nsubj" for child in columns.children[index]
    )


def _after_with(columns: Columns, index: int) -> int | None:
    """Return who speaks in "with its spokesman, Jon Aldane, saying that …"."""
    if columns.tags[index] != "VBG":
        return None
    for at in range(index - 1, max(-1, index - 12), -1):
        if columns.tags[at].startswith("VB") or columns.words[at] in (".", ";", ":", "”", '"'):
            return None
        if columns.lowers[at] == "with":
            return next(
                (
                    noun
                    for noun in range(at + 1, index)
                    if columns.tags[noun] in ("NN", "NNS", "NNP")
                    and columns.tags[noun + 1] not in ("NN", "NNS", "NNP", "HYPH", "POS")
                ),
                None,
            )
    return None


def _has_aux(columns: Columns, index: int) -> bool:
    return any(columns.deps[child] == "aux" for child in columns.children[index])


def _clause(columns: Columns, index: int, cue: str, kind: str, quotes: list[Quote]) -> _Clause | None:
    sentence = columns.sentence_of(index)
    low, high = columns.sentences[sentence]
    if kind == "according":
        pobj = next((at for at in range(index + 2, min(high, index + 12)) if columns.deps[at] == "pobj"), None)
        if pobj is None:
            return None
        subject = _noun_phrase(columns, pobj)
        subject = (max(subject[0], index + 2), subject[1])
        return _Clause(index, cue, kind, subject, pobj, sentence, index, subject[1])
    tag = columns.tags[index]
    before = columns.lowers[index - 1] if index else ""
    if before == "to" and (kind != "frame" or columns.lowers[columns.heads[index]] not in _GOES_ON_TO):
        return None  # "urged parliament to reject it": nobody has rejected anything
    if cue in (
        "know",
        "report",
        "state",
        "find",
        "show",
        "document",
        "claim",
        "announce",
        "disclose",
        "reveal",
    ) and any(columns.deps[child] == "neg" for child in columns.children[index]):
        return None  # "did not report any updates": nothing is said
    quoted_as = _after_with(columns, index)
    if quoted_as is None and tag == "VBG":
        quoted_as = _quoted_as(columns, index)
    if (
        tag == "VBG"
        and quoted_as is None
        and not _has_subject(columns, index)
        and columns.deps[index] in ("pcomp", "conj", "amod", "compound", "pobj", "nsubj", "dobj")
        and not any(columns.deps[child] == "aux" for child in columns.children[index])
    ):
        return None
    head: int | None = quoted_as
    if tag == "VBN" and any(columns.deps[child] in ("auxpass", "nsubjpass") for child in columns.children[index]):
        agent = next((child for child in columns.children[index] if columns.deps[child] == "agent"), None)
        pobj = (
            next((child for child in columns.children[agent] if columns.deps[child] == "pobj"), None)
            if agent is not None
            else None
        )
        if pobj is None:
            return None
        head = pobj
    inverted: int | None = None
    follows_quote = any(0 <= columns.starts[index] - quote.end <= 4 for quote in quotes)
    if head is None and follows_quote and kind == "that" and columns.tags[index + 1 : index + 2] not in ([","], []):
        head = inverted = _run_after(columns, index, high)
    if head is None:
        if tag == "VBN" and columns.deps[index] in ("acl", "amod", "advcl") and not _has_aux(columns, index):
            return None  # "Asked whether he would resign, …"
        head = _subject_of(columns, index, quotes)
    if (
        head is None
        and kind == "that"
        and index + 1 < high
        and columns.tags[index] in ("VBD", "VBZ", "VBN", "NNS", "NN")
    ):
        # "tweeted US ambassador …": an inverted cue whose subject the parse took for an object
        near_quote = any(0 <= columns.starts[index] - quote.end <= 4 for quote in quotes)
        obj = next(
            (
                child
                for child in columns.children[index]
                if columns.deps[child] in ("dobj", "attr", "oprd", "npadvmod", "dep") and child > index
            ),
            None,
        )
        if near_quote and obj is not None:
            head = obj
    if head is None and index > low and columns.tags[index - 1] in ("NN", "NNS", "NNP", "PRP"):
        head = index - 1
    if head is not None and columns.lowers[head] in _NOBODY_HEADS:
        return None
    if head is None or (columns.lowers[head] in ("there", "who", "which", "that", "what", "you")):
        if head is not None and columns.lowers[head] in ("who", "which") and columns.deps[index] == "relcl":
            head = columns.heads[index]
        else:
            return None
    if (
        cue in _WORK_ONLY
        and kind != "that"
        and columns.lowers[head] not in _WORK_NOUNS
        and columns.words[head].lower() != "it"
    ):
        return None
    if (
        cue
        in (
            "question",
            "list",
            "document",
            "report",
            "claim",
            "state",
            "comment",
            "note",
            "post",
            "point",
            "charge",
            "counter",
            "cite",
        )
        and columns.tags[index] in ("NN", "NNS")
        and columns.deps[index] != "ROOT"
    ):
        return None
    subject = _noun_phrase(columns, head) if inverted is None else (index + 1, inverted + 1)
    first = min(subject[0], index) if abs(subject[0] - index) < 40 else index
    last = max(subject[1], index + 1) if subject[0] > index else index + 1
    if subject[0] < low or subject[0] >= high:
        first = index
    return _Clause(index, cue, kind, subject, head, sentence, first, last)


def _goes_on(columns: Columns, index: int, cue: str, kind: str, earlier: _Clause) -> _Clause | None:
    """Return the clause of "…, adding that most would be released", whose speaker is that of the cue before it."""
    if (
        columns.lowers[index - 1] in ("and", "but")
        and columns.lowers[index + 1 : index + 2] == ["that"]
        and columns.lowers[earlier.index + 1 : earlier.index + 2] == ["that"]
        and columns.tags[index] in ("VBD", "VBN", "VBZ")
        and columns.sentence_of(index) == earlier.sentence
        and earlier.subject is not None
    ):
        # "found that many had waited, and recommended that …"
        return _Clause(index, cue, kind, earlier.subject, earlier.head, earlier.sentence, index, index + 1, True)
    if _has_subject(columns, index) and columns.tags[index] == "VBG":
        return None  # "with its spokesman, Jon Aldane, saying that …"
    if (
        cue in _GOING_ON
        and columns.tags[index] == "VBG"
        and columns.words[index - 1] == ","
        and columns.sentence_of(index) == earlier.sentence
        and earlier.subject is not None
    ):
        return _Clause(index, cue, kind, earlier.subject, earlier.head, earlier.sentence, index, index + 1, True)
    if (
        kind != "that"
        or columns.tags[index] != "VBG"
        or columns.lowers[index - 1] not in (",", "and", "but")
        or not (
            columns.lowers[index + 1 : index + 2] == ["that"]
            or any(columns.deps[child] == "ccomp" and child > index for child in columns.children[index])
        )
        or columns.sentence_of(index) != earlier.sentence
        or earlier.subject is None
    ):
        return None
    return _Clause(index, cue, kind, earlier.subject, earlier.head, earlier.sentence, index, index + 1, True)


def _trim_content(text: str, start: int, end: int) -> tuple[int, int]:
    if opener := re.match(r"\s*that\s+(?=[“\"‘\w])(?!as\b|is\b|was\b)", text[start:end]):
        start += opener.end()
    while start < end and (text[start].isspace() or text[start] in ',;:“”"—–'):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in ',;:—–“”".'):
        end -= 1
    return start, end


_TAIL = re.compile(
    r",?\s+(?:according\s+to|referring\s+to|citing|in\s+(?:response|reply|reference)\s+to|adding\s+that|after\s+which)\b[^“”]*$"
)


def _antecedents(columns: Columns, clause: _Clause, quotes: list[Quote]) -> list[tuple[int, int, str]]:
    """Return the noun phrases a pronoun could mean: before it in its sentence, then the subjects of the sentences before."""
    found: list[int] = []
    assert clause.subject is not None
    pronoun = clause.subject[0]
    low, _ = columns.sentences[clause.sentence]
    outside = [at for at in range(low, pronoun) if not _inside(quotes, columns.starts[at])]
    if columns.lowers[pronoun] in ("they", "their"):
        found += [
            at
            for at in reversed(outside)
            if columns.tags[at] in ("NNS", "NNPS") and columns.deps[at] in ("dobj", "nsubj")
        ]
    found += [at for at in outside if columns.deps[at] in ("nsubj", "nsubjpass")]
    if columns.deps[clause.index] == "parataxis" or any(
        columns.deps[child] == "ccomp" and child < clause.index for child in columns.children[clause.index]
    ):
        found = []  # "The owners, it noted, …": the owners are what is spoken of
    for sentence in range(clause.sentence - 1, max(-1, clause.sentence - 4), -1):
        first, end = columns.sentences[sentence]
        if _inside(quotes, columns.starts[first]) and _inside(quotes, columns.starts[end - 1]):
            continue
        subjects = [
            at
            for at in range(first, end)
            if columns.deps[at] in ("nsubj", "nsubjpass")
            and not _inside(quotes, columns.starts[at])
            and columns.deps[columns.heads[at]] in ("ROOT", "conj", "parataxis")
        ]
        found += subjects[:1]
    places = []
    for at in found[:5]:
        if columns.lowers[pronoun] in ("it", "its") and columns.tags[at] in ("NNS", "NNPS"):
            continue
        if columns.tags[at] not in ("PRP", "WP", "WDT", "DT", "EX"):
            first, end = _noun_phrase(columns, at)
            places.append((columns.starts[first], columns.ends[end - 1], columns.lowers[at]))
    return places


def _quotes_in(quotes: list[Quote], start: int, end: int) -> bool:
    return any(start < quote.start < end for quote in quotes)


def _is_as_frame(columns: Columns, clause: _Clause, quotes: list[Quote], end: int) -> bool:
    """Return whether the cue says what something is "as": "assessed the process as bad"."""
    if clause.cue not in _AS_FRAMES:
        return False
    if any(columns.deps[child] == "ccomp" and child > clause.index for child in columns.children[clause.index]):
        return False
    ahead = columns.lowers[clause.index + 1 : clause.index + 16]
    return "as" in ahead or (clause.cue != "assess" and _quotes_in(quotes, columns.ends[clause.index], end))


def _is_named(columns: Columns, clause: _Clause, quotes: list[Quote], end: int) -> bool:
    children = [child for child in columns.children[clause.index] if child > clause.index]
    return clause.cue == "call" and (
        any(columns.deps[child] in _NAMING for child in children)
        or bool(children)
        and "“" in columns.text[columns.ends[clause.index] : end]
    )


def _frame_end(columns: Columns, clause: _Clause, end: int) -> int:
    """Return where the words after a frame verb stop being what is said: at its next verb, or at "after …"."""
    finite = columns.tags[clause.index]
    children = list(columns.children[clause.index])
    if clause.cue in ("decline", "refuse"):
        children += [at for child in children if columns.deps[child] == "xcomp" for at in columns.children[child]]
    for child in children:
        if child <= clause.index or columns.starts[child] >= end:
            continue
        low, _ = columns.subtree(child)
        if columns.deps[child] == "conj" and columns.tags[child] == finite and finite in ("VBD", "VBZ", "VBP"):
            cut = child
            while cut - 1 > clause.index and columns.tags[cut - 1] in ("CC", "RB", ",", "MD"):
                cut -= 1
            return int(columns.starts[cut])
        if columns.deps[child] == "advcl" and columns.tags[child] == "VBG" and columns.words[low - 1] == ",":
            return int(columns.starts[low - 1])  # "declined to comment, referring questions to …"
        if columns.deps[child] == "advcl" and columns.lowers[low] == "after" and low > clause.index + 1:
            return int(columns.starts[low])
    return end


def _opener(columns: Columns, clause: _Clause, complement: int | None, high: int, end: int) -> int | None:
    """Return the token that opens the reported clause: "that", or "whether" and its like right after the cue."""
    parenthetical = complement is not None and complement < clause.index
    for at in range(clause.index + 1, min(high, clause.index + 24)):
        if columns.starts[at] >= end:
            return None
        if at == clause.index + 1 and columns.lowers[at] in _OPENS_CLAUSE:
            return at
        if columns.lowers[at] == "that" and columns.tags[at] == "IN" and columns.deps[at] == "mark":
            if parenthetical:
                return None  # "…, inspectors have warned, in a report that …"
            if complement is not None and columns.subtree(complement)[0] < at - 1 and complement < at:
                return None  # "said a draft was sent and that nobody replied"
            return at
    return None


_OPENS_CLAUSE = frozenset({"that", "whether", "if", "how", "why", "what", "when", "where", "who"})


def _content(columns: Columns, clause: _Clause, later: list[_Clause], quotes: list[Quote]) -> Cued | None:
    text = columns.text
    low, high = columns.sentences[clause.sentence]
    sentence_start, sentence_end = columns.starts[low], columns.ends[high - 1]
    clause_start, clause_end = columns.starts[clause.first], columns.ends[clause.last - 1]
    subject = None
    aside = ""
    if clause.subject:
        subject = (columns.starts[clause.subject[0]], columns.ends[clause.subject[1] - 1])
        aside = (
            text[subject[1] : min(len(text), subject[1] + 160)]
            if clause.subject[1] <= clause.index or clause.subject[0] > clause.index
            else ""
        )
        if subject[1] <= columns.starts[clause.index]:
            aside = text[subject[1] : columns.starts[clause.index]]
    made = Cued(
        clause.cue, clause.kind, columns.starts[clause.index], columns.ends[clause.index], 0, 0, "indirect", subject,
        speaker_head=columns.lowers[clause.head], aside=aside, first_sentence=sentence_start,
    )  # fmt: skip
    if clause.subject and (
        columns.lowers[clause.head] in ("he", "she", "it", "they")
        or columns.tags[clause.subject[0]] == "PRP$"
        or columns.lowers[clause.head].endswith("old")
    ):
        made.antecedents = _antecedents(columns, clause, quotes)
    if clause.kind == "according":
        made.cue_end = columns.ends[clause.index + 1]
    recipient = next(
        (
            child
            for child in columns.children[clause.index]
            if columns.deps[child] in ("dobj", "dative")
            and clause.cue == "tell"
            and columns.tags[child].startswith("NN")
        ),
        None,
    )
    if recipient is not None:
        phrase = _noun_phrase(columns, recipient)
        made.recipient = (columns.starts[phrase[0]], columns.ends[phrase[1] - 1])
    # Direct speech: a quotation that touches the cue and its subject
    if clause.kind in ("that", "frame", "find", "according"):
        touching = [
            quote
            for quote in quotes
            if _closes_before(text, quote, clause_start, text[clause_end:sentence_end])
            or (
                0 <= quote.start - clause_end <= (6 if clause.kind != "that" else 160)
                and _leads_to(text[clause_end : quote.start], text[quote.start], clause.kind)
            )
        ]
        if touching and (
            clause.kind in ("that", "according") or clause.cue in _ASKED and touching[0].end <= clause_start
        ):
            for quote in touching:
                quote.is_taken = True
            made.speech = "direct"
            made.stretches = [(quote.start, quote.end) for quote in touching]
            made.start, made.end = touching[0].start, touching[-1].end
            return made
    if clause.cue in _DIRECT_ONLY:
        return None
    end = sentence_end
    for other in later:
        if (
            columns.tags[other.index] == "VBG"
            and columns.lowers[other.first - 1] == "with"
            and other.first > clause.index
        ):
            end = min(end, columns.starts[other.first - 1])
            break
        if other.goes_on:
            cut = other.index - 1
            while columns.words[cut - 1] == "," and cut - 1 > clause.index:
                cut -= 1
            end = min(end, columns.starts[cut])
            break
        if _is_beside(columns, clause, other):
            cut = other.first if other.subject and other.subject[0] > clause.index else other.index
            while cut > clause.index and columns.lowers[cut - 1] in (
                "but",
                "and",
                ",",
                "while",
                "also",
                "then",
                "although",
                "though",
            ):
                cut -= 1
            end = min(end, columns.starts[cut])
            break
        if columns.deps[other.index] == "relcl" and columns.lowers[other.head] in _PRONOUNS and other.first > low:
            cut = other.first - 1  # "…, which she said had …": words of their own
            while cut - 1 > clause.index and columns.lowers[cut - 1] in (",", "which", "who", "that"):
                cut -= 1
            if cut > clause.last and columns.lowers[other.first - 1] in ("which", "who", "that"):
                end = min(end, columns.starts[cut])
                break
        semicolon = text.rfind(";", clause_end, columns.starts[other.index])
        if semicolon > 0 and not _inside(quotes, semicolon):
            end = min(end, semicolon)  # "wrote that it was hopeless; two years later he described …"
            break
    complements = [
        child
        for child in columns.children[clause.index]
        if columns.deps[child] in ("ccomp", "xcomp", "parataxis") and columns.starts[child] < end
    ]
    complement = next((child for child in complements if child > clause.index), complements[0] if complements else None)
    start: int | None = None
    before_only = False
    passive: tuple[int, int] | None = None
    if clause.kind == "according":
        if clause.index == low or all(columns.tags[at] in ("CC", "RB", ",") for at in range(low, clause.index)):
            start = columns.ends[clause.subject[1] - 1] if clause.subject else columns.ends[clause.index + 1]
            comma = text.find(",", start, sentence_end)
            start = comma + 1 if 0 <= comma - start < 120 else start
        else:
            start, end, before_only = sentence_start, columns.starts[clause.index], True
            rest = columns.ends[clause.subject[1] - 1] if clause.subject else end
            goes_elsewhere = re.match(r",\s+(?:but|while|although|and|though)\b", text[rest : rest + 12])
            if not goes_elsewhere and sentence_end - rest > 40 and text[rest : rest + 1] == ",":
                end, before_only = sentence_end, True
    elif clause.kind == "frame" or _is_as_frame(columns, clause, quotes, end):
        if (
            columns.lowers[clause.index + 1 : clause.index + 2]
            and clause.cue in _FRAME_NEEDS
            and columns.lowers[clause.index + 1] not in _FRAME_NEEDS[clause.cue]
            and not _is_named(columns, clause, quotes, end)
        ):
            return None
        if clause.cue in ("label", "brand", "characterise", "characterize", "portray") and not _is_as_frame(
            columns, clause, quotes, end
        ):
            return None
        if _NOT_SAID.match(text, columns.ends[clause.index]):
            return None
        made.kind = "frame"
        following = columns.lowers[clause.index + 1 : clause.index + 2]
        is_passive = following == ["by"] and clause.subject is not None and clause.subject[0] > clause.index
        if (
            not following
            or following[0] in (".", ",", "by", "from", "in", "as")
            and clause.cue not in ("call", "recommend")
            and clause.cue not in _AS_FRAMES
            and not (
                following[0] == "as" and clause.cue in ("dismiss", "reject", "denounce", "condemn", "decry", "hail")
            )
            and not is_passive
        ):
            return None
        start = columns.ends[clause.index + 2 if clause.cue in _PHRASAL else clause.index]
        if following[0] == "that" and not _is_as_frame(columns, clause, quotes, end):
            start = columns.ends[clause.index + 1]
        if lead := _TIME_FIRST.match(text, start):
            start = lead.end()
        end = min(end, _frame_end(columns, clause, end))
        if is_passive and clause.subject is not None:
            # "The government was accused by the union of …": whom, and of what
            start = min(columns.ends[clause.subject[1] - 1], end)
            whom = next((c for c in columns.children[clause.index] if columns.deps[c] == "nsubjpass"), None)
            if whom is not None:
                first, last = _noun_phrase(columns, whom)
                passive = (columns.starts[first], min(columns.ends[last - 1], columns.starts[clause.index]))
    else:
        opener = _opener(columns, clause, complement, high, end)
        if opener is not None:
            start = columns.ends[opener] if columns.lowers[opener] == "that" else columns.starts[opener]
        elif complement is not None and complement > clause.index and columns.deps[complement] == "ccomp":
            left, _ = columns.subtree(complement)
            left = max(left, clause.index + 1)
            start = columns.starts[left]
        elif (
            complement is not None and complement < clause.index and columns.deps[complement] in ("ccomp", "parataxis")
        ):
            start, before_only = sentence_start, True
            if clause.first - 1 >= low and columns.words[clause.first - 1] in (",", "”", '"', "—"):
                end = (
                    min(end, columns.starts[clause.first])
                    if columns.ends[clause.last - 1] >= sentence_end - 60 or clause.last >= high - 2
                    else end
                )
            rest = text[clause_end:sentence_end]
            if re.match(r"\s*[.!]?\s*$", rest) or re.match(
                r"\s*,?\s*(?:on|in|at|to|during|after|adding|referring|citing|who|while)\b", rest
            ):
                end = min(end, clause_start)
        elif _ends_sentence(columns, clause.index):
            comma = max(at for at in range(clause.index) if columns.words[at] == ",")
            start, end, before_only = sentence_start, columns.starts[comma], True
        elif columns.deps[clause.index] in ("parataxis", "ccomp", "dep") or (
            clause.first - 1 >= low
            and columns.words[clause.first - 1] == ","
            and columns.words[clause.last : clause.last + 1] == [","]
        ):
            # "The owners, it alleged, were not held to account": the whole sentence is the content
            if clause.first > low and columns.words[clause.first - 1] == ",":
                start, before_only = sentence_start, True
                if clause.last >= high - 2:
                    end = clause_start
        elif clause.kind == "that" and clause.cue in (
            "deny",
            "reveal",
            "disclose",
            "describe",
            "explain",
            "acknowledge",
            "admit",
            "concede",
            "announce",
            "confirm",
            "promise",
            "pledge",
            "vow",
            "stress",
            "emphasise",
            "emphasize",
            "highlight",
            "report",
            "claim",
            "allege",
            "note",
            "point",
            "suggest",
        ):
            objects = [
                child
                for child in columns.children[clause.index]
                if child > clause.index and columns.deps[child] in ("dobj", "xcomp", "prep")
            ]
            if objects:
                start = columns.ends[clause.index]
    if (
        start is None
        and clause.cue == "find"
        and columns.lowers[clause.head] in _FINDERS
        and any(child > clause.index and columns.deps[child] == "dobj" for child in columns.children[clause.index])
    ):
        start = columns.ends[clause.index]  # "The audit found no evidence of fraud"
        end = min(end, _frame_end(columns, clause, end))
    if start is None and clause.kind == "that":
        # "said in a statement it takes the claims seriously": the clause hangs on the statement
        subject_at = next(
            (
                at
                for at in range(max(clause.last, clause.index + 1), high)
                if columns.deps[at] in ("nsubj", "nsubjpass", "expl") and columns.starts[at] < end
            ),
            None,
        )
        if subject_at is not None and columns.starts[subject_at] - columns.ends[clause.index] < 60:
            start = columns.starts[_noun_phrase(columns, subject_at)[0]]
    if start is None or start >= end:
        return None
    if not before_only and start <= columns.starts[clause.index] and clause.kind not in ("according",):
        return None
    if (tail := _TAIL.search(text, start, end)) and tail.start() - start > 20 and clause.kind != "according":
        end = tail.start()
    start, end = _trim_content(text, start, end)
    if passive is not None and passive[0] < passive[1]:
        made.stretches = [passive, (start, end)] if start < end else [passive]
        made.start, made.end = passive[0], max(passive[1], end)
        return made
    if end - start < 8:
        return None
    made.start, made.end = start, end
    made.stretches = [(start, end)]
    if before_only and start < clause_start < end and clause_end < end:
        made.stretches = [_trim_content(text, start, clause_start), _trim_content(text, clause_end, end)]
        made.stretches = [(a, b) for a, b in made.stretches if b > a]
    return made


_NO_MORE = re.compile(
    r"\s*(?:[.,;:—–]|$|(?:in|on|at|during|after|by|from|as|when|while|via|through|before|yesterday|today|to|of|with|last|this|earlier|late|[A-Z][a-z]+day)\b|(?:the\s+|a\s+)?[\w’'-]+(?:\s+[\w’'-]+){0,3}(?:[.,]|$|\s+(?:in|on|at|by|after|during)\b))"
)


def _closes_before(text: str, quote: Quote, clause_start: int, rest: str) -> bool:
    """Return whether a quotation ends right before a cue, in the same sentence: "…,” she said" and not "…”. She said"."""
    between = text[quote.end : clause_start]
    if quote.end > clause_start or len(between) > 6 or re.search(r"[\w.]", between):
        return False
    if text[quote.end - 1 : quote.end] not in (".", "!", "?", "…"):
        return True
    # "… a fault.” Brandt said the rest was paint": a new sentence with words of its own
    return not text[clause_start : clause_start + 1].isupper() or bool(_NO_MORE.match(rest))


def _leads_to(between: str, first: str, kind: str) -> bool:
    """Return whether the words between a cue and a quotation let the one open the other.

    A quotation that begins small after other words ("said the river was “like soup”") is part of a reported clause.
    """
    if not re.search(r"\w", between):
        return not re.search(r"[.!?]", between)
    if first.islower() or re.search(r"[.!?]\s*$", between) and kind != "that":
        return False
    return bool(re.fullmatch(r"[^.!?“”\"]{0,150}?[:,]\s*[“\"«‘„]?\s*", between))


def _is_beside(columns: Columns, clause: _Clause, other: _Clause) -> bool:
    """Return whether a later cue stands beside this one ("noted X, but said Y") rather than within what it says."""
    at = other.index
    for _ in range(8):
        if at == clause.index:
            return True
        if columns.deps[at] == "conj" or (
            columns.deps[at] in ("advcl",) and at == other.index and columns.tags[other.index] == "VBG"
        ):
            at = columns.heads[at]
            continue
        break
    if at == clause.index:
        return True
    if _is_outer_verb(columns, other.index):
        return True
    opener = columns.lowers[other.first - 1] if other.first else ""
    shared = clause.subject is not None and other.subject == clause.subject
    if (
        opener in ("while", "whereas", "although", "but")
        and columns.deps[other.index] in ("advcl", "conj")
        and columns.heads[other.index] == clause.index
    ):
        return True  # "Sina agreed with the finding, while the ministry insisted that …"
    return (opener in ("but", "while") and columns.lowers[other.head] in _PRONOUNS | _WORK_NOUNS) or shared


_CUE_WORDS = re.compile(
    r"(?P<subject>(?:\b[Tt]he\s+|\b[A-Z])[^,.;:“”\"\n]{0,80}?)\s+(?P<cue>said|says|told|noted|stated|states|claimed|added|argued|insisted|replied|wrote|denied|warned|announced)\b(?P<that>\s+that\b)?"
)


def _by_words(text: str, quotes: list[Quote]) -> list[Cued]:
    """Find plain "X said (that) …" without a parse; what a blank pipeline can do."""
    found = []
    for match in _CUE_WORDS.finditer(text):
        if _inside(quotes, match.start("cue")):
            continue
        stop = re.compile(r"[.!?](?=\s|$)").search(text, match.end())
        end = stop.start() if stop else len(text)
        subject = match.span("subject")
        made = Cued(
            CUES[match["cue"]][0],
            "that",
            *match.span("cue"),
            match.end(),
            end,
            "indirect",
            subject,
            match["subject"].split()[-1].lower(),
            first_sentence=match.start(),
        )
        touching = [
            quote for quote in quotes if 0 <= match.start() - quote.end <= 4 or 0 <= quote.start - match.end() <= 4
        ]
        if touching:
            made.speech, made.start, made.end = "direct", touching[0].start, touching[-1].end
            made.stretches = [(quote.start, quote.end) for quote in touching]
            for quote in touching:
                quote.is_taken = True
        else:
            made.start, made.end = _trim_content(text, made.start, made.end)
            made.stretches = [(made.start, made.end)]
        if made.end - made.start >= 8:
            found.append(made)
    return found


# --- over the whole document ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Paragraph:
    """A paragraph's place in the document with the cues and quotes found in it (offsets of the document)."""

    start: int
    end: int
    cued: list[Cued]
    quotes: list[Quote]


@dataclass(slots=True)
class _Actor:
    name: str
    label: str
    role: str | None = None
    organisation: str | None = None


_ROLE_WORDS = re.compile(
    r"(?P<role>(?:\b(?:deputy|senior|permanent|former|acting|chief|vice|assistant|executive|brigadier|major|lieutenant|shadow|foreign|interior|justice|labour|labor|health|defence|defense|finance|police|government|press|prime|human\s+rights|information|environment|education|trade|energy|mines|transport|agriculture|home|economy|planning|tourism|culture|prisons|industry|commerce|immigration|security|housing|fisheries|development)[\s-]+)*"
    r"\b(?:spokes(?:man|woman|person)|minister|secretary(?:[\s-]of[\s-]state|[\s-]general)?|undersecretary|ambassador|envoy|official|officer|director(?:[\s-]general)?|president|vice[\s-]chair(?:man|woman)?|vice[\s-]president|chair(?:man|woman|person)?|"
    r"commissioner|governor|mayor|chief\s+executive|chief|head|senator|prosecutor(?:[\s-]general)?|judge|lawyer|attorney(?:\s+general)?|general|colonel|inspector|professor|analyst|researcher|economist|author|chief\s+executive|CEO|representative|"
    r"rapporteur|coordinator|manager|activist|founder|leader|lawmaker|adviser|advisor|administrator|superintendent|warden|bishop|imam|editor|secretary-general)\b(?:(?:,)?\s+and\s+(?:permanent\s+|deputy\s+)?(?:vice[\s-]chair(?:man|woman)?|chair(?:man|woman)?|spokes(?:man|woman|person)|minister|director|president))?)",
    re.IGNORECASE,
)


def resolve(text: str, paragraphs: Sequence[Paragraph], entities: Sequence[Entity]) -> list[tuple[Attribution, Cued]]:
    """Return the document's attributions in order, each with the cue it came from; speakers resolved."""
    _join_quotes(text, paragraphs)
    resolver = _Resolver(text, entities)
    pending: list[tuple[Cued, Paragraph]] = []
    for paragraph in paragraphs:
        pending += [(cued, paragraph) for cued in sorted(paragraph.cued, key=lambda c: (c.first_sentence, c.cue_start))]
    pending = _one_for_each_stretch(pending)
    made: list[tuple[Attribution, Cued]] = []
    for number, (cued, _) in enumerate(pending):
        ahead = [other for other, _ in pending[number + 1 : number + 3]]
        speaker = resolver.speaker(cued, ahead)
        cue = (
            Part(cued.cue_start, cued.cue_end, text[cued.cue_start : cued.cue_end])
            if cued.cue_end > cued.cue_start
            else None
        )
        reporter = resolver.reporter(cued)
        made.append(
            (
                Attribution(
                    number,
                    cued.start,
                    cued.end,
                    text[cued.start : cued.end],
                    speaker,
                    reporter,
                    cue,
                    cued.speech,
                    _apart(cued.stretches) or ((cued.start, cued.end),),
                ),
                cued,
            )
        )
    made.sort(key=lambda pair: (pair[0].start, pair[0].end))
    return [(replace(a, id=number), cued) for number, (a, cued) in enumerate(made)]


def _apart(stretches: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return stretches in order, those that overlap as one."""
    made: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if made and start < made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return tuple(made)


def _one_for_each_stretch(pending: list[tuple[Cued, Paragraph]]) -> list[tuple[Cued, Paragraph]]:
    kept: dict[tuple[int, int], tuple[Cued, Paragraph]] = {}
    for cued, paragraph in pending:
        kept.setdefault((cued.start, cued.end), (cued, paragraph))
    return list(kept.values())


def _join_quotes(text: str, paragraphs: Sequence[Paragraph]) -> None:
    """Give quotes without a cue of their own to the speaker around them, across paragraphs where a mark was left open."""
    last: Cued | None = None
    open_quote: tuple[Cued | None, Quote] | None = None
    for paragraph in paragraphs:
        for quote in paragraph.quotes:
            _go_on(text, paragraph, quote)
        free = [quote for quote in paragraph.quotes if not quote.is_taken and quote.end - quote.start > 20]
        first = paragraph.quotes[0] if paragraph.quotes else None
        opens_here = first is not None and not re.search(r"\w", text[paragraph.start : first.start])
        if open_quote and opens_here and first is not None:
            owner = open_quote[0]
            here = next(
                (
                    c
                    for c in paragraph.cued
                    if c.speech == "direct" and any(a <= first.start < b for a, b in c.stretches)
                ),
                None,
            )
            if here is not None and owner is None:  # the cue comes with the second paragraph
                here.stretches = [(open_quote[1].start, open_quote[1].end), *here.stretches]
                here.start = min(here.start, open_quote[1].start)
                open_quote[1].is_taken = True
            elif owner is not None and first in free:
                owner.stretches.append((first.start, first.end))
                owner.end = max(owner.end, first.end)
                first.is_taken = True
                free.remove(first)
                if first.is_open:
                    open_quote = (owner, first)
        direct = [cued for cued in paragraph.cued if cued.speech == "direct"]
        for quote in free:
            if quote.is_open:
                continue
            owner = next((cued for cued in reversed(paragraph.cued) if cued.cue_start < quote.start), None) or (
                direct[0] if direct else None
            )
            if owner is None and last is not None and opens_here and quote is first:
                owner = last
            if owner is None:
                continue
            if owner.speech == "indirect" and owner.start <= quote.start < owner.end:
                quote.is_taken = True  # quoted words within reported speech
                continue
            is_whole = len(text[quote.start : quote.end].split()) >= 6
            if not is_whole or text[quote.start].islower():
                continue
            paragraph.cued.append(
                Cued(
                    owner.cue,
                    owner.kind,
                    owner.cue_start,
                    owner.cue_end,
                    quote.start,
                    quote.end,
                    "direct",
                    owner.speaker,
                    owner.speaker_head,
                    owner.aside,
                    owner.recipient,
                    [(quote.start, quote.end)],
                    owner.first_sentence,
                )
            )
            quote.is_taken = True
        open_quote_here = next((quote for quote in paragraph.quotes if quote.is_open), None)
        if open_quote_here is not None:
            owner = next(
                (c for c in paragraph.cued if any(a <= open_quote_here.start < b for a, b in c.stretches)), None
            )
            if owner is None and open_quote is not None and open_quote[1] is open_quote_here:
                owner = open_quote[0]
            if owner is None and open_quote is not None and open_quote[0] is None and not open_quote_here.is_taken:
                owner = None
            open_quote = (owner, open_quote_here)
        else:
            open_quote = None
        if paragraph.cued:
            last = max(paragraph.cued, key=lambda cued: cued.cue_start)


_REST_OF_SENTENCE = re.compile(r"[”\"»’]?[^.!?]{0,160}?[.!?:,;—–][”\"»’]?\s+[“\"«‘„]?")


def _go_on(text: str, paragraph: Paragraph, quote: Quote) -> None:
    """Add a quotation to the one before its cue: "“We waited,” he said. “We wrote again.”" is one, in two stretches."""
    if quote.is_taken or text[quote.start].islower():
        return
    for cued in paragraph.cued:
        if cued.speech != "direct" or cued.end > quote.start:
            continue
        after = max(cued.end, cued.cue_end, cued.speaker[1] if cued.speaker and cued.speaker[1] <= quote.start else 0)
        if after <= quote.start and _REST_OF_SENTENCE.fullmatch(text, after, quote.start):
            cued.stretches.append((quote.start, quote.end))
            cued.end = quote.end
            quote.is_taken = True
            return


_AGED = re.compile(r"the\s+\d{1,3}-year-old(?:\s+\w+)?")
_APPOSED = re.compile(r"(?:-\w+)?(?:\s+(?:of|for|at|in)\s+[\w\s’'-]{1,50})?\s*,\s+(?:[\w’'-]+\s+){0,6}")
_MEMBERS = words_of("members officials staff observers experts authors investigators inspectors researchers auditors")
_OWNED = re.compile(r"(?P<whose>its|their|his|her)\s+(?:own\s+)?(?P<what>\w+)")
_SAME_ROLE = {"premier": "prime minister", "envoy": "ambassador", "chairwoman": "chair", "chairman": "chair"}
_NOBODY = Cued("", "", 0, 0, 0, 0, "", None)


class _Resolver:
    """Follows who has spoken, so that a pronoun or "the report" finds its actor."""

    def __init__(self, text: str, entities: Sequence[Entity]) -> None:
        self.text = text
        self.entities = entities
        self.starts = [entity.start for entity in entities]
        self.spoken: list[_Actor] = []
        self.spoken_at = -1
        self.people: dict[str, _Actor] = {}
        self.mentions: dict[int, list[Entity]] = {}
        for entity in entities:
            self.mentions.setdefault(entity.entity_id, []).append(entity)
        self.kindred: dict[str, str | None] = {}
        self.cache: dict[tuple[int, int], _Actor | None] = {}

    def _within(self, start: int, end: int) -> list[Entity]:
        first, last = bisect_left(self.starts, start - 200), bisect_left(self.starts, end)
        return [entity for entity in self.entities[first:last] if entity.end > start]

    def reporter(self, cued: Cued) -> str | None:
        if cued.recipient is None:
            return None
        return next(
            (
                entity.name
                for entity in self._within(*cued.recipient)
                if entity.label in ("ORG", "WORK", "PERSON", "WORK_OF_ART")
            ),
            None,
        )

    def speaker(self, cued: Cued, ahead: Sequence[Cued]) -> Speaker | None:
        if cued.speaker is None:
            return None
        start, end = cued.speaker
        if cued.speaker in self.cache:
            actor = self.cache[cued.speaker]
        else:
            actor = self._actor(start, end, cued, ahead)
            self.cache[cued.speaker] = actor
            if actor is not None:
                self.spoken.append(actor)
                self.spoken_at = max(self.spoken_at, start)
        quote = self.text[start:end]
        if actor is None:
            return Speaker(start, end, quote, _without_article(quote), None, None)
        return Speaker(start, end, quote, actor.name, actor.role, actor.organisation)

    def _actor(self, start: int, end: int, cued: Cued, ahead: Sequence[Cued]) -> _Actor | None:
        quote = self.text[start:end]
        low, head = quote.lower().strip(), cued.speaker_head
        if low in _HE or _AGED.fullmatch(low):
            meant = self._meant_person(cued)
            if meant is not None:
                return meant
            recent = self._recent_person(start)
            if recent is not None:
                return recent
            return next(
                (actor for actor in reversed(self.spoken) if actor.label == "PERSON"), None
            ) or self._last_entity(start, ("PERSON",))
        if low in ("it", "they"):
            meant = self._meant_body(cued, ahead)
            if meant is not None:
                return meant
            return next((actor for actor in reversed(self.spoken) if actor.label != "PERSON"), None) or (
                self.spoken[-1] if self.spoken and low == "they" else self._last_entity(start, ("ORG", "WORK"))
            )
        within = self._within(start, end)
        people = [entity for entity in within if entity.label == "PERSON"]
        if people:
            return self._person(people[-1], start, cued)
        named = self._named_behind(end, head)
        if named is not None and named.label != "PERSON":  # "Her party, the Alliance for Renewal, …"
            return _Actor(named.name, named.label)
        if named is not None:  # "Its president, Jana Oleksa, …"
            actor = self._person(named, start, cued)
            role = _ROLE_WORDS.search(quote)
            if actor.role is None and role:
                actor.role = role["role"]
            if actor.organisation is None and low.startswith(("its ", "their ", "the group’s ")):
                body = self._meant_body(cued, ())
                actor.organisation = (
                    body.name
                    if body is not None and body.label == "ORG"
                    else next((other.name for other in reversed(self.spoken) if other.label == "ORG"), None)
                )
            return actor
        if owned := _OWNED.fullmatch(low):
            owner = self._owner(owned, start, cued)
            if owner is not None:
                return owner
        whole = next((e for e in within if e.label in ("ORG", "WORK") and e.start <= start + 4 and e.end > end), None)
        if whole is not None:
            return _Actor(whole.name, whole.label)  # "The Paper and Pulp Federation", cut at "and" by the parse
        if head in _WORK_NOUNS:
            return self._work(quote, head, within, start)
        bodies = [entity for entity in within if entity.label in ("ORG", "GPE", "FAC", "WORK", "NORP")]
        if head in _ROLE_NOUNS:
            found = self._by_role(quote, head, ahead, start, bodies)
            if found is not None:
                return found
        for entity in bodies:
            if entity.label in ("ORG", "WORK") and head in entity.quote.lower().split() and entity.start <= start + 4:
                return _Actor(entity.name, entity.label)
        if (
            bodies
            and bodies[-1].label in ("ORG", "WORK", "GPE")
            and head in bodies[-1].quote.lower().split()
            or (bodies and head in bodies[-1].quote.lower())
        ):
            return _Actor(bodies[-1].name, bodies[-1].label)
        kindred = self._kindred_body(head, within)
        if kindred is not None:
            return kindred
        if head in _BODY_NOUNS:
            earlier = self._earlier_body(head, start, quote)
            if earlier:
                return _Actor(earlier, "ORG")
        if head in _ANY_BODY and re.match(r"(?:the|this|that)\s+(?:[\w-]+-based\s+)?\w+$", quote, re.IGNORECASE):
            body = next((actor for actor in reversed(self.spoken) if actor.label == "ORG"), None)
            body = body or self._last_entity(start, ("ORG",))
            if body is not None:
                return body
        label = "PERSON" if head in _ROLE_NOUNS and not head.endswith("s") else "ORG"
        role = _ROLE_WORDS.search(quote)
        if head.startswith("spokes") and not bodies and len(low.split()) == 2:
            body = next((actor for actor in reversed(self.spoken) if actor.label == "ORG"), None)
            if body is not None:
                return _Actor(f"{body.name} {head}", "PERSON", head, body.name)
        return _Actor(
            _without_article(quote),
            label,
            role["role"] if role else None,
            bodies[-1].name if bodies and bodies[-1].label == "ORG" else None,
        )

    def _meant_person(self, cued: Cued) -> _Actor | None:
        """Return the person in the noun phrase that a "she" most likely means, a possessor included."""
        for start, end, head in cued.antecedents:
            people = [entity for entity in self._within(start, end) if entity.label == "PERSON"]
            if people:
                return self._person(people[-1], start, _NOBODY)
            named = self._named_behind(end, head)
            if named is not None and named.label == "PERSON":
                return self._person(named, start, _NOBODY)
        return None

    def _meant_body(self, cued: Cued, ahead: Sequence[Cued]) -> _Actor | None:
        """Return the body or work that an "it" or "they" most likely means."""
        for start, end, head in cued.antecedents:
            within = self._within(start, end)
            if any(entity.label == "PERSON" for entity in within):
                continue
            bodies = [entity for entity in within if entity.label in ("ORG", "WORK")]
            bodies += [e for e in within if e.label in ("PRODUCT", "GPE", "FAC") and e.end == end]
            if not (bodies or head in _BODY_NOUNS or head in _WORK_NOUNS or self._kindred_body(head, within)):
                continue
            if head in _WORK_NOUNS:
                named = self._named_behind(end, head)
                return (
                    _Actor(named.name, named.label)
                    if named is not None
                    else self._work(self.text[start:end], head, within, start)
                )
            if bodies and head in bodies[-1].quote.lower():
                return _Actor(bodies[-1].name, bodies[-1].label)
            actor = self._actor(start, end, Cued("", "", 0, 0, 0, 0, "", (start, end), head), ahead)
            if actor is not None and actor.label != "PERSON":
                return actor
        return None

    def _owner(self, owned: re.Match[str], start: int, cued: Cued) -> _Actor | None:
        """Return who speaks in "its members", "its spokesman", "her ministry"."""
        if owned["whose"] in ("his", "her"):
            person = (
                self._meant_person(cued)
                or self._recent_person(start)
                or next((actor for actor in reversed(self.spoken) if actor.label == "PERSON"), None)
            )
            if person is not None and owned["what"].startswith("spokes"):
                return _Actor(f"{person.name} {owned['what']}", "PERSON", owned["what"], person.organisation)
            if person is None or owned["what"] not in ("ministry", "department"):
                return None
            field_of = re.match(r"(?P<field>.+)\s+(?:minister|secretary)\b", person.role or "", re.IGNORECASE)
            if field_of and field_of["field"].lower().split()[-1] not in (
                "prime",
                "deputy",
                "junior",
                "former",
                "state",
            ):
                field_words = re.sub(r"^(?:deputy|former|junior)\s+", "", field_of["field"], flags=re.IGNORECASE)
                return _Actor(f"{field_words.title()} {owned['what'].title()}", "ORG")
            return _Actor(person.organisation, "ORG") if person.organisation else None
        body = self._meant_body(cued, ()) or next(
            (actor for actor in reversed(self.spoken) if actor.label == "ORG"), None
        )
        if body is None or body.label not in ("ORG", "WORK"):
            return None
        if owned["what"] in _MEMBERS:
            return body
        if owned["what"].startswith("spokes"):
            return _Actor(f"{body.name} {owned['what']}", "PERSON", owned["what"], body.name)
        return None

    def _kindred_body(self, head: str, within: list[Entity]) -> _Actor | None:
        """Return the body whose name shares its stem with "inspectors" or "observers": an Inspectorate, an Observation Mission."""
        stem = re.fullmatch(r"(\w{5,}?)(?:ors|ers|or|er)", head)
        if stem is None or not head.endswith("s") or any(entity.label in ("ORG", "PERSON") for entity in within):
            return None
        if head not in self.kindred:
            counts = Counter(
                entity.name
                for entity in self.entities
                if entity.label == "ORG"
                and any(word.startswith(stem[1]) and word != head for word in entity.name.lower().split())
            )
            self.kindred[head] = counts.most_common(1)[0][0] if counts else None
        name = self.kindred[head]
        return _Actor(name, "ORG") if name else None

    def _named_behind(self, end: int, head: str) -> Entity | None:
        """Return the name that follows as an apposition: "the head of the mission, former judge Karen Holst, …"."""
        for entity in self._within(end, end + 110):
            if entity.start < end or entity.label not in ("PERSON", "ORG", "WORK"):
                continue
            if entity.label == "PERSON" and self.text[end : entity.start] == " " and head in _ROLE_NOUNS:
                return entity  # "its director Salma Idris said"
            if not _APPOSED.fullmatch(self.text[end : entity.start]):
                return None
            if not re.match(r"\s*(?:[,.;:”\"(—–]|$|\n)|\s+(?:of|from|and)\b", self.text[entity.end : entity.end + 8]):
                return None
            if entity.label == "PERSON":
                return entity if head not in _WORK_NOUNS else None
            if entity.label == "WORK":
                return entity if head in _WORK_NOUNS or head == "one" else None
            # "the mission, of the National …" is no apposition; "Her party, the Alliance, …" is
            plain = re.fullmatch(r"\s*,\s+(?:the\s+)?", self.text[end : entity.start], re.IGNORECASE)
            if head == "one" or re.search(r"\b(?:" + "|".join(_BODY_NOUNS) + r")\s+$", self.text[end : entity.start]):
                plain = re.match(r"\s*(?:of\s+\w+)?,\s+the\s", self.text[end : entity.start])
            return (
                entity
                if plain
                and (head in _BODY_NOUNS or head == "one")
                and not re.match(r"\s+\w", self.text[entity.end : entity.end + 3])
                else None
            )
        return None

    def _recent_person(self, start: int) -> _Actor | None:
        """Return the person named as the subject of a sentence since the last one spoke, within three hundred characters."""
        here = bisect_left(self.starts, start)
        for entity in reversed(self.entities[max(0, here - 12) : here]):
            if entity.label != "PERSON" or start - entity.start > 300 or entity.start < self.spoken_at:
                continue
            lead = re.split(r"[.!?\n]\s*", self.text[max(0, entity.start - 70) : entity.start])[-1]
            if re.fullmatch(r"(?:(?:Its|Their|The|But|And|A|An)\b[^,“”]{0,60},\s|[^,“”]{0,40})", lead) and not re.match(
                r"[’']s", self.text[entity.end : entity.end + 2]
            ):
                return self._person(entity, entity.start, _NOBODY)
        return None

    def _person(self, person: Entity, start: int, cued: Cued) -> _Actor:
        actor = self.people.get(person.name)
        if actor is None:
            actor = self.people[person.name] = _Actor(person.name, "PERSON")
        actor.name = person.name
        organisations = [entity for entity in self._within(start, person.start) if entity.label in ("ORG", "FAC")]
        before = self.text[organisations[-1].end if organisations else start : person.start]
        role = _ROLE_WORDS.search(before)
        if role and actor.role is None:
            actor.role = role["role"]
        if organisations and actor.organisation is None:
            actor.organisation = organisations[-1].name
        lead = _without_article(before[: role.start()]).strip() if role else ""
        if actor.organisation is None and lead and lead.split()[-1].lower() in _BODY_NOUNS:
            whole = self._earlier_body(lead.lower(), start, f"the {lead}") if " " not in lead else None
            actor.organisation = whole or lead
        after = self.text[person.end : person.end + 170]
        if aside := re.match(r",\s+(?P<what>[^“”]{4,150}?)(?:,\s|\.\s|\s(?:said|says|told|noted)\b)", after):
            named = [e for e in self._within(person.end, person.end + aside.end()) if e.label == "ORG"]
            what = aside["what"]
            if (
                named and named[0].start <= person.end + aside.start("what") + 4
            ):  # "Ministry of Interior secretary of state"
                what = self.text[named[0].end : person.end + aside.end("what")]
            role = _ROLE_WORDS.search(what)
            if role and actor.role is None:
                actor.role = _role_phrase(what, role)
                if named and actor.organisation is None:
                    actor.organisation = named[0].name
        if actor.role is None or actor.organisation is None:
            self._introduction(person, actor)
        return actor

    def _introduction(self, person: Entity, actor: _Actor) -> None:
        """Read role and organisation off any other mention of the same person."""
        for mention in self.mentions.get(person.entity_id, [])[:40]:
            if mention.label != "PERSON":
                continue
            lead = self.text[max(0, mention.start - 90) : mention.start]
            lead = re.split(r"[.;:,“”\n]", lead)[-1]
            role = list(_ROLE_WORDS.finditer(lead))
            if role and actor.role is None and len(lead) - role[-1].end() < 32:
                actor.role = role[-1]["role"]
                bodies = [e for e in self._within(mention.start - len(lead), mention.start) if e.label in ("ORG",)]
                if bodies and actor.organisation is None:
                    actor.organisation = bodies[0].name
            if actor.role and actor.organisation:
                return

    def _last_entity(self, before: int, labels: tuple[str, ...]) -> _Actor | None:
        here = bisect_left(self.starts, before)
        best = next(
            (entity for entity in reversed(self.entities[max(0, here - 400) : here]) if entity.label in labels), None
        )
        return _Actor(best.name, best.label) if best else None

    def _work(self, quote: str, head: str, within: list[Entity], start: int) -> _Actor:
        named = next((entity for entity in within if entity.label == "WORK"), None)
        if named:
            return _Actor(named.name, "WORK")
        earlier = next((actor for actor in reversed(self.spoken) if actor.label == "WORK"), None)
        works: dict[str, int] = {}
        for entity in self.entities:
            if entity.label == "WORK" and (head in entity.quote.lower() or head in ("document", "findings")):
                works[entity.name] = works.get(entity.name, 0) + (2 if entity.start < start else 1)
        modifiers = [entity for entity in within if entity.label in ("ORG",)]
        if works and head in (
            "report",
            "review",
            "survey",
            "index",
            "study",
            "assessment",
            "document",
            "findings",
            "paper",
        ):
            return _Actor(max(works, key=lambda name: works[name]), "WORK")
        if earlier and not modifiers and re.match(r"(?:the|this|that|its)\s+\w+$", quote, re.IGNORECASE):
            return earlier
        return _Actor(_without_article(quote), "WORK")

    def _by_role(self, quote: str, head: str, ahead: Sequence[Cued], start: int, bodies: list[Entity]) -> _Actor | None:
        is_definite = re.match(r"(?:the|this|that)\b", quote, re.IGNORECASE)
        if is_definite and not bodies:
            for actor in reversed(self.spoken):
                if (
                    actor.label == "PERSON"
                    and actor.role
                    and _SAME_ROLE.get(head, head.rstrip("s")) in actor.role.lower()
                ):
                    return actor
            for actor in reversed(self.spoken):
                if actor.label == "PERSON" and head in ("official", "officer", "man", "woman"):
                    return actor
        if is_definite and not bodies and ahead and not head.endswith("s"):
            # "the mayor said …. “…,” Carmen Vidal told reporters": named a moment later in the same paragraph
            other = ahead[0]
            later = (
                next((e for e in self._within(*other.speaker) if e.label == "PERSON"), None) if other.speaker else None
            )
            if later is not None and other.speaker and "\n" not in self.text[start : other.speaker[1]]:
                known = self.people.get(later.name)
                if known is None:
                    return self._person(later, other.speaker[0], other)
        if re.match(r"an?\b", quote, re.IGNORECASE) and start < 1500:
            # The lead says "a senior official"; the next paragraph names them
            for other in ahead:
                if other.speaker is None:
                    continue
                person = next((e for e in self._within(*other.speaker) if e.label == "PERSON"), None)
                if person is not None and other.start - start < 900:
                    return self._person(person, other.speaker[0], other)
                break
        return None

    def _earlier_body(self, head: str, before: int, quote: str) -> str | None:
        spoken = next(
            (
                actor.name
                for actor in reversed(self.spoken)
                if actor.label == "ORG" and actor.name.lower().split()[-1] == head
            ),
            None,
        )
        if spoken and re.match(r"(?:the|this|that)\s+\w+$", quote, re.IGNORECASE):
            return spoken
        best = None
        for entity in self.entities:
            if entity.start >= before and best:
                break
            if entity.label in ("ORG", "FAC") and head in entity.name.lower() and entity.start < before:
                best = entity.name
        if best is None and head in ("government", "police", "authorities", "embassy", "military", "army"):
            named = re.search(rf"\b((?:[A-Z]\w+\s+){{1,2}}){head}\b", self.text[: before + len(quote)])
            if named and named[1].strip() not in ("The", "But", "However"):
                return re.sub(r"^The\s+", "", named.group())
        return best


def _role_phrase(aside: str, role: re.Match[str]) -> str:
    """Return the role as printed, both halves of "secretary of state and permanent vice-chair" included."""
    second = re.search(
        r"\band\s+((?:permanent\s+|deputy\s+)?(?:vice-)?(?:chair(?:man|woman)?|spokes\w+|minister|director|president))\b",
        aside[role.end() :],
    )
    return f"{role['role']} and {second[1]}" if second and "and" not in role["role"] else role["role"]


def _without_article(quote: str) -> str:
    return re.sub(r"^(?:the|a|an)\s+", "", quote.strip(), flags=re.IGNORECASE)
