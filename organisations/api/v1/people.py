"""People, mandates and the record, read only. A national number is read one by one, and each look leaves a trace."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from organisations import selectors
from organisations.api.frame.documents import LIST_PARAMETERS, described, page_of
from organisations.api.frame.pages import demand_known, paged, place_of
from organisations.api.frame.refusals import NotThere, QueryRefused
from organisations.api.frame.view import Resource, serves
from organisations.domain.mandates import MandateState, belgian_day
from organisations.domain.scopes import Scope
from organisations.keyset import page_of as rows_of
from organisations.models import AuditEvent, Mandate, Person
from organisations.services.people import reveal_ssin

MASK = "••.••.••-•••.••"
SUBJECT = "subject"
Shape = serializers.Serializer[Any]


class PersonShape(Shape):
    """Someone who works for the organisation."""

    id = serializers.UUIDField()
    first_names = serializers.CharField()
    name = serializers.CharField()
    ssin = serializers.CharField(help_text="Always masked; it has an address of its own.")
    email = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    language = serializers.CharField()
    left_on = serializers.DateField(allow_null=True)


class SsinShape(Shape):
    """A national number in full."""

    person = serializers.UUIDField()
    ssin = serializers.CharField()


class MandateShape(Shape):
    """A mandate by which somebody holds certificates of a number."""

    id = serializers.UUIDField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    type = serializers.CharField()
    value = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    withdrawn_on = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(choices=list(MandateState))
    reference = serializers.CharField(allow_blank=True)


class EventShape(Shape):
    """One thing that happened."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    action = serializers.CharField()
    subject_type = serializers.CharField()
    subject = serializers.UUIDField()
    actor_type = serializers.CharField()
    actor = serializers.CharField()
    details = serializers.DictField(child=serializers.JSONField())


PersonPage, MandatePage, EventPage = page_of(PersonShape), page_of(MandateShape), page_of(EventShape)


class People(Resource):
    """People of the organisation."""

    @described(
        "listPeople",
        Scope.SEE_PEOPLE,
        summary="List people",
        description="In the order in which they were added, also those who have left.",
        tag="People",
        parameters=LIST_PARAMETERS,
        answers=PersonPage,
    )
    @serves(Scope.SEE_PEOPLE)
    def get(self, request: Request) -> Response:
        """Return a page of people."""
        place = place_of(request._request)
        rows = Person.objects.filter(organisation=self.caller.organisation).defer("ssin_ciphertext")
        page = rows_of(rows, by="created_at", after=place.after, before=place.before, size=place.size)
        return paged(request._request, page, [_person(one) for one in page.rows])


class PersonNumber(Resource):
    """The national number of one person."""

    @described(
        "getPersonSsin",
        Scope.SEE_NUMBERS,
        summary="Read a national number",
        description="Each look stands in the record, with the name of the connection.",
        tag="People",
        answers=SsinShape,
        refusals=[404, 503],
    )
    @serves(Scope.SEE_NUMBERS)
    def get(self, request: Request, person_id: UUID) -> Response:
        """Return the number in full, and write down that it was looked at."""
        demand_known(request._request, frozenset())
        person = Person.objects.filter(organisation=self.caller.organisation, pk=person_id).first()
        if person is None:
            raise NotThere
        number = reveal_ssin(person, actor=self.caller.actor, now=self.now)
        return Response({"person": person.pk, "ssin": number})


class Mandates(Resource):
    """Mandates of the organisation."""

    @described(
        "listMandates",
        Scope.SEE_PEOPLE,
        summary="List mandates",
        description="In the order in which they were registered, also those that have ended.",
        tag="People",
        parameters=LIST_PARAMETERS,
        answers=MandatePage,
    )
    @serves(Scope.SEE_PEOPLE)
    def get(self, request: Request) -> Response:
        """Return a page of mandates."""
        place = place_of(request._request)
        rows = selectors.mandates_of(self.caller.organisation).order_by()
        page = rows_of(rows, by="created_at", after=place.after, before=place.before, size=place.size)
        return paged(request._request, page, [_mandate(one) for one in page.rows])


class Events(Resource):
    """The record."""

    @described(
        "listEvents",
        Scope.SEE_RECORD,
        summary="Read the record",
        description="What happened, the newest first. What is private to somebody is not in it.",
        tag="Record",
        parameters=[
            OpenApiParameter(
                SUBJECT,
                {"type": "string", "format": "uuid"},
                description="Only what happened to one thing.",
            ),
            *LIST_PARAMETERS,
        ],
        answers=EventPage,
    )
    @serves(Scope.SEE_RECORD)
    def get(self, request: Request) -> Response:
        """Return a page of events."""
        place = place_of(request._request, known=frozenset({SUBJECT}))
        rows = AuditEvent.objects.filter(organisation=self.caller.organisation).defer("content", "leaf_hash")
        given = request.query_params.get(SUBJECT)
        if given is not None:
            rows = rows.filter(subject_id=_key(given))
        page = rows_of(
            rows,
            by="happened_at",
            after=place.after,
            before=place.before,
            size=place.size,
            descending=True,
        )
        return paged(request._request, page, [_event(one) for one in page.rows])


def _key(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError as error:
        raise QueryRefused(errors={SUBJECT: ["uuid"]}) from error


def _person(one: Person) -> dict[str, Any]:
    names = ("id", "first_names", "name", "email", "phone", "language", "left_on")
    return {name: getattr(one, name) for name in names} | {"ssin": MASK}


def _mandate(one: Mandate) -> dict[str, Any]:
    return {
        "id": one.pk,
        "person": one.person_id,
        "name": str(one.person),
        "type": one.identifier.type,
        "value": one.identifier.value,
        "starts_on": one.starts_on,
        "ends_on": one.ends_on,
        "withdrawn_on": one.withdrawn_on,
        "state": one.state(belgian_day(timezone.now())).value,
        "reference": one.reference,
    }


def _event(one: AuditEvent) -> dict[str, Any]:
    return {
        "id": one.pk,
        "at": one.happened_at,
        "action": one.action,
        "subject_type": one.subject_type,
        "subject": one.subject_id,
        "actor_type": one.actor_type,
        "actor": one.actor_name,
        "details": one.details,
    }
