"""The proof that a certificate logs in: where it is tried, and what a workstation reports of it.

`GET /agent/v1/jobs/<id>/session` answers a `SessionPlace`, `POST` to the same address takes a `SessionProof`. The token
itself and every message are live credentials: neither crosses this link. Names of attributes: the platform's own
connector and its settings.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.wire.encoding import from_base64, to_base64
from agent.wire.errors import JobMalformed, OriginInvalid
from agent.wire.jobs import Environment, Json
from agent.wire.limits import MAX_CERTIFICATE_BYTES, MAX_SESSION_ATTRIBUTES
from agent.wire.origins import normalise_origin
from agent.wire.pki.certificates import read_certificate
from agent.wire.strict_json import Fields

IDENTIFICATION: Final = "urn:be:fgov:identification-namespace"
CERTIFIED: Final = "urn:be:fgov:certified-namespace:ehealth"
_E, _P = "urn:be:fgov:ehealth:1.0", "urn:be:fgov:person:ssin"
_HELD = f"{_E}:certificateholder"
_KINDS: Final = {
    "NIHII-HOSPITAL": "hospital",
    "NIHII-PHARMACY": "pharmacy",
    "NIHII-MEDICAL_HOUSE": "medicalhouse",
    "NIHII-GUARD_POST": "guardpost",
    "NIHII-OFFICE_DOCTORS": "officedoctors",
    "NIHII-GROUP": "groupofnurses",
    "NIHII-SORTING_CENTER": "sortingcenter",
}

OK: Final = "ok"
NOT_ASKED: Final = frozenset({"not_offered", "identity_unknown", "wrong_environment", "certificate_ended"})
"""Verdicts before any call."""
NO_ANSWER: Final = frozenset({"unreachable", "no_answer", "unavailable", "answer_malformed"})
REFUSED: Final = frozenset({"clock", "certificate_refused", "refused", "fault"})
NOT_TAKEN: Final = frozenset(
    {
        *("other_answer", "token_malformed", "issuer_unknown", "signer_unknown", "signer_ended"),
        *("signature_invalid", "other_key", "not_valid_now", "attributes_missing", "other_identity"),
    }
)
"""Verdicts on a token that came and is not to be trusted."""
VERDICTS: Final = frozenset({OK}) | NOT_ASKED | NO_ANSWER | REFUSED | NOT_TAKEN

_PLACE = frozenset({"environment", "address", "signers", "anchors"})
_PROOF = frozenset(
    {
        *("verdict", "environment", "not_before", "not_on_or_after", "signer", "digest"),
        *("weak_signature", "clock_seconds", "attributes"),
    }
)
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_VALUE = re.compile(r"(?:true|false|[0-9]{4,11})\Z")
_PLATFORM = ".ehealth.fgov.be"
_ACCEPTANCE_MARK = "-acpt"
_LONGEST_CLOCK = 10 * 366 * 86400


def identity_names(identifier_type: str) -> tuple[str, ...]:
    """Return the two attributes that say who a holder of this type is; none where their names are not known."""
    if identifier_type == "SSIN":
        return (_P, f"{_HELD}:person:ssin")
    if identifier_type == "CBE":
        return ("urn:be:fgov:kbo-bce:organization:cbe-number", f"{_HELD}:enterprise:cbe-number")
    kind = _KINDS.get(identifier_type)
    return (f"{_E}:{kind}:nihii-number", f"{_HELD}:{kind}:nihii-number") if kind else ()


def certified_names(identifier_type: str) -> tuple[str, ...]:
    """Return the attributes by which the platform certifies that it recognises a holder of this type."""
    kind = _KINDS.get(identifier_type)
    if kind is None:
        return ()
    recognised = f"{_E}:{kind}:nihii-number:recognised{kind}"
    if kind == "hospital":
        held = f"{_HELD}:hospital:nihii-number:recognisedhospital:boolean"
        return (f"{recognised}:nihii11", held)
    if kind == "pharmacy":
        return (f"{recognised}:boolean",)
    return (f"{recognised}:nihii11", f"{recognised}:boolean")


RECORDED: Final = frozenset(
    name for one in ("CBE", *_KINDS) for name in (*identity_names(one), *certified_names(one))
)
"""Attributes whose values may be kept: those of organisations. A person's number never leaves the workstation."""


@dataclass(frozen=True)
class SessionPlace:
    """Where a certificate asks for a session, and by whom a token may be signed; all of one environment."""

    environment: Environment
    address: str
    signers: tuple[x509.Certificate, ...]
    """The platform's I.AM certificates that are trusted."""
    anchors: tuple[x509.Certificate, ...]
    """Authorities of this environment: a certificate that is not theirs is not sent there."""

    @classmethod
    def from_json(cls, value: object) -> "SessionPlace":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _PLACE)
        environment, address = fields.text("environment"), fields.text("address")
        if environment == "production":
            return cls("production", _address(address, "production"), *_both(fields))
        if environment == "acceptance":
            return cls("acceptance", _address(address, "acceptance"), *_both(fields))
        raise JobMalformed("not an environment")

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        return {
            "environment": self.environment,
            "address": self.address,
            "signers": [_encoded(one) for one in self.signers],
            "anchors": [_encoded(one) for one in self.anchors],
        }


@dataclass(frozen=True)
class SessionProof:
    """What came of asking for a session with a certificate; times, signer and digest only of a good token."""

    verdict: str
    environment: Environment
    not_before: datetime | None = None
    not_on_or_after: datetime | None = None
    signer: str | None = None
    """SHA-256 of the certificate that signed the token."""
    digest: str | None = None
    """SHA-256 of what was signed."""
    weak_signature: bool = False
    """Whether it was signed with SHA-1."""
    clock_seconds: int = 0
    """By how much the platform's clock is ahead of the workstation's."""
    attributes: tuple[tuple[str, str], ...] = ()
    """What the token says of an organisation, by name; only RECORDED names."""

    @property
    def passed(self) -> bool:
        """True when the certificate logs in."""
        return self.verdict == OK

    @classmethod
    def from_json(cls, value: object) -> "SessionProof":
        """Read it strictly; raises JobMalformed, also for an attribute that is not kept."""
        fields = Fields(value, _PROOF)
        verdict, environment = fields.text("verdict"), fields.text("environment")
        clock = fields.number("clock_seconds")
        if verdict not in VERDICTS or environment not in ("production", "acceptance"):
            raise JobMalformed("a verdict or an environment that is not known")
        if abs(clock) > _LONGEST_CLOCK:
            raise JobMalformed("no difference of clocks")
        return cls(
            verdict,
            "production" if environment == "production" else "acceptance",
            _optional_moment(fields, "not_before"),
            _optional_moment(fields, "not_on_or_after"),
            _optional_digest(fields, "signer"),
            _optional_digest(fields, "digest"),
            fields.flag("weak_signature"),
            clock,
            fields.each("attributes", _attribute, most=MAX_SESSION_ATTRIBUTES),
        )

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        return {
            "verdict": self.verdict,
            "environment": self.environment,
            "not_before": self.not_before.isoformat() if self.not_before else None,
            "not_on_or_after": self.not_on_or_after.isoformat() if self.not_on_or_after else None,
            "signer": self.signer,
            "digest": self.digest,
            "weak_signature": self.weak_signature,
            "clock_seconds": self.clock_seconds,
            "attributes": [{"name": name, "value": value} for name, value in self.attributes],
        }


def fits_environment(host: str, environment: str) -> bool:
    """Return whether a host may be the token service of an environment: the platform's own tell by their name."""
    return not host.endswith(_PLATFORM) or (_ACCEPTANCE_MARK in host) == (environment == "acceptance")


def _address(text: str, environment: Environment) -> str:
    try:
        parts = urlsplit(text)
        normalise_origin(f"{parts.scheme}://{parts.netloc}")
    except (ValueError, OriginInvalid):
        raise JobMalformed("not an address of a token service") from None
    if parts.query or parts.fragment or not fits_environment(parts.hostname or "", environment):
        raise JobMalformed("not an address of this environment's token service")
    return text


def _both(fields: Fields) -> tuple[tuple[x509.Certificate, ...], tuple[x509.Certificate, ...]]:
    return fields.each("signers", _certificate, least=1), fields.each("anchors", _certificate, least=1)


def _certificate(value: object) -> x509.Certificate:
    if not isinstance(value, str) or len(value) > 2 * MAX_CERTIFICATE_BYTES:
        raise JobMalformed("not a certificate")
    try:
        return read_certificate(from_base64(value))
    except ValueError:
        raise JobMalformed("not a certificate") from None


def _encoded(certificate: x509.Certificate) -> str:
    return to_base64(certificate.public_bytes(Encoding.DER))


def _optional_moment(fields: Fields, name: str) -> datetime | None:
    return None if fields.raw(name) is None else fields.moment(name)


def _optional_digest(fields: Fields, name: str) -> str | None:
    return None if fields.raw(name) is None else fields.matching(name, _DIGEST)


def _attribute(value: object) -> tuple[str, str]:
    fields = Fields(value, frozenset({"name", "value"}))
    name = fields.text("name")
    if name not in RECORDED:
        raise JobMalformed("an attribute that is not kept")
    return name, fields.matching("value", _VALUE)
