"""The PKCS#11 worker: a process of its own that holds the card's module, spoken to in lines of JSON.

PyKCS11 keeps the interpreter's lock while a card thinks, and a pulled card leaves a dead session behind: here
both cost nothing but this process. Standard output belongs to the protocol alone: what a module prints there
goes to standard error. What a module's answers mean is not judged here (agent/card/causes.py).
"""

import base64
import json
import os
import sys
from collections.abc import Callable

import PyKCS11

from agent.card.guard import stand_guard
from agent.card.session import CardSession, Refused, Template, certificate, code_name, quietly

CERTIFICATES = ("Authentication", "Signature", "CA", "Root")
IDENTITY = ("national_number", "surname", "firstnames")
_OBJECT_ID = b"id"
_CKM_SHA256_RSA_PKCS = PyKCS11.Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS, None)
_CKM_ECDSA = PyKCS11.Mechanism(PyKCS11.CKM_ECDSA, None)
Answer = dict[str, object]


class Worker:
    """Answers one request at a time, over one session from reading a card to its last signature."""

    def __init__(self, module: str) -> None:
        self._card = CardSession(module)
        self._sitting: PyKCS11.Session | None = None

    def middleware(self, request: Answer) -> Answer:
        """Return name and version of the module."""
        info = self._card.library.getInfo()
        version = ".".join(str(part) for part in info.libraryVersion)
        return {
            "name": _text(info.libraryDescription),
            "maker": _text(info.manufacturerID),
            "version": version,
        }

    def readers(self, request: Answer) -> Answer:
        """Count the readers, and how many hold a card that is an eID."""
        return {"readers": self._card.readers(), "cards": len(self._card.cards())}

    def read(self, request: Answer) -> Answer:
        """Read identity, certificates and visible keys of the one eID card, and whether a PIN has to be asked for here.

        An object that cannot be read is named in `unreadable`, and the others are read all the same; a slot that
        could not be asked is named in `skipped`.
        """
        self.end(request)
        session = self._card.open()
        self._card.step = "read"
        unreadable: dict[str, str] = {}

        def read(wanted: Template, label: str) -> bytes | None:
            try:
                return self._card.value(session, wanted)
            except PyKCS11.PyKCS11Error as error:
                unreadable[label] = f"{code_name(error)}, read"
                return None

        certificates = {label: read(certificate(label), label) for label in CERTIFICATES}
        identity = {label: read(_identity(label), label) for label in IDENTITY}
        keys = self._card.visible_keys(session, unreadable)
        if unreadable and not self._card.card_there():
            raise Refused("card_removed", next(iter(unreadable.values())))
        return {
            "certificates": {
                label: base64.b64encode(value).decode() for label, value in certificates.items() if value
            },
            "identity": {
                label: value.decode("utf-8", "replace").strip("\x00 ")
                for label, value in identity.items()
                if value
            },
            "keys": keys,
            "unreadable": unreadable,
            "skipped": self._card.skipped,
            "pin_needed": self._card.token.pin_needed,
            "pinpad": self._card.token.pinpad,
        }

    def sign(self, request: Answer) -> Answer:
        """Sign with the key labelled `key`: `data` is hashed by us for ECDSA, by the card for RSA.

        Authentication logs in and always logs out again, because after one PIN the card would stay open to
        every other process. Signature only logs in where the token has no dialog of its own. Refused before any PIN
        when another card is in the reader than the one whose `certificate` was read, or when the key is not there.
        """
        label = str(request["key"])
        if request.get("sitting"):
            return self._signed(self._still_sitting(), request)
        session = self._card.same_card(label, request["certificate"])
        if not self._card.token.pin_needed and label == "Signature":
            return self._signed(session, request)
        self._log_in(session, request)
        try:
            return self._signed(session, request)
        finally:
            quietly(session.logout)

    def begin(self, request: Answer) -> Answer:
        """Log in once for several signatures with the Authentication key; `end` logs out again.

        The Signature key has no such thing: the middleware asks for the PIN at every signature.
        """
        self.end(request)
        session = self._card.same_card("Authentication", request["certificate"])
        self._log_in(session, request)
        self._sitting = session
        return {}

    def end(self, request: Answer) -> Answer:
        """Log out, so that the card is open to no other process."""
        session, self._sitting = self._sitting, None
        if session is not None:
            quietly(session.logout)
        return {}

    def close(self) -> None:
        """Log out and let go of the card."""
        self.end({})
        self._card.close()

    def failed(self, error: PyKCS11.PyKCS11Error) -> Answer:
        """The module's answer with what is known around it. The session is kept where only the PIN was wrong."""
        name, card = code_name(error), self._card
        wrong_pin = name.startswith("CKR_PIN_")
        answer: Answer = {
            "rv": name,
            "step": card.step,
            "own_dialog": not card.token.pin_needed,
            "card_there": card.card_there(),
            "tries": card.tries() if wrong_pin else "",
        }
        if not wrong_pin and name != "CKR_FUNCTION_CANCELED":
            self.close()
        return answer

    def _still_sitting(self) -> PyKCS11.Session:
        """The session that was logged in; where it is gone, the PIN is not asked again behind the person's back."""
        if self._sitting is None:
            raise Refused("card_failed", "no sitting, sign")
        if self._card.current() is not self._sitting:
            raise Refused("card_removed", "the session has ended, sign")
        return self._sitting

    def _log_in(self, session: PyKCS11.Session, request: Answer) -> None:
        pin = request.get("pin") if self._card.token.pin_needed else None
        if self._card.token.pin_needed and not isinstance(pin, str):
            raise Refused("pin_needed")
        self._card.step = "login"
        session.login(pin)

    def _signed(self, session: PyKCS11.Session, request: Answer) -> Answer:
        data = base64.b64decode(str(request["data"]))
        key = self._card.key(session, str(request["key"]))
        mechanism = _CKM_SHA256_RSA_PKCS if request["algorithm"] == "rsa-sha256" else _CKM_ECDSA
        self._card.step = "sign"
        signature = bytes(session.sign(key, data, mechanism))
        return {"signature": base64.b64encode(signature).decode()}


def _identity(label: str) -> Template:
    return [
        (PyKCS11.CKA_CLASS, PyKCS11.CKO_DATA),
        (PyKCS11.CKA_LABEL, label),
        (PyKCS11.CKA_OBJECT_ID, _OBJECT_ID),
    ]


def _text(value: object) -> str:
    return str(value).strip("\x00 ")


def _answer(worker: Worker, request: Answer) -> Answer:
    operations: dict[str, Callable[[Answer], Answer]] = {
        "middleware": worker.middleware,
        "readers": worker.readers,
        "read": worker.read,
        "sign": worker.sign,
        "begin": worker.begin,
        "end": worker.end,
    }
    try:
        return {"ok": operations[str(request["operation"])](request)}
    except Refused as refused:
        return {"refused": refused.code, "raw": refused.raw}
    except PyKCS11.PyKCS11Error as error:
        return worker.failed(error)


def main() -> int:
    """Serve requests on standard input until it closes. The module's path is the first line."""
    stand_guard()
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(answer: Answer) -> None:
        channel.write(json.dumps(answer) + "\n")
        channel.flush()

    try:
        worker = Worker(str(json.loads(sys.stdin.readline())["module"]))
    except Refused as refused:
        send({"refused": refused.code, "raw": refused.raw})
        return 1
    send({"ok": {}})
    try:
        for line in sys.stdin:
            send(_answer(worker, json.loads(line)))
    finally:
        worker.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
