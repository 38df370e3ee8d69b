"""Indexes in the orders in which the list can stand."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

from certificates.succession import GROUP

NAMED_INDEX = f"({', '.join(GROUP)}, not_after, id)"
OPEN = Q(renewed=False, ending=False, chain_trusted=True) & ~Q(revocation_status="revoked")
SETTLED = Q(renewed=True) | Q(ending=True) | Q(revocation_status="revoked") | Q(chain_trusted=False)


def _index(name, *fields, condition=None):
    return AddIndexConcurrently(
        model_name="certificate",
        index=models.Index(fields=["organisation", *fields, "id"], name=name, condition=condition),
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0225_told_to_webhooks")]

    operations = [
        # In the order of numbers stood an index that did not end with the id: planners sorted anew.
        migrations.RunSQL(
            [
                "DROP INDEX IF EXISTS certificate_in_order_of_numbers;",
                f"CREATE INDEX CONCURRENTLY certificate_in_order_of_numbers ON certificates_certificate {NAMED_INDEX};",
                "DROP INDEX CONCURRENTLY IF EXISTS certificate_named;",
            ],
            [
                f"CREATE INDEX CONCURRENTLY certificate_named ON certificates_certificate ({', '.join(GROUP)}, not_after);",
                "DROP INDEX CONCURRENTLY IF EXISTS certificate_in_order_of_numbers;",
            ],
        ),
        _index("certificate_in_order_of_names", "application_id", "common_name", "not_after"),
        _index("certificate_by_environment", "environment", "not_after"),
        _index("certificate_by_arrival", "created_at"),
        _index("certificate_open", "not_after", condition=OPEN),
        _index("certificate_settled", "not_after", condition=SETTLED),
    ]
