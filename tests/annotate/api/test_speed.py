"""How many queries an address costs: what is fast today stays so."""

import pytest
from django.db import connection

from tests.annotate.api.test_viewsets import LISTS, a_pair
from tests.factories import make_claim, make_document, make_dossier, make_link, make_quantity, make_suggestion

pytestmark = pytest.mark.django_db

# The token with its person; the count; the rows.
A_LIST = 3
MORE = {"claims": 1, "dossiers": 2}  # stretches; places and parties


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_however_long(owner, world, name, django_assert_num_queries):
    def ask():
        with django_assert_num_queries(A_LIST + MORE.get(name, 0)):
            assert owner.get(f"{name}/").status_code == 200

    ask()
    for _ in range(3):
        document = make_document(world.project, text=f"{world.document.text} {world.document.pk}")
        dossier = make_dossier(documents=[document])
        claim = make_claim(dossier, quote="370 people")
        make_link(make_claim(dossier, quote="unfair", role="response"), claim)
        make_quantity(document, "332", "332")
        make_suggestion(document, "The report")
    ask()


def test_a_pair_costs_few_queries(owner, world, django_assert_max_num_queries):
    body = {"dossier": str(world.dossier.pk), **a_pair(world)}
    owner.post("pairs/", body)
    # PostgreSQL locks the dossier for each claim's number; on SQLite the whole transaction is a lock.
    locks = 2 if connection.features.has_select_for_update else 0
    # One is for the words that a search finds.
    with django_assert_max_num_queries(18 + locks) as queries:
        assert owner.post("pairs/", body, key="k").status_code == 201
    # Nothing of a pair reads a text twice.
    assert sum('"claims_document"."text"' in query["sql"] for query in queries) == 1


def test_lists_of_documents_leave_the_texts_in_the_database(owner, world, django_assert_max_num_queries):
    with django_assert_max_num_queries(A_LIST) as queries:
        owner.get("documents/")
    assert not any('"claims_document"."text"' in query["sql"] for query in queries)
