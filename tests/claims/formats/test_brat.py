"""brat: what comes in goes out as the same lines; what is at fault is told and kept."""

import io
import re
import zipfile
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from claims import corpora, exchange
from claims.errors import FormatError, ImportRefused
from claims.formats import brat, foreign, jsonl, records
from claims.models import Act, Change, Claim, Document, Layer, Link, Mention, Project
from claims.verify import verify
from tests.factories import make_document, make_project, make_user

HARBOUR = Path(__file__).resolve().parents[3] / "fixtures/corpora/brat/harbour"


def zipped(files):
    """Return a stream of a zip of {name: text or bytes}."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def unzipped(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def through_records(files, wishes=None, format=brat):
    """Return the files that come of reading and writing without a database, the report, and the records."""
    stream, report = zipped(files), foreign.Report()
    seen = foreign.survey(format.bundles(stream, foreign.Report()))
    plan = foreign.plan(seen, wishes or {}, known=["rejects", "concedes"], own_labels=True)
    setting = foreign.Setting(format="brat", seed=UUID(int=1), plan=plan, title="Test")
    found = list(foreign.records_of(format.bundles(stream, report), setting, report))
    out = io.BytesIO()
    format.write(found, out)
    return unzipped(out.getvalue()), report, found


def told(report):
    return [str(fault) for fault in sorted(report.faults)]


def export(project, **options):
    stream = io.BytesIO()
    exchange.export_project(project, format="brat", stream=stream, **options)
    return unzipped(stream.getvalue())


# Without a database: the round trip

ALPHABET = "ab .,“”\n😀🏴é\u0301ខ្មែរעבריתعدد\u2028\u200d\t"
texts = st.text(ALPHABET, min_size=4, max_size=60).filter(str.strip)


@st.composite
def marked_texts(draw):
    """Return a text, its line ends as they may come, and lines of an .ann for it: nested, parted and overlapping spans."""
    text = draw(texts)
    if draw(st.booleans()):
        text = text.replace("\n", draw(st.sampled_from(["\r\n", "\r", "\r\n\n"])))
    lines, count = [], draw(st.integers(0, 5))
    for number in draw(st.permutations(range(1, count + 1))):
        cuts = sorted(draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=6)))
        pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
        # No part begins or ends between the two characters of a line end.
        cut = [place for pair in pairs for place in pair if text[place - 1 : place + 1] == "\r\n"]
        if cut:
            continue
        words = " ".join(text[a:b] for a, b in pairs)
        at = ";".join(f"{a} {b}" for a, b in pairs)
        said, kind = re.sub(r"[\r\n\t]", " ", words), draw(st.sampled_from(["Claim", "Premise", "Person"]))
        lines.append(f"T{number}\t{kind} {at}\t{said}")
    ids = [line.split("\t")[0] for line in lines]
    for number in range(draw(st.integers(0, 4)) if ids else 0):
        name = draw(st.sampled_from(["supports", "attacks", "follows"]))
        tail = draw(st.sampled_from(["", "\t"]))
        lines.append(f"R{number}\t{name} Arg1:{draw(st.sampled_from(ids))} Arg2:{draw(st.sampled_from(ids))}{tail}")
    lines += [f"A1\tCertain {ids[0]}", f"#1\tAnnotatorNotes {ids[-1]}\t😀 so"] if ids else []
    return text, draw(st.permutations(lines))


@given(st.lists(marked_texts(), min_size=1, max_size=3), st.data())
@settings(max_examples=150, deadline=None)
def test_what_comes_in_goes_out_line_by_line(corpus, data):
    files = {}
    for number, (text, lines) in enumerate(corpus):
        files[f"d{number}/text.txt"] = text.encode()
        files[f"d{number}/text.ann"] = "".join(f"{line}\n" for line in lines).encode()
    back, _, _ = through_records(files)
    for name, content in files.items():
        assert back[name].encode() == content


@given(marked_texts())
@settings(max_examples=100, deadline=None)
def test_records_hold_the_words_that_were_marked(corpus):
    text, lines = corpus
    _, _, found = through_records({"a.txt": text.encode(), "a.ann": "\n".join(lines)})
    document = next(one for one in found if isinstance(one, records.Document))
    assert "\r" not in document.text
    for claim in (one for one in found if isinstance(one, records.Claim)):
        assert claim.quote == document.text[claim.start : claim.end]
        raw = next(line for line in lines if line.startswith(claim.imported_as["id"] + "\t")).split("\t", 2)[2]
        assert " ".join(foreign.words_of(claim)).split() == raw.split() or "\u2028" in raw


def test_a_change_is_written_where_the_line_stood_and_the_rest_stays():
    files = {
        "a.txt": "One. Two. Three.",
        "a.ann": "T1\tClaim 0 4\tOne.\nA1\tX T1\nT7\tClaim 5 9\tTwo.\t\nR1\tattacks Arg1:T7 Arg2:T1\t\n",
    }
    _, _, found = through_records(files)
    claims = [one for one in found if isinstance(one, records.Claim)]
    moved = [
        records.Claim(**{**one.__dict__, "start": 0, "end": 9, "quote": "One. Two."}) if one is claims[0] else one
        for one in found
    ]
    new = records.Claim(
        **{**claims[1].__dict__, "uuid": UUID(int=9), "start": 10, "end": 16, "quote": "Three.", "imported_as": None}
    )
    out = io.BytesIO()
    brat.write([*moved, new], out)
    assert unzipped(out.getvalue())["a.ann"].split("\n") == [
        "T1\tClaim 0 9\tOne. Two.",
        "A1\tX T1",
        "T7\tClaim 5 9\tTwo.\t",
        "R1\tattacks Arg1:T7 Arg2:T1\t",
        "T8\tResponse 10 16\tThree.",
        "",
    ]


def test_what_speaks_of_a_deleted_claim_goes_with_it():
    files = {
        "a.txt": "One. Two.",
        "a.ann": "T1\tClaim 0 4\tOne.\nT2\tClaim 5 9\tTwo.\nA1\tX T2\n#1\tAnnotatorNotes T1\tok\n",
    }
    _, _, found = through_records(files)
    kept = [one for one in found if not (isinstance(one, records.Claim) and one.imported_as["id"] == "T2")]
    out = io.BytesIO()
    left_out = brat.write(kept, out)
    assert unzipped(out.getvalue())["a.ann"] == "T1\tClaim 0 4\tOne.\n#1\tAnnotatorNotes T1\tok\n"
    assert left_out == {"lines about something deleted here": 1}


FAULTS = [
    ("T1\tClaim 0 99\tx", "a.ann: line 1: T1 ends at 99, but the text has 9 characters."),
    ("T1\tClaim 4 4\t", "a.ann: line 1: T1 begins at 4 and ends at 4; mark at least one character."),
    ("T1\tClaim 0 4\tTwo.", "a.ann: line 1: T1 says “Two.”, but the text has “One.” there."),
    ("T1\tClaim 0 4", "a.ann: line 1: T1: the marked words are missing"),
    ("T1 Claim 0 4 One.", "a.ann: line 1: “T1 Claim 0 4 One.” is no id"),
    ("T1\tClaim x y\tOne.", "a.ann: line 1: T1: write a tab, a type"),
    ("T1\tClaim 0 4;2 6\tOne. e. T", "a.ann: line 1: T1 has parts that overlap."),
    ("T1\tClaim 0 4\tOne.\nT1\tClaim 5 9\tTwo.", "a.ann: line 2: T1 is there twice."),
    ("T1\tClaim 0 4\tOne.\nR1\tattacks Arg1:T1 Arg2:T5", "a.ann: line 2: R1 names T5, which is not there"),
    ("T1\tClaim 0 4\tOne.\nR1\tattacks Arg1:T1 Arg2:T1", "a.ann: line 2: R1 ties T1 to itself."),
    ("T1\tClaim 0 4\tOne.\nR1\tattacks T1", "a.ann: line 2: R1: write a tab, a type, Arg1"),
    (
        "T1\tClaim 0 4\tOne.\nT2\tClaim 5 9\tTwo.\nR1\tattacks Arg1:T1 Arg2:T2\nR2\tsupports Arg1:T1 Arg2:T2",
        "a.ann: line 4: R2 ties T1 to T2 a second time",
    ),
    ("T1\tClaim 0 4\tOne.\nT2\tPerson 5 9\tTwo.\nR1\tattacks Arg1:T1 Arg2:T2", None),
]


@pytest.mark.parametrize(("ann", "words"), FAULTS)
def test_a_line_at_fault_is_told_and_kept(ann, words):
    back, report, _ = through_records({"a.txt": "One. Two.", "a.ann": f"{ann}\n"})
    assert back["a.ann"] == f"{ann}\n"
    if words is None:  # an unknown type at the end of a tie is a claim
        assert not report.faults
    else:
        assert len(report.faults) == 1
        assert told(report)[0].startswith(words)


def test_a_file_at_fault_is_told_and_the_rest_comes_in():
    files = {
        "a.txt": "One.",
        "b.txt": b"\xff",
        "c.ann": "T1\tClaim 0 1\tx\n",
        "d.txt": " \n",
        "e.txt": "N\x00",
        ".f.txt": "x",
    }
    back, report, found = through_records(files)
    assert [one.title for one in found if isinstance(one, records.Document)] == ["a"]
    assert told(report) == [
        "b.txt: line 1: byte 1 is not UTF-8; save the file as UTF-8.",
        "c.ann: there is no .txt beside it, so nobody knows what it marks.",
        "d.txt: the text is empty.",
        "e.txt: line 1: holds a NUL character, which no database stores.",
    ]
    assert set(back) == {"a.txt", "annotation.conf"}


def test_offsets_that_count_a_windows_line_end_as_one_are_understood():
    files = {"a.txt": "One.\r\nTwo.\r\nThree.", "a.ann": "T1\tClaim 10 16\tThree.\r\nT2\tClaim 5 9\tTwo.\r\n"}
    back, report, found = through_records(files)
    assert not report.faults
    assert [one.quote for one in found if isinstance(one, records.Claim)] == ["Three.", "Two."]
    assert {name: back[name] for name in files} == files


def test_a_name_in_a_record_leads_nowhere_outside_the_zip():
    _, _, found = through_records({"a.txt": "One."})
    document = next(one for one in found if isinstance(one, records.Document))
    evil = records.Document(**{**document.__dict__, "imported_as": {"format": "brat", "name": "../../etc/x"}})
    out = io.BytesIO()
    brat.write([evil], out)
    assert "etc/x.txt" in unzipped(out.getvalue())


@pytest.mark.parametrize("files", [b"no zip", b"PK\x03\x04 no zip"])
def test_what_is_no_zip_is_refused(files):
    with pytest.raises(FormatError, match="no zip"):
        list(brat.bundles(io.BytesIO(files), foreign.Report()))


def test_turns_are_counted_and_a_circle_comes_to_an_end():
    ann = "".join(f"T{n}\tClaim {n} {n + 1}\t{n}\n" for n in range(4))
    files = {"a.txt": "0123", "a.ann": ann + "R1\tattacks Arg1:T1 Arg2:T0\nR2\tattacks Arg1:T2 Arg2:T1\n"}
    _, _, found = through_records(files)
    assert [one.turn for one in found if isinstance(one, records.Link)] == [1, 2]
    files["a.ann"] += "R3\tattacks Arg1:T3 Arg2:T2\nR4\tattacks Arg1:T2 Arg2:T3\n"
    _, _, found = through_records(files)
    assert max(one.turn for one in found if isinstance(one, records.Link)) <= foreign.MOST_TURNS


# What types become


def planned(wishes, *, own_labels=True):
    seen = foreign.Survey(texts=1)
    seen.types.update(["Claim", "Rebuttal", "Thing", "Person"])
    seen.ties.update(["Partial-Attack", "Support", "follows"])
    seen.ends.update({"Support": {"Claim", "Thing"}, "follows": {"Person"}})
    return foreign.plan(seen, wishes, known=["rejects", "disputes", "concedes"], own_labels=own_labels)


def test_types_are_known_by_name_by_place_or_not():
    plan = planned({})
    assert plan.roles == {"Claim": "claim", "Rebuttal": "response", "Thing": "claim", "Person": "mention"}
    assert plan.relations == {
        "Partial-Attack": foreign.Relation("Partial-Attack", "dispute", "disputes"),
        "Support": foreign.Relation("Support", "agree", "concedes"),
        "follows": None,
    }
    assert plan.unknown == ["Person", "Thing", "follows"]


def test_wishes_come_first_and_a_project_keeps_its_labels():
    plan = planned({"person": "assertion", "follows": "rejects", "Support": "none"}, own_labels=False)
    assert plan.roles["Person"] == "assertion"
    assert plan.relations == {
        "Partial-Attack": foreign.Relation("disputes"), "Support": None, "follows": foreign.Relation("rejects"),
    }  # fmt: skip


@pytest.mark.parametrize("wishes", [{"Claim": "link"}, {"Support": "sure"}, {"Nobody": "claim"}])
def test_a_wish_that_cannot_be_met_is_refused(wishes):
    with pytest.raises(ValueError, match="write|is no type"):
        planned(wishes)


# With a database


@pytest.mark.django_db
def test_a_folder_becomes_a_project_and_goes_out_the_same():
    outcome = corpora.bring_in(HARBOUR, format="brat", slug="harbour", actor=make_user("anna"))
    project = outcome.project
    assert not outcome.report.faults
    assert Document.objects.filter(project=project).count() == 2
    dossier = project.dossiers.get()  # one, since a link runs between the two
    assert dossier.places.count() == 2
    assert Claim.objects.filter(dossier=dossier, role="response").count() == 4
    parted = Claim.objects.get(quote__startswith="The council knew")
    assert [part.quote for part in parted.stretches.all()] == ["The council knew of it", ", and did nothing"]
    links = {(str(link.response.quote[:6]), link.relation) for link in Link.objects.filter(dossier=dossier)}
    assert links == {("The co", "supports"), ("did no", "attacks"), ("no job", "attacks"), ("costs ", "supports")}
    relations = project.vocabulary.by_facet()["relation"]
    assert (relations["attacks"].stance, relations["supports"].maps_to) == ("dispute", "concedes")
    assert sorted(Mention.objects.values_list("label", flat=True)) == ["Blame", "Organization"]
    back = export(project)
    for path in HARBOUR.rglob("*.*"):
        assert back[path.relative_to(HARBOUR).as_posix()] == path.read_text(encoding="utf-8")
    assert not verify(project).faults


@pytest.mark.django_db
def test_what_came_from_brat_survives_the_lossless_form():
    project = corpora.bring_in(HARBOUR, format="brat", slug="harbour").project
    before, stream = export(project), io.BytesIO()
    exchange.export_project(project, format="jsonl", stream=stream)
    from tests.claims.rich_project import empty_database, import_bytes

    empty_database()
    assert export(import_bytes(stream.getvalue())) == before
    list(jsonl.read(io.BytesIO(stream.getvalue())))


@pytest.mark.django_db
def test_what_is_changed_here_is_written_and_the_rest_as_it_came():
    anna = make_user("anna")
    project = corpora.bring_in(HARBOUR, format="brat", slug="harbour", actor=anna).project
    link = Link.objects.get(imported_as__id="R2")
    with Act(actor=anna, project=project, layer=link.layer, dossier=link.dossier, verb="label") as act:
        act.change(link, seen=1, relation="rejects")
    with Act(actor=anna, project=project, layer=link.layer, dossier=link.dossier, verb="withdraw") as act:
        act.delete(Link.objects.get(imported_as__id="R1", response__quote="costs rose"), seen=1)
    back = export(project)
    before = (HARBOUR / "report.ann").read_text(encoding="utf-8")
    assert back["report.ann"] == before.replace("R2\tattacks Arg1:T4 Arg2:T2\t", "R2\trejects Arg1:T4 Arg2:T2")
    assert "R1" not in back["letters/reply.ann"]
    left_out = exchange.Counter()
    export(project, left_out=left_out)
    assert left_out == {"deleted rows": 1}


@pytest.mark.django_db
def test_layers_are_folders():
    project = corpora.bring_in(HARBOUR, format="brat", slug="harbour").project
    Layer.objects.create(project=project, kind="gold", name="Gold")
    back = export(project)
    assert {"Gold/report.txt", "Team/report.ann", "Team/links.tsv", "annotation.conf"} <= set(back)
    assert not {"Gold/links.tsv", "report.txt"} & set(back)


@pytest.mark.django_db
def test_into_a_project_that_is_here_once_and_never_over_work():
    anna = make_user("anna")
    project = make_project(anna, slug="sea")
    text = (HARBOUR / "report.txt").read_text(encoding="utf-8")
    known = make_document(project, text, title="Report")
    outcome = corpora.bring_in(HARBOUR, format="brat", project=project, actor=anna)
    assert outcome.counts == {"document": 1, "claim": 6, "link": 4}
    assert Document.objects.filter(project=project).count() == 2
    assert Claim.objects.filter(document=known).count() == 3
    assert set(Link.objects.values_list("relation", flat=True)) == {"concedes", "disputes"}
    assert Change.objects.filter(project=project, kind="claim", actor=anna).count() == 6
    assert not verify(project).faults
    again = corpora.bring_in(HARBOUR, format="brat", project=project, actor=anna)
    assert again.counts == {"document": 0, "claim": 0, "link": 0}
    assert again.notes == ("“reply and report”: Team has 6 claims there, which stay as they are.",)
    with pytest.raises(ImportRefused, match="Say which layer"):
        corpora.bring_in(HARBOUR, format="brat", project=project, layer="Nobody's", actor=anna)


@pytest.mark.django_db
def test_a_preview_stores_nothing(capsys):
    make_user("anna", is_superuser=True)
    call_command("import", "harbour", str(HARBOUR), "--format", "brat", "--preview", "--map", "attacks=rejects")
    told = capsys.readouterr().out
    assert "  attacks: link “rejects” (2)" in told
    assert "  Organization: mention (1)" in told
    assert "Not known by name: Blame, Organization." in told
    assert not Project.objects.exists()


@pytest.mark.django_db
def test_the_command_lists_faults_by_file(tmp_path, capsys):
    make_user("anna", is_superuser=True)
    (tmp_path / "a.txt").write_text("One.", encoding="utf-8")
    (tmp_path / "a.ann").write_text("T1\tClaim 0 4\tTwo.\nT2\tClaim 0 4\tOne.\n", encoding="utf-8")
    call_command("import", "one", str(tmp_path), "--format", "brat")
    told = capsys.readouterr()
    assert "a.ann: line 1: T1 says “Two.”" in told.err
    assert "one: brought in 1 documents, 1 claims, 0 links." in told.out
    assert "1 faults in 1 files" in told.out
    call_command("export", "one", "--format", "brat", "--output", str(tmp_path / "out.zip"))
    assert unzipped((tmp_path / "out.zip").read_bytes())["a.ann"] == (tmp_path / "a.ann").read_text(encoding="utf-8")
    with pytest.raises(CommandError, match="TYPE=MEANING"):
        call_command("import", "two", str(tmp_path), "--format", "brat", "--map", "Claim")
    with pytest.raises(CommandError, match="another tool's corpus"):
        call_command("import", "two", str(tmp_path / "a.txt"), "--preview")


@pytest.mark.django_db
def test_an_import_that_was_stopped_is_gone_on_with():
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        corpora.bring_in(HARBOUR, format="brat", slug="harbour", progress=stop)
    assert not Project.objects.live().exists()
    project = corpora.bring_in(HARBOUR, format="brat", slug="harbour").project
    assert Claim.objects.filter(dossier__project=project).count() == 6
