"""What every page of a member stands on: who may see it, and how a refusal is shown beside the form."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods

from organisations.domain.roles import Permission
from organisations.errors import DomainError, Unreadable

PageView = Callable[..., HttpResponseBase]
MANAGE = Permission.MANAGE_ORGANISATION


def page(
    permission: Permission | None = None, *, methods: tuple[str, ...] = ("GET",)
) -> Callable[[PageView], PageView]:
    """Guard a view: signed in, one of `methods`, and `permission` in the current organisation.

    Raises NotPermitted, which the tenancy middleware turns into the 403 page. Nothing is kept by caches.
    """

    def decorate(view: PageView) -> PageView:
        @require_http_methods([*methods, "HEAD"] if "GET" in methods else list(methods))
        @login_required
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if permission is not None:
                request.tenancy.require(permission)
            if any("\0" in value for _name, values in request.GET.lists() for value in values):
                raise Http404  # no database column holds NUL
            response = view(request, *args, **kwargs)
            add_never_cache_headers(response)
            return response

        return guarded

    return decorate


def sentence_of(error: DomainError) -> str:
    """Return what a refusal says in the active language: the detail where there is one, else the title."""
    return str(error.detail or error.title)


def unreadable(request: HttpRequest, error: Unreadable) -> HttpResponse:
    """Return the page that stands in place of what no key opens: a file, or a page that shows nothing else."""
    response = HttpResponse(
        render_to_string("unreadable.html", {"sentence": sentence_of(error)}, request), status=503
    )
    add_never_cache_headers(response)
    return response


def show_refusal(form: forms.BaseForm, error: DomainError) -> None:
    """Put a refusal at the field that is at fault, or above the form; what was typed stays."""
    field = error.extra.get("field")
    form.add_error(field if isinstance(field, str) and field in form.fields else None, sentence_of(error))
