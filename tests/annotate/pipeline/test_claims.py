from annotate.pipeline import read_document

STORY = """The Open Rivers Report states that 412 complaints were filed in 2021, including 97 against contractors.

The report also accuses the government of hiding the losses.

River Police spokesman Jon Aldane rejected the report, saying that its authors had never visited the harbour.

“We have done our best with the boats we have. I have figures, but I cannot reveal them,” he said.
"""


def test_both_sides_are_found_with_their_speakers():
    claims = read_document(STORY).claims
    sides = {claim.speaker: claim.role for claim in claims}
    assert sides["Open Rivers Report"] == "assertion"
    assert sides["Jon Aldane"] == "response"


def test_kinds_follow_the_words():
    kinds = {claim.quote[:20]: claim.kind for claim in read_document(STORY).claims}
    assert kinds["412 complaints were "] == "figure"
    assert any(kind == "refusal" for kind in kinds.values())
    assert any(kind == "judgement" for kind in kinds.values())


def test_claim_carries_its_period_and_reasons():
    claim = next(claim for claim in read_document(STORY).claims if claim.kind == "figure")
    assert (claim.period_start.isoformat(), claim.period_end.isoformat()) == ("2021-01-01", "2021-12-31")
    assert claim.reasons


def test_headlines_are_no_claims():
    assert not read_document("Harbour report rebuffed\n\nPhoto of the harbour").claims
