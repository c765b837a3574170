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


# (story, [(speaker, content)]) where the words differ in one construction each
CONSTRUCTIONS = [
    (
        "“We dug for six weeks,” Ilse Brandt said. “We found nothing at all.”",
        [("Ilse Brandt", "We dug for six weeks | We found nothing at all.")],
    ),
    (
        "“How can they judge us?” asked Mayor Ilse Brandt. “They were here for a day.”",
        [("Ilse Brandt", "How can they judge us? | They were here for a day.")],
    ),
    (
        "The owners, the report alleges, were never held to account for it.",
        [("report", "The owners | were never held to account for it")],
    ),
    (
        "Guards slept at their posts, the auditors have warned, in a paper that the army called “a fairy tale for children”.",
        [("auditors", "Guards slept at their posts"), ("army", "a fairy tale for children")],
    ),
    (
        "The board said a draft had been sent in May and that nobody had replied.",
        [("board", "a draft had been sent in May and that nobody had replied")],
    ),
    (
        "The board said it took the findings seriously but did not accept that pumps were broken.",
        [("board", "it took the findings seriously but did not accept that pumps were broken")],
    ),
    (
        "Mayor Ilse Brandt said the divers had relied on sketches, “when every child has a camera”.",
        [("Ilse Brandt", "the divers had relied on sketches, “when every child has a camera")],
    ),
    (
        "The auditors recommended that the lock be closed and called on the town to repair the gates.",
        [("auditors", "the lock be closed"), ("auditors", "on the town to repair the gates")],
    ),
    (
        "The report found that nine of the 40 gates leaked, and recommended that the port replace them.",
        [("report", "nine of the 40 gates leaked"), ("report", "the port replace them")],
    ),
    ("The audit found no evidence of theft.", [("audit", "no evidence of theft")]),
    (
        "Mayor Ilse Brandt said the gates were sound, adding that most had been painted in May.",
        [("Ilse Brandt", "the gates were sound"), ("Ilse Brandt", "most had been painted in May")],
    ),
    (
        "The town was accused by the Lock Workers’ Union of hiding its accounts.",
        [("Lock Workers’ Union", "The town | of hiding its accounts")],
    ),
    (
        "Mayor Ilse Brandt was quoted by state radio as saying that the gates were sound.",
        [("Ilse Brandt", "the gates were sound")],
    ),
    ("The union urged parliament to reject the plan.", [("union", "parliament to reject the plan")]),
    ("Mayor Ilse Brandt hit out at the audit on Monday.", [("Ilse Brandt", "the audit on Monday")]),
    ("The union agreed with the finding, while the ministry insisted that pay was fair.", [("ministry", "pay was fair")]),
    ("The port rejected the report, describing it as “a fairy tale”.", [("port", "the report"), ("port", "it as “a fairy tale")]),
    ("The mayor declined to comment, referring questions to the port.", [("mayor", "to comment")]),
    (
        "The port rejected the audit, with its spokesman, Jon Aldane, saying the gates were sound.",
        [("port", "the audit"), ("Jon Aldane", "the gates were sound")],
    ),
    ("The army has put the toll at seven.", [("army", "the toll at seven")]),
    ("Exports of salt rose by a tenth last year, official data show.", [("data", "Exports of salt rose by a tenth last year")]),
    (
        "Mayor Ilse Brandt described the paper as “a fairy tale”.",
        [("Ilse Brandt", "the paper as “a fairy tale")],
    ),
    (
        "The mayor wrote that the lock was a ruin; two years later she described it as a danger to ships.",
        [("mayor", "the lock was a ruin"), ("mayor", "it as a danger to ships")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("story", "wanted"), CONSTRUCTIONS, ids=[story[:40] for story, _ in CONSTRUCTIONS])
def test_constructions(story, wanted):
    found = [
        (said.speaker.name if said.speaker else None, " | ".join(story[a:b] for a, b in said.stretches))
        for said in read_document(story).attributions
    ]
    for pair in wanted:
        assert pair in found


# (story, the speaker of the last attribution)
SPEAKERS = [
    ("Ilse Brandt chairs the port. Jon Aldane, the harbour minister, went further. He said the gates were rotten.", "Jon Aldane"),
    ("“We slept badly,” said the head of the mission, former judge Karen Holst.", "Karen Holst"),
    ("Its secretary-general, Paul Anders, said the sample was too small.", "Paul Anders"),
    ("The Canal Guild has its own boats. They praised the divers for their patience.", "Canal Guild"),
    ("Her party, the Alliance for Locks, said it had won nine seats.", "Alliance for Locks"),
    ("The report came in May. Inspectors had boarded 412 vessels. It said one in three was unsafe.", "report"),
    ("Prime Minister Hun Varek said he was ill.\n\n“Come and count them all,” the premier told reporters.", "Hun Varek"),
    ("The lock was shut in May. “They tick boxes and go,” its director Salma Idris said by telephone.", "Salma Idris"),
    ("The Lock Inspectorate spent a week there. Inspectors said the gates leaked.", "Lock Inspectorate"),
    ("The mayor said she had not read it. “I will respond in June,” Carmen Vidal told reporters.", "Carmen Vidal"),
    ("Interior Minister Halima Sarr wrote that nobody was held.\n\nAccording to her ministry, 43 people left early.", "Interior Ministry"),
    ("Spokesman Wang Wenbin said the gates were sound.\n\n“They are new and they are strong,” Wang said.", "Wang Wenbin"),
    ("Minister Rhea Stone spoke first. Colm Byrne accused her of lying. Ms Stone declined. She said the port was busy.", "Rhea Stone"),
    ("The report, The State of Locks 2023, was printed in May. It says that 41 gates leak.", "The State of Locks 2023"),
    ("PORT ALBA, May 3 — Sabria’s electoral commission said the count was calm.", "Sabria’s electoral commission"),
    ("The Paper and Pulp Federation (PPF), which has 26 members, said the river was clean.", "Paper and Pulp Federation"),
]  # fmt: skip


@pytest.mark.parametrize(("story", "speaker"), SPEAKERS, ids=[speaker for _, speaker in SPEAKERS])
def test_who_is_meant(story, speaker):
    assert read_document(story).attributions[-1].speaker.name == speaker


@pytest.mark.parametrize(
    "story",
    [
        "An official, who asked not to be named, left early.",
        "Asked whether she would resign, the mayor left.",
        "The ministry did not report any updates.",
        "The union hopes to reject the plan.",
        "Nobody said that the gates were sound.",
    ],
)
def test_nothing_is_said(story):
    assert read_document(story).attributions == ()
