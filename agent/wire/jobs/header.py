"""What every job document says, whatever its kind."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self, cast

from agent.wire.errors import JobMalformed, OriginInvalid
from agent.wire.jobs.parties import Environment, Json, Organisation
from agent.wire.limits import MAX_REASON_CHARACTERS
from agent.wire.origins import normalise_origin
from agent.wire.strict_json import Fields, load_object

JOB_VERSION = 1
JOB_ID = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]\Z")
"""128 random bits in unpadded base64url: 22 characters, of which the last bears two bits."""

KNOWS_HEADER = "Ehportal-Agent-Knows"
"""In which an agent names the optional fields that it reads; one that does not name a field is not sent it."""


def fields_known(header: str) -> frozenset[str]:
    """Return the names that stand in a KNOWS_HEADER, which may be empty."""
    return frozenset(name.strip() for name in header.split(",")) - {""}


HEADER = frozenset(
    {
        *("version", "kind", "id", "server", "expires_at", "organisation"),
        *("environment", "requested_by", "requested_at", "reason"),
    }
)


@dataclass(frozen=True, kw_only=True)
class JobHeader:
    """The part that all kinds share; each kind adds its own fields, read and written by two methods."""

    version: ClassVar[int] = JOB_VERSION
    kind: ClassVar[str]
    names: ClassVar[frozenset[str]] = frozenset()
    optional: ClassVar[frozenset[str]] = frozenset()

    id: str
    server: str
    expires_at: datetime
    organisation: Organisation
    environment: Environment
    requested_by: str
    requested_at: datetime
    reason: str

    @classmethod
    def from_json(cls, data: bytes | dict[str, object]) -> Self:
        """Read a job document of this kind strictly; raises JobMalformed (`job_malformed`)."""
        value = load_object(data) if isinstance(data, bytes) else data
        fields = Fields(value, HEADER | cls.names, cls.optional)
        if fields.number("version") != JOB_VERSION or fields.text("kind") != cls.kind:
            raise JobMalformed("a version or kind of job that is not known here")
        environment = fields.text("environment")
        if environment not in ("production", "acceptance"):
            raise JobMalformed("not an environment")
        return cls(
            id=fields.matching("id", JOB_ID),
            server=_origin(fields.text("server")),
            expires_at=fields.moment("expires_at"),
            organisation=Organisation.from_json(fields.raw("organisation")),
            environment=cast(Environment, environment),
            requested_by=fields.text("requested_by"),
            requested_at=fields.moment("requested_at"),
            reason=fields.text("reason", limit=MAX_REASON_CHARACTERS, empty=True),
            **cls.read_own(fields),
        )

    @classmethod
    def read_own(cls, fields: Fields) -> dict[str, Any]:
        """Read the arguments of this kind alone, from the fields that `names` lists; raises JobMalformed."""
        return {}

    def own_json(self) -> Json:
        """Return the fields that `read_own` reads."""
        return {}

    def to_json(self) -> Json:
        """Return the job document as JSON object; `from_json` reads it back to an equal job."""
        return {
            "version": self.version,
            "kind": self.kind,
            "id": self.id,
            "server": self.server,
            "expires_at": self.expires_at.isoformat(),
            "organisation": self.organisation.to_json(),
            "environment": self.environment,
            "requested_by": self.requested_by,
            "requested_at": self.requested_at.isoformat(),
            "reason": self.reason,
            **self.own_json(),
        }


def _origin(server: str) -> str:
    try:
        pinned = normalise_origin(server)
    except OriginInvalid:
        raise JobMalformed("server is not an origin") from None
    if pinned != server:
        raise JobMalformed("server is not a normalised origin")
    return server
