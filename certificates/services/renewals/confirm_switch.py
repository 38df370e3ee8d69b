"""Saying that the old certificate of a renewal is out of use everywhere; until then both live side by side."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from certificates.domain.lifecycle import RequestState
from certificates.domain.tokens import TokenState
from certificates.errors.installations import CannotAccept
from certificates.errors.renewals import CannotConfirmSwitch
from certificates.models import (
    Certificate,
    CertificateRequest,
    ContinuityProof,
    EncryptionToken,
    Installation,
    LoginProof,
    MachineLook,
)
from certificates.selectors.installations import others_of_its_key
from certificates.selectors.inventory import neighbours
from organisations.models import User
from organisations.services.audit import Actor, record

INSTALLATIONS, LOOK, TOKEN, PROOF, KEY_STORE = "installations", "look", "token", "proof", "key_store"
LOGIN = "login"
MESSAGES = frozenset({TOKEN, PROOF})
"""What certificates that open sealed messages need."""


@dataclass(frozen=True)
class SwitchChecklist:
    """What has been done of the switch from `old` to `new`."""

    old: Certificate
    new: Certificate
    left: tuple[Installation, ...]
    """Installations of the old certificate, or of another one of its key, that are still there, accepted ones too."""
    new_installed: bool
    """Whether a workstation has found a key store with the new one."""
    look: MachineLook | None
    """The last time since the new one is here that a workstation looked for key stores."""
    request: CertificateRequest | None
    """The request that made the new one; None when it was made elsewhere."""
    token: EncryptionToken | None
    proof: ContinuityProof | None
    """The last self test with the new one."""
    login: LoginProof | None
    """The last time that a workstation tried whether the new one logs in; None: nobody did, or an older agent."""

    @property
    def in_the_way(self) -> tuple[Installation, ...]:
        """Installations that nobody has accepted as left behind."""
        return tuple(one for one in self.left if one.accepted_at is None)

    @property
    def key_store_confirmed(self) -> bool:
        """True when a workstation said that its key store holds the new certificate, or was seen with it."""
        if self.request is not None:
            return self.request.state == RequestState.COMPLETED
        return self.new_installed or self.proof_passed

    @property
    def token_active(self) -> bool:
        """True when the depot hands out the new certificate's token."""
        return self.token is not None and self.token.state == TokenState.ACTIVE

    @property
    def proof_passed(self) -> bool:
        """True when the last self test opened a message with the new key store."""
        return self.proof is not None and self.proof.passed

    @property
    def login_passed(self) -> bool:
        """True when the last try got a session at the platform with the new certificate."""
        return self.login is not None and self.login.passed

    @property
    def open(self) -> tuple[str, ...]:
        """Codes of what is open, in the order in which it is done."""
        done = {
            KEY_STORE: self.key_store_confirmed,
            LOOK: self.look is not None,
            INSTALLATIONS: not self.in_the_way,
            TOKEN: self.token_active,
            PROOF: self.proof_passed,
            LOGIN: self.login_passed,
        }
        return tuple(code for code, ready in done.items() if not ready)

    @property
    def blocking(self) -> tuple[str, ...]:
        """Codes of what is open and may not stay so, whatever the reason.

        A vendor may have put the key store in place where none of our workstations looks, and none may reach the
        platform to log in. Not every certificate opens messages; but once a token is made, messages will be sealed to
        it, and that it opens them must be proven.
        """
        excused = {LOOK, LOGIN}
        if self.request is None:
            excused.add(KEY_STORE)
        if self.token is None:
            excused |= MESSAGES
        return tuple(code for code in self.open if code not in excused)

    @property
    def obstacle(self) -> str:
        """What has to be done first, in a sentence; empty when nothing blocks."""
        if not self.blocking:
            return ""
        if MESSAGES.issuperset(self.blocking):
            return _("Messages are sealed to the new token: activate it and let the self test pass first.")
        return _(
            "The switch can be confirmed once a workstation holds the new key store, and no installation of the old "
            "one stands in the way."
        )

    @property
    def confirmed_at(self) -> datetime | None:
        """When somebody confirmed the switch."""
        return self.old.switch_confirmed_at


def checklist_of(old: Certificate, new: Certificate) -> SwitchChecklist:
    """Return how far the switch is; six queries."""
    found = Installation.objects.filter(
        Q(certificate__in=[old.pk, new.pk]) | others_of_its_key(old)
    ).present()
    installed = list(found.select_related("accepted_by"))
    return SwitchChecklist(
        old,
        new,
        left=tuple(one for one in installed if one.certificate_id != new.pk and not _is_later(one, new)),
        new_installed=any(one.certificate_id == new.pk for one in installed),
        look=MachineLook.objects.filter(
            organisation=old.organisation_id, looked_at__gte=new.created_at
        ).first(),
        request=CertificateRequest.objects.filter(certificate=new)
        .defer("sealed_contract", "sealed_signed_request")
        .first(),
        token=EncryptionToken.objects.filter(certificate=new).defer("sealed_etk").first(),
        proof=ContinuityProof.objects.filter(certificate=new).first(),
        login=LoginProof.objects.filter(certificate=new).first(),
    )


def _is_later(installation: Installation, new: Certificate) -> bool:
    """True for a certificate that the inventory does not know yet and that ends after the new one: none left behind."""
    end = installation.not_after
    return installation.certificate_id is None and end is not None and end > new.not_after


def accept_installation(
    installation_id: UUID, *, certificate: Certificate, reason: str, user: User, actor: Actor, now: datetime
) -> None:
    """Record that this installation of `certificate`, or of another one of its key, may stay as it is.

    Raises CannotAccept.
    """
    reason = reason.strip()[:500]
    if not reason:
        raise CannotAccept(field="reason")
    with transaction.atomic():
        changed = (
            Installation.objects.standing_in_the_way()
            .filter(
                Q(certificate=certificate) | others_of_its_key(certificate),
                pk=installation_id,
                organisation=certificate.organisation_id,
            )
            .update(accepted_at=now, accepted_by=user, accepted_reason=reason)
        )
        if not changed:
            raise CannotAccept(field="installation")
        installation = Installation.objects.get(pk=installation_id)
        record(
            certificate.organisation_id,
            "installation_accepted",
            certificate,
            actor=actor,
            now=now,
            machine=installation.machine,
            path=installation.path,
            reason=reason,
        )


def confirm_switch(old: Certificate, *, reason: str = "", actor: Actor, now: datetime) -> None:
    """Record that `old` is out of use; `reason` says why what does not block may stay open.

    Raises CannotConfirmSwitch without a successor, while an installation stands in the way, while no workstation
    holds the new key, and when something else is open and no reason was given. Confirming twice is confirming once.
    """
    reason = reason.strip()[:500]
    with transaction.atomic():
        # The row is the lock: a report of a workstation that finds the old one again comes before or after.
        locked = Certificate.objects.select_for_update().get(pk=old.pk)
        if locked.switch_confirmed_at is not None:
            return
        _older, new = neighbours(locked)
        if new is None:
            raise CannotConfirmSwitch(open=["successor"])
        checklist = checklist_of(locked, new)
        left = checklist.open
        if checklist.blocking:
            raise CannotConfirmSwitch(checklist.obstacle, open=list(left))
        if left and not reason:
            raise CannotConfirmSwitch(
                _("Say why the switch is done although something is still open."),
                field="reason",
                open=list(left),
            )
        locked.switch_confirmed_at = now
        locked.save(update_fields=["switch_confirmed_at"])
        record(
            locked.organisation_id,
            "switch_confirmed",
            locked,
            actor=actor,
            now=now,
            successor=new.fingerprint,
            open=list(left),
            reason=reason,
        )
    old.switch_confirmed_at = now
