"""The kinds of work that a server asks of an agent, one document each."""

from dataclasses import dataclass
from typing import Any, ClassVar, cast

from agent.wire.errors import JobMalformed
from agent.wire.jobs.contents import CertificateContent, RevocationContent
from agent.wire.jobs.header import JobHeader
from agent.wire.jobs.holdings import CertificateFacts, TokenFacts
from agent.wire.jobs.parties import Json, Signer
from agent.wire.limits import MAX_REASON_CHARACTERS
from agent.wire.software import StoreFormat
from agent.wire.strict_json import Fields, load_object

REQUEST_CERTIFICATE = "request-certificate"
REVOKE_CERTIFICATE = "revoke-certificate"
READ_RECORDS = "read-records"
MAKE_TOKEN = "make-token"  # noqa: S105  a kind of job
ACTIVATE_TOKEN = "activate-token"  # noqa: S105  a kind of job
CHECK_TOKEN = "check-token"  # noqa: S105  a kind of job


@dataclass(frozen=True, kw_only=True)
class CertificateJob(JobHeader):
    """One certificate to be requested: what the person at the workstation is asked to read and sign.

    `replaces` is the certificate that a renewal takes the place of. `token` says that an encryption token is made in
    the same sitting, as soon as the certificate is there. `store_format` is what the software that will load a new key
    store opens; None where the server does not say.
    """

    kind: ClassVar[str] = REQUEST_CERTIFICATE
    names: ClassVar[frozenset[str]] = frozenset({"request", "replaces", "token"})
    optional: ClassVar[frozenset[str]] = frozenset({"store_format"})

    request: CertificateContent
    replaces: CertificateFacts | None = None
    token: bool = False
    store_format: StoreFormat | None = None

    @classmethod
    def read_own(cls, fields: Fields) -> dict[str, Any]:
        """Read the arguments of this kind alone; raises JobMalformed."""
        return {
            "request": CertificateContent.from_json(fields.raw("request")),
            "replaces": CertificateFacts.from_optional(fields.raw("replaces")),
            "token": fields.flag("token"),
            "store_format": _store_format(fields.optional_text("store_format")),
        }

    def own_json(self) -> Json:
        """Return the fields that `read_own` reads."""
        return {
            "request": self.request.to_json(),
            "replaces": self.replaces.to_json() if self.replaces else None,
            "token": self.token,
            **({"store_format": self.store_format} if self.store_format else {}),
        }


def _store_format(text: str | None) -> StoreFormat | None:
    if text not in (None, "modern", "legacy"):
        raise JobMalformed("not a format of key stores")
    return cast("StoreFormat | None", text)


@dataclass(frozen=True, kw_only=True)
class RevocationJob(JobHeader):
    """One certificate to be revoked; `comment` is what the one who asks tells the one who signs."""

    kind: ClassVar[str] = REVOKE_CERTIFICATE
    names: ClassVar[frozenset[str]] = frozenset({"certificate", "request", "comment"})

    certificate: CertificateFacts
    request: RevocationContent
    comment: str

    @classmethod
    def read_own(cls, fields: Fields) -> dict[str, Any]:
        """Read the arguments of this kind alone; raises JobMalformed, also when two certificates are meant."""
        certificate = CertificateFacts.from_json(fields.raw("certificate"))
        request = RevocationContent.from_json(fields.raw("request"))
        if certificate.public_key_identifier != request.public_key_identifier:
            raise JobMalformed("the request is about another certificate")
        comment = fields.text("comment", limit=MAX_REASON_CHARACTERS, empty=True)
        return {"certificate": certificate, "request": request, "comment": comment}

    def own_json(self) -> Json:
        """Return the fields that `read_own` reads."""
        return {
            "certificate": self.certificate.to_json(),
            "request": self.request.to_json(),
            "comment": self.comment,
        }


@dataclass(frozen=True, kw_only=True)
class RecordsJob(JobHeader):
    """The government's own records to be asked with the Authentication key of this person's card."""

    kind: ClassVar[str] = READ_RECORDS
    names: ClassVar[frozenset[str]] = frozenset({"person"})

    person: Signer

    @classmethod
    def read_own(cls, fields: Fields) -> dict[str, Any]:
        """Read the arguments of this kind alone; raises JobMalformed."""
        return {"person": Signer.from_json(fields.raw("person"))}

    def own_json(self) -> Json:
        """Return the fields that `read_own` reads."""
        return {"person": self.person.to_json()}


@dataclass(frozen=True, kw_only=True)
class MakeTokenJob(JobHeader):
    """Make the encryption token of a certificate whose key store the holder has already."""

    kind: ClassVar[str] = MAKE_TOKEN
    names: ClassVar[frozenset[str]] = frozenset({"certificate"})

    certificate: CertificateFacts

    @classmethod
    def read_own(cls, fields: Fields) -> dict[str, Any]:
        """Read the arguments of this kind alone; raises JobMalformed."""
        return {"certificate": CertificateFacts.from_json(fields.raw("certificate"))}

    def own_json(self) -> Json:
        """Return the fields that `read_own` reads."""
        return {"certificate": self.certificate.to_json()}


@dataclass(frozen=True, kw_only=True)
class TokenJob(JobHeader):
    """Something to be done with the encryption token of a certificate, both in the holder's key store."""

    names: ClassVar[frozenset[str]] = frozenset({"certificate", "token"})

    certificate: CertificateFacts
    token: TokenFacts

    @classmethod
    def read_own(cls, fields: Fields) -> dict[str, Any]:
        """Read the arguments of these kinds alone; raises JobMalformed."""
        return {
            "certificate": CertificateFacts.from_json(fields.raw("certificate")),
            "token": TokenFacts.from_json(fields.raw("token")),
        }

    def own_json(self) -> Json:
        """Return the fields that `read_own` reads."""
        return {"certificate": self.certificate.to_json(), "token": self.token.to_json()}


@dataclass(frozen=True, kw_only=True)
class ActivateTokenJob(TokenJob):
    """The new key store is rolled out: the depot shall hand out the new token."""

    kind: ClassVar[str] = ACTIVATE_TOKEN


@dataclass(frozen=True, kw_only=True)
class CheckTokenJob(TokenJob):
    """Prove that what is sealed to the token in the depot can be opened with the holder's key store."""

    kind: ClassVar[str] = CHECK_TOKEN


Job = CertificateJob | RevocationJob | RecordsJob | MakeTokenJob | ActivateTokenJob | CheckTokenJob
_KINDS: dict[object, type[Job]] = {
    REQUEST_CERTIFICATE: CertificateJob,
    REVOKE_CERTIFICATE: RevocationJob,
    READ_RECORDS: RecordsJob,
    MAKE_TOKEN: MakeTokenJob,
    ACTIVATE_TOKEN: ActivateTokenJob,
    CHECK_TOKEN: CheckTokenJob,
}


def read_job(data: bytes | dict[str, object]) -> Job:
    """Read a job document of whatever kind strictly; raises JobMalformed (`job_malformed`)."""
    value = load_object(data) if isinstance(data, bytes) else data
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise JobMalformed("a kind of job that is not known here")
    return _KINDS[kind].from_json(value)
