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
``<script type="application/ld+json">``.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, BinaryIO
from uuid import UUID

from . import records
from .records import Record

NAME = "claim-review"
LABEL = "ClaimReview (JSON-LD)"
SUFFIX = ".claimreview.jsonld"
MEDIA_TYPE = "application/ld+json"
READABLE = False
OPTIONS: dict[str, str] = {}
LOSES = (
    "Only assertions with a verdict and a citation that supports or contradicts become a ClaimReview.",
    "Links, responses, figures and everything but claim, speaker, verdict, justification and sources are left out.",
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
    return {**named, **filled(text=citation.quote, pagination=citation.page, archivedAt=citation.archived_url)}
