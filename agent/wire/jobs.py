"""What the server asks of an agent: the job document and the content that will be signed."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from agent.wire.enrolment import normalise_origin
from agent.wire.errors import JobMalformed, OriginInvalid
from agent.wire.limits import MAX_CONTRACT_BYTES, MAX_DN_CHARACTERS, MAX_REASON_CHARACTERS
from agent.wire.names import APPLICATION_ID, IDENTIFIER_TYPE
from agent.wire.strict_json import Fields, load_object

Environment = Literal["production", "acceptance"]
Json = dict[str, object]

JOB_VERSION = 1
REQUEST_CERTIFICATE = "request-certificate"
JOB_ID = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]\Z")
"""128 random bits in unpadded base64url: 22 characters, of which the last bears two bits."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_IDENTIFIER = frozenset({"type", "value"})
_SIGNER = frozenset({"ids", "first_names", "name"})
_TEXT = frozenset({"lang", "html"})
_CONTRACT = frozenset({"dn", "signer", "texts"})
_CONTACT = frozenset({"email_private", "email_general", "phone_private", "phone_general"})
_CONTENT = frozenset({"contact_data", "contract", "application_id", "base_service_usages"})
_ORGANISATION = frozenset({"name", "identifier"})
_JOB = frozenset(
    {
        *("version", "kind", "id", "server", "expires_at", "organisation"),
        *("environment", "requested_by", "requested_at", "reason", "request"),
    }
)


@dataclass(frozen=True)
class Identifier:
    """An identifier and its type in `etk_type` spelling (commons:IdType)."""

    type: str
    value: str

    @classmethod
    def from_json(cls, value: object) -> "Identifier":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _IDENTIFIER)
        kind = fields.text("type")
        if not IDENTIFIER_TYPE.match(kind):
            raise JobMalformed("not an identifier type")
        return cls(kind, fields.text("value"))

    def to_json(self) -> Json:
        """The JSON object that `from_json` reads."""
        return {"type": self.type, "value": self.value}


@dataclass(frozen=True)
class Signer:
    """The person who signs with the eID (commons:ActorType); names exactly as on the card."""

    ids: tuple[Identifier, ...]
    first_names: tuple[str, ...]
    name: str

    @classmethod
    def from_json(cls, value: object) -> "Signer":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _SIGNER)
        ids = fields.each("ids", Identifier.from_json, least=1)
        return cls(ids, fields.texts("first_names"), fields.text("name"))

    def to_json(self) -> Json:
        """The JSON object that `from_json` reads."""
        ids = [identifier.to_json() for identifier in self.ids]
        return {"ids": ids, "first_names": list(self.first_names), "name": self.name}


@dataclass(frozen=True)
class LocalisedText:
    """One language's text of the contract: HTML exactly as CertRA sent it."""

    lang: str
    html: str

    @classmethod
    def from_json(cls, value: object) -> "LocalisedText":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _TEXT)
        lang = fields.text("lang")
        if not _LANGUAGE.match(lang):
            raise JobMalformed("not a language tag")
        return cls(lang, fields.text("html", limit=MAX_CONTRACT_BYTES))

    def to_json(self) -> Json:
        """The JSON object that `from_json` reads."""
        return {"lang": self.lang, "html": self.html}


@dataclass(frozen=True)
class Contract:
    """The contract of GenerateContract, to be shown to the signer and sent back as received."""

    dn: str
    signer: Signer
    texts: tuple[LocalisedText, ...]

    @classmethod
    def from_json(cls, value: object) -> "Contract":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _CONTRACT)
        texts = fields.each("texts", LocalisedText.from_json, least=1)
        if sum(len(text.html.encode()) for text in texts) > MAX_CONTRACT_BYTES:
            raise JobMalformed("the contract is too large")
        signer = Signer.from_json(fields.raw("signer"))
        return cls(fields.text("dn", limit=MAX_DN_CHARACTERS), signer, texts)

    def to_json(self) -> Json:
        """The JSON object that `from_json` reads."""
        texts = [text.to_json() for text in self.texts]
        return {"dn": self.dn, "signer": self.signer.to_json(), "texts": texts}


@dataclass(frozen=True)
class ContactData:
    """How the platform reaches the people responsible for the certificate (certra:ContactDataType)."""

    email_private: str
    email_general: str | None
    phone_private: str
    phone_general: str | None

    @classmethod
    def from_json(cls, value: object) -> "ContactData":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _CONTACT)
        return cls(
            email_private=fields.text("email_private"),
            email_general=fields.optional_text("email_general"),
            phone_private=fields.text("phone_private"),
            phone_general=fields.optional_text("phone_general"),
        )

    def to_json(self) -> Json:
        """The JSON object that `from_json` reads."""
        return {
            "email_private": self.email_private,
            "email_general": self.email_general,
            "phone_private": self.phone_private,
            "phone_general": self.phone_general,
        }


@dataclass(frozen=True)
class CertificateContent:
    """Everything of a GenerateCertificate request but the key; the ApplicationId is part of the DN."""

    contact_data: ContactData
    contract: Contract
    application_id: str | None
    base_service_usages: tuple[str, ...]

    @classmethod
    def from_json(cls, value: object) -> "CertificateContent":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _CONTENT)
        application_id = fields.optional_text("application_id")
        if application_id is not None and not APPLICATION_ID.match(application_id):
            raise JobMalformed("not an ApplicationId")
        return cls(
            contact_data=ContactData.from_json(fields.raw("contact_data")),
            contract=Contract.from_json(fields.raw("contract")),
            application_id=application_id,
            base_service_usages=fields.texts("base_service_usages"),
        )

    def to_json(self) -> Json:
        """The JSON object that `from_json` reads."""
        return {
            "contact_data": self.contact_data.to_json(),
            "contract": self.contract.to_json(),
            "application_id": self.application_id,
            "base_service_usages": list(self.base_service_usages),
        }


@dataclass(frozen=True)
class Organisation:
    """Whose certificate it will be."""

    name: str
    identifier: Identifier

    @classmethod
    def from_json(cls, value: object) -> "Organisation":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _ORGANISATION)
        return cls(fields.text("name"), Identifier.from_json(fields.raw("identifier")))

    def to_json(self) -> Json:
        """The JSON object that `from_json` reads."""
        return {"name": self.name, "identifier": self.identifier.to_json()}


@dataclass(frozen=True)
class CertificateJob:
    """One certificate to be requested: what the person at the workstation is asked to read and sign."""

    id: str
    server: str
    expires_at: datetime
    organisation: Organisation
    environment: Environment
    requested_by: str
    requested_at: datetime
    reason: str
    request: CertificateContent
    version: int = JOB_VERSION
    kind: str = REQUEST_CERTIFICATE

    @classmethod
    def from_json(cls, data: bytes | dict[str, object]) -> "CertificateJob":
        """Read a job document strictly; raises JobMalformed (`job_malformed`)."""
        fields = Fields(load_object(data) if isinstance(data, bytes) else data, _JOB)
        if fields.number("version") != JOB_VERSION or fields.text("kind") != REQUEST_CERTIFICATE:
            raise JobMalformed("a version or kind of job that is not known here")
        job_id, environment = fields.text("id"), fields.text("environment")
        if not JOB_ID.match(job_id):
            raise JobMalformed("not a job id")
        if environment not in ("production", "acceptance"):
            raise JobMalformed("not an environment")
        server = fields.text("server")
        try:
            pinned = normalise_origin(server)
        except OriginInvalid:
            raise JobMalformed("server is not an origin") from None
        if pinned != server:
            raise JobMalformed("server is not a normalised origin")
        return cls(
            id=job_id,
            server=server,
            expires_at=fields.moment("expires_at"),
            organisation=Organisation.from_json(fields.raw("organisation")),
            environment=cast(Environment, environment),
            requested_by=fields.text("requested_by"),
            requested_at=fields.moment("requested_at"),
            reason=fields.text("reason", limit=MAX_REASON_CHARACTERS, empty=True),
            request=CertificateContent.from_json(fields.raw("request")),
        )

    def to_json(self) -> Json:
        """The job document as JSON object; `from_json` reads it back to an equal job."""
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
            "request": self.request.to_json(),
        }
