"""An owner writes guidelines and changes a label; an annotator reads both beside the work, by key."""

import pytest

pytestmark = pytest.mark.browser

SHOW = """
import json
from claims.models import Link
link = Link.objects.filter(dossier__project__slug="demo", relation="deflects").first()
print(json.dumps([str(link.dossier_id), str(link.pk)]))
"""


def test_guidelines_stand_beside_the_decision_and_a_label_is_retired(site, browse):
    page = browse()
    dossier, link = site.shell(SHOW)
    page.goto(f"{site.url}/projects/demo/guidelines/")
    page.get_by_role("link", name="Begin with the definitions of the labels").click()
    page.get_by_role("button", name="Save as version 1").click()
    page.get_by_role("heading", name="refers on or declines").wait_for()

    page.goto(f"{site.url}/dossiers/{dossier}/?show=link&on={link}")
    page.keyboard.press("i")
    page.locator("#guide .prose").wait_for()
    assert page.locator("#card .line").is_visible()
    page.keyboard.press("i")
    page.locator("#guide .prose").wait_for(state="detached")
    page.keyboard.press("e")
    page.get_by_role("link", name="Guidelines on refers on or declines").click()
    page.locator("#guide .pointed").wait_for()
    assert page.locator("#guide .pointed").inner_text() == "refers on or declines (deflects)"
    page.keyboard.press("Escape")
    page.locator("#guide .prose").wait_for(state="detached")

    page.goto(f"{site.url}/projects/demo/labels/edit/")
    page.locator("#relation-6 > summary").click()
    page.get_by_label("Retired: stays where it is, and is not offered").locator("visible=true").check()
    page.locator("#add-strategy").click()
    page.locator("#strategy-15 >> text=new label").wait_for()
    page.locator('[name="strategy-15-phrase"]').fill("promises an inquiry")
    assert page.locator('[name="relation-6-is_retired"]').is_checked()
    page.get_by_role("button", name="See what this changes").last.click()
    review = page.get_by_role("region", name="What version 2 changes")
    review.wait_for()
    assert "refers on or declines" in review.inner_text()
    assert "promises an inquiry" in review.inner_text()
    review.get_by_role("button", name="Save version 2").click()
    page.get_by_text("Version 2 of the labels is in use.").wait_for()

    page.goto(f"{site.url}/dossiers/{dossier}/?show=link&on={link}")
    page.keyboard.press("s")
    page.get_by_text("promises an inquiry").wait_for()
    # The demo is everybody's in this session: leave a fresh one.
    page.get_by_role("button", name="Start over").click()
    page.wait_for_url("**tour=1**")
