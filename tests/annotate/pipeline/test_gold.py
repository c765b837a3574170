"""The gold articles: is the gold sound, and does the machine still reach what it reached."""

import pytest

from bench import gold as scorer

ARTICLES = ("seed", *scorer.MADE_UP)


@pytest.fixture(scope="module")
def made_up():
    """The made-up articles with the machine's reading of each."""
    return [(article, scorer.read(article)) for article in map(scorer.load, scorer.MADE_UP)]


@pytest.fixture(scope="module")
def seed():
    article = scorer.load("seed")
    if article is None:
        pytest.skip("the seed article is not beside the project")
    return article, scorer.read(article)


def parts_of(article):
    """Yield every span of an article's gold."""
    yield from article.entities
    yield from article.quantities or ()
    for said in article.attributions:
        yield said["cue"]
        yield from said["stretches"]


@pytest.mark.parametrize("name", ARTICLES)
def test_gold_lies_within_its_story_and_quotes_it(name):
    article = scorer.load(name)
    if article is None:
        pytest.skip("the seed article is not beside the project")
    low, high = article.scope
    for part in parts_of(article):
        assert low <= part["start"] < part["end"] <= high
        assert article.text[part["start"] : part["end"]] == part.get("quote", article.text[part["start"] : part["end"]])
    for said in article.attributions:
        assert article.actors[said["speaker"]]
        assert said["speech"] in ("direct", "indirect")
    assert {entity["label"] for entity in article.entities} <= scorer.LABELS


def test_gold_of_the_seed_holds_none_of_its_words():
    written = (scorer.FOLDER / "seed.json").read_text(encoding="utf-8")
    assert '"quote"' not in written
    assert max(len(name.split()) for name in written.split('"')[1::2]) < 9


def test_another_text_than_the_annotated_one_is_refused(tmp_path, monkeypatch):
    (tmp_path / "river.txt").write_text("Another text.", encoding="utf-8")
    (tmp_path / "river.json").write_text((scorer.FOLDER / "river.json").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(scorer, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="not the text"):
        scorer.load("river")


def test_gold_scores_full_marks_against_itself():
    article = scorer.load("river")
    exact, overlap = scorer.score_entities(article, [(e["start"], e["end"], e["label"]) for e in article.entities])
    assert exact.f1 == overlap.f1 == 100


def test_a_wrong_label_or_nothing_scores_nothing():
    article = scorer.load("river")
    first = article.entities[0]
    exact, overlap = scorer.score_entities(article, [(first["start"], first["end"], "LAW")])
    assert exact.right == overlap.right == 0
    assert scorer.score_entities(article, [])[0].f1 == 0


# Floors lie a little below what is reached, so that a better rule may cost one case elsewhere.
def test_entities_of_the_made_up_articles(made_up):
    scores = [scorer.score_entities(a, [(e.start, e.end, e.label) for e in r.entities]) for a, r in made_up]
    assert sum((exact for exact, _ in scores), scorer.Score()).f1 >= 95
    assert sum((overlap for _, overlap in scores), scorer.Score()).f1 >= 96


def test_attributions_and_speakers_of_the_made_up_articles(made_up):
    scores = [scorer.score_attributions(a, r) for a, r in made_up]
    loose, strict, speakers = (sum((score[n] for score in scores), scorer.Score()) for n in range(3))
    assert loose.f1 >= 95, loose.missed
    assert strict.f1 >= 93, strict.missed
    assert speakers.recall >= 95, speakers.missed


def test_figures_of_the_made_up_articles(made_up):
    scores = [scorer.score_quantities(a, r) for a, r in made_up]
    value, unit, ties = (sum((score[n] for score in scores), scorer.Score()) for n in range(3))
    assert value.f1 >= 98, value.missed
    assert unit.f1 >= 94, unit.missed
    assert ties.recall >= 90, ties.missed


@pytest.mark.seed
def test_seed_reaches_its_targets(seed):
    article, reading = seed
    exact, overlap = scorer.score_entities(article, [(e.start, e.end, e.label) for e in reading.entities])
    assert exact.f1 >= 95
    assert overlap.f1 >= 98
    loose, strict, speakers = scorer.score_attributions(article, reading)
    assert loose.f1 >= 95
    assert strict.f1 >= 85
    assert speakers.right / speakers.wanted >= 24 / 26
