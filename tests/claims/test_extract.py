import io
import os
import re
import signal
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import docx
import pypdf
import pytest
from docx.oxml import parse_xml

from claims.errors import EXTRACT_REASONS, ExtractError
from claims.extract import Extracted, Limits, check_text, extract

STORY = "The ministry said that 370 people, including 332 women, were assisted during the year."
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def make_pdf(*pages, title=None):
    """A PDF in which each page shows its lines in Helvetica; a page of None shows nothing."""
    count = len(pages)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, b" ".join(b"%d 0 R" % (4 + 2 * i) for i in range(count))),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, lines in enumerate(pages):
        shown = "".join(f"({line}) Tj 0 -14 Td " for line in (lines or "").split("\n") if line)
        stream = f"BT /F1 12 Tf 72 720 Td {shown}ET".encode("cp1252")
        resources = b"/Resources << /Font << /F1 3 0 R >> >>"
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] %s /Contents %d 0 R >>" % (resources, 5 + 2 * number)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    if title:
        objects.append(f"<< /Title ({title}) >>".encode("cp1252"))
    out = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    info = b"/Info %d 0 R " % len(objects) if title else b""
    return out + b"trailer\n<< /Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, info, xref)


def encrypted_pdf(user_password):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf(STORY)))
    writer.encrypt(user_password, "owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def make_docx(build=lambda document: document.add_paragraph(STORY)):
    document = docx.Document()
    build(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def with_entry(data, name, content):
    """The same zip with one more entry, or another one under that name."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return out.getvalue()


def make_zip(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


def make_page(story, *, head=""):
    return f"""<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"><title>Report rebuffed - The Paper</title>{head}</head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/news">More news</a></li></ul></nav>
<article><h1>Report rebuffed</h1>{story}</article>
<footer><p>Copyright 2022 The Paper. All rights reserved.</p></footer></body></html>"""


def refusal(data, filename, **options):
    """What a person is told: one sentence that begins with the file's name; and its reason."""
    with pytest.raises(ExtractError) as caught:
        extract(data, filename=filename, **options)
    message = str(caught.value)
    assert message.startswith(f"{filename}: ")
    assert message.endswith(".")
    assert ". " not in message.removeprefix(filename)
    assert "\n" not in message
    assert caught.value.reason in EXTRACT_REASONS
    return caught.value.reason, message


# ---- plain text


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-32", "utf-32"),
    ],
)
def test_text_that_says_its_encoding_is_read_exactly(codec, encoding):
    text = "  😀 រដ្ឋាភិបាល Cafe\u0301 \u2028 <script>alert(1)</script> وزارة\t\n\n"
    found = extract(text.encode(codec), filename="a.txt")
    assert found == Extracted(text=text, kind="txt", encoding=encoding)


@pytest.mark.parametrize("mark", [b"\xfe\xff", b"\xff\xfe"])
def test_both_byte_orders_of_utf16_are_read(mark):
    codec = "utf-16-be" if mark == b"\xfe\xff" else "utf-16-le"
    assert extract(mark + "ខ្មែរ 370".encode(codec), filename="a.txt").text == "ខ្មែរ 370"


def test_line_ends_become_newlines_and_the_rest_stays():
    found = extract("a\r\nb\rc\n \x85d \r\n".encode(), filename="a.txt")
    assert found.text == "a\nb\nc\n \x85d \n"


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        ("Le gouvernement a répondu que le rapport était inexact. Très chaud à Genève, dit-il.", "cp1252", "cp1252"),
        ("El gobierno rechazó el informe y señaló que las cifras están equivocadas en España.", "latin-1", "cp1252"),
        ("Guvernul a respins raportul şi a spus că cifrele sunt greşite în ţară.", "cp1250", "cp1250"),
        ("Rząd odrzucił raport, mówiąc że liczby są błędne; sprawy wciąż są w sądzie.", "cp1250", "cp1250"),
        ("Hükümet raporu reddetti ve rakamların yanlış olduğunu, davaların sürdüğünü söyledi.", "cp1254", "cp1254"),
        ("The spokesman, José Muñoz, told reporters in Genève that the report was wrong.", "cp1252", "cp1252"),
        ("The minister’s office said “no” — the report is biased, it asked.", "cp1252", "cp1252"),
        ("Vláda zprávu odmítla a uvedla, že čísla jsou chybná. Mluvčí řekl, že případy trvají.", "cp1250", "cp1250"),
        ("Министерство заявило, что доклад не соответствует действительности.", "cp1251", "cp1251"),
        (STORY, "utf-16-le", "utf_16_le"),
    ],
)
def test_an_unnamed_encoding_is_guessed_and_said(text, codec, encoding):
    found = extract(text.encode(codec), filename="a.txt")
    assert (found.text, found.encoding) == (text, encoding)
    assert encoding.replace("_", "-") in found.notes[0]


def test_the_sender_may_name_the_encoding():
    found = extract("Café".encode("cp850"), filename="a.txt", declared_type="text/plain; charset=cp850")
    assert (found.text, found.encoding, found.notes) == ("Café", "cp850", ())


def test_valid_utf8_is_believed_over_a_wrong_label():
    found = extract("Café".encode(), filename="a.txt", declared_type="text/plain; charset=iso-8859-1")
    assert found.text == "Café"


def test_japanese_in_escape_sequences_is_read_when_it_is_named():
    data = "政府は否定した。".encode("iso-2022-jp")
    assert extract(data, filename="a.txt", declared_type="text/plain; charset=iso-2022-jp").text == "政府は否定した。"


def test_a_long_line_is_nothing_special():
    text = "370 people. " * 90_000
    assert extract(text.encode(), filename="a.txt").text == text


def test_a_path_is_read_like_bytes(tmp_path):
    path = tmp_path / "stored-under-another-name"
    path.write_bytes(STORY.encode())
    assert extract(path, filename="story.txt").text == STORY
    path.write_bytes("Très chaud à Genève, où l'été a été long, dit le ministère.".encode("cp1252"))
    assert extract(path, filename="story.txt").encoding == "cp1252"
    path.write_bytes(make_pdf(STORY))
    assert extract(path, filename="story.pdf").kind == "pdf"


def test_plain_utf8_needs_no_process(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere")
    assert extract(b"370", filename="a.txt").text == "370"


def test_the_caller_never_imports_a_parser():
    code = (
        "import sys; from claims.extract import extract;"
        "extract(b'<p>One said 370.</p><p>Two</p>', filename='a.html');"
        "print([m for m in ('trafilatura', 'pypdf', 'docx', 'lxml', 'charset_normalizer', 'django') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_the_parser_sees_none_of_the_servers_secrets(monkeypatch, tmp_path):
    fake = fake_python(tmp_path, "env >&2; exit 1")
    monkeypatch.setattr(sys, "executable", fake)
    monkeypatch.setenv("SECRET_KEY", "hush-hush")
    monkeypatch.setattr("claims.extract.logger.warning", lambda *words: seen.append(str(words)))
    seen = []
    refusal(make_pdf(STORY), "a.pdf")
    assert "PATH=" in seen[0]
    assert "hush-hush" not in seen[0]


# ---- web pages


def test_a_page_loses_its_boilerplate_and_keeps_what_it_says_of_itself():
    head = """<meta property="og:site_name" content="The Paper"><link rel="canonical" href="https://example.org/a/1">
    <meta property="article:published_time" content="2022-07-20T08:00:00+07:00">"""
    story = "".join(f"<p>{STORY.replace('370', str(number))}</p>" for number in range(370, 376))
    found = extract(make_page(story, head=head).encode(), filename="a.html")
    assert found.text.startswith("Report rebuffed\n\nThe ministry said that 370 people")
    assert found.text.endswith("The ministry said that 375 people, including 332 women, were assisted during the year.")
    assert "Home" not in found.text
    assert "Copyright" not in found.text
    assert (found.title, found.publisher, found.language) == ("Report rebuffed", "The Paper", "en-GB")
    assert (found.url, found.published_on) == ("https://example.org/a/1", date(2022, 7, 20))
    assert found.notes == ()


def test_words_of_a_page_are_not_composed_decoded_twice_or_given_minus_signs():
    story = f"<p>Cafe\u0301 &amp;amp; 😀 ខ្មែរ: {STORY}</p><ul><li>4 cases of one kind</li><li>37 of another</li></ul><p>{STORY}</p>"
    found = extract(make_page(story).encode(), filename="a.html")
    assert "Cafe\u0301 &amp; 😀 ខ្មែរ: The ministry" in found.text
    assert "\n\n4 cases of one kind\n37 of another\n\n" in found.text


def test_a_table_of_a_page_keeps_its_rows():
    story = f"<p>{STORY}</p><table><tr><th>Year</th><th>Cases</th></tr><tr><td>2021</td><td>64</td></tr></table>"
    found = extract(make_page(story).encode(), filename="a.html")
    assert "Year\tCases\n2021\t64" in found.text


@pytest.mark.parametrize("codec", ["cp1252", "utf-8", "utf-16"])
def test_the_encoding_of_a_page_is_found(codec):
    page = make_page(f"<p>“Café”, the spokesman said. {STORY}</p>").replace('charset="utf-8"', 'charset="iso-8859-1"')
    assert "“Café”, the spokesman" in extract(page.encode(codec), filename="a.html").text


def test_a_page_written_as_xml_is_read():
    page = f"""<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml" xml:lang="km">
    <body><p>{STORY}</p><p>&#xD800; &#0; x</p></body></html>"""
    found = extract(page.encode(), filename="a.xhtml")
    assert found.text == f"{STORY}\n\n\ufffd \ufffd x"
    assert found.language == "km"


def test_a_page_may_not_name_a_script_as_its_address():
    head = '<link rel="canonical" href="javascript:alert(1)"><meta property="og:url" content="javascript:alert(1)">'
    assert extract(make_page(f"<p>{STORY}</p>", head=head).encode(), filename="a.html").url is None


def test_the_year_in_a_copyright_line_is_no_date_of_publication():
    assert extract(make_page(f"<p>{STORY}</p>").encode(), filename="a.html").published_on is None


def test_a_short_page_and_one_cut_short_are_pointed_out():
    page = make_page(f"<p>{STORY}</p>")
    whole, cut = (extract(data.encode(), filename="a.html") for data in (page, page[: page.index("</article>")]))
    assert "check that this is the whole story" in whole.notes[0]
    assert "may have been cut short" in cut.notes[-1]


@pytest.mark.parametrize(
    "page",
    [
        "<html></html>",
        "<html><body><nav><a href='/'>Home</a> | <a href='/news'>News</a></nav></body></html>",
        "<html><head><title>Only this</title></head><body><script>var story = 370</script></body></html>",
    ],
)
def test_a_page_without_a_story_is_refused(page):
    reason, message = refusal(page.encode(), "a.html")
    assert reason == "no_text"
    assert "no story" in message


# ---- PDF


def test_a_pdf_keeps_its_page_starts():
    data = make_pdf("Page one says 370.\nIt goes on.", "Page two says 332.", title="Report extract")
    found = extract(data, filename="a.pdf")
    assert len(found.page_starts) == 2
    assert found.text[: found.page_starts[1]] == "Page one says 370.\nIt goes on.\n"
    assert found.text[found.page_starts[1] :].startswith("Page two")
    assert (found.title, found.language, found.kind) == ("Report extract", "en-GB", "pdf")


def test_a_page_without_text_has_a_start_and_a_note():
    found = extract(make_pdf("Page 1", None, "Page 3"), filename="a.pdf")
    assert [found.text[start : start + 6].strip("\n") for start in found.page_starts] == ["Page 1", "Page 3", "Page 3"]
    assert found.notes == ("No text on page 2: check whether it is a picture of text.",)


def test_a_scanned_pdf_is_refused():
    reason, message = refusal(make_pdf(None, None), "a.pdf")
    assert reason == "no_text"
    assert "OCR" in message


def test_a_pdf_with_a_password_is_refused():
    assert refusal(encrypted_pdf("secret"), "a.pdf")[0] == "password"


def test_a_pdf_that_anybody_may_read_is_read():
    assert STORY in extract(encrypted_pdf(""), filename="a.pdf").text


def test_a_pdf_encrypted_beyond_us_is_refused():
    data = encrypted_pdf("").replace(b"/V 2", b"/V 5").replace(b"/R 3", b"/R 6")
    assert refusal(data, "a.pdf")[0] in {"password", "damaged"}


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_pdf_cut_short_is_refused_and_not_read_halfway(share):
    data = make_pdf("One.", "Two.", "Three.")
    assert refusal(data[: int(len(data) * share)], "a.pdf")[0] == "damaged"


def test_a_pdf_of_garbage_is_refused():
    assert refusal(b"%PDF-1.4\n" + bytes(range(1, 256)) * 20 + b"\nstartxref\n9\n%%EOF", "a.pdf")[0] == "damaged"


def test_shapes_that_stand_for_no_letter_are_shown_and_counted():
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf("ABC")))
    font = writer.pages[0]["/Resources"]["/Font"]["/F1"]
    unicode_map = pypdf.generic.StreamObject()
    unicode_map.set_data(b"begincmap\n1 beginbfchar\n<41> <0000>\nendbfchar\nendcmap")
    font[pypdf.generic.NameObject("/ToUnicode")] = writer._add_object(unicode_map)
    out = io.BytesIO()
    writer.write(out)
    found = extract(out.getvalue(), filename="a.pdf")
    assert found.text.strip() == "\ufffdBC"
    assert found.notes[0].endswith("shown as \ufffd: 1.")


# ---- Word


def test_word_paragraphs_and_tables_come_in_order():
    def build(document):
        document.core_properties.title = "Government statement"
        document.core_properties.language = "en-GB"
        document.add_paragraph("Before the table: 😀 ខ្មែរ.")
        document.add_paragraph("")
        table = document.add_table(rows=2, cols=2)
        for cell, words in zip(
            (c for row in table.rows for c in row.cells), ("Year", "Cases", "2021", "64"), strict=True
        ):
            cell.text = words
        document.add_paragraph("After\tit,\nsecond line.")

    found = extract(make_docx(build), filename="a.docx")
    assert found.text == "Before the table: 😀 ខ្មែរ.\n\nYear\tCases\n2021\t64\n\nAfter\tit,\nsecond line."
    assert (found.title, found.language, found.kind) == ("Government statement", "en-GB", "docx")
    assert found.notes == ()


def test_word_insertions_content_controls_and_text_boxes_are_not_lost():
    def build(document):
        document.add_paragraph("First.")
        for xml in (
            f"<w:p {W}><w:r><w:t xml:space='preserve'>The figure is </w:t></w:r><w:del><w:r><w:delText>371</w:delText>"
            "</w:r></w:del><w:ins><w:r><w:t>370</w:t></w:r></w:ins></w:p>",
            f"<w:sdt {W}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>",
            f"<w:p {W}><w:r><w:t>Anchor.</w:t><w:pict><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p>"
            "</w:txbxContent></w:pict></w:r></w:p>",
        ):
            document.element.body.insert(-1, parse_xml(xml))

    found = extract(make_docx(build), filename="a.docx")
    assert found.text == "First.\n\nThe figure is 370\n\nIn a control.\n\nAnchor.\n\nIn a box."
    assert "tracked changes" in found.notes[0]


def test_word_footnotes_follow_the_story_and_never_touch_a_figure():
    def build(document):
        paragraph = document.add_paragraph("It helped 370")
        paragraph.runs[0]._r.append(parse_xml(f'<w:footnoteReference {W} w:id="2"/>'))
        paragraph.add_run(" people.")

    data = make_docx(build)
    notes = f"""<w:footnotes {W}><w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote>
    <w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t xml:space="preserve"> Annual report.</w:t></w:r></w:p>
    </w:footnote></w:footnotes>"""
    data = with_entry(data, "word/footnotes.xml", notes)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        relations = archive.read("word/_rels/document.xml.rels").decode()
        types = archive.read("[Content_Types].xml").decode()
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    relation = f'<Relationship Id="rId99" Type="{kind}" Target="footnotes.xml"/></Relationships>'
    data = with_entry(data, "word/_rels/document.xml.rels", relations.replace("</Relationships>", relation))
    part = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    override = f'<Override PartName="/word/footnotes.xml" ContentType="{part}"/></Types>'
    data = with_entry(data, "[Content_Types].xml", types.replace("</Types>", override))
    assert extract(data, filename="a.docx").text == "It helped 370[1] people.\n\n[1] Annual report."


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = with_entry(make_docx(), "word/media/image1.png", b"\0" * 260_000_000)
    assert len(bomb) < 1_000_000
    reason, message = refusal(bomb, "a.docx")
    assert reason == "too_large"
    assert "250 MB" in message


def test_a_zip_that_understates_its_size_is_refused():
    data = bytearray(with_entry(make_docx(), "word/document.xml", b" " * 5_000_000))
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"word/document.xml"))
    data[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    assert refusal(bytes(data), "a.docx")[0] == "damaged"


def test_entities_that_multiply_are_not_expanded():
    xml = f"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "{"ha" * 1000}"><!ENTITY b "{"&a;" * 1000}">
    <!ENTITY c "{"&b;" * 1000}">]><w:document {W}><w:body><w:p><w:r><w:t>&c;</w:t></w:r></w:p></w:body></w:document>"""
    assert refusal(with_entry(make_docx(), "word/document.xml", xml), "a.docx")[0] in {"damaged", "empty", "memory"}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_word_document_cut_short_is_refused(share):
    data = make_docx()
    assert refusal(data[: int(len(data) * share)], "a.docx")[0] == "damaged"


def test_a_word_document_without_its_story_part_is_refused():
    assert refusal(make_zip("word/other.xml", "[Content_Types].xml"), "a.docx")[0] == "damaged"


def test_a_word_document_without_words_is_refused():
    assert refusal(make_docx(lambda document: None), "a.docx")[0] == "empty"


def test_a_locked_word_document_is_refused():
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    assert refusal(data, "a.docx")[0] == "password"


# ---- files that are not what they should be


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.pdf", "a.docx", "a"])
def test_an_empty_file_is_refused(name):
    assert refusal(b"", name)[0] == "empty"


@pytest.mark.parametrize("name", ["a.txt", "a.html"])
def test_white_space_alone_is_no_document(name):
    assert refusal(b" \r\n\t\n", name)[0] in {"empty", "no_text"}


@pytest.mark.parametrize(
    ("data", "name", "reason", "words"),
    [
        (make_pdf(STORY), "a.docx", "wrong_type", "called a Word document, but its content is a PDF; rename it"),
        (make_pdf(STORY), "a.txt", "wrong_type", "is a PDF"),
        (make_docx(), "a.pdf", "wrong_type", "is a Word document; rename it to end in .docx"),
        (make_docx(), "a.txt", "wrong_type", "is a Word document"),
        (make_page("<p>370</p>").encode(), "a.txt", "wrong_type", "is a web page"),
        (STORY.encode(), "a.pdf", "wrong_type", "called a PDF, but its content is not"),
        (STORY.encode(), "a.docx", "wrong_type", "called a Word document, but its content is not"),
        (b"MZ\x90\0" + bytes(range(256)) * 8, "a.txt", "wrong_type", "a Windows program"),
        (b"\x7fELF\x02\x01" + bytes(64), "a.txt", "wrong_type", "a program"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "a.pdf", "wrong_type", "a picture"),
        (make_zip("xl/workbook.xml"), "a.docx", "wrong_type", "an Excel workbook"),
        (make_zip("photo.jpg"), "a.docx", "wrong_type", "a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.docx", "wrong_type", "old Office file"),
        (b"{\\rtf1 Hello}", "a.txt", "wrong_type", "Rich Text"),
        (b"MZ\x90\0" + bytes(64), "setup.exe", "unsupported", "a Windows program; bring in .txt"),
        (b"year,cases\n2021,64\n", "a.csv", "unsupported", "cannot be read; bring in .txt"),
        (make_zip("content.xml"), "a.odt", "unsupported", "an OpenDocument file"),
    ],
)
def test_a_file_that_is_something_else_is_refused(data, name, reason, words):
    said, message = refusal(data, name)
    assert said == reason
    assert words in message


@pytest.mark.parametrize(
    ("data", "name", "declared_type", "kind"),
    [
        (STORY.encode(), "README", None, "txt"),
        (STORY.encode(), "notes.md", "text/markdown", "txt"),
        (b"MZ is how he signed: 370.", "a.txt", "text/plain", "txt"),
        (make_page(f"<p>{STORY}</p>").encode(), "article.php", "text/html; charset=utf-8", "html"),
        (make_page(f"<p>{STORY}</p>").encode(), "article", None, "html"),
        (make_pdf(STORY), "download", "application/octet-stream", "pdf"),
        (make_pdf(STORY), "A.PDF", "text/plain", "pdf"),
        (make_page(f"<p>{STORY}</p>").encode(), "report.pdf", "text/html", "html"),
        (b"\n\n" + make_pdf(STORY), "a.pdf", None, "pdf"),
    ],
)
def test_the_content_decides_between_name_and_declared_type(data, name, declared_type, kind):
    assert extract(data, filename=name, declared_type=declared_type).kind == kind


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (b"370 people\0 and", "not_text", "NUL"),
        ("Fine ខ្មែរ, and then \ufffd".encode().replace(b"\xef\xbf\xbd", b"\xff") + b" more", "encoding", "byte "),
        ("ខ្មែរ".encode()[:-1], "damaged", "middle of a character"),
        ("ខ្មែរ".encode("utf-16")[:-1], "damaged", "middle of a character"),
        (b"\xff\xfe" + b"\x00\xd8a\x00", "encoding", "UTF-16"),
        ("Café".encode("latin-1"), "encoding", "cannot be known"),
        (bytes(range(128, 256)) * 20, "encoding", "cannot be known"),
        (b"half: " + b"\xed\xa0\x80 " + "ខ្មែរ".encode(), "encoding", "byte 7"),
        ((b"\x01\x02\x03\0\xfe\xfd" * 50), "not_text", "NUL"),
    ],
)
def test_text_in_no_known_encoding_is_refused(data, reason, words):
    said, message = refusal(data, "a.txt")
    assert said == reason
    assert words in message


def test_a_page_with_a_nul_is_refused():
    assert refusal(make_page("<p>370\0</p>").encode(), "a.html")[0] == "not_text"


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "missing", tmp_path, tmp_path / "pipe"):
        assert refusal(path, "a.pdf")[0] == "missing"


@pytest.mark.parametrize("name", ["../../etc/pass\nwd\x1b[31m.pdf", "C:\\files\\a.pdf"])
def test_a_file_name_cannot_disturb_its_message(name):
    with pytest.raises(ExtractError) as caught:
        extract(b"x", filename=name)
    assert re.match(r"(pass�wd�\[31m|a)\.pdf: ", str(caught.value))


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "", " \n"])
def test_pasted_text_is_held_to_the_same_rules(text):
    with pytest.raises(ExtractError, match=r"^Pasted text: [^.]+\.$"):
        check_text(text, name="Pasted text")


def test_pasted_text_that_will_do_is_returned_untouched():
    assert check_text(" Cafe\u0301\n", name="Pasted text") == " Cafe\u0301\n"


# ---- limits


def test_a_file_over_50_megabytes_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere")
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(50_000_001)
    reason, message = refusal(path, "a.pdf")
    assert reason == "too_large"
    assert "50 MB" in message


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.pdf", "a.docx"])
def test_both_size_limits_hold_for_every_kind(name):
    data = {
        "a.txt": STORY.encode(),
        "a.html": make_page(f"<p>{STORY}</p>").encode(),
        "a.pdf": make_pdf(STORY, STORY),
        "a.docx": make_docx(),
    }[name]
    assert refusal(data, name, limits=Limits(bytes_in=len(data) - 1))[0] == "too_large"
    assert refusal(data, name, limits=Limits(characters_out=40))[0] == "too_large"


def test_a_file_that_takes_too_much_processor_time_is_stopped():
    page = make_page(f"<p>{STORY}</p>" * 60_000).encode()
    reason, message = refusal(page, "a.html", limits=Limits(cpu_seconds=1))
    assert reason == "timeout"
    assert "more than the 1 seconds" in message


def test_a_file_that_takes_too_much_memory_is_refused():
    page = make_page(f"<p>{STORY}</p>" * 60_000).encode()
    assert refusal(page, "a.html", limits=Limits(memory_bytes=100_000_000))[0] == "memory"


def fake_python(folder, script):
    """A stand-in for the interpreter, to see what the caller makes of a reader that dies or hangs."""
    path = Path(folder) / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (f"kill -{int(signal.SIGKILL)} $$", "memory"),
        (f"kill -{int(signal.SIGXCPU)} $$", "timeout"),
        (f"kill -{int(signal.SIGSEGV)} $$", "damaged"),
        ("exit 1", "damaged"),
        ("exit 0", "damaged"),
        ("exec sleep 20", "timeout"),
    ],
)
def test_a_reader_that_dies_or_hangs_is_one_clear_sentence(tmp_path, monkeypatch, script, reason):
    monkeypatch.setattr(sys, "executable", fake_python(tmp_path, script))
    assert refusal(make_pdf(STORY), "a.pdf", limits=Limits(wall_seconds=1))[0] == reason


def test_every_reason_for_a_refusal_is_explained():
    page = (Path(__file__).resolve().parents[2] / "docs/documents-in.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == ["reason", *EXTRACT_REASONS]
