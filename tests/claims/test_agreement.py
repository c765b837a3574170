"""Published examples, hand-computed readings, and what holds for any."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.agreement import Alpha, Facet, Kappa, Marked, Reading, Share, Table, Tie, Unit, masi
from claims.matching import Span

TEXT = "Crime fell by 40 %. Wages rose. “That is not so”, said the minister. He declined to go on. Nobody asked."


def value_of(measure):
    return measure.figure(np.ones((1, 1))).value


def alpha(*observers, distance=None):
    found = Alpha("alpha", **({"distance": distance} if distance else {}))
    for values in zip(*observers, strict=True):
        found.add(0, [value for value in values if value not in (None, ".")])
    return found


# Published


@pytest.mark.parametrize(
    ("observers", "published"),
    [
        # Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section A: binary data, two observers.
        (("0100000010", "1110010000"), 0.095),
        # Section B: nominal data, two observers.
        (("aabbdcccedda", "babbbccceddd"), 0.692),
        # Section C: nominal data, any number of observers, values missing.
        (("123321412...", "1233224125.3", ".3332342251.", "12332441251."), 0.743),
    ],
)
def test_krippendorffs_examples(observers, published):
    assert value_of(alpha(*observers)) == pytest.approx(published, abs=0.0005)


def test_a_published_kappa():
    # Sim and Wright 2005, The Kappa Statistic in Reliability Studies, table 1: 22 and 11 agreed of 39; kappa .67.
    found = Kappa("kappa")
    for one, other, times in (("yes", "yes", 22), ("yes", "no", 2), ("no", "yes", 4), ("no", "no", 11)):
        found.add(0, ("ann", "ben"), one, other, times=times)
    assert value_of(found) == pytest.approx(0.67, abs=0.005)
    assert value_of(found) == pytest.approx((33 / 39 - 819 / 1521) / (1 - 819 / 1521))


def test_cohens_own_example():
    # Cohen 1968, Weighted kappa, table 1: two judges, three diagnoses, 200 cases; kappa without weights .492.
    table = {"p": (88, 10, 2), "n": (14, 40, 6), "s": (18, 10, 12)}
    found = Kappa("kappa")
    for one, counts in table.items():
        for other, times in zip(table, counts, strict=True):
            found.add(0, ("a", "b"), one, other, times=times)
    assert value_of(found) == pytest.approx(0.492, abs=0.0005)
    assert value_of(found) == pytest.approx((0.70 - 0.41) / (1 - 0.41))


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("ab", "ab", 0),
        ("a", "ab", 1 - 1 / 2 * 2 / 3),
        ("ab", "bc", 1 - 1 / 3 * 1 / 3),
        ("a", "b", 1),
        ("abc", "a", 7 / 9),
    ],
)
def test_masi(one, other, distance):
    assert masi(frozenset(one), frozenset(other)) == pytest.approx(distance)
    assert masi(frozenset(other), frozenset(one)) == pytest.approx(distance)


# By hand


def claim(key, quote, role="assertion", **fields):
    start = TEXT.index(quote)
    return Marked(Span(key, "d", start, start + len(quote)), {"role": role, "kind": "factual", **fields})


def tie(response, target=None, scope="claim", *, strategies="", figures=None, **fields):
    return Tie(response, scope, target, fields, {"strategies": frozenset(strategies.split())}, figures or {})


def two(ann, ben, key="u"):
    return Unit(key, {"ann": ann, "ben": ben}, {"d": TEXT})


def ann_and_ben():
    """Ann and Ben mark the same two assertions and two responses; of three links they have one in common."""
    quotes = [("A1", "Crime fell by 40 %."), ("A2", "Wages rose.")]
    answers = [("R1", "That is not so"), ("R2", "He declined to go on.")]

    def claims(who):
        return [claim(f"{who}{name}", quote) for name, quote in quotes] + [
            claim(f"{who}{name}", quote, "response") for name, quote in answers
        ]

    ann = Reading(
        claims("a"),
        [
            tie("aR1", "aA1", relation="rejects", stance="dispute", strategies="denies", figures={"40": "differs"}),
            tie("aR2", "aA1", relation="deflects", stance="neutral"),
        ],
    )
    ben = Reading(
        claims("b"),
        [
            tie(
                "bR1",
                "bA1",
                relation="disputes",
                stance="dispute",
                strategies="denies withholds",
                figures={"40": "same"},
            ),
            tie("bR2", scope="work", relation="deflects", stance="neutral"),
        ],
    )
    return ann, ben


def json_of(*units, **options):
    return Table(units, **options).as_json(samples=200)


def test_links_by_hand():
    found = json_of(two(*ann_and_ben()))
    # Two links each, one shared.
    assert found["links"]["f1"] == {"value": 0.5, "interval": None, "n": 4, "of": "links", "why": ""}
    # R1: {A1} and {A1}; R2: {A1} and {work}.
    assert found["links"]["jaccard"]["value"] == 0.5
    assert found["links"]["jaccard"]["n"] == 2
    # Two responses × (two assertions, four scopes, none): one cell linked by both, one by each alone, eleven by nobody.
    kappa = found["links"]["kappa_cells"]
    assert kappa["n"] == 14
    expected = (2 * 2 + 12 * 12) / 196
    assert kappa["value"] == pytest.approx((12 / 14 - expected) / (1 - expected), abs=1e-6)


def test_facets_by_hand():
    found = json_of(two(*ann_and_ben()))
    # The one link both made: rejects and disputes, both of which dispute.
    assert found["facets"]["relation"]["percent"]["value"] == 0
    assert found["facets"]["relation"]["kappa"]["value"] == 0
    assert found["facets"]["relation"]["labels"]["rejects"]["value"] == 0
    assert found["facets"]["relation"]["confusion"] == {"labels": ["disputes", "rejects"], "rows": [[0, 1], [1, 0]]}
    assert found["facets"]["stance"]["percent"]["value"] == 1
    assert found["facets"]["stance"]["kappa"]["value"] is None
    assert "dispute" in found["facets"]["stance"]["kappa"]["why"]
    assert found["facets"]["strategies"]["percent"]["value"] == 0
    assert found["facets"]["strategies"]["labels"]["denies"]["value"] == 1
    assert found["facets"]["strategies"]["labels"]["withholds"]["value"] == 0
    assert found["figures"]["percent"] == {"value": 0.0, "interval": None, "n": 1, "of": "pairs of labels", "why": ""}


def test_claims_by_hand():
    ann = Reading([claim("a1", "Crime fell by 40 %."), claim("a2", "Wages rose.")])
    ben = Reading([claim("b1", "Crime fell by 40 %"), claim("b3", "He declined to go on.", "response")])
    found = json_of(two(ann, ben))["claims"]
    assert found["f1_exact"]["value"] == 0
    assert found["f1_overlap"]["value"] == 0.5
    assert found["shared_characters"]["value"] == pytest.approx(18 / 19)
    assert found["f1_exact"]["n"] == 4


def test_half_of_a_split_claim_finds_no_partner():
    ann = Reading([claim("a1", "“That is not so”, said the minister. He declined to go on.", "response")])
    ben = Reading(
        [
            claim("b1", "“That is not so”, said the minister.", "response"),
            claim("b2", "He declined to go on.", "response"),
        ]
    )
    found = json_of(two(ann, ben))["claims"]
    # One of the halves has its partner: two of three claims.
    assert (found["f1_exact"]["value"], found["f1_overlap"]["value"]) == (0, pytest.approx(2 / 3, abs=1e-6))
    assert found["shared_characters"]["value"] < 1


def test_nothing_to_agree_on_is_said_in_a_sentence():
    found = json_of(two(Reading(), Reading()))
    assert found["links"]["f1"]["value"] is None
    assert found["links"]["f1"]["why"] == "Nobody made a link where another annotator worked."
    assert found["claims"]["alpha_tokens"]["value"] is None
    assert "nothing" in found["claims"]["alpha_tokens"]["why"]
    assert json_of()["claims"]["f1_exact"]["why"]


def test_one_annotator_alone_agrees_with_nobody():
    ann, _ = ann_and_ben()
    found = json_of(Unit("u", {"ann": ann}, {"d": TEXT}))
    assert found["links"]["f1"]["value"] is None
    assert found["claims"]["f1_exact"]["value"] is None
    assert found["annotators"] == {"ann": {"dossiers": 1, "claims": 4, "links": 2}}


def test_who_found_nothing_differs_from_who_found_something():
    ann, _ = ann_and_ben()
    found = json_of(two(ann, Reading()))
    assert found["links"]["f1"]["value"] == 0
    assert found["claims"]["f1_overlap"]["value"] == 0


def test_a_label_not_given_yet_is_missing_and_no_label():
    ann, ben = ann_and_ben()
    unlabelled = Reading(ben.claims, [tie("bR1", "bA1", relation=""), ben.links[1]])
    assert json_of(two(ann, unlabelled))["facets"]["relation"]["percent"]["n"] == 0


def test_the_interval_comes_from_drawing_dossiers():
    ann, ben = ann_and_ben()
    units = [two(ann, ben if number % 2 else Reading(ann.claims, ann.links), str(number)) for number in range(12)]
    found = Table(units)
    first = found.as_json()["links"]["f1"]
    assert first == found.as_json()["links"]["f1"]
    low, high = first["interval"]
    assert low < first["value"] == 0.75 < high
    assert not np.array_equal(found.weights(samples=20, seed=1), found.weights(samples=20, seed=2))


def test_many_annotators_with_gaps():
    ann, ben = ann_and_ben()
    cid = Reading(
        [Marked(Span(f"c{one.span.key}", "d", one.span.start, one.span.end), one.fields) for one in ann.claims]
    )
    units = [two(ann, ben, "1"), Unit("2", {"ben": ben, "cid": cid}, {"d": TEXT})]
    found = json_of(*units)
    assert [(pair["layers"], pair["dossiers"]) for pair in found["pairs"]] == [(["ann", "ben"], 1), (["ben", "cid"], 1)]
    assert [pair["links_f1"]["value"] for pair in found["pairs"]] == [0.5, 0]
    # Of Ben's four (twice two) with Ann's two: one; Cid has none.
    assert found["links"]["f1"]["value"] == pytest.approx(2 / 6)


# What holds for any readings


@st.composite
def readings(draw, who):
    """Some claims on whole sentences and links between them."""
    quotes = ["Crime fell by 40 %.", "Wages rose.", "“That is not so”, said the minister.", "He declined to go on."]
    found = draw(st.lists(st.sampled_from(range(4)), unique=True, max_size=4))
    claims = [claim(f"{who}{at}", quotes[at], "assertion" if at < 2 else "response") for at in sorted(found)]
    links = []
    for at in found:
        if at < 2:
            continue
        for target in draw(st.lists(st.sampled_from([0, 1, "work", "open"]), unique=True, max_size=2)):
            labels = {
                "relation": draw(st.sampled_from(["rejects", "disputes", ""])),
                "strategies": " ".join(draw(st.lists(st.sampled_from(["denies", "withholds"]), unique=True))),
            }
            if isinstance(target, str):
                links.append(tie(f"{who}{at}", scope=target, **labels))
            elif target in found:
                links.append(tie(f"{who}{at}", f"{who}{target}", **labels))
    return Reading(claims, links)


def figures(found):
    for name, part in found.items():
        if isinstance(part, list):
            part = {str(number): one for number, one in enumerate(part) if isinstance(one, dict)}
        if isinstance(part, dict) and "value" in part and "n" in part:
            yield name, part
        elif isinstance(part, dict) and name != "by_dossier":
            yield from ((f"{name}.{inner}", one) for inner, one in figures(part))


def same(reading, who):
    """The same reading by another hand."""

    def renamed(key):
        return None if key is None else f"{who}{str(key)[1:]}"

    claims = [
        Marked(Span(renamed(one.span.key), "d", one.span.start, one.span.end), one.fields) for one in reading.claims
    ]
    links = [Tie(renamed(one.response), one.scope, renamed(one.target), one.fields, one.sets) for one in reading.links]
    return Reading(claims, links)


@settings(max_examples=60, deadline=None)
@given(readings("a"), readings("b"))
def test_figures_stay_in_their_range_and_do_not_mind_who_is_who(ann, ben):
    found = dict(figures(json_of(two(ann, ben))))
    turned = dict(figures(json_of(Unit("u", {"ann": ben, "ben": ann}, {"d": TEXT}))))
    for name, one in found.items():
        assert one["value"] is None or -1 <= one["value"] <= 1 + 1e-9, name
        assert (one["value"] is None) == bool(one["why"]), name
        if one["value"] is not None:
            assert one["value"] == pytest.approx(turned[name]["value"], abs=1e-6), name


@settings(max_examples=60, deadline=None)
@given(readings("a"))
def test_the_same_reading_twice_agrees_wholly(ann):
    for name, one in figures(json_of(two(ann, same(ann, "b")))):
        assert one["value"] in (None, pytest.approx(1)), name


@settings(max_examples=60, deadline=None)
@given(readings("a"), readings("b"))
def test_two_different_readings_never_agree_wholly(ann, ben):
    found = json_of(two(ann, ben))

    def said(reading):
        return {(str(one.response)[1:], one.scope, str(one.target)[1:]) for one in reading.links}

    if said(ann) != said(ben):
        assert found["links"]["f1"]["value"] != 1
    relations = [
        {(str(one.response)[1:], one.scope, str(one.target)[1:]): one.fields["relation"] for one in reading.links}
        for reading in (ann, ben)
    ]
    both = [key for key in relations[0].keys() & relations[1].keys() if relations[0][key] and relations[1][key]]
    if any(relations[0][key] != relations[1][key] for key in both):
        assert found["facets"]["relation"]["alpha"]["value"] != 1
        assert found["facets"]["relation"]["kappa"]["value"] != 1
    marks = [{(one.span.start, one.span.end) for one in reading.claims} for reading in (ann, ben)]
    if marks[0] != marks[1]:
        assert found["claims"]["f1_exact"]["value"] != 1
        assert found["claims"]["alpha_tokens"]["value"] != 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1))
def test_a_facet_minds_differences_and_not_names(pairs):
    facet, renamed = Facet("x"), Facet("x")
    for one, other in pairs:
        for found, letters in ((facet, (one, other)), (renamed, (f"z{one}", f"z{other}"))):
            found.add_pair(0, ("ann", "ben"), *letters)
            found.add_item(0, letters)
    weights = np.ones((1, 1))
    for name in ("percent", "kappa", "alpha"):
        value = getattr(facet, name).figure(weights).value
        assert value == pytest.approx(getattr(renamed, name).figure(weights).value)
        if any(one != other for one, other in pairs):
            assert value != 1
        else:
            assert value in (None, pytest.approx(1))


def test_a_share_of_nothing_is_undefined():
    share = Share("share")
    share.add(0, 0, 0)
    assert value_of(share) is None


# Traps


def test_which_work_was_answered_matters():
    one, other = claim("a", "That is not so", "response"), claim("b", "That is not so", "response")
    ann, ben = Reading([one], [tie("a", "report", "work")]), Reading([other], [tie("b", "newspaper", "work")])
    assert json_of(two(ann, ben))["links"]["f1"]["value"] == 0
    assert json_of(two(ann, Reading([other], [tie("b", "report", "work")])))["links"]["f1"]["value"] == 1


def test_two_who_link_a_response_to_nothing_agree_on_that():
    one, other = claim("a", "That is not so", "response"), claim("b", "That is not so", "response")
    found = json_of(two(Reading([one]), Reading([other])))["links"]
    assert found["f1"]["value"] is None
    assert found["jaccard"]["value"] == 1
    assert json_of(two(Reading([one]), Reading([other], [tie("b", scope="open")])))["links"]["jaccard"]["value"] == 0


def test_a_third_annotator_changes_nothing_between_two():
    """Cid keeps whole what Ann and Ben split; Ann links one half and Ben the other, which are not the same."""
    halves = ("“That is not so”, said the minister.", "He declined to go on.")

    def split(who, chosen):
        marked = [claim(f"{who}{at}", half) for at, half in enumerate(halves)]
        marked.append(claim(f"{who}R", "Nobody asked.", "response"))
        return Reading(marked, [tie(f"{who}R", f"{who}{chosen}", relation="rejects")])

    cid = Reading([claim("c0", " ".join(halves)), claim("cR", "Nobody asked.", "response")], [tie("cR", "c0")])
    readings = {"ann": split("a", 0), "ben": split("b", 1)}
    for more in ({}, {"cid": cid}):
        found = json_of(Unit("u", readings | more, {"d": TEXT}))
        assert found["pairs"][0]["links_f1"]["value"] == 0


def test_parts_of_a_split_claim_that_are_labelled_apart_differ_from_the_whole():
    halves = ("“That is not so”, said the minister.", "He declined to go on.")
    ann = Reading(
        [claim("aR", " ".join(halves), "response", kind="factual"), claim("aA", "Wages rose.")],
        [tie("aR", "aA", relation="rejects", strategies="denies")],
    )
    ben = Reading(
        [*(claim(f"b{at}", half, "response") for at, half in enumerate(halves)), claim("bA", "Wages rose.")],
        [
            tie("b0", "bA", relation="rejects", strategies="denies"),
            tie("b1", "bA", relation="deflects", strategies="withholds"),
        ],
    )
    found = json_of(two(ann, ben))
    assert found["links"]["f1"]["value"] == 1
    assert found["facets"]["relation"]["percent"]["value"] == 0
    assert found["facets"]["strategies"]["percent"]["value"] == 0
    assert 0 < found["facets"]["strategies"]["labels"]["denies"]["value"] <= 1


def test_left_out_stretches_are_no_tokens():
    ann, ben = Reading([claim("a", "Wages rose.")]), Reading([claim("b", "Nobody asked.")])
    texts = {"d": TEXT}
    whole = json_of(Unit("u", {"ann": ann, "ben": ben}, texts))["claims"]["alpha_tokens"]
    part = json_of(Unit("u", {"ann": ann, "ben": ben}, texts, {"d": [(TEXT.index("Nobody"), len(TEXT))]}))
    assert whole["n"] - part["claims"]["alpha_tokens"]["n"] == 3


def test_searched_and_none_found_is_compared_where_both_marked_the_assertion():
    def reading(who, found):
        marked = [claim(f"{who}0", "Crime fell by 40 %."), claim(f"{who}1", "Wages rose.")]
        return Reading(marked, none_found=frozenset(f"{who}{at}" for at in found))

    found = json_of(two(reading("a", [0]), reading("b", [0])))["no_response"]
    assert (found["percent"]["value"], found["kappa"]["value"], found["percent"]["n"]) == (1, 1, 2)
    found = json_of(two(reading("a", [0]), reading("b", [])))["no_response"]
    assert (found["percent"]["value"], found["kappa"]["value"]) == (0.5, 0)
    assert "Nobody recorded" in json_of(two(reading("a", []), reading("b", [])))["no_response"]["kappa"]["why"]


def test_kappa_of_three_is_the_mean_of_the_pairs():
    facet = Facet("relation")
    answers = {"ann": "xxyyxxyy", "ben": "xxyyxyxy", "cid": "xyxyxxyy"}
    pairs = [("ann", "ben"), ("ann", "cid"), ("ben", "cid")]
    single = []
    for pair in pairs:
        alone = Facet("relation")
        for one, other in zip(answers[pair[0]], answers[pair[1]], strict=True):
            facet.add_pair(0, pair, one, other)
            alone.add_pair(0, pair, one, other)
        single.append(value_of(alone.kappa))
    assert single == pytest.approx([0.5, 0.5, 0])
    assert value_of(facet.kappa) == pytest.approx(1 / 3)


def test_masi_alpha_by_hand():
    # Two items: {a} and {a, b}, {b} twice. D_o = 2·(2/3)/4; D_e over the values {a}, {ab}, {b}, {b}, in ordered pairs.
    found = Alpha("alpha", distance=masi)
    found.add(0, [frozenset("a"), frozenset("ab")])
    found.add(0, [frozenset("b"), frozenset("b")])
    observed = 2 * (2 / 3) / 4
    expected = 2 * (2 / 3 + 2 * 1 + 2 * (2 / 3)) / (4 * 3)
    assert value_of(found) == pytest.approx(1 - observed / expected)


def test_nearly_the_same_is_never_written_as_the_same():
    share = Share("share")
    share.add(0, 9_999_999, 10_000_000)
    assert 0.999 < share.figure(np.ones((1, 1))).as_json()["value"] < 1


def test_pairs_that_each_know_one_label_leave_kappa_undefined():
    found = Kappa("kappa")
    found.add(0, ("ann", "ben"), "x", "x", times=3)
    found.add(0, ("ann", "cid"), "y", "y", times=3)
    figure = found.figure(np.ones((1, 1)))
    assert figure.value is None
    assert "Whichever two" in figure.why
