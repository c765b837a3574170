"""What every test may rely on: a quick password hash, its own files, a browser, and services that are there or said to be missing."""

import os
import shutil
import socket
import tempfile
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import TransactionTestCase

from claims import triggers

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT.parent / "shared" / "seed" / "000_736126dc7e3db3e7.txt"
# On a machine that should have every service, a missing one is a failure and not a skipped test.
REQUIRE_SERVICES = os.environ.get("REQUIRE_SERVICES", "0") == "1"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_configure(config):
    # A password hash is slow on purpose; no test is about that.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Neither the static files nor the uploads of this installation are the tests' business.
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    config.stash[FILES] = tempfile.mkdtemp(prefix="rejoinder-test-")
    settings.STORAGES = {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": config.stash[FILES]},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


FILES = pytest.StashKey[str]()


def pytest_unconfigure(config):
    shutil.rmtree(config.stash.get(FILES, ""), ignore_errors=True)


def pytest_collection_modifyitems(items):
    if SEED.exists():
        return
    absent = pytest.mark.skip(reason=f"the founders' seed article is not at {SEED}")
    for item in items:
        if item.get_closest_marker("seed"):
            item.add_marker(absent)


plain_teardown = TransactionTestCase._fixture_teardown


def teardown_with_history(self):
    """Let a transactional test be cleaned away: on SQLite that deletes row by row, which history refuses.

    The flush ends with the post_migrate signal, which makes the triggers anew.
    """
    triggers.drop(connection)
    plain_teardown(self)


TransactionTestCase._fixture_teardown = teardown_with_history


def absent(what):
    """Skip the test for want of a service, or fail it where services are required."""
    (pytest.fail if REQUIRE_SERVICES else pytest.skip)(f"{what}; REQUIRE_SERVICES=1 makes this a failure")


@pytest.fixture(scope="session")
def redis_url():
    """The address of a Redis that answers."""
    url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/15"
    host, _, port = url.split("//", 1)[1].split("/", 1)[0].rpartition("@")[2].partition(":")
    try:
        socket.create_connection((host, int(port or 6379)), timeout=2).close()
    except OSError as error:
        absent(f"Redis does not answer at {url}: {error}")
    return url


def find_chromium():
    """Return the path of a Chromium: the one CHROMIUM names, else the first that is installed, else None."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


@pytest.fixture(scope="session")
def chromium():
    """A headless browser for the whole session."""
    path = find_chromium()
    if path is None:
        absent("No Chromium is installed; `make test` says how to get one")
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code: it then keeps another set
    # of connections. Those of before are closed here and those of meanwhile below, or they would outlive the tests.
    connections.close_all()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
        connections.close_all()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(chromium, live_server):
    """A fresh browser page; addresses without a host are the live server's. A script error fails the test."""
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 860})
    context.set_default_timeout(10_000)
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not errors, f"the page's scripts failed: {errors}"
