"""Revocation contracts: the words a person agrees to before a certificate ends, and how one is recognised again."""

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime

from lxml import etree

from deploy.sandbox.authorities.names import rfc4514
from deploy.sandbox.contracts import issuance as contracts
from deploy.sandbox.register.requests import Request
from deploy.sandbox.soap import NAMESPACES, add
from deploy.sandbox.state.store import Store

REASONS = {
    "keyCompromise": {
        "nl": "de sleutel is mogelijk in verkeerde handen",
        "fr": "la clé est peut-être entre de mauvaises mains",
    },
    "affiliationChanged": {
        "nl": "de gegevens van de houder zijn veranderd",
        "fr": "les données du titulaire ont changé",
    },
    "superseded": {
        "nl": "een ander certificaat komt in de plaats",
        "fr": "un autre certificat prend sa place",
    },
    "cessationOfOperation": {
        "nl": "het certificaat wordt niet meer gebruikt",
        "fr": "le certificat n'est plus utilisé",
    },
}


@dataclass(frozen=True)
class RevocationContract:
    """What was agreed about the end of the certificate with this key."""

    pki: str
    dn: str
    signer_ssin: str
    signer_first_names: tuple[str, ...]
    signer_name: str
    reason: str
    texts: tuple[tuple[str, str], ...]


def write(
    request: Request,
    signer: tuple[str, tuple[str, ...], str],
    reason: str,
    names: dict[str, str],
    now: datetime,
) -> RevocationContract:
    """A contract by which a signer (SSIN, first names, name) ends a delivered certificate."""
    certificate = request.certificate
    if certificate is None:
        raise AssertionError("only a delivered certificate has a contract about its end")
    more = {
        language: {
            "serial": str(certificate.serial_number),
            "end": contracts.written_day(certificate.not_valid_after_utc, language),
            "reason": REASONS[reason][language],
        }
        for language in ("nl", "fr")
    }
    texts = contracts.render(
        "revocation",
        request.environment,
        request.subject,
        signer,
        names,
        now,
        reference=str(uuid.uuid4()),
        more=more,
    )
    return RevocationContract(request.pki, rfc4514(certificate.subject), *signer, reason, texts)


def keep(store: Store, environment: str, contract: RevocationContract, now: datetime) -> None:
    """Remember an issued contract under the digest of what the signer will send back."""
    signer = (contract.signer_ssin, contract.signer_first_names, contract.signer_name)
    content = ["revocation", contract.dn, contract.reason, *signer, contract.texts]
    contracts.save(store, environment, content, asdict(contract), now)


def recognise(store: Store, environment: str, element: etree._Element) -> RevocationContract:
    """The issued contract that an element repeats to the letter; raises Refusal CONTRACT_MISMATCH."""
    dn, reason = (element.findtext(path, "", NAMESPACES) for path in ("k:DN", "k:RevocationReason"))
    document = contracts.look_up(store, environment, ["revocation", dn, reason, *contracts.signed(element)])
    return RevocationContract(
        document["pki"],
        document["dn"],
        document["signer_ssin"],
        tuple(document["signer_first_names"]),
        document["signer_name"],
        document["reason"],
        tuple((language, text) for language, text in document["texts"]),
    )


def to_xml(parent: etree._Element, contract: RevocationContract) -> None:
    """Write the Contract element of an answer."""
    element = add(parent, "m:Contract")
    add(element, "k:DN", contract.dn)
    contracts.add_signer(element, (contract.signer_ssin, contract.signer_first_names, contract.signer_name))
    add(element, "k:RevocationReason", contract.reason)
    contracts.add_texts(element, contract.texts)
