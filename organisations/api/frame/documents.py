"""How an endpoint is described in OpenAPI: once beside its handler, with everything that all of them may answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from organisations.api.frame.once import HEADER, REPLAYED
from organisations.api.frame.pages import AFTER, BEFORE, LIMIT, MOST, USUAL
from organisations.domain.scopes import Scope

Handler = TypeVar("Handler", bound=Callable[..., Any])
PROBLEM = "application/problem+json"


class Problem(serializers.Serializer[Any]):
    """Why a call was refused (RFC 9457). `code` is stable; `title` is in the language of Accept-Language."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField(required=False)
    errors = serializers.DictField(  # type: ignore[assignment]  # a field by this name, which the class takes out
        child=serializers.JSONField(),
        required=False,
        help_text="By field or parameter, what is wrong with it.",
    )


REFUSALS = {
    400: "Something in the address or in a header cannot be read.",
    401: "No secret or access token, or one that opens nothing.",
    403: "The connection may not do this.",
    404: "Nothing of the organisation has this address.",
    412: "It was changed since it was read.",
    415: "What was sent is not JSON.",
    422: "What was sent does not hold, or cannot be done.",
    428: "If-Match is missing.",
    429: "The connection calls too often; Retry-After says when to come again.",
    503: "What is needed for it cannot be had just now.",
}

LIST_PARAMETERS = (
    OpenApiParameter(
        LIMIT,
        {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
        description="How many items a page holds at most.",
    ),
    OpenApiParameter(AFTER, str, description="The cursor `next` of the page before."),
    OpenApiParameter(
        BEFORE, str, description="The cursor `previous` of the page after. Not together with `after`."
    ),
)
_TEXT = {"type": "string"}
SENT = "sent"
"""With which the name of an example begins that is no answer."""
KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": "^[\\x21-\\x7e]{1,100}$"},
    OpenApiParameter.HEADER,
    required=True,
    description="1 to 100 visible characters, another one for each wish. The same call with the same key within a day "
    f"is done once; asked again it hears the same answer, with `{REPLAYED}: true`.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of what was read: where it was changed since, nothing is done.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of the last answer: 304 where it still holds.",
)


def page_of(item: type[serializers.Serializer[Any]], **more: serializers.Field[Any, Any, Any, Any]) -> Any:
    """Return the shape of a page of `item`, named after it."""
    name = item.__name__.removesuffix("Shape")
    cursor: dict[str, Any] = {
        "allow_null": True,
        "help_text": "A cursor; none at the end of the list. It stands in Link too.",
    }
    fields: dict[str, Any] = {
        "items": item(many=True),
        "next": serializers.CharField(**cursor),
        "previous": serializers.CharField(**cursor),
        **more,
    }
    return type(f"{name}Page", (serializers.Serializer,), fields | {"__doc__": f"A page of {name.lower()}s."})


def described(
    operation: str,
    scope: Scope,
    *,
    summary: str,
    tag: str,
    answers: Any,
    description: str = "",
    request: Any = None,
    parameters: Sequence[OpenApiParameter] = (),
    refusals: Sequence[int] = (),
    examples: Mapping[str, Any] | None = None,
    others: Mapping[Any, Any] | None = None,
) -> Callable[[Handler], Handler]:
    """Describe a handler; `answers` is the shape of 200, `refusals` are the statuses beside those that all have."""
    found: dict[Any, Any] = {200: answers} if answers is not None else {}
    found |= dict(others or {})
    for status in sorted({400, 401, 403, 429, *refusals}):
        found[(status, PROBLEM)] = OpenApiResponse(Problem, description=REFUSALS[status])
    shown = [
        OpenApiExample(
            name.replace(" ", "-"),
            summary=name,
            value=value,
            response_only=not name.startswith(SENT),
            request_only=name.startswith(SENT),
        )
        for name, value in (examples or {}).items()
    ]
    text = f"{description}\n\nScope: `{scope.value}`.".strip()
    decorate: Callable[[Handler], Handler] = extend_schema(
        operation_id=operation,
        summary=summary,
        description=text,
        tags=[tag],
        parameters=list(parameters),
        request=request,
        responses=found,
        examples=shown,
        extensions={"x-scope": scope.value},
    )
    return decorate
