"""Imports point one way: annotate → claims, never back; the plain parts know no Django."""

import ast

import pytest

from tests.conftest import ROOT

UPPER = {"annotate", "spacy", "rest_framework", "django_tasks", "django_htmx"}
PLAIN = [
    "claims/offsets.py",
    "claims/quantities.py",
    "claims/agreement.py",
    "claims/matching.py",
    "claims/comparing.py",
    "claims/extract.py",
    "claims/errors.py",
    "claims/words.py",
]
PLAIN += ["claims/policy.py", *(str(path.relative_to(ROOT)) for path in (ROOT / "claims/formats").glob("*.py"))]
PLAIN += [str(path.relative_to(ROOT)) for path in (ROOT / "claims/publishing").glob("*.py")]
PLAIN += [str(path.relative_to(ROOT)) for path in (ROOT / "annotate/pipeline").glob("*.py")]


def imports(path, *, at_top=False):
    """Return what a file imports: the package, and for our own packages the module too."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = set()
    for node in tree.body if at_top else ast.walk(tree):
        names = [name.name for name in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
        found |= {part for name in names for part in (name, name.split(".")[0])}
    return found


@pytest.mark.parametrize("path", sorted(str(path.relative_to(ROOT)) for path in (ROOT / "claims").rglob("*.py")))
def test_record_knows_nothing_of_the_activity(path):
    # A format whose files are spaCy's may import it inside its functions.
    assert not imports(path, at_top=path.startswith("claims/formats/")) & UPPER


@pytest.mark.parametrize("path", [path for path in PLAIN if (ROOT / path).exists()])
def test_plain_part_knows_no_django(path):
    assert not imports(path) & {"django", "claims.models", "claims.exchange", "claims.annotating"}


def test_only_suggest_knows_spacy_and_the_orm():
    for path in (ROOT / "annotate").rglob("*.py"):
        if "pipeline" not in path.parts:
            assert "spacy" not in imports(path.relative_to(ROOT)) or path.name == "suggest.py", path
