"""Which user has which role in which organisation."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from organisations.domain.roles import Role
from organisations.models.organisation import Organisation


class Membership(models.Model):
    """One role of one user in one organisation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user", "role"], name="role_once_a_member"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role} · {self.organisation}"
