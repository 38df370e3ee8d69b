"""Certificates of whose end nobody wants to hear for a while."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from certificates.models.listing.care import Beside

MAX_REASON = 200


class Mute(Beside):
    """For a reason and until a day nobody is told of a certificate's end."""

    certificate = models.OneToOneField(
        "certificates.Certificate", on_delete=models.CASCADE, related_name="mute"
    )
    until = models.DateField()
    """The last day of silence."""
    reason = models.CharField(max_length=MAX_REASON)
    muted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    muted_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.certificate_id} {self.until}"
