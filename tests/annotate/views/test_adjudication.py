"""The screen of adjudication through the front door: what is asked, decided, refused, shown afterwards, and to whom."""

import pytest

from tests.claims import two_readings

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return two_readings.make()


@pytest.fixture
def editor(client, world):
    client.force_login(world.editor)
    return client


def test_page(editor, world):
    page = editor.get(f"/dossiers/{world.dossier.pk}/adjudicate/")
    print(page.content.decode())
    assert page.status_code == 200
    assert editor.get(f"/projects/{world.project.slug}/adjudication/").status_code == 200
    assert editor.get(f"/dossiers/{world.dossier.pk}/decided/").status_code == 200
