"""Measures the REST API: its own gunicorn with two workers, 10,000 documents of about 150 words, clients beside it.

    python bench/api.py [--documents 10000] [--pairs 300]

Prints one line a measurement: median and 95th percentile in milliseconds. ``Server`` and ``measure`` serve other
benchmarks too.
"""

import argparse
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from uuid import uuid4

ROOT = Path(__file__).resolve().parent.parent
WORDS = [
    "the",
    "report",
    "says",
    "that",
    "brokers",
    "were",
    "arrested",
    "in",
    "March",
    "and",
    "the",
    "ministry",
    "answered",
    "that",
    "figures",
    "of",
    "the",
    "organisation",
    "leave",
    "out",
    "cases",
    "which",
    "courts",
    "closed",
    "before",
    "January",
    "while",
    "officers",
    "rescued",
    "370",
    "people",
    "in",
    "nine",
    "provinces",
]
DOCUMENTS_A_DOSSIER = 5


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def serving(data_dir, *, workers=2):
    """Run gunicorn over ``data_dir`` as `make run` does; yields the port once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "annotate.wsgi", "--bind", f"127.0.0.1:{port}", "--log-level", "error"]
    command += ["--workers", str(workers), "--backlog", "512"]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DATA_DIR": str(data_dir)})
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def fill(documents):
    """Store the documents, in dossiers of five, and a person with a token; returns what the clients need."""
    from claims.models import ApiToken, Document, Dossier, DossierDocument, User
    from claims.projects import create_project

    user = User.objects.create_user(username="bench")
    project = create_project(slug="bench", title="Bench", owner=user)
    chance = random.Random(7)
    rows = [Document(project=project, title=f"Document {number}") for number in range(documents)]
    for row in rows:
        row.set_text(" ".join(chance.choices(WORDS, k=150)) + ".")
    Document.objects.bulk_create(rows, batch_size=500)
    dossiers = [Dossier(project=project, title=f"Dossier {at}") for at in range(0, documents, DOCUMENTS_A_DOSSIER)]
    Dossier.objects.bulk_create(dossiers, batch_size=500)
    places = [
        DossierDocument(dossier=dossiers[at // DOCUMENTS_A_DOSSIER], document=row, position=at % DOCUMENTS_A_DOSSIER)
        for at, row in enumerate(rows)
    ]
    DossierDocument.objects.bulk_create(places, batch_size=500)
    token = ApiToken.make(user, name="bench")
    return token, [(str(place.dossier_id), str(place.document_id)) for place in places]


class Client:
    """One caller. Connections are kept open where the server keeps them."""

    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}

    def ask(self, method, path, body=None, **headers):
        """Send one request; return (status, JSON, seconds)."""
        began = time.perf_counter()
        text = json.dumps(body) if body is not None else None
        self.connection.request(method, path, text, {**self.headers, **headers})
        answer = self.connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - began
        return answer.status, json.loads(content) if content else None, seconds


def a_pair(place, chance):
    """Return a pair on two random stretches of a document."""
    dossier, document = place
    at = chance.randrange(0, 300)
    return {
        "dossier": dossier,
        "assertion": {"document": document, "start": at, "end": at + 60},
        "response": {"document": document, "start": at + 80, "end": at + 150},
        "link": {"relation": "rejects", "strategies": ["denies"]},
    }


def save_pairs(port, token, places, *, clients, each):
    """Return the seconds that each of ``clients`` × ``each`` saves took; every one must be stored."""
    taken, failed = [], []

    def work(seed):
        chance, client = random.Random(seed), Client(port, token)
        for _ in range(each):
            pair = a_pair(chance.choice(places), chance)
            status, answer, seconds = client.ask("POST", "/api/v1/pairs/", pair, **{"Idempotency-Key": str(uuid4())})
            (taken if status == 201 else failed).append(seconds if status == 201 else (status, answer))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed[:3]
    return taken


def read_list(port, token, page, *, times=40):
    client, taken = Client(port, token), []
    for _ in range(times):
        status, answer, seconds = client.ask("GET", f"/api/v1/documents/?page={page}")
        assert status == 200, answer
        taken.append(seconds)
    return taken


def line(what, seconds):
    """Return one line of the table, in milliseconds."""
    worst = quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]
    return f"{what:<46} median {median(seconds) * 1000:7.1f} ms   p95 {worst * 1000:7.1f} ms   n {len(seconds)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--pairs", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as folder:
        os.environ["DATA_DIR"] = folder
        os.environ.pop("DATABASE_URL", None)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
        sys.path.insert(0, str(ROOT))
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        token, places = fill(options.documents)
        with serving(folder) as port:
            save_pairs(port, token, places, clients=2, each=10)  # both workers have loaded everything by then
            print(line("a pair saved, 1 client", save_pairs(port, token, places, clients=1, each=options.pairs)))
            each = max(options.pairs // 4, 1)
            print(line("a pair saved, 8 clients", save_pairs(port, token, places, clients=8, each=each)))
            print(line("list of 50 documents, first page", read_list(port, token, 1)))
            print(line("list of 50 documents, last page", read_list(port, token, "last")))


if __name__ == "__main__":
    main()
