import io
import subprocess
import sys
import zipfile

import pyarrow.parquet
import pytest

from claims.formats import parquet
from claims.models import Claim, Document, Link, Quantity
from tests.claims.rich_project import export_bytes, make_rich_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_rich_project()


@pytest.fixture
def tables(project):
    with zipfile.ZipFile(io.BytesIO(export_bytes(project, format="parquet"))) as archive:
        return {
            name: pyarrow.parquet.read_table(io.BytesIO(archive.read(f"{name}.parquet"))) for name in parquet.TABLES
        }


def test_every_table_has_every_live_row(tables):
    assert {name: table.num_rows for name, table in tables.items() if name in ("claims", "documents", "links")} == {
        "claims": Claim.objects.live().count(),
        "documents": Document.objects.live().count(),
        "links": Link.objects.live().count(),
    }
    assert tables["quantities"].num_rows == Quantity.objects.count()


def test_offsets_point_at_the_words(tables):
    texts = {row["uuid"]: row["text"] for row in tables["documents"].to_pylist()}
    for name in ("claims", "mentions", "quantities"):
        for row in tables[name].to_pylist():
            assert texts[row["document"]][row["start"] : row["end"]] == row["quote"]


def test_tables_are_joined_by_uuid(tables):
    claims = {row["uuid"] for row in tables["claims"].to_pylist()}
    assert all(row["response"] in claims for row in tables["links"].to_pylist())
    assert any(row["stretches"] for row in tables["claims"].to_pylist())


def test_columns_say_what_they_hold(tables):
    about = tables["claims"].schema.field("quote").metadata[b"about"]
    assert about


def test_the_same_state_gives_the_same_bytes(project):
    assert export_bytes(project, format="parquet") == export_bytes(project, format="parquet")


def test_datasets_loads_it(project, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    zipfile.ZipFile(io.BytesIO(export_bytes(project, format="parquet"))).extractall(tmp_path)
    script = (
        "import sys\nfrom datasets import load_dataset\n"
        "found = load_dataset('parquet', data_files=sys.argv[1], split='train')\n"
        "print(len(found), found[0]['role'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "claims.parquet")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] == str(Claim.objects.live().count())
