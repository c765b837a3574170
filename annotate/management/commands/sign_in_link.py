"""Print a link that signs one person in, once: ``manage.py sign_in_link anna``."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from claims.models import SignInLink, User


class Command(BaseCommand):
    help = "Print a one-time link that signs a person in; whoever has it is that person, so send it to nobody else."

    def add_arguments(self, parser):
        parser.add_argument("username", nargs="?", default="demo", help="whom it signs in (demo)")
        parser.add_argument("--new", action="store_true", help="make the account when there is none")
        parser.add_argument("--superuser", action="store_true", help="with --new: may do everything")
        parser.add_argument("--hours", type=int, default=12, help="how long the link can be used (12)")

    def handle(self, *, username, new, superuser, hours, **options):
        user = User.objects.filter(username=username).first()
        if user is None and not new:
            raise CommandError(f"There is nobody called {username}; add --new to make the account.")
        if user is None:
            user = User(username=username, is_superuser=superuser, is_staff=superuser)
            user.set_unusable_password()
            try:
                user.full_clean(exclude=["password"])
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
            user.save(force_insert=True)
        if not user.is_active:
            raise CommandError(f"{username} cannot sign in: the account is not active.")
        secret = SignInLink.make(user, hours=hours)
        self.stdout.write(settings.PUBLIC_URL.rstrip("/") + reverse("sign_in_link", args=[secret]))
