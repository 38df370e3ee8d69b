"""What a page says about the renewal of a certificate: what stands in the way, and the button that helps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.domain.renewal import RenewalOutcome
from certificates.domain.validity import Standing
from certificates.models import Certificate
from certificates.services.renewals.plan import RenewalPlan, plan_renewals
from certificates.web.parts.rows import CertificateRow, RequestRow, certificate_row, request_row
from certificates.web.parts.ways_on import Button, new_request_like, ways_when_lost
from certificates.web.parts.words import RENEWALS
from organisations.access import Tenancy
from organisations.domain.roles import Permission

R = RenewalOutcome


FORM = frozenset({R.RENEWABLE, R.NO_WORKSTATION, R.HOLDER_LEFT, R.MANDATE_ENDED, R.KEY_STORE_LOST})
"""Outcomes in which the form is the way on: it asks for what is missing, or for another holder."""


NOTHING_TO_DO = frozenset({R.TOO_EARLY, R.ALREADY_RENEWED, R.IN_PROGRESS, R.BEING_REVOKED})


PAST = frozenset(
    {
        *(R.EXPIRED, R.REVOKED, R.ALREADY_RENEWED, R.IN_PROGRESS, R.KEY_STORE_LOST),
        *(R.BEING_REVOKED, R.NOT_RECOGNISED),
    }
)
"""Outcomes in which nobody need ask after its key store: it is over, on its way, or said to be lost."""


@dataclass(frozen=True)
class RenewalView:
    """A plan with its words; `one_click` and `buttons` are empty for who may not ask."""

    plan: RenewalPlan
    title: str
    advice: str
    tone: str
    one_click: bool
    buttons: tuple[Button, ...]
    who_can: str
    """For a reader who may not ask: who does what the advice says."""
    on_its_way: RequestRow | None
    when_lost: tuple[Button, ...]
    """The ways on when the key store or its password is lost: there is nothing to renew with."""

    @property
    def shows_day(self) -> bool:
        """True when the first day of the window is what the reader waits for."""
        return self.plan.outcome is R.TOO_EARLY


def _tone(outcome: RenewalOutcome) -> str:
    if outcome in {R.RENEWABLE, R.NO_WORKSTATION}:
        return "call"
    if outcome in NOTHING_TO_DO:
        return "quiet"
    return "warn"


def renewal_view(plan: RenewalPlan, tenancy: Tenancy) -> RenewalView | None:
    """Return what the page of a certificate says; None for a person's own, and for names that nobody renews."""
    certificate = plan.certificate
    if certificate.ssin_index or not certificate.identifier_type:
        return None
    may_ask = tenancy.may(Permission.REQUEST_CERTIFICATE)
    title, advice = RENEWALS[plan.outcome]
    return RenewalView(
        plan,
        str(title),
        str(advice),
        _tone(plan.outcome),
        may_ask and plan.one_click,
        _buttons(plan, tenancy) if may_ask else (),
        "" if may_ask else _who_can(plan),
        request_row(plan.renewal) if plan.renewal else None,
        ways_when_lost(certificate)
        if may_ask and tenancy.may(Permission.REVOKE_CERTIFICATE) and plan.outcome not in PAST
        else (),
    )


def _who_can(plan: RenewalPlan) -> str:
    if plan.possible and plan.holder is not None:
        return _("An administrator asks for the renewal; %(name)s signs it.") % {"name": plan.holder}
    if plan.possible:
        return _("An administrator asks for the renewal; the holder signs it.")
    return "" if plan.outcome in NOTHING_TO_DO else _("An administrator does this.")


def _buttons(plan: RenewalPlan, tenancy: Tenancy) -> tuple[Button, ...]:
    certificate, outcome = plan.certificate, plan.outcome
    found: list[Button] = []
    if tenancy.may(Permission.MANAGE_ORGANISATION):
        if outcome in {R.MANDATE_ENDED, R.NOBODY_MANDATED}:
            person = plan.former_holder if outcome is R.MANDATE_ENDED else None
            asked = {
                "person": person.pk if person else "",
                "identifier": plan.identifier.pk if plan.identifier else "",
            }
            query = urlencode({name: value for name, value in asked.items() if value})
            found.append(Button(f"{reverse('mandate-new')}?{query}", _("Register a mandate")))
        if outcome is R.NOT_OURS:
            found.append(Button(reverse("identifier-new"), _("Add the number")))
    if outcome is R.KEY_STORE_LOST and tenancy.may(Permission.REVOKE_CERTIFICATE):
        found.extend(ways_when_lost(certificate))
    if outcome in FORM:
        form = reverse("certificate-renew", args=[certificate.pk])
        if plan.one_click:
            text = _("Look at it first")
        elif outcome in {R.HOLDER_LEFT, R.MANDATE_ENDED}:
            text = _("Choose another holder")
        elif outcome is R.KEY_STORE_LOST:
            text = _("It turned up: renew it")
        else:
            text = _("Renew")
        found.append(Button(form, text))
    if outcome in {R.EXPIRED, R.REVOKED, R.ON_HOLD}:
        found.append(Button(new_request_like(certificate.pk), _("Request a new one")))
    return tuple(found)


@dataclass(frozen=True)
class RenewalLine:
    """One certificate of a list, and what is done about its renewal; None where nothing is to be done."""

    row: CertificateRow
    view: RenewalView | None


def renewal_lines(tenancy: Tenancy, certificates: Sequence[Certificate], now: datetime) -> list[RenewalLine]:
    """Return the lines of a list in its order; only certificates in their replacement period are looked into."""
    wanted = []
    if tenancy.may(Permission.REQUEST_CERTIFICATE):
        wanted = [one for one in certificates if one.standing(now) is Standing.RENEWABLE]
    plans = plan_renewals(tenancy.organisation, wanted, now=now)
    return [
        RenewalLine(
            certificate_row(one, now, renewed=one.renewed, ending=one.ending),
            renewal_view(plans[one.pk], tenancy) if one.pk in plans else None,
        )
        for one in certificates
    ]
