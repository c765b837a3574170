"""The weights that rank an assertion for a response. A dozen numbers, chosen by hand and meant to be read.

The ranking asks two questions and multiplies the answers: how much do the two statements sound alike (the first group), and
how likely is it, after what the sentence before responded to, that this one responds to that assertion (the second group).
"""

# --- do they sound alike? Each weight times a likeness between 0 and 1 ------------------------------------------------
WORDS = 6.0  # cosine of the rare words they share (stems, TF-IDF over the case)
BEST = 2.0  # the same, against the best of all assertions for this response
QUOTED = 5.0  # words in a row taken from the assertion, as a share of the response
NUMBERED = 3.5  # "Q2", "point 2", "2." in both
FIGURE = 2.5  # the same figure in both
NAMED = 1.2  # the same name or term in capitals in both
KIND = 0.4  # an assertion that asks, urges or blames draws responses; a neutral summary hardly any
NEIGHBOUR = 1.5  # the sentences beside the response sound like the assertion

# --- where do responses go next? Natural logarithms of odds -----------------------------------------------------------
STAY = 0.0  # on the same assertion as the sentence before
NEXT = -1.6  # on the assertion after it
FORWARD = -2.4  # further on in the text, less by DISTANCE for each assertion skipped
BACK = -3.4  # back in the text, less by DISTANCE likewise
DISTANCE = 0.06
DIAGONAL = 2.0  # responses run through the text in its order: cost of being away from the same place in it

# --- when is no single assertion meant? -------------------------------------------------------------------------------
UNSURE = 0.12  # below this share of the belief no assertion is preferred to the whole work
