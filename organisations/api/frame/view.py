"""The view of the API: identify, count, allow, act in one transaction of one organisation, answer."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agent.wire.strict_json import is_xml_text
from organisations.api.frame.calling import caller_of, challenge
from organisations.api.frame.once import once
from organisations.api.frame.refusals import FieldsRefused, ScopeMissing, TooManyCalls
from organisations.domain.scopes import Scope
from organisations.services.credentials.counting import Allowance, count_outcome, take_one
from organisations.services.credentials.opening import Caller, acting_as
from organisations.services.work.deadlocks import once_more_on_deadlock

Handler = TypeVar("Handler", bound=Callable[..., HttpResponseBase])


MOST_SHOWN = 40
"""Names that nobody knows are told so far, and cut to so many letters."""


class OneForm(BaseContentNegotiation):
    """Every address answers in one form, whatever the Accept header says."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the parser for what was sent; None where it is in a form that nobody reads here."""
        sent = (request.content_type or "").partition(";")[0].strip().lower()
        return next((one for one in parsers if one.media_type == sent), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the only renderer."""
        return renderers[0], renderers[0].media_type


class Resource(APIView):
    """One address of the API. Its handlers are marked with `serves`."""

    content_negotiation_class = OneForm
    http_method_names = ["get", "head", "post", "patch"]
    caller: Caller
    now: datetime
    allowance: Allowance | None = None
    refused: Exception | None = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view; nobody is signed in here, whatever cookies a browser sends along."""
        view = super().as_view(**initkwargs)
        view.untenanted = True  # type: ignore[attr-defined]  # read by TenancyMiddleware
        view.no_second_factor = True  # type: ignore[attr-defined]  # read by SecondFactorMiddleware
        return view

    def handle_exception(self, exc: Exception) -> Response:
        """Remember why the call was refused, for the headers that say so."""
        self.refused = exc
        return super().handle_exception(exc)

    def finalize_response(  # type: ignore[override]  # a file is answered as it is, which the view allows
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Add what the caller must know beside the answer, to refusals too, and count how it ended."""
        answer: HttpResponseBase = super().finalize_response(
            request, cast(Response, response), *args, **kwargs
        )
        more = dict(self.allowance.headers) if self.allowance else {}
        if self.refused is not None:
            more |= challenge(self.refused)
        for name, value in more.items():
            answer.headers[name] = value
        answer.headers.setdefault("Cache-Control", "private, no-store")
        patch_vary_headers(cast(Any, answer), ["Authorization", "Accept-Language"])
        if self.allowance is not None:
            count_outcome(self.caller.connection.pk, answer.status_code, self.now)
        return answer

    def serve(
        self, request: Request, scope: Scope, act: Callable[[], HttpResponseBase], *, keyed: bool
    ) -> HttpResponseBase:
        """Let `act` answer whoever may. Raises Unidentified, CredentialsRefused, TooManyCalls, ScopeMissing."""
        self.now = timezone.now()
        self.caller = caller_of(request._request, self.now)
        self.allowance = take_one(self.caller.connection.pk, self.now)
        if self.allowance.over:
            raise TooManyCalls
        if scope not in self.caller.scopes:
            raise ScopeMissing(scope)
        raw = request._request

        def whole() -> HttpResponseBase:
            with acting_as(self.caller):
                if keyed:
                    return once(raw, self.caller, self.now, cast(Callable[[], Response], act))
                return act()

        return once_more_on_deadlock(whole)


def serves(scope: Scope, *, keyed: bool = False) -> Callable[[Handler], Handler]:
    """Mark a handler of a Resource: whoever may `scope` is answered by it, within one transaction.

    With `keyed` it makes something: it is done once for an Idempotency-Key.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def serve(self: Resource, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return self.serve(request, scope, lambda: handler(self, request, *args, **kwargs), keyed=keyed)

        serve.scope = scope  # type: ignore[attr-defined]  # read by what describes the API
        serve.keyed = keyed  # type: ignore[attr-defined]
        return cast(Handler, serve)

    return decorate


def fields_in(request: Request, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """Return what the body holds, checked. Raises FieldsRefused, also for fields that nobody knows."""
    data = request.data
    if not isinstance(data, dict):
        raise FieldsRefused(errors={"": ["{…}"]})
    read = form(data=data)
    unknown = sorted(set(data) - set(read.fields))
    if unknown:
        shown = (name[:MOST_SHOWN] for name in unknown[:MOST_SHOWN] if is_xml_text(name))
        raise FieldsRefused(errors={name: ["?"] for name in shown} or {"": ["?"]})
    if not read.is_valid():
        raise FieldsRefused(errors=read.errors)
    if not _is_text(read.validated_data):
        raise FieldsRefused(errors={"": ["U+0000"]})
    return cast(dict[str, Any], read.validated_data)


def _is_text(value: Any) -> bool:
    """Tell whether all text in a value fits into a column of the database and into a message."""
    if isinstance(value, str):
        return is_xml_text(value)
    if isinstance(value, dict):
        return all(_is_text(one) for one in value.values())
    return all(_is_text(one) for one in value) if isinstance(value, list) else True
