"""What is there already, as a job names it: a certificate, a token."""

import re
from dataclasses import dataclass
from datetime import datetime

from agent.wire.errors import JobMalformed
from agent.wire.jobs.contents import PUBLIC_KEY_IDENTIFIER
from agent.wire.jobs.parties import Json
from agent.wire.strict_json import Fields

FINGERPRINT = re.compile(r"[0-9a-f]{64}\Z")
"""SHA-256 over a DER certificate, lower-case hex."""

_DECIMAL = re.compile(r"[1-9][0-9]{0,38}\Z")
_CERTIFICATE = frozenset({"fingerprint", "public_key_identifier", "common_name", "not_after"})
_TOKEN = frozenset({"serial", "not_after"})


@dataclass(frozen=True)
class CertificateFacts:
    """An eHealth certificate of the inventory, found again in a key store by its fingerprint."""

    fingerprint: str
    public_key_identifier: str
    common_name: str
    not_after: datetime

    @classmethod
    def from_json(cls, value: object) -> "CertificateFacts":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _CERTIFICATE)
        return cls(
            fields.matching("fingerprint", FINGERPRINT),
            fields.matching("public_key_identifier", PUBLIC_KEY_IDENTIFIER),
            fields.text("common_name"),
            fields.moment("not_after"),
        )

    @classmethod
    def from_optional(cls, value: object) -> "CertificateFacts | None":
        """Read it strictly, or None from null; raises JobMalformed."""
        return None if value is None else cls.from_json(value)

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        return {
            "fingerprint": self.fingerprint,
            "public_key_identifier": self.public_key_identifier,
            "common_name": self.common_name,
            "not_after": self.not_after.isoformat(),
        }


@dataclass(frozen=True)
class TokenFacts:
    """An encryption token, found again in a key store by its serial number: the alias there is its decimal form."""

    serial: int
    not_after: datetime

    @classmethod
    def from_json(cls, value: object) -> "TokenFacts":
        """Read it strictly; raises JobMalformed. `serial` is a decimal text: JSON numbers lose digits."""
        fields = Fields(value, _TOKEN)
        serial = int(fields.matching("serial", _DECIMAL))
        if serial.bit_length() > 128:
            raise JobMalformed("a serial number of more than sixteen bytes")
        return cls(serial, fields.moment("not_after"))

    @property
    def alias(self) -> str:
        """The key's name in a key store."""
        return str(self.serial)

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        return {"serial": self.alias, "not_after": self.not_after.isoformat()}
