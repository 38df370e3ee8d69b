"""The eID card as the agent sees it: whose it is, its certificates, and signatures with its two keys."""

import base64
import hashlib
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from agent.card.causes import NO_CERTIFICATE
from agent.card.process import WorkerProcess
from agent.errors import Cancelled, CardError
from agent.wire.errors import SignatureInvalid
from agent.wire.pki.unreadable import UNREADABLE
from agent.wire.xml.signature import algorithm_for

READ_SECONDS: Final = 120.0
"""A whole card is some 60 commands to it, and a slow card or reader takes 0.45 s for one."""
SIGN_SECONDS: Final = 180.0
"""A person types the PIN in the middleware's own dialog meanwhile, which closes itself after 60 s."""
END_SECONDS: Final = 30.0
WAITED_FOR: Final = ("no_card", "card_removed", "card_unreadable")

Purpose = Literal["Authentication", "Signature"]
AskPin = Callable[[Purpose], str | None]


@dataclass(frozen=True)
class Card:
    """What an eID card says of itself. The national number is for comparing, never for showing or logging."""

    national_number: str
    first_names: str
    surname: str
    authentication: x509.Certificate
    signature: x509.Certificate
    authorities: tuple[x509.Certificate, ...]
    pin_needed: bool
    pinpad: bool = False
    """The PIN is typed on the reader's own keys."""
    keys: frozenset[str] | None = None
    """The keys that can be seen without a PIN; None where none can."""
    unreadable: Mapping[str, str] = field(default_factory=dict, compare=False)
    """By label what could not be read, with the module's answer."""
    skipped: tuple[str, ...] = field(default=(), compare=False)
    """Readers that did not answer, beside the one with this card."""

    def __repr__(self) -> str:
        return "Card(…)"

    def chain(self, purpose: Purpose) -> tuple[x509.Certificate, ...]:
        """Return the certificate with its CA and root, leaf first."""
        leaf = self.authentication if purpose == "Authentication" else self.signature
        return (leaf, *self.authorities)


class CardReader:
    """Talks to the worker process, which is started when needed, and anew when it or the card is gone.

    `meanwhile` is called while the card works, so that a window stays alive; `clock` counts seconds.
    """

    def __init__(
        self,
        module: Path,
        *,
        meanwhile: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.worker = WorkerProcess(module, meanwhile=meanwhile, clock=clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker; its module lets go of the card with it."""
        self.worker.close()

    def middleware(self) -> dict[str, str]:
        """Return name, maker and version of the module."""
        found = self.worker.ask("middleware", seconds=READ_SECONDS)
        return {name: str(value) for name, value in found.items()}

    def readers(self) -> tuple[int, int]:
        """Return how many readers there are, and how many eID cards in them."""
        answer = self.worker.ask("readers", seconds=READ_SECONDS)
        return int(str(answer["readers"])), int(str(answer["cards"]))

    def card(self) -> Card:
        """Read the card. Raises CardError: no_reader, pcsc_down, no_card, several_cards, card_incomplete …

        What cannot be read is left out; only without one of the two certificates there is no card to speak of.
        """
        answer = self.worker.ask("read", seconds=READ_SECONDS)
        identity = cast("dict[str, str]", answer["identity"])
        unreadable = cast("dict[str, str]", answer["unreadable"])
        read = {}
        for label, text in cast("dict[str, str]", answer["certificates"]).items():
            with suppress(*UNREADABLE):
                read[label] = x509.load_der_x509_certificate(base64.b64decode(text))
        for label in ("Signature", "Authentication"):
            if label not in read:
                raise CardError(NO_CERTIFICATE[label], raw=unreadable.get(label, ""))
        authentication, signature = read["Authentication"], read["Signature"]
        certified = _subject(signature, NameOID.SERIAL_NUMBER)
        number = identity.get("national_number", certified)
        if not number or number != certified or _subject(authentication, NameOID.SERIAL_NUMBER) != certified:
            raise CardError("card_incomplete")
        keys = cast("list[str] | None", answer["keys"])
        return Card(
            national_number=number,
            first_names=_name(identity.get("firstnames") or _subject(signature, NameOID.GIVEN_NAME)),
            surname=_name(identity.get("surname") or _subject(signature, NameOID.SURNAME)),
            authentication=authentication,
            signature=signature,
            authorities=tuple(read[label] for label in ("CA", "Root") if label in read),
            pin_needed=answer["pin_needed"] is True,
            pinpad=answer["pinpad"] is True,
            keys=None if keys is None else frozenset(keys),
            unreadable=unreadable,
            skipped=tuple(cast("list[str]", answer["skipped"])),
        )

    def wait_for_card(
        self,
        tell: Callable[[CardError], None],
        *,
        seconds: float,
        pause: Callable[[float], None] = time.sleep,
    ) -> Card:
        """Read the card, and when there is none `tell` why, once, and look again for `seconds`."""
        deadline, told = time.monotonic() + seconds, False
        while True:
            try:
                return self.card()
            except CardError as error:
                if error.code not in WAITED_FOR or time.monotonic() > deadline:
                    raise
                if not told:
                    told = True
                    tell(error)
            pause(0.5)

    def sign(self, card: Card, purpose: Purpose, data: bytes, *, ask_pin: AskPin) -> bytes:
        """Return a raw signature over `data`: RSA PKCS#1 v1.5 with SHA-256, or ECDSA over SHA-384 as r‖s.

        `ask_pin` is called only where the middleware has no dialog of its own. A wrong PIN is an error, never
        a second try. Raises CardError, also when another card is in the reader by now (`card_swapped`), or Cancelled
        when the person said no.
        """
        request = {**_signing(card, purpose, data), **_pin(card, purpose, ask_pin)}
        return base64.b64decode(str(self._with_pin("sign", card, request)["signature"]))

    @contextmanager
    def sitting(self, card: Card, *, ask_pin: AskPin) -> Iterator[Callable[[bytes], bytes]]:
        """Open a sitting: several Authentication signatures for one PIN; gives a function that signs, as `sign` does.

        The card is logged out at the end, whatever happens. Raises CardError, or Cancelled when the person said no.
        """
        opening = {**_certificate(card, "Authentication"), **_pin(card, "Authentication", ask_pin)}

        def sign(data: bytes) -> bytes:
            request = {**_signing(card, "Authentication", data), "sitting": True}
            return base64.b64decode(str(self._with_pin("sign", card, request)["signature"]))

        try:
            self._with_pin("begin", card, opening)
            yield sign
        finally:
            if self.worker.pid is not None:
                with suppress(CardError):  # a worker that is gone has closed the card with it
                    self.worker.ask("end", seconds=END_SECONDS)

    def _with_pin(self, operation: str, card: Card, request: dict[str, object]) -> dict[str, object]:
        try:
            return self.worker.ask(operation, request, seconds=SIGN_SECONDS)
        except CardError as error:
            if error.code == "card_cancelled":
                raise Cancelled(error.code) from None
            if error.code == "card_timeout" and error.raw.endswith(operation) and not card.pin_needed:
                raise CardError("dialog_unanswered", raw=error.raw) from None
            raise


def _pin(card: Card, purpose: Purpose, ask_pin: AskPin) -> dict[str, object]:
    """The PIN, where it has to be asked for here. Raises Cancelled."""
    if not card.pin_needed:
        return {}
    pin = ask_pin(purpose)
    if not pin:
        raise Cancelled("card_cancelled")
    return {"pin": pin}


def _certificate(card: Card, purpose: Purpose) -> dict[str, object]:
    """By what the worker knows this very card again."""
    return {"key": purpose, "certificate": card.chain(purpose)[0].fingerprint(hashes.SHA256()).hex()}


def _signing(card: Card, purpose: Purpose, data: bytes) -> dict[str, object]:
    """Return the worker's request for a signature. Raises CardError for a key of another kind than cards have."""
    try:
        algorithm = algorithm_for(card.chain(purpose)[0])
    except SignatureInvalid:
        raise CardError("card_incomplete") from None
    if algorithm == "ecdsa-sha384":
        data = hashlib.sha384(data).digest()
    encoded = base64.b64encode(data).decode()
    return {**_certificate(card, purpose), "algorithm": algorithm, "data": encoded}


def _subject(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    values = certificate.subject.get_attributes_for_oid(oid)
    return str(values[0].value) if len(values) == 1 else ""


def _name(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
