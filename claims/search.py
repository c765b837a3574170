"""Searching documents, claims, links and citations: what one person may see, by words and by what is said of it."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Exists, OuterRef, Q

from claims.models import Citation, Claim, Document, Layer, Link, NoResponse, Project, SearchEntry
from claims.words import places, read_query

KINDS = ("claim", "link", "document", "citation")
STATUSES = {
    "responded": "has a response",
    "none_found": "no response found",
    "open": "without a response so far",
    "unlabelled": "linked, not labelled",
    "noted": "with a note",
}
ENDS = ("response_id", "target_claim_id")
CONTEXT = 90
SCANNED_AT_ONCE = 100_000


@dataclass
class Search:
    """What one person asks for. Every condition that is given has to hold; without any, nothing is found."""

    user: object
    query: str = ""
    project: object = None
    speaker: str = ""
    side: str = ""
    label: str = ""
    status: str = ""
    since: object = None
    until: object = None

    @cached_property
    def asked(self):
        return read_query(self.query)

    @property
    def is_empty(self):
        return not self.asked and not self.has_conditions

    @cached_property
    def layers(self):
        """Layers to look in, as uuids; costs one query."""
        readable = Layer.objects.readable_by(self.user)
        if self.project is not None:
            readable = readable.filter(project=self.project)
        return list(readable.values_list("pk", flat=True))

    @cached_property
    def projects(self):
        if self.project is not None:
            return [self.project.pk]
        return list(Project.objects.visible_to(self.user).values_list("pk", flat=True))

    def entries(self, *kinds):
        """Return the entries of ``kinds`` that hold the words and that this person may read."""
        readable = Q(layer__in=self.layers) | Q(layer=None, kind="document")
        return SearchEntry.objects.filter(
            readable, kind__in=kinds, project__in=self.projects, words__matches=self.asked
        )

    @property
    def has_conditions(self):
        return any((self.speaker, self.side, self.label, self.status, self.since, self.until))

    def found(self, kind, *, first=0, size=20):
        """Return (rows, whether there are more) of one kind, newest first, from the ``first``-th on.

        Words alone are followed from the newest entry back until the page is full, so that a word which stands
        everywhere costs no more than a rare one.
        """
        rows = getattr(self, f"{kind}s")()
        if self.asked and not self.has_conditions:
            found = self.newest(kind, rows, first + size + 1)[first:]
        else:
            if self.asked:
                rows = rows.filter(self.holding(kind))
            found = list(rows.order_by("-created_at", "-uuid")[first : first + size + 1])
        return found[:size], len(found) > size

    def holding(self, kind):
        """Return the condition that a row of ``kind`` holds the words; a link holds those of its ends too."""
        own = Q(pk__in=self.entries(kind).values("object_id"))
        if kind != "link":
            return own
        ends = self.entries("claim").values("object_id")
        return own | Q(response__in=ends) | Q(target_claim__in=ends)

    def newest(self, kind, rows, wanted):
        kinds = ("claim", "link") if kind == "link" else (kind,)
        found, last, step = {}, None, 3 * wanted
        while len(found) < wanted:
            entries = self.entries(*kinds)
            if last is not None:
                entries = entries.filter(pk__lt=last)
            batch = list(entries.order_by("-pk").values_list("pk", "kind", "object_id")[:step])
            if not batch:
                break
            last, step = batch[-1][0], min(2 * step, 2000)
            place = {object_id: number for number, (_, _, object_id) in enumerate(batch)}
            own = [object_id for _, of, object_id in batch if of == kind]
            if kind == "link":
                ends = [object_id for _, of, object_id in batch if of == "claim"]
                met = rows.filter(Q(pk__in=own) | Q(response__in=ends) | Q(target_claim__in=ends))
            else:
                met = rows.filter(pk__in=own)
            far = len(batch)
            for row in sorted(
                met,
                key=lambda row: min(place.get(pk, far) for pk in (row.pk, *(getattr(row, end, None) for end in ENDS))),
            ):
                found.setdefault(row.pk, row)
        return list(found.values())[:wanted]

    def documents(self):
        rows = Document.objects.live().filter(project__in=self.projects).select_related("publisher", "project")
        if self.speaker or self.label or self.status:
            return rows.none()
        if self.side:
            rows = rows.filter(places__side__in=[self.side, "both"], places__dossier__deleted_at=None).distinct()
        return self.dated(rows, "").without_loading_text()

    def claims(self):
        rows = Claim.objects.live().filter(layer__in=self.layers, dossier__deleted_at=None)
        rows = rows.select_related("speaker", "layer__project", "dossier", "document").defer("document__text")
        if self.speaker:
            rows = rows.filter(Q(speaker__name__iexact=self.speaker) | Q(reporter__name__iexact=self.speaker))
        if self.side:
            rows = rows.filter(role="assertion" if self.side == "asserting" else "response")
        if self.label:
            assessed = Q(assessments__verification=self.label, assessments__deleted_at=None)
            rows = rows.filter(Q(kind=self.label) | assessed).distinct()
        return self.dated(self.with_status(rows), "document__")

    def with_status(self, rows):
        direct = Link.objects.live().filter(target_claim=OuterRef("pk")).exclude(relation="unrelated")
        searched = NoResponse.objects.live().filter(assertion=OuterRef("pk"))
        if self.status == "responded":
            return rows.assertions().filter(Exists(direct))
        if self.status == "none_found":
            return rows.assertions().filter(Exists(searched))
        if self.status == "open":
            return rows.assertions().exclude(Exists(direct)).exclude(Exists(searched))
        return rows.none() if self.status else rows

    def links(self):
        """Links whose note, response or target holds the words."""
        rows = Link.objects.live().filter(layer__in=self.layers, dossier__deleted_at=None)
        rows = rows.select_related(
            "layer__project__vocabulary",
            "dossier",
            "response__speaker",
            "response__document",
            "target_claim",
            "target_work",
            "target_response",
            "target_actor",
        ).defer("response__document__text", "target_work__text")
        if self.speaker:
            rows = rows.filter(response__speaker__name__iexact=self.speaker)
        if self.side:
            rows = rows.none() if self.side == "asserting" else rows
        if self.label:
            listed = f'"{self.label}"'
            rows = rows.filter(
                Q(relation=self.label)
                | Q(secondary_relation=self.label)
                | Q(strategies__icontains=listed)
                | Q(disputed__icontains=listed)
                | Q(comparisons__outcome=self.label, comparisons__deleted_at=None)
            ).distinct()
        if self.status == "unlabelled":
            rows = rows.filter(relation="")
        elif self.status == "noted":
            rows = rows.exclude(note="")
        elif self.status:
            rows = rows.none()
        return self.dated(rows, "response__document__")

    def citations(self):
        rows = Citation.objects.live().filter(layer__in=self.layers)
        rows = rows.select_related(
            "layer__project", "document", "claim", "link__response", "no_response__assertion"
        ).defer("document__text")
        if self.speaker or self.side or self.status and self.status != "noted":
            return rows.none()
        if self.label:
            rows = rows.filter(stance=self.label)
        if self.status == "noted":
            rows = rows.exclude(note="")
        return self.dated(rows, "document__")

    def dated(self, rows, document):
        if self.since:
            rows = rows.filter(**{f"{document}published_on__gte": self.since})
        if self.until:
            rows = rows.filter(**{f"{document}published_on__lte": self.until})
        return rows


def pieces(text, asked, *, limit=3, width=CONTEXT):
    """Return up to ``limit`` stretches of ``text`` around what was asked, each a list of (words, whether asked for).

    Without a hit, the beginning of the text is the one stretch. White space is shown as single blanks.
    """
    hits = []
    for first in range(0, max(len(text), 1), SCANNED_AT_ONCE):
        # A little more than the chunk, so that words on its edge are seen whole.
        chunk = text[first : first + SCANNED_AT_ONCE + 200]
        hits += [(first + a, first + b) for a, b in places(chunk, asked) if a < SCANNED_AT_ONCE]
        if len(hits) >= limit:
            break
    if not hits:
        return [[(blank(shorten(text[: 2 * width + 1], 2 * width)), False)]]
    found, number = [], 0
    while number < len(hits) and len(found) < limit:
        start = max(0, hits[number][0] - width)
        end = hits[number][1] + width
        at, piece = start, []
        while number < len(hits) and hits[number][0] < end:
            a, b = hits[number]
            piece += [(text[at:a], False), (text[a:b], True)]
            at, end, number = b, max(end, b), number + 1
        piece.append((text[at:end], False))
        words = [(blank(part), is_hit) for part, is_hit in piece if part]
        if start:
            words.insert(0, ("… ", False))
        if end < len(text):
            words.append((" …", False))
        found.append(words)
    return found


def blank(text):
    return (
        " ".join(text.split())
        if text.isspace()
        else (" " if text[:1].isspace() else "") + " ".join(text.split()) + (" " if text[-1:].isspace() else "")
    )


def shorten(text, length):
    return text if len(text) <= length else text[: length - 1] + "…"
