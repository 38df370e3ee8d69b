"""Renewing several certificates with one action: what can be asked for is, and the rest is said with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from certificates.models import Certificate, CertificateRequest
from certificates.services.renewals.plan import NEEDED, RenewalPlan, plan_renewals
from certificates.services.renewals.start import RenewalWish, renew_certificate
from organisations.errors import DomainError
from organisations.models import Organisation, User
from organisations.services.audit import Actor


@dataclass(frozen=True)
class Together:
    """Plans of certificates that are to be renewed together, in their order.

    `ready` need nothing; `incomplete` lack contact data, which is asked once for all of them; for the `others` it takes
    more than that, or nothing is to be done.
    """

    ready: list[RenewalPlan]
    incomplete: list[RenewalPlan]
    others: list[RenewalPlan]

    @property
    def missing(self) -> tuple[str, ...]:
        """The contact data that some of them lack."""
        lacking = {name for plan in self.incomplete for name in plan.contact.missing}
        return tuple(name for name in NEEDED if name in lacking)


def plan_together(
    organisation: Organisation, certificates: Sequence[Certificate], *, now: datetime
) -> Together:
    """Return what renewing these certificates would be today; any number takes as many queries."""
    plans = plan_renewals(organisation, certificates, now=now)
    ordered = [plans[one.pk] for one in certificates]
    ready = [plan for plan in ordered if plan.one_click]
    incomplete = [
        plan for plan in ordered if plan.possible and plan.holder is not None and plan.contact.missing
    ]
    taken = {plan.certificate.pk for plan in (*ready, *incomplete)}
    return Together(ready, incomplete, [plan for plan in ordered if plan.certificate.pk not in taken])


def renew_together(
    together: Together, contact: dict[str, str], *, requested_by: User, actor: Actor, now: datetime
) -> tuple[list[CertificateRequest], list[tuple[Certificate, DomainError]]]:
    """Ask for the renewal of all that can be asked for; `contact` fills in what is not known of one.

    Returns the requests, and the certificates for which one was refused: one refusal stops no other.
    """
    made: list[CertificateRequest] = []
    refused: list[tuple[Certificate, DomainError]] = []
    plans = [*together.ready, *(together.incomplete if all(contact.get(n) for n in together.missing) else [])]
    for plan in sorted(plans, key=lambda one: one.certificate.pk):
        wish = None if plan.one_click else _wish(plan, contact)
        try:
            with transaction.atomic():
                made.append(
                    renew_certificate(plan.certificate, wish, requested_by=requested_by, actor=actor, now=now)
                )
        except DomainError as refusal:
            refused.append((plan.certificate, refusal))
    return made, refused


def _wish(plan: RenewalPlan, contact: dict[str, str]) -> RenewalWish:
    if plan.holder is None:
        raise ValueError("somebody has to choose a holder first")
    known = plan.contact
    return RenewalWish(
        holder_id=plan.holder.pk,
        email_private=known.email_private or contact.get("email_private", ""),
        email_general=known.email_general,
        phone_private=known.phone_private or contact.get("phone_private", ""),
        phone_general=known.phone_general,
        base_service_usages=known.base_service_usages,
    )
