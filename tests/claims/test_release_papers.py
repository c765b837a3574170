"""What others' tools make of a release's papers."""

import json
import re
import subprocess
import sys

import mlcroissant
import pytest
import yaml

from claims.publishing.about import About, AboutDocument, AboutLayer, PublishedFile
from claims.publishing.papers import papers
from tests.claims import two_readings
from tests.claims.rich_project import make_rich_project
from tests.claims.test_releasing import open_licences, release

BARE = About(name="sea-1", uuid="0", number=1, day="2026-01-31", slug="sea", title="Sea")


@pytest.fixture
def folder(db, tmp_path):
    return release(open_licences(make_rich_project()), tmp_path)[1]


def front_matter(folder):
    return yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])


def test_card_names_files_that_are_there(folder):
    found = front_matter(folder)
    assert found["license"] == "cc-by-4.0"
    assert found["configs"][0]["config_name"] == "claims"
    paths = [file["path"] for config in found["configs"] for file in config["data_files"]]
    assert paths
    assert all((folder / path).is_file() for path in paths)


@pytest.mark.django_db
def test_snippet_of_the_card_runs(folder):
    snippet = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    environment = {"HF_HOME": str(folder.parent / "hf"), "HF_HUB_OFFLINE": "1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", snippet], cwd=folder.parent, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "'quote': " in done.stdout


# What mlcroissant asks of rdflib and pandas is theirs to mend.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_croissant_validates_and_yields_the_claims(folder, caplog):
    dataset = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    assert dataset.metadata.ctx.issues.errors == set()
    assert dataset.metadata.ctx.issues.warnings == set()
    assert dataset.metadata.ctx.is_v1_1()
    rows = list(dataset.records("train-claims"))
    assert len(rows) == json.loads((folder / "release.json").read_text())["splits"]["train"]["claims"]
    assert all(isinstance(row["train-claims/start"], int) for row in rows)


def test_citation_file_says_what_it_has_to(folder):
    found = yaml.safe_load((folder / "CITATION.cff").read_text(encoding="utf-8"))
    assert found["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "type"} <= set(found)
    assert found["authors"] == [{"name": "The team"}]


def test_codebook_defines_each_label_and_shows_what_was_found(folder):
    text = (folder / "CODEBOOK.md").read_text(encoding="utf-8")
    assert "### `rejects`" in text
    assert "“That is not so”" in text


@pytest.mark.django_db
def test_agreement_is_told_with_its_intervals(tmp_path):
    _, folder = release(open_licences(two_readings.make().project), tmp_path)
    text = (folder / "AGREEMENT.md").read_text(encoding="utf-8")
    assert "| person-1 and person-2 | 1 |" in text
    assert re.search(r"\| Links, F1 \| 0\.\d{3} \|", text)


def test_papers_of_a_release_with_next_to_nothing_in_it():
    found = papers(BARE, [], guidelines="")
    assert yaml.safe_load(found["README.md"].split("---\n")[1]).get("configs") is None
    assert "There is one reading" in found["AGREEMENT.md"]
    assert "GUIDELINES.md" not in found
    assert json.loads(found["croissant.json"])["recordSet"] == []


def test_words_of_people_break_no_table_and_no_yaml():
    odd = 'A | B\n# "C": <script>'
    about = About(
        **{
            **vars(BARE), "title": odd, "creators": (odd,), "description": odd, "licence": "ODC-By-1.0",
            "layers": (AboutLayer(name=odd, kind="team"),),
            "documents": (AboutDocument(uuid="1", title=odd, licence=odd),),
        }
    )  # fmt: skip
    found = papers(about, [PublishedFile("data/train/claims.parquet", 1, "0" * 64)], guidelines="")
    assert yaml.safe_load(found["CITATION.cff"])["authors"] == [{"name": odd}]
    assert yaml.safe_load(found["README.md"].split("---\n")[1])["license"] == "odc-by"
    assert 'A \\| B # "C": &lt;script>' in found["README.md"]
