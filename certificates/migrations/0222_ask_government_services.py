"""Indexes and functions by which workers ask the services; what is kept of it for how long; going on after an outage."""

from django.conf import settings
from django.db import migrations

from certificates.triggers import SETTINGS
from organisations.claiming import claimable, leasable
from organisations.forgetting import forgettable

ROLE = settings.DATABASE_WEB_ROLE
WAITS = (
    "item.next_attempt_at > clock_timestamp() AND item.parked_at IS NULL AND item.problem ->> 'kind' IN ('transient', 'silent')"
    " AND (item.leased_until IS NULL OR item.leased_until <= clock_timestamp())"
    " AND item.state IN ('awaiting_contract', 'signed', 'ready', 'awaiting_certificate', 'awaiting_confirmation',"
    " 'awaiting_evidence')"
)
"""What was certainly not done for want of an answer; how an unknown outcome is asked for has its own time."""
SOON = "SET next_attempt_at = least(item.next_attempt_at, clock_timestamp() + random() * interval '20 seconds')"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0221_government_services")]

    operations = [
        *leasable("certificates_probedservice"),
        *claimable("service_probes", "certificates_probedservice", ROLE, organisation="id"),
        forgettable("service_calls", "certificates_servicecall", ROLE, over="at < before", days=8),
        forgettable("service_hours", "certificates_servicehour", ROLE, over="hour < before", days=800),
        forgettable("incidents", "certificates_incident", ROLE, over="ended_at < before", days=800),
        migrations.RunSQL(
            sql=[f"""
                CREATE FUNCTION ehportal_go_on(which text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER {SETTINGS} AS $$
                DECLARE
                    part bigint;
                    going bigint := 0;
                BEGIN
                    UPDATE certificates_certificaterequest AS item {SOON} WHERE item.environment = which AND {WAITS};
                    GET DIAGNOSTICS part = ROW_COUNT; going := going + part;
                    UPDATE certificates_foreignrequest AS item {SOON} WHERE item.environment = which AND {WAITS};
                    GET DIAGNOSTICS part = ROW_COUNT; going := going + part;
                    UPDATE certificates_revocation AS item {SOON} FROM certificates_certificate AS ending
                        WHERE ending.id = item.certificate_id AND ending.environment = which AND {WAITS};
                    GET DIAGNOSTICS part = ROW_COUNT; going := going + part;
                    RETURN going;
                END $$;""",  # noqa: S608  # names and conditions of ours
                "REVOKE ALL ON FUNCTION ehportal_go_on(text) FROM PUBLIC;",
                f"GRANT EXECUTE ON FUNCTION ehportal_go_on(text) TO {ROLE};",
            ],
            reverse_sql="DROP FUNCTION ehportal_go_on(text);",
        ),
    ]
