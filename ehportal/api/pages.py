"""The description of the API as a file and as a page: no script, nothing from elsewhere, nobody need sign in."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from ehportal.api.describing import FILE, PREFIX

MARKS = (
    (re.compile(r"\*\*(.+?)\*\*"), "strong"),
    (re.compile(r"\*(.+?)\*"), "em"),
    (re.compile(r"`(.+?)`"), "code"),
)
FRESH = "public, max-age=300"


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked, as the page shows it."""

    id: str
    tag: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    parameters: tuple[dict[str, Any], ...]
    request: tuple[tuple[str, str, str], ...]
    answer: tuple[tuple[str, str, str], ...]
    refusals: tuple[tuple[str, str], ...]
    examples: tuple[tuple[str, str], ...]


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Return the description for programs."""
    return HttpResponse(
        _text(), content_type="application/vnd.oai.openapi+json;version=3.1", headers={"Cache-Control": FRESH}
    )


@require_safe
def description(request: HttpRequest) -> HttpResponse:
    """Show the description for people."""
    schema, operations = _read()
    groups: dict[str, list[Operation]] = {}
    for one in operations:
        groups.setdefault(one.tag, []).append(one)
    context = {
        "about": [_marked(one) for one in schema["info"]["description"].split("\n\n")],
        "groups": groups,
        "scopes": schema["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["scopes"],
        "prefix": PREFIX,
    }
    return render(request, "api/description.html", context)


openapi.untenanted = True  # type: ignore[attr-defined]  # read by TenancyMiddleware
openapi.no_second_factor = True  # type: ignore[attr-defined]  # read by SecondFactorMiddleware


def _marked(text: str) -> SafeString:
    """Return a paragraph of the description, which is our own text, with its marks as elements."""
    whole: str = escape(text)
    for mark, element in MARKS:
        whole = mark.sub(rf"<{element}>\1</{element}>", whole)
    return mark_safe(whole)  # noqa: S308  # escaped above; the marks are ours


@cache
def _text() -> str:
    return FILE.read_text()


@cache
def _read() -> tuple[dict[str, Any], tuple[Operation, ...]]:
    schema = json.loads(_text())
    return schema, tuple(_operations(schema))


def _operations(schema: dict[str, Any]) -> Iterator[Operation]:
    shapes = schema["components"]["schemas"]
    for path, ways in schema["paths"].items():
        for method, one in ways.items():
            answers = one["responses"]
            sent = one.get("requestBody", {}).get("content", {}).get("application/json", {})
            answered = answers["200"].get("content", {}).get("application/json", {})
            text, _gap, _scope = one.get("description", "").rpartition("Scope: ")
            yield Operation(
                one["operationId"],
                one["tags"][0],
                method.upper(),
                path,
                one["summary"],
                _marked(text.strip()),
                one["security"][1]["oauth2"][0],
                tuple(
                    {
                        "name": given["name"],
                        "where": given["in"],
                        "required": given.get("required", False),
                        "kind": _kind(given["schema"], shapes),
                        "text": _marked(given.get("description", "")),
                    }
                    for given in one.get("parameters", ())
                ),
                tuple(_fields(sent.get("schema", {}), shapes)),
                tuple(_fields(answered.get("schema", {}), shapes)),
                tuple(
                    (status, answer["description"]) for status, answer in answers.items() if status >= "300"
                ),
                tuple(
                    (example.get("summary", name), json.dumps(example["value"], indent=2, ensure_ascii=False))
                    for name, example in (sent.get("examples", {}) | answered.get("examples", {})).items()
                ),
            )


def _resolved(schema: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    """Return a shape itself: where one is named, alone or among others, what the name stands for."""
    for one in (schema, *schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if "$ref" in one:
            found: dict[str, Any] = shapes[one["$ref"].rpartition("/")[2]]
            return found
    return schema


def _fields(
    schema: dict[str, Any], shapes: dict[str, Any], before: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Name each field of a shape with its kind and what it means; those of shapes inside it behind a dot."""
    for name, one in _resolved(schema, shapes).get("properties", {}).items():
        whole = f"{before}{name}"
        inner = one.get("items", one)
        yield whole, _kind(one, shapes), one.get("description", "")
        deeper = _resolved(inner, shapes)
        if "properties" in deeper:
            yield from _fields(deeper, shapes, f"{whole}{'[]' if inner is not one else ''}.")


def _kind(schema: dict[str, Any], shapes: dict[str, Any]) -> str:
    found = _resolved(schema, shapes)
    if "enum" in found:
        return " | ".join(str(value) for value in found["enum"] if value is not None)
    if "items" in found:
        return f"[{_kind(found['items'], shapes)}]"
    kinds = found.get("type", "object")
    words = [kinds] if isinstance(kinds, str) else list(kinds)
    shown = [found.get("format", word) if word == "string" else word for word in words]
    return " | ".join(dict.fromkeys(shown))
