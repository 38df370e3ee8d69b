"""How the demo's people come in: as everybody does, through the pages, by the link that an invitation carries.

Nothing is planted: a password is chosen and an authenticator app set up, with the code computed from the secret that
its page shows; a further role is invited to and accepted.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from deploy.stack.demo.accounts import PASSWORD, Account, keep_secret, with_secrets
from deploy.stack.demo.journey import Browser, JourneyFailed
from organisations.domain.roles import Role
from organisations.models import Invitation, Membership
from organisations.services.invitations import link_of
from organisations.tenancy import acting_for

ACTIVATE = "/accounts/2fa/totp/activate/"
SECRET = re.compile(r'id="authenticator_secret">([A-Z2-7]+)<')


@dataclass
class Arrivals:
    """The people of one organisation on their way in; what was done at an earlier start is not done again."""

    organisation: UUID
    origin: str
    secrets: Path
    _browsers: dict[str, Browser] = field(default_factory=dict)

    def come_in(self, account: Account, inviter: Account) -> None:
        """Bring somebody into every role of `account`; the first administrator was invited by the operator."""
        for role in account.roles:
            if self._holds(account, role):
                continue
            path = self._letter(account, role) or self._invite(account, role, inviter)
            if with_secrets(self.secrets)[account.email].totp_secret:
                browser = self._signed_in(account)
                browser.get(path)
                browser.post(f"{path}accept/", {})
            else:
                self._begin(account, path)
            if not self._holds(account, role):
                raise JourneyFailed(f"{account.email} could not take the role {role}")

    def _holds(self, account: Account, role: str) -> bool:
        with acting_for([self.organisation], as_platform=True):
            return Membership.objects.filter(
                organisation=self.organisation, user__email=account.email, role=role
            ).exists()

    def _letter(self, account: Account, role: str) -> str:
        """Return the path that the open invitation's letter carries; empty where there is none."""
        with acting_for([self.organisation], as_platform=True):
            found = Invitation.objects.filter(
                organisation=self.organisation, email=account.email, role=Role(role).value, ended_at=None
            ).first()
            return "" if found is None else link_of(found).removeprefix(self.origin)

    def _invite(self, account: Account, role: str, inviter: Account) -> str:
        browser = self._signed_in(inviter)
        browser.get("/organisation/members/new/")
        browser.post(
            "/organisation/members/new/",
            {
                "email": account.email,
                "full_name": account.full_name,
                "role": role,
                "language": account.language,
            },
        )
        path = self._letter(account, role)
        if not path:
            raise JourneyFailed(f"{account.email} was not invited; the last page was {browser.path}")
        return path

    def _begin(self, account: Account, path: str) -> None:
        """Choose the password through the letter's link, and set the second step up."""
        browser = Browser(self.origin)
        browser.get(path)
        browser.post(path, {"password1": PASSWORD, "password2": PASSWORD})
        found = SECRET.search(browser.last)
        if found is None:
            raise JourneyFailed(f"{account.email} was shown no second step; the last page was {browser.path}")
        browser.give_code(ACTIVATE, found[1])
        keep_secret(self.secrets, account.email, found[1])
        self._browsers[account.email] = browser

    def _signed_in(self, account: Account) -> Browser:
        if account.email not in self._browsers:
            browser = Browser(self.origin)
            browser.sign_in(with_secrets(self.secrets)[account.email])
            self._browsers[account.email] = browser
        return self._browsers[account.email]
