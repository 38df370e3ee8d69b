"""The self test of a token: fetch it from the depot, seal a message to it, open that with the key store."""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from cryptography import x509

from agent.errors import AgentError, PortalError
from agent.language import Texts
from agent.pkcs12 import Contents
from agent.portal.answers import DepotToken
from agent.portal.client import Portal
from agent.sealing import Sender, keys_by_serial, open_sealed, seal
from agent.stores.contents import AuthenticationEntry, encryption_entries
from agent.tokens.system_requests import SystemSigner
from agent.ui import Dialogue
from agent.wire.errors import WireError
from agent.wire.limits import MAX_ETK_BYTES
from agent.wire.tokens.etk import verify_etk
from agent.wire.tokens.signed_data import read_signed_data

Finding = Literal[
    "ok", "depot_empty", "other_token", "replaced", "key_missing", "not_opened", "token_invalid"
]


@dataclass(frozen=True)
class SelfTest:
    """Asks the depot through the server, works here, and tells the server what came of it."""

    portal: Portal
    dialogue: Dialogue
    texts: Texts

    def run(self, job_id: str, contents: Contents, entry: AuthenticationEntry) -> Finding:
        """Test the store's token, say what was found, and report it to the server. Raises PortalError."""
        self.dialogue.progress(self.texts("self_test.running"))
        depot = self.portal.depot_token(job_id)
        finding, serial = judge_token(depot, contents, entry, now=datetime.now(UTC))
        self.portal.token_proof(job_id, finding, serial)
        tell_own_record(self.portal, job_id, SystemSigner.of(contents, entry))
        self.dialogue.say(self.texts(f"self_test.{finding}"))
        return finding


def tell_own_record(portal: Portal, job_id: str, signer: SystemSigner) -> None:
    """Send the server a signed question with which it asks the government what it keeps of this certificate.

    A courtesy beside the work: where it cannot be done now, it is done at the next occasion.
    """
    with suppress(PortalError):
        portal.own_record(job_id, signer.own_record())


def judge_token(
    depot: DepotToken, contents: Contents, entry: AuthenticationEntry, *, now: datetime
) -> tuple[Finding, str]:
    """Judge what a token of the depot is worth to this key store; give its serial number too, empty when unknown."""
    if depot.etk is None:
        return "depot_empty", ""
    try:
        certificate = verify_etk(
            depot.etk, authentication_certificate=entry.certificate, anchors=depot.trust_anchors, now=now
        ).certificate
    except WireError as error:
        if error.code != "etk_certificates_wrong":
            return "token_invalid", ""
        # The token of the certificate before or after belongs to that one.
        return ("replaced" if _is_replaced(depot.etk, depot, entry.certificate, now) else "other_token"), ""
    serial = str(certificate.serial_number)
    ours = {found.alias: found for found in encryption_entries(contents)}.get(serial)
    if ours is None or ours.certificate != certificate:
        return "key_missing", serial
    message = secrets.token_bytes(64)
    sender = Sender(entry.key, SystemSigner.of(contents, entry).chain)
    try:
        sealed = seal(message, [certificate], sender, now=now)
        opened = open_sealed(sealed, keys_by_serial(contents))
    except (AgentError, WireError):
        return "not_opened", serial
    return ("ok" if opened.message == message else "not_opened"), serial


def _is_replaced(etk: bytes, depot: DepotToken, ours: x509.Certificate, now: datetime) -> bool:
    """Return whether the token is a good one of a certificate of the same name that was issued after ours."""
    try:
        others = read_signed_data(etk, limit=MAX_ETK_BYTES).certificates
    except WireError:
        return False
    for other in others:
        if other.subject != ours.subject or other.not_valid_before_utc <= ours.not_valid_before_utc:
            continue
        with suppress(WireError):
            verify_etk(etk, authentication_certificate=other, anchors=depot.trust_anchors, now=now)
            return True
    return False
