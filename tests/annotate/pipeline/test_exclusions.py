from hypothesis import given
from hypothesis import strategies as st

from annotate.pipeline.exclusions import propose_exclusions

PAGE = """Logo of Harbour Times - Divers find the missing anchor

Divers find the missing anchor

Content image - Harbour Times
The anchor on the quay. HARBOUR TRUST

Divers find the missing anchor

The anchor that was lost in the storm has been found by two divers, the trust said on Monday, after a search of nine days in cold water.

“We are glad,” said its head.

  • Ferry to run on Sundays from May

    The ferry will run on Sundays from the first week of May on, the company announced, while the piers are being

  • School band wins a prize

    The band of the harbour school has won the prize of the county for the third time in a row, and its leader
"""


def test_header_double_title_caption_and_teasers_are_proposed():
    found = [(PAGE[start:end].strip()[:20], reason) for start, end, reason in propose_exclusions(PAGE)]
    assert found == [
        ("Logo of Harbour Time", "site header"),
        ("Content image - Harb", "picture caption"),
        ("The anchor on the qu", "picture caption"),
        ("Divers find the miss", "title printed twice"),
        ("• Ferry to run on Su", "teasers after the story"),
    ]


def test_plain_story_keeps_everything():
    assert propose_exclusions("The trust met on Monday.\n\nIt chose a new head, who said she was glad.\n") == []


@given(st.text(alphabet=st.sampled_from("ab. \n•–A:|”"), max_size=200))
def test_stretches_are_in_order_and_inside(text):
    last = 0
    for start, end, reason in propose_exclusions(text):
        assert last <= start < end <= len(text)
        assert reason
        last = end
