"""A newcomer's journey: invited, joined, a project of one's own; every page of it accessible."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.conftest import ROOT

pytestmark = pytest.mark.browser
PASSWORD = "a long enough phrase"


@pytest.fixture(params=[("light", 1280), ("dark", 390)], ids=["desk", "phone at night"])
def look(request, chromium, site):
    """Return (open, seen): a function that opens a fresh browser, and what axe and the eye found wrong in its pages."""
    scheme, width = request.param
    contexts = []

    def open_page():
        context = chromium.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce"
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context.new_page()

    def check(page, name):
        found = [violation["id"] for violation in Axe().run(page).response["violations"]]
        is_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")
        assert not found, f"{name}: {found}"
        assert not is_wide, f"{name} is wider than the screen"

    open_page.check, open_page.width, open_page.contexts = check, width, contexts
    yield open_page
    for context in contexts:
        context.close()


def test_newcomer_is_invited_joins_and_starts_a_project(site, look):
    owner = site.sign_in(look().context)
    owner.goto(f"{site.url}/projects/demo/people/")
    owner.get_by_label("Role", exact=True).select_option("editor")
    owner.get_by_label("For whom").fill("Vuthy")
    owner.get_by_role("button", name="Make an invitation link").click()
    link = owner.locator(".secret").inner_text()
    look.check(owner, "people")

    page, name = look(), f"vuthy{look.width}"
    page.goto(link)
    look.check(page, "invitation")
    page.get_by_label("Sign-in name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill("another")
    page.get_by_role("button", name="Make my account and join").click()
    look.check(page, "invitation refused")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Make my account and join").click()
    page.get_by_text("You are a member of").wait_for()
    look.check(page, "project")

    page.goto(link)
    look.check(page, "invitation used")
    page.goto(f"{site.url}/projects/")
    look.check(page, "new project")
    page.get_by_label("Title").fill("Ports and wages")
    page.get_by_role("button", name="Start the project").click()
    page.get_by_text("This project is empty").wait_for()
    look.check(page, "empty project")
    project = page.url
    page.goto(f"{project}settings/")
    look.check(page, "settings")
    page.goto(f"{project}dossiers/")
    page.get_by_label("Title").fill("The quarrel")
    look.check(page, "new dossier")
    page.get_by_role("button", name="Start the dossier").click()
    page.get_by_role("heading", name="Title and documents").wait_for()
    look.check(page, "dossier without documents")


def test_way_in_and_its_refusals_are_accessible(site, look):
    page = look()
    page.goto(f"{site.url}/sign-in/")
    look.check(page, "sign in")
    page.get_by_label("Sign-in name").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("No account here").wait_for()
    look.check(page, "sign in refused")
    page.goto(f"{site.url}/sign-in/spent/")
    look.check(page, "spent link")
    page = site.sign_in(page.context)
    page.goto(f"{site.url}/nowhere/")
    look.check(page, "nothing here")


def test_link_of_make_run_needs_one_click(site, chromium):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(site.run("sign_in_link", "demo").strip() + "?next=/account/#now")
    page.wait_for_url("**/account/")
    context.close()


@pytest.mark.parametrize(("name", "path"), [("people", "/projects/demo/people/"), ("project", "/projects/demo/")])
def test_pictures_of_the_manual(site, browse, tmp_path, name, path):
    """Take a picture; with SCREENSHOTS=docs/images it is kept there."""
    folder = Path(ROOT, os.environ["SCREENSHOTS"]) if os.environ.get("SCREENSHOTS") else tmp_path
    page = browse(viewport={"width": 1280, "height": 760}, reduced_motion="reduce")
    page.goto(site.url + path)
    page.screenshot(path=folder / f"{name}.png")
    assert (folder / f"{name}.png").stat().st_size > 20_000
