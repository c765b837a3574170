"""The keys of the workspace: verbs are letters, choices are digits, and a person may move any of them."""

ACTIONS = {
    "assertion": ("a", "mark the selected words as an assertion, or accept a suggestion as one"),
    "response": ("r", "mark the selected words as a response, or accept a suggestion as one"),
    "figure": ("f", "mark the selected words as a figure"),
    "accept": ("a", "confirm a sum; with Shift, accept all suggestions of one speaker"),
    "reject": ("x", "reject what is suggested"),
    "later": ("l", "put this decision off"),
    "aside": ("b", "set this decision aside, with a reason"),
    "cite": ("c", "cite evidence: then select words or paste an address"),
    "none_found": ("n", "record that no response was found"),
    "work": ("w", "it answers the whole work"),
    "continues": ("k", "it continues another response"),
    "questioner": ("q", "it answers whoever asked"),
    "open": ("o", "it answers nobody in particular"),
    "strategies": ("s", "say how it responds"),
    "disputed": ("d", "say what is disputed"),
    "withhold": ("h", "the response withholds these figures"),
    "target": ("t", "add another target"),
    "edit": ("e", "edit this claim"),
    "go": ("g", "go to the words in the text"),
    "back": ("Backspace", "go back to where you were"),
    "caret": ("m", "put a caret in the text, to mark without a mouse"),
    "guidelines": ("i", "show the guidelines beside the work, or put them away"),
    "split_view": ("v", "show one text or two"),
    "next": ("Enter", "accept a suggestion as suggested; link what is ticked; else the next decision"),
    "undo": ("Mod+z", "undo your last deed here"),
    "help": ("?", "show the keys"),
}


def keys_of(user):
    """Return {action: key} as this person has them."""
    return {action: user.keys.get(action, key) for action, (key, _) in ACTIONS.items()}


# Where readings are compared. What the workspace has too keeps the key a person gave it there.
SETTLING = {
    "both": ("b", "take both, or all"),
    "neither": ("n", "rightly nothing here"),
    "new": ("w", "something else: choose the value, or mark the words"),
    "keep": ("k", "leave gold as it is"),
    "agreed": ("t", "take over all that is agreed"),
    "note": ("e", "write a note with the decision"),
    "later": ("l", "put this question off"),
    "next": ("Enter", "the next question"),
    "undo": ("u", "undo your last decision here"),
    "help": ("?", "show the keys"),
}


def settling_keys(user):
    """Return {action: (key, what it does)} of the screen of adjudication, as this person has them."""
    moved = {action: user.keys[action] for action in ("later", "next", "help") if action in user.keys}
    return {action: (moved.get(action, key), told) for action, (key, told) in SETTLING.items()}
