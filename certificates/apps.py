"""Django's registration of the certificates app."""

from importlib import import_module

from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    """Inventory, requests and agent jobs."""

    name = "certificates"

    def ready(self) -> None:
        """Say what stands on a number by its value alone, share what authorities say, and hear how services do."""
        identifiers = import_module("organisations.services.identifiers")
        inventory = import_module("certificates.selectors.inventory")
        if inventory.has_certificates_of not in identifiers.STANDING:
            identifiers.STANDING.append(inventory.has_certificates_of)
        shared = import_module("certificates.services.status.shared_answers")
        import_module("certificates.certra.hearing").listen(
            import_module("certificates.services.probes.note").hear
        )
        import_module("certificates.trust.calls").listen(
            import_module("certificates.services.probes.note").hear_fetch
        )
        import_module("certificates.trust.kept_answers").share_answers(shared.SharedAnswers())
