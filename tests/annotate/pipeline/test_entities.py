from annotate.pipeline import read_document
from annotate.pipeline.entities import Actor, acronyms


def named(text, **options):
    return [(entity.quote, entity.label, entity.name) for entity in read_document(text, **options).entities]


def test_acronym_defined_in_brackets_names_the_body_later():
    assert acronyms("the National Committee on River Safety (NCRS)") == {"NCRS": "National Committee on River Safety"}
    found = named("The National Committee on River Safety (NCRS) met.\n\nThe NCRS then left.")
    assert [name for _, _, name in found if "River" in name] == ["National Committee on River Safety"] * 3


def test_short_form_of_a_person_is_the_same_person():
    reading = read_document("Minister Oren Valdis spoke on Monday.\n\nValdis then left.")
    people = [entity for entity in reading.entities if entity.name == "Oren Valdis"]
    assert len(people) == 2
    assert len({entity.entity_id for entity in people}) == 1


def test_ministry_is_taken_whole():
    assert ("the Ministry of Rivers, Canals and Locks", "ORG", "Ministry of Rivers, Canals and Locks") in named(
        "He asked the Ministry of Rivers, Canals and Locks for help."
    )


def test_labels_and_numbers_that_are_none_are_no_entities():
    assert not [
        quote
        for quote, label, _ in named("It fell to Tier 3 under Section 427 after Covid-19.")
        if label in ("CARDINAL", "PERSON", "DATE")
    ]


def test_known_actors_come_first():
    actors = [Actor("Verland Ports Authority", ("VPA", "the ports body"))]
    found = named("Officials of the ports body met VPA staff.", actors=actors)
    assert [name for _, _, name in found if name == "Verland Ports Authority"] == ["Verland Ports Authority"] * 2
