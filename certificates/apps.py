"""Django's registration of the certificates app."""

from importlib import import_module

from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    """Inventory, requests and agent jobs."""

    name = "certificates"

    def ready(self) -> None:
        """Say what of this app stands on an organisation's number by its value, where no row refers to it."""
        identifiers = import_module("organisations.services.identifiers")
        inventory = import_module("certificates.selectors.inventory")
        if inventory.has_certificates_of not in identifiers.STANDING:
            identifiers.STANDING.append(inventory.has_certificates_of)
