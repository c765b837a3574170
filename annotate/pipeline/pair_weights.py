"""The weights that rank an assertion for a response. A dozen numbers, chosen by hand and meant to be read.

The ranking asks two questions and multiplies the answers: how much do the two statements sound alike (the first group), and
how likely is it, after what the sentence before responded to, that this one responds to that assertion (the second group).
"""

# --- do they sound alike? Each weight times a likeness between 0 and 1 ------------------------------------------------
WORDS = 8.0  # cosine of the rare words they share (stems, TF-IDF over the case)
BEST = 1.5  # the same, against the best of all assertions for this response
QUOTED = 6.0  # words in a row taken from the assertion, as a share of the response
NUMBERED = 3.5  # "Q2", "point 2", "2." in both
FIGURE = 1.5  # the same figure in both
NAMED = 1.2  # the same name or term in capitals in both
BESIDE = 0.3  # of the likeness of the assertions just before and after: an argument runs over several sentences

# --- which assertions draw responses at all? --------------------------------------------------------------------------
ASKS = 0.3  # asks, urges, blames or finds something missing
NEUTRAL = -0.8  # sums up ("the paper proposes", "the report covers") and disputes nothing
SHORT = -0.8  # a heading or a fragment

# --- where do responses go next? Natural logarithms of odds -----------------------------------------------------------
NEXT = -2.8  # to the assertion after that of the sentence before; staying on it costs nothing
FORWARD = -4.8  # further on in the text, less by DISTANCE for each assertion skipped
BACK = -6.5  # back in the text, less by DISTANCE likewise
DISTANCE = 0.1
OPENS = 2.4  # given back when the response opens a new point: a quotation, a number, a question
DIAGONAL = 0.8  # responses run through the text in its order: cost of being away from the same place in it

# --- when is no single assertion meant? Scores between 0 and 1 --------------------------------------------------------
PLAIN = 0.2  # a likeness in words from which on an assertion is plainly meant
CARRIES = 0.9  # of that plainness, what is left for the next sentence on the same assertion
GUESS = 0.3  # share of its score an assertion keeps when no words are shared at all
GENERAL = 0.35  # for the whole work: the response speaks of the report, the comments, the findings
SOCIAL = 0.3  # thanks and greetings
FRAME = 0.2  # the first or the last response
NOTE = 0.55  # for the response before: a source, a footnote, a signpost
