"""The description of the API (OpenAPI 3.1), made from the handlers themselves and committed beside this module.

`manage.py describe_api` writes it; a test compares, so that nobody changes the API without seeing it.
"""

import json
from pathlib import Path
from typing import Any

from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator

from organisations.services.credentials.counting import WINDOW

FILE = Path(__file__).parent / "openapi.json"
PREFIX = "/api/v1"
SCOPES = {
    "certificates.read": "Certificates, their files, what is told of their ends, what can be renewed",
    "certificates.care": "Change tags, notes and owners of certificates",
    "requests.read": "Requests for certificates",
    "renewals.ask": "Ask for renewals",
    "people.read": "People and mandates; national numbers masked",
    "numbers.read": "National numbers in full; each look stands in the record",
    "record.read": "The record",
}
ABOUT = """
The API of ehportal for the systems of an organisation: service desks, monitoring, inventories.

**Coming in.** An administrator makes a *connection* on the page Organisation → Connections. It acts for that one
organisation, may do what its scopes say, and sees nothing that is private to a person. Its secret (`ehp_…`, shown once)
goes into the header `Authorization: Bearer ehp_…`, or is exchanged at `/oauth/token` (OAuth 2 client credentials) for
an access token that lives fifteen minutes. Cookies open nothing here.

**Lists** come in pages: `next` is the cursor of the page that follows; both directions stand in the header `Link` too.
An unknown parameter is refused, so that a filter that is spelt wrong does not mean "everything".

**Changes** need the `ETag` of what was read, in `If-Match`. What makes something needs an `Idempotency-Key`.

**Refusals** are problem documents (RFC 9457): go by `code`, which is stable; `title` is for people, in the language of
`Accept-Language` (nl, fr, de, en).

**Limits.** `RateLimit` says how many calls are left and for how many seconds; 429 comes with `Retry-After`.

**Versions.** Within `/api/v1` fields and addresses are added, never taken away or given another meaning: read past
what you do not know.
""".strip()


def describe() -> dict[str, Any]:
    """Return the description as it follows from the handlers."""
    from django.urls import include, path

    from ehportal.api.urls import resources

    with override("en"):
        generator = SchemaGenerator(patterns=[path(f"{PREFIX[1:]}/", include(resources))])
        found: dict[str, Any] = generator.get_schema(request=None, public=True)
    return json.loads(json.dumps(finished(found), default=str))  # type: ignore[no-any-return]  # JSON of an object


def text_of(schema: dict[str, Any]) -> str:
    """Return a description as it is committed."""
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def finished(schema: dict[str, Any]) -> dict[str, Any]:
    """Add what all endpoints have in common: who we are, the ways in, the headers of every answer."""
    schema["info"] = {
        "title": "ehportal",
        "version": "1",
        "description": ABOUT,
        "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    }
    schema.setdefault("components", {})["securitySchemes"] = {
        "secret": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "ehp_…",
            "description": "A connection's secret.",
        },
        "oauth2": {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": SCOPES}},
        },
    }
    for ways in schema["paths"].values():
        for operation in ways.values():
            scope = operation.pop("x-scope")
            operation["security"] = [{"secret": []}, {"oauth2": [scope]}]
            for status, answer in operation["responses"].items():
                answer["headers"] = _headers(operation, status)
    return schema


def _headers(operation: dict[str, Any], status: str) -> dict[str, Any]:
    text = {"type": "string"}
    found: dict[str, Any] = {"X-Request-Id": {"schema": text, "description": "Names this call in our logs."}}
    if status not in {"400", "401", "415"}:
        found["RateLimit"] = {"schema": text, "description": f"Calls left (r) and seconds (t) of {WINDOW}."}
    if status == "429":
        found["Retry-After"] = {"schema": {"type": "integer"}, "required": True}
    if status == "401":
        found["WWW-Authenticate"] = {"schema": text, "required": True}
    names = {one["name"] for one in operation.get("parameters", ())}
    if status in {"200", "304"} and names & {"If-Match", "If-None-Match"}:
        found["ETag"] = {"schema": text, "required": True}
    if status == "200" and "after" in names:
        found["Link"] = {"schema": text, "description": 'rel="next" and rel="prev" (RFC 8288).'}
    return found
