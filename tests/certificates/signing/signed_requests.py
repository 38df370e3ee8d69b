"""Every request that somebody signs, written and signed by a foreign hand: text templates, xmlsec, no codec of ours."""

from uuid import uuid4
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from lxml import etree

from agent.wire.jobs import RevocationContract
from deploy.sandbox.authorities.citizens import Identity
from tests.sandbox import messages
from tests.sandbox.tokens import messages as token_messages
from tests.sandbox.tokens.messages import System, b64, spki
from tests.support.holder import any_key, issue_identity
from tests.support.sandbox import SandboxProcess

PARTIES = '<k:DN>CN=X</k:DN><k:Signer><c:Id Type="SSIN">85073003328</c:Id><c:Name>Peeters</c:Name></k:Signer>'


def an(government: SandboxProcess) -> Identity:
    """The card of the hospital's mandated holder."""
    return issue_identity(government.state, "85073003328", "An Marie", "Peeters")


def sofie(government: SandboxProcess) -> Identity:
    """The card of a care provider without a mandate."""
    return issue_identity(government.state, "00010100105", "Sofie", "Janssens")


def new_application_id() -> str:
    """An ApplicationId that no other test of this session uses."""
    return f"T{uuid4().hex[:12].upper()}"


def by_card(element: etree._Element, card: Identity, purpose: str = "Authentication") -> bytes:
    """The bytes of a request signed with a key of this card."""
    return etree.tostring(messages.sign_as(element, card, purpose))


def by_system(holder: System, operation: str, content: str = "") -> bytes:
    """The bytes of a request signed with the key of an eHealth certificate."""
    return etree.tostring(holder.sign(token_messages.request(operation, content)))


def qualities(card: Identity) -> bytes:
    """GetActorQualities of the card's holder."""
    content = f'<m:SSIN Type="SSIN">{card.person.ssin}</m:SSIN>'
    return by_card(messages.request("GetActorQualities", content), card)


def citizen_infos(card: Identity) -> bytes:
    """GetCertificateInfoForCitizen."""
    return by_card(messages.request("GetCertificateInfoForCitizen"), card)


def own_info(holder: System) -> bytes:
    """GetCertificateInfoForAuthenticationCertificate."""
    return by_system(holder, "GetCertificateInfoForAuthenticationCertificate")


def revocation(card: Identity, pki: str, contract: RevocationContract) -> bytes:
    """Revoke with this contract, written anew: what the gateway read must be exactly what the platform wrote."""
    texts = "".join(
        f"<k:Value xml:lang={quoteattr(one.lang)}>{escape(one.html)}</k:Value>" for one in contract.texts
    )
    (signer,) = contract.signer.ids
    names = (*contract.signer.first_names, contract.signer.name)
    content = (
        f"<m:PublicKeyIdentifier>{pki}</m:PublicKeyIdentifier><m:Contract><k:DN>{escape(contract.dn)}</k:DN>"
        f"<k:Signer>{messages.actor((signer.type, signer.value), *names)}</k:Signer>"
        f"<k:RevocationReason>{contract.revocation_reason}</k:RevocationReason><k:Text>{texts}</k:Text></m:Contract>"
    )
    return by_card(messages.request("Revoke", content), card, "Signature")


def start(holder: System) -> bytes:
    """StartETKRegistration of a key that everybody may have."""
    return by_system(
        holder,
        "StartETKRegistration",
        f"<r:PublicEncryptionKey>{b64(spki(any_key()))}</r:PublicEncryptionKey>",
    )


def complete(holder: System, certificate: bytes = b"no certificate") -> bytes:
    """CompleteETKRegistration."""
    content = f"<r:ToBeRegistered>{b64(certificate)}</r:ToBeRegistered>"
    return by_system(holder, "CompleteETKRegistration", content)


def activate(holder: System) -> bytes:
    """ActivateETK."""
    return by_system(holder, "ActivateETK")


def stranger(government: SandboxProcess) -> System:
    """Somebody with a key and a certificate that the platform knows as a card, not as an eHealth certificate."""
    card = issue_identity(government.state, "85073003328", "An Marie", "Peeters", algorithm="rsa")
    chain: tuple[x509.Certificate, ...] = (card.authentication, card.authority, card.root)
    return System(government.production, card.authentication_key, chain)  # type: ignore[arg-type]  # an RSA card


def each(government: SandboxProcess) -> dict[str, bytes]:
    """One valid message of every signed operation; whether its signer is accepted is another matter."""
    card, system = an(government), stranger(government)
    text = '<k:Text><k:Value xml:lang="nl">x</k:Value></k:Text>'
    contact = messages.CONTACT.replace("m:", "k:")
    csr = f"{contact}<k:CSR>AAAA</k:CSR><k:Contract>{PARTIES}{text}</k:Contract>"
    reason = "<k:RevocationReason>superseded</k:RevocationReason>"
    contract = f"<m:Contract>{PARTIES}{reason}{text}</m:Contract>"
    end = f"<m:PublicKeyIdentifier>{'ab' * 20}</m:PublicKeyIdentifier>{contract}"
    return {
        "GetActorQualities": qualities(card),
        "GenerateCertificate": by_card(
            messages.request("GenerateCertificate", f"<m:EHealthCSR>{csr}</m:EHealthCSR>"), card, "Signature"
        ),
        "GetCertificateInfoForCitizen": citizen_infos(card),
        "GetCertificateInfoForAuthenticationCertificate": own_info(system),
        "Revoke": by_card(messages.request("Revoke", end), card, "Signature"),
        "StartETKRegistration": start(system),
        "CompleteETKRegistration": complete(system),
        "ActivateETK": activate(system),
    }
