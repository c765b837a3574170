"""How long a search takes among 100,000 claims, on SQLite and on PostgreSQL.

``python bench/search.py [--documents 50000]`` makes a corpus of documents of about 150 words with two claims and a link
each, whose words are as unequally frequent as those of a language, imports it, and asks the ``Search`` that page and
API use for one page of each kind of result. PostgreSQL is used where it answers at TEST_POSTGRES.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]
POSTGRES = os.environ.get("TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/rejoinder_bench_search")
SYLLABLES = ["ba", "ko", "ri", "sen", "tal", "mu", "vi", "dor", "pek", "lan", "sho", "gi", "ter", "ru", "na"]


def vocabulary(size=8000):
    """Return words drawn as often as they should be: the n-th about 1/n times."""
    chance = random.Random(7)
    made = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) + str(number % 97) for number in range(size)]
    return [word for number, word in enumerate(made) for _ in range(max(1, size // (number + 1) // 4))], made


def measure(folder, database, path, asked):
    environment = {**os.environ, "DATA_DIR": str(folder), "DATABASE_URL": database}
    if not database:
        del environment["DATABASE_URL"]
    done = subprocess.run(
        [sys.executable, __file__, "--work", str(path), *asked], env=environment, cwd=ROOT, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.returncode)


def work(path, asked):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from claims import exchange
    from claims.models import Claim, Membership, User
    from claims.search import KINDS, Search

    call_command("migrate", verbosity=0, skip_checks=True)
    began = time.perf_counter()
    project = exchange.import_project(Path(path)).project
    seconds = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # what autovacuum does a little later
    user = User.objects.create_user(username="searcher")
    Membership.objects.create(project=project, user=user, role="owner")
    print(f"{connection.vendor}: {Claim.objects.count():,} claims, imported in {seconds:.0f} s")
    times = []
    for query in asked:
        for kind in KINDS:
            took = []
            for _ in range(5):
                began = time.perf_counter()
                rows, _ = Search(user, query).found(kind)
                took.append((time.perf_counter() - began) * 1000)
            times.append(statistics.median(took))
            print(f"  {query!r:<32} {kind:<9} {len(rows):>3} shown  {statistics.median(took):7.1f} ms")
    print(f"  median of all {statistics.median(times):.0f} ms, to reach < 100 ms; longest {max(times):.0f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=50_000)
    parser.add_argument("--work", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work[0], options.work[1:])
        return
    from exchange import corpus

    from claims.formats import jsonl

    drawn, made = vocabulary()
    asked = [made[0], made[20], made[300], made[5000], f"{made[1]} {made[40]}", f'"{made[0]} {made[1]}"', made[200][:4]]
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name:
        path = Path(name) / "corpus.jsonl"
        with path.open("wb") as file:
            jsonl.write(corpus(options.documents, slug="search", words=drawn), file)
        measure(Path(name), "", path, asked)
        with postgres() as url:
            if url:
                measure(Path(name), url, path, asked)


class postgres:
    """A database of its own for the time of a ``with``, or "" where no server answers."""

    def __enter__(self):
        import psycopg

        self.server, self.name = POSTGRES.rpartition("/")[0] + "/postgres", POSTGRES.rpartition("/")[2]
        try:
            self.run(f'DROP DATABASE IF EXISTS "{self.name}"', f'CREATE DATABASE "{self.name}"')
        except psycopg.OperationalError:
            print("postgresql: no server answers; skipped")
            return ""
        return POSTGRES

    def __exit__(self, *error):
        import psycopg

        with __import__("contextlib").suppress(psycopg.Error):
            self.run(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def run(self, *statements):
        import psycopg

        with psycopg.connect(self.server, autocommit=True, connect_timeout=3) as connection:
            for statement in statements:
                connection.execute(statement)


if __name__ == "__main__":
    main()
