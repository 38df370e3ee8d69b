"""The language of a page: the signed-in person's own, else the cookie's, else the browser's."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from organisations.models import User

COOKIE = settings.LANGUAGE_COOKIE_NAME


class PersonLanguageMiddleware:
    """Activate the language, and Belgian time for what is shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the language of this person."""
        user = request.user
        language = user.language if isinstance(user, User) else translation.get_language_from_request(request)
        with translation.override(language), timezone.override(settings.DISPLAY_TIME_ZONE):
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
            return response


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language with the user (or in a cookie before sign-in) and go back."""
    language = request.POST.get("language", "")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    if language in dict(settings.LANGUAGES):
        if isinstance(request.user, User):
            request.user.language = language
            request.user.save(update_fields=["language"])
        response.set_cookie(
            COOKIE, language, httponly=True, samesite="Lax", secure=settings.SECURE, max_age=365 * 86400
        )
    return response


choose_language.untenanted = True  # type: ignore[attr-defined]  # read by TenancyMiddleware
