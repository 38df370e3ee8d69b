"""What is forgotten after its time: enrolment starts, invitations, notices, mail that came back, sessions."""

from django.conf import settings
from django.db import migrations

from organisations.forgetting import forgettable


def forgotten(name, table, over):
    return forgettable(name, table, settings.DATABASE_WEB_ROLE, over=over)


class Migration(migrations.Migration):
    dependencies = [("organisations", "0070_circuits"), ("sessions", "0001_initial")]

    operations = [
        forgotten("enrolments", "organisations_enrolment", "expires_at < before"),
        forgotten("invitations", "organisations_invitation", "ended_at < before"),
        forgotten(
            "notices", "organisations_reminder", "created_at < before AND next_attempt_at IS NULL"
        ),
        forgotten("returned_mail", "organisations_returnedmail", "returned_at < before"),
        forgotten("sessions", "django_session", "expire_date < before"),
    ]
