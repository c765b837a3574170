"""Putting the texts back into a release that may not pass them on: ``manage.py rehydrate``.

Whoever has the texts, fetched from where release.json says they are, gets the whole corpus: a text is known by its hash
once what the release masks is masked in it, whatever its file is called.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from claims.errors import FormatError
from claims.formats import jsonl, records
from claims.formats.records import Record
from claims.offsets import normalise_line_ends

from . import building, corpus, packing, tables
from .about import About, AboutDocument
from .corpus import with_words
from .masking import masked
from .tables import Look


@dataclass
class Rehydrated:
    """What came of it: {uuid: name of the file its text was in}, and the documents whose text was in none."""

    found: dict[UUID, str] = field(default_factory=dict)
    missing: list[AboutDocument] = field(default_factory=list)


def rehydrate(path: Path, texts: Iterable[tuple[str, str]], output: Path) -> Rehydrated:
    """Write the release at ``path`` with the texts, (name, text), that belong to it into the empty folder ``output``.

    The corpus, the tables and the pairs are written; documents whose text is not among them stay without it. Raises
    FormatError where ``path`` is no release.
    """
    done = Rehydrated()
    with packing.unpacked(path) as folder:
        try:
            about = About.from_json((folder / "release.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FormatError(f"{path}: there is no release.json that can be read ({error}).") from error
        wanted = [one for one in about.documents if not one.has_text and not one.is_cited_work]
        held = dict(matched(wanted, texts, done))
        done.missing = [one for one in wanted if UUID(one.uuid) not in done.found]
        with (output / corpus.FILE).open("wb") as file:
            jsonl.write(filled(corpus.read(folder), held), file)
        splits = tables.read_splits(folder)
    building.write_data(
        output, Look().read(corpus.read(output)), splits, {UUID(one.uuid): one.title for one in about.documents}
    )
    return done


def matched(
    wanted: list[AboutDocument], texts: Iterable[tuple[str, str]], done: Rehydrated
) -> Iterator[tuple[UUID, str]]:
    """Yield (document, its text as released) of each text that belongs to one."""
    by_length = defaultdict(list)
    for one in wanted:
        by_length[one.length].append(one)
    for name, raw in texts:
        text, _ = normalise_line_ends(raw)
        # An editor may have put a line end behind the last line, or taken it away.
        for candidate in (text, text.rstrip("\n"), f"{text}\n"):
            for one in by_length.get(len(candidate), ()):
                released = masked(candidate, one.masks)
                if hashlib.sha256(released.encode()).hexdigest() == one.sha256:
                    done.found[UUID(one.uuid)] = name
                    yield UUID(one.uuid), released


def filled(found: Iterable[Record], texts: dict[UUID, str]) -> Iterator[Record]:
    """Yield the records with these texts, and the words of them, put back."""
    for record in found:
        document = getattr(record, "document", None)
        if isinstance(record, records.Document) and record.uuid in texts:
            yield replace(record, text=texts[record.uuid])
        elif document in texts and getattr(record, "start", None) is not None:
            yield with_words(record, texts[document])
        else:
            yield record
