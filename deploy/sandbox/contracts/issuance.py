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

from deploy.sandbox.authorities.names import Subject, rfc4514
from deploy.sandbox.soap import COMMONS, CORE, LANGUAGE, NAMESPACES, Refusal, add
from deploy.sandbox.state.store import Store, to_text

TEXTS = Path(__file__).resolve().parents[1] / "texts"
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
    reference, dn = str(uuid.uuid4()), rfc4514(subject.x509())
    texts = render("contract", environment, subject, signer, names, now, reference=reference)
    return Contract(reference, dn, subject, signer[0], tuple(signer[1]), signer[2], texts)


def render(
    template: str,
    environment: str,
    subject: Subject,
    signer: tuple[str, tuple[str, ...], str],
    names: dict[str, str],
    now: datetime,
    *,
    reference: str,
    more: dict[str, dict[str, str]] | None = None,
) -> tuple[tuple[str, str], ...]:
    """A text in Dutch and French; `more` holds, by language, what only this template asks for."""
    natural = subject.identifier_type == "SSIN"
    capacity = IN_OWN_NAME if natural else FOR_AN_ORGANISATION
    texts = []
    for language in ("nl", "fr"):
        written = (TEXTS / f"{template}.{language}.html").read_text(encoding="utf-8")
        text = written.format(
            reference=reference,
            day=written_day(now, language),
            notice=f"<p><em>{NOTICES[language]}</em></p>\n" if environment == "acceptance" else "",
            signer=escape(" ".join([*signer[1], signer[2]])),
            capacity=capacity[language],
            holder=escape(names.get(language, subject.full_name)),
            identifier=escape("SSIN" if natural else f"{subject.identifier_type} {subject.identifier}"),
            dn=escape(rfc4514(subject.x509())),
            **{key: escape(value) for key, value in (more or {}).get(language, {}).items()},
        )
        texts.append((language, text))
    return tuple(texts)


def written_day(moment: datetime, language: str) -> str:
    """A day in words, like 3 maart 2026."""
    return f"{moment.day} {MONTHS[language].split('/')[moment.month - 1]} {moment.year}"


def keep(store: Store, environment: str, contract: Contract, now: datetime) -> None:
    """Remember an issued contract under the digest of what the signer will send back."""
    signer = (contract.signer_ssin, contract.signer_first_names, contract.signer_name)
    save(store, environment, [contract.dn, *signer, contract.texts], asdict(contract), now)


def recognise(store: Store, environment: str, element: etree._Element) -> Contract:
    """The issued contract that a Contract element repeats to the letter; raises Refusal CONTRACT_MISMATCH."""
    return _load(look_up(store, environment, [element.findtext("k:DN", "", NAMESPACES), *signed(element)]))


def save(store: Store, environment: str, content: list[Any], document: dict[str, Any], now: datetime) -> None:
    """Remember a document under the digest of the content that will come back."""
    with store.transaction() as db:
        db.execute(
            "INSERT INTO contract (environment, digest, document, made_at) VALUES (?, ?, ?, ?)",
            (environment, _digest(content), json.dumps(document, ensure_ascii=False), to_text(now)),
        )


def look_up(store: Store, environment: str, content: list[Any]) -> dict[str, Any]:
    """The document that was saved for this content; raises Refusal CONTRACT_MISMATCH."""
    with store.reading() as db:
        row = db.execute(
            "SELECT document FROM contract WHERE environment = ? AND digest = ?",
            (environment, _digest(content)),
        ).fetchone()
    if row is None:
        raise Refusal("CONTRACT_MISMATCH", "The contract is not one that was made here, or it was changed.")
    return dict(json.loads(row["document"]))


def signed(element: etree._Element) -> tuple[str, tuple[str, ...], str, tuple[tuple[str, str], ...]]:
    """SSIN, first names and name of a Contract element's signer, and its texts; raises Refusal CONTRACT_MISMATCH."""
    signer = element.find("k:Signer", NAMESPACES)
    if signer is None:
        raise AssertionError("the schema asks for a signer")
    ids = [(i.get("Type"), i.text or "") for i in signer.findall("c:Id", NAMESPACES)]
    if len(ids) != 1 or ids[0][0] != "SSIN":
        raise Refusal("CONTRACT_MISMATCH", "The contract is not one that was made here, or it was changed.")
    first_names = tuple(f.text or "" for f in signer.findall("c:FirstName", NAMESPACES))
    texts = tuple((v.get(LANGUAGE, ""), v.text or "") for v in element.iterfind("k:Text/k:Value", NAMESPACES))
    return ids[0][1], first_names, signer.findtext("c:Name", "", NAMESPACES), texts


def to_xml(parent: etree._Element, contract: Contract) -> None:
    """Write the Contract element of an answer."""
    element = add(parent, "m:Contract")
    add(element, "k:DN", contract.dn)
    add_signer(element, (contract.signer_ssin, contract.signer_first_names, contract.signer_name))
    add_texts(element, contract.texts)


def add_signer(element: etree._Element, signer: tuple[str, tuple[str, ...], str]) -> None:
    """Write the Signer (SSIN, first names, name) of a contract."""
    actor_element = add(element, "k:Signer")
    add(actor_element, "c:Id", signer[0], Type="SSIN")
    for first_name in signer[1]:
        add(actor_element, "c:FirstName", first_name)
    add(actor_element, "c:Name", signer[2])


def add_texts(element: etree._Element, texts: tuple[tuple[str, str], ...]) -> None:
    """Write the Text of a contract: HTML by language."""
    text_element = add(element, "k:Text")
    for language, text in texts:
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


def _digest(content: list[Any]) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


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
