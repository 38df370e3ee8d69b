"""Everything under /api/ and the token endpoint."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt

from ehportal.api import pages
from ehportal.problems import document
from organisations.api.frame.refusals import NotThere
from organisations.api.frame.token import token

VERSION = "v1"
resources: list[Any] = [
    path("", include("certificates.api.v1.urls")),
    path("", include("organisations.api.v1.urls")),
]
"""What the description is made of."""


@csrf_exempt
def nothing(_request: HttpRequest) -> JsonResponse:
    """Answer for addresses below the API that nothing serves."""
    status, body = document(NotThere())
    return JsonResponse(body, status=status, content_type="application/problem+json")


nothing.untenanted = True  # type: ignore[attr-defined]  # read by TenancyMiddleware
nothing.no_second_factor = True  # type: ignore[attr-defined]  # read by SecondFactorMiddleware

urlpatterns = [
    path("oauth/token", token, name="oauth-token"),
    path("api/", pages.description, name="api-description"),
    path(f"api/{VERSION}/openapi.json", pages.openapi, name="api-openapi"),
    path(f"api/{VERSION}/", include(resources)),
    re_path(r"^api/.*$", nothing),
]
