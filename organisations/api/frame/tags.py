"""Tags of what was answered (RFC 9110 8.8.3): asked again nothing is sent twice, and no change overwrites another."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.http import parse_etags
from rest_framework.utils.encoders import JSONEncoder

from organisations.api.frame.refusals import TagChanged, TagMissing


def tag_of(body: Mapping[str, Any]) -> str:
    """Return the strong tag of a body."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), cls=JSONEncoder)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:40]}"'


def has_it(request: HttpRequest, tag: str) -> bool:
    """Return whether the caller named this tag in If-None-Match (13.1.2: compared weakly)."""
    named = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in named or tag in {one.removeprefix("W/") for one in named}


def demand_tag(request: HttpRequest, tag: str) -> None:
    """Demand that the caller has read what stands (13.1.1: compared strongly). Raises TagMissing, TagChanged.

    Call while the row is locked.
    """
    named = parse_etags(request.headers.get("If-Match", ""))
    if not named:
        raise TagMissing
    if "*" not in named and tag not in named:
        raise TagChanged
