"""Which ways the navigation offers to whom; the pages themselves ask again."""

from django import template

from claims.models import Project
from claims.policy import may

register = template.Library()


@register.filter
def settled_by(project, user):
    """Whether this person settles the differences in an independent project. A role is asked for once a request."""
    return project.kind == Project.Kind.INDEPENDENT and may(user, "adjudicate", project)


@register.filter
def read_by(project, user):
    """Whether this person has a reading of their own that an editor may have decided on."""
    return project.kind == Project.Kind.INDEPENDENT and may(user, "comment", project)
