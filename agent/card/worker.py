"""The PKCS#11 worker: a process of its own that holds the card's module, spoken to in lines of JSON.

PyKCS11 keeps the interpreter's lock while a card thinks, and a pulled card leaves a dead session behind: here
both cost nothing but this process. Standard output belongs to the protocol alone: what a module prints there
goes to standard error.
"""

import base64
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import PyKCS11

LABEL = "BELPIC"
CERTIFICATES = ("Authentication", "Signature", "CA", "Root")
IDENTITY = ("national_number", "surname", "firstnames")
_OBJECT_ID = b"id"
_CKM_SHA256_RSA_PKCS = PyKCS11.Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS, None)
_CKM_ECDSA = PyKCS11.Mechanism(PyKCS11.CKM_ECDSA, None)
Answer = dict[str, object]

_CODES = {
    PyKCS11.CKR_PIN_INCORRECT: "pin_incorrect",
    PyKCS11.CKR_PIN_INVALID: "pin_incorrect",
    PyKCS11.CKR_PIN_LEN_RANGE: "pin_incorrect",
    PyKCS11.CKR_PIN_LOCKED: "pin_locked",
    PyKCS11.CKR_FUNCTION_CANCELED: "card_cancelled",
    PyKCS11.CKR_TOKEN_NOT_PRESENT: "no_card",
    PyKCS11.CKR_TOKEN_NOT_RECOGNIZED: "no_card",
    PyKCS11.CKR_DEVICE_REMOVED: "card_removed",
    PyKCS11.CKR_SESSION_HANDLE_INVALID: "card_removed",
}


class _Refused(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Worker:
    """Answers one request at a time; opens a session for each, so that a changed card is always seen."""

    def __init__(self, module: str) -> None:
        self._library = PyKCS11.PyKCS11Lib()
        self._sitting: PyKCS11.Session | None = None
        try:
            self._library.load(module)
        except PyKCS11.PyKCS11Error:
            raise _Refused("middleware_broken") from None

    def middleware(self, request: Answer) -> Answer:
        """Return name and version of the module."""
        info = self._library.getInfo()
        version = ".".join(str(part) for part in info.libraryVersion)
        return {
            "name": _text(info.libraryDescription),
            "maker": _text(info.manufacturerID),
            "version": version,
        }

    def readers(self, request: Answer) -> Answer:
        """Count the readers, and those that hold a card that is an eID."""
        slots = self._library.getSlotList(tokenPresent=False)
        return {"readers": len(slots), "cards": len(self._cards())}

    def read(self, request: Answer) -> Answer:
        """Read identity and certificates of the one eID card, and whether a PIN has to be asked for here."""
        with self._session() as (session, pin_needed):
            certificates = {}
            for label in CERTIFICATES:
                wanted = [(PyKCS11.CKA_CLASS, PyKCS11.CKO_CERTIFICATE), (PyKCS11.CKA_LABEL, label)]
                value = self._value(session, wanted)
                if value is not None:
                    certificates[label] = base64.b64encode(value).decode()
            identity = {}
            for label in IDENTITY:
                wanted = [
                    (PyKCS11.CKA_CLASS, PyKCS11.CKO_DATA),
                    (PyKCS11.CKA_LABEL, label),
                    (PyKCS11.CKA_OBJECT_ID, _OBJECT_ID),
                ]
                value = self._value(session, wanted)
                if value is not None:
                    identity[label] = value.decode("utf-8", "replace").strip("\x00 ")
            return {"certificates": certificates, "identity": identity, "pin_needed": pin_needed}

    def sign(self, request: Answer) -> Answer:
        """Sign with the key labelled `key`: `data` is hashed by us for ECDSA, by the card for RSA.

        Authentication logs in and always logs out again, because after one PIN the card would stay open to
        every other process. Signature only logs in where the token has no dialog of its own.
        """
        label, pin = str(request["key"]), request.get("pin")
        if self._sitting is not None and label == "Authentication":
            return self._signed(self._sitting, request)
        with self._session() as (session, pin_needed):
            if pin_needed and not isinstance(pin, str):
                raise _Refused("pin_needed")
            log_in = pin_needed or label == "Authentication"
            try:
                if log_in:
                    session.login(pin if pin_needed else None)
                return self._signed(session, request)
            finally:
                if log_in:
                    _log_out(session)

    def begin(self, request: Answer) -> Answer:
        """Log in once for several signatures with the Authentication key; `end` logs out again.

        The Signature key has no such thing: the middleware asks for the PIN at every signature.
        """
        self.end(request)
        pin = request.get("pin")
        session, pin_needed = self._open()
        try:
            if pin_needed and not isinstance(pin, str):
                raise _Refused("pin_needed")
            session.login(pin if pin_needed else None)
        except (PyKCS11.PyKCS11Error, _Refused):
            _quietly(session.closeSession)
            raise
        self._sitting = session
        return {}

    def end(self, request: Answer) -> Answer:
        """Log out, so that the card is open to no other process."""
        session, self._sitting = self._sitting, None
        if session is not None:
            _log_out(session)
            _quietly(session.closeSession)
        return {}

    @staticmethod
    def _signed(session: PyKCS11.Session, request: Answer) -> Answer:
        data = base64.b64decode(str(request["data"]))
        keys = session.findObjects(
            [(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY), (PyKCS11.CKA_LABEL, str(request["key"]))]
        )
        if len(keys) != 1:
            raise _Refused("card_key_missing")
        mechanism = _CKM_SHA256_RSA_PKCS if request["algorithm"] == "rsa-sha256" else _CKM_ECDSA
        signature = bytes(session.sign(keys[0], data, mechanism))
        return {"signature": base64.b64encode(signature).decode()}

    def _cards(self) -> list[int]:
        found = []
        for slot in self._library.getSlotList(tokenPresent=True):
            try:
                if _text(self._library.getTokenInfo(slot).label) == LABEL:
                    found.append(slot)
            except PyKCS11.PyKCS11Error as error:
                if error.value not in _CODES and error.value != PyKCS11.CKR_TOKEN_NOT_RECOGNIZED:
                    raise
        return found

    @contextmanager
    def _session(self) -> Iterator[tuple[PyKCS11.Session, bool]]:
        session, pin_needed = self._open()
        try:
            yield session, pin_needed
        finally:
            _quietly(session.closeSession)

    def _open(self) -> tuple[PyKCS11.Session, bool]:
        slots = self._cards()
        if not slots:
            raise _Refused("no_card" if self._library.getSlotList(tokenPresent=False) else "no_reader")
        if len(slots) > 1:
            raise _Refused("several_cards")
        flags = self._library.getTokenInfo(slots[0]).flags
        own_dialog = bool(flags & PyKCS11.CKF_PROTECTED_AUTHENTICATION_PATH)
        pin_needed = bool(flags & PyKCS11.CKF_LOGIN_REQUIRED) and not own_dialog
        return self._library.openSession(slots[0], PyKCS11.CKF_SERIAL_SESSION), pin_needed

    @staticmethod
    def _value(session: PyKCS11.Session, wanted: list[tuple[int, object]]) -> bytes | None:
        found = session.findObjects(wanted)
        if not found:
            return None
        return bytes(session.getAttributeValue(found[0], [PyKCS11.CKA_VALUE])[0])


def _text(value: object) -> str:
    return str(value).strip("\x00 ")


def _log_out(session: PyKCS11.Session) -> None:
    _quietly(session.logout)


def _quietly(call: Callable[[], object]) -> None:
    try:
        call()
    except PyKCS11.PyKCS11Error:
        return  # the card is gone, and with it what we wanted to close


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
    except _Refused as refused:
        return {"error": refused.code}
    except PyKCS11.PyKCS11Error as error:
        return {"error": _CODES.get(error.value, "card_failed"), "rv": int(error.value)}


def main() -> int:
    """Serve requests on standard input until it closes. The module's path is the first line."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(answer: Answer) -> None:
        channel.write(json.dumps(answer) + "\n")
        channel.flush()

    try:
        worker = Worker(str(json.loads(sys.stdin.readline())["module"]))
    except _Refused as refused:
        send({"error": refused.code})
        return 1
    send({"ok": {}})
    try:
        for line in sys.stdin:
            send(_answer(worker, json.loads(line)))
    finally:
        worker.end({})
    return 0


if __name__ == "__main__":
    sys.exit(main())
