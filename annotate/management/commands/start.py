"""Make everything ready and serve it on this machine: ``manage.py start --port 8000``, which is what ``make run`` does."""

import hashlib
import os
import socket
import sqlite3
import subprocess
import sys
from io import StringIO
from urllib.parse import quote

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.urls import reverse

from annotate import demo
from annotate.sqlite import MANY_WRITERS_SAFE, is_safe_for_many_writers

SERVE = settings.BASE_DIR / "tools" / "serve.py"


class Command(BaseCommand):
    help = "Migrate, load the demo, serve pages and do long work on this machine, and print a one-time sign-in link."

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000, help="of 127.0.0.1 (8000)")
        parser.add_argument("--no-demo", action="store_true", help="do not load the demo dossier")

    def handle(self, *, port, no_demo, **options):
        refuse_taken(port)
        url = f"http://127.0.0.1:{port}"
        environment = {**os.environ, "BIND": f"127.0.0.1:{port}", "DJANGO_SETTINGS_MODULE": "annotate.settings"}
        environment.setdefault("PUBLIC_URL", url)
        environment.setdefault("LOG_LEVEL", "WARNING")
        migrate()
        collect_static()
        project = None if no_demo else demo.load()[0]
        environment["SIGN_IN_LINK"] = sign_in_link(environment["PUBLIC_URL"], first_page(project))
        command = [sys.executable, str(SERVE), "--url", url, "--data", str(settings.DATA_DIR)]
        if writes_alone():
            self.stderr.write(
                f"SQLite {sqlite3.sqlite_version} can lose commits when several processes write, so one process does "
                f"everything here; {MANY_WRITERS_SAFE} or later lifts this."
            )
            environment |= {"TASK_QUEUE": "immediate", "WEB_CONCURRENCY": "1"}
        if environment.get("TASK_QUEUE") == "immediate":
            command.append("--no-worker")
        connection.close()
        os.chdir(settings.BASE_DIR)
        # What is left of this process only waits, and Django is too heavy for that.
        os.execve(sys.executable, command, environment)


def refuse_taken(port):
    """Raise CommandError, before anything else is done, where the port cannot be had."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise CommandError(
                f"Port {port} cannot be used ({reason.lower()}): stop what uses it, or take another with "
                f"make run PORT={port + 1 if port < 65535 else 8001}"
            ) from error


def migrate():
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        raise CommandError(f"The database does not answer: {str(error).strip().splitlines()[0]}") from error


def collect_static():
    """Collect, hash and compress the static files, unless they are as they were the last time."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            digest.update(f"{path} {storage.size(path)} {storage.get_modified_time(path)}\n".encode())
    stamp = settings.STATIC_ROOT / "sources.sha256"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    # A process of its own: this one has settled, by its settings, on files that are not collected.
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity", "0"]
    if subprocess.call(command, cwd=settings.BASE_DIR):
        raise CommandError("The static files could not be collected; the reason is above.")
    stamp.write_text(digest.hexdigest())


def sign_in_link(public_url, page):
    """Return a link to ``page`` that signs the demo's person in at once, if a person's browser opens it."""
    demo.demo_user()
    out = StringIO()
    call_command("sign_in_link", "demo", stdout=out)
    address = out.getvalue().strip()[len(settings.PUBLIC_URL.rstrip("/")) :]
    return f"{public_url.rstrip('/')}{address}?next={quote(page)}#now"


def first_page(project):
    """Return where the link leads: the first minute of the demo, until there is a project of one's own."""
    own = demo.demo_user().memberships.filter(project__deleted_at=None).exclude(project=project)
    dossier = project and project.dossiers.live().first()
    return f"{dossier.get_absolute_url()}?tour=1" if dossier and not own.exists() else reverse("home")


def writes_alone():
    return connection.vendor == "sqlite" and not is_safe_for_many_writers(sqlite3.sqlite_version_info)
