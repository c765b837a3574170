"""Measures the whole site on SQLite: start, memory, pages, saving while a corpus comes in, and 16 processes saving at once.

    python bench/web.py [--documents 10000] [--saves 10000]

Prints one line a measurement, beside what is to be reached. Chromium is needed for the last line alone.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from api import ROOT, Client, fill, free_port, line, read_list, save_pairs, serving

MANAGE = [sys.executable, str(ROOT / "manage.py")]


def start_time(folder, *, migrating):
    """Return the seconds from starting gunicorn, with migrations first or not, to its first answer."""
    if migrating:
        folder = tempfile.mkdtemp(dir=folder)
    environment, port = {**os.environ, "DATA_DIR": str(folder)}, free_port()
    began = time.perf_counter()
    if migrating:
        subprocess.run([*MANAGE, "migrate", "-v", "0"], env=environment, cwd=ROOT, check=True)
    server = gunicorn(environment, port)
    try:
        wait_for(port)
        return time.perf_counter() - began
    finally:
        server.terminate()
        server.wait(20)


def gunicorn(environment, port, *, workers=2):
    command = [sys.executable, "-m", "gunicorn", "annotate.wsgi", "--preload", "--bind", f"127.0.0.1:{port}"]
    return subprocess.Popen([*command, "--workers", str(workers), "--log-level", "error"], cwd=ROOT, env=environment)


def wait_for(port, *, path="/livez"):
    """Return once the server answers; it is asked a hundred times a second for half a minute."""
    for _ in range(3000):
        try:
            if Client(port, "none").connection and get(port, path)[0] == 200:
                return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError("the server did not answer within 30 seconds")


def get(port, path, cookie=""):
    """Return (status, bytes received, seconds) of one GET of a page."""
    import http.client

    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Cookie": f"sessionid={cookie}", "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    content = answer.read()
    return answer.status, len(content), time.perf_counter() - began


def memory(processes):
    """Return the proportional set size in MB of processes and their children: shared pages are counted once."""
    total = 0
    for process in processes:
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False).stdout
        for pid in [process.pid, *map(int, children.split())]:
            rollup = Path(f"/proc/{pid}/smaps_rollup")
            if rollup.exists():
                total += int(re.search(r"^Pss:\s+(\d+)", rollup.read_text(), re.MULTILINE)[1])
    return total / 1024


def idle_memory(folder):
    """Return the memory of web (two processes, one page served by each) and worker, doing nothing."""
    environment, port = {**os.environ, "DATA_DIR": str(folder)}, free_port()
    processes = [gunicorn(environment, port), subprocess.Popen([*MANAGE, "worker"], env=environment, cwd=ROOT)]
    try:
        wait_for(port)
        for _ in range(6):
            get(port, "/sign-in/")
        time.sleep(3)
        return memory(processes)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def session_cookie():
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from claims.models import User

    user, session = User.objects.get(username="bench"), SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.save()
    return session.session_key


def page_times(port, path, cookie, *, times=40):
    taken = []
    for _ in range(times):
        status, _, seconds = get(port, path, cookie)
        assert status == 200, (path, status)
        taken.append(seconds)
    return taken


def saving_while_importing(folder, port, token, places, corpus):
    """Return what saves of 8 clients took while ``corpus`` was imported beside them, and the import's seconds."""
    began = time.perf_counter()
    importing = subprocess.Popen(
        [*MANAGE, "import", "coming-in", str(corpus)],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(folder)},
        stdout=subprocess.DEVNULL,
    )
    taken, finished = [], []
    waiter = threading.Thread(target=lambda: finished.append((importing.wait(), time.perf_counter() - began)))
    waiter.start()
    while waiter.is_alive():
        taken += save_pairs(port, token, places, clients=8, each=10)
    waiter.join()
    status, seconds = finished[0]
    assert status == 0, "the import failed"
    return taken, seconds


def text_visible(port, cookie, path):
    """Return (KB transferred, seconds) of a cold load of the workspace in Chromium until its text can be read."""
    browser_path = shutil.which("chromium")
    if browser_path is None:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        seconds, sizes = [], []
        for _ in range(5):
            context = browser.new_context()
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": f"http://127.0.0.1:{port}"}])
            page, size = context.new_page(), []
            session = context.new_cdp_session(page)
            session.send("Network.enable")
            session.on("Network.loadingFinished", lambda said, size=size: size.append(said["encodedDataLength"]))
            began = time.perf_counter()
            page.goto(f"http://127.0.0.1:{port}{path}", wait_until="commit")
            page.locator(".txt").first.wait_for()
            seconds.append(time.perf_counter() - began)
            page.wait_for_load_state("networkidle")
            sizes.append(sum(size) / 1024)
            context.close()
        browser.close()
    return median(sizes), median(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--saves", type=int, default=10_000)
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
        call_command("collectstatic", verbosity=0, interactive=False)
        token, places = fill(options.documents)
        cookie = session_cookie()
        print(
            f"start to first answer, migrated          {min(start_time(folder, migrating=False) for _ in range(3)):6.2f} s    (to reach 2 s)"
        )
        print(f"start to first answer, with migrations   {start_time(folder, migrating=True):6.2f} s    (to reach 6 s)")
        print(f"idle memory of web and worker            {idle_memory(folder):6.0f} MB   (to reach 150 MB)")
        with serving(folder) as port:
            save_pairs(port, token, places, clients=2, each=10)
            last = (options.documents + 49) // 50
            for page in (1, last):
                print(
                    line(
                        f"page of 50 documents, page {page} (25 ms)",
                        page_times(port, f"/projects/bench/documents/?page={page}", cookie),
                    )
                )
            print(line("API list of 50 documents, last page (25 ms)", read_list(port, token, last)))
            corpus = Path(folder) / "corpus.jsonl"
            call_command("export", "bench", format="jsonl", output=str(corpus), verbosity=0)
            corpus = with_new_ids(corpus)
            taken, seconds = saving_while_importing(folder, port, token, places, corpus)
            print(line("a pair saved, 8 clients, while importing (p95 300)", taken))
            print(f"  that import of {options.documents} documents took {seconds:.1f} s; {imported()} are there")
            found = text_visible(port, cookie, f"/dossiers/{places[0][0]}/")
            if found:
                print(
                    f"workspace, cold: transferred, text visible {found[0]:6.0f} KB {found[1]:6.2f} s   (to reach 120 KB, 0.4 s)"
                )
        from claims.models import Link

        with serving(folder, workers=16) as port:
            before = Link.objects.count()
            began = time.perf_counter()
            taken = save_pairs(port, token, places, clients=16, each=options.saves // 16)
            stored = Link.objects.count() - before
            print(line("a pair saved, 16 processes, 16 clients", taken))
            print(
                f"  {len(taken)} saves answered, {stored} stored, in {time.perf_counter() - began:.0f} s; none failed"
            )
            assert stored == len(taken)


def with_new_ids(corpus):
    """Give every row of an exported corpus another uuid, so that it can come in beside the first."""
    known = {}

    def other(match):
        from uuid import uuid4

        return known.setdefault(match[0], str(uuid4()))

    pattern = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
    text = pattern.sub(other, corpus.read_text(encoding="utf-8"))
    path = corpus.with_name("other.jsonl")
    path.write_text(text, encoding="utf-8")
    return path


def imported():
    from claims.models import Document

    return Document.objects.filter(project__slug="coming-in", project__deleted_at=None).count()


if __name__ == "__main__":
    main()
