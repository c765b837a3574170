"""What htmx changes about answering a request."""

from urllib.parse import quote, urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers


def render_part(request, template, part, context, *, status=200):
    """Render one part of a page for htmx and the whole page otherwise, history restores included."""
    wants_part = request.htmx and not request.htmx.history_restore_request
    response = render(request, f"{template}#{part}" if wants_part else template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


class HtmxRedirectMiddleware:
    """Lets a redirect take the whole page: an expired sign-in must not put a form inside a table row.

    After signing in a person is taken back to the page they were on, not to the address of the part it asked for.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.htmx and response.status_code in (301, 302, 303, 307):
            return HttpResponse(status=204, headers={"HX-Redirect": self.whole_page(request, response["Location"])})
        return response

    def whole_page(self, request, location):
        sign_in = resolve_url(settings.LOGIN_URL)
        if urlsplit(location).path != sign_in:
            return location
        return f"{sign_in}?next={quote(request.htmx.current_url_abs_path or '/')}"
