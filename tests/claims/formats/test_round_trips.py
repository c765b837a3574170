"""Every format that goes out and comes in, with any corpus: what docs/exchange.md says it keeps comes back, the rest not.

The table "What comes back" of that page is what is tested: ✓ has to come back of every corpus that hypothesis draws, and –
has to be gone from one that has all of it.
"""

import io
import re
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.formats import FORMATS, foreign, records

DOCS = Path(__file__).resolve().parents[3] / "docs/exchange.md"
RELATIONS = ["disputes", "rejects", "concedes", "qualifies"]
AT = datetime(2026, 1, 1, tzinfo=UTC)
# Emoji, marks that combine, Khmer, and two scripts that run from right to left.
ALPHABET = "ab c.\n😀🏴é\u0301ខ្មែរעבריתعدد\u2028\u200d\t"


def uuid(number):
    return UUID(int=number, version=4)


def corpus_of(texts, claims, links, *, is_full=False):
    """Return the records of a project with these texts, [(text, role, parts)] and [(response, target, scope, relation)].

    ``is_full`` puts everything on it that some format might lose.
    """
    layer, dossier, speaker = uuid(2), uuid(3), uuid(4)
    found = [
        records.Header(version=1),
        records.Project(uuid=uuid(1), slug="sea", title="Sea", created_at=AT),
        records.Layer(uuid=layer, kind="team", name="Team", created_at=AT),
    ]
    if is_full:
        found.append(records.Actor(uuid=speaker, name="The ministry", kind="body", created_at=AT))
    documents = [uuid(100 + number) for number in range(len(texts))]
    for number, text in enumerate(texts):
        about = {"published_on": date(2025, 6, 17), "url": "https://example.org/a"} if is_full else {}
        one = records.Document(uuid=documents[number], title=f"Text {number}", text=text, created_at=AT, **about)
        found.append(one)
    places = tuple(records.Place(document=document) for document in documents)
    found.append(records.Dossier(uuid=dossier, title="Dispute", documents=places, created_at=AT))
    if is_full:
        found.append(
            records.Mention(
                uuid=uuid(900), document=documents[0], start=0, end=3, quote=texts[0][0:3], kind="entity", label="ORG"
            )
        )  # fmt: skip
    for number, (place, role, parts) in enumerate(claims):
        start, end = parts[0][0], parts[-1][1]
        text = texts[place]
        stretches = [records.Stretch(start=a, end=b, quote=text[a:b]) for a, b in parts] if len(parts) > 1 else []
        about = {"wording": "As they say", "speaker": speaker, "kind": "policy", "period_start": date(2025, 1, 1)}
        about |= {"period_end": date(2025, 12, 31)}
        found.append(
            records.Claim(
                uuid=uuid(1000 + number), layer=layer, dossier=dossier, document=documents[place], role=role,
                number=number + 1, start=start, end=end, quote=text[start:end], stretches=tuple(stretches),
                created_at=AT, **(about if is_full else {}),
            )
        )  # fmt: skip
    for number, (response, target, scope, relation) in enumerate(links):
        end = {"claim": "target_claim", "continues": "target_response"}[scope]
        about = {"note": "Why", "strategies": ("cherry_picking",)} if is_full else {}
        found.append(
            records.Link(
                uuid=uuid(2000 + number), layer=layer, dossier=dossier, response=uuid(1000 + response), scope=scope,
                **{end: uuid(1000 + target)}, relation=relation, turn=1, created_at=AT, **about,
            )
        )  # fmt: skip
    if is_full:
        found.append(
            records.Citation(
                uuid=uuid(3000), layer=layer, claim=uuid(1000), stance="supports", title="Yearbook",
                url="https://example.org/y", created_at=AT,
            )
        )  # fmt: skip
    return found


@st.composite
def drawn(draw):
    """Return a corpus: nested, touching and parted claims in texts of any script, links within and between them."""
    texts = draw(
        st.lists(st.text(ALPHABET, min_size=6, max_size=30).filter(str.strip), min_size=1, max_size=3, unique=True)
    )
    claims, taken = [], set()
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(texts) - 1))
        most = draw(st.sampled_from([2, 4]))
        cuts = sorted(draw(st.lists(st.integers(0, len(texts[place])), min_size=most, max_size=most, unique=True)))
        parts = tuple(zip(cuts[::2], cuts[1::2], strict=True))
        outer = (place, parts[0][0], parts[-1][1])
        # A claim has a word; of blanks alone a table has an empty cell.
        if outer not in taken and texts[place][outer[1] : outer[2]].strip():
            taken.add(outer)
            claims.append((place, draw(st.sampled_from(["assertion", "response"])), parts))
    responses = [number for number, (_, role, _) in enumerate(claims) if role == "response"]
    assertions = [number for number, (_, role, _) in enumerate(claims) if role == "assertion"]
    links = []
    if responses and assertions:
        pairs = st.tuples(st.sampled_from(responses), st.sampled_from(assertions))
        for response, target in draw(st.lists(pairs, max_size=4, unique=True)):
            links.append((response, target, "claim", draw(st.sampled_from(RELATIONS))))
    return corpus_of(texts, claims, links)


FULL = corpus_of(
    [
        "The ship sank. 12 crew were lost 😀. No.",
        "It did not sink, ខ្មែរ. All 12 are well. Well.",
        "Nobody answers this.",
    ],
    [
        (0, "assertion", ((0, 14),)),
        (0, "assertion", ((15, 35),)),
        (0, "assertion", ((4, 8), (9, 13))),
        (1, "response", ((0, 15),)),
        (1, "response", ((24, 39),)),
        (0, "response", ((36, 39),)),
        (1, "assertion", ((40, 45),)),
    ],
    [
        (3, 0, "claim", "disputes"),
        (4, 1, "claim", "rejects"),
        (5, 0, "claim", "concedes"),
        (4, 3, "continues", ""),
    ],
    is_full=True,
)


class Found:
    """What a list of records holds, in terms that do not depend on ids."""

    def __init__(self, found):
        of = {kind: [one for one in found if isinstance(one, kind)] for kind in records.TYPES.values()}
        self.of = of
        self.texts = {one.uuid: one.text for one in of[records.Document]}
        self.actors = {one.uuid: one.name for one in of[records.Actor]}
        self.places = {}
        for one in of[records.Claim]:
            parts = tuple((part.start, part.end) for part in one.stretches) or ((one.start, one.end),)
            self.places[one.uuid] = (self.texts[one.document], parts)

    def outer(self, claim):
        text, parts = self.places[claim]
        return text, parts[0][0], parts[-1][1]

    def linked(self):
        ends = {one.response for one in self.of[records.Link]} | {one.target_claim for one in self.of[records.Link]}
        return [one for one in self.of[records.Claim] if one.uuid in ends]

    def links(self, *, within=None, scope="claim"):
        for one in self.of[records.Link]:
            target = one.target_claim if scope == "claim" else one.target_response
            if one.scope == scope and target is not None:
                ends = self.outer(one.response), self.outer(target)
                if within is None or (ends[0][0] == ends[1][0]) == within:
                    yield one, ends


def claims_with(name):
    return lambda found: sorted(
        (found.outer(one.uuid), str(getattr(one, name) or "")) for one in found.of[records.Claim]
    )


FEATURES = {
    "texts": lambda found: sorted(one.text for one in found.of[records.Document]),
    "where claims stand": lambda found: sorted(found.outer(one.uuid) for one in found.of[records.Claim]),
    "claims that a link joins": lambda found: sorted(found.outer(one.uuid) for one in found.linked()),
    "assertion or response": claims_with("role"),
    "claims in several parts": lambda found: sorted(found.places.values()),
    "links within a text": lambda found: sorted(ends for _, ends in found.links(within=True)),
    "links between texts": lambda found: sorted(ends for _, ends in found.links(within=False)),
    "the relation of a link": lambda found: sorted(
        (ends, one.relation) for one, ends in found.links() if ends[0][0] == ends[1][0]
    ),
    "a response that continues another": lambda found: sorted(ends for _, ends in found.links(scope="continues")),
    "titles": lambda found: sorted((one.text, one.title) for one in found.of[records.Document]),
    "tags": lambda found: sorted((one.start, one.end) for one in found.of[records.Mention]),
    "dates and addresses of texts": lambda found: sorted(
        (one.text, one.url, str(one.published_on)) for one in found.of[records.Document]
    ),
    "speakers": lambda found: sorted(
        (found.outer(one.uuid), found.actors.get(one.speaker, "")) for one in found.of[records.Claim]
    ),
    "wordings": claims_with("wording"),
    "kinds and periods": lambda found: claims_with("kind")(found) + claims_with("period_start")(found),
    "notes and strategies of links": lambda found: sorted((one.note, one.strategies) for one in found.of[records.Link]),
    "citations": lambda found: sorted((one.title, one.url) for one in found.of[records.Citation]),
}


def back_again(module, found):
    """Return the records that come of writing ``found`` and reading what was written."""
    out = io.BytesIO()
    module.write(iter(found), out)
    out.seek(0)
    if hasattr(module, "read"):
        return list(module.read(out))
    if module.NAME == "csv":
        if not any(isinstance(one, records.Link) for one in found):
            return []  # a table of links without a link is no table
        # Texts come beside the table, as files named as they are titled.
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("sea.csv", out.getvalue())
            for one in found:
                if isinstance(one, records.Document):
                    archive.writestr(f"{one.title}.txt", one.text)
        out = packed
    data, report = out.getvalue(), foreign.Report()
    seen = foreign.survey(module.bundles(io.BytesIO(data), foreign.Report()))
    plan = foreign.plan(seen, {}, known=[*RELATIONS, "continues"], own_labels=False)
    setting = foreign.Setting(format=module.NAME, seed=UUID(int=1), plan=plan, title="Sea")
    back = list(foreign.records_of(module.bundles(io.BytesIO(data), report), setting, report))
    return back


def table():
    """Return {format: {feature: whether the page says it comes back}}."""
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in re.search(r"(?s)### What comes back\n.*?\n(\|.*?)\n\n", DOCS.read_text(encoding="utf-8"))[1].split(
            "\n"
        )
    ]
    names = [name.strip("`") for name in rows[0][1:]]
    return {name: {row[0]: row[1 + place] == "✓" for row in rows[2:]} for place, name in enumerate(names)}


IN_AND_OUT = [module for module in FORMATS.values() if module.READABLE and not hasattr(module, "reviews")]


def test_the_page_tells_of_every_format_and_everything():
    assert list(table()) == [module.NAME for module in IN_AND_OUT]
    assert all(list(said) == list(FEATURES) for said in table().values())


@pytest.mark.parametrize("module", IN_AND_OUT, ids=lambda module: module.NAME)
def test_a_corpus_with_everything_comes_back_as_the_page_says(module):
    before, after = Found(FULL), Found(back_again(module, FULL))
    came = {name: of(before) == of(after) for name, of in FEATURES.items()}
    assert came == table()[module.NAME]


@pytest.mark.parametrize("module", IN_AND_OUT, ids=lambda module: module.NAME)
@given(corpus=drawn())
@settings(max_examples=60, deadline=None)
def test_of_any_corpus_what_the_page_says_comes_back(module, corpus):
    before, after = Found(corpus), Found(back_again(module, corpus))
    said = table()[module.NAME]
    lost = [name for name, of in FEATURES.items() if said[name] and of(before) != of(after)]
    assert not lost
