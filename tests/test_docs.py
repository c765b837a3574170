"""What can be set, called or chosen has its line in the documentation, and no page points nowhere."""

import re

import pytest

from claims.formats import FORMATS
from tests.conftest import ROOT

DOCS = ROOT / "docs"
COMMANDS = sorted(
    path.stem for path in (ROOT / "annotate/management/commands").glob("*.py") if not path.stem.startswith("_")
)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def variables():
    """Return every environment variable that the settings, gunicorn or the tests read."""
    found = set()
    for name in ("annotate/settings.py", "gunicorn.conf.py", "tools/test.py", "tests/conftest.py"):
        text = (ROOT / name).read_text(encoding="utf-8")
        found |= set(re.findall(r'(?:env_\w+|environ\.get)\(\s*"([A-Z_]+)"', text))
    return sorted(found)


@pytest.mark.parametrize("variable", variables())
def test_variable_has_a_line(variable):
    assert re.search(rf"^\| `{variable}` \|", (DOCS / "settings.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_command_has_a_line(command):
    assert f"\n## {command}\n" in (DOCS / "commands.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_format_has_a_line(name):
    assert f"`{name}`" in (DOCS / "exchange.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("target", re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
def test_target_is_in_the_readme(target):
    assert f"make {target}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_points_at_files_that_are_there(page):
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert "://" in target or target.startswith("mailto:") or (page.parent / target).exists(), target
