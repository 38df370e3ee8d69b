"""What an operation may look at while it answers one call."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from deploy.sandbox.authorities.pki import Pki
from deploy.sandbox.foreigners import Foreigners
from deploy.sandbox.register.requests import Register
from deploy.sandbox.state.source import Source
from deploy.sandbox.state.store import Store
from deploy.sandbox.tokens.kept import Tokens
from deploy.sandbox.tokens.signer import TokenSigner

BRUSSELS = ZoneInfo("Europe/Brussels")


@dataclass(frozen=True)
class Scene:
    """One environment at one moment."""

    environment: str
    now: datetime
    store: Store
    pki: Pki
    source: Source
    register: Register
    tokens: Tokens
    token_signer: TokenSigner
    foreigners: Foreigners

    @property
    def today(self) -> date:
        """The calendar day in Belgium: mandates begin and end there."""
        return self.now.astimezone(BRUSSELS).date()
