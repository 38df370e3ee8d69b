"""Typed readers of the process environment.

Every setting is read here once. A secret `NAME` may also be given as `NAME_FILE`, the path of a file that holds it.
What is required and missing stops the process with a sentence that names it; nothing has a default that looks safe.
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """Return variable `name`, or the content of the file that `name_FILE` points to; strip white space."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{name}_FILE points to {path}, which cannot be read.") from error
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE) in the environment.")
    return value.strip()


def flag(name: str) -> bool:
    """Return True for `1`, `true`, `yes`; False for absent, empty, `0`, `false`, `no`; refuse anything else."""
    value = os.environ.get(name, "").strip().lower()
    if value in {"1", "true", "yes"}:
        return True
    if value in {"", "0", "false", "no"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def number(name: str, default: float) -> float:
    """Return variable `name` as a number; `default` when absent."""
    value = text(name, str(default))
    try:
        found = float(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a number, not {value!r}.") from error
    if not math.isfinite(found) or found < 0:
        raise ImproperlyConfigured(f"{name} must be a finite number, zero or more, not {value!r}.")
    return found


def items(name: str, default: str | None = None) -> list[str]:
    """Return variable `name` split at commas, without empty parts."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def ring(several: str, single: str) -> list[str]:
    """Return the keys of the list `several`, the writing one first, and behind them the one of `single`.

    One of both must be given.
    """
    listed = items(several, "")
    if listed and not text(single, ""):
        return listed
    return list(dict.fromkeys([*listed, text(single)]))


def host_of(origin: str) -> str:
    """Return the host of an origin; empty where it has none, which the checks say."""
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""


def mapping(name: str) -> dict[str, str]:
    """Return variable `name` as a JSON object of texts; empty when absent."""
    try:
        found = json.loads(text(name, "{}"))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a JSON object.") from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ImproperlyConfigured(f"{name} must be a JSON object of texts.")
    return found


CONNECT_SECONDS = "5"
"""How long a connection to the database may take to come about, unless its address says otherwise."""


def database(url: str) -> dict[str, object]:
    """Turn `postgresql://user:password@host:port/name?host=/socket` into Django's form.

    Its complaints never repeat the address, which holds a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL is not an address with a port number.") from None
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://")
    if not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL must name a database after the host.")
    query: Mapping[str, list[str]] = parse_qs(parts.query)
    host = query.get("host", [parts.hostname or ""])[0]
    options = {"connect_timeout": CONNECT_SECONDS}
    options |= {key: values[0] for key, values in query.items() if key != "host"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


@dataclass(frozen=True)
class Mail:
    """How mail leaves: by SMTP, or into `folder` where there is no mail server."""

    backend: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False
    folder: str | None = None


MAIL_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def mail(url: str) -> Mail:
    """Read `smtp+starttls://user:password@host:port` (also `smtps://`, or `smtp://` without TLS) or `file:///folder`.

    Its complaints never repeat the address, which holds a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured("MAIL_URL is not an address with a port number.") from None
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return Mail("django.core.mail.backends.filebased.EmailBackend", folder=unquote(parts.path))
    if parts.scheme not in MAIL_PORTS or not parts.hostname or parts.path.strip("/"):
        raise ImproperlyConfigured(
            "MAIL_URL must be smtp+starttls://, smtps:// or smtp:// with a host, or file:// with a folder."
        )
    return Mail(
        "organisations.services.letters.smtp.Backend",
        host=parts.hostname,
        port=port or MAIL_PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "smtp+starttls",
        tls=parts.scheme == "smtps",
    )


def mailbox(url: str) -> str:
    """Return `imaps://user:password@host[:port][/folder]` (or `imap://`) as it is, once it is one; empty stays empty.

    Its complaints never repeat the address, which holds a password.
    """
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        raise ImproperlyConfigured("BOUNCE_IMAP_URL is not an address with a port number.") from None
    if url and (parts.scheme not in {"imap", "imaps"} or not parts.hostname or not parts.username):
        raise ImproperlyConfigured("BOUNCE_IMAP_URL must be imaps://user:password@host/folder.")
    return url
