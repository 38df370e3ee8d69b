"""Certificates: the list with the very filters of the page, one of them, its files, and what is written beside it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import django_filters
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import override
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response

from agent.wire.encoding import to_pem
from certificates.api.v1 import shapes
from certificates.api.v1.showing import shown_in_list, whole
from certificates.models import Certificate, CertificateQuerySet
from certificates.selectors.filters import CertificateFilters
from certificates.selectors.inventory import listed, total_of
from certificates.services.care.carers import give_to
from certificates.services.care.notes import write_note
from certificates.services.care.tags import add_tag, remove_tag, tag_text
from certificates.services.inventory.hand_out import hand_out_certificate
from certificates.services.notices.ahead import ahead_of
from organisations.api.frame.documents import IF_MATCH, IF_NONE_MATCH, LIST_PARAMETERS, described
from organisations.api.frame.pages import demand_known, paged, place_of
from organisations.api.frame.refusals import FieldsRefused, NotThere, QueryRefused, ScopeMissing
from organisations.api.frame.tags import demand_tag, has_it, tag_of
from organisations.api.frame.view import Resource, fields_in, serves
from organisations.domain.scopes import Scope
from organisations.models import User
from organisations.services.credentials.opening import Caller

GROUP = "Certificates"
COUNT = "count"
CHAIN = "chain"
PEM = "application/pem-certificate-chain"
YES = {"true": True, "false": False}
OF_PAGES = {"columns", "told"}
"""Filters that mean something on a page alone: what a table shows, and what a member's letter spoke of."""
FILTERS = {name: one for name, one in CertificateFilters.base_filters.items() if name not in OF_PAGES}


def filter_parameters() -> list[OpenApiParameter]:
    """Return the filters of the page as parameters of the API: both are this one declared set."""
    with override("en"):
        return [_parameter(name, one) for name, one in FILTERS.items()]


def _parameter(name: str, one: Any) -> OpenApiParameter:
    kind: dict[str, Any] = {"type": "string"}
    if isinstance(one, django_filters.ChoiceFilter):
        kind["enum"] = [value for value, _label in one.extra["choices"]]
    elif isinstance(one, django_filters.DateFilter):
        kind["format"] = "date"
    elif isinstance(one, django_filters.UUIDFilter):
        kind["format"] = "uuid"
    elif "max_length" in one.extra:
        kind["maxLength"] = one.extra["max_length"]
    return OpenApiParameter(name, kind, description=str(one.label))


def switch_in(request: Request, name: str) -> bool:
    """Return a parameter that is `true` or `false`, and false where it is not given. Raises QueryRefused."""
    given = request.query_params.get(name, "false")
    if given not in YES:
        raise QueryRefused(errors={name: ["true", "false"]})
    return YES[given]


class Certificates(Resource):
    """The inventory."""

    @described(
        "listCertificates",
        Scope.SEE_CERTIFICATES,
        summary="List certificates",
        description="Those that end first come first, unless `order` says otherwise. Filters are those of the page.",
        tag=GROUP,
        parameters=[
            *filter_parameters(),
            OpenApiParameter(COUNT, bool, description="Whether to tell how many there are in all."),
            *LIST_PARAMETERS,
        ],
        answers=shapes.CertificatePage,
    )
    @serves(Scope.SEE_CERTIFICATES)
    def get(self, request: Request) -> Response:
        """Return a page of certificates."""
        place = place_of(request._request, known=frozenset(FILTERS) | {COUNT})
        filters = CertificateFilters(request.query_params, self.caller.organisation, self.now)
        if not filters.form.is_valid():
            raise QueryRefused(errors={name: list(said) for name, said in filters.form.errors.items()})
        page = listed(
            filters.found, filters.sorted_by, after=place.after, before=place.before, size=place.size
        )
        more: dict[str, Any] = {}
        if switch_in(request, COUNT):
            total = total_of(filters.found)
            more["total"] = {"number": total.number, "about": total.about}
        return paged(request._request, page, shown_in_list(page.rows, self.now), **more)


class OneCertificate(Resource):
    """One certificate."""

    @described(
        "getCertificate",
        Scope.SEE_CERTIFICATES,
        summary="Read a certificate",
        tag=GROUP,
        parameters=[IF_NONE_MATCH],
        answers=shapes.WholeCertificateShape,
        refusals=[404],
        others={304: OpenApiResponse(description="It is still what was read.")},
    )
    @serves(Scope.SEE_CERTIFICATES)
    def get(self, request: Request, certificate_id: UUID) -> Response:
        """Return everything about one certificate."""
        demand_known(request._request, frozenset())
        return tagged(request, whole(find(self.caller, certificate_id), self.now))

    @described(
        "changeCertificate",
        Scope.CARE,
        summary="Change tags and owner, write a note",
        tag=GROUP,
        parameters=[IF_MATCH],
        request=shapes.CareShape,
        answers=shapes.WholeCertificateShape,
        refusals=[404, 412, 415, 422, 428],
        examples={
            "sent, new tags and an owner": {"tags": ["pharmacy"], "owner": "els.wouters@maasdal.example"}
        },
    )
    @serves(Scope.CARE)
    def patch(self, request: Request, certificate_id: UUID) -> Response:
        """Change what is written beside it; nothing where it was changed since it was read."""
        demand_known(request._request, frozenset())
        given = fields_in(request, shapes.CareShape)
        rows = Certificate.objects.select_for_update(of=("self",), no_key=True)
        found = find(self.caller, certificate_id, rows)
        demand_tag(request._request, tag_of(whole(found, self.now)))
        care(self.caller, found, given, self.now)
        return tagged(request, whole(find(self.caller, certificate_id), self.now))


class CertificateFile(Resource):
    """One certificate as a file."""

    @described(
        "getCertificateFile",
        Scope.SEE_CERTIFICATES,
        summary="Download a certificate",
        description="PEM (RFC 8555 9.1). One with a national number in it needs the scope `numbers.read` too, and is "
        "written down in the record. Private keys are never here.",
        tag=GROUP,
        parameters=[OpenApiParameter(CHAIN, bool, description="Whether the certificates above it follow.")],
        answers=None,
        refusals=[404, 503],
        others={(200, PEM): OpenApiTypes.STR},
    )
    @serves(Scope.SEE_CERTIFICATES)
    def get(self, request: Request, certificate_id: UUID) -> HttpResponseBase:
        """Return the certificate as PEM."""
        demand_known(request._request, frozenset({CHAIN}))
        found = find(self.caller, certificate_id)
        with_chain = switch_in(request, CHAIN)
        if found.shows_number:
            if Scope.SEE_NUMBERS not in self.caller.scopes:
                raise ScopeMissing(Scope.SEE_NUMBERS)
            hand_out_certificate(found, actor=self.caller.actor, now=self.now)
        files = [found.der, *(found.above if with_chain else ())]
        return HttpResponse(b"".join(to_pem(one) for one in files), content_type=PEM)


class CertificateNotices(Resource):
    """What is told of one certificate's end."""

    @described(
        "getCertificateNotices",
        Scope.SEE_CERTIFICATES,
        summary="Who is told what of its end, and when",
        tag=GROUP,
        answers=shapes.NoticesShape,
        refusals=[404],
    )
    @serves(Scope.SEE_CERTIFICATES)
    def get(self, request: Request, certificate_id: UUID) -> Response:
        """Return all that was and will be told."""
        demand_known(request._request, frozenset())
        found = find(self.caller, certificate_id)
        ahead = ahead_of(self.caller.organisation, found, now=self.now)
        items = [
            {
                "happening": line.event.happening.value,
                "days_before": line.event.step,
                "at": line.event.at,
                "fate": line.fate.value,
                "readers": [one.full_name if isinstance(one, User) else one.name for one in line.readers],
                "told_at": line.told_at,
                "acknowledged_at": line.acknowledged_at,
            }
            for line in ahead.lines
        ]
        until = ahead.mute.until if ahead.mute else None
        return Response({"by_mail": ahead.by_mail, "silent_until": until, "items": items})


def find(caller: Caller, certificate_id: UUID, rows: CertificateQuerySet | None = None) -> Certificate:
    """Return a certificate of the caller's organisation. Raises NotThere."""
    rows = Certificate.objects.all() if rows is None else rows
    found = rows.filter(organisation=caller.organisation, pk=certificate_id).first()
    if found is None:
        raise NotThere
    found.organisation = caller.organisation
    return found


def tagged(request: Request, body: dict[str, Any]) -> Response:
    """Return a body with its tag, or 304 where the caller has it."""
    tag = tag_of(body)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.method in {"GET", "HEAD"} and has_it(request._request, tag):
        return Response(status=304, headers=headers)
    return Response(body, headers=headers)


def care(caller: Caller, certificate: Certificate, given: dict[str, Any], now: datetime) -> None:
    """Write beside a certificate what was given. Raises NoTag, NoteEmpty, FieldsRefused."""
    actor = caller.actor
    if "tags" in given:
        wanted = {tag_text(one) for one in given["tags"]}
        had = set(certificate.tags.values_list("text", flat=True))
        for tag in sorted(wanted - had):
            add_tag([certificate], tag, actor=actor, now=now)
        for tag in sorted(had - wanted):
            remove_tag([certificate], tag, actor=actor, now=now)
    if "owner" in given:
        address = given["owner"]
        here = User.objects.filter(memberships__organisation=caller.organisation, is_active=True).distinct()
        member = here.filter(email__iexact=address).first() if address else None
        if address and member is None:
            raise FieldsRefused(errors={"owner": [address]})
        give_to([certificate], member, actor=actor, now=now)
    if "note" in given:
        write_note(
            certificate,
            given["note"],
            user=caller.answering,
            through=caller.connection.name,
            actor=actor,
            now=now,
        )
