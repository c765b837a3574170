"""What annotators are told to do: storing the next version, a text to begin with, and what differs between two."""

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from django.core.exceptions import ValidationError
from django.db import transaction

from claims.errors import StaleWrite
from claims.models import Facet, Guideline, Project

LONGEST = 200_000


def latest(project):
    """Return the project's newest guidelines, or None; costs one query."""
    return project.guidelines.select_related("created_by").first()


@transaction.atomic
def store(project, *, text, seen, actor, summary=""):
    """Store the next version of a project's guidelines, made from version ``seen`` (0 for none), and return it.

    Raises StaleWrite, whose row is the version that stands, when somebody stored one meanwhile.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise ValidationError({"text": "Write what annotators should do; the guidelines are empty."})
    if len(text) > LONGEST:
        raise ValidationError({"text": f"The guidelines have {len(text)} characters; {LONGEST} are the most."})
    # Of two who store at once one waits here, and is then told.
    Project.objects.select_for_update().get(pk=project.pk)
    known = latest(project)
    number = known.number if known else 0
    if known is None and seen:
        raise ValidationError("There are no guidelines yet; write the first version, from none.")
    if number != seen:
        raise StaleWrite(row=known, attempted={"text": text, "summary": summary})
    if known is not None and known.text == text:
        raise ValidationError({"text": f"This is version {number} to the letter; change something first."})
    if known is not None and not summary.strip():
        raise ValidationError({"summary": "Say in a line what changed, for those who have read the version before."})
    row = Guideline(project=project, number=number + 1, text=text, summary=summary.strip(), created_by=actor)
    row.save(force_insert=True)
    return row


def note_read(membership, number):
    """Remember the newest version that a member has opened."""
    type(membership).objects.filter(pk=membership.pk, guidelines_read__lt=number).update(guidelines_read=number)


ASKED = {
    Facet.RELATION: "Relation",
    Facet.STRATEGY: "Strategy",
    Facet.DISPUTED: "What is disputed",
    Facet.FIGURE_OUTCOME: "Figures",
    Facet.VERIFICATION: "Verification",
}


def starting_text(project):
    """Return guidelines to begin with, in Markdown, made from the definitions and examples of the label schema."""
    vocabulary = project.vocabulary
    lines = [
        "# How we annotate",
        "",
        "Read both statements where they stand, with the sentences before and after. Label what is said there, not what "
        "you know from elsewhere. Where the text does not settle it, *unclear* is a good choice; *other* wants a note.",
    ]
    about, labels = vocabulary.asked(), vocabulary.by_facet()
    for facet, title in ASKED.items():
        offered = [label for label in labels[facet].values() if not label.is_retired]
        if not offered:
            continue
        lines += ["", f"# {title}", ""]
        lines += [" ".join(filter(None, (about[facet].get("question"), about[facet].get("rule"))))]
        for label in offered:
            lines += ["", f"## {label.phrase} (`{label.key}`)", "", label.definition]
            if label.example:
                lines += ["", f"> {label.example}"]
    lines += ["", "# Cases we decided", "", "Write down here what you agreed on, with the words of the text."]
    return "\n".join(line.strip() for line in lines) + "\n"


@dataclass
class Line:
    """One line of a comparison: kept, added, removed or changed, and of a changed one [(sign, words), …]."""

    kind: str
    pieces: list = field(default_factory=list)


def differences(before, after, *, around=2):
    """Return the Lines in which ``after`` differs from ``before``, each with ``around`` lines that stayed; gaps are "…".

    Within a changed line the words that went and came are told apart.
    """
    old, new = before.splitlines(), after.splitlines()
    found = []
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(around):
        if found or group[0][1] > 0:
            found.append(Line("gap"))
        for sign, a, b, c, d in group:
            if sign == "equal":
                found += [Line("kept", [("kept", line)]) for line in old[a:b]]
                continue
            changed = min(b - a, d - c) if sign == "replace" else 0
            pairs = zip(old[a : a + changed], new[c : c + changed], strict=True)
            found += [Line("changed", words_between(left, right)) for left, right in pairs]
            found += [Line("removed", [("removed", line)]) for line in old[a + changed : b]]
            found += [Line("added", [("added", line)]) for line in new[c + changed : d]]
    return found


def words_between(left, right):
    """Return [(kept, removed or added, words), …] between two lines."""
    old, new = re.findall(r"\s+|\w+|[^\w\s]", left), re.findall(r"\s+|\w+|[^\w\s]", right)
    pieces = []
    # In a very long line the commonest words are not looked for: the comparison would take minutes.
    for sign, a, b, c, d in SequenceMatcher(None, old, new, autojunk=len(old) > 2000).get_opcodes():
        if sign == "equal":
            pieces.append(("kept", "".join(old[a:b])))
            continue
        if a < b:
            pieces.append(("removed", "".join(old[a:b])))
        if c < d:
            pieces.append(("added", "".join(new[c:d])))
    return pieces
