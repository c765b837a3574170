"""CITATION.cff, https://citation-file-format.github.io/: how to cite a release."""

import json
import re

from .about import About

SPDX = re.compile(r"(?!LicenseRef-)[A-Za-z0-9.+-]+")
# What YAML reads as a line end or refuses inside a string, and JSON does not mind.
NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def citation_file(about: About) -> str:
    names = about.creators or (f"The annotators of {about.title}",)
    lines = [
        "cff-version: 1.2.0",
        'message: "If you use this dataset, please cite it as below."',
        "type: dataset",
        f"title: {yaml(title(about))}",
        f"version: {yaml(str(about.number))}",
        f"date-released: {about.day}",
        "authors:",
        *(f"  - name: {yaml(name)}" for name in names),
    ]
    if SPDX.fullmatch(about.licence):  # the format knows no others
        lines.append(f"license: {yaml(about.licence)}")
    if about.description:
        lines.append(f"abstract: {yaml(' '.join(about.description.split()))}")
    if about.url.startswith(("http://", "https://")):
        lines.append(f"url: {yaml(about.url)}")
    lines += ["identifiers:", "  - type: other", f"    value: {yaml(f'urn:uuid:{about.uuid}')}"]
    return "\n".join(lines) + "\n"


def title(about: About) -> str:
    return f"{about.title}, release {about.number}"


def in_words(about: About) -> str:
    names = "; ".join(about.creators) or f"The annotators of {about.title}"
    return f"{names} ({about.day[:4]}). {title(about)} [data set]. urn:uuid:{about.uuid}"


def yaml(words: str) -> str:
    """Return words as a YAML string, which a JSON string is but for a few characters."""
    return NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(words, ensure_ascii=False))
