"""Renewing a certificate: a request for the same name that replaces it, with new keys and the old contact data."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from certificates.domain.lifecycle import Environment
from certificates.domain.renewal import FINAL_OBSTACLES, RenewalOutcome
from certificates.errors.renewals import RenewalIncomplete, RenewalRefused
from certificates.models import Certificate, CertificateRequest
from certificates.services.renewals.plan import RenewalPlan, plan_renewal
from certificates.services.requests.start import Wish, parties_of, start_request, wait_for_name
from organisations.domain.mandates import belgian_day
from organisations.models import OrganisationIdentifier, User
from organisations.services.audit import Actor


@dataclass(frozen=True)
class RenewalWish:
    """What an administrator fills in; name, environment and ApplicationId are those of the old certificate."""

    holder_id: UUID
    email_private: str
    email_general: str
    phone_private: str
    phone_general: str
    base_service_usages: tuple[str, ...]
    reason: str = ""


def renew_certificate(
    certificate: Certificate,
    wish: RenewalWish | None = None,
    *,
    requested_by: User,
    actor: Actor,
    now: datetime,
) -> CertificateRequest:
    """Make the request that replaces `certificate` and start it; without a wish, from everything that is known.

    Raises RenewalRefused (its extra holds the outcome, and the `request` that is on its way), RenewalIncomplete when
    something has to be filled in, RequestRefused and HolderWithoutMandate as for any request.
    """
    plan = _open_plan(certificate, now)
    whole = _whole_wish(plan, wish)
    identifier, holder = parties_of(certificate.organisation, whole, now)
    try:
        with transaction.atomic():
            if wait_for_name(identifier.pk, whole.application_id, whole.environment):
                raise RenewalRefused(outcome=RenewalOutcome.IN_PROGRESS.value)
            _open_plan(certificate, now)  # whoever waited here may have been overtaken
            return start_request(
                whole,
                identifier,
                holder,
                replaces=certificate,
                requested_by=requested_by,
                actor=actor,
                now=now,
            )
    except IntegrityError as error:
        if "one_renewal_on_its_way" not in str(error):
            raise
        raise RenewalRefused(outcome=RenewalOutcome.IN_PROGRESS.value) from error


def _open_plan(certificate: Certificate, now: datetime) -> RenewalPlan:
    plan = plan_renewal(certificate, now=now)
    if plan.outcome in FINAL_OBSTACLES:
        on_its_way = {"request": str(plan.renewal.pk)} if plan.renewal else {}
        raise RenewalRefused(outcome=plan.outcome.value, **on_its_way)
    return plan


def _whole_wish(plan: RenewalPlan, wish: RenewalWish | None) -> Wish:
    """Return the request's wish: what was filled in, else what is known of the certificate."""
    certificate, contact = plan.certificate, plan.contact
    identifier = cast(OrganisationIdentifier, plan.identifier)  # NOT_OURS was refused
    if wish is None:
        if plan.holder is None:
            raise RenewalIncomplete(field="holder_id")
        if contact.missing:
            raise RenewalIncomplete(field=contact.missing[0])
        with translation.override(plan.holder.language):
            reason = reason_of(certificate)
        wish = RenewalWish(
            holder_id=plan.holder.pk,
            email_private=contact.email_private,
            email_general=contact.email_general,
            phone_private=contact.phone_private,
            phone_general=contact.phone_general,
            base_service_usages=contact.base_service_usages,
            reason=reason,
        )
    return Wish(
        environment=Environment(certificate.environment),
        identifier_id=identifier.pk,
        application_id=certificate.application_id,
        email_private=wish.email_private,
        email_general=wish.email_general,
        phone_private=wish.phone_private,
        phone_general=wish.phone_general,
        base_service_usages=wish.base_service_usages,
        holder_id=wish.holder_id,
        reason=wish.reason,
    )


def reason_of(certificate: Certificate) -> str:
    """Return why a renewal is asked, in the active language: the holder reads it before signing."""
    day = date_format(belgian_day(certificate.not_after), pgettext("a day, Django date format", "j F Y"))
    return _("Renewal of the certificate that ends on %(day)s.") % {"day": day}
