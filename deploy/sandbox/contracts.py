"""Contracts: the words a signer agrees to, in Dutch and French, and how an issued one is recognised again."""

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from lxml import etree

from deploy.sandbox.names import Subject, rfc4514
from deploy.sandbox.soap import COMMONS, CORE, LANGUAGE, NAMESPACES, Refusal, add
from deploy.sandbox.store import Store, to_text

TEXTS = Path(__file__).with_name("texts")
NOTICES = {
    "nl": "Dit is een testcertificaat voor de acceptatieomgeving. Het mag niet voor zorg worden gebruikt.",
    "fr": "Ceci est un certificat de test pour l'environnement d'acceptation. Il ne peut servir aux soins.",
}
IN_OWN_NAME = {"nl": "in eigen naam", "fr": "en son propre nom"}
FOR_AN_ORGANISATION = {
    "nl": "als gevolmachtigd certificaathouder van de organisatie hieronder",
    "fr": "en tant que détenteur de certificat mandaté par l'organisation ci-dessous",
}
MONTHS = {
    "nl": "januari/februari/maart/april/mei/juni/juli/augustus/september/oktober/november/december",
    "fr": "janvier/février/mars/avril/mai/juin/juillet/août/septembre/octobre/novembre/décembre",
}


@dataclass(frozen=True)
class Contract:
    """What was agreed: kept by the sandbox, and found again from what a request sends back."""

    reference: str
    dn: str
    subject: Subject
    signer_ssin: str
    signer_first_names: tuple[str, ...]
    signer_name: str
    texts: tuple[tuple[str, str], ...]


def write(
    environment: str,
    subject: Subject,
    signer: tuple[str, tuple[str, ...], str],
    names: dict[str, str],
    now: datetime,
) -> Contract:
    """A contract between the platform and a signer (SSIN, first names, name) for one certificate."""
    ssin, first_names, surname = signer
    reference, dn = str(uuid.uuid4()), rfc4514(subject.x509())
    natural = subject.identifier_type == "SSIN"
    capacity = IN_OWN_NAME if natural else FOR_AN_ORGANISATION
    texts = []
    for language in ("nl", "fr"):
        template = (TEXTS / f"contract.{language}.html").read_text(encoding="utf-8")
        month = MONTHS[language].split("/")[now.month - 1]
        text = template.format(
            reference=reference,
            day=f"{now.day} {month} {now.year}",
            notice=f"<p><em>{NOTICES[language]}</em></p>\n" if environment == "acceptance" else "",
            signer=escape(" ".join([*first_names, surname])),
            capacity=capacity[language],
            holder=escape(names.get(language, subject.full_name)),
            identifier=escape("SSIN" if natural else f"{subject.identifier_type} {subject.identifier}"),
            dn=escape(dn),
        )
        texts.append((language, text))
    return Contract(reference, dn, subject, ssin, tuple(first_names), surname, tuple(texts))


def keep(store: Store, environment: str, contract: Contract, now: datetime) -> None:
    """Remember an issued contract under the digest of what the signer will send back."""
    digest = _digest(
        contract.dn, contract.signer_ssin, contract.signer_first_names, contract.signer_name, contract.texts
    )
    with store.transaction() as db:
        db.execute(
            "INSERT INTO contract (environment, digest, document, made_at) VALUES (?, ?, ?, ?)",
            (environment, digest, json.dumps(asdict(contract), ensure_ascii=False), to_text(now)),
        )


def recognise(store: Store, environment: str, element: etree._Element) -> Contract:
    """The issued contract that a Contract element repeats to the letter; raises Refusal CONTRACT_MISMATCH."""
    signer = element.find("k:Signer", NAMESPACES)
    if signer is None:
        raise AssertionError("the schema asks for a signer")
    ids = [(i.get("Type"), i.text or "") for i in signer.findall("c:Id", NAMESPACES)]
    texts = tuple((v.get(LANGUAGE, ""), v.text or "") for v in element.iterfind("k:Text/k:Value", NAMESPACES))
    row = None
    if len(ids) == 1 and ids[0][0] == "SSIN":
        first_names = tuple(f.text or "" for f in signer.findall("c:FirstName", NAMESPACES))
        name = signer.findtext("c:Name", "", NAMESPACES)
        digest = _digest(element.findtext("k:DN", "", NAMESPACES), ids[0][1], first_names, name, texts)
        with store.reading() as db:
            row = db.execute(
                "SELECT document FROM contract WHERE environment = ? AND digest = ?", (environment, digest)
            ).fetchone()
    if row is None:
        raise Refusal("CONTRACT_MISMATCH", "The contract is not one that was made here, or it was changed.")
    return _load(json.loads(row["document"]))


def to_xml(parent: etree._Element, contract: Contract) -> None:
    """Write the Contract element of an answer."""
    element = add(parent, "m:Contract")
    add(element, "k:DN", contract.dn)
    signer = add(element, "k:Signer")
    add(signer, "c:Id", contract.signer_ssin, Type="SSIN")
    for first_name in contract.signer_first_names:
        add(signer, "c:FirstName", first_name)
    add(signer, "c:Name", contract.signer_name)
    text_element = add(element, "k:Text")
    for language, text in contract.texts:
        add(text_element, "k:Value", text).set(LANGUAGE, language)


def actor(element: etree._Element) -> tuple[tuple[str, str], tuple[str, ...], str]:
    """The one identifier (type, value), first names and name of an actor; raises Refusal INVALID_ACTOR."""
    ids = [(i.get("Type", ""), i.text or "") for i in element.findall(f"{{{COMMONS}}}Id")]
    if len(ids) != 1:
        raise Refusal("INVALID_ACTOR", "An actor has exactly one identifier here.")
    first_names = tuple(f.text or "" for f in element.findall(f"{{{COMMONS}}}FirstName"))
    return ids[0], first_names, element.findtext(f"{{{COMMONS}}}Name") or ""


def contact(element: etree._Element) -> dict[str, str]:
    """The contact data of a request, by element name; raises Refusal INVALID_CONTACT_DATA."""
    data = {etree.QName(child).localname: child.text or "" for child in element.iterchildren(f"{{{CORE}}}*")}
    for name, value in data.items():
        usable = "@" in value.strip("@") if name.startswith("Email") else any(c.isdigit() for c in value)
        if not usable or len(value) > 254:
            raise Refusal("INVALID_CONTACT_DATA", f"{name} is not usable.", Field=name)
    return data


def _digest(
    dn: str, ssin: str, first_names: tuple[str, ...], name: str, texts: tuple[tuple[str, str], ...]
) -> str:
    content = json.dumps([dn, ssin, first_names, name, texts], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _load(document: dict[str, Any]) -> Contract:
    return Contract(
        document["reference"],
        document["dn"],
        Subject(**document["subject"] | {"first_names": tuple(document["subject"]["first_names"])}),
        document["signer_ssin"],
        tuple(document["signer_first_names"]),
        document["signer_name"],
        tuple((language, text) for language, text in document["texts"]),
    )
