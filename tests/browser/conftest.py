"""A whole installation for the browser: its own folder and database, migrated, served by gunicorn, the demo loaded."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.conftest import ROOT


class Site:
    """An installation of its own: its commands, its address, and people who sign in to it by link."""

    def __init__(self, folder, database_url):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            **os.environ,
            "DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
            "PUBLIC_URL": self.url,
            "TASK_QUEUE": "immediate",
            "DJANGO_SETTINGS_MODULE": "annotate.settings",
        }

    def run(self, *arguments, check=True, **options):
        """Run ``manage.py`` with ``arguments``; return what it printed."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            **options,
        )
        if check and done.returncode:
            pytest.fail(f"manage.py {' '.join(arguments)} ended with {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout

    def shell(self, code):
        """Run Python in the installation and return what its last line printed, read as JSON."""
        return json.loads(self.run("shell", "-v", "0", "-c", code).splitlines()[-1])

    def start(self):
        command = [sys.executable, "-m", "gunicorn", "-w", "2", "--preload", "-b", f"127.0.0.1:{self.port}"]
        with (self.folder / "server.log").open("w") as log:
            self.server = subprocess.Popen([*command, "annotate.wsgi"], env=self.env, cwd=ROOT, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/livez", timeout=2).close()
                return
            except OSError:
                time.sleep(0.1)
        pytest.fail(f"The server did not answer: {(self.folder / 'server.log').read_text()[-2000:]}")

    def stop(self):
        self.server.terminate()
        self.server.wait(timeout=20)

    def sign_in(self, context, username="demo"):
        """Return a page of ``context`` on which ``username`` has just signed in by a one-time link."""
        page = context.new_page()
        page.goto(self.run("sign_in_link", username, "--new").strip())
        page.get_by_role("button", name=re.compile("Sign in")).first.click()
        page.wait_for_url(re.compile(r"^(?!.*sign-in).*$"))
        return page

    def dossier(self, slug):
        """Return the address of the only dossier of a project."""
        code = (
            "import json; from claims.models import Dossier; "
            f"print(json.dumps(str(Dossier.objects.live().get(project__slug={slug!r}, project__deleted_at=None).pk)))"
        )
        return f"{self.url}/dossiers/{self.shell(code)}/"


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture(scope="session")
def database_url(tmp_path_factory):
    """An empty database on the engine that this run of the tests is about."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield f"sqlite:///{tmp_path_factory.mktemp('site')}/site.sqlite3"
        return
    import psycopg

    name = f"rejoinder_browser_{uuid.uuid4().hex[:8]}"
    parts = urlsplit(url)
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        yield urlunsplit(parts._replace(path=f"/{name}"))
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def site(tmp_path_factory, database_url, chromium):
    """The installation, served for the whole session."""
    site = Site(tmp_path_factory.mktemp("data"), database_url)
    site.run("migrate", "-v", "0")
    site.run("demo")
    site.start()
    yield site
    site.stop()


@pytest.fixture
def browse(chromium, site):
    """Return a function that opens a page signed in as somebody; script errors and refused styles fail the test."""
    contexts, errors = [], []

    def open_page(username="demo", **options):
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = site.sign_in(context, username)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors, f"the page's scripts failed: {errors}"


@pytest.fixture
def project(site):
    """Return a function that makes a project of the demo user's with one text, and gives its dossier's address."""

    def make(text, *, tag=True):
        slug = f"p{uuid.uuid4().hex[:8]}"
        path = site.folder / f"{slug}.txt"
        path.write_text(text, encoding="utf-8")
        site.run("import", slug, str(path), "--owner", "demo", *([] if tag else ["--no-tag"]))
        return slug, site.dossier(slug)

    return make
