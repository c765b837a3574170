"""A corpus by several people: invited, annotating apart at the same time, measured, settled, and taken away."""

import json
import uuid

import pytest

from tests.browser.test_workspace import Hand, show_step
from tests.conftest import ROOT

pytestmark = pytest.mark.browser
STORY = ROOT / "fixtures" / "demo" / "story.txt"
PASSWORD = "a long enough phrase"


@pytest.fixture
def newcomer(chromium):
    """Return a function that opens a browser nobody has signed in to; script errors fail the test."""
    contexts, errors = [], []

    def open_page():
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors, f"the page's scripts failed: {errors}"


def start_project(owner, site, title):
    owner.goto(f"{site.url}/projects/")
    owner.get_by_label("Title").fill(title)
    owner.get_by_label("independent").check()
    owner.get_by_role("button", name="Start the project").click()
    owner.get_by_text("This project is empty").wait_for()
    return owner.url


def paste_story(owner, project):
    owner.goto(f"{project}documents/add/")
    owner.locator("summary", has_text="Paste a text").click()
    form = owner.locator("form", has=owner.locator("[name=paste-text]"))
    form.locator("[name=paste-text]").fill(STORY.read_text(encoding="utf-8"))
    form.locator("[name=paste-dossier]").select_option("new")
    form.locator("button").last.click()
    owner.wait_for_load_state()


def invite(owner, project, page, name):
    owner.goto(f"{project}people/")
    owner.get_by_label("Role", exact=True).select_option("annotator")
    owner.get_by_role("button", name="Make an invitation link").click()
    page.goto(owner.locator(".secret").inner_text())
    page.get_by_label("Sign-in name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Make my account and join").click()
    page.get_by_text("You are a member of").wait_for()


def annotate(page, relation):
    """Pair one response with its first target, and label it."""
    hand = Hand(page)
    if page.locator("#card").get_attribute("data-show") == "setup":
        hand.press("Enter")
    hand.click(show_step(page, "Pairs"))
    hand.press("1")
    assert page.locator("#card").get_attribute("data-show") == "link"
    hand.press(relation)


def test_two_annotate_apart_and_an_editor_settles(site, browse, newcomer):
    names = [f"{name}{uuid.uuid4().hex[:6]}" for name in ("ann", "ben")]
    owner = browse()
    project = start_project(owner, site, f"Read twice {names[0][3:]}")
    slug = project.rstrip("/").rsplit("/", 1)[1]
    paste_story(owner, project)
    pages = [newcomer(), newcomer()]
    for page, name in zip(pages, names, strict=True):
        invite(owner, project, page, name)

    owner.goto(f"{project}work/")
    assert "2 places to 2 annotators" in owner.locator("main").inner_text()
    owner.get_by_role("button", name="Deal the open places").click()
    assert owner.get_by_role("button", name="Open adjudication").is_disabled()

    # Both at once, each in a browser of their own.
    for page in pages:
        page.goto(f"{project}work/")
        page.get_by_role("button", name="Next dossier").click()
        page.locator("#card").wait_for()
    for page, relation in zip(pages, "12", strict=True):
        page.reload()
        annotate(page, relation)
    owner.goto(f"{project}agreement/")
    assert "once adjudication is open" in owner.locator("main").inner_text()
    owner.goto(f"{project}work/")
    assert (
        "Unfinished" in owner.locator("main").inner_text()
        or "No dossier is finished" in owner.locator("main").inner_text()
    )
    for page in pages:
        page.goto(f"{project}work/")
        page.get_by_role("button", name="finished").click()
        page.get_by_text("is finished.").wait_for()

    owner.reload()
    owner.get_by_role("button", name="Open adjudication").click()
    owner.wait_for_url("**/adjudication/")
    owner.goto(f"{project}agreement/")
    told = owner.locator("main").inner_text()
    assert "Links in common" in told
    assert names[0] in told

    dossier = site.dossier(slug)
    owner.goto(f"{dossier}adjudicate/")
    hand = Hand(owner)
    hand.press("t")
    for _ in range(20):
        if owner.locator(".ask").count() == 0:
            break
        hand.press("1")
    assert owner.locator(".ask").count() == 0
    layer = owner.locator(".fold summary >> nth=-1")
    owner.goto(f"{dossier}coverage/")
    assert "gold" in layer.inner_text().lower()

    lines = site.run("export", slug, "--format", "jsonl", "--layer", "gold", "--output", "-").splitlines()
    found = [json.loads(line) for line in lines]
    links = [one for one in found if one["type"] == "link"]
    assert len(links) == 1
    assert links[0]["relation"]
    assert {one["role"] for one in found if one["type"] == "claim"} == {"assertion", "response"}
    assert {one["kind"] for one in found if one["type"] == "layer"} == {"gold"}
    # An annotator sees what was decided on their own items, and not the other's reading.
    pages[1].goto(f"{dossier}decided/")
    assert pages[1].locator("main").inner_text()
    assert names[0] not in pages[1].locator("main").inner_text()
