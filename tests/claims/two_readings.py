"""The demo's three texts as two annotators read them, apart: spans, splits, targets and labels differ here and there.

``make()`` needs no language model. Ann and Ben agree on much; ``DIFFERENCES`` says what an editor is asked about.
"""

from types import SimpleNamespace

from django.utils import timezone

from annotate.demo import FOLDER
from claims import annotating
from claims.models import Act
from tests.factories import (
    make_actor,
    make_document,
    make_dossier,
    make_layer,
    make_member,
    make_project,
    make_quantity,
    make_user,
)

REPORT, STORY, STATEMENT = "report", "story", "statement"
TITLES = {
    REPORT: "Work at Sea 2025. Country chapter: Veldany (extract)",
    STORY: "Ministry rejects report on fishing crews",
    STATEMENT: "Press statement 41/2025: On the report “Work at Sea 2025”",
}

# name: (text, role, who says it, kind, first words, last words). The same for both unless the name is in a layer's own.
BOTH_MARK = {
    "boarded": (REPORT, "assertion", "observatory", "figure", "Between 1 April 2024 and", "the distant-water fleet."),
    "night": (REPORT, "assertion", "observatory", "factual", "None of these boardings", "sunset and sunrise"),
    "inspectors": (REPORT, "assertion", "observatory", "figure", "On 31 March 2025 the Inspectorate", "nine ports."),
    "wages": (REPORT, "assertion", "observatory", "figure", "Of 212 crew members", "three months or longer."),
    "outcomes": (REPORT, "assertion", "observatory", "factual", "The Inspectorate does not publish", "in the end."),
    "calls": (STORY, "assertion", "observatory", "figure", "the coast guard logged 143", "about them"),
    "deckhands": (STORY, "assertion", "observatory", "figure", "One in three deckhands", "for months."),
    "unknown land": (STORY, "response", "torran", "judgement", "This is a description of", "do not recognise"),
    "dates": (STORY, "response", "torran", "factual", "the Observatory had picked out", "January to December"),
    "figures": (STORY, "response", "wessel", "refusal", "I have the figures for", "has that say."),
    "payroll": (STATEMENT, "response", "ministry", "figure", "That number is not correct.", "in post."),
    "log": (STATEMENT, "response", "ministry", "figure", "The number of boardings is given", "its log shows."),
    "publish": (STATEMENT, "response", "ministry", "commitment", "From 1 September 2025", "without names."),
}
ANN_MARKS = {
    **BOTH_MARK,
    "cases": (REPORT, "assertion", "observatory", "figure", "In the same twelve months", "processing quays."),
    "licences": (REPORT, "assertion", "observatory", "factual", "No fishing licence", "labour grounds."),
    "means": (STORY, "response", "torran", "judgement", "We have done what", "was counted."),
    "own ports": (STORY, "response", "wessel", "refusal", "complaints by crews were", "questions there"),
}
BEN_MARKS = {
    **BOTH_MARK,
    # One claim of Ann's is two of Ben's.
    "cases": (REPORT, "assertion", "observatory", "figure", "In the same twelve months", "96 wage cases."),
    "fleets": (REPORT, "assertion", "observatory", "figure", "Fifty-eight of them", "processing quays."),
    # The same sentence, from another word on.
    "means": (STORY, "response", "torran", "praise", "in all nine ports, and", "was counted."),
    "own ports": (STORY, "response", "coast guard", "refusal", "complaints by crews were", "questions there"),
    "fined": (REPORT, "assertion", "observatory", "figure", "The courts fined 27", "unsafe quarters."),
    "trust": (STATEMENT, "response", "ministry", "praise", "Most were opened because", "speak to them."),
}
# (response, scope, target, relation, secondary relation, strategies, disputed)
BOTH_LINK = [
    ("unknown land", "work", REPORT, "rejects", "", ["denies"], ["interpretation"]),
    ("figures", "claim", "calls", "deflects", "", ["withholds"], ["figure"]),
    ("payroll", "claim", "inspectors", "rejects", "", ["denies"], ["figure"]),
    ("publish", "claim", "outcomes", "acts", "", ["corrective_action"], ["none"]),
]
ANN_LINKS = [
    *BOTH_LINK,
    ("log", "claim", "boarded", "undercuts", "", ["appeals_to_rule"], ["time_frame", "figure"]),
    ("dates", "work", REPORT, "undercuts", "", ["alleges_bias"], ["time_frame"]),
    ("means", "work", REPORT, "disputes", "qualifies", ["points_to_efforts"], ["omission"]),
    ("own ports", "questioner", None, "deflects", "", ["refers_elsewhere"], ["none"]),
]
BEN_LINKS = [
    *BOTH_LINK,
    ("log", "claim", "boarded", "rejects", "", ["appeals_to_rule"], ["time_frame"]),
    ("dates", "claim", "boarded", "undercuts", "", ["alleges_bias"], ["time_frame"]),
    ("means", "work", REPORT, "disputes", "qualifies", ["points_to_efforts"], ["omission"]),
    ("own ports", "claim", "calls", "deflects", "", ["refers_elsewhere"], ["none"]),
    ("trust", "claim", "cases", "qualifies", "", ["points_to_efforts"], ["none"]),
]
NONE_FOUND = {"ann": ["night", "licences", "wages"], "ben": ["night", "deckhands"]}
# What is asked once the claims stand: kind, field, and the claims' names in ANN_MARKS or BEN_MARKS.
DIFFERENCES = (
    ("claim", "", "cases"),
    ("claim", "", "licences"),
    ("claim", "", "means"),
    ("claim", "", "fined"),
    ("claim", "", "trust"),
    ("link", "", "dates"),
    ("link", "", "own ports"),
    ("field", "speaker", "own ports"),
    ("field", "kind", "means"),
    ("field", "relation", "log"),
    ("field", "disputed", "log"),
    ("no_response", "", "wages"),
    ("no_response", "", "deckhands"),
    ("comparison", "", "payroll"),
)


def make(*, opened=True, people=("ann", "ben"), slug=None, figures=True):
    """Return the independent project with its people, texts, dossier and the rows of each layer by name."""
    fields = {"slug": slug, "title": "Veldany, read twice", "owner": make_user(f"owner-{slug}")} if slug else {}
    project = make_project(kind="independent", **fields)
    project.adjudication_opened_at = timezone.now() if opened else None
    project.save()
    world = SimpleNamespace(project=project, owner=project.memberships.get().user, rows={}, layers={}, people={})
    suffix = f"-{project.slug}"
    world.editor = make_member(project, "editor", f"eda{suffix}")
    texts = {name: (FOLDER / f"{name}.txt").read_text(encoding="utf-8") for name in TITLES}
    world.documents = {name: make_document(project, texts[name], title=TITLES[name]) for name in TITLES}
    world.dossier = make_dossier(project, world.documents.values(), title="Veldany in Work at Sea 2025")
    world.dossier.set_up_at = timezone.now()
    world.dossier.save()
    for place, side in zip(world.dossier.places.all(), ("asserting", "both", "responding"), strict=True):
        place.side = side
        place.save()
    names = {
        "observatory": "Open Decks Observatory",
        "torran": "Ilka Torran",
        "wessel": "Dario Wessel",
        "coast guard": "Veldan Coast Guard",
        "ministry": "Ministry of Labour and Fisheries",
    }
    world.actors = {key: make_actor(project, name) for key, name in names.items()}
    world.figures = {
        "19": make_quantity(world.documents[REPORT], "19 licensed", "19").mention,
        "24": make_quantity(world.documents[STATEMENT], "24 licensed", "24").mention,
    }
    readings = {"ann": (ANN_MARKS, ANN_LINKS), "ben": (BEN_MARKS, BEN_LINKS)}
    for name in people:
        person = make_member(project, "annotator", f"{name}{suffix}")
        person.name = name.capitalize()
        person.save()
        world.people[name] = person
        world.layers[name] = make_layer(project, person)
        world.layers[name].name = name.capitalize()
        world.layers[name].save()
        marks, links = readings.get(name, readings["ann"])
        world.rows[name] = annotate(world, name, marks, links)
    if figures:
        for name, outcome in (("ann", "differs"), ("ben", "not_comparable")):
            if name in people:
                compare_figures(world, name, outcome)
    return world


def act_of(world, name, verb="annotate"):
    return Act(
        actor=world.people[name], project=world.project, layer=world.layers[name], dossier=world.dossier, verb=verb
    )


def place(world, text, first, last):
    """Return (start, end) from the first words to the last ones after them."""
    words = world.documents[text].text
    start = words.index(first)
    return start, words.index(last, start) + len(last)


def annotate(world, name, marks, links):
    """Put one annotator's claims, links and "none found" into their layer; returns them by name."""
    rows = {}
    with act_of(world, name) as act:
        for key, (text, role, speaker, kind, first, last) in marks.items():
            start, end = place(world, text, first, last)
            rows[key] = annotating.mark(
                act,
                document=world.documents[text],
                start=start,
                end=end,
                role=role,
                kind=kind,
                speaker=world.actors[speaker],
                speech="narration" if text != STORY else "indirect",
            )
        for response, scope, target, relation, secondary, strategies, disputed in links:
            rows[f"{response} → {target or scope}"] = annotating.connect(
                act,
                response=rows[response],
                scope=scope,
                target=world.documents[target] if scope == "work" else rows[target] if target else None,
                relation=relation,
                secondary_relation=secondary,
                strategies=strategies,
                disputed=disputed,
            )
        read = [str(document.pk) for document in world.documents.values()]
        for key in NONE_FOUND.get(name, NONE_FOUND["ann"]):
            if key in rows:
                rows[f"none {key}"] = annotating.none_found(act, rows[key], documents=read)
    return rows


def compare_figures(world, name, outcome):
    with act_of(world, name) as act:
        world.rows[name]["19 : 24"] = annotating.compare(
            act,
            link=world.rows[name]["payroll → inspectors"],
            quantity=world.figures["19"],
            counter_quantity=world.figures["24"],
            outcome=outcome,
            differs_in=["definition"] if outcome == "not_comparable" else [],
            note="Licensed, or in post?" if outcome == "not_comparable" else "",
        )
