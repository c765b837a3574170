"""Run every test: on SQLite, then the same ones on PostgreSQL. ``python3 tools/test.py [arguments for pytest]``.

``REQUIRE_SERVICES=1`` makes a missing browser, PostgreSQL or Redis a failure; otherwise what needs them is skipped, and
said. The last lines are always pytest's.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import PYTHON, ROOT, ensure

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
POSTGRES = "postgres://postgres@127.0.0.1:5432/rejoinder"
REQUIRED = os.environ.get("REQUIRE_SERVICES", "0") == "1"


def ensure_chromium():
    """Find a Chromium, or install Debian's where that needs nobody's password; else say what to do."""
    if os.environ.get("CHROMIUM") or any(map(shutil.which, CHROMIUM_NAMES)):
        return
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    may_install = is_debian() and (not as_root or subprocess.call([*as_root, "true"], stderr=subprocess.DEVNULL) == 0)
    if may_install:
        print("Installing Chromium for the browser tests", flush=True)
        apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
        for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            subprocess.call([*apt, *command], stdout=subprocess.DEVNULL)
    if not any(map(shutil.which, CHROMIUM_NAMES)):
        miss("No Chromium was found, which the browser tests need: install one, or name it with CHROMIUM=/path/to/it.")


def is_debian():
    release = Path("/etc/os-release")
    return release.exists() and "\nID=debian" in "\n" + release.read_text() and bool(shutil.which("apt-get"))


def miss(sentence):
    """Say what is missing; end here where everything has to be there."""
    if REQUIRED:
        sys.exit(f"{sentence} REQUIRE_SERVICES=1 makes this a failure.")
    print(sentence, "What needs it is skipped.", flush=True)


def databases():
    """Return the DATABASE_URLs to test on, "" being a SQLite file."""
    url = os.environ.get("TEST_POSTGRES", POSTGRES)
    probe = (
        "import sys, psycopg\n"
        "from urllib.parse import urlsplit, urlunsplit\n"
        "url = urlunsplit(urlsplit(sys.argv[1])._replace(path='/postgres'))\n"
        "try:\n"
        "    psycopg.connect(url, connect_timeout=3).close()\n"
        "except psycopg.Error as error:\n"
        "    sys.exit(str(error).strip().splitlines()[0])\n"
    )
    tried = subprocess.run([str(PYTHON), "-c", probe, url], capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        return ["", url]
    miss(f"PostgreSQL does not answer at {url} ({tried.stderr.strip()}); TEST_POSTGRES names another.")
    return [""]


def run(database_url, arguments):
    """Run pytest on one database, in a folder of its own, and return its exit code."""
    print(f"\nOn {'PostgreSQL' if database_url else 'SQLite'}:", flush=True)
    with tempfile.TemporaryDirectory(prefix="rejoinder-test-") as folder:
        environment = {**os.environ, "DATA_DIR": folder, "DATABASE_URL": database_url}
        if not database_url:
            del environment["DATABASE_URL"]
        # Each worker has a database of its own; tests of one file stay together and share what they set up.
        command = [str(PYTHON), "-m", "pytest", "-n", "2", "--dist", "loadfile", *arguments]
        return subprocess.call(command, cwd=ROOT, env=environment)


def main(arguments):
    ensure("requirements-dev.txt")
    ensure("requirements-aif.txt")
    ensure_chromium()
    for url in databases():
        code = run(url, arguments)
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
