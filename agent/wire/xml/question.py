"""The questions of CertRA v2 that a key has to sign: about a person's mandates, a citizen's or a key's certificates."""

from dataclasses import dataclass
from datetime import datetime

from agent.wire.errors import MalformedXml
from agent.wire.jobs import Identifier
from agent.wire.pki.names import IDENTIFIER_TYPE
from agent.wire.xml.contract import read_identifier
from agent.wire.xml.elements import CERTRA, element
from agent.wire.xml.frame import OpenedFrame, RequestFacts, frame_request

_QUALITIES = "GetActorQualitiesRequest"
_CITIZEN = "GetCertificateInfoForCitizenRequest"
_CERTIFICATE = "GetCertificateInfoForAuthenticationCertificateRequest"


@dataclass(frozen=True)
class ActorQualitiesFacts(RequestFacts):
    """Whose qualities and mandates are asked for; CertRA answers only when it is the signer's own number."""

    person: Identifier


def build_actor_qualities(person: Identifier, *, request_id: str, issue_instant: datetime) -> bytes:
    """GetActorQualitiesRequest, to be signed with the eID's Authentication key. Raises MalformedXml."""
    if not IDENTIFIER_TYPE.match(person.type):
        raise MalformedXml("not an identifier type")
    body = element("SSIN", person.value, "Type", person.type)
    return frame_request(CERTRA, _QUALITIES, body, request_id=request_id, issue_instant=issue_instant)


def read_actor_qualities(data: bytes) -> ActorQualitiesFacts:
    """Read a request, signed or not, strictly. Raises MalformedXml."""
    frame = OpenedFrame(data, CERTRA, _QUALITIES)
    person = read_identifier(frame.children.one(CERTRA, "SSIN"))
    facts = frame.facts()
    return ActorQualitiesFacts(facts.request_id, facts.issue_instant, facts.signature_present, person)


def build_info_for_citizen(*, request_id: str, issue_instant: datetime) -> bytes:
    """GetCertificateInfoForCitizenRequest, to be signed with the eID's Authentication key. Raises MalformedXml."""
    return frame_request(CERTRA, _CITIZEN, request_id=request_id, issue_instant=issue_instant)


def read_info_for_citizen(data: bytes) -> RequestFacts:
    """Read a request, signed or not, strictly. Raises MalformedXml."""
    return OpenedFrame(data, CERTRA, _CITIZEN).facts()


def build_info_for_certificate(*, request_id: str, issue_instant: datetime) -> bytes:
    """GetCertificateInfoForAuthenticationCertificateRequest, to be signed with that certificate's own key.

    Raises MalformedXml.
    """
    return frame_request(CERTRA, _CERTIFICATE, request_id=request_id, issue_instant=issue_instant)


def read_info_for_certificate(data: bytes) -> RequestFacts:
    """Read a request, signed or not, strictly. Raises MalformedXml."""
    return OpenedFrame(data, CERTRA, _CERTIFICATE).facts()
