"""Everything that a person signs with the card: waiting for it, the signature itself, and saying no."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final, NoReturn, TypeVar

from agent.card.causes import ASK_AGAIN
from agent.card.eid import Card, CardReader
from agent.card.pin_words import announcement, question
from agent.config import Config
from agent.errors import Cancelled, CardError
from agent.language import Texts
from agent.portal.client import Portal
from agent.ui import Dialogue
from agent.wire.errors import SignatureInvalid
from agent.wire.xml.signature import sign_enveloped

CARD_SECONDS: Final = 120.0
Result = TypeVar("Result")


@dataclass(frozen=True)
class CardSitting:
    """One person at one workstation."""

    dialogue: Dialogue
    texts: Texts

    def reader(self, config: Config) -> CardReader:
        """Return the reader, which keeps the window alive meanwhile. Raises AgentError for the middleware."""
        return CardReader(config.module(), meanwhile=self.dialogue.alive)

    def card(self, reader: CardReader) -> Card:
        """Read the card in the reader, or the one that is put in within two minutes. Raises CardError."""
        self.dialogue.progress(self.texts("run.reading_card"))
        return reader.wait_for_card(self._tell_to_insert, seconds=CARD_SECONDS, pause=self.dialogue.pause)

    def sign(self, reader: CardReader, card: Card, unsigned: bytes) -> bytes:
        """Sign with the Signature key, which asks its PIN each time. Raises CardError, Cancelled."""

        def sign(data: bytes, _algorithm: str) -> bytes:
            return self._until_settled(
                card,
                "run.signing",
                lambda: reader.sign(card, "Signature", data, ask_pin=self.dialogue.pin),
            )

        try:
            return sign_enveloped(unsigned, chain=card.chain("Signature"), sign=sign)
        except SignatureInvalid:
            raise CardError("card_signature_bad") from None

    def identify(self, reader: CardReader, card: Card, message: bytes) -> bytes:
        """Sign `message` with the Authentication key. Raises CardError, Cancelled."""
        return self._until_settled(
            card,
            "enrol.signing",
            lambda: reader.sign(card, "Authentication", message, ask_pin=self.dialogue.pin),
        )

    @contextmanager
    def several(self, reader: CardReader, card: Card) -> Iterator[Callable[[bytes], bytes]]:
        """Make several signatures with the Authentication key for one PIN, as CardReader.sitting."""
        with ExitStack() as stack:
            yield self._until_settled(
                card,
                "enrol.signing",
                lambda: stack.enter_context(reader.sitting(card, ask_pin=self.dialogue.pin)),
            )

    def refused(self, portal: Portal, job_id: str) -> NoReturn:
        """End the job without a signature, for good when the person said so. Always raises Cancelled."""
        if self.dialogue.confirm(self.texts("run.decline_question"), careful=True):
            portal.decline(job_id, "")
            self.dialogue.say(self.texts("run.declined"))
        raise Cancelled("not_signed")

    def _until_settled(self, card: Card, doing: str, attempt: Callable[[], Result]) -> Result:
        """Say what will ask for the PIN, then let it ask; again only when the person says so, never by itself."""
        while True:
            words = announcement(self.texts, card)
            self.dialogue.progress(self.texts(doing) if words is None else words)
            try:
                return attempt()
            except CardError as error:
                if error.code not in ASK_AGAIN or not self.dialogue.confirm(
                    question(self.texts, error), careful=True
                ):
                    raise

    def _tell_to_insert(self, error: CardError) -> None:
        key = "run.unreadable_card" if error.code == "card_unreadable" else "run.insert_card"
        self.dialogue.progress(self.texts(key))
