"""Django's registration of the certificates app."""

from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    """Inventory, requests and agent jobs."""

    name = "certificates"
