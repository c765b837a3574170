"""Markdown as people write guidelines in it: CommonMark with tables, no raw HTML, links to the web, to mail and within.

An image becomes a link to it, since a page of ours loads nothing from elsewhere.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from django.utils.safestring import mark_safe

SAFE_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
TAGS = {"a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}} | {f"h{level}": {"id"} for level in range(2, 7)}


@dataclass(frozen=True)
class Section:
    """A heading: its words, those set as code among them, its address within the page, and how deep it lies from 2 on."""

    title: str
    anchor: str
    level: int
    codes: frozenset[str] = frozenset()

    def names(self, key, phrase):
        """Whether the heading is about a label: by its key alone or set as code, or by its phrase."""
        said = self.title.casefold()
        if key in self.codes or said == key:
            return True
        return bool(phrase) and re.search(rf"(?<!\w){re.escape(phrase.casefold())}(?!\w)", said) is not None


@dataclass(frozen=True)
class Page:
    """A rendered text with its sections in order."""

    html: str
    sections: tuple[Section, ...]

    def section_of(self, key, phrase, *, under=()):
        """Return the section about a label, or None; where several are, one below a heading that is one of ``under``."""
        above, found = [], []
        for section in self.sections:
            above = [*(other for other in above if other.level < section.level), section]
            if section.names(key, phrase):
                is_below = any(other.title.casefold() in under for other in above[:-1])
                found.append((not is_below, len(found), section))
        return min(found)[2] if found else None


@cache
def parser():
    """Return the parser. It is loaded when the first text is shown: a server that shows none needs none."""
    from markdown_it import MarkdownIt

    found = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    found.validateLink = lambda address: SAFE_LINK.match(address.strip()) is not None
    return found


@lru_cache(maxsize=32)
def render(text):
    """Return the Page of a Markdown text; its headings begin at the second level, below the title of our page."""
    import nh3

    tokens = parser().parse(text)
    sections, taken = [], {}
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        if token.type == "heading_open":
            title = words_of(following)
            anchor = free_anchor(title, taken)
            token.attrSet("id", anchor)
            codes = frozenset(child.content for child in following.children or () if child.type == "code_inline")
            sections.append(Section(title, anchor, int(token.tag[1]), codes))
        if token.type == "inline":
            token.children = [part for child in token.children for part in without_image(child)]
    html = parser().renderer.render(tokens, parser().options, {})
    # The parser lets nothing else through; this holds should it ever err.
    html = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel="noopener noreferrer"
    )
    return Page(mark_safe(html), tuple(sections))  # noqa: S308


def words_of(token):
    """Return the plain words of a heading."""
    children = token.children or []
    return "".join(child.content for child in children if child.type in ("text", "code_inline", "image")).strip()


def free_anchor(title, taken):
    """Return a heading's address: its words with hyphens, numbered where another has the same ones."""
    stem = re.sub(r"[^\w]+", "-", title.casefold()).strip("-") or "section"
    taken[stem] = taken.get(stem, 0) + 1
    return stem if taken[stem] == 1 else f"{stem}-{taken[stem]}"


def without_image(token):
    """Yield the tokens that stand for ``token``: of an image a link to it, of anything else itself."""
    if token.type != "image":
        yield token
        return
    from markdown_it.token import Token

    words = token.content or token.attrGet("src") or "image"
    yield Token("link_open", "a", 1, attrs={"href": token.attrGet("src")})
    yield Token("text", "", 0, content=f"image: {words}")
    yield Token("link_close", "a", -1)
