"""The WS-Trust 1.3 way: a request, a challenge that the holder of the key signs, and the token; or a renewal."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from lxml import etree

from deploy.sandbox.sessions import proofs
from deploy.sandbox.sessions.attributes import CERTIFIED, IDENTIFICATION, IDENTITY
from deploy.sandbox.sessions.saml import Asked
from deploy.sandbox.sessions.words import (
    AUTH,
    NS,
    WST,
    Declined,
    certificate_in,
    malformed,
    moment_in,
    only,
    tag,
)

TOKEN_TYPE = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV1.1"  # noqa: S105  a name
KEY_TYPES = (f"{WST}/PublicKey", "http://docs.oasis-open.org/ws-sx/wstrust/200512/PublicKey")
"""The second is how clients misspell it."""
CLAIMS = f"{AUTH}/authclaims"


@dataclass(frozen=True)
class Start:
    """The first step: what is asked, and the context that both steps share."""

    context: str
    asked: Asked


def read(request: etree._Element, signers: list[x509.Certificate], now: datetime) -> Start:
    """What a wst:RequestSecurityToken asks for; `signers` are the certificates of tokens that can be renewed.

    Raises Declined.
    """
    context = request.get("Context", "")
    if not context or only(request, "wst:TokenType").text != TOKEN_TYPE:
        raise malformed("a context and the type of token are expected")
    if only(request, "wst:KeyType").text not in KEY_TYPES:
        raise malformed("the key is a public key")
    kind = only(request, "wst:RequestType").text
    lifetime = only(request, "wst:Lifetime")
    period = (
        moment_in(lifetime.findtext("wsu:Created", None, NS)),
        moment_in(lifetime.findtext("wsu:Expires", None, NS)),
    )
    holder = certificate_in(
        only(request, "wst:UseKey/wsse:SecurityTokenReference/ds:X509Data/ds:X509Certificate")
    )
    if kind == f"{WST}/Renew":
        old = only(request, "wst:RenewTarget/wsse:SecurityTokenReference/wsse:Embedded/saml:Assertion")
        return Start(context, _renewed(old, Asked(holder, *period, {}, ()), signers, now))
    if kind != f"{WST}/Issue":
        raise malformed("a token is issued or renewed")
    claims = only(request, "wst:Claims")
    if claims.get("Dialect") != CLAIMS:
        raise malformed("the claims are in another dialect")
    asserted, asked = {}, []
    for claim in claims.findall("auth:ClaimType", NS):
        name = claim.get("Uri", "")
        named = (name, IDENTIFICATION if name in IDENTITY else CERTIFIED)
        value = claim.findtext("auth:Value", None, NS)
        if value is not None:
            asserted[named] = value.partition(";")[0].strip()
        asked.append(named)
    return Start(context, Asked(holder, *period, asserted, tuple(asked)))


def challenge(context: str, text: str) -> etree._Element:
    """The answer to the first step."""
    answer = _response(context)
    wrapper = etree.SubElement(answer, tag("wst:SignChallenge"))
    etree.SubElement(wrapper, tag("wst:Challenge")).text = text
    return answer


def challenged(element: etree._Element) -> tuple[str, str]:
    """Context and challenge as the second step brings them back. Raises Declined."""
    answered = only(element, "wst:SignChallengeResponse/wst:Challenge")
    return element.get("Context", ""), "".join((answered.text or "").split())


def response(context: str) -> tuple[etree._Element, etree._Element]:
    """The answer to the second step, and the element that its token goes into."""
    answer = _response(context)
    etree.SubElement(answer, tag("wst:TokenType")).text = TOKEN_TYPE
    return answer, etree.SubElement(answer, tag("wst:RequestedSecurityToken"))


def to_json(asked: Asked, encoded: str) -> dict[str, object]:
    """What was asked in the first step, as it is kept until the second; `encoded` is the holder's certificate."""
    return {
        "holder": encoded,
        "period": [asked.not_before.isoformat(), asked.not_on_or_after.isoformat()],
        "asserted": [[name, namespace, value] for (name, namespace), value in asked.asserted.items()],
        "asked": [list(one) for one in asked.asked],
    }


def _renewed(old: etree._Element, asked: Asked, signers: list[x509.Certificate], now: datetime) -> Asked:
    proofs.check_old_token(old, signers)
    key = only(old, "saml:AuthenticationStatement/saml:Subject/saml:SubjectConfirmation/ds:KeyInfo")
    if certificate_in(only(key, "ds:X509Data/ds:X509Certificate")) != asked.holder:
        raise Declined("HOLDER_NOT_PROVEN", "The token to renew is for another key.")
    end = moment_in(only(old, "saml:Conditions").get("NotOnOrAfter"))
    if end <= now:
        raise Declined("TOKEN_EXPIRED", "The token to renew has ended.")
    asserted, names = {}, []
    for attribute in old.findall("saml:AttributeStatement/saml:Attribute", NS):
        named = (attribute.get("AttributeName", ""), attribute.get("AttributeNamespace", ""))
        names.append(named)
        if named[1] == IDENTIFICATION:
            asserted[named] = (only(attribute, "saml:AttributeValue").text or "").strip()
    return Asked(asked.holder, asked.not_before, asked.not_on_or_after, asserted, tuple(names))


def _response(context: str) -> etree._Element:
    answer = etree.Element(tag("wst:RequestSecurityTokenResponse"), nsmap={"wst": WST})
    answer.set("Context", context)
    return answer
