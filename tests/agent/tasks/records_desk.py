"""The counterpart's desk for the government's own records: offers the questions and checks what was signed."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from agent.wire.encoding import from_base64, to_base64url
from agent.wire.jobs import Identifier, Organisation, RecordsJob, Signer
from agent.wire.xml.question import read_actor_qualities, read_info_for_citizen
from agent.wire.xml.signature import verify_enveloped
from tests.agent.tokens.desk import Json, Refused, answer_json
from tests.support.cards import SoftwareCard


@dataclass
class Asking:
    """One inquiry and what became of it."""

    job: RecordsJob
    state: str = "ready"
    signed: tuple[bytes, bytes] = (b"", b"")


class RecordsDesk:
    """The part of the counterpart that asks the government."""

    card: SoftwareCard
    url: str
    askings: dict[str, Asking]

    def add_inquiry(self, **changes: Any) -> RecordsJob:
        number = Identifier("SSIN", self.card.ssin)
        now = datetime.now(UTC)
        values: Json = {
            "id": to_base64url(secrets.token_bytes(16)),
            "server": self.url,
            "expires_at": now + timedelta(hours=1),
            "organisation": Organisation("AZ Sint-Elisabeth Maasdal", number),
            "environment": "production",
            "requested_by": "Luc Dubois",
            "requested_at": now,
            "reason": "",
            "person": Signer((number,), self.card.first_names, self.card.surname),
        }
        job = RecordsJob(**{**values, **changes})
        self.askings[job.id] = Asking(job)
        return job

    def records_step(self, asking: Asking, step: str, body: Json) -> tuple[int, bytes]:
        if step == "" and asking.state == "ready":
            return answer_json(200, asking.job.to_json())
        if step == "decline":
            asking.state = "declined"
            return answer_json(200, {"state": "declined"})
        if step == "records":
            return self._take_questions(
                asking, from_base64(body["qualities"]), from_base64(body["certificates"])
            )
        raise Refused(404 if step == "outcome" else 409, "job_unknown" if step == "outcome" else "job_closed")

    def _take_questions(self, asking: Asking, qualities: bytes, certificates: bytes) -> tuple[int, bytes]:
        if asking.state != "ready" and asking.signed != (qualities, certificates):
            raise Refused(409, "job_closed")
        first, second = verify_enveloped(qualities), verify_enveloped(certificates)
        if not first.certificate == second.certificate == self.card.authentication:
            raise Refused(422, "wrong_signer")
        if read_actor_qualities(first.data).person != Identifier("SSIN", self.card.ssin):
            raise Refused(422, "wrong_signer")
        read_info_for_citizen(second.data)
        asking.signed, asking.state = (qualities, certificates), "answered"
        return answer_json(200, {"state": "answered", "proposals": 3})
