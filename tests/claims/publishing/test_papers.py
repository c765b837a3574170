"""The papers of a release, each read by the tool it is written for, over a folder of real tables."""

import hashlib
import json
import os
import re
import subprocess
import sys
import warnings
from dataclasses import replace
from uuid import UUID

import pytest
import yaml

from claims.formats import parquet, records
from claims.publishing.about import About, AboutDocument, AboutLayer, PublishedFile
from claims.publishing.papers import papers
from claims.publishing.tables import TABLES

# mlcroissant's own libraries warn of each other.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ODD = 'Über | "quoted": #1\nsecond\u2028line \x7f \u0085 \\ 😀 ខ្មែរ <script>'


def uuid_of(number):
    return UUID(int=number)


def rows_of(first):
    document = records.Document(uuid=uuid_of(first), title="Report", text="Crime fell. It did not.", sha256="0" * 64)
    claims = [
        records.Claim(
            uuid=uuid_of(first + 1 + number), document=document.uuid, start=start, end=end, quote=quote,
            layer=uuid_of(1), dossier=uuid_of(2), role=role,
        )
        for number, (start, end, quote, role) in enumerate(
            [(0, 11, "Crime fell.", "assertion"), (12, 23, "It did not.", "response")]
        )
    ]  # fmt: skip
    link = records.Link(
        uuid=uuid_of(first + 3), layer=uuid_of(1), response=claims[1].uuid, target_claim=claims[0].uuid,
        relation="rejects", strategies=("denies",),
    )  # fmt: skip
    return [document, *claims, link]


def write_folder(folder, splits):
    """Write tables of two claims and a link into each split; return what the papers are told of them."""
    for number, split in enumerate(splits, 1):
        where = folder / "data" / split
        where.mkdir(parents=True)
        found = list(parquet.rows(rows_of(100 * number)))
        for name in ("documents", "claims", "links"):
            with parquet.Table(where / f"{name}.parquet", TABLES[name]) as table:
                for kind, row in found:
                    if kind == name:
                        table.add(row)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        PublishedFile(
            path.relative_to(folder).as_posix(), path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()
        )
        for path in paths
    ]


def figure(value, n=12):
    return {"value": value, "interval": [0.4, 0.8], "n": n, "of": "items", "why": ""}


def make_about(**more):
    return About(
        name="harbour-watch-1", uuid=str(uuid_of(9)), number=1, day="2026-11-24", slug="harbour-watch",
        **{
            "title": "Harbour Watch", "description": "What the port said.", "creators": ("Harbour Watch",), "licence": "CC-BY-4.0",
            "reading": "gold", "layers": (AboutLayer(name="gold", kind="gold", claims=4, links=2),),
            "languages": ("en", "de-AT"), "shares": {"train": 80, "dev": 10, "test": 10},
            "documents": (AboutDocument(uuid=str(uuid_of(100)), title="Report", has_text=True, split="train"),),
            "splits": {name: {"claims": 2, "documents": 1, "links": 1} for name in ("train", "dev", "test")},
            "tables": {"claims": 6, "documents": 3, "links": 3}, "vocabulary": "default/1", "guidelines": 2,
            "labels": ({
                "facet": "relation", "key": "rejects", "phrase": "rejects", "definition": "Says it is not so.",
                "example": "No.", "stance": "dispute", "maps_to": "", "is_retired": False, "count": 3,
                "found": ["It did not."],
            },),
            "agreement": {
                "claims": {"f1_overlap": figure(0.61)}, "facets": {"relation": {"alpha": figure(0.55)}}, "pairs": [],
                "tolerance": "sentence", "bootstrap": {"samples": 1000, "seed": 2022},
            },
            "annotators": 2, **more,
        },
    )  # fmt: skip


@pytest.fixture
def release(tmp_path):
    """Return (folder, About, papers) of a whole small release, papers written."""
    folder = tmp_path / "harbour-watch-1"
    files = write_folder(folder, ("train", "dev", "test"))
    about = make_about()
    return folder, about, write_papers(folder, about, files)


def write_papers(folder, about, files):
    found = papers(about, files, guidelines="Read both statements.")
    for path, text in found.items():
        (folder / path).write_text(text, encoding="utf-8")
    return found


def front_matter(card):
    return yaml.safe_load(card.split("---\n")[1])


def test_header_of_the_card_points_at_every_table(release):
    folder, _, found = release
    said = front_matter(found["README.md"])
    assert [config["config_name"] for config in said["configs"]] == ["claims", "documents", "links"]
    files = [file for config in said["configs"] for file in config["data_files"]]
    assert {file["split"] for file in files} == {"train", "dev", "test"}
    assert len(files) == 9
    assert all((folder / file["path"]).is_file() for file in files)
    assert (said["license"], said["language"], said["size_categories"]) == ("cc-by-4.0", ["de", "en"], ["n<1K"])


def test_header_of_the_card_satisfies_the_hub(release):
    from huggingface_hub import DatasetCard

    _, _, found = release
    data = DatasetCard(found["README.md"]).data
    assert data.pretty_name == "Harbour Watch, release 1"


def test_loading_snippet_runs_as_it_stands(release, tmp_path):
    folder, _, found = release
    (snippet,) = re.findall(r"```python\n(.*?)```", found["README.md"], re.DOTALL)
    offline = {"HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", snippet], cwd=folder.parent, env=os.environ | offline, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Crime fell." in done.stdout


def test_croissant_is_valid_and_yields_every_column_of_the_claims(release, caplog):
    import mlcroissant

    folder, _, _ = release
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        dataset = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
        assert not dataset.metadata.issues.errors
        assert not dataset.metadata.issues.warnings
        rows = list(dataset.records("train-claims"))
    assert not [one for one in caplog.records if one.levelname in ("WARNING", "ERROR")]
    assert [row["train-claims/quote"] for row in rows] == [b"Crime fell.", b"It did not."]
    assert [row["train-claims/start"] for row in rows] == [0, 12]


def test_croissant_names_every_file_with_its_hash(release):
    folder, _, found = release
    said = json.loads(found["croissant.json"])
    assert said["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    for file in said["distribution"]:
        assert hashlib.sha256((folder / file["contentUrl"]).read_bytes()).hexdigest() == file["sha256"]


def test_citation_has_what_the_format_asks_for(release):
    said = yaml.safe_load(release[2]["CITATION.cff"])
    assert said["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "type"} <= said.keys()
    assert said["authors"] == [{"name": "Harbour Watch"}]
    assert str(said["date-released"]) == "2026-11-24"


def test_words_of_people_break_neither_header_nor_citation(tmp_path):
    files = write_folder(tmp_path, ("train",))
    found = papers(make_about(title=ODD, description=ODD, creators=(ODD,), licence="ours: #1"), files, guidelines=ODD)
    assert front_matter(found["README.md"])["pretty_name"] == f"{ODD}, release 1"
    assert front_matter(found["README.md"])["license_name"] == "ours: #1"
    said = yaml.safe_load(found["CITATION.cff"])
    assert said["authors"] == [{"name": ODD}]
    assert "license" not in said


def test_words_of_people_stay_in_their_cell(tmp_path):
    document = AboutDocument(uuid=str(uuid_of(100)), title=ODD)
    card = papers(make_about(documents=(document,)), write_folder(tmp_path, ("train",)), guidelines="")["README.md"]
    (row,) = (line for line in card.split("\n") if line.startswith("| Über"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert "<script>" not in card


def test_figures_of_agreement_stand_with_interval_and_n(release):
    _, _, found = release
    row = "| Claims within the tolerance, F1 | 0.610 | 0.400 to 0.800 | 12 items |"
    assert row in found["AGREEMENT.md"]
    assert row in found["README.md"]
    assert "α 0.550 (0.400 to 0.800), n = 12." in found["CODEBOOK.md"]


@pytest.mark.parametrize(
    "more",
    [
        {"agreement": {}, "annotators": 0},
        {"guidelines": 0},
        {"reading": "", "layers": ()},
        {"documents": (), "languages": (), "labels": (), "tables": {}, "splits": {}, "shares": {}},
        {"licence": "", "creators": (), "description": "", "url": ""},
        {"licence": "CC-BY-ND-4.0", "previous": 1},
        {"documents": (AboutDocument(uuid=str(uuid_of(100)), title="Report", masks=((0, 4),)),)},
    ],
)
def test_what_is_missing_is_said_and_breaks_no_paper(tmp_path, more):
    import mlcroissant

    files = write_folder(tmp_path, ("train",))
    found = write_papers(tmp_path, replace(make_about(), **more), files)
    assert front_matter(found["README.md"])["configs"]
    assert yaml.safe_load(found["CITATION.cff"])["authors"]
    assert not mlcroissant.Dataset(jsonld=str(tmp_path / "croissant.json")).metadata.issues.errors
    assert ("GUIDELINES.md" in found) == ("guidelines" not in more)
    assert not [text for text in found.values() if "None" in text]


def test_release_without_tables_has_papers_all_the_same():
    found = papers(make_about(splits={}, tables={}), [], guidelines="")
    assert "configs" not in (front_matter(found["README.md"]) or {})
    assert "load_dataset" not in found["README.md"]


def test_same_release_gives_the_same_papers(tmp_path):
    files = write_folder(tmp_path, ("train", "dev"))
    assert papers(make_about(), files, guidelines="") == papers(make_about(), files, guidelines="")
