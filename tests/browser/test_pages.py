"""Every page of the demo: accessible in light and dark, at a desk and on a phone; and the pictures of the manual."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.conftest import ROOT

pytestmark = pytest.mark.browser

PAGES = {
    "home": "/",
    "project": "/projects/demo/",
    "documents": "/projects/demo/documents/",
    "document-add": "/projects/demo/documents/add/",
    "guidelines": "/projects/demo/guidelines/",
    "guideline-edit": "/projects/demo/guidelines/edit/?start=labels",
    "labels": "/projects/demo/labels/",
    "label-edit": "/projects/demo/labels/edit/",
    "people": "/projects/demo/people/",
    "export": "/projects/demo/export/",
    "releases": "/projects/demo/releases/",
    "webhooks": "/projects/demo/webhooks/",
    "corpus-add": "/projects/demo/documents/add/?way=corpus",
    "account": "/account/",
    "workspace": "{dossier}?tour=1",
    "workspace-claim": "{dossier}?step=claim",
    "workspace-pair": "{dossier}?tour=2",
    "workspace-none": "{dossier}?tour=3",
    "workspace-sum": "{dossier}?tour=4",
    "workspace-check": "{dossier}?step=check",
    "figures": "{dossier}figures/",
    "coverage": "{dossier}coverage/",
    "sheet": "{dossier}sheet/",
    "history": "{dossier}history/",
    "project-coverage": "/projects/demo/coverage/",
}


def address(site, path):
    return path.format(dossier=site.dossier("demo")) if "{" in path else site.url + path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_has_an_accessibility_violation(site, chromium, scheme, width):
    # axe is put into the page as a script, which the CSP would refuse.
    context = chromium.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce"
    )
    page = site.sign_in(context)
    dossier, found = site.dossier("demo"), []
    for name, path in PAGES.items():
        page.goto(path.format(dossier=dossier) if "{" in path else site.url + path)
        for violation in Axe().run(page).response["violations"]:
            node = violation["nodes"][0]
            found.append(f"{name}: {violation['id']}, {len(violation['nodes'])} times, such as {node['html'][:140]}")
    context.close()
    print(f"\naxe, {scheme}, {width} px: {len(PAGES)} pages, {len(found)} violations")
    assert not found, "\n".join(found)


def test_no_page_is_wider_than_a_phone(site, browse):
    page = browse(viewport={"width": 390, "height": 844})
    dossier, wide = site.dossier("demo"), []
    for name, path in PAGES.items():
        page.goto(path.format(dossier=dossier) if "{" in path else site.url + path)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
            wide.append(name)
    assert not wide


@pytest.mark.parametrize("name", ["workspace", "workspace-pair", "figures", "coverage", "sheet", "documents", "export"])
def test_pictures_of_the_manual(site, browse, tmp_path, name):
    """Take a picture; with SCREENSHOTS=docs/images it is kept there."""
    folder = Path(ROOT, os.environ["SCREENSHOTS"]) if os.environ.get("SCREENSHOTS") else tmp_path
    page = browse(viewport={"width": 1440, "height": 860}, reduced_motion="reduce")
    page.goto(address(site, PAGES[name]))
    page.wait_for_timeout(300)
    page.screenshot(path=folder / f"{name}.png")
    assert (folder / f"{name}.png").stat().st_size > 20_000
