"""The eID card as the agent sees it: whose it is, its certificates, and signatures with its two keys."""

import base64
import hashlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, cast

from cryptography import x509
from cryptography.x509.oid import NameOID

from agent.errors import Cancelled, CardError
from agent.wire.errors import SignatureInvalid
from agent.wire.xml.signature import algorithm_for

QUICK_SECONDS = 20.0
SIGN_SECONDS = 180.0
"""A person types the PIN in the middleware's own dialog meanwhile."""

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

    def __repr__(self) -> str:
        return "Card(…)"

    def chain(self, purpose: Purpose) -> tuple[x509.Certificate, ...]:
        """Return the certificate with its CA and root, leaf first."""
        leaf = self.authentication if purpose == "Authentication" else self.signature
        return (leaf, *self.authorities)


class CardReader:
    """Talks to the worker process, starts it when needed, and starts it anew when it or the card is gone."""

    def __init__(self, module: Path) -> None:
        self._module = module
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker; its module lets go of the card with it."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    def middleware(self) -> dict[str, str]:
        """Return name, maker and version of the module."""
        return {name: str(value) for name, value in self._ask("middleware").items()}

    def readers(self) -> tuple[int, int]:
        """Return how many readers there are, and how many eID cards in them."""
        answer = self._ask("readers")
        return int(str(answer["readers"])), int(str(answer["cards"]))

    def certificates(self) -> frozenset[str]:
        """Return the labels of the certificates on the card that can be read: to tell what is missing."""
        found = set()
        for label, text in cast("dict[str, str]", self._ask("read")["certificates"]).items():
            with suppress(ValueError):
                x509.load_der_x509_certificate(base64.b64decode(text))
                found.add(label)
        return frozenset(found)

    def card(self) -> Card:
        """Read the card. Raises CardError: no_reader, no_card, several_cards, card_incomplete …"""
        answer = self._ask("read")
        certificates = cast("dict[str, str]", answer["certificates"])
        identity = cast("dict[str, str]", answer["identity"])
        try:
            read = {
                label: x509.load_der_x509_certificate(base64.b64decode(text))
                for label, text in certificates.items()
            }
            authentication, signature = read["Authentication"], read["Signature"]
        except (ValueError, KeyError):
            raise CardError("card_incomplete") from None
        certified = _subject(signature, NameOID.SERIAL_NUMBER)
        number = identity.get("national_number", certified)
        if not number or number != certified or _subject(authentication, NameOID.SERIAL_NUMBER) != certified:
            raise CardError("card_incomplete")
        return Card(
            national_number=number,
            first_names=_name(identity.get("firstnames") or _subject(signature, NameOID.GIVEN_NAME)),
            surname=_name(identity.get("surname") or _subject(signature, NameOID.SURNAME)),
            authentication=authentication,
            signature=signature,
            authorities=tuple(read[label] for label in ("CA", "Root") if label in read),
            pin_needed=bool(answer["pin_needed"]),
        )

    def wait_for_card(
        self, tell: Callable[[], None], *, seconds: float, pause: Callable[[float], None] = time.sleep
    ) -> Card:
        """Read the card; when there is none, `tell` once and look for `seconds`. Raises CardError as `card` does."""
        deadline, told = time.monotonic() + seconds, False
        while True:
            try:
                return self.card()
            except CardError as error:
                if error.code not in ("no_card", "card_removed") or time.monotonic() > deadline:
                    raise
            if not told:
                told = True
                tell()
            pause(0.5)

    def sign(self, card: Card, purpose: Purpose, data: bytes, *, ask_pin: AskPin) -> bytes:
        """Return a raw signature over `data`: RSA PKCS#1 v1.5 with SHA-256, or ECDSA over SHA-384 as r‖s.

        `ask_pin` is called only where the middleware has no dialog of its own. A wrong PIN is an error, never
        a second try. Raises CardError, or Cancelled when the person said no.
        """
        request = _signing(card, purpose, data)
        if card.pin_needed:
            pin = ask_pin(purpose)
            if not pin:
                raise Cancelled("card_cancelled")
            request["pin"] = pin
        return base64.b64decode(str(self._ask("sign", request, seconds=SIGN_SECONDS)["signature"]))

    @contextmanager
    def sitting(self, card: Card, *, ask_pin: AskPin) -> Iterator[Callable[[bytes], bytes]]:
        """Open a sitting: several Authentication signatures for one PIN; gives a function that signs, as `sign` does.

        The card is logged out at the end, whatever happens. Raises CardError, or Cancelled when the person said no.
        """
        opening: dict[str, object] = {}
        if card.pin_needed:
            pin = ask_pin("Authentication")
            if not pin:
                raise Cancelled("card_cancelled")
            opening["pin"] = pin

        def sign(data: bytes) -> bytes:
            answer = self._ask("sign", _signing(card, "Authentication", data), seconds=SIGN_SECONDS)
            return base64.b64decode(str(answer["signature"]))

        try:
            self._ask("begin", opening, seconds=SIGN_SECONDS)
            yield sign
        finally:
            with suppress(CardError):  # a worker that is gone has closed the card with it
                self._ask("end")

    def _start(self) -> None:
        # The worker must find this package also when it runs from a checkout.
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "agent.card.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            text=True,
            encoding="utf-8",
        )
        self._answers = queue.Queue()
        threading.Thread(target=self._listen, args=(self._process, self._answers), daemon=True).start()
        self._exchange({"module": str(self._module)}, QUICK_SECONDS)

    @staticmethod
    def _listen(process: "subprocess.Popen[str]", answers: "queue.Queue[str | None]") -> None:
        if process.stdout:
            for line in process.stdout:
                answers.put(line)
        answers.put(None)

    def _ask(
        self, operation: str, request: dict[str, object] | None = None, *, seconds: float = QUICK_SECONDS
    ) -> dict[str, object]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._start()
        return self._exchange({"operation": operation, **(request or {})}, seconds)

    def _exchange(self, message: dict[str, object], seconds: float) -> dict[str, object]:
        process = self._process
        if process is None or process.stdin is None:
            raise CardError("card_failed")
        try:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            line = self._answers.get(timeout=seconds)
        except (OSError, queue.Empty):
            process.kill()
            self.close()
            raise CardError("card_timeout") from None
        if line is None:
            self.close()
            raise CardError("card_failed")
        answer = cast("dict[str, object]", json.loads(line))
        if "error" not in answer:
            return cast("dict[str, object]", answer["ok"])
        code = str(answer["error"])
        if code in ("card_removed", "card_failed", "middleware_broken"):
            self.close()
        if code == "card_cancelled":
            raise Cancelled(code)
        raise CardError(code)


def _signing(card: Card, purpose: Purpose, data: bytes) -> dict[str, object]:
    """Return the worker's request for a signature. Raises CardError for a key of another kind than cards have."""
    try:
        algorithm = algorithm_for(card.chain(purpose)[0])
    except SignatureInvalid:
        raise CardError("card_incomplete") from None
    if algorithm == "ecdsa-sha384":
        data = hashlib.sha384(data).digest()
    return {"key": purpose, "algorithm": algorithm, "data": base64.b64encode(data).decode()}


def _subject(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    values = certificate.subject.get_attributes_for_oid(oid)
    return str(values[0].value) if len(values) == 1 else ""


def _name(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
