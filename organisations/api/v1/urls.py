"""Addresses of the API about people and the record, under /api/v1/."""

from django.urls import path

from organisations.api.v1 import people

urlpatterns = [
    path("people", people.People.as_view(), name="api-people"),
    path("people/<uuid:person_id>/ssin", people.PersonNumber.as_view(), name="api-person-ssin"),
    path("mandates", people.Mandates.as_view(), name="api-mandates"),
    path("events", people.Events.as_view(), name="api-events"),
]
