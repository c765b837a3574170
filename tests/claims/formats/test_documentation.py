"""docs/exchange.md says what the formats do."""

from pathlib import Path

import pytest

from claims.formats import FORMATS, jsonl
from tests.claims.rich_project import import_bytes

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "exchange.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())


@pytest.mark.parametrize("module", FORMATS.values(), ids=FORMATS)
def test_every_format_is_described_with_what_it_loses(module):
    assert f"| `{module.NAME}` |" in PAGE
    for sentence in module.LOSES:
        assert sentence in WORDS
    assert (module.__doc__ or "").count("Sample") == 1


def test_every_field_is_described():
    assert jsonl.fields_in_words().strip() in PAGE, "run: python -m claims.formats fields, and paste it in"


@pytest.mark.django_db
def test_the_sample_can_be_imported():
    start = PAGE.index("```\n", PAGE.index("This is a whole corpus")) + 4
    project = import_bytes(PAGE[start : PAGE.index("```", start)].encode())
    assert project.documents.count() == 2
    link = project.layers.get().links.get()
    assert (str(link), link.response.quote) == ("R1 → A1", "No port was closed.")
