import json
import os
import subprocess
import sys

import pytest

from claims.models import Link
from tests.claims.rich_project import export_bytes, make_rich_project
from tests.conftest import ROOT, absent
from tests.factories import make_actor, make_claim, make_document, make_dossier, make_link, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def dossier():
    return make_dossier(documents=[make_document(make_project())])


def graph(project):
    found = json.loads(export_bytes(project, format="aif"))
    nodes = {node["nodeID"]: node for node in found["nodes"]}
    assert len(nodes) == len(found["nodes"])
    for edge in found["edges"]:
        assert {edge["fromID"], edge["toID"]} <= nodes.keys()
        # Information nodes are never tied to each other but through a scheme.
        assert {nodes[edge["fromID"]]["type"], nodes[edge["toID"]]["type"]} - {"I", "L"}
    return found, nodes


@pytest.mark.parametrize(("relation", "kind"), [("disputes", "CA"), ("rejects", "CA"), ("concedes", "RA")])
def test_a_stance_becomes_a_scheme(dossier, relation, kind):
    assertion = make_claim(dossier, quote="370 people were arrested")
    response = make_claim(dossier, quote="the report was unfair", role="response")
    link = make_link(response, assertion, relation=relation)
    found, nodes = graph(dossier.project)
    assert (nodes[str(link.pk)]["type"], nodes[str(link.pk)]["text"]) == (kind, relation)
    ends = [(edge["fromID"], edge["toID"]) for edge in found["edges"]]
    assert ends == [(str(response.pk), str(link.pk)), (str(link.pk), str(assertion.pk))]


@pytest.mark.parametrize("relation", ["", "qualifies", "deflects"])
def test_neither_conflict_nor_inference_is_no_scheme(dossier, relation):
    make_link(make_claim(dossier, quote="unfair", role="response"), make_claim(dossier, quote="370"), relation=relation)
    found, nodes = graph(dossier.project)
    assert {node["type"] for node in nodes.values()} == {"I"}
    assert found["edges"] == []


def test_who_said_it_is_a_locution(dossier):
    speaker = make_actor(dossier.project, "The minister")
    claim = make_claim(dossier, quote="unfair", role="response", speaker=speaker)
    found, nodes = graph(dossier.project)
    assert nodes[f"{claim.pk}-said"]["text"] == "The minister: unfair"
    assert found["participants"][0]["surname"] == "The minister"
    assert found["locutions"][0]["personID"] == str(speaker.pk)


def test_any_project_goes_out():
    project = make_rich_project()
    _, nodes = graph(project)
    stances = Link.objects.live().filter(relation__in=["rejects", "disputes", "undercuts", "concedes", "acts"])
    drawn = stances.exclude(scope__in=["open", "questioner"])
    assert sum(node["type"] in ("CA", "RA") for node in nodes.values()) == drawn.count()


LOAD = """
import json, sys
import arguebuf

graph = arguebuf.load.file(sys.argv[1])
print(json.dumps({
    "atoms": {id: node.plain_text for id, node in graph.atom_nodes.items()},
    "schemes": {id: type(node.scheme).__name__ for id, node in graph.scheme_nodes.items()},
    "edges": sorted([edge.source.id, edge.target.id] for edge in graph.edges.values()),
}))
"""


def test_arguebuf_loads_it(dossier, tmp_path):
    """In a process and an environment of its own, since arguebuf asks for another lxml than the rest."""
    python = ROOT / ".venv-aif" / ("Scripts" if os.name == "nt" else "bin") / "python"
    if sys.version_info >= (3, 13):
        pytest.skip("arguebuf has no version for this Python.")
    if not python.exists():
        absent("There is no .venv-aif; make test makes it")
    assertion = make_claim(dossier, quote="370 people were arrested")
    response = make_claim(dossier, quote="the report was unfair", role="response")
    agreeing = make_claim(dossier, quote="332 brokers", role="response")
    conflict = make_link(response, assertion, relation="disputes")
    inference = make_link(agreeing, assertion, relation="concedes")
    path = tmp_path / "sea.json"
    path.write_bytes(export_bytes(dossier.project, format="aif"))
    done = subprocess.run([python, "-c", LOAD, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["atoms"] == {str(claim.pk): claim.quote for claim in (assertion, response, agreeing)}
    assert found["schemes"] == {str(conflict.pk): "Attack", str(inference.pk): "Support"}
    tied = [[str(link.response.pk), str(link.pk)] for link in (conflict, inference)]
    tied += [[str(link.pk), str(assertion.pk)] for link in (conflict, inference)]
    assert found["edges"] == sorted(tied)
