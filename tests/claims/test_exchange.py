import pytest

from tests.claims.rich_project import empty_database, export_bytes, import_bytes, make_rich_project

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("history", [False, True])
def test_export_import_export_gives_the_same_bytes(history):
    written = export_bytes(make_rich_project(), history=history)
    empty_database()
    project = import_bytes(written)
    assert export_bytes(project, history=history) == written
