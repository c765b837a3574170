"""``manage.py start``: from an empty folder to a page one is signed in to, and down again."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import pytest

from tests.conftest import ROOT

PATIENCE = 120


def free_port():
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """A started installation with a folder and a SQLite file of its own: (port, link, process, environment)."""
    folder, port = tmp_path_factory.mktemp("start"), free_port()
    environment = {**os.environ, "DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"}
    for name in ("DATABASE_URL", "PUBLIC_URL", "TASK_QUEUE"):
        environment.pop(name, None)
    command = [sys.executable, "manage.py", "start", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C stops it" in line:
            break
    link = re.search(r"http://\S+/sign-in/\S+", said)
    assert link, said
    yield port, link.group(), process, environment
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_link_signs_in_once_and_opens_the_first_minute(started):
    port, link, _, _ = started
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    address, _, fragment = link.partition("#")
    assert fragment == "now"
    for status in (200, 410):
        try:
            page = browser.open(address, timeout=PATIENCE)
        except urllib.error.HTTPError as error:
            page = error
        said = page.read().decode()
        page.close()
        assert page.status == status
        if status == 410:
            return
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', said).group(1)
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token}).encode()
        with browser.open(address, body, timeout=PATIENCE) as opened:
            assert re.search(r"/dossiers/[\w-]+/\?tour=1$", opened.url)


def test_taken_port_is_one_sentence(started):
    port, _, _, environment = started
    command = [sys.executable, "manage.py", "start", "--port", str(port)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"CommandError: Port {port} cannot be used (address already in use)")
    assert done.stderr.count("\n") == 1


def test_asked_to_end_it_leaves_nothing_running(started):
    port, _, process, _ = started
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False).stdout
    assert len(children.split()) >= 1
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=PATIENCE) == 0
    with socket.socket() as trial:
        assert trial.connect_ex(("127.0.0.1", port))
    assert all(not os.path.exists(f"/proc/{child}") for child in children.split())
