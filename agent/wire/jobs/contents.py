"""What a request of CertRA says besides its key: contracts, contact data, the reason of a revocation."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from agent.wire.errors import JobMalformed
from agent.wire.jobs.parties import Json, Signer
from agent.wire.limits import MAX_CONTRACT_BYTES, MAX_DN_CHARACTERS
from agent.wire.pki.names import APPLICATION_ID
from agent.wire.strict_json import Fields

RevocationReason = Literal["keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation"]
REVOCATION_REASONS: tuple[RevocationReason, ...] = get_args(RevocationReason)
PUBLIC_KEY_IDENTIFIER = re.compile(r"[0-9a-f]{40}\Z")
"""SHA-1 of a key's bits (RFC 5280 4.2.1.2), lower-case hex: one spelling for each key."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_TEXT = frozenset({"lang", "html"})
_CONTRACT = frozenset({"dn", "signer", "texts"})
_CONTACT = frozenset({"email_private", "email_general", "phone_private", "phone_general"})
_CONTENT = frozenset({"contact_data", "contract", "application_id", "base_service_usages"})
_REVOCATION = frozenset({"public_key_identifier", "contract"})


@dataclass(frozen=True)
class LocalisedText:
    """One language's text of a contract: HTML exactly as CertRA sent it."""

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
        """Return the JSON object that `from_json` reads."""
        return {"lang": self.lang, "html": self.html}


def _dn_signer_texts(fields: Fields) -> tuple[str, Signer, tuple[LocalisedText, ...]]:
    texts = fields.each("texts", LocalisedText.from_json, least=1)
    if sum(len(text.html.encode()) for text in texts) > MAX_CONTRACT_BYTES:
        raise JobMalformed("the contract is too large")
    return fields.text("dn", limit=MAX_DN_CHARACTERS), Signer.from_json(fields.raw("signer")), texts


@dataclass(frozen=True)
class Contract:
    """The contract of GenerateContract, to be shown to the signer and sent back as received."""

    dn: str
    signer: Signer
    texts: tuple[LocalisedText, ...]

    @classmethod
    def from_json(cls, value: object) -> "Contract":
        """Read it strictly; raises JobMalformed."""
        return cls(*_dn_signer_texts(Fields(value, _CONTRACT)))

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        texts = [text.to_json() for text in self.texts]
        return {"dn": self.dn, "signer": self.signer.to_json(), "texts": texts}


@dataclass(frozen=True)
class RevocationContract(Contract):
    """The contract of GenerateRevocationContract, likewise."""

    revocation_reason: RevocationReason

    @classmethod
    def from_json(cls, value: object) -> "RevocationContract":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _CONTRACT | {"revocation_reason"})
        return cls(*_dn_signer_texts(fields), read_reason(fields.text("revocation_reason")))

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        return {**super().to_json(), "revocation_reason": self.revocation_reason}


def read_reason(text: str) -> RevocationReason:
    """Read one of the four reasons of CertRA. Raises JobMalformed."""
    for reason in REVOCATION_REASONS:
        if text == reason:
            return reason
    raise JobMalformed("not a reason to revoke")


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
        """Return the JSON object that `from_json` reads."""
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
        """Return the JSON object that `from_json` reads."""
        return {
            "contact_data": self.contact_data.to_json(),
            "contract": self.contract.to_json(),
            "application_id": self.application_id,
            "base_service_usages": list(self.base_service_usages),
        }


@dataclass(frozen=True)
class RevocationContent:
    """Everything of a Revoke request: whose key it is that dies, and the contract about it."""

    public_key_identifier: str
    contract: RevocationContract

    @classmethod
    def from_json(cls, value: object) -> "RevocationContent":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _REVOCATION)
        identifier = fields.matching("public_key_identifier", PUBLIC_KEY_IDENTIFIER)
        return cls(identifier, RevocationContract.from_json(fields.raw("contract")))

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        return {"public_key_identifier": self.public_key_identifier, "contract": self.contract.to_json()}
