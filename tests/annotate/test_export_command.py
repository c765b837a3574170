import csv

import pytest
from django.core.management import CommandError, call_command

from claims.formats import FORMATS
from tests.claims.rich_project import export_bytes, make_rich_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_rich_project()


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_written(project, tmp_path, capsys, format):
    path = tmp_path / f"out{FORMATS[format].SUFFIX}"
    call_command("export", "sea", format=format, output=str(path))
    assert path.read_bytes() == export_bytes(project, format=format)
    told = capsys.readouterr().out
    assert "from 3 documents, 2 dossiers, 3 layers" in told
    assert all(sentence in told for sentence in FORMATS[format].LOSES)


def test_history_goes_along_when_asked(project, tmp_path):
    path = tmp_path / "out.jsonl"
    call_command("export", "sea", "--history", format="jsonl", output=str(path))
    assert path.read_bytes() == export_bytes(project, history=True)


def test_one_layer_goes_alone(project, tmp_path):
    path = tmp_path / "out.csv"
    call_command("export", "sea", "--layer", "ben", "--raw", format="csv", output=str(path))
    with path.open(encoding="utf-8", newline="") as file:
        assert {row["layer"] for row in csv.DictReader(file)} == {"ben"}


def test_standard_output_holds_the_file_alone(project, capfdbinary):
    call_command("export", "sea", format="jsonl", output="-")
    assert capfdbinary.readouterr().out == export_bytes(project)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["nowhere", "--format", "jsonl"], "There is no project nowhere"),
        (["sea", "--format", "jsonl", "--layer", "nobody"], "There is no layer 'nobody'; there are Gold, Team, ben"),
        (["sea", "--format", "jsonl", "--raw"], "--raw is for csv"),
    ],
)
def test_what_is_not_there_is_told(project, tmp_path, options, words):
    with pytest.raises(CommandError) as refused:
        call_command("export", *options, "--output", str(tmp_path / "out"))
    assert words in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_told(project, tmp_path):
    with pytest.raises(CommandError, match="cannot be written: No such file"):
        call_command("export", "sea", format="jsonl", output=str(tmp_path / "nothing" / "out"))
