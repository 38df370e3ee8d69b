"""What a PKCS#11 module's answer means: one table for every command, so that one cause has one explanation.

Seen with the government's middleware 5.1: it has no code of its own for a PIN of a wrong shape or a dialog that nobody
answered, and names a card that was pulled out by whatever it was doing. So an answer is judged by the step at which it
came, by whether a dialog of the middleware was open, and by whether the card is still there.
"""

from dataclasses import dataclass
from typing import Final, Literal

from agent.errors import CardError

Step = Literal["slots", "open", "read", "login", "sign"]

NO_CERTIFICATE: Final = {
    "Authentication": "authentication_certificate_missing",
    "Signature": "signature_certificate_missing",
}
NO_KEY: Final = {"Authentication": "authentication_key_missing", "Signature": "signature_key_missing"}
OUT_OF_DATE: Final = {"Authentication": "authentication_expired", "Signature": "signature_expired"}

PERSON: Final = {
    "CKR_PIN_INCORRECT": "pin_incorrect",
    "CKR_PIN_LOCKED": "pin_locked",
    "CKR_PIN_INVALID": "pin_malformed",
    "CKR_PIN_LEN_RANGE": "pin_malformed",
    "CKR_FUNCTION_CANCELED": "card_cancelled",
    "CKR_USER_NOT_LOGGED_IN": "pin_needed",
}
"""What the person did, whatever else holds."""

GONE: Final = frozenset(
    {
        "CKR_DEVICE_REMOVED",
        "CKR_TOKEN_NOT_PRESENT",
        "CKR_TOKEN_NOT_RECOGNIZED",
        "CKR_SESSION_CLOSED",
        "CKR_SESSION_HANDLE_INVALID",
    }
)
"""The card was pulled out, even when it is back by now: the session died with it."""

NO_EID: Final = frozenset({"CKR_TOKEN_NOT_PRESENT", "CKR_TOKEN_NOT_RECOGNIZED", "CKR_DEVICE_REMOVED"})
"""What a slot answers that holds no eID; anything else means that the slot could not be asked."""

DIALOG_SECONDS: Final = 30.0
"""A dialog that fails sooner was never on a screen; one that nobody answers closes itself after 60 s."""

ASK_AGAIN: Final = ("pin_incorrect", "pin_malformed", "dialog_unanswered", "card_removed")
"""What the person can mend at once: the same is offered again, when they say so."""


@dataclass(frozen=True)
class Failure:
    """An answer that is not CKR_OK, and what is known around it."""

    code: str
    step: Step
    own_dialog: bool
    """The middleware asks for the PIN itself."""
    card_there: bool
    seconds: float
    tries: str = ""
    """What the token says of its PIN after a wrong one: `final`, `locked`, or nothing. Its flag for a low count says no
    more than that there was a wrong one.
    """

    @property
    def raw(self) -> str:
        """The code and the step, for the log and the doctor."""
        return f"{self.code}, {self.step}"

    def error(self) -> CardError:
        """What to tell the person."""
        return CardError(_cause(self), raw=self.raw, tries=self.tries)


def _cause(failure: Failure) -> str:
    if failure.code == "CKR_PIN_INCORRECT" and failure.tries == "locked":
        return "pin_locked"
    if failure.code in PERSON:
        return PERSON[failure.code]
    if failure.code in GONE or not failure.card_there:
        return "card_removed"
    if failure.own_dialog and failure.step in ("login", "sign"):
        if failure.code == "CKR_FUNCTION_FAILED":
            return "pin_malformed"
        if failure.code == "CKR_GENERAL_ERROR":
            return "dialog_unanswered" if failure.seconds >= DIALOG_SECONDS else "dialog_impossible"
    return "card_failed"
