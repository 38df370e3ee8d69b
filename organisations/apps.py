"""Django's registration of the organisations app."""

from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    """Tenants, people, mandates, devices and the record."""

    name = "organisations"
