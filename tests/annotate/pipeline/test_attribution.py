import pytest

from annotate.pipeline import read_document


def voices(text):
    return [(a.speaker.name if a.speaker else None, a.speech, a.quote) for a in read_document(text).attributions]


@pytest.mark.parametrize(
    ("text", "speaker", "speech", "content"),
    [
        ("Mayor Ilse Brandt said the bridge was safe.", "Ilse Brandt", "indirect", "the bridge was safe"),
        (
            "Mayor Ilse Brandt told the council that the bridge was safe.",
            "Ilse Brandt",
            "indirect",
            "the bridge was safe",
        ),
        ("“The bridge is quite safe,” said Mayor Ilse Brandt.", "Ilse Brandt", "direct", "The bridge is quite safe"),
        ("“The bridge is quite safe,” Ilse Brandt said.", "Ilse Brandt", "direct", "The bridge is quite safe"),
        (
            "The audit accuses the harbour board of hiding its losses.",
            "audit",
            "indirect",
            "the harbour board of hiding its losses",
        ),
        (
            "According to the National Audit Office, the board hid its losses.",
            "National Audit Office",
            "indirect",
            "the board hid its losses",
        ),
        (
            "The auditors, who work for Parliament, said the board had hidden its losses.",
            "auditors",
            "indirect",
            "the board had hidden its losses",
        ),
    ],
)
def test_cue_speaker_and_content(text, speaker, speech, content):
    assert (speaker, speech, content) in voices(text)


def test_parenthetical_cue_leaves_the_whole_sentence():
    ((_, _, content),) = voices("The owners, it alleged, were never held to account for the losses.")
    assert content.startswith("The owners")
    assert content.endswith("losses")


def test_pronoun_finds_the_last_person_who_spoke():
    found = voices("Mayor Ilse Brandt said the bridge was safe.\n\n“We tested every bolt of it,” she said.")
    assert [speaker for speaker, _, _ in found] == ["Ilse Brandt", "Ilse Brandt"]


def test_quote_over_two_paragraphs_is_one():
    found = voices(
        "“We tested every bolt of the bridge. It took months.\n\n“Nobody has found a fault in it,” Mayor Ilse Brandt said."
    )
    assert len(found) == 1
    assert found[0][0] == "Ilse Brandt"
    assert found[0][2].startswith("We tested")
    assert found[0][2].endswith("fault in it")


def test_two_cues_in_one_sentence_are_cut_apart():
    found = voices("The report noted that the board had hired divers, but it said the pumps were still broken.")
    assert [content for _, _, content in found] == ["the board had hired divers", "the pumps were still broken"]


@pytest.mark.parametrize(
    ("text", "speaker", "content"),
    [
        ("“The bridge is quite safe,” wrote chief inspector Ilse Brandt.", "Ilse Brandt", "The bridge is quite safe"),
        ("Its president, Jana Oleksa, called on the mayor to resign.", "Jana Oleksa", "on the mayor to resign"),
        (
            "The River Bank, which lent $7 million, said in a letter it takes the matter seriously.",
            "River Bank",
            "it takes the matter seriously",
        ),
        (
            "At least 19 sailors drowned, according to harbour records, but nobody was told.",
            "harbour records",
            "At least 19 sailors drowned",
        ),
    ],
)
def test_cues_in_unusual_places(text, speaker, content):
    assert (speaker, content) in [(who, what) for who, _, what in voices(text)]


def test_pronoun_finds_who_was_named_after_the_last_speaker():
    story = "Mayor Oren Valdis said the bridge was safe.\n\nThe union disagreed. Its president, Jana Oleksa, was in the harbour that day.\n\n“He has known about this for years,” she said."
    assert voices(story)[-1][0] == "Jana Oleksa"


def test_spokeswoman_without_a_name_speaks_for_the_body_before_her():
    reading = read_document(
        "The canal ministry rejected the findings. “We do not see it that way,” a spokeswoman said."
    )
    assert reading.attributions[-1].speaker.organisation == "canal ministry"


def test_nothing_is_said_by_not_reporting():
    assert voices("The board did not report any losses.") == []


def test_role_and_organisation_are_read_off():
    speaker = read_document("Harbour Police spokesman Jon Aldane said the matter was closed.").attributions[0].speaker
    assert (speaker.name, speaker.role) == ("Jon Aldane", "spokesman")
