"""Which ways the navigation offers to whom; the pages themselves ask again."""

from django import template

from claims.models import Layer, Notice, Project
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


@register.filter
def layers_read_by(project, user):
    """The layers that this person may read, where there are several; costs one query in an independent project."""
    if project.kind == Project.Kind.SHARED:
        return []
    layers = list(Layer.objects.readable_by(user).filter(project=project).select_related("annotator"))
    return layers if len(layers) > 1 else []


@register.filter
def unread_notices(user):
    """How many notices a person has not seen; one small query, and none for somebody who is not signed in."""
    return Notice.objects.filter(user=user, read_at=None).count() if user.is_authenticated else 0
