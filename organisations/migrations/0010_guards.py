"""References stay in their organisation, and what is private needs a name: a user's, or the platform's own."""

from django.db import migrations

from organisations.row_security import guard, guard_function, keep_people, narrow_anew, private_condition


class Migration(migrations.Migration):
    dependencies = [("organisations", "0008_reminder_steps_in_hours")]

    operations = [
        narrow_anew("organisations_auditevent", private_condition()),
        narrow_anew("organisations_reminder", private_condition()),
        keep_people("organisations_person"),
        guard_function(),
        guard("organisations_organisationidentifier"),
        guard("organisations_person"),
        guard(
            "organisations_mandate",
            person_id="organisations_person",
            identifier_id="organisations_organisationidentifier",
        ),
        guard("organisations_membership"),
        guard("organisations_auditevent"),
        guard("organisations_reminder"),
        guard("organisations_invitation"),
    ]
