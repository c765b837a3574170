"""The demo dossier of fixtures/demo: three invented texts, partly annotated, so that every page has something to show.

It is annotated through the same deeds that pages and API use, each in an act of its own, by a user called ``demo``; so
history and undo have something to show too.
"""

import json
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotate import runs, suggest
from claims import annotating
from claims.models import (
    Act,
    Actor,
    Decision,
    Document,
    Dossier,
    DossierActor,
    DossierDocument,
    Exclusion,
    Membership,
    Mention,
    Origin,
    Project,
    Quantity,
    Role,
    User,
    Visit,
)
from claims.projects import create_project
from claims.quantities import Figure
from claims.quantities import compare as compare_figures
from claims.quantities import read as read_figures

FOLDER = Path(settings.BASE_DIR) / "fixtures" / "demo"
DAYS = ("published_on", "accessed_on", "period_start", "period_end")
PARTICULARS = ("title", "kind", "url", "archived_url", "language", "licence")


def demo_user():
    """Return the person the demo belongs to, made at the first need; they sign in by link only."""
    user = User.objects.filter(username="demo").first()
    if user is None:
        user = User(username="demo", name="Demo")
        user.set_unusable_password()
        user.save(force_insert=True)
    return user


def load(*, user=None):
    """Return (demo project, whether it was made now). One that is there is left as it is, whatever was done in it."""
    rows = json.loads((FOLDER / "dossier.json").read_text(encoding="utf-8"))
    known = Project.objects.live().filter(slug=rows["project"]["slug"]).first()
    user = user or demo_user()
    if known is not None:
        Membership.objects.get_or_create(project=known, user=user, defaults={"role": Role.OWNER})
        return known, False
    # Reading takes a moment, so it is done before the transaction; made whole or not at all.
    loader = Loader(rows=rows, user=user)
    loader.read()
    with transaction.atomic():
        return loader.make(), True


def start_over(*, user=None):
    """Put the demo aside, for nothing is erased, and return a fresh one."""
    user = user or demo_user()
    with transaction.atomic():
        old = Project.objects.live().filter(slug="demo").first()
        if old is not None:
            with Act(actor=user, project=old, verb="start over") as act:
                act.change(old, seen=old.version, slug=f"demo-until-{timezone.now():%Y%m%d-%H%M%S}-{old.pk.hex[:6]}")
                act.delete(old, seen=old.version)
    return load(user=user)[0]


class Loader:
    """Turns the rows of dossier.json, which name each other by key, into rows of the record."""

    def __init__(self, *, rows, user):
        self.rows, self.user = rows, user
        self.texts, self.readings = {}, {}
        self.documents, self.actors = {}, {}
        self.claims, self.links, self.no_responses, self.comparisons, self.assessments = {}, {}, {}, {}, {}

    def place(self, at, document=None):
        """Return (start, end) in code points of a quote and its occurrence, counted from 1."""
        text, start = self.texts[at.get("document", document)], -1
        for _ in range(at["occurrence"]):
            start = text.index(at["quote"], start + 1)
        return start, start + len(at["quote"])

    def read(self):
        for row in self.rows["documents"]:
            if row["text"] is None:
                continue
            key, text = row["key"], (FOLDER / row["text"]).read_text(encoding="utf-8")
            self.texts[key] = text
            excluded = [self.place(stretch, key) for stretch in row["excluded"]]
            self.readings[key] = suggest.read(text, excluded=excluded, language=row["language"])

    def act(self, verb):
        return Act(actor=self.user, project=self.project, layer=self.layer, dossier=self.dossier, verb=verb)

    def make(self):
        self.project = create_project(owner=self.user, **self.rows["project"])
        self.layer = self.project.layers.get()
        self.make_people()
        self.make_documents()
        self.make_dossier()
        for row in self.rows["claims"]:
            self.claims[row["key"]] = self.mark(row)
        self.restate()
        for row in self.rows["links"]:
            self.links[row["key"]] = self.connect(row)
        self.find_none()
        for row in self.rows["comparisons"]:
            self.comparisons[row["key"]] = self.compare(row)
        self.assess()
        self.cite()
        self.rule()
        self.verify()
        return self.project

    def make_people(self):
        names = {row["key"]: row["name"] for row in self.rows["actors"]}
        with Act(actor=self.user, project=self.project, verb="name who speaks") as act:
            for row in self.rows["actors"]:
                fields = {name: row[name] for name in ("name", "kind", "role", "aliases")}
                actor = Actor(project=self.project, organisation=names.get(row["organisation"], ""), **fields)
                self.actors[row["key"]] = act.create(actor)

    def make_documents(self):
        for row in self.rows["documents"]:
            document = Document(
                project=self.project,
                publisher=self.actors[row["publisher"]],
                filename=row["text"] or "",
                **{name: row[name] for name in PARTICULARS},
                **{name: row[name] and date.fromisoformat(row[name]) for name in DAYS},
            )
            key = row["key"]
            if key in self.texts:
                document.set_text(self.texts[key])
            document.clean()
            runs.add_document(document, actor=self.user, reading=self.readings.get(key))
            self.documents[key] = document
            with Act(actor=self.user, project=self.project, verb=f"leave out what is not {document.title}") as act:
                for stretch in row["excluded"]:
                    start, end = self.place(stretch, key)
                    exclusion = Exclusion(document=document, start=start, end=end, reason=stretch["why"])
                    exclusion.state = Exclusion.State.EXCLUDED
                    act.create(exclusion.anchor(document.text))

    def make_dossier(self):
        self.dossier = Dossier(project=self.project, title=self.rows["dossier"]["title"], set_up_at=timezone.now())
        with Act(actor=self.user, project=self.project, verb="open the dossier") as act:
            act.create(self.dossier)
        for position, row in enumerate(self.rows["documents"]):
            DossierDocument.objects.create(
                dossier=self.dossier, document=self.documents[row["key"]], side=row["side"], position=position
            )
        for row in self.rows["actors"]:
            DossierActor.objects.create(dossier=self.dossier, actor=self.actors[row["key"]], side=row["side"])

    def mark(self, row):
        document = self.documents[row["document"]]
        stretches = [self.place(stretch, row["document"]) for stretch in row["stretches"]]
        start, end = stretches[0][0], stretches[-1][1]
        suggestion = self.suggested(document, start, end)
        is_same = suggestion is not None and (suggestion.start, suggestion.end) == (start, end)
        with self.act("mark") as act:
            claim = annotating.mark(
                act,
                document=document,
                start=start,
                end=end,
                role=row["role"],
                stretches=stretches if len(stretches) > 1 else (),
                kind=row["kind"],
                speaker=self.actors[row["speaker"]],
                reporter=self.actors.get(row["reporter"]),
                speech=row["speech"],
                period_start=row["period_start"] and date.fromisoformat(row["period_start"]),
                period_end=row["period_end"] and date.fromisoformat(row["period_end"]),
                wording=row["wording"],
                suggestion=suggestion,
                origin=Origin.SCRATCH if suggestion is None else Origin.ACCEPTED if is_same else Origin.EDITED,
            )
            if suggestion is not None:
                annotating.decide(act, Decision.Outcome.ACCEPTED, suggestion=suggestion)
            act.verb = f"mark {claim.name}"
        return claim

    def suggested(self, document, start, end):
        """Return the suggested claim that a person would have taken up here: the one that shares most of its words."""
        best, most = None, 0
        free = document.suggestions.filter(start__lt=end, end__gt=start, claims=None)
        for suggestion in free:
            shared = min(end, suggestion.end) - max(start, suggestion.start)
            if shared > most and shared * 2 > max(end - start, suggestion.end - suggestion.start):
                best, most = suggestion, shared
        return best

    def restate(self):
        for row in self.rows["claims"]:
            if row["restates"]:
                claim, other = self.claims[row["key"]], self.claims[row["restates"]["claim"]]
                fields = {"restates": other, "restating": row["restates"]["how"]}
                fields["restating_note"] = row["restates"].get("note", "")
                with self.act(f"{claim.name} restates {other.name}") as act:
                    annotating.change(act, claim, seen=claim.version, **fields)

    def connect(self, row):
        target = {"claim": self.claims, "continues": self.claims, "work": self.documents}.get(row["scope"], {})
        fields = {name: row[name] for name in ("relation", "strategies", "disputed", "note")}
        with self.act("link") as act:
            link = annotating.connect(
                act,
                response=self.claims[row["response"]],
                scope=row["scope"],
                target=target.get(row["target"]),
                secondary_relation=row["secondary_relation"] or "",
                **fields,
            )
            act.verb = f"link {link}"
        return link

    def find_none(self):
        for row in self.rows["no_responses"]:
            for key in row["documents"]:
                Visit.objects.get_or_create(
                    layer=self.layer, dossier=self.dossier, document=self.documents[key], user=self.user
                )
            assertion = self.claims[row["assertion"]]
            with self.act(f"no response found to {assertion.name}") as act:
                self.no_responses[row["key"]] = annotating.none_found(act, assertion, note=row["note"])

    def figure(self, at):
        """Return the mention of a figure; where the reading machine missed it, a person has marked it."""
        document = self.documents[at["document"]]
        start, end = self.place(at)
        seen = document.mentions.filter(kind=Mention.Kind.QUANTITY, start__lt=end, end__gt=start, layer=None).first()
        own = document.mentions.filter(kind=Mention.Kind.QUANTITY, start=start, end=end, layer=self.layer).first()
        if seen or own:
            return seen or own
        name = suggest.name_of(document, "demo", start, end)
        mention = Mention(uuid=name, document=document, layer=self.layer, start=start, end=end)
        mention.kind, mention.suggester = Mention.Kind.QUANTITY, "fixtures/demo"
        mention.anchor(document.text).save(force_insert=True)
        found = read_figures(at["quote"].lower())[0]
        Quantity.objects.create(mention=mention, kind=found.kind, value=found.value, counted=found.counted or "")
        return mention

    def compare(self, row):
        on_link = row["on"] == "link"
        owner = {"link": self.links[row["target"]]} if on_link else {"claim": self.claims[row["target"]]}
        quantity = self.figure(row["quantity"])
        counter = self.figure(row["counter"]) if row["counter"] else None
        fields = {"counter_quantity": counter, "note": row["note"], "differs_in": row.get("differs_in", [])}
        if row["outcome"] == "differs":
            fields |= differences(quantity.quantity, counter.quantity)
        with self.act(f"compare {row['quantity']['quote']}") as act:
            return annotating.compare(
                act,
                quantity=quantity,
                outcome=row["outcome"],
                check_kind=row["kind"],
                addends=[str(self.figure(part).pk) for part in row.get("parts", [])],
                **owner,
                **fields,
            )

    def assess(self):
        for row in self.rows["assessments"]:
            claim = self.claims[row["claim"]]
            with self.act(f"pick {claim.name} for checking") as act:
                annotating.change(act, claim, seen=claim.version, wants_check=True)
                if row["verification"] != "unchecked":
                    assessment = annotating.assess(act, claim, verification="in_progress")
                    self.assessments[row["key"]] = assessment

    def cite(self):
        subjects = {
            "claim": self.claims,
            "link": self.links,
            "no_response": self.no_responses,
            "comparison": self.comparisons,
            "assessment": self.assessments,
        }
        for row in self.rows["citations"]:
            subject = subjects[row["on"]][row["key"]]
            if "source" in row:
                fields = {**row["source"], "accessed_on": date.fromisoformat(row["source"]["accessed_on"])}
            else:
                start, end = self.place(row)
                fields = {"document": self.documents[row["document"]], "start": start, "end": end}
            with self.act(f"cite for {subject}") as act:
                annotating.cite(act, subject, stance=row["stance"], **fields)

    def rule(self):
        for row in self.rows["comparisons"]:
            if row["ruling"]:
                comparison = self.comparisons[row["key"]]
                with self.act(f"rule on {comparison.quantity.quote}") as act:
                    annotating.rule(
                        act,
                        comparison,
                        seen=comparison.version,
                        ruling=row["ruling"]["outcome"],
                        justification=row["ruling"]["justification"],
                    )

    def verify(self):
        """Give the verdicts last: they want their citation to be there."""
        for row in self.rows["assessments"]:
            if row["key"] in self.assessments:
                claim = self.claims[row["claim"]]
                with self.act(f"check {claim.name}") as act:
                    annotating.assess(act, claim, verification=row["verification"], justification=row["justification"])


def differences(quantity, counter):
    """Return how far two figures are apart, as the columns of a comparison hold it."""
    one, other = (Figure(start=0, end=1, quote=str(row.value), value=row.value) for row in (quantity, counter))
    found = compare_figures(one, other)
    return {"absolute_difference": found.absolute, "relative_difference": found.relative}
