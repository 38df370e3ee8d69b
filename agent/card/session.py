"""The session over the one eID card: found beside readers that do not answer, kept until the card leaves, and known
again before every PIN.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import PyKCS11

from agent.card.causes import NO_EID, NO_KEY, Step

LABEL: Final = "BELPIC"
KEYS: Final = ("Authentication", "Signature")
Template = list[tuple[int, object]]
_TRIES: Final = (
    (PyKCS11.CKF_USER_PIN_LOCKED, "locked"),
    (PyKCS11.CKF_USER_PIN_FINAL_TRY, "final"),
)


class Refused(Exception):
    """A refusal of the worker's own; `raw` is what the module said, where it said something."""

    def __init__(self, code: str, raw: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.raw = raw


@dataclass(frozen=True)
class Token:
    """The one eID card that is in a reader."""

    slot: int
    flags: int

    @property
    def pinpad(self) -> bool:
        """The PIN is typed at the reader."""
        return bool(self.flags & PyKCS11.CKF_PROTECTED_AUTHENTICATION_PATH)

    @property
    def pin_needed(self) -> bool:
        """Whoever uses the module has to ask for the PIN: it has no dialog, and the reader has no keys."""
        return bool(self.flags & PyKCS11.CKF_LOGIN_REQUIRED) and not self.pinpad


class CardSession:
    """One module, and the session over its card. `step` says what was being done, for when it fails."""

    def __init__(self, module: str) -> None:
        self.library = PyKCS11.PyKCS11Lib()
        self.token = Token(-1, 0)
        self.skipped: list[str] = []
        self.step: Step = "slots"
        self._session: PyKCS11.Session | None = None
        try:
            self.library.load(module)
        except PyKCS11.PyKCS11Error as error:
            raise Refused("middleware_broken", code_name(error)) from None

    def readers(self) -> int:
        """How many readers there are."""
        self.step = "slots"
        return len(self.library.getSlotList(tokenPresent=False))

    def cards(self) -> list[Token]:
        """The eID cards. A slot that cannot be asked holds none: it must not hide the good card in another."""
        self.step, self.skipped = "slots", []
        found = []
        for slot in self.library.getSlotList(tokenPresent=True):
            try:
                info = self.library.getTokenInfo(slot)
            except PyKCS11.PyKCS11Error as error:
                if code_name(error) not in NO_EID:
                    self.skipped.append(f"{code_name(error)}, slot {slot}")
                continue
            if str(info.label).strip("\x00 ") == LABEL:
                found.append(Token(slot, info.flags))
        return found

    def open(self) -> PyKCS11.Session:
        """A new session over the one eID card. Raises Refused: no_reader, no_card, card_unreadable, several_cards."""
        self.close()
        cards = self.cards()
        if not cards:
            if not self.readers():
                raise Refused("no_reader")
            raise Refused("card_unreadable" if self.skipped else "no_card", "; ".join(self.skipped))
        if len(cards) > 1:
            raise Refused("several_cards")
        [self.token] = cards
        self.step = "open"
        self._session = self.library.openSession(self.token.slot, PyKCS11.CKF_SERIAL_SESSION)
        return self._session

    def current(self) -> PyKCS11.Session | None:
        """The session, if it is still over the card that it was opened over: it dies with the card's leaving."""
        if self._session is None or not self.card_there():
            return None
        try:
            self._session.getSessionInfo()
        except PyKCS11.PyKCS11Error:
            return None
        return self._session

    def same_card(self, key: str, fingerprint: object) -> PyKCS11.Session:
        """The session over the card that was read: that key's certificate is read once more, before any PIN.

        Raises Refused: card_removed, card_swapped, or that the key is missing, where it can be seen already.
        """
        self.step = "slots"
        session = self.current()
        if session is None:
            try:
                session = self.open()
            except Refused as refused:
                code = "card_removed" if refused.code == "no_card" else refused.code
                raise Refused(code, refused.raw) from None
        self.step = "read"
        value = self.value(session, certificate(key))
        if value is None or hashlib.sha256(value).hexdigest() != fingerprint:
            raise Refused("card_swapped")
        if not self.token.pin_needed:
            self.key(session, key)
        return session

    def value(self, session: PyKCS11.Session, wanted: Template) -> bytes | None:
        """The value of the first such object; None when there is none."""
        found = session.findObjects(wanted)
        if not found:
            return None
        [value] = session.getAttributeValue(found[0], [PyKCS11.CKA_VALUE])
        return None if value is None else bytes(value)

    def key(self, session: PyKCS11.Session, label: str) -> PyKCS11.CK_OBJECT_HANDLE:
        """The private key of that label. Raises Refused."""
        self.step = "read"
        keys = session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY), (PyKCS11.CKA_LABEL, label)])
        if len(keys) != 1:
            raise Refused(NO_KEY[label])
        return keys[0]

    def visible_keys(self, session: PyKCS11.Session, unreadable: dict[str, str]) -> list[str] | None:
        """The labels of the keys that answer, for a key that is gone may still be listed. None when they are hidden
        until the PIN.
        """
        if self.token.pin_needed:
            return None
        found = []
        for label in KEYS:
            try:
                session.getAttributeValue(self.key(session, label), [PyKCS11.CKA_KEY_TYPE])
            except Refused:
                continue
            except PyKCS11.PyKCS11Error as error:
                unreadable[f"{label} key"] = f"{code_name(error)}, read"
                continue
            found.append(label)
        return found

    def card_there(self) -> bool:
        """The slot of the card is not empty."""
        try:
            return self.token.slot in self.library.getSlotList(tokenPresent=True)
        except PyKCS11.PyKCS11Error:
            return False

    def tries(self) -> str:
        """What the token says of the tries that are left: `final`, `locked`, or nothing."""
        try:
            flags = self.library.getTokenInfo(self.token.slot).flags
        except PyKCS11.PyKCS11Error:
            return ""
        return next((word for flag, word in _TRIES if flags & flag), "")

    def close(self) -> None:
        """Let go of the card."""
        session, self._session = self._session, None
        if session is not None:
            quietly(session.closeSession)


def certificate(label: str) -> Template:
    """How the certificate of that label is found."""
    return [(PyKCS11.CKA_CLASS, PyKCS11.CKO_CERTIFICATE), (PyKCS11.CKA_LABEL, label)]


def code_name(error: PyKCS11.PyKCS11Error) -> str:
    """The code as the standard calls it."""
    return str(PyKCS11.CKR.get(error.value) or f"0x{error.value & 0xFFFFFFFF:08X}")


def quietly(call: Callable[[], object]) -> None:
    """Call it; where the card is gone, what was to be closed is gone with it."""
    with suppress(PyKCS11.PyKCS11Error):
        call()
