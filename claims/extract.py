"""Files to text, in a limited process of its own: .txt, .html, .pdf and .docx.

``extract`` starts ``python -m claims.extract``, which limits its own memory and processor time before it imports a
parser, reads the file on stdin and answers on stdout: one line of JSON, then, when all went well, the text in UTF-8.
A hostile or broken file can therefore end that process and nothing else, and the caller (a web server) never imports
trafilatura, pypdf or python-docx. Plain UTF-8 needs no parser and is decoded on the spot.

Line ends become ``\\n``; beyond that a text is not normalised. See ``docs/documents-in.md`` for what a person is told.
"""

import io
import json
import logging
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import IO, Any, Literal

from claims.errors import EXTRACT_REASONS, ExtractError, ExtractReason
from claims.offsets import normalise_line_ends

Kind = Literal["txt", "html", "pdf", "docx"]

SUFFIXES: Mapping[str, Kind] = {
    ".txt": "txt",
    ".text": "txt",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
}
MEDIA_TYPES: Mapping[str, Kind] = {
    "text/plain": "txt",
    "text/markdown": "txt",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one file may cost; the process that reads it ends when it asks for more."""

    bytes_in: int = 50_000_000
    characters_out: int = 20_000_000
    unpacked_bytes: int = 250_000_000  # what a .docx, which is a zip, may hold
    memory_bytes: int = 1_500_000_000  # address space
    cpu_seconds: int = 60
    wall_seconds: float = 120.0  # for a reader that waits instead of working, and for a busy machine


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, kw_only=True)
class Extracted:
    """What a file holds: its text, and whatever the file says about itself, to be checked by a person."""

    text: str  # line ends are \n; no NUL, no lone surrogate
    kind: Kind
    title: str | None = None
    page_starts: tuple[int, ...] = ()  # code points, one a page and in order; empty but for PDF
    language: str | None = None  # a language tag such as "en-GB"
    url: str | None = None  # http or https
    published_on: date | None = None
    publisher: str | None = None
    encoding: str | None = None  # of .txt and .html: Python's name for it
    notes: tuple[str, ...] = ()  # sentences the person who brings the file in should read


def extract(
    data: bytes | os.PathLike[str],
    *,
    filename: str,
    declared_type: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Extracted:
    """Return the text of a file given as bytes or as a path.

    ``filename`` is the name it came under, whose ending says what it should be; ``declared_type`` is the media type
    that came with it ("text/html; charset=windows-1252"), asked when the ending says nothing. The content decides
    whether to believe either. Raises ExtractError, whose message is one sentence for a person, and whose ``reason``
    is one of ``errors.EXTRACT_REASONS``. Costs a fifth of a second for the process at least; plain UTF-8 needs none.
    """
    name = _shown_name(filename)
    if isinstance(data, bytes):
        _check_size(len(data), name, limits)
        plain = _plain_utf8(data, filename, declared_type, limits)
        return plain or _extract_apart(data, filename, declared_type, limits)
    try:
        # Asked before opening: opening a pipe would wait for somebody to write to it.
        file = open(data, "rb") if stat.S_ISREG(os.stat(data).st_mode) else None  # noqa: SIM115 (closed below)
    except OSError as error:
        raise ExtractError(
            f"{name}: the file could not be opened ({error.strerror}); check that it is there and may be read.",
            reason="missing",
        ) from error
    if file is None:
        raise ExtractError(f"{name}: this is not a file; name the document itself.", reason="missing")
    with file:
        _check_size(os.fstat(file.fileno()).st_size, name, limits)
        if _claimed_kinds(filename, declared_type) == {"txt"}:
            plain = _plain_utf8(file.read(limits.bytes_in), filename, declared_type, limits)
            if plain:
                return plain
            os.lseek(file.fileno(), 0, os.SEEK_SET)  # the process reads the descriptor, past this object's buffer
        return _extract_apart(file, filename, declared_type, limits)


def check_text(text: str, *, name: str, limits: Limits = DEFAULT_LIMITS) -> str:
    """Return ``text`` unchanged when it can be stored as a document, or raise ExtractError.

    For text that comes without a file too, pasted or from JSON. ``name`` begins the message. NUL and lone surrogates
    are refused because PostgreSQL and SQLite treat them differently.
    """
    if not text or text.isspace():
        raise ExtractError(f"{name}: there is no text in it; check that it is the right file.", reason="empty")
    if len(text) > limits.characters_out:
        raise ExtractError(
            f"{name}: it holds {len(text):,} characters and at most {limits.characters_out:,} can be brought in; "
            "divide it into parts.",
            reason="too_large",
        )
    if (at := text.find("\0")) >= 0:
        raise ExtractError(
            f"{name}: character {at + 1:,} is a NUL, which no text holds; save the file as plain text in UTF-8.",
            reason="not_text",
        )
    if surrogate := _SURROGATE.search(text):
        raise ExtractError(
            f"{name}: character {surrogate.start() + 1:,} is half of a character (a lone surrogate); "
            "save the text again in UTF-8.",
            reason="encoding",
        )
    return text


# ---- in the calling process -----------------------------------------------------------------------------------------

_SURROGATE = re.compile("[\ud800-\udfff]")
_PROJECT = Path(__file__).resolve().parent.parent
# The parser gets what Python needs to start and none of the server's secrets.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "TMPDIR", "LANG")


def _plain_utf8(data: bytes, filename: str, declared_type: str | None, limits: Limits) -> Extracted | None:
    """Return a .txt in UTF-8, or None when it wants the other process (or cannot be read there either)."""
    if _claimed_kinds(filename, declared_type) != {"txt"} or not data or _recognise(data) is not None:
        return None
    if b"\0" in data or b"\x1b" in data:  # UTF-16 and ISO-2022-JP can pass for UTF-8
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return _finished(Extracted(text=text, kind="txt", encoding="utf-8"), _shown_name(filename), limits)


def _extract_apart(source: bytes | IO[bytes], filename: str, declared_type: str | None, limits: Limits) -> Extracted:
    name = _shown_name(filename)
    request = json.dumps({"filename": filename, "declared_type": declared_type, "limits": asdict(limits)})
    environment = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
    # The answer goes to a file, whose size the process cannot exceed, so that it can never fill this one's memory.
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.run(
                [sys.executable, "-B", "-m", "claims.extract", request],
                input=source if isinstance(source, bytes) else None,
                stdin=None if isinstance(source, bytes) else source,
                stdout=answer,
                stderr=complaints,
                cwd=_PROJECT,
                env=environment | {"PYTHONUTF8": "1", "PYTHONHASHSEED": "0"},
                timeout=limits.wall_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _took_too_long(name, limits.wall_seconds) from error
        answer.seek(0)
        header = answer.readline()
        if process.returncode != 0 or not header.endswith(b"\n"):
            complaints.seek(0, os.SEEK_END)
            complaints.seek(max(0, complaints.tell() - 2_000))
            last_words = complaints.read().decode("utf-8", "replace")
            logger.warning("Reading %s ended with status %d: %s", name, process.returncode, last_words)
            raise _ended_early(name, process.returncode, limits)
        fields = json.loads(header)
        if "error" in fields:
            reason: ExtractReason = fields["reason"] if fields["reason"] in EXTRACT_REASONS else "damaged"
            raise ExtractError(fields["error"], reason=reason)
        published_on = fields["published_on"]
        return Extracted(
            text=answer.read().decode("utf-8"),
            kind=fields["kind"],
            title=fields["title"],
            page_starts=tuple(fields["page_starts"]),
            language=fields["language"],
            url=fields["url"],
            published_on=date.fromisoformat(published_on) if published_on else None,
            publisher=fields["publisher"],
            encoding=fields["encoding"],
            notes=tuple(fields["notes"]),
        )


def _check_size(size: int, name: str, limits: Limits) -> None:
    if size > limits.bytes_in:
        raise ExtractError(
            f"{name}: the file has {_megabytes(size)} and at most {_megabytes(limits.bytes_in)} can be brought in; "
            "divide it into parts, or bring in its text alone.",
            reason="too_large",
        )


def _took_too_long(name: str, seconds: float) -> ExtractError:
    return ExtractError(
        f"{name}: reading it took more than the {seconds:g} seconds allowed and was stopped; divide it into parts, "
        "or save its text as .txt and bring that in.",
        reason="timeout",
    )


def _needs_too_much(name: str, limits: Limits) -> ExtractError:
    return ExtractError(
        f"{name}: reading it takes more than the {_megabytes(limits.memory_bytes)} of memory allowed and was stopped; "
        "divide it into parts, or save its text as .txt and bring that in.",
        reason="memory",
    )


def _ended_early(name: str, status: int, limits: Limits) -> ExtractError:
    if status == -signal.SIGXCPU:
        return _took_too_long(name, limits.cpu_seconds)
    # The kernel kills with SIGKILL when the machine, rather than the process, is out of memory.
    if status == -signal.SIGKILL:
        return _needs_too_much(name, limits)
    return ExtractError(
        f"{name}: the reader broke down over it, so the file is probably damaged; open it in its own program, "
        "save it again, and bring that copy in.",
        reason="damaged",
    )


def _shown_name(filename: str) -> str:
    """Return the last part of a file name as it can stand in a sentence: printable and not too long."""
    last = re.split(r"[/\\]", filename)[-1]
    shown = "".join(character if character.isprintable() else "�" for character in last)
    return shown if 0 < len(shown) <= 80 else f"{shown[:60]}…{shown[-15:]}" if shown else "The file"


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB" if size >= 10_000_000 else f"{size:,} bytes"


# ---- what a file is -------------------------------------------------------------------------------------------------

_KIND_NAMES: Mapping[Kind, str] = {
    "txt": "plain text",
    "html": "a web page",
    "pdf": "a PDF",
    "docx": "a Word document",
}
_ACCEPTED = "bring in .txt, .html, .pdf or .docx"
# Signatures from the formats' own specifications; the second word is how a person would name the thing.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x7fELF", "a program"),
    (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF87a", "a picture (GIF)"),
    (b"GIF89a", "a picture (GIF)"),
    (b"II*\0", "a picture (TIFF)"),
    (b"MM\0*", "a picture (TIFF)"),
    (b"{\\rtf", "a Rich Text document (RTF)"),
    (b"%!PS", "a PostScript file"),
    (b"\x1f\x8b\x08", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"SQLite format 3\0", "a database"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>]|head[\s>]|body[\s>])",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class _Recognised:
    """What the bytes themselves say: one of our kinds, or the name of something else."""

    kind: Kind | None
    called: str


def _recognise(data: bytes) -> _Recognised | None:
    """Return what the first bytes give away, or None: plain text, or nothing known. A zip is only called a zip."""
    if data.startswith(b"%PDF-"):
        return _Recognised("pdf", _KIND_NAMES["pdf"])
    if data.startswith(_ZIP):
        return _Recognised(None, "a ZIP archive")
    if data.startswith(_OLE):
        return _Recognised(None, "an old Office file, such as a .doc")
    for signature, called in _SIGNATURES:
        if data.startswith(signature):
            return _Recognised(None, called)
    # Two letters that may begin a text as well: a program has NULs soon after.
    if data.startswith(b"MZ") and b"\0" in data[:1024]:
        return _Recognised(None, "a Windows program")
    beginning = data[:4096]
    utf16 = beginning.startswith((b"\xff\xfe", b"\xfe\xff"))
    opening = beginning.decode("utf-16" if utf16 else "utf-8-sig", "replace")
    return _Recognised("html", _KIND_NAMES["html"]) if _HTML.match(opening) else None


def _recognise_zip(data: bytes, name: str) -> _Recognised:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise ExtractError(
            f"{name}: the document is incomplete or damaged (its table of contents cannot be read); "
            "fetch or save it again.",
            reason="damaged",
        ) from error
    if any(entry.startswith("word/") for entry in names):
        return _Recognised("docx", _KIND_NAMES["docx"])
    for folder, called in (("xl/", "an Excel workbook"), ("ppt/", "a PowerPoint presentation")):
        if any(entry.startswith(folder) for entry in names):
            return _Recognised(None, called)
    return _Recognised(None, "an OpenDocument file" if "content.xml" in names else "a ZIP archive")


def _claimed_kinds(filename: str, declared_type: str | None) -> set[Kind]:
    """Return what the file is said to be: no kind, one, or two where its name and its media type disagree."""
    suffix = Path(filename.lower()).suffix
    media_type = (declared_type or "").partition(";")[0].strip().lower()
    said = {SUFFIXES.get(suffix), MEDIA_TYPES.get(media_type)}
    return {kind for kind in said if kind is not None}


def _true_kind(data: bytes, filename: str, declared_type: str | None) -> Kind:
    """Return the kind the content really has; raise ExtractError when that is not what was said."""
    name = _shown_name(filename)
    claimed = _claimed_kinds(filename, declared_type)
    # Some PDFs have a few bytes before their header (ISO 32000-2, annex I allows for it), some texts quote one.
    found = _Recognised("pdf", "") if claimed == {"pdf"} and b"%PDF-" in data[:1024] else _recognise(data)
    if data.startswith(_ZIP):
        found = _recognise_zip(data, name)
    if found is None:
        if not claimed and not Path(filename).suffix:
            return "txt"
        # A page may begin with anything, so a page it is when anybody says so.
        if "html" in claimed:
            return "html"
        if "txt" in claimed:
            return "txt"
    elif found.kind is not None and (found.kind in claimed or not claimed):
        return found.kind
    if data.startswith(_OLE) and "EncryptedPackage".encode("utf-16-le") in data:
        raise ExtractError(
            f"{name}: the document is protected by a password; save a copy without one and bring that in.",
            reason="password",
        )
    if not claimed:
        called = found.called if found else "a file of a kind that cannot be read"
        raise ExtractError(f"{name}: this is {called}; {_ACCEPTED}.", reason="unsupported")
    said = " or ".join(sorted(_KIND_NAMES[kind] for kind in claimed))
    if found is None:
        help_ = "open it in the program it came from and save it again"
        raise ExtractError(f"{name}: it is called {said}, but its content is not; {help_}.", reason="wrong_type")
    help_ = f"rename it to end in .{found.kind}, if that is what you want" if found.kind else _ACCEPTED
    raise ExtractError(f"{name}: it is called {said}, but its content is {found.called}; {help_}.", reason="wrong_type")


# ---- in the process apart -------------------------------------------------------------------------------------------


def main() -> None:
    """Read one file from stdin as ``_extract_apart`` asks, and answer on stdout."""
    request = json.loads(sys.argv[1])
    limits = Limits(**request["limits"])
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up in the answer
    _limit_this_process(limits)
    name = _shown_name(request["filename"])
    try:
        data = sys.stdin.buffer.read(limits.bytes_in + 1)
        found = read(data, filename=request["filename"], declared_type=request["declared_type"], limits=limits)
        fields = asdict(found) | {"published_on": found.published_on and found.published_on.isoformat()}
        text = fields.pop("text").encode("utf-8")
    except (ExtractError, MemoryError) as error:
        refusal = error if isinstance(error, ExtractError) else _needs_too_much(name, limits)
        # libxml2 calls a document broken when it was refused memory in the middle of it.
        if refusal.reason == "damaged" and _peak_memory() > limits.memory_bytes / 2:
            refusal = _needs_too_much(name, limits)
        fields, text = {"error": str(refusal), "reason": refusal.reason}, b""
    answer.write(json.dumps(fields).encode("ascii") + b"\n")
    answer.write(text)
    answer.close()


def _limit_this_process(limits: Limits) -> None:
    import resource  # not on every system, and only this process needs it

    def lower(what: int, soft: int, hard: int) -> None:
        ceiling = resource.getrlimit(what)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        try:
            resource.setrlimit(what, (soft, hard))
        except (ValueError, OSError):
            # macOS knows RLIMIT_AS and refuses to set it; there the time limits have to do.
            logger.warning("This system does not limit resource %d.", what)

    lower(resource.RLIMIT_CORE, 0, 0)
    lower(resource.RLIMIT_AS, limits.memory_bytes, limits.memory_bytes)
    lower(resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1)
    largest_answer = 4 * limits.characters_out + 4_000_000  # four bytes a character at most, and the line before it
    lower(resource.RLIMIT_FSIZE, largest_answer, largest_answer)


def _peak_memory() -> int:
    """Return the most address space this process has had, in bytes; 0 where the system does not tell (see proc(5))."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    found = re.search(r"^VmPeak:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def read(data: bytes, *, filename: str, declared_type: str | None, limits: Limits) -> Extracted:
    """Return what the file holds, read in this very process: for ``main`` and for tests of the readers.

    Raises ExtractError; MemoryError passes through.
    """
    name = _shown_name(filename)
    _check_size(len(data), name, limits)
    if not data:
        raise ExtractError(f"{name}: the file is empty; check that it was saved or sent whole.", reason="empty")
    reader = _READERS[_true_kind(data, filename, declared_type)]
    try:
        return _finished(reader(data, name, declared_type, limits), name, limits)
    except (ExtractError, MemoryError):
        raise
    except Exception as error:
        # A parser given a broken file raises whatever its own code stumbles over: KeyError, AttributeError, anything.
        logger.exception("%s could not be read", name)
        raise ExtractError(
            f"{name}: it could not be read to its end, so it is probably damaged or cut short ({_what(error)}); "
            "open it in its own program, save it again, and bring that copy in.",
            reason="damaged",
        ) from error


def _what(error: Exception) -> str:
    said = " ".join(str(error).split())[:120].rstrip(".")
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _finished(found: Extracted, name: str, limits: Limits) -> Extracted:
    """Return the document with its line ends made ``\\n``, its page starts moved along, and its text checked."""
    text, remap = normalise_line_ends(found.text)
    check_text(text, name=name, limits=limits)
    return replace(
        found,
        text=text,
        page_starts=tuple(remap(start) for start in found.page_starts),
        title=_clean(found.title),
        publisher=_clean(found.publisher),
        language=_language_tag(found.language),
        url=_web_address(found.url),
    )


def _clean(words: str | None) -> str | None:
    """Return a line about the document, fit to be put in a form field, or None when nothing is left of it."""
    if not words:
        return None
    kept = "".join(character for character in words if character.isprintable() or character.isspace())
    return " ".join(kept.split())[:500] or None


def _language_tag(tag: str | None) -> str | None:
    tag = (tag or "").strip().replace("_", "-")
    return tag if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", tag) else None


def _web_address(url: str | None) -> str | None:
    # A page can name any address as its own; javascript: must never become a link.
    return url if url and len(url) <= 2_000 and re.fullmatch(r"https?://[^\s<>\"\\]+", url) else None


# ---- plain text, and the encodings of it ----------------------------------------------------------------------------

_BOMS: tuple[tuple[bytes, str, str], ...] = (
    (b"\xef\xbb\xbf", "utf-8-sig", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32", "utf-32"),
    (b"\xff\xfe", "utf-16", "utf-16"),
    (b"\xfe\xff", "utf-16", "utf-16"),
)
# What pages call Latin-1 is windows-1252, and so on: https://encoding.spec.whatwg.org/#names-and-labels
_WEB_LABELS: Mapping[str, str] = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "latin1": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "big5": "big5hkscs",
}
# These encodings agree on many letters and then on none ("è" in one is "č" in the next), and charset-normalizer cannot
# tell them apart. What it leaves open is settled by the alphabets of the languages each is for: the first that has all
# the accented letters of a text is right. The order is that of how common they are; the first also wins without proof.
_LATIN_ALPHABETS: Mapping[str, tuple[str, ...]] = {
    "cp1252": (
        "àâæçèéêëîïôœùûüÿ",  # French
        "äöüß",  # German
        "áéíñóúü",  # Spanish
        "áàâãçéêíóôõúü",  # Portuguese
        "àèéìíîòóùú",  # Italian
        "àçèéíïòóúü",  # Catalan
        "åäöæøéü",  # Danish, Finnish, Norwegian, Swedish
        "áéèëïíóöúü",  # Dutch
    ),
    "cp1250": (
        "áčďéěíňóřšťúůýž",  # Czech
        "áäčďéíĺľňóôŕšťúýž",  # Slovak
        "ąćęłńóśźż",  # Polish
        "áéíóöőúüű",  # Hungarian
        "čćđšž",  # Croatian, Slovene
        "ăâîşţ",  # Romanian, in the letters this encoding has
    ),
    "cp1254": ("âçğîıöşûü\u0307",),  # Turkish; lower() makes İ two characters
    "cp1257": ("āčēģīķļņšūž", "ąčęėįšųūž", "äõöüšž"),  # Latvian, Lithuanian, Estonian
}


def _read_txt(data: bytes, name: str, declared_type: str | None, limits: Limits) -> Extracted:
    text, encoding, notes = _decode(data, name, [_charset(declared_type)])
    return Extracted(text=text, kind="txt", encoding=encoding, notes=notes)


def _charset(media_type: str | None) -> str | None:
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", media_type or "", re.IGNORECASE)
    return found[1] if found else None


def _decode(data: bytes, name: str, labels: Iterable[str | None]) -> tuple[str, str, tuple[str, ...]]:
    """Return the text, the encoding it was read in and what to tell the person.

    A byte order mark settles it; then valid UTF-8, which other encodings hardly ever are; then ``labels``, what the
    file or its sender says; then charset-normalizer's guess, if it has a good one. Raises ExtractError.
    """
    for mark, codec, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return data.decode(codec), encoding, ()
            except UnicodeDecodeError as error:
                raise _undecodable(name, encoding, error, len(data)) from error
    said = [_WEB_LABELS.get(label.lower(), label.lower()) for label in labels if label]
    # ISO-2022-JP is ASCII with escape sequences, so valid UTF-8 proves nothing where there are some.
    order = [*said, "utf-8"] if b"\x1b" in data else ["utf-8", *said]
    for encoding in order:
        try:
            text = data.decode(encoding)
        except (LookupError, UnicodeError):
            continue  # an unknown or a wrong label: try the next
        if "\0" not in text:
            return text, encoding, ()
    if b"\0" not in data:
        _refuse_damaged_utf8(data, name)
    return _guess(data, name)


def _refuse_damaged_utf8(data: bytes, name: str) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        mended = data.decode("utf-8", "replace")
        wrong = mended.count("\ufffd")
        right = sum(character > "\x7f" for character in mended) - wrong
        # Other encodings make valid UTF-8 sequences only by rare accident.
        if right > wrong:
            raise _undecodable(name, "utf-8", error, len(data)) from error


def _undecodable(name: str, encoding: str, error: UnicodeDecodeError, length: int) -> ExtractError:
    if error.reason in {"unexpected end of data", "truncated data"} and error.end >= length:
        return ExtractError(
            f"{name}: the file ends in the middle of a character, so it was cut short; fetch or save it again.",
            reason="damaged",
        )
    return ExtractError(
        f"{name}: the text is in {encoding.upper()} but for byte {error.start + 1:,}, which no character can have; "
        "save the file again as plain text in UTF-8.",
        reason="encoding",
    )


def _guess(data: bytes, name: str) -> tuple[str, str, tuple[str, ...]]:
    from charset_normalizer import from_bytes

    matches = list(from_bytes(data))  # best first
    if b"\0" in data:
        # Only UTF-16 and UTF-32 have zero bytes in a text.
        matches = [match for match in matches if match.encoding.startswith(("utf_16", "utf_32"))]
    else:
        matches = [match for match in matches if not match.encoding.startswith(("utf_16", "utf_32", "utf_7"))]
    if not matches and b"\0" in data:
        raise ExtractError(
            f"{name}: this is not text (byte {data.index(0) + 1:,} is a NUL); "
            "save the document as plain text in UTF-8 and bring that in.",
            reason="not_text",
        )
    best = matches[0] if matches else None
    if best is None or best.language == "Unknown":
        raise ExtractError(
            f"{name}: it cannot be known in which encoding this text is written; save it again as plain text in UTF-8.",
            reason="encoding",
        )
    as_good = {match.encoding: match for match in matches if match.chaos <= best.chaos}
    latin = [as_good[encoding] for encoding in _LATIN_ALPHABETS if encoding in as_good]
    fitting = [match for match in latin if _has_all_letters(match.encoding, str(match))]
    best = (fitting or latin or [best])[0]
    # Where every letter is the same in both, name the one a person knows.
    encoding = "cp1252" if "cp1252" in best.could_be_from_charset else best.encoding
    note = (
        f"The file does not say its encoding and is not UTF-8; it was read as {encoding.replace('_', '-')}, "
        "which is a guess: check the letters with accents, and the quotation marks."
    )
    return str(best), encoding, (note,)


def _has_all_letters(encoding: str, text: str) -> bool:
    accented = {letter for letter in text.lower() if letter > "\x7f" and letter.isalpha()}
    return any(accented <= set(alphabet) for alphabet in _LATIN_ALPHABETS[encoding])


# ---- web pages ------------------------------------------------------------------------------------------------------

_BLOCKS = {"head", "p", "quote", "list", "item", "table", "row", "code", "div", "fw"}
_LAYOUT_SPACE = re.compile(r"[ \t\r\n\f]+")  # HTML's own white space: a run of it shows as one space
_SHORT_STORY = 250  # characters; trafilatura's own idea of too little to be sure (its MIN_EXTRACTED_SIZE)


def _read_html(data: bytes, name: str, declared_type: str | None, limits: Limits) -> Extracted:
    import trafilatura
    from lxml import html  # type: ignore[import-untyped]

    opening = data[:4096].decode("latin-1")
    in_page = re.search(r"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", opening, re.IGNORECASE)
    in_xml = re.match(r"\s*<\?xml[^>]+encoding\s*=\s*[\"']([\w.:-]+)", opening, re.IGNORECASE)
    labels = [_charset(declared_type), in_page and in_page[1], in_xml and in_xml[1]]
    page, encoding, notes = _decode(data, name, labels)
    # Checked here too, because the parser would drop a NUL and go on.
    check_text(page, name=name, limits=replace(limits, characters_out=limits.bytes_in))

    # Parsed from bytes, so that an encoding named in the page is not believed twice; huge_tree because lxml otherwise
    # cuts a text node at 10 MB without a word (this process is limited as a whole).
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    no_story = ExtractError(
        f"{name}: no story was found on this page; save the page after it has loaded fully, or paste its text.",
        reason="no_text",
    )
    try:
        tree = html.document_fromstring(page.encode("utf-8"), parser=parser)
    except html.etree.ParserError as error:
        raise no_story from error
    if not _has_own_words(tree):
        raise no_story
    language = tree.get("lang") or tree.get("xml:lang")
    found = trafilatura.bare_extraction(
        tree,
        with_metadata=True,
        include_comments=False,
        # Only a date the page states; an extensive search makes 1 January of a copyright line's year.
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    if found is None or isinstance(found, dict):
        raise no_story
    text = _joined(_html_blocks(found.body))
    if not text:
        raise no_story
    if len(text) < _SHORT_STORY:
        notes += (f"Only {len(text)} characters were found on this page: check that this is the whole story.",)
    if re.search(r"<html[\s>]", opening, re.IGNORECASE) and not re.search(r"</html\s*>", page[-4096:], re.IGNORECASE):
        notes += ("The page does not end as a page should: it may have been cut short.",)
    return Extracted(
        text=text,
        kind="html",
        title=found.title,
        language=language or found.language,
        url=found.url,
        published_on=_date(found.date),
        publisher=found.sitename,
        encoding=encoding,
        notes=notes,
    )


def _has_own_words(tree: Any) -> bool:
    """Return whether the page says anything beside links, menus and forms."""
    skipped = {"script", "style", "noscript", "template", "nav", "footer", "a", "button", "form", "select", "head"}
    waiting = [tree]
    while waiting:
        element = waiting.pop()
        if not isinstance(element.tag, str) or element.tag in skipped:
            continue
        if element.text and not element.text.isspace():
            return True
        for child in element:
            if child.tail and any(character.isalnum() for character in child.tail):
                return True
            waiting.append(child)
    return False


def _date(day: str | None) -> date | None:
    try:
        return date.fromisoformat(day or "")
    except ValueError:
        return None


def _html_blocks(body: Any) -> Iterator[tuple[str, object]]:
    """Yield each block of trafilatura's tree with the group it is in: a table's rows and a list's items are one.

    trafilatura's own plain text is not used: it composes characters (NFC), decodes ``&amp;amp;`` twice, and marks list
    items with "- ", which before a number reads as a minus.
    """
    inline: list[str] = []
    groups: list[object] = []

    def flush() -> Iterator[tuple[str, object]]:
        lines = "".join(inline).split("\n")
        inline.clear()
        words = "\n".join(line.strip(" ") for line in lines).strip("\n\t ")
        if words:
            yield words, groups[-1] if groups else None

    def spaced(words: str | None) -> str:
        return _LAYOUT_SPACE.sub(" ", words or "")

    def walk(element: Any) -> Iterator[tuple[str, object]]:
        tag = element.tag if isinstance(element.tag, str) else ""
        in_row = next(element.iterancestors("row"), None) is not None
        breaks = tag in _BLOCKS and not in_row
        if breaks:
            yield from flush()
        grouped = tag in {"list", "table"} and not groups
        if grouped:
            groups.append(object())
        if tag == "cell" and element.getprevious() is not None:
            inline.append("\t")
        if tag == "lb":
            inline.append("\n")
        elif tag in _BLOCKS and in_row:
            inline.append(" ")
        inline.append(spaced(element.text))
        for child in element:
            yield from walk(child)
        if breaks:
            yield from flush()
        if grouped:
            groups.pop()
        inline.append(spaced(element.tail))

    yield from walk(body)
    yield from flush()


def _joined(blocks: Iterable[tuple[str, object]]) -> str:
    """Return the blocks as one text: a blank line between them, only a line end within a table or a list."""
    pieces: list[str] = []
    last: object = None
    for words, group in blocks:
        if pieces:
            pieces.append("\n" if group is not None and group is last else "\n\n")
        pieces.append(words)
        last = group
    return "".join(pieces)


# ---- PDF ------------------------------------------------------------------------------------------------------------


def _read_pdf(data: bytes, name: str, declared_type: str | None, limits: Limits) -> Extracted:
    import pypdf
    from pypdf.errors import DependencyError, LimitReachedError

    # A reader mends what it can and so would hand over the first half of a file as if it were all.
    if b"%%EOF" not in data.rstrip(b"\0 \t\r\n")[-2048:]:
        raise ExtractError(
            f"{name}: the PDF ends too early, so it was cut short; fetch or save it again.", reason="damaged"
        )
    locked = ExtractError(
        f"{name}: the PDF is protected by a password or encrypted; print it to a new PDF and bring that in.",
        reason="password",
    )
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        # An empty password opens a PDF that anybody may read and only its owner may change.
        if reader.is_encrypted and not reader.decrypt(""):
            raise locked
        pages: list[str] = []
        starts: list[int] = []
        position = 0
        for page in reader.pages:
            words = page.extract_text()
            if pages and not pages[-1].endswith("\n"):
                pages.append("\n")
                position += 1
            starts.append(position)
            if words:
                pages.append(words)
                position += len(words)
            if position > limits.characters_out:
                break  # check_text will say so
        title, language = _pdf_metadata(reader)
    except DependencyError as error:
        raise locked from error  # AES wants a library that reading the few PDFs with an empty password does not justify
    except LimitReachedError as error:
        raise ExtractError(
            f"{name}: a part of the PDF grows beyond all measure when unpacked; print it to a new PDF and bring that in.",
            reason="too_large",
        ) from error
    bounds = [*starts, position + 1]
    text = "".join(pages)
    empty = [number for number, start in enumerate(starts, 1) if not text[start : bounds[number]].strip()]
    if len(empty) == len(starts):
        raise ExtractError(
            f"{name}: the PDF holds pictures of pages and no text; have its text recognised (OCR) and bring in the result.",
            reason="no_text",
        )
    text, mended = _without_unreadable(text)
    notes = [f"No text on page {_listed(empty)}: check whether it is a picture of text."] if empty else []
    if mended:
        notes.append(f"Shapes in the PDF that stand for no known letter, shown as \ufffd: {mended:,}.")
    return Extracted(
        text=text, kind="pdf", title=title, page_starts=tuple(starts), language=language, notes=tuple(notes)
    )


def _without_unreadable(text: str) -> tuple[str, int]:
    """Return the text with U+FFFD for each NUL and lone surrogate, and how many there were; the length is kept.

    In a PDF these come from a font that does not say which letter a shape is, and not from the author.
    """
    return re.subn("[\0\ud800-\udfff]", "\ufffd", text)


def _pdf_metadata(reader: Any) -> tuple[str | None, str | None]:
    title = (reader.metadata or {}).get("/Title")
    language = reader.root_object.get("/Lang")
    return (str(title) if title else None), (str(language) if language else None)


def _listed(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:10]))
    return f"{shown} and {len(numbers) - 10} more" if len(numbers) > 10 else shown


# ---- Word -----------------------------------------------------------------------------------------------------------

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
# Properties, words struck out by a tracked change, field codes, readings over a word, and the second copy of a drawing.
_WORD_SKIPPED = {
    *(f"{_W}{tag}" for tag in ("pPr", "rPr", "tblPr", "tblGrid", "trPr", "tcPr", "sectPr", "sdtPr", "del", "moveFrom")),
    *(f"{_W}{tag}" for tag in ("delText", "instrText", "delInstrText", "rt")),
    f"{_MC}Fallback",
}
_WORD_CHARACTERS = {
    f"{_W}tab": "\t",
    f"{_W}br": "\n",
    f"{_W}cr": "\n",
    f"{_W}noBreakHyphen": "\u2011",
    f"{_W}softHyphen": "\u00ad",
}
_NOTE_REFERENCES = {f"{_W}footnoteReference": "", f"{_W}endnoteReference": "endnote "}


def _read_docx(data: bytes, name: str, declared_type: str | None, limits: Limits) -> Extracted:
    import docx
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import parse_xml

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
    # Reading stops at the sizes named here, so a zip cannot claim less than it unpacks to.
    if sum(entry.file_size for entry in entries) > limits.unpacked_bytes or len(entries) > 20_000:
        raise ExtractError(
            f"{name}: the document unpacks to more than {_megabytes(limits.unpacked_bytes)}; "
            "save its text as .txt and bring that in.",
            reason="too_large",
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise ExtractError(
            f"{name}: the document is protected by a password; save a copy without one and bring that in.",
            reason="password",
        )
    try:
        document = docx.Document(io.BytesIO(data))
    except ValueError as error:  # python-docx: "is not a Word file, content type is …"
        raise ExtractError(
            f"{name}: this is not an ordinary Word document but a template, one with macros or something else; "
            "save it as .docx and bring that in.",
            reason="wrong_type",
        ) from error
    body = document.element.body
    story = _WordStory()
    blocks = list(story.blocks(body))
    for tag, relationship in (
        ("footnote", RELATIONSHIP_TYPE.FOOTNOTES),
        ("endnote", RELATIONSHIP_TYPE.ENDNOTES),
    ):
        for part in (rel.target_part for rel in document.part.rels.values() if rel.reltype == relationship):
            blocks += story.note_blocks(parse_xml(part.blob), tag)
    notes = []
    if next(body.iter(f"{_W}ins", f"{_W}del", f"{_W}moveFrom"), None) is not None:
        notes.append("The document has tracked changes: it was read as if all of them had been accepted.")
    has_properties = any(
        rel.reltype == RELATIONSHIP_TYPE.CORE_PROPERTIES for rel in document.part.package.rels.values()
    )
    properties = document.core_properties if has_properties else None
    return Extracted(
        text=_joined(blocks),
        kind="docx",
        title=properties.title if properties else None,
        language=properties.language if properties else None,
        notes=tuple(notes),
    )


class _WordStory:
    """Walks WordprocessingML (ECMA-376) in reading order, remembering the notes that are referred to.

    python-docx's own ``paragraph.text`` leaves out what stands in tracked insertions, content controls and text boxes.
    """

    def __init__(self) -> None:
        self.references: dict[tuple[str, str], str] = {}  # (element, id) → its mark in the text
        self.boxes: list[Any] = []

    def blocks(self, parent: Any, group: object = None) -> Iterator[tuple[str, object]]:
        """Yield each paragraph and table row below ``parent`` with the group (a table) it is in; empty ones are not."""
        for child in parent:
            if child.tag in _WORD_SKIPPED:
                continue
            if child.tag == f"{_W}p":
                words = "".join(self.words(child))
                if words.strip():
                    yield words, group
                # A box floats; its words follow the paragraph it is anchored in.
                boxes, self.boxes = self.boxes, []
                for box in boxes:
                    yield from self.blocks(box, group)
            elif child.tag == f"{_W}tbl":
                yield from self.rows(child, group or object())
            else:
                yield from self.blocks(child, group)

    def rows(self, table: Any, group: object) -> Iterator[tuple[str, object]]:
        for row in table.iter(f"{_W}tr"):
            if next(row.iterancestors(f"{_W}tbl")) is not table:
                continue  # of a table within a cell, read with that cell
            cells = [cell for cell in row.iter(f"{_W}tc") if next(cell.iterancestors(f"{_W}tr")) is row]
            words = "\t".join("\n".join(words for words, _ in self.blocks(cell)) for cell in cells)
            if words.strip():
                yield words, group

    def words(self, element: Any) -> Iterator[str]:
        for child in element:
            if child.tag in _WORD_SKIPPED:
                continue
            if child.tag in (f"{_W}t", f"{_M}t"):
                yield child.text or ""
            elif child.tag in _WORD_CHARACTERS:
                yield _WORD_CHARACTERS[child.tag]
            elif child.tag in _NOTE_REFERENCES:
                yield self.mark(child)
            elif child.tag == f"{_W}txbxContent":
                self.boxes.append(child)
            else:
                yield from self.words(child)

    def mark(self, reference: Any) -> str:
        # In brackets, or the raised 1 after "370" would make it 3701.
        kind = _NOTE_REFERENCES[reference.tag]
        number = 1 + sum(tag == reference.tag for tag, _ in self.references)
        key = (reference.tag, reference.get(f"{_W}id"))
        return self.references.setdefault(key, f"[{kind}{number}]")

    def note_blocks(self, part: Any, tag: str) -> Iterator[tuple[str, object]]:
        """Yield the notes of one part that the story refers to, each begun by its mark, in the order of reference."""
        by_id = {note.get(f"{_W}id"): note for note in part.iter(f"{_W}{tag}")}
        for (reference, number), mark in list(self.references.items()):
            if reference == f"{_W}{tag}Reference" and number in by_id:
                words = "\n".join(words for words, _ in self.blocks(by_id[number]))
                yield f"{mark} {words.strip()}", None


_READERS: Mapping[Kind, Callable[[bytes, str, str | None, Limits], Extracted]] = {
    "txt": _read_txt,
    "html": _read_html,
    "pdf": _read_pdf,
    "docx": _read_docx,
}

if __name__ == "__main__":
    main()
