"""Run the web server and the worker until Ctrl-C, and stop both when either ends.

``manage.py start`` becomes this program once everything is ready. Standard library only, so that what merely waits
weighs little.
"""

import argparse
import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 30  # seconds until a server that does not answer is given up, and until one that does not end is killed

READY = """
    Rejoinder is running at {url}

    This link signs you in, once:

        {link}

    Ctrl-C stops it; `make run` makes a new link. Everything is kept in {data}.
"""


def end_with_parent():
    """Have Linux end this child when its parent is killed outright; elsewhere it goes on."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def spawn(*command):
    # A group of its own: Ctrl-C reaches this program alone, which then asks each child once.
    return subprocess.Popen([sys.executable, *command], cwd=ROOT, process_group=0, preexec_fn=end_with_parent)


def answers(url):
    try:
        urllib.request.urlopen(f"{url}/livez", timeout=2).close()
    except (OSError, urllib.error.URLError):
        return False
    return True


def wait_until_up(web, url):
    """Return whether the server answers before it ends or patience does."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and web.poll() is None:
        if answers(url):
            return True
        time.sleep(0.05)
    return False


def stop(children):
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + PATIENCE
    for child in children:
        try:
            child.wait(timeout=max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            child.kill()


class Asked(Exception):
    """Somebody asked the program to end."""


def ask(signum, frame):
    # Asked once is enough; a second Ctrl-C must not cut the stopping short.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    raise Asked


def serve(*, url, link, data, with_worker):
    """Run until asked to end; return the exit code."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), ask)
    children = []
    try:
        children.append(spawn("-m", "gunicorn", "--config", "gunicorn.conf.py"))
        if not wait_until_up(children[0], url):
            print("The web server did not start; the reason is above.", file=sys.stderr)
            return 1
        print(READY.format(url=url, link=link, data=data), flush=True)
        if with_worker:
            children.append(spawn("manage.py", "worker"))
        while all(child.poll() is None for child in children):
            time.sleep(0.25)
        print("The web server or the worker ended by itself, so both are stopped.", file=sys.stderr)
        return 1
    except Asked:
        print("\nStopping.", flush=True)
        return 0
    finally:
        stop(children)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--data", default=os.environ.get("DATA_DIR", "var"))
    parser.add_argument("--no-worker", action="store_true")
    options = parser.parse_args()
    # By the environment and not by an argument, which everybody on the machine could read in the list of processes.
    link = os.environ.pop("SIGN_IN_LINK")
    sys.exit(serve(url=options.url, link=link, data=options.data, with_worker=not options.no_worker))
