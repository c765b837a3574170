"""Tokens for programs: ``Authorization: Token rj_…`` or ``Authorization: Bearer rj_…``."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from claims.models import ApiToken
from claims.models.people import digest

SCHEMES = ("token", "bearer")
# One answer for an unknown token and for a person who left, so that it tells nobody which it was.
REFUSED = "This token opens nothing; make a new one on your account page."


class TokenAuthentication(BaseAuthentication):
    """Finds the person behind a token by the token's digest; costs one query."""

    def authenticate(self, request):
        scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        if scheme.lower() not in SCHEMES:
            return None
        secret = secret.strip()
        if not secret or not secret.isascii():
            raise AuthenticationFailed("Write the header as “Authorization: Token rj_…”.")
        token = ApiToken.objects.select_related("user").filter(digest=digest(secret), user__is_active=True).first()
        if token is None:
            raise AuthenticationFailed(REFUSED)
        return token.user, token

    def authenticate_header(self, request):
        return "Token"
