"""A corpus from another tool, looked at and brought in with the keyboard alone; each screen is accessible."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

CORPUS = json.dumps({
    "text": "The ship sank. It did not sink at all.",
    "entities": [
        {"id": 1, "label": "Claim", "start_offset": 0, "end_offset": 14},
        {"id": 2, "label": "A type with a name that nobody here has ever heard of", "start_offset": 15, "end_offset": 38},
        {"id": 3, "label": "Claim", "start_offset": 0, "end_offset": 900},
    ],
    "relations": [{"id": 9, "from_id": 2, "to_id": 1, "type": "Attack"}],
})  # fmt: skip


def press_until(page, words):
    """Press Tab until what has the focus reads ``words``; returns how often."""
    for count in range(1, 80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == words:
            return count
    raise AssertionError(f"the keyboard does not reach {words!r}")


def check(page):
    assert not [one["id"] for one in Axe().run(page).response["violations"]]
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")], ids=["desk", "phone at night"])
def test_a_corpus_is_looked_at_and_brought_in_by_keyboard(site, chromium, width, scheme):
    # axe is put into the page as a script, which the CSP would refuse.
    context = chromium.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce"
    )
    page = site.sign_in(context)
    page.goto(f"{site.url}/projects/demo/documents/add/?way=corpus")
    name = f"sea-{width}.jsonl"
    page.set_input_files(
        "input[name=corpus-file]", {"name": name, "mimeType": "application/json", "buffer": CORPUS.encode()}
    )
    press_until(page, "Look at it")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing has been stored yet").wait_for()
    check(page)
    assert page.get_by_text("not known by name").count() == 1
    assert page.get_by_text("1 fault in 1 file").count() == 1
    assert press_until(page, "Bring it in") < 40
    page.keyboard.press("Enter")
    page.get_by_role("link", name=f"Open “sea-{width}”").wait_for()
    check(page)
    page.get_by_role("link", name=f"Open “sea-{width}”").press("Enter")
    page.get_by_role("heading", name=f"sea-{width}").first.wait_for()
    context.close()


def test_a_file_in_no_known_format_keeps_its_place(site, browse):
    page = browse(bypass_csp=True)
    page.goto(f"{site.url}/projects/demo/documents/add/?way=corpus")
    table = b"They say,We say\r\nIt sank,It did not\r\n"
    page.set_input_files("input[name=corpus-file]", {"name": "own.csv", "mimeType": "text/csv", "buffer": table})
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text("no format that can be read was recognised").wait_for()
    check(page)
    page.get_by_label("Read it as").select_option("csv")
    page.get_by_role("button", name="Look at it again").click()
    page.get_by_text("Column “They say”").wait_for()
    check(page)
