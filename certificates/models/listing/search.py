"""By which words a certificate is found; kept by the triggers of `certificates.finding` and by nobody else."""

import uuid

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class SearchEntry(models.Model):
    """The words of one certificate and of what stands beside it: each begins with its organisation's mark."""

    certificate = models.OneToOneField(
        "certificates.Certificate",
        primary_key=True,
        on_delete=models.DO_NOTHING,
        related_name="search",
        default=uuid.uuid4,
        db_constraint=False,
    )
    """Triggers write it with the certificate and take it away with it: nothing is left to check row by row."""
    organisation = models.ForeignKey(
        "organisations.Organisation", on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    private_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
    )
    """As the certificate's."""
    words = SearchVectorField()

    class Meta:
        # What some hundred certificates say is sorted into it together; a search reads what waits for that, 64 kB.
        indexes = [
            GinIndex(fields=["words"], name="searchentry_words", fastupdate=True, gin_pending_list_limit=64)
        ]

    def __str__(self) -> str:
        return str(self.pk)
