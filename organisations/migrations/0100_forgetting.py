"""What is forgotten after its time: enrolment starts, invitations, notices, mail that came back, sessions."""

from django.conf import settings
from django.db import migrations

from organisations.forgetting import forgettable


def forgotten(name, table, over, days):
    return forgettable(name, table, settings.DATABASE_WEB_ROLE, over=over, days=days)


class Migration(migrations.Migration):
    dependencies = [("organisations", "0070_circuits"), ("sessions", "0001_initial")]

    operations = [
        forgotten("enrolments", "organisations_enrolment", "expires_at < before", 1),
        forgotten("invitations", "organisations_invitation", "ended_at < before", 400),
        forgotten(
            "notices", "organisations_reminder", "created_at < before AND next_attempt_at IS NULL", 1200
        ),
        forgotten("returned_mail", "organisations_returnedmail", "returned_at < before", 400),
        forgotten("sessions", "django_session", "expire_date < before", 0),
    ]
