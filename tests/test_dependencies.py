"""What we depend on is named, licensed, reasoned and pinned (docs/decisions/dependencies.md)."""

import re
from importlib import metadata
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PAGE = (PROJECT / "docs/decisions/dependencies.md").read_text(encoding="utf-8")
OURS, ASKING = PAGE.split("## Licences that ask something of us")
PINNED = ("requirements.txt", "requirements-dev.txt")


def same_name(name):
    """A package's name as registries compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def named_in(filename):
    lines = (PROJECT / filename).read_text(encoding="utf-8").splitlines()
    return [re.match(r"[\w.-]+", line)[0] for line in lines if line and not line.startswith(("#", "-r "))]


def pins_of(filename):
    """Each requirement of a pinned file with its continuation lines, as one string; comments are left out."""
    text = (PROJECT / filename).read_text(encoding="utf-8")
    kept = "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    return [entry.replace("\\\n", " ") for entry in re.split(r"\n(?=\S)", kept)]


def explained():
    """Each package of the page's two tables, with its licence and the reason for it."""
    rows = re.findall(r"^\| ([\w.-]+) \| (.+) \| (.+) \|$", OURS, re.MULTILINE)
    return {same_name(name): (licence, reason) for name, licence, reason in rows if name not in {"package", "---"}}


NAMED = [name for part in ("", "-dev", "-aif") for name in named_in(f"requirements{part}.in")]


@pytest.mark.parametrize("package", NAMED)
def test_every_package_we_name_has_its_licence_and_reason(package):
    licence, reason = explained()[same_name(package)]
    assert licence.strip()
    assert reason.endswith(".")


def test_no_package_is_explained_that_we_no_longer_name():
    assert set(explained()) == {same_name(name) for name in NAMED}


def test_every_installed_licence_that_asks_something_of_us_is_named():
    pinned = {same_name(re.match(r"[\w.-]+", pin)[0]) for filename in PINNED for pin in pins_of(filename)}
    for distribution in metadata.distributions():
        about = distribution.metadata
        stated = [about.get("License-Expression") or ""]
        stated += [line for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
        # Some packages put the whole licence text in this field; its first line is its name.
        stated.append((about.get("License") or "").partition("\n")[0])
        if same_name(distribution.name) in pinned and re.search(r"GPL|General Public|MPL|Mozilla", " ".join(stated)):
            assert re.search(rf"(?<![\w-]){re.escape(distribution.name)}(?![\w-])", ASKING), distribution.name


@pytest.mark.parametrize(("filename", "least"), [*((name, 50) for name in PINNED), ("requirements-aif.txt", 5)])
def test_every_pin_is_exact_and_has_hashes(filename, least):
    pins = pins_of(filename)
    assert len(pins) > least
    for pin in pins:
        assert re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==[\w.!+-]+( ; [^\\]+?)?( +--hash=sha256:[0-9a-f]{64})+ *", pin), pin


@pytest.mark.parametrize(
    "filename", ["requirements.in", "requirements-dev.in", "requirements-aif.in", "requirements-aif.txt", *PINNED]
)
def test_no_requirement_leads_to_an_index_or_a_link(filename):
    text = (PROJECT / filename).read_text(encoding="utf-8")
    assert "://" not in text
    assert " @ " not in text
    assert not re.search(r"^\s*(-i|-f|-e|--(index-url|extra-index-url|find-links|trusted-host|editable))\b", text, re.M)


@pytest.mark.parametrize("filename", ["requirements", "requirements-dev", "requirements-aif"])
def test_every_package_we_name_is_pinned(filename):
    pinned = {same_name(re.match(r"[\w.-]+", pin)[0]) for pin in pins_of(f"{filename}.txt")}
    assert {same_name(name) for name in named_in(f"{filename}.in")} <= pinned


def test_the_licence_is_the_whole_apache_licence():
    text = (PROJECT / "LICENSE").read_text(encoding="utf-8")
    assert len(text) == 11358  # as published at apache.org/licenses/LICENSE-2.0.txt
    for part in (
        "Version 2.0, January 2004",
        "9. Accepting Warranty",
        "END OF TERMS AND CONDITIONS",
        "APPENDIX: How to",
    ):
        assert part in text
