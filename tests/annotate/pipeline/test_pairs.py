from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.pipeline.pairs import Context, Statement, rank, rank_all

CLAIMS = [
    Statement("A1", "In 2021 the government prosecuted 109 smugglers.", 0),
    Statement("A2", "The harbour police accept bribes at the northern gate.", 1),
    Statement("A3", "No budget was set aside for new patrol boats.", 2),
]


def best(candidates):
    return next(candidate for candidate in candidates if candidate.scope == "claim")


def test_same_figure_wins_and_is_the_reason():
    top = best(rank(Statement("R1", "The 109 were all tried in open court.", 0), CLAIMS))
    assert top.target_id == "A1"
    assert "same figure, 109" in top.reasons


def test_shared_words_are_named():
    top = best(rank(Statement("R1", "We have bought patrol boats out of the general budget.", 0), CLAIMS))
    assert top.target_id == "A3"
    assert any(reason.startswith("same words:") for reason in top.reasons)


def test_sentence_without_words_in_common_stays_on_the_same_claim():
    responses = [
        Statement("R1", "Nobody accepts bribes at the northern gate.", 0),
        Statement("R2", "Cameras were put up last year.", 1),
    ]
    assert [best(candidates).target_id for candidates in rank_all(CLAIMS, responses)] == ["A2", "A2"]


def test_context_of_one_response_is_what_came_before():
    earlier = ((Statement("R1", "Nobody accepts bribes.", 0, speaker="Aldane"), ("A2",)),)
    top = best(
        rank(Statement("R2", "Cameras were put up last year.", 1, speaker="Aldane"), CLAIMS, context=Context(earlier))
    )
    assert top.target_id == "A2"
    assert "same speaker goes on" in top.reasons


def test_general_denial_prefers_the_whole_work_to_any_claim():
    candidates = rank(Statement("R1", "I do not think this report is well written or researched.", 0), CLAIMS)
    assert candidates[0].scope == "work"
    assert candidates[0].score < 0.95


def test_refusal_offers_the_questioner():
    scopes = [candidate.scope for candidate in rank(Statement("R1", "He declined to comment on it.", 0), CLAIMS)]
    assert scopes[0] == "questioner"


def test_nothing_asserted_leaves_the_other_scopes():
    assert {candidate.scope for candidate in rank(Statement("R1", "That is wrong.", 0), [])} <= {
        "work",
        "open",
        "continues",
        "questioner",
    }


STATEMENTS = st.lists(st.text(max_size=60), max_size=6)


@given(STATEMENTS, STATEMENTS)
@settings(deadline=None)
def test_any_texts_are_ranked_once_each_with_reasons(claims, responses):
    claim_statements = [Statement(i, text, i) for i, text in enumerate(claims)]
    ranked = rank_all(claim_statements, [Statement(i, text, i) for i, text in enumerate(responses)])
    assert len(ranked) == len(responses)
    for candidates in ranked:
        targets = [candidate.target_id for candidate in candidates if candidate.scope == "claim"]
        assert sorted(targets) == list(range(len(claims)))
        assert all(candidate.reasons and 0 <= candidate.score <= 1 for candidate in candidates)
        assert [c.score for c in candidates] == sorted((c.score for c in candidates), reverse=True)
