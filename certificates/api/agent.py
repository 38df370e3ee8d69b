"""The agent's endpoints for enrolling: card and device are checked here, where trust lives."""

import base64
import binascii
from datetime import datetime
from typing import Any

from cryptography import x509
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from agent.wire import protocol
from agent.wire.encoding import to_base64url
from agent.wire.limits import MAX_CERTIFICATE_BYTES, MAX_CHAIN_CERTIFICATES
from agent.wire.pki.certificates import read_certificate
from agent.wire.version import VERSION
from certificates.api.cards import still_checking
from certificates.models.card_check import Purpose
from certificates.services.cards.ask import check_card
from certificates.services.signing.agent_jobs import origin
from organisations.api.devices import AgentView, ProvenView, fields_of, named_organisations, strings
from organisations.errors import CardRefused, CardStatusUnknown, DomainError, SignatureInvalid
from organisations.models import Device, Enrolment, Organisation
from organisations.services.devices import enrolment as devices
from organisations.services.devices.proofs import Accepted

Body = tuple[int, dict[str, Any]]


def decoded(text: object, limit: int) -> bytes | None:
    """Return the bytes of base64 text of at most `limit` bytes, None for anything else."""
    if not isinstance(text, str) or len(text) > limit * 4 // 3 + 4:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def certificates_in(value: object) -> list[x509.Certificate]:
    """Return the certificates of a JSON list, leaf first. Raises CardRefused."""
    texts = strings(value)
    if not 1 <= len(texts) <= MAX_CHAIN_CERTIFICATES:
        raise CardRefused
    try:
        return [read_certificate(decoded(text, MAX_CERTIFICATE_BYTES) or b"") for text in texts]
    except ValueError as error:
        raise CardRefused from error


class Hello(AgentView):
    """Who answers here, and what time it is: for the doctor, before anything is enrolled.

    Whatever protocol an agent speaks, it is told which ones are understood here.
    """

    def get(self, request: Request) -> Response:
        """Return name, version, time, origin, and the range of protocols."""
        return Response(
            {
                "name": "ehportal",
                "version": VERSION,
                "time": timezone.now().isoformat(),
                "origin": origin(),
                "protocols": {"oldest": protocol.OLDEST_AGENT, "newest": protocol.NEWEST},
            }
        )


class StartEnrolment(ProvenView):
    """Hands out a nonce for the device key in the proof."""

    asks_nobody = True
    enrolling = True

    def post(self, request: Request) -> Response:
        """Return enrolment id, nonce and its end."""
        return self._answer(request, self._act)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime) -> Body:
        enrolment = devices.start_enrolment(accepted.jwk, now=now)
        return 201, {
            "enrolment_id": enrolment.pk,
            "nonce": to_base64url(bytes(enrolment.nonce)),
            "expires_at": enrolment.expires_at.isoformat(),
        }


class FinishEnrolment(ProvenView):
    """Takes the card's signature over origin, nonce and device key."""

    enrolling = True

    def post(self, request: Request, enrolment_id: str) -> Response:
        """Return the device, its holder and the organisations for which it works already.

        None yet for a new key: the holder agrees to each in a call of its own. The nonce is used up by the answer that
        decides, not by those that say that the card is being checked.
        """
        return self._answer(request, self._act, enrolment_id=enrolment_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, enrolment_id: str) -> Body:
        fields = fields_of(request)
        enrolment = devices.open_enrolment(enrolment_id, accepted.jwk, now=now)
        try:
            leaf, waits = self._check(request, accepted, fields, enrolment, now)
        except CardStatusUnknown:
            raise  # nothing was decided: the same nonce serves the next try
        except DomainError:
            devices.use_up(enrolment, now=now)
            raise
        if waits is not None:
            return waits
        devices.use_up(enrolment, now=now)
        holder = devices.card_holder(leaf)
        device = devices.enrol_device(
            holder, accepted.jwk, str(fields.get("device_label", "")).strip(), now=now
        )
        return 201, {
            "device_id": str(device.pk),
            "holder": {"first_names": device.holder_first_names, "name": device.holder_name},
            "organisations": organisation_names(device),
        }

    @staticmethod
    def _check(
        request: Request, accepted: Accepted, fields: dict[str, Any], enrolment: Enrolment, now: datetime
    ) -> tuple[x509.Certificate, Body | None]:
        """Return the card's certificate, and what to answer while its authority is asked."""
        leaf, *chain = certificates_in(fields.get("certificates"))
        signature = decoded(fields.get("signature"), 1024)
        if signature is None:
            raise SignatureInvalid
        devices.check_card_signature(
            enrolment, accepted.jwk, leaf, signature, str(fields.get("algorithm", "")), origin=origin()
        )
        return leaf, still_checking(
            request.headers, lambda: check_card(leaf, chain, Purpose.AUTHENTICATION, now=now)
        )


def organisation_names(device: Device) -> list[str]:
    """Return the names of the organisations for which a device works."""
    with named_organisations(device):
        return list(Organisation.objects.order_by("name").values_list("name", flat=True))


class ThisDevice(ProvenView):
    """What the server knows of the calling device."""

    asks_nobody = True

    def get(self, request: Request) -> Response:
        """Return holder, organisations and time of enrolment."""
        return self._answer(request, self._act)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime) -> Body:
        device = accepted.device
        assert device is not None  # noqa: S101  # only enrolling calls come without one
        return 200, {
            "device_id": str(device.pk),
            "label": device.label,
            "holder": {"first_names": device.holder_first_names, "name": device.holder_name},
            "organisations": organisation_names(device),
            "enrolled_at": device.enrolled_at.isoformat(),
        }
