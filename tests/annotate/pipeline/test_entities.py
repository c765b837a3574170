import pytest

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


@pytest.mark.parametrize(
    ("text", "quote", "label"),
    [
        ("Nitrates rose by 18 per cent in the lower valley.", "18 per cent", "PERCENT"),
        ("The port is seven percentage points behind.", "seven percentage points", "PERCENT"),
        ("It received £1.2m for the work.", "£1.2m", "MONEY"),
        ("Mertens, 52, took office in January.", "52", "DATE"),
        ("Two men aged 19 and 23 were held.", "23", "DATE"),
        ("It held the lowest tier from 2016 to 2018.", "2016 to 2018", "DATE"),
        ("Some were held between May and August.", "May", "DATE"),
        ("The gates were opened under Section 12 of the Prisons Act.", "Section 12 of the Prisons Act", "LAW"),
        ("Under the Ostra Convention of 1994 the towns share the water.", "Ostra Convention", "LAW"),
        ("Fishing is banned in the provinces of Tarn and Ubari.", "Ubari", "GPE"),
        ("A fire broke out in Siem Varai province on Monday.", "Siem Varai", "GPE"),
        ("He met reporters in the capital, Velm, on Monday.", "Velm", "GPE"),
        ("Forty stations were sampled along the Ostra last year.", "Ostra", "LOC"),
        ("Men are locked up at Harrow Fen prison. Harrow Fen is old.", "Harrow Fen", "FAC"),
        ("The Prison Inspectorate visited in June.", "Prison Inspectorate", "ORG"),
        ("The document was seen by The Herald, he added.", "Herald", "ORG"),
        ("Corin Blay, the prisons minister, went further.", "Corin Blay", "PERSON"),
        ("Nobody had called Ms Stone before.", "Stone", "PERSON"),
        ("At Port Maren, meanwhile, inspectors were busy.", "Port Maren", "GPE"),
        ("It is an office of the Republic of Veldany.", "Republic of Veldany", "GPE"),
        ("Rates rose by 30 to 40 per cent.", "30 to 40 per cent", "PERCENT"),
        ("The report, The State of Shared Rivers 2023, was printed.", "The State of Shared Rivers 2023", "WORK"),
    ],
)  # fmt: skip
def test_table_of_names_and_figures(text, quote, label):
    assert (quote, label) in [(found.removeprefix("the "), kind) for found, kind, _ in named(text)]


def test_short_forms_of_a_body_carry_its_name():
    found = named(
        "The Inland Waters Observatory met in May. The Observatory said little, and Vantor Services left. Vantor was fined."
    )
    assert [name for _, _, name in found].count("Inland Waters Observatory") == 2
    assert [name for _, _, name in found].count("Vantor Services") == 2


def test_what_is_labelled_with_a_number_is_no_name():
    assert not [
        quote
        for quote, _, _ in named("It was put on the Tier 2 Watch List under Chapter 4, and in Band B of Annex C.")
        if quote[-1] in "24BC" or "2" in quote
    ]


def test_a_capital_at_the_start_of_a_sentence_makes_no_name():
    assert "Turnout" not in [
        quote for quote, _, _ in named("Turnout was 63.2 percent, down from 68.9 percent in 2018.")
    ]
