import datetime
import json
import shutil
from pathlib import Path

import pytest

from claims import exchange, releasing
from claims.errors import FormatError
from claims.formats import jsonl
from claims.models import Document, Redaction, Release, User
from claims.publishing import packing
from claims.publishing.checking import check
from claims.publishing.rehydrating import rehydrate
from tests.claims import two_readings
from tests.claims.rich_project import REPLY, REPORT, empty_database, make_rich_project
from tests.factories import make_claim, make_document, make_dossier, make_project

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 1, 31)


def open_licences(project):
    Document.objects.filter(project=project).update(licence="CC-BY-4.0")
    return project


def said(**more):
    return releasing.Said(day=DAY, creators=("The team",), **more)


def release(project, folder, **more):
    """Make a release and return (row, its folder)."""
    row = releasing.make_release(project, said(**more), actor=None, keep_folder=folder)
    return row, folder / row.name


def lines(folder, type=None):
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").split("\n") if line]
    return [row for row in rows if type in (None, row["type"])]


def mask(document, words):
    start = document.text.index(words)
    row = Redaction(document=document, start=start, end=start + len(words))
    row.anchor(document.text).save(force_insert=True)


def test_release_proves_itself_and_the_same_state_has_the_same_bytes(tmp_path):
    project = open_licences(make_rich_project())
    packed = []
    for name in ("one", "two"):
        with releasing.built(project, said()) as found:
            target = tmp_path / f"{name}.zip"
            packing.pack(found.folder, target)
            packed.append(target.read_bytes())
    assert packed[0] == packed[1]
    report = check(target)
    assert report.faults == []
    assert report.counts["claim lines"] > 5


def test_stored_release_stays_as_it_was_while_the_project_goes_on(tmp_path):
    project = open_licences(make_rich_project())
    first, _ = release(project, tmp_path)
    before = Path(first.file.path).read_bytes()
    layer, dossier = project.layers.get(kind="team"), project.dossiers.get(title="The count")
    make_claim(dossier, dossier.places.first().document, "332 of them", layer=layer)
    second, folder = release(project, tmp_path)
    assert Path(first.file.path).read_bytes() == before
    assert (first.number, second.number) == (1, 2)
    assert second.about["changes"] == {"claim": {"added": 1, "changed": 0, "removed": 0}}
    assert check(folder).faults == []
    assert packing.digest_of(Path(second.file.path)) == second.sha256


def test_deleted_rows_comments_and_other_work_stay_in(tmp_path):
    _, folder = release(open_licences(make_rich_project()), tmp_path)
    types = {row["type"] for row in lines(folder)}
    assert not types & {"comment", "assignment", "settlement", "sign_off", "postponement", "visit", "change"}
    assert not any(row.get("deleted_at") for row in lines(folder))
    assert {"exclusion", "decision", "no_response", "guideline"} <= types


def test_nobody_who_worked_on_it_is_named(tmp_path):
    _, folder = release(open_licences(make_rich_project()), tmp_path)
    names = [name.casefold() for user in User.objects.all() for name in (user.username, user.name) if name]
    for path in folder.rglob("*"):
        if path.suffix in (".jsonl", ".json", ".md", ".csv", ".cff"):
            words = path.read_text(encoding="utf-8").casefold()
            assert not [name for name in names if name in words], path.name


def test_release_comes_in_again_as_a_project(tmp_path):
    project = open_licences(make_rich_project())
    _, folder = release(project, tmp_path)
    before = lines(folder)
    Release.objects.all().delete()
    empty_database()
    with (folder / "corpus.jsonl").open("rb") as file:
        back = exchange.import_project(file, project="again").project
    held = {str(row["uuid"]): row for row in before if row["type"] in ("claim", "link", "citation", "decision")}
    rows = {str(claim.pk): claim for layer in back.layers.all() for claim in layer.claims.all()}
    assert rows
    assert all(claim.quote == held[key]["quote"] for key, claim in rows.items())
    assert len(held) == sum(
        getattr(layer, name).count()
        for layer in back.layers.all()
        for name in ("claims", "links", "citations", "decisions")
    )


def test_text_without_a_licence_goes_out_as_offsets_and_hash(tmp_path):
    project = make_rich_project()
    Document.objects.filter(project=project, title="Report").update(licence="CC0-1.0")
    row, folder = release(project, tmp_path)
    assert row.about["withheld"] == 1
    assert check(folder).faults == []
    document = next(one for one in lines(folder, "document") if one["title"] == "=Reply")
    assert document["text"] is None
    assert len(document["sha256"]) == 64
    marked = [one for one in lines(folder) if one.get("document") == document["uuid"]]
    assert marked
    assert not any(one.get(name) for one in marked for name in ("quote", "prefix", "suffix", "stretches_quote"))
    assert all(part["quote"] is None for one in marked for part in one.get("stretches", ()))
    for path in folder.rglob("*"):
        if path.suffix in (".jsonl", ".json", ".md", ".csv"):
            assert "That is not so" not in path.read_text(encoding="utf-8"), path.name


def test_whoever_has_the_texts_gets_the_whole_corpus(tmp_path):
    project = make_rich_project()
    _, folder = release(project, tmp_path)
    for name, licence in (("open", "CC0-1.0"),):
        Document.objects.filter(project=project).update(licence=licence)
        with releasing.built(project, said()) as found:
            shutil.copytree(found.folder, tmp_path / name)
    (tmp_path / "whole").mkdir()
    texts = [("a.txt", REPLY.replace("\n", "\r\n")), ("b.txt", "another"), ("c.txt", f"{REPORT}\n")]
    done = rehydrate(folder, texts, tmp_path / "whole")
    assert sorted(done.found.values()) == ["a.txt", "c.txt"]
    assert done.missing == []

    def told(path):
        # Reasons of suggestions are words of the text, and do not come back; the factory's citations have no context.
        rows = ({**row, "licence": "", "reasons": []} for row in lines(path))
        return [{**row, "prefix": "", "suffix": ""} if row["type"] == "citation" else row for row in rows]

    assert told(tmp_path / "whole") == told(tmp_path / "open")


def test_marked_words_are_masked_with_their_length(tmp_path):
    project = open_licences(make_rich_project())
    document = Document.objects.get(project=project, title="=Reply")
    mask(document, "the minister")
    _, folder = release(project, tmp_path)
    assert check(folder).faults == []
    released = next(one for one in lines(folder, "document") if one["title"] == "=Reply")
    assert len(released["text"]) == len(REPLY)
    assert "████████████" in released["text"]
    everything = (folder / "corpus.jsonl").read_text(encoding="utf-8")
    assert "the minister" not in everything
    # A mask is found out where somebody puts words under it again.
    lifted = (folder / "corpus.jsonl").read_text(encoding="utf-8").replace("████████████", "the minister")
    (folder / "corpus.jsonl").write_text(lifted, encoding="utf-8")
    packing.write_sums(folder)
    assert check(folder).faults


def test_masked_text_without_licence_comes_back_masked(tmp_path):
    project = make_rich_project()
    mask(Document.objects.get(project=project, title="=Reply"), "the minister")
    _, folder = release(project, tmp_path)
    (tmp_path / "whole").mkdir()
    done = rehydrate(folder, [("a.txt", REPLY)], tmp_path / "whole")
    assert list(done.found.values()) == ["a.txt"]
    assert "the minister" not in (tmp_path / "whole" / "corpus.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        ("corpus.jsonl", "370 people", "371 people", "hash"),
        ("README.md", "#", "##", "README.md"),
        ("splits.csv", "train", "test", "splits.csv"),
        ("release.json", '"seed": 1', '"seed": 1, "more": 2', "release.json"),
    ],
)
def test_what_was_changed_afterwards_is_found_out(tmp_path, path, old, new, told):
    _, folder = release(open_licences(make_rich_project()), tmp_path)
    text = (folder / path).read_text(encoding="utf-8")
    (folder / path).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert any("changed after the release" in fault for fault in check(folder).faults)
    packing.write_sums(folder)
    assert any(told in fault for fault in check(folder).faults)


def test_file_too_many_and_file_too_few_are_found_out(tmp_path):
    _, folder = release(open_licences(make_rich_project()), tmp_path)
    (folder / "more.txt").write_text("more")
    (folder / "pairs.csv").unlink()
    assert check(folder).faults[:2] == ["more.txt is here and not listed.", "pairs.csv is listed and not here."]


def test_independent_project_is_released_once_adjudication_is_open(tmp_path):
    world = two_readings.make(opened=False)
    with pytest.raises(releasing.ReleaseRefused, match="unseen by one another"):
        release(world.project, tmp_path)


def test_layers_stand_beside_gold_with_agreement_under_pseudonyms(tmp_path):
    world = two_readings.make()
    open_licences(world.project)
    row, folder = release(world.project, tmp_path)
    about = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    assert {layer["name"] for layer in about["layers"] if layer["kind"] == "annotator"} == {"person-1", "person-2"}
    assert about["agreement"]["layers"] == ["person-1", "person-2"]
    assert about["annotators"] == 2
    assert check(folder).faults == []
    assert (folder / "layers/train/claims.parquet").is_file()
    assert not (folder / "data/train/claims.parquet").exists()  # nothing is settled yet
    assert row.people == {
        str(world.people["ann"].pk): row.people[str(world.people["ann"].pk)],
        **row.people,
    }


def test_documents_that_a_dossier_joins_share_a_part(tmp_path):
    project = make_project()
    documents = [make_document(project, f"Text {number}.", licence="CC0-1.0") for number in range(20)]
    for first in range(0, 20, 2):
        make_dossier(project, documents[first : first + 2])
    _, folder = release(project, tmp_path, shares={"train": 50, "dev": 0, "test": 50})
    splits = dict(line.split(",")[:2] for line in (folder / "splits.csv").read_text().splitlines()[1:])
    assert all(splits[str(documents[at].pk)] == splits[str(documents[at + 1].pk)] for at in range(0, 20, 2))
    assert sorted(splits.values()).count("test") == 10


def test_project_without_a_document_is_refused(tmp_path):
    with pytest.raises(releasing.ReleaseRefused, match="no document"):
        release(make_project(), tmp_path)


def test_something_else_is_no_release(tmp_path):
    path = tmp_path / "letter.zip"
    path.write_bytes(b"Dear")
    with pytest.raises(FormatError, match="neither the folder nor the zip"):
        check(path)


def test_corpus_follows_the_schema_that_comes_with_it(tmp_path):
    import jsonschema

    _, folder = release(open_licences(make_rich_project()), tmp_path)
    schema = json.loads((folder / "corpus.schema.json").read_text(encoding="utf-8"))
    assert schema == jsonl.schema()
    for row in lines(folder):
        jsonschema.validate(row, schema)
