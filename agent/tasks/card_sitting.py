"""Everything that a person signs with the card: waiting for it, the signature itself, and saying no."""

from dataclasses import dataclass
from typing import Final, NoReturn

from agent.card.eid import Card, CardReader
from agent.errors import Cancelled, CardError
from agent.language import Texts
from agent.portal.client import Portal
from agent.ui import Dialogue
from agent.wire.errors import SignatureInvalid
from agent.wire.xml.signature import sign_enveloped

CARD_SECONDS: Final = 120.0


@dataclass(frozen=True)
class CardSitting:
    """One person at one workstation."""

    dialogue: Dialogue
    texts: Texts

    def card(self, reader: CardReader) -> Card:
        """Read the card in the reader, or the one that is put in within two minutes. Raises CardError."""
        return reader.wait_for_card(
            lambda: self.dialogue.progress(self.texts("run.insert_card")),
            seconds=CARD_SECONDS,
            pause=self.dialogue.pause,
        )

    def sign(self, reader: CardReader, card: Card, unsigned: bytes) -> bytes:
        """Sign with the Signature key, which asks its PIN each time. Raises CardError, Cancelled."""
        self.dialogue.progress(self.texts("run.signing"))
        try:
            return sign_enveloped(
                unsigned,
                chain=card.chain("Signature"),
                sign=lambda data, _: reader.sign(card, "Signature", data, ask_pin=self.dialogue.pin),
            )
        except SignatureInvalid:
            raise CardError("card_signature_bad") from None

    def refused(self, portal: Portal, job_id: str) -> NoReturn:
        """End the job without a signature, for good when the person said so. Always raises Cancelled."""
        if self.dialogue.confirm(self.texts("run.decline_question"), careful=True):
            portal.decline(job_id, "")
            self.dialogue.say(self.texts("run.declined"))
        raise Cancelled("not_signed")
