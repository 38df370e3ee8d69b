"""The second half of a self test: the certificate asks the platform for a session, so it is seen that it logs in."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from agent.config import Config
from agent.errors import PortalError
from agent.language import Texts, shown
from agent.pkcs12 import Contents
from agent.portal.client import Portal
from agent.sessions.proof import Login, prove_login
from agent.stores.contents import AuthenticationEntry
from agent.ui import Dialogue

NOT_TRIED: Final = "not_offered"
NO_FAILURE: Final = frozenset({"ok", NOT_TRIED, "identity_unknown"})
"""Verdicts after which nobody has to do anything about this certificate."""
MOST_SAID: Final = 300
"""Characters of the platform's own sentence that are shown."""


@dataclass(frozen=True)
class LoginTest:
    """Asks the platform from here, for the key stays here, and tells the server what came of it."""

    config: Config
    portal: Portal
    dialogue: Dialogue
    texts: Texts

    def run(self, job_id: str, contents: Contents, entry: AuthenticationEntry) -> str:
        """Try whether a store's certificate logs in, say what was found, report it, and return the verdict.

        A server that names no place for it, or does not answer, keeps nobody from anything: then it was not tried.
        """
        place = None
        with suppress(PortalError):
            place = self.portal.session_place(job_id)
        if place is None:
            return NOT_TRIED
        self.dialogue.progress(self.texts("login.running"))
        login = prove_login(place, contents, entry, ca_file=self.config.ca_file)
        self._say(login)
        with suppress(PortalError):
            self.portal.session_proof(job_id, login.proof)
        return login.proof.verdict

    def _say(self, login: Login) -> None:
        proof = login.proof
        minutes = str(max(1, round(abs(proof.clock_seconds) / 60)))
        known = self.texts.has(f"login.{proof.verdict}")
        key = f"login.{proof.verdict}" if known else "login.not_genuine"
        self.dialogue.say(self.texts(key, minutes=minutes, code=proof.verdict))
        if login.said:
            self.dialogue.say(self.texts("login.said", said=shown(login.said)[:MOST_SAID]))
        if login.not_recognised:
            self.dialogue.say(self.texts("login.not_recognised"))
        if proof.weak_signature:
            self.dialogue.say(self.texts("login.weak"))
