"""The papers of a release: texts that people and tools read before the data, all made from ``release.json``."""

from collections.abc import Sequence

from .about import About, PublishedFile
from .card import card, since
from .citing import citation_file
from .codebook import codebook
from .croissant import croissant
from .markdown import join
from .measures import agreement_page
from .statement import data_statement


def papers(about: About, files: Sequence[PublishedFile], *, guidelines: str) -> dict[str, str]:
    """Return {path: text}; ``files`` are the data files that they describe."""
    found = {
        "README.md": card(about, files),
        "CITATION.cff": citation_file(about),
        "CODEBOOK.md": codebook(about),
        "DATA_STATEMENT.md": data_statement(about),
        "AGREEMENT.md": agreement_page(about),
        "CHANGES.md": join(
            f"# Changes in {about.title}, release {about.number}",
            about.summary,
            since(about) or "This is the first release.",
        ),
        "croissant.json": croissant(about, files),
    }
    if about.guidelines:
        found["GUIDELINES.md"] = join(f"# Guidelines, version {about.guidelines}", guidelines)
    return found
