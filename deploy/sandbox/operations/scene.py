"""What an operation may look at while it answers one call."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from deploy.sandbox.foreigners import Foreigners
from deploy.sandbox.pki import Pki
from deploy.sandbox.register import Register
from deploy.sandbox.source import Source
from deploy.sandbox.store import Store
from deploy.sandbox.token_signer import TokenSigner
from deploy.sandbox.tokens import Tokens

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
