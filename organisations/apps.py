"""Django's registration of the organisations app."""

from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    """Tenants, people, mandates, devices and the record."""

    name = "organisations"

    def ready(self) -> None:
        """Have calls to the outside ask the circuits that all processes share."""
        from organisations.services.circuits import SharedCircuits
        from outside.circuits import keep_circuits

        keep_circuits(SharedCircuits())
