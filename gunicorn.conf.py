"""How gunicorn serves Rejoinder; it finds this file by itself. Every variable has a line in docs/settings.md."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")

from django.conf import settings  # noqa: E402  the line above names the settings

is_sqlite = "sqlite" in settings.DATABASES["default"]["ENGINE"]

# Reading the settings has put the safe library, where there is one, in the place of Python's own.
import sqlite3  # noqa: E402

from annotate.sqlite import MANY_WRITERS_SAFE, is_safe_for_many_writers  # noqa: E402

is_alone = is_sqlite and not is_safe_for_many_writers(sqlite3.sqlite_version_info)

wsgi_app = "annotate.wsgi"
bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = 1 if is_alone else int(os.environ.get("WEB_CONCURRENCY", "2"))
# Browsers keep idle connections open; threads hold them without holding up a whole process.
worker_class = "gthread"
# SQLite has one writer at a time and lets the others sleep: few threads wait in turn, many make some wait long.
threads = int(os.environ.get("WEB_THREADS", "2" if is_sqlite else "4"))
# Loaded once and shared by the workers; the language model is not among it, for it waits for the first reading.
preload_app = True
timeout = 60
graceful_timeout = 10
keepalive = 15
loglevel = "warning"
control_socket_disable = True


def on_starting(server):
    if is_alone and int(os.environ.get("WEB_CONCURRENCY", "2")) > 1:
        server.log.warning(
            "SQLite %s can lose commits when several processes write, so one process serves; %s or later lifts this.",
            sqlite3.sqlite_version,
            MANY_WRITERS_SAFE,
        )


def when_ready(server):
    # Objects the collector leaves alone stay on pages that parent and workers share.
    gc.collect()
    gc.freeze()


def post_fork(server, worker):
    from django.db import connections

    # A connection that two processes use breaks both.
    connections.close_all()
