"""Adjudication in a real browser: by keys alone, with two editors, narrow, and without JavaScript."""

import re
import time

import pytest

from tests.browser.test_workspace import Hand, select_words

pytestmark = pytest.mark.browser

MAKE = (
    "import json; from tests.claims import two_readings; world = two_readings.make(slug={slug!r}); "
    "world.editor.username = {editor!r}; world.editor.save(); "
    "print(json.dumps(str(world.dossier.pk)))"
)


@pytest.fixture
def dossier(site, request):
    """The address of a dossier that two annotators have read, and the name of its editor."""
    slug = f"twice-{abs(hash(request.node.name)) % 10**8}"
    pk = site.shell(MAKE.format(slug=slug, editor=f"editor-{slug}"))
    return f"{site.url}/dossiers/{pk}/", f"editor-{slug}"


def asked(page):
    return page.locator(".ask").inner_text()


def test_editor_settles_a_dossier_with_the_keyboard_alone(browse, dossier):
    address, editor = dossier
    page = browse(editor)
    page.goto(f"{address}adjudicate/")
    hand = Hand(page)
    assert asked(page) == "Ann has one claim where Ben has two."
    assert page.locator(".txt .focused").first.is_visible()
    hand.press("t")
    assert "20 taken over" in page.locator(".saved").inner_text()
    hand.press("2")
    assert asked(page) == "Only Ben marks this."
    hand.press("u")
    assert asked(page) == "Ann has one claim where Ben has two."
    # A note goes along: e, the words, Escape, and the digit.
    hand.press("e")
    page.keyboard.type("Two things are said.")
    hand.press("Escape")
    took = []
    for key in ("2", "n", "1", "1", "1"):
        begun = time.perf_counter()
        page.keyboard.press(key)
        page.wait_for_timeout(10)
        hand.settle()
        took.append(time.perf_counter() - begun)
    assert asked(page) == "Whom does R2 respond to?"
    assert sorted(took)[2] < 1
    hand.press("b")
    for _ in range(30):
        if page.locator(".ask").count() == 0:
            break
        hand.press("1")
    assert page.get_by_role("heading", name="Everything is settled").is_visible()
    page.goto(f"{address}decided/")
    assert page.get_by_text("Two things are said.").is_visible()


def test_new_span_is_selected_in_the_text(browse, dossier):
    address, editor = dossier
    page = browse(editor)
    page.goto(f"{address}adjudicate/")
    hand = Hand(page)
    hand.press("w")
    select_words(page, "the Inspectorate opened 96 wage cases")
    assert page.locator("[data-taken] q").inner_text() == "the Inspectorate opened 96 wage cases"
    hand.click(page.get_by_role("button", name="Settle it so"))
    assert asked(page) == "Only Ben marks this."
    assert page.locator(".gutter .c0").count() == 1


def test_two_editors_at_once_lose_nothing(browse, dossier):
    address, editor = dossier
    first, second = browse(editor), browse(editor)
    for page in (first, second):
        page.goto(f"{address}adjudicate/")
    Hand(first).press("1")
    hand = Hand(second)
    hand.press("2")
    notice = second.locator("#notice")
    assert "Changed meanwhile" in notice.inner_text()
    assert "as Ann has it" in notice.inner_text()
    hand.click(notice.get_by_role("button", name="Decide it your way all the same"))
    assert notice.inner_text() == ""
    second.goto(f"{address}decided/")
    assert second.get_by_text("as Ben has it").count() == 1
    assert second.get_by_text("as Ann has it").count() == 0


def test_narrow_screen_has_no_sideways_scroll_and_a_visible_card(browse, dossier):
    address, editor = dossier
    page = browse(editor, viewport={"width": 400, "height": 800})
    for where in ("adjudicate/", "decided/"):
        page.goto(f"{address}{where}")
        assert page.evaluate("document.documentElement.scrollWidth") == 400
    page.goto(f"{address}adjudicate/")
    page.get_by_role("button", name=re.compile("As Ann has it")).click()
    page.wait_for_timeout(400)
    assert asked(page) == "Only Ben marks this."


def test_everything_but_selecting_works_without_javascript(browse, dossier):
    address, editor = dossier
    page = browse(editor, java_script_enabled=False)
    page.goto(f"{address}adjudicate/")
    page.get_by_role("button", name=re.compile("Take over all 20 agreed")).click()
    page.get_by_role("button", name=re.compile("As Ben has it")).click()
    assert asked(page) == "Only Ben marks this."
    page.get_by_role("button", name=re.compile("Rightly nothing here")).click()
    page.get_by_role("button", name=re.compile("Undo")).click()
    assert asked(page) == "Only Ben marks this."
