"""How fast a corpus comes in and goes out, and what that does to whoever is saving meanwhile.

``python bench/exchange.py [--documents 10000] [--clients 8]`` makes a corpus of documents of about 150 words with two
claims and a link each, four documents a dossier, and works in a database of its own (SQLite in a temporary folder, or
the one that ``DATABASE_URL`` names, which must be empty). It prints documents per second, the growth of the peak
resident memory in MB, and how long a pair takes to save while the corpus is imported.
"""

import argparse
import hashlib
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# A text of 150 of these has some 700 characters.
WORDS = """the council counted people boats ports wages cases year report ministry said number officers found month crew
of in and to for with that was were not from by at on"""
AT = datetime(2026, 1, 1, tzinfo=UTC)


def corpus(count, *, slug, seed=1, words=None):
    """Yield the records of a corpus in file order; ``seed`` keeps the uuids of two corpora apart."""
    from claims.formats import records

    chance, words = random.Random(seed), words or WORDS.split()

    def uuid():
        return UUID(int=chance.getrandbits(128), version=4)

    yield records.Header(version=1)
    yield records.Project(uuid=uuid(), slug=slug, title=slug, created_at=AT)
    yield records.Person(username=f"{slug}-annotator", role="annotator")
    layer = records.Layer(uuid=uuid(), kind="team", name="Team", created_at=AT)
    yield layer
    documents = []
    for number in range(count):
        text = " ".join(chance.choice(words) for _ in range(150))
        digest = hashlib.sha256(text.encode()).hexdigest()
        documents.append((uuid(), text))
        yield records.Document(
            uuid=documents[-1][0], title=f"Document {number}", text=text, sha256=digest, created_at=AT
        )
    dossiers = []
    for first in range(0, count, 4):
        dossiers.append(uuid())
        places = tuple(records.Place(document=document) for document, _ in documents[first : first + 4])
        yield records.Dossier(uuid=dossiers[-1], title=f"Dossier {first // 4}", documents=places, created_at=AT)
    claims = []
    for number, (document, text) in enumerate(documents):
        for role, start in (("assertion", 0), ("response", 400)):
            claims.append((uuid(), dossiers[number // 4]))
            yield records.Claim(
                uuid=claims[-1][0],
                layer=layer.uuid,
                dossier=dossiers[number // 4],
                document=document,
                role=role,
                number=number % 4 + 1,
                start=start,
                end=start + 80,
                quote=text[start : start + 80],
                created_at=AT,
                created_by=f"{slug}-annotator",
            )
    for (assertion, dossier), (response, _) in zip(claims[::2], claims[1::2], strict=True):
        yield records.Link(
            uuid=uuid(),
            layer=layer.uuid,
            dossier=dossier,
            response=response,
            target_claim=assertion,
            relation="rejects",
            strategies=("denies",),
            turn=1,
            created_at=AT,
            created_by=f"{slug}-annotator",
        )


def peak_mb():
    """Return the peak resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def measured():
    """Print how fast what is within was: by the clock, and in seconds of this process, which others do not lengthen."""
    told, memory = {}, peak_mb()
    began, worked = time.perf_counter(), time.process_time()
    yield told
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    print(
        f"{told['documents'] / seconds:,.0f} documents/s ({seconds:.1f} s, {worked:.1f} s of the processor), "
        f"memory +{peak_mb() - memory:.0f} MB"
    )


def set_up():
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
    django.setup()


def in_process(*arguments):
    """Run one part of the benchmark in a process of its own, so that its peak memory is its own."""
    done = subprocess.run([sys.executable, __file__, *map(str, arguments)], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def do_import(path):
    from claims import exchange

    with measured() as told:
        told["documents"] = exchange.import_project(path).counts["document"]


def do_export(slug, path):
    from claims import exchange
    from claims.models import Project

    project = Project.objects.get(slug=slug)
    with measured() as told:
        told["documents"] = exchange.export_project(project, format="jsonl", path=path)["document"]


def do_saves(slug, until):
    """Save pairs, two claims and a link each, until the file ``until`` is there; print the times in ms."""
    from django.db import close_old_connections

    from claims.models import Act, Claim, Document, Dossier, Layer, Link, Project

    project = Project.objects.get(slug=slug)
    layer, dossier = Layer.objects.get(project=project), random.choice(list(Dossier.objects.filter(project=project)))
    document = Document.objects.get(pk=dossier.places.first().document_id)
    times = []
    while not Path(until).exists():
        close_old_connections()
        began = time.perf_counter()
        with Act(actor=None, project=project, layer=layer, dossier=dossier, verb="pair") as act:
            pair = []
            for role in ("assertion", "response"):
                claim = Claim(layer=layer, dossier=dossier, document=document, role=role, start=0, end=20)
                pair.append(act.create(claim.anchor(document.text).take_number()))
            act.create(Link(layer=layer, dossier=dossier, response=pair[1], target_claim=pair[0]))
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.02)
    print(" ".join(f"{one:.1f}" for one in times))


def pairs_meanwhile(folder, clients, work):
    """Do ``work`` while ``clients`` processes save pairs in the project ``shelf``; print how long their saves took."""
    over = folder / f"over-{time.monotonic()}"
    savers = [
        subprocess.Popen([sys.executable, __file__, "saves", "shelf", str(over)], stdout=subprocess.PIPE, text=True)
        for _ in range(clients)
    ]
    time.sleep(2)
    work()
    over.touch()
    times = sorted(float(one) for saver in savers for one in saver.communicate()[0].split())
    p95 = times[int(len(times) * 0.95)]
    median = statistics.median(times)
    print(
        f"  {len(times)} pairs by {clients} clients: median {median:.0f} ms, p95 {p95:.0f} ms, longest {times[-1]:.0f} ms"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name:
        folder = Path(name)
        os.environ["DATA_DIR"] = name
        set_up()
        from django.core.management import call_command

        from claims.formats import jsonl

        call_command("migrate", verbosity=0, skip_checks=True)
        for seed, (slug, count) in enumerate(
            (("first", options.documents), ("second", options.documents), ("shelf", 40))
        ):
            with (folder / f"{slug}.jsonl").open("wb") as file:
                jsonl.write(corpus(count, slug=slug, seed=seed), file)
        in_process("import", folder / "shelf.jsonl")
        print("import:", in_process("import", folder / "first.jsonl"))
        print("export:", in_process("export", "first", folder / "out.jsonl"))
        print("saving, nothing else:")
        pairs_meanwhile(folder, options.clients, lambda: time.sleep(10))
        print("saving, while a corpus is imported:")
        second = folder / "second.jsonl"
        pairs_meanwhile(folder, options.clients, lambda: print("  import:", in_process("import", second)))


if __name__ == "__main__":
    PARTS = {"import": do_import, "export": do_export, "saves": do_saves}
    if sys.argv[1:] and sys.argv[1] in PARTS:
        set_up()
        PARTS[sys.argv[1]](*sys.argv[2:])
    else:
        main()
