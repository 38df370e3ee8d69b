"""What stands behind one environment's address: its services, and the status of its authorities' certificates."""

import base64
import binascii
import logging
import re
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from deploy.sandbox import faults, operations, soap
from deploy.sandbox.authorities import revocation
from deploy.sandbox.authorities.pki import Pki
from deploy.sandbox.faults import Fault, FaultError, Faults
from deploy.sandbox.foreigners import Foreigners
from deploy.sandbox.lists.published import Lists
from deploy.sandbox.operations import certificate
from deploy.sandbox.operations.scene import Scene
from deploy.sandbox.register.requests import Register, issue
from deploy.sandbox.server import BodyTooLarge, Handler
from deploy.sandbox.services import SERVICES, Service
from deploy.sandbox.sessions import outer
from deploy.sandbox.sessions import service as sessions
from deploy.sandbox.sessions.iam import Signers
from deploy.sandbox.sessions.service import Desk, Shapes
from deploy.sandbox.sessions.words import PATHS
from deploy.sandbox.soap import Refusal, SoapFault
from deploy.sandbox.state.received import Received
from deploy.sandbox.state.source import SourceKeeper
from deploy.sandbox.state.store import Clock, Store
from deploy.sandbox.tokens.kept import Tokens
from deploy.sandbox.tokens.signer import TokenSigner

log = logging.getLogger(__name__)

XML = "text/xml; charset=utf-8"
STATUS_FILE = re.compile(r"/pki/([a-z-]+)\.(crl|crt)")
FOREIGNER = re.compile(r"/foreigners/([A-Za-z0-9_-]{32})")
LIST_FILE = re.compile(r"/tsl-ehpbe-([a-z]+)\.(xml|sha2)")
OCSP = re.compile(r"/ocsp/([a-z-]+)(?:/(.+))?")


@dataclass(frozen=True)
class Platform:
    """Everything that the listeners share."""

    store: Store
    clock: Clock
    pki: Pki
    source: SourceKeeper
    register: Register
    faults: Faults
    received: Received
    schema: soap.Schema
    tokens: Tokens
    token_signers: dict[str, TokenSigner]
    foreigners: Foreigners
    signers: Signers
    shapes: Shapes
    lists: Lists

    def scene(self, environment: str) -> Scene:
        """One environment as it is now."""
        return Scene(
            environment,
            self.clock.now(),
            self.store,
            self.pki,
            self.source.current(),
            self.register,
            self.tokens,
            self.token_signers[environment],
            self.foreigners,
        )

    def desk(self, environment: str) -> Desk:
        """The token service of one environment as it is now."""
        source = self.source.current()
        now = self.clock.now()
        return Desk(environment, now, self.store, self.pki, source, self.register, self.signers)


@dataclass(frozen=True)
class Answer:
    """What goes back for one SOAP message; `fault` still has to spoil it."""

    status: int
    body: bytes
    operation: str
    outcome: str
    fault: Fault = faults.NONE


def handle(
    platform: Platform, environment: str, service: Service, headers: dict[str, str], body: bytes
) -> Answer:
    """Answer one SOAP message that came to a service. `headers` are in lower case."""
    operation = "unknown"
    try:
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "text/xml":
            raise SoapFault("SOA-03002", "Content-Type must be text/xml")
        call = soap.open_envelope(body, service, headers.get("soapaction", ""))
        operation = call.operation
        fault = platform.faults.take(environment, operation, headers.get("x-sandbox-fault"))
        if fault.kind.startswith(("http-", "drop-before", "hang")):
            return Answer(502, b"", operation, fault.kind, fault)
        platform.schema.check_request(call.element)
        scene = platform.scene(environment)
        try:
            fault.before_work()
        except Refusal as reason:
            element, outcome = soap.refusal(call, scene.now, reason), reason.code
        else:
            scene = platform.scene(environment)  # time and the source may have moved during a wait
            element, outcome = _work(call, scene, fault)
        platform.schema.check_answer(element)
    except SoapFault as soap_fault:
        detail = soap.error_detail(soap_fault, environment)
        platform.schema.check_answer(detail)
        return Answer(500, soap.fault_envelope(soap_fault, detail), operation, soap_fault.code)
    return Answer(200, soap.envelope(element), operation, outcome, fault)


def handle_session(platform: Platform, environment: str, headers: dict[str, str], body: bytes) -> Answer:
    """Answer one message of the token service. `headers` are in lower case."""
    operation = "unknown"
    try:
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "text/xml":
            raise SoapFault("SOA-03002", "Content-Type must be text/xml")
        message = outer.open_message(body, headers.get("soapaction", ""))
        operation = message.operation
        fault = platform.faults.take(environment, operation, headers.get("x-sandbox-fault"))
        if fault.kind.startswith(("http-", "drop-before", "hang")):
            return Answer(502, b"", operation, fault.kind, fault)
        if fault.kind != "refused":
            fault.before_work()
        desk = platform.desk(environment)
        status, content, outcome = sessions.answer(message, desk, platform.shapes, fault.kind, fault.argument)
    except SoapFault as soap_fault:
        detail = soap.error_detail(soap_fault, environment)
        return Answer(500, soap.fault_envelope(soap_fault, detail), operation, soap_fault.code)
    return Answer(status, content, operation, outcome, fault)


def _work(call: soap.Call, scene: Scene, fault: Fault) -> tuple[etree._Element, str]:
    element, outcome = operations.perform(call, scene)
    if fault.kind == "wrong-certificate" and (call.operation, outcome) == ("GetCertificate", "success"):
        request = scene.register.find(scene.environment, call.text("m:PublicKeyIdentifier").strip())
        if request is not None:
            stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
            other = issue(scene.pki[f"{scene.environment}-issuing"], request.subject, stranger, scene.now)
            return certificate.deliver(call, scene, request, other), fault.kind
    return element, outcome


def handler_for(platform: Platform, environment: str) -> type[Handler]:
    """The HTTP handler of one environment's address."""

    class EnvironmentHandler(Handler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            """The Date of every answer, by the sandbox's clock: by it a caller tells whose clock is wrong."""
            return super().date_time_string(timestamp or platform.clock.now().timestamp())

        def do_POST(self) -> None:
            try:
                body = self.read_body()
            except BodyTooLarge as error:
                fault = SoapFault("SOA-03001", str(error))
                detail = soap.error_detail(fault, environment)
                self.send(413, XML, soap.fault_envelope(fault, detail))
                return
            if self.path in SERVICES:
                self._soap(partial(handle, platform, environment, SERVICES[self.path]), body)
            elif self.path in PATHS:
                self._soap(partial(handle_session, platform, environment), body)
            elif (match := OCSP.fullmatch(self.path)) and match[2] is None:
                self._ocsp(match[1], body)
            elif match := FOREIGNER.fullmatch(self.path):
                filled = dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace")))
                self._foreigner(match[1], filled.get("number", ""))
            else:
                self.send(404, "text/plain", b"There is nothing here.\n")

        def do_GET(self) -> None:
            authority = None
            if match := STATUS_FILE.fullmatch(self.path):
                authority = platform.pki.at(environment, match[1])
            if match and authority and match[2] == "crl":
                crl = revocation.revocation_list(platform.store, authority, platform.clock.now())
                self.send(200, "application/pkix-crl", crl)
            elif match and authority:
                self.send(200, "application/pkix-cert", authority.der)
            elif (match := OCSP.fullmatch(self.path)) and match[2]:
                try:  # RFC 6960 appendix A.1: the question in base64, percent-encoded
                    question = base64.b64decode(urllib.parse.unquote(match[2]), validate=True)
                except (binascii.Error, ValueError):
                    question = b""
                self._ocsp(match[1], question)
            elif match := FOREIGNER.fullmatch(self.path):
                self._foreigner(match[1], None)
            elif match := LIST_FILE.fullmatch(self.path):
                self._list(match[1], match[2])
            else:
                self.send(404, "text/plain", b"There is nothing here.\n")

        def _foreigner(self, ticket: str, number: str | None) -> None:
            status, page = platform.foreigners.page(environment, ticket, number, platform.clock.now())
            log.info("%s foreigner's page: %s", environment, status)
            self.send(status, "text/html; charset=utf-8", page.encode())

        def _list(self, kind: str, suffix: str) -> None:
            content, digest = platform.lists.files(environment, kind)
            found = content if suffix == "xml" else digest
            log.info("%s list %s.%s: %s", environment, kind, suffix, 404 if found is None else 200)
            if found is None:
                self.send(404, "text/plain", b"There is nothing here.\n")
            else:
                self.send(200, "application/xml" if suffix == "xml" else "text/plain", found)

        def _ocsp(self, slug: str, question: bytes) -> None:
            authority = platform.pki.at(environment, slug)
            if authority is None:
                self.send(404, "text/plain", b"There is nothing here.\n")
                return
            reply = revocation.answer(platform.store, authority, question, platform.clock.now())
            self.send(200, "application/ocsp-response", reply)

        def _soap(self, answering: Callable[[dict[str, str], bytes], Answer], body: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            begin = time.monotonic()
            try:
                answer = answering(headers, body)
            except FaultError as error:
                self.send(400, "text/plain; charset=utf-8", f"X-Sandbox-Fault: {error}\n".encode())
                return
            except (
                Exception
            ) as error:  # whatever went wrong here must still look like the platform's own failure
                log.exception("operation failed")
                fault = SoapFault("SOA-00001", type(error).__name__)
                detail = soap.error_detail(fault, environment)
                answer = Answer(500, soap.fault_envelope(fault, detail), "unknown", fault.code)
            outcome = answer.outcome
            if answer.fault.kind and answer.fault.kind != outcome:
                outcome = f"{outcome} ({answer.fault.kind})"
            platform.received.keep(platform.clock.now(), environment, answer.operation, body, outcome)
            spent = (time.monotonic() - begin) * 1000
            log.info("%s %s: %s, %.0f ms", environment, answer.operation, outcome, spent)
            self._send_spoiled(answer)

        def _send_spoiled(self, answer: Answer) -> None:
            kind = answer.fault.kind
            if kind.startswith("drop-"):
                self.hang_up()
            elif kind == "hang":
                self.keep_waiting(faults.LONGEST)
                self.hang_up()
            elif kind == "drip":
                self.send_slowly(XML, answer.body, answer.fault.seconds)
            elif kind.startswith("http-"):
                self.send(int(kind[5:]), "text/html", faults.PAGE)
            elif kind == "not-xml":
                self.send(200, "text/html", faults.PAGE)
            elif kind == "wrong-element":
                self.send(200, XML, soap.envelope(faults.another_element(answer.operation)))
            elif kind == "dtd-bomb":
                self.send(200, XML, faults.BOMB)
            elif kind == "oversized":
                self.send(200, XML, answer.body + b" " * (faults.OVERSIZED - len(answer.body)))
            elif kind == "truncated":
                self.send(200, XML, answer.body[: len(answer.body) // 2], announce=len(answer.body))
            else:
                self.send(answer.status, XML, answer.body)

    return EnvironmentHandler
