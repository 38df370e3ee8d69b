"""One call of the Secure Token Service, from its envelope to the token or the refusal."""

import base64
import json
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from deploy.sandbox.authorities.pki import Pki
from deploy.sandbox.register.requests import Register
from deploy.sandbox.sessions import assertions, attributes, outer, saml, trust
from deploy.sandbox.sessions.assertions import Grant
from deploy.sandbox.sessions.holders import Holder, Holders
from deploy.sandbox.sessions.iam import Signers
from deploy.sandbox.sessions.outer import Message, Outer
from deploy.sandbox.sessions.saml import Asked
from deploy.sandbox.sessions.words import SOAP, WSSE, WST, Declined, tag
from deploy.sandbox.soap import SoapFault
from deploy.sandbox.state.source import Source
from deploy.sandbox.state.store import Store, to_moment, to_text

LONGEST_PERIOD = timedelta(hours=24)
CHALLENGE_LIFE = timedelta(minutes=5)
REMEMBERED = timedelta(days=1)
SPOILED = (
    *("expired-token", "wrong-hok", "other-identity", "no-attributes", "wrong-signer", "changed-value"),
    *("wrong-in-response-to", "two-tokens", "wrapped-token", "sha1-token"),
)
"""Faults of this service alone: the token is made, and wrong in one way."""
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Desk:
    """The service of one environment at one moment."""

    environment: str
    now: datetime
    store: Store
    pki: Pki
    source: Source
    register: Register
    signers: Signers

    @property
    def holders(self) -> Holders:
        """Tells whose certificate it is."""
        return Holders(self.environment, self.pki, self.register, self.store, self.now)


class Shapes:
    """The schema of the SAML way."""

    def __init__(self) -> None:
        self._schema = etree.XMLSchema(etree.parse(HERE / "saml-protocol.xsd"))
        self._lock = threading.Lock()  # a schema object holds the log of its last validation

    def check_request(self, element: etree._Element) -> None:
        """Raise SoapFault for a request that the schema does not know; the reason repeats nothing of it."""
        alone = etree.fromstring(etree.tostring(element))
        with self._lock:
            if not self._schema.validate(alone):
                raise SoapFault("SOA-03006", f"line {self._schema.error_log[0].line}")


def answer(message: Message, desk: Desk, shapes: Shapes, kind: str, argument: str) -> tuple[int, bytes, str]:
    """HTTP status, body and outcome of one message; a fault of this `kind` has its way. Raises SoapFault."""
    try:
        _asked_for(kind, argument)
        found = outer.check(message, desk.now)
        _once(desk, found.signature_value)
        if message.operation == "RequestSecureToken":
            return _saml(message, found, desk, shapes, kind)
        if message.operation == "RequestSecurityToken":
            return _start(message, found, desk)
        return _finish(message, found, desk, kind)
    except Declined as reason:
        if reason.wss:
            return 500, _fault(f"wsse:{reason.wss}", reason.sentence), reason.reason
        if message.operation == "RequestSecureToken":
            refused = saml.refusal(message.element.get("RequestID", ""), desk.now, reason)
            return 200, _envelope(refused), reason.reason
        return 500, _fault("wst:RequestFailed", reason.sentence), reason.reason


def _asked_for(kind: str, argument: str) -> None:
    if kind == "refused":
        raise Declined(argument or "REQUEST_REFUSED", "Refused, because this was asked for.")
    if kind == "revoked":
        raise Declined("CERTIFICATE_REVOKED", "The certificate has been revoked.", wss="InvalidSecurityToken")
    if kind == "wss-fault":
        raise Declined("FAULT", "A fault, because this was asked for.", wss="FailedCheck")


def _saml(message: Message, found: Outer, desk: Desk, shapes: Shapes, kind: str) -> tuple[int, bytes, str]:
    shapes.check_request(message.element)
    request_id = message.element.get("RequestID", "")
    _once(desk, request_id)
    header = desk.holders.of(found.certificate, card=True)
    asked, digest = saml.read(message.element, header.certificate)
    grant = _granted(desk, header, asked)
    told = f"_{secrets.token_hex(16)}" if kind == "wrong-in-response-to" else request_id
    response = saml.response(told, desk.now)
    _put_token(response, grant, desk, kind)
    outcome = "success with an inner signature by SHA-1" if digest == "sha1" else "success"
    return 200, _envelope(response), outcome


def _start(message: Message, found: Outer, desk: Desk) -> tuple[int, bytes, str]:
    header = desk.holders.of(found.certificate, card=True)
    begun = trust.read(message.element, desk.signers.certificates(desk.environment), desk.now)
    _granted(desk, header, begun.asked)
    text = base64.b64encode(secrets.token_bytes(32)).decode()
    document = trust.to_json(begun.asked, _encoded(begun.asked.holder))
    with desk.store.transaction() as db:
        db.execute(
            "INSERT OR REPLACE INTO session_challenge (environment, context, challenge, header, document, made_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                *(desk.environment, begun.context, text, _encoded(header.certificate)),
                *(json.dumps(document), to_text(desk.now)),
            ),
        )
    return 200, _envelope(trust.challenge(begun.context, text)), "challenge"


def _finish(message: Message, found: Outer, desk: Desk, kind: str) -> tuple[int, bytes, str]:
    context, text = trust.challenged(message.element)
    with desk.store.transaction() as db:
        row = db.execute(
            "DELETE FROM session_challenge WHERE environment = ? AND context = ? RETURNING *",
            (desk.environment, context),
        ).fetchone()
    if row is None or to_moment(row["made_at"]) + CHALLENGE_LIFE < desk.now:
        raise Declined("CHALLENGE_UNKNOWN", "No challenge of this context waits: each is answered once.")
    if not secrets.compare_digest(row["challenge"].encode(), text.encode()):
        raise Declined("CHALLENGE_WRONG", "The challenge that came back is another one.")
    document = json.loads(row["document"])
    holder = _decoded(document["holder"])
    if found.certificate != holder:
        raise Declined("HOLDER_NOT_PROVEN", "Who holds the key has not signed the challenge.")
    begin, end = document["period"]
    asked = Asked(
        holder,
        to_moment(begin),
        to_moment(end),
        {(name, namespace): value for name, namespace, value in document["asserted"]},
        tuple((name, namespace) for name, namespace in document["asked"]),
    )
    grant = _granted(desk, desk.holders.of(_decoded(row["header"]), card=True), asked)
    response, place = trust.response(context if kind != "wrong-in-response-to" else secrets.token_hex(16))
    _put_token(place, grant, desk, kind)
    return 200, _envelope(response), "success"


def _granted(desk: Desk, header: Holder, asked: Asked) -> Grant:
    """What a request gets. Raises Declined PERIOD_REFUSED, and as holders and attributes do."""
    holder = desk.holders.of(asked.holder, card=False)
    length = asked.not_on_or_after - asked.not_before
    if not timedelta() < length <= LONGEST_PERIOD or asked.not_on_or_after <= desk.now:
        raise Declined("PERIOD_REFUSED", "A session lasts at most 24 hours, and ends after now.")
    if asked.not_before > desk.now + outer.SKEW:
        raise Declined("PERIOD_REFUSED", "A session begins now.")
    said = attributes.granted(asked.asserted, asked.asked, [holder, header], desk.source)
    return Grant(header, holder, said, asked.not_before, asked.not_on_or_after)


def _put_token(place: etree._Element, grant: Grant, desk: Desk, kind: str) -> None:
    signer = desk.signers.current(desk.environment)
    if kind in SPOILED:
        stranger = desk.signers.stranger(desk.environment, desk.now)
        grant = assertions.spoiled(grant, kind, desk.now, stranger)
        signer = stranger if kind == "wrong-signer" else signer
    assertion = assertions.make(place, grant, desk.now)
    assertions.sign(assertion, signer, sha1=kind == "sha1-token")
    if kind == "changed-value":
        assertions.change_value(assertion)
    elif kind == "two-tokens":
        assertions.sign(assertions.make(place, grant, desk.now), signer)
    elif kind == "wrapped-token":
        _wrap(place, assertion, grant, desk)


def _wrap(place: etree._Element, signed: etree._Element, grant: Grant, desk: Desk) -> None:
    """Hide the signed token in a false one that bears its signature: what is verified is not what is read."""
    place.remove(signed)
    false = assertions.make(
        place,
        assertions.spoiled(grant, "other-identity", desk.now, desk.signers.current(desk.environment)),
        desk.now,
    )
    signature = signed[-1]
    false.append(signature)
    etree.SubElement(signature, tag("ds:Object")).append(signed)


def _once(desk: Desk, value: str) -> None:
    """Remember an identifier or a signature. Raises Declined REPLAYED for one that was seen before."""
    with desk.store.transaction() as db:
        db.execute("DELETE FROM session_seen WHERE seen_at < ?", (to_text(desk.now - REMEMBERED),))
        new = db.execute(
            "INSERT OR IGNORE INTO session_seen (environment, value, seen_at) VALUES (?, ?, ?)",
            (desk.environment, value, to_text(desk.now)),
        )
        if new.rowcount != 1:
            raise Declined("REPLAYED", "This message was received before.", wss="FailedCheck")


def _envelope(content: etree._Element) -> bytes:
    root = etree.Element(tag("soap:Envelope"), nsmap={"soap": SOAP})
    etree.SubElement(root, tag("soap:Body")).append(content)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _fault(code: str, sentence: str) -> bytes:
    fault = etree.Element(tag("soap:Fault"), nsmap={"soap": SOAP, "wsse": WSSE, "wst": WST})
    etree.SubElement(fault, "faultcode").text = code
    etree.SubElement(fault, "faultstring").text = sentence
    return _envelope(fault)


def _encoded(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def _decoded(text: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(base64.b64decode(text))
