"""The guidelines beside the work: where they speak of a label, and whether there is something new in them."""

from types import SimpleNamespace

from django.db.models import OuterRef, Subquery

from annotate.markdown import render
from claims.guidelines import ASKED, latest
from claims.models import Guideline, Membership


def sections_of(project):
    """Return a function that gives the section of the guidelines whose heading names a label, or None; costs one query."""
    current = latest(project)
    if current is None:
        return lambda label: None
    page = render(current.text)

    def section(label):
        # "Unclear" is a label of every facet.
        under = (ASKED.get(label.facet, "").casefold(), label.facet)
        return page.section_of(label.key, label.phrase, under=under)

    return section


def guide_of(user, project):
    """Return the newest guidelines, without their text, and whether this member has not opened them; None for none.

    ``is_news`` is True for a version not opened yet, ``is_first`` where no earlier one was either. Costs one query.
    """
    read = Membership.objects.filter(project=OuterRef("project"), user=user).values("guidelines_read")
    row = Guideline.objects.filter(project=project).defer("text").annotate(read=Subquery(read)).first()
    if row is None:
        return None
    known = row.read or 0
    return SimpleNamespace(number=row.number, summary=row.summary, is_news=known < row.number, is_first=known == 0)
