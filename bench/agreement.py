"""How long the agreement of 140 dossiers with 10 layers takes, intervals included: ``python bench/agreement.py``.

Each dossier holds a review and a reply of some twenty sentences, every sentence a claim in every layer, and each layer
links each response to sentences, to the whole, or to nothing. The corpus is imported through the lossless JSON Lines
into a database of its own; reading and computing are timed apart from that. To reach: under 60 s.
"""

import hashlib
import os
import random
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
DOSSIERS, LAYERS, SENTENCES = 140, 10, 20
AT = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = [
    "the",
    "paper",
    "method",
    "results",
    "are",
    "not",
    "clear",
    "table",
    "shows",
    "model",
    "data",
    "we",
    "thank",
    "will",
    "add",
    "more",
]
RELATIONS = ("rejects", "disputes", "qualifies", "concedes", "acts", "deflects")


def corpus():
    """Yield the records in file order."""
    from claims.formats import records

    chance = random.Random(5)

    def uuid():
        return UUID(int=chance.getrandbits(128), version=4)

    yield records.Header(version=1)
    yield records.Project(uuid=uuid(), slug="agree", title="Agree", kind="independent", created_at=AT)
    people = [f"annotator{number}" for number in range(LAYERS)]
    for name in people:
        yield records.Person(username=name, role="annotator")
    layers = [uuid() for _ in people]
    for layer, name in zip(layers, people, strict=True):
        yield records.Layer(uuid=layer, kind="annotator", name=name, annotator=name, created_at=AT)
    documents, dossiers = [], []
    for number in range(2 * DOSSIERS):
        sentences = [f"{' '.join(chance.choices(WORDS, k=12)).capitalize()}." for _ in range(SENTENCES)]
        text, starts = "", []
        for sentence in sentences:
            starts.append((len(text), len(text) + len(sentence)))
            text += sentence + " "
        documents.append((uuid(), starts))
        digest = hashlib.sha256(text.encode()).hexdigest()
        yield records.Document(uuid=documents[-1][0], title=f"Text {number}", text=text, sha256=digest, created_at=AT)
    for number in range(DOSSIERS):
        dossiers.append(uuid())
        sides = zip(documents[2 * number : 2 * number + 2], ("asserting", "responding"), strict=True)
        places = tuple(records.Place(document=document, side=side) for (document, _), side in sides)
        yield records.Dossier(uuid=dossiers[-1], title=f"Pair {number}", documents=places, created_at=AT)
    links = []
    for number, dossier in enumerate(dossiers):
        for layer in layers:
            made = {}
            for role, (document, starts) in zip(
                ("assertion", "response"), documents[2 * number : 2 * number + 2], strict=True
            ):
                for at, (start, end) in enumerate(starts):
                    made[role, at] = uuid()
                    yield records.Claim(
                        uuid=made[role, at],
                        layer=layer,
                        dossier=dossier,
                        document=document,
                        role=role,
                        start=start,
                        end=end,
                        created_at=AT,
                    )
            for at in range(SENTENCES):
                scope = chance.choice(("claim", "claim", "claim", "work", "open"))
                target = {"target_claim": made["assertion", max(0, min(19, at + chance.randint(-1, 1)))]}
                if scope == "work":
                    target = {"target_work": documents[2 * number][0]}
                links.append(
                    records.Link(
                        uuid=uuid(),
                        layer=layer,
                        response=made["response", at],
                        scope=scope,
                        relation=chance.choice(RELATIONS),
                        strategies=tuple(chance.sample(("denies", "withholds", "minimises"), chance.randint(1, 2))),
                        created_at=AT,
                        **({} if scope == "open" else target),
                    )
                )
    yield from links


def main():
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name:
        os.environ["DATA_DIR"] = name
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
        import django

        django.setup()
        from django.core.management import call_command

        from claims import exchange
        from claims.formats import jsonl
        from claims.measuring import measure

        call_command("migrate", verbosity=0, skip_checks=True)
        path = Path(name) / "corpus.jsonl"
        with path.open("wb") as file:
            jsonl.write(corpus(), file)
        began = time.perf_counter()
        project = exchange.import_project(path).project
        print(f"imported in {time.perf_counter() - began:.0f} s")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        began = time.perf_counter()
        found = measure(project)
        seconds = time.perf_counter() - began
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
        print(
            f"{found['dossiers']} dossiers, {len(found['layers'])} layers: {seconds:.1f} s, to reach < 60 s; {grown:.0f} MB more"
        )
        for name in ("f1", "jaccard", "kappa_cells"):
            print(f"  links {name}: {found['links'][name]}")


if __name__ == "__main__":
    main()
