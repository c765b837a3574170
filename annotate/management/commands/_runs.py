"""What the commands that do a run in their own process share: a bar on stderr, results on stdout."""

import sys

from django.core.management.base import CommandError
from django.core.validators import slug_re
from tqdm import tqdm

from annotate import runs
from claims.models import Membership, Project, Role, Run, User
from claims.projects import create_project


def finish(command, run, *, unit="document"):
    """Do ``run`` here and say what came of each item; raises CommandError, and so exit code 1, where any was refused.

    Ctrl-C cancels the run; what is done stays, and the same command goes on from there.
    """
    with tqdm(total=run.total, unit=unit, file=sys.stderr, disable=None) as bar:

        def progress(current):
            bar.update(current.done - bar.n)

        try:
            done = runs.work(run.pk, progress=progress)
        except KeyboardInterrupt:
            runs.cancel(run)
            raise CommandError("Stopped. What was done stays; the same command does the rest.") from None
    if done is None:
        raise CommandError("Another worker has taken this up; its page shows how far it is.")
    refused = list(done.items.filter(is_error=True).values_list("message", flat=True))
    for message in refused:
        command.stderr.write(message, command.style.ERROR)
    if "sentence" in done.outcome:
        raise CommandError(done.outcome["sentence"])
    if done.state == Run.State.CANCELLED:
        raise CommandError("The run was cancelled from its page; what was done stays.")
    return done, bool(refused)


def get_or_make_project(command, slug, owner):
    """Return (project, who does it): the project of this name, made when it is new.

    Its owner is ``owner``, or else the only superuser, or the only person who can sign in.
    """
    user = find_owner(owner)
    if not slug_re.match(slug) or len(slug) > 80:
        raise CommandError(
            f"“{slug}” is no short name of a project; write letters, digits and hyphens, as in harbour-watch."
        )
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        project = create_project(slug=slug, title=slug.replace("-", " ").capitalize(), owner=user)
        command.stdout.write(f"Made the project {slug}" + (f", owned by {user.username}." if user else "."))
    elif project.deleted_at:
        raise CommandError(f"The project {slug} was put away; choose another name.")
    elif owner:
        Membership.objects.get_or_create(project=project, user=user, defaults={"role": Role.OWNER})
    if not project.memberships.exists():
        command.stderr.write(
            f"Nobody is a member of {slug} yet, so nobody sees it; give it an owner with --owner USERNAME."
        )
    return project, user


def find_owner(username):
    if username:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(
                f"There is nobody called {username}; make them with: manage.py sign_in_link {username} --new"
            )
        return user
    active = User.objects.filter(is_active=True)
    for candidates in (active.filter(is_superuser=True), active):
        found = list(candidates[:2])
        if len(found) == 1:
            return found[0]
    return None
