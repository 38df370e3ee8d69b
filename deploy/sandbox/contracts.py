"""Contracts: the words a signer agrees to, in Dutch and French, and how an issued one is recognised again."""

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from html import escape
from typing import Any

from lxml import etree

from deploy.sandbox.names import Subject, rfc4514
from deploy.sandbox.soap import COMMONS, CORE, LANGUAGE, NAMESPACES, Refusal, add
from deploy.sandbox.store import Store, to_text

PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head><meta charset="utf-8"><title>{title}</title></head>
<body>
{body}
</body>
</html>
"""

DUTCH = """<h1>Aanvraag van een eHealth-certificaat</h1>
<p>Overeenkomst <strong>{reference}</strong>, opgemaakt op {day}.</p>
{notice}<h2>Wie vraagt aan</h2>
<p>{signer} vraagt dit certificaat aan {capacity} en ondertekent deze overeenkomst met de eigen identiteitskaart.</p>
<h2>Voor wie en onder welke naam</h2>
<ul>
<li>Houder: {holder}</li>
<li>Identificatienummer: {identifier}</li>
<li>Naam in het certificaat: <code>{dn}</code></li>
</ul>
<h2>Waartoe de ondertekenaar zich verbindt</h2>
<ol>
<li>De private sleutel en het wachtwoord ervan blijven onder de controle van de houder. Zij worden nooit per e-mail
verstuurd en nooit aan derden gegeven.</li>
<li>Het certificaat dient enkel om systemen van de houder aan te melden bij de diensten van het eHealth-platform en
om gegevens voor de houder te versleutelen.</li>
<li>De minimale veiligheidsnormen worden nageleefd, en de houder weet op elk ogenblik welke personen en welke systemen
het certificaat gebruiken.</li>
<li>Wie de toegang tot de sleutel verliest of vermoedt dat een ander hem kent, laat het certificaat onmiddellijk
intrekken.</li>
<li>Een wijziging van de contactgegevens of het einde van de volmacht wordt zonder uitstel gemeld.</li>
</ol>
<h2>Duur</h2>
<p>Het certificaat is 36 maanden geldig. Het kan worden vernieuwd vanaf 90 dagen vóór het einde. Na het einde is een
nieuwe aanvraag nodig.</p>
<p>Door te ondertekenen bevestigt {signer} deze tekst te hebben gelezen en te aanvaarden.</p>"""

FRENCH = """<h1>Demande d'un certificat eHealth</h1>
<p>Contrat <strong>{reference}</strong>, établi le {day}.</p>
{notice}<h2>Qui demande</h2>
<p>{signer} demande ce certificat {capacity} et signe ce contrat avec sa propre carte d'identité.</p>
<h2>Pour qui et sous quel nom</h2>
<ul>
<li>Titulaire : {holder}</li>
<li>Numéro d'identification : {identifier}</li>
<li>Nom dans le certificat : <code>{dn}</code></li>
</ul>
<h2>Ce à quoi le signataire s'engage</h2>
<ol>
<li>La clé privée et son mot de passe restent sous le contrôle du titulaire. Ils ne sont jamais envoyés par courriel
ni remis à des tiers.</li>
<li>Le certificat sert uniquement à identifier les systèmes du titulaire auprès des services de la plate-forme eHealth
et à chiffrer des données destinées au titulaire.</li>
<li>Les normes minimales de sécurité sont respectées, et le titulaire sait à tout moment quelles personnes et quels
systèmes utilisent le certificat.</li>
<li>Quiconque perd l'accès à la clé, ou soupçonne qu'un autre la connaît, fait immédiatement révoquer le certificat.</li>
<li>Tout changement des données de contact ainsi que la fin du mandat sont signalés sans délai.</li>
</ol>
<h2>Durée</h2>
<p>Le certificat est valable 36 mois. Il peut être renouvelé à partir de 90 jours avant son terme. Après ce terme, une
nouvelle demande est nécessaire.</p>
<p>En signant, {signer} confirme avoir lu et accepté ce texte.</p>"""

TEST_NOTICE = {
    "nl": "<p><em>Dit is een testcertificaat voor de acceptatieomgeving. Het mag niet voor zorg worden gebruikt.</em></p>\n",
    "fr": "<p><em>Ceci est un certificat de test pour l'environnement d'acceptation. Il ne peut pas servir aux soins.</em></p>\n",
}
MONTHS = {
    "nl": "januari februari maart april mei juni juli augustus september oktober november december".split(),
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
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
    capacity = {
        "nl": "in eigen naam"
        if natural
        else "als gevolmachtigd certificaathouder van de organisatie hieronder",
        "fr": "en son propre nom"
        if natural
        else "en tant que détenteur de certificat mandaté par l'organisation ci-dessous",
    }
    titles = {"nl": "Aanvraag van een eHealth-certificaat", "fr": "Demande d'un certificat eHealth"}
    texts = []
    for language, template in (("nl", DUTCH), ("fr", FRENCH)):
        body = template.format(
            reference=reference,
            day=f"{now.day} {MONTHS[language][now.month - 1]} {now.year}",
            notice=TEST_NOTICE[language] if environment == "acceptance" else "",
            signer=escape(" ".join([*first_names, surname])),
            capacity=capacity[language],
            holder=escape(names.get(language, subject.name)),
            identifier=escape("SSIN" if natural else f"{subject.identifier_type} {subject.identifier}"),
            dn=escape(dn),
        )
        texts.append((language, PAGE.format(language=language, title=escape(titles[language]), body=body)))
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
    """The one identifier (type, value), the first names and the name of an actor; raises Refusal INVALID_ACTOR."""
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
        Subject(**document["subject"]),
        document["signer_ssin"],
        tuple(document["signer_first_names"]),
        document["signer_name"],
        tuple((language, text) for language, text in document["texts"]),
    )
