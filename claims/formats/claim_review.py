"""Schema.org's ClaimReview as JSON-LD (https://schema.org/ClaimReview), for sites that publish what they checked.

Sample, shortened::

    [{"@context":"https://schema.org","@type":"ClaimReview","identifier":"urn:uuid:0d0c…",
      "claimReviewed":"Crime fell by 40 %.","reviewBody":"The yearbook has 4 %.","datePublished":"2026-01-01",
      "author":{"@type":"Organization","name":"Harbour desk"},
      "itemReviewed":{"@type":"Claim","author":{"@type":"Organization","name":"The ministry"},
       "appearance":{"@type":"CreativeWork","name":"Report","url":"https://example.org/report"}},
      "reviewRating":{"@type":"Rating","ratingValue":1,"worstRating":1,"bestRating":5,"alternateName":"refuted"},
      "citation":[{"@type":"CreativeWork","name":"Yearbook","url":"https://example.org/yearbook"}]}]

Only assertions with a verdict and a citation that supports or contradicts are written. The verdict stands in
``alternateName``, by the key of its label; ``ratingValue`` is 5 for supported, 3 for conflicting, 1 for refuted, and -1,
which schema.org's users take for “no rating”, where the evidence is not enough. A site puts the list into a page as
``<script type="application/ld+json">``. ``rj:stance`` of a source says whether it supports or contradicts.

``reviews`` reads them, ours and others': from JSON (an object, a list, a ``@graph``), a page, or a zip of these.
``claims/reviewing.py`` finds the claims that they speak of.
"""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, BinaryIO
from uuid import UUID

from claims.errors import FormatError

from . import foreign, records
from .foreign import Report
from .records import Record

NAME = "claim-review"
LABEL = "ClaimReview (JSON-LD)"
SUFFIX = ".claimreview.jsonld"
MEDIA_TYPE = "application/ld+json"
READABLE = True
OPTIONS: dict[str, str] = {}
LOSES = (
    "Only assertions with a verdict and a citation that supports or contradicts become a ClaimReview.",
    "Links, responses, figures and everything but claim, speaker, verdict, justification and sources are left out.",
    "Words cited from a document of the project come back as a source outside it.",
)
RATINGS = {"supported": 5, "conflicting": 3, "refuted": 1, "not_enough_evidence": -1}


def write(found: Iterable[Record], stream: BinaryIO) -> None:
    """Write the list of reviews, in the order of the assessments' uuids."""
    known: dict[UUID, Any] = {}
    project: records.Project | None = None
    assessments: list[records.Assessment] = []
    citations: dict[UUID, list[records.Citation]] = defaultdict(list)
    for record in found:
        if isinstance(record, records.Project):
            project = record
        if not isinstance(record, records.Editable) or record.deleted_at is not None or record.uuid is None:
            continue
        if isinstance(record, records.Actor | records.Document | records.Claim):
            known[record.uuid] = record
        elif isinstance(record, records.Assessment) and record.verification in RATINGS:
            assessments.append(record)
        elif isinstance(record, records.Citation) and record.stance in ("supports", "contradicts"):
            for subject in (record.assessment, record.claim):
                if subject is not None:
                    citations[subject].append(record)
    reviews = []
    for assessment in assessments:
        claim = known.get(assessment.claim)
        sources = [*citations[assessment.uuid or UUID(int=0)], *citations[assessment.claim]]
        if claim is not None and claim.role == "assertion" and sources:
            reviews.append(review(project, claim, assessment, sources, known))
    stream.write(json.dumps(reviews, ensure_ascii=False, indent=1).encode() + b"\n")


def review(
    project: records.Project | None,
    claim: records.Claim,
    assessment: records.Assessment,
    sources: list[records.Citation],
    known: dict[UUID, Any],
) -> dict[str, Any]:
    document = known[claim.document]
    rating = {"@type": "Rating", "ratingValue": RATINGS[assessment.verification], "worstRating": 1, "bestRating": 5}
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "identifier": f"urn:uuid:{assessment.uuid}",
        "claimReviewed": claim.wording or claim.quote,
        **filled(
            reviewBody=assessment.justification,
            datePublished=assessment.created_at and assessment.created_at.date().isoformat(),
        ),
        "author": {"@type": "Organization", "name": project.title if project else ""},
        "itemReviewed": {
            "@type": "Claim",
            "identifier": f"urn:uuid:{claim.uuid}",
            **filled(
                author=person(known.get(claim.speaker or document.publisher)),
                datePublished=document.published_on and document.published_on.isoformat(),
                appearance=work(document.title, document.url),
            ),
        },
        "reviewRating": {**rating, "alternateName": assessment.verification},
        "citation": [source(one, known) for one in sources],
    }


def filled(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def person(actor: records.Actor | None) -> dict[str, Any] | None:
    if actor is None:
        return None
    return {"@type": "Person" if actor.kind == "person" else "Organization", "name": actor.name}


def work(title: str, url: str) -> dict[str, Any]:
    return {"@type": "CreativeWork", **filled(name=title, url=url)}


def source(citation: records.Citation, known: dict[UUID, Any]) -> dict[str, Any]:
    document = known.get(citation.document) if citation.document else None
    named = work(document.title, document.url) if document else work(citation.title, citation.url)
    more = filled(text=citation.quote, pagination=citation.page, archivedAt=citation.archived_url)
    return {**named, **more, "rj:stance": citation.stance}


# Reading

LARGEST = 100 * 2**20
DEEPEST = 20
# What fact-checkers call it; in lower case.
KNOWN_RATINGS = {
    **{name: name for name in RATINGS},
    **dict.fromkeys(("true", "correct", "accurate", "right"), "supported"),
    **dict.fromkeys(("false", "incorrect", "inaccurate", "wrong", "fake", "pants on fire"), "refuted"),
    **dict.fromkeys(("half true", "half-true", "mixture", "mixed", "partly false", "partly true"), "conflicting"),
    **dict.fromkeys(("unproven", "unverified", "no evidence", "not enough evidence"), "not_enough_evidence"),
}


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a review rests on, or the review itself; ``stance`` is "" where nothing says it."""

    title: str = ""
    url: str = ""
    archived_url: str = ""
    page: str = ""
    quote: str = ""
    stance: str = ""


@dataclass(frozen=True, kw_only=True)
class Review:
    """One ClaimReview: what was claimed by whom and where, and what its reviewer made of it.

    ``rating`` is what the reviewer called it, ``proposed`` the verdict that stands for, or "". ``number`` counts the
    reviews of a file from 1.
    """

    file: str
    number: int
    claimed: str
    rating: str
    proposed: str
    body: str
    reviewer: str
    published: str
    url: str
    speaker: str
    appearances: tuple[str, ...]
    claim: UUID | None
    sources: tuple[Source, ...]


def sniff(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is JSON with a ClaimReview near its beginning."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start[:1] in (b"[", b"{") and b'"ClaimReview"' in head


def reviews(stream: BinaryIO, report: Report) -> Iterator[Review]:
    """Yield every review in a JSON file, a page or a zip of these; what cannot be read is told of in ``report``."""
    name = foreign.name_of(stream)
    if not zipfile.is_zipfile(stream):
        stream.seek(0)
        yield from reviews_of(name, stream.read(LARGEST + 1), report)
        return
    stream.seek(0)
    with zipfile.ZipFile(stream) as archive:
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            if info.is_dir() or not info.filename.lower().endswith((".json", ".jsonld", ".html", ".htm")):
                continue
            with archive.open(info) as file:
                try:
                    yield from reviews_of(info.filename, file.read(LARGEST + 1), report)
                except FormatError as error:
                    report.add(info.filename, 0, str(error))


def reviews_of(name: str, data: bytes, report: Report) -> Iterator[Review]:
    if len(data) > LARGEST:
        raise FormatError(f"{name} has more than {LARGEST // 2**20} MB; divide it into parts.")
    try:
        text = data.decode("utf-8-sig")
        is_page = text.lstrip()[:1] not in ("[", "{")
        found = [] if is_page else list(objects_of(json.loads(text)))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{name} is no JSON-LD that can be read: {error}.") from error
    for place, block in enumerate(blocks_of(text) if is_page else (), 1):
        try:
            found += objects_of(json.loads(block))
        except (ValueError, RecursionError) as error:
            report.add(name, 0, f"Block {place} of JSON-LD cannot be read: {error}.")
    for number, one in enumerate(found, 1):
        try:
            yield read_review(name, number, one)
        except (ValueError, TypeError, AttributeError) as error:
            report.add(name, 0, f"Review {number}: {error}")


class Blocks(HTMLParser):
    """Collects what a page's scripts of JSON-LD hold."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = (dict(attrs).get("type") or "").partition(";")[0].strip().lower()
        self.is_inside = tag == "script" and kind == "application/ld+json"
        if self.is_inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self.is_inside = False

    def handle_data(self, data: str) -> None:
        if self.is_inside:
            self.found[-1] += data


def blocks_of(page: str) -> list[str]:
    blocks = Blocks()
    blocks.feed(page)
    blocks.close()
    return blocks.found


def objects_of(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the ClaimReviews in a value, in order, however deep they stand."""
    if depth > DEEPEST:
        return
    if isinstance(value, dict):
        kinds = value.get("@type")
        if "ClaimReview" in (kinds if isinstance(kinds, list) else [kinds]):
            yield value
            return
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from objects_of(one, depth + 1)


def read_review(name: str, number: int, one: dict[str, Any]) -> Review:
    claimed = text_of(one.get("claimReviewed"))
    if not claimed:
        raise ValueError("it does not say what was claimed (claimReviewed).")
    item = first(one.get("itemReviewed"))
    rating, proposed = rating_of(first(one.get("reviewRating")))
    appearances = [*many(item.get("appearance")), *many(item.get("firstAppearance"))]
    return Review(
        file=name,
        number=number,
        claimed=claimed,
        rating=rating,
        proposed=proposed,
        body=text_of(one.get("reviewBody")) or text_of(one.get("description")),
        reviewer=text_of(first(one.get("author")).get("name")),
        published=text_of(one.get("datePublished"))[:10],
        url=text_of(one.get("url")),
        speaker=text_of(first(item.get("author")).get("name")),
        appearances=tuple(filter(None, (address_of(each) for each in appearances))),
        claim=uuid_in(item.get("identifier")),
        sources=tuple(source_of(each) for each in many(one.get("citation"))),
    )


def text_of(value: Any) -> str:
    if isinstance(value, str) and foreign.UNSTORABLE.search(value):
        raise ValueError("a text in it holds a NUL character or half of a surrogate pair, which no database stores.")
    return value.strip() if isinstance(value, str) else ""


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def first(value: Any) -> dict[str, Any]:
    """Return the object, or the first of a list; an empty one where there is none."""
    return next((one for one in many(value) if isinstance(one, dict)), {})


def address_of(value: Any) -> str:
    return text_of(value.get("url") or value.get("@id")) if isinstance(value, dict) else text_of(value)


def source_of(value: Any) -> Source:
    if not isinstance(value, dict):
        words = text_of(value)
        return Source(url=words) if words.startswith(("http://", "https://")) else Source(title=words)
    return Source(
        title=text_of(value.get("name")),
        url=address_of(value),
        archived_url=text_of(value.get("archivedAt")),
        page=text_of(value.get("pagination")),
        quote=text_of(value.get("text")),
        stance=text_of(value.get("rj:stance")),
    )


def uuid_in(value: Any) -> UUID | None:
    words = text_of(value)
    try:
        return UUID(words.removeprefix("urn:uuid:")) if words.startswith("urn:uuid:") else None
    except ValueError:
        return None


def rating_of(rating: dict[str, Any]) -> tuple[str, str]:
    """Return (what it is called, the verdict that stands for): by name, or by its place between worst and best."""
    name = text_of(rating.get("alternateName")) or text_of(rating.get("name"))
    if name:
        return name, KNOWN_RATINGS.get(name.casefold(), "")
    try:
        value, worst, best = (float(rating[key]) for key in ("ratingValue", "worstRating", "bestRating"))
    except (KeyError, TypeError, ValueError):
        return "", ""
    if not worst <= value <= best or worst == best:
        return f"{value:g}", ""
    stands_for = "supported" if value == best else "refuted" if value == worst else "conflicting"
    return f"{value:g} of {best:g}", stands_for
