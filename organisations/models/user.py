"""People who sign in. A user belongs to no tenant; memberships say where they may act."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac


class UserManager(BaseUserManager["User"]):
    """Creates users by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user; without `password` the account cannot sign in by password."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a user by e-mail address, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """One account: e-mail, name and language."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=200)
    language = models.CharField(max_length=2, default="nl")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_organisation = models.UUIDField(null=True, blank=True)
    """In which organisation this user last chose to work; the next session opens there while there is a role in it."""

    sign_in_changes = models.PositiveIntegerField(default=0, db_default=0)
    """How often it changed how this user signs in, beside the password; sessions from before the last time are over."""
    digest_sent_at = models.DateTimeField(null=True)
    """When the last letter of what can wait was sent: one a day, whatever organisations it speaks of."""
    digest_claimed_until = models.DateTimeField(null=True)
    """Until when a worker is at such a letter."""
    is_operator = models.BooleanField(default=False, db_default=False)
    """Operates the platform: sees how its work stands, and nothing of an organisation by that alone."""

    inventory_columns = ArrayField(models.CharField(max_length=20), null=True, blank=True)
    """The columns of the list of certificates that this user chose; None for the usual ones."""

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.full_name

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Return what a session of this account must carry: Django's own word for it, and the changes since."""
        password: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]  # not in the stubs
        if not self.sign_in_changes:
            return password
        counted = f"{password}:{self.sign_in_changes}"
        return salted_hmac("organisations.sign_in", counted, secret=secret, algorithm="sha256").hexdigest()

    def get_full_name(self) -> str:
        """Return the name as people write it."""
        return self.full_name
