"""EtkRA v2: how an encryption token comes into being beside a certificate. Every request is signed with its key.

None of these is a mere question: a start replaces an unfinished one, so that a lost answer leaves the outcome unknown.
The same signed bytes may be sent again; whether that helps is for the caller to know.
"""

from lxml import etree

from certificates.certra.facts import RegisteredToken
from certificates.certra.services import ETKRA
from certificates.certra.soap import SoapClient, understood
from certificates.certra.values import bytes_of, part_of

CHALLENGE = f"{{{ETKRA.namespace}}}Challenge"
ETK = f"{{{ETKRA.namespace}}}ETK"
TO_BE_ACTIVATED = f"{{{ETKRA.namespace}}}ToBeActivated"


class EtkraClient(SoapClient):
    """The TokenGateway (gateway.py) to one environment's EtkRA at `endpoint` (scheme, host, port)."""

    service = ETKRA

    def start_token(self, signed_request: bytes) -> bytes:
        """Send a StartETKRegistrationRequest byte for byte; return the challenge as it came."""
        answer = self.forward("StartETKRegistration", signed_request)
        return understood(lambda element: bytes_of(element, CHALLENGE), answer)

    def complete_token(self, signed_request: bytes) -> RegisteredToken:
        """Send a CompleteETKRegistrationRequest byte for byte; return the token (not verified here)."""
        return understood(_read_token, self.forward("CompleteETKRegistration", signed_request))

    def activate_token(self, signed_request: bytes) -> None:
        """Send an ActivateETKRequest byte for byte; returns once the depot hands out this token."""
        self.forward("ActivateETK", signed_request)


def _read_token(answer: etree._Element) -> RegisteredToken:
    activation = (part_of(answer, TO_BE_ACTIVATED).text or "").strip()
    return RegisteredToken(bytes_of(answer, ETK), activation in {"true", "1"})
