"""Every example of docs/api.md, run in its order."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from claims.models import ApiToken
from tests.factories import make_project, make_user

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```http\n(.*?)```\n\n```json\n(.*?)```", re.DOTALL)


def is_like(found, said):
    """Whether an answer holds what the page says; … stands for anything, and what the page leaves out may be there."""
    if isinstance(said, dict):
        return isinstance(found, dict) and all(name in found and is_like(found[name], said[name]) for name in said)
    if isinstance(said, list):
        return (
            isinstance(found, list)
            and len(found) == len(said)
            and all(is_like(one, other) for one, other in zip(found, said, strict=True))
        )
    return said == "…" and found is not None or found == said


def put_in(text, names):
    return re.sub(r"\$([A-Z]+)", lambda match: str(names[match[1]]), text)


def read_request(text):
    """Return (method, path, headers, body) of an example."""
    head, _, body = text.partition("\n\n")
    line, *headers = head.strip().splitlines()
    return *line.split(" ", 1), dict(header.split(": ", 1) for header in headers), body


def pick(answer, path):
    for name in path.split("."):
        answer = answer[int(name) if name.isdigit() else name]
    return answer


def test_every_example_is_answered_as_the_page_says(owner):
    names = {"PROJECT": str(make_project(owner=owner.user).pk)}
    examples = EXAMPLE.findall(PAGE)
    for request, said in examples:
        method, path, headers, body = read_request(put_in(request, names))
        answer = owner.client.generic(method, path, body, content_type="application/json", headers=headers)
        status, _, expected = said.partition("\n")
        code, *keep = status.split()
        assert answer.status_code == int(code), (request, answer.content)
        if expected.strip():
            found = answer.json()
            assert is_like(found, json.loads(put_in(expected, names))), (request, found)
            if keep:
                names[keep[-1]] = (pick(found, keep[0]) if len(keep) > 1 else found)["id"]
    assert len(examples) == PAGE.count("```http") > 15


def test_the_page_has_an_example_for_every_address():
    from annotate.api.urls import VIEWSETS

    asked = {path.split("/")[3] for path in re.findall(r"/api/v1/[a-z-]+/", PAGE)}
    assert asked >= {*VIEWSETS, "pairs", "schema", "docs"}


@pytest.mark.django_db(transaction=True)
def test_the_python_example_runs(live_server):
    user = make_user()
    make_project(owner=user)
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    environment = {"REJOINDER_URL": live_server.url, "REJOINDER_TOKEN": ApiToken.make(user, name="docs")}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.stderr) == ("A1 is answered by R1\n", "")
