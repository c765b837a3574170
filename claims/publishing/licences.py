"""Which licences let others pass a text on: SPDX identifiers, https://spdx.org/licenses/, and a few plain words."""

import re

# The whole text may be passed on unchanged, be it for non-commercial ends only.
OPEN = re.compile(
    r"(cc0|cc-by|cc-pddc|pddl|odc-by|odbl|ogl|uk-ogl|ogl-uk|etalab|dl-de|gfdl|apache-2|mit\b|bsd-|public[ -]domain"
    r"|licenseref-(public-?domain|us-government|permission))",
    re.IGNORECASE,
)


def may_redistribute(licence: str) -> bool:
    """Whether a text under this licence may be part of a release; what is not known to allow it does not."""
    return bool(OPEN.match(licence.strip()))
