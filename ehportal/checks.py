"""System checks of an installation: what would make it unsafe is said before it serves anybody.

`manage.py check` runs them, and so do `migrate` and most other management commands.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import SplitResult, urlsplit

from cryptography import x509
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Critical, register
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from agent.wire.errors import WireError
from agent.wire.origins import is_loopback, normalise_origin
from agent.wire.pki.unreadable import UNREADABLE
from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import UNTRUSTED_STATUSES
from certificates.services.signing.sole_sender import SENDING_SPARE
from certificates.trust.anchors import (
    certificate_anchors,
    eid_anchors,
    is_root,
    list_operators,
    session_signers,
)
from certificates.trust.lists.signer import is_operator
from ehportal.sign_in_cache import SignInCache
from organisations.services.work.kinds import SPARE

EHEALTH = "ehealth.fgov.be"
ACCEPTANCE_MARK = "-acpt"
Configs = Sequence[AppConfig] | None
_UNUSABLE: tuple[type[BaseException], ...] = (ImproperlyConfigured, *UNREADABLE)


def _is_ehealth(host: str) -> bool:
    return host == EHEALTH or host.endswith(f".{EHEALTH}")


@register
def times_are_utc(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """Everything is stored and computed in UTC; screens alone know Europe/Brussels."""
    if settings.TIME_ZONE == "UTC" and settings.USE_TZ:
        return []
    return [Critical("TIME_ZONE must be UTC and USE_TZ on: times are stored in UTC.", id="ehportal.E001")]


@register
def origin_is_safe(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """People and agents reach the server over https, except on its own machine."""
    try:
        normalise_origin(settings.ORIGIN)
    except WireError:
        return [
            Critical(
                "ORIGIN must be https://host[:port] without a path; http only for a loopback host.",
                id="ehportal.E002",
            )
        ]
    return []


@register
def sign_in_has_room_of_its_own(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """Sign-in limits and used codes stand in a cache that nobody can flush by filling it, and nothing else does."""
    guard = settings.CACHES["default"]
    places = [one.get("LOCATION") for alias, one in settings.CACHES.items() if alias != "default"]
    try:
        own = issubclass(import_string(guard["BACKEND"]), SignInCache)
    except ImportError:
        own = False
    if own and guard.get("LOCATION") not in places:
        return []
    return [
        Critical(
            "The default cache guards the sign-in: it must be ehportal.sign_in_cache.SignInCache, in a table that no "
            "other cache uses. Give what you want to cache a cache of another name and place.",
            id="ehportal.E011",
        )
    ]


@register
def endpoints_fit(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """Each environment has an address of its own, of the right kind, and the sandbox is never the real one."""
    found: list[CheckMessage] = []
    parts: dict[Environment, SplitResult] = {}
    for environment in Environment:
        try:
            split = urlsplit(settings.CERTRA_ENDPOINTS.get(environment.value, ""))
            readable = split.scheme in {"http", "https"} and bool(split.hostname) and split.port != 0
        except ValueError:
            readable = False
        if readable:
            parts[environment] = split
            found += _endpoint_problems(environment, split)
        else:
            found.append(
                Critical(f"The address of CertRA in {environment} cannot be read.", id="ehportal.E003")
            )
    if len(parts) == len(Environment) and len({_place(split) for split in parts.values()}) == 1:
        found.append(
            Critical("Production and acceptance have the same address; they must differ.", id="ehportal.E004")
        )
    return found


def _place(split: SplitResult) -> tuple[str, int]:
    return split.hostname or "", split.port or {"http": 80, "https": 443}[split.scheme]


def _endpoint_problems(environment: Environment, split: SplitResult) -> Iterator[CheckMessage]:
    host = split.hostname or ""
    if settings.SANDBOX and _is_ehealth(host):
        yield Critical(
            f"SANDBOX is on, but {environment} is the real eHealth platform. Never both.", id="ehportal.E005"
        )
    if split.scheme != "https" and not (settings.SANDBOX and is_loopback(host)):
        yield Critical(
            f"The platform in {environment} must be reached over https; http is for a sandbox on this machine.",
            id="ehportal.E006",
        )
    if _is_ehealth(host) and (ACCEPTANCE_MARK in host) != (environment is Environment.ACCEPTANCE):
        yield Critical(
            f"{host} is not the eHealth platform's {environment} address: acceptance hosts hold {ACCEPTANCE_MARK!r}.",
            id="ehportal.E007",
        )


@register
def anchors_are_apart(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """Every configured PEM file is readable, every set holds a root, and production and acceptance share none."""
    found: list[CheckMessage] = []
    sets: dict[str, frozenset[bytes]] = {}
    readers = {
        "CERTRA_PRODUCTION_ANCHORS": lambda: certificate_anchors(Environment.PRODUCTION),
        "CERTRA_ACCEPTANCE_ANCHORS": lambda: certificate_anchors(Environment.ACCEPTANCE),
        "EID_ANCHORS": eid_anchors,
    }
    for name, read in readers.items():
        try:
            ders = read()
            for der in ders:
                x509.load_der_x509_certificate(der)
            sets[name] = frozenset(ders)
        except ImproperlyConfigured as error:
            found.append(Critical(f"{name}: {error}", id="ehportal.E008"))
            continue
        except UNREADABLE:
            found.append(Critical(f"{name} holds something that is no certificate.", id="ehportal.E008"))
            continue
        if not any(is_root(der) for der in ders):
            found.append(
                Critical(f"{name} holds no root certificate: nothing could be trusted.", id="ehportal.E009")
            )
    if sets.get("CERTRA_PRODUCTION_ANCHORS", frozenset()) & sets.get(
        "CERTRA_ACCEPTANCE_ANCHORS", frozenset()
    ):
        found.append(
            Critical(
                "Production and acceptance share a trust anchor; a certificate of one would pass for the other.",
                id="ehportal.E010",
            )
        )
    return found


@register
def sessions_fit(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """A token service is one of its own environment, with signers of its own; none at all is no mistake."""
    found: list[CheckMessage] = []
    signers: list[bytes] = []
    for environment in Environment:
        address = settings.STS_ENDPOINTS[environment.value]
        try:
            ders = session_signers(environment)
            for der in ders:
                x509.load_der_x509_certificate(der)
            split = urlsplit(address)
            readable = split.scheme in {"http", "https"} and bool(split.hostname) and split.port != 0
        except _UNUSABLE:
            found.append(
                Critical(
                    f"The token service of {environment} or its signers cannot be read.", id="ehportal.E030"
                )
            )
            continue
        signers += dict.fromkeys(ders)
        if bool(address) != bool(ders) or (address and not readable):
            found.append(
                Critical(
                    f"Set address and signers of the token service of {environment}, or neither.",
                    id="ehportal.E030",
                )
            )
        elif address:
            found += _endpoint_problems(environment, split)
    if len(signers) != len(set(signers)):
        found.append(
            Critical(
                "Production and acceptance share a signer of sessions; they must differ.", id="ehportal.E031"
            )
        )
    return found


@register
def lists_fit(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """Trusted lists are of their own environment and have operators of their own; none at all is no mistake."""
    found: list[CheckMessage] = []
    operators: list[bytes] = []
    for environment in Environment:
        address = settings.TSL_ADDRESSES[environment.value]
        try:
            ders = list_operators(environment)
            fit = all(is_operator(x509.load_der_x509_certificate(der)) for der in ders)
            split = urlsplit(address)
            readable = split.scheme in {"http", "https"} and bool(split.hostname) and split.port != 0
        except _UNUSABLE:
            found.append(
                Critical(f"The lists of {environment} or their operators cannot be read.", id="ehportal.E016")
            )
            continue
        operators += dict.fromkeys(ders)
        if bool(address) != bool(ders) or (address and not readable):
            found.append(
                Critical(
                    f"Set address and operators of the trusted lists of {environment}, or neither.",
                    id="ehportal.E016",
                )
            )
        elif address:
            found += _endpoint_problems(environment, split)
        if not fit:
            found.append(
                Critical(
                    f"An operator of {environment} is not made for signing lists: every list would be refused.",
                    id="ehportal.E017",
                )
            )
    if len(operators) != len(set(operators)):
        found.append(
            Critical(
                "Production and acceptance share an operator of trusted lists; they must differ.",
                id="ehportal.E017",
            )
        )
    if set(settings.TSL_TRUSTED_STATUSES) & set(UNTRUSTED_STATUSES):
        found.append(
            Critical(
                "TSL_TRUSTED_STATUSES names a status that means: not trusted any more.", id="ehportal.E018"
            )
        )
    return found


@register
def calls_end_in_time(app_configs: Configs, **_: object) -> list[CheckMessage]:
    """A call ends before its lease, and a lease before anybody asks what became of a submission."""
    found: list[CheckMessage] = []
    if not settings.CERTRA_DEADLINE > 0 or not settings.REVOCATION_DEADLINE > 0:
        found.append(
            Critical("CERTRA_DEADLINE and REVOCATION_DEADLINE must be above zero.", id="ehportal.E012")
        )
    if settings.WORK_LEASE < settings.CERTRA_DEADLINE + settings.REVOCATION_DEADLINE + SPARE:
        found.append(
            Critical(
                "WORK_LEASE must be longer than what one step's calls may take together: CERTRA_DEADLINE, "
                f"REVOCATION_DEADLINE and {SPARE:.0f} seconds.",
                id="ehportal.E013",
            )
        )
    if settings.CERTRA_SUBMISSION_GRACE <= settings.WORK_LEASE:
        found.append(
            Critical(
                "CERTRA_SUBMISSION_GRACE must be longer than WORK_LEASE: nobody may ask what became of a "
                "submission while its worker may still be at it.",
                id="ehportal.E014",
            )
        )
    if settings.CERTRA_SUBMISSION_GRACE < settings.CERTRA_DEADLINE + SENDING_SPARE:
        found.append(
            Critical(
                "CERTRA_SUBMISSION_GRACE must be longer than CERTRA_DEADLINE and "
                f"{SENDING_SPARE:.0f} seconds: a call ends before its grace does, or is not begun.",
                id="ehportal.E015",
            )
        )
    return found
