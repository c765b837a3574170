"""The first minute: four stops on the demo that show the tool at work, each a caption over the real screen."""

CAPTIONS = (
    (
        "A finished pair",
        "The report’s figures stand in the assertion; the response says it has figures and keeps them back. "
        "The line in the card says so in words, and the margin names are how you talk about it.",
    ),
    (
        "A response to pair",
        "Rejoinder ranks what it may respond to and says why. Press the digit of the right one, or click any claim in the text.",
    ),
    (
        "An assertion without a response",
        "Press the key to record that none was found. Only the documents that were opened are listed.",
    ),
    (
        "A sum the text invites",
        "The parts add up to the whole; confirm it. Then see the sheet that an editor takes to a meeting.",
    ),
)


def stop(board, number):
    """Return {"show", "on"} of stop ``number`` (1 to 4) on this board, or None where there is nothing of its kind."""
    if number == 1:
        withheld = {
            row.link_id
            for row in board.layer.comparisons.live().filter(outcome="withheld", link__dossier=board.dossier)
        }
        found = next((link for link in board.links.values() if link.pk in withheld), None)
        return {"show": "link", "on": str(found.pk)} if found else None
    if number == 2:
        tasks = [task for task in board.queue["pair"] if task.show in ("pair", "suggested_pair")]
        tasks.sort(key=lambda task: task.show)
    elif number == 3:
        tasks = board.queue["none"]
    else:
        tasks = sorted(
            (task for task in board.queue["figure"] if task.show == "sum"), key=lambda task: task.on.kind != "sum"
        )
    return {"show": tasks[0].show, "on": tasks[0].subject} if tasks else None


def caption(number):
    """Return what the page says at a stop: its number, title and words, and the next stop's number if any."""
    title, words = CAPTIONS[number - 1]
    return {
        "number": number,
        "count": len(CAPTIONS),
        "title": title,
        "words": words,
        "next": number + 1 if number < len(CAPTIONS) else None,
    }


def stop_of(value):
    """Return the stop that a request names, 1 to 4, or None."""
    return int(value) if value in {str(number) for number in range(1, len(CAPTIONS) + 1)} else None
