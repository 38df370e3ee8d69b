"""The government's own records: two questions, shown, signed with the Authentication key in one sitting, sent."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from agent.card.checks import check_authentication_certificate, check_offer
from agent.card.eid import Card, CardReader
from agent.config import Config
from agent.errors import AgentError, CardError, ExitCode
from agent.language import Texts, printable
from agent.portal.client import Portal
from agent.portal.device import Device
from agent.tasks.card_sitting import CardSitting
from agent.ui import Dialogue
from agent.wire.errors import SignatureInvalid, WireError
from agent.wire.jobs import Identifier, RecordsJob
from agent.wire.xml.question import (
    build_actor_qualities,
    build_info_for_citizen,
    read_actor_qualities,
    read_info_for_citizen,
)
from agent.wire.xml.signature import sign_enveloped


@dataclass(frozen=True)
class RecordsTask:
    """Does one job with the holder's card; nothing is kept on this workstation."""

    config: Config
    device: Device
    portal: Portal
    dialogue: Dialogue
    texts: Texts

    def run(self, job: RecordsJob) -> ExitCode:
        """Show, sign and send both questions. Raises AgentError; a job that was not done can be run again."""
        check_offer(job, origin=self.device.origin, now=datetime.now(UTC))
        with CardReader(self.config.module()) as reader:
            card = CardSitting(self.dialogue, self.texts).card(reader)
            self._check_card(job, card)
            questions = _questions(job)
            self._ask(job, card, questions)
            qualities, certificates = self._sign(reader, card, questions)
        self.dialogue.progress(self.texts("records.asking"))
        found = self.portal.records(job.id, qualities, certificates)
        self.dialogue.say(self.texts("records.done", count=str(found)))
        return ExitCode.DONE

    @staticmethod
    def _check_card(job: RecordsJob, card: Card) -> None:
        """Check that the card is this person's. The number is compared, and never part of a message."""
        numbers = [one.value for one in job.person.ids if one.type == "SSIN"]
        if numbers != [card.national_number]:
            raise CardError("wrong_card", expected=f"{' '.join(job.person.first_names)} {job.person.name}")
        check_authentication_certificate(card.authentication, now=datetime.now(UTC))

    def _ask(self, job: RecordsJob, card: Card, questions: tuple[bytes, bytes]) -> None:
        """Show what these very bytes ask, and for whom; no is the default."""
        number = card.national_number
        try:
            about = read_actor_qualities(questions[0]).person
            read_info_for_citizen(questions[1])
        except WireError:
            raise AgentError("request_inconsistent") from None
        if about != Identifier("SSIN", number):
            raise AgentError("request_inconsistent")
        question = self.texts(
            "records.question",
            person=printable(f"{card.first_names} {card.surname}"),
            number=f"{number[:2]}••••••{number[-3:]}",
            organisation=printable(job.organisation.name),
            environment=self.texts(f"consent.environment.{job.environment}"),
            by=printable(job.requested_by),
            at=f"{job.requested_at.astimezone():%d/%m/%Y %H:%M}",
            server=job.server,
        )
        if not self.dialogue.confirm(question):
            CardSitting(self.dialogue, self.texts).refused(self.portal, job.id)

    def _sign(self, reader: CardReader, card: Card, questions: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
        """Sign both questions for one PIN, which is forgotten with this call."""
        self.dialogue.progress(self.texts("enrol.signing"))
        chain = card.chain("Authentication")
        try:
            with reader.sitting(card, ask_pin=self.dialogue.pin) as sign:
                first, second = (
                    sign_enveloped(question, chain=chain, sign=lambda data, _: sign(data))
                    for question in questions
                )
        except SignatureInvalid:
            raise CardError("card_signature_bad") from None
        return first, second


def _questions(job: RecordsJob) -> tuple[bytes, bytes]:
    now = datetime.now(UTC)
    person = next(one for one in job.person.ids if one.type == "SSIN")
    return (
        build_actor_qualities(person, request_id=f"_{uuid.uuid4()}", issue_instant=now),
        build_info_for_citizen(request_id=f"_{uuid.uuid4()}", issue_instant=now),
    )
