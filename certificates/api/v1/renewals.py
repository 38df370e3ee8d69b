"""Renewals: what can be renewed today and what stands in the way, and asking for several at once."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from certificates.api.v1 import shapes
from certificates.models import Certificate
from certificates.selectors.inventory import LISTED
from certificates.selectors.renewals import to_renew
from certificates.services.renewals.plan import RenewalPlan, plan_renewals
from certificates.services.renewals.several import plan_together, renew_together
from organisations.api.frame.documents import KEY, LIST_PARAMETERS, described
from organisations.api.frame.pages import demand_known, paged, place_of
from organisations.api.frame.view import Resource, fields_in, serves
from organisations.domain.scopes import Scope
from organisations.keyset import page_of

TAG = "Requests and renewals"


class Renewals(Resource):
    """Certificates in their replacement period that nothing takes over from."""

    @described(
        "listRenewals",
        Scope.SEE_CERTIFICATES,
        summary="List what can be renewed",
        description="Certificates in their replacement period that nothing takes over from, the soonest end first.",
        tag=TAG,
        parameters=LIST_PARAMETERS,
        answers=shapes.RenewalPage,
    )
    @serves(Scope.SEE_CERTIFICATES)
    def get(self, request: Request) -> Response:
        """Return a page of what can be renewed, each with what its renewal would be today."""
        place = place_of(request._request)
        here = self.caller.organisation
        rows = to_renew(here, self.now).order_by()
        page = page_of(rows, by="not_after", after=place.after, before=place.before, size=place.size)
        for one in page.rows:
            one.organisation = here
        plans = plan_renewals(here, page.rows, now=self.now)
        return paged(request._request, page, [shown(plans[one.pk]) for one in page.rows])

    @described(
        "askRenewals",
        Scope.ASK_RENEWALS,
        summary="Ask for renewals",
        description="Asks for the renewal of all that can be asked for; one refusal stops no other. Whoever is "
        "mandated reads and signs each one with an identity card: nothing is renewed without that.",
        tag=TAG,
        parameters=[KEY],
        request=shapes.RenewalWishShape,
        answers=shapes.AskedShape,
        refusals=[415, 422],
        examples={
            "sent, two certificates": {
                "certificates": [
                    "0b9f0c58-6f0e-4a7e-9d1f-6c2b5f0c1a11",
                    "5f1f7f7c-0f0b-4df4-8a53-3b9f6f9d0e22",
                ],
                "contact": {"email_private": "ict@maasdal.example", "phone_private": "+32 11 22 33 44"},
            },
            "answered, one lacks a telephone number": {
                "made": [
                    {
                        "certificate": "0b9f0c58-6f0e-4a7e-9d1f-6c2b5f0c1a11",
                        "request": "c3a6e6b0-58a0-4f3e-8f0e-0e6a7d5b9f33",
                    }
                ],
                "not_made": [
                    {
                        "certificate": "5f1f7f7c-0f0b-4df4-8a53-3b9f6f9d0e22",
                        "outcome": "renewable",
                        "missing": ["phone_private"],
                    }
                ],
            },
        },
    )
    @serves(Scope.ASK_RENEWALS, keyed=True)
    def post(self, request: Request) -> Response:
        """Ask for renewals; the answer says what was made and what is missing for the rest."""
        demand_known(request._request, frozenset())
        given = fields_in(request, shapes.RenewalWishShape)
        here, wanted = self.caller.organisation, list(dict.fromkeys(given["certificates"]))
        rows = Certificate.objects.filter(organisation=here, pk__in=wanted).defer(*LISTED)
        found = {one.pk: one for one in rows.order_by("pk")}
        for one in found.values():
            one.organisation = here
        together = plan_together(here, [found[key] for key in wanted if key in found], now=self.now)
        made, refused = renew_together(
            together,
            given.get("contact", {}),
            requested_by=self.caller.answering,
            actor=self.caller.actor,
            now=self.now,
        )
        asked = {one.replaces_id: one.pk for one in made}
        codes = {one.pk: refusal.code for one, refusal in refused}
        plans = {
            plan.certificate.pk: plan for plan in (*together.ready, *together.incomplete, *together.others)
        }
        not_made = [_not_made(key, plans.get(key), codes.get(key)) for key in wanted if key not in asked]
        return Response(
            {
                "made": [{"certificate": key, "request": asked[key]} for key in wanted if key in asked],
                "not_made": not_made,
            }
        )


def shown(plan: RenewalPlan) -> dict[str, Any]:
    """Return what a renewal would be today."""
    return {
        "certificate": plan.certificate.pk,
        "name": plan.certificate.common_name,
        "not_after": plan.certificate.not_after,
        "outcome": plan.outcome.value,
        "ready": plan.one_click,
        "missing": list(plan.contact.missing) if plan.possible else [],
        "holder": str(plan.holder) if plan.holder else None,
        "request": plan.renewal.pk if plan.renewal else None,
    }


def _not_made(key: UUID, plan: RenewalPlan | None, code: str | None) -> dict[str, Any]:
    outcome = code or (plan.outcome.value if plan else "not_found")
    missing = list(plan.contact.missing) if plan is not None and plan.possible else []
    return {"certificate": key, "outcome": outcome, "missing": missing}
