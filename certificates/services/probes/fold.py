"""Folding calls into hours: what is told of a month does not need each of them."""

from datetime import datetime

from django.db import connection

from certificates.domain.watch.probes import AVAILABLE, BOUNDS

FOLD = """
    WITH open AS (
        -- Hours that may have grown since they were folded last.
        SELECT coalesce(max(hour) - interval '1 hour', '-infinity') AS since FROM certificates_servicehour
    ), counted AS (
        SELECT service_id, date_trunc('hour', at) AS hour, outcome = ANY (%(available)s) AS good,
               width_bucket(milliseconds::float8, %(bounds)s::float8[]) AS bucket, planned, count(*) AS number
        FROM certificates_servicecall, open WHERE at >= since GROUP BY 1, 2, 3, 4, 5
    ), hours AS (
        SELECT service_id, hour, coalesce(sum(number) FILTER (WHERE NOT planned), 0) AS calls,
               coalesce(sum(number) FILTER (WHERE NOT planned AND good), 0) AS available,
               coalesce(sum(number) FILTER (WHERE planned), 0) AS planned_calls,
               coalesce(sum(number) FILTER (WHERE planned AND good), 0) AS planned_available
        FROM counted GROUP BY 1, 2
    )
    INSERT INTO certificates_servicehour
        (service_id, hour, calls, available, planned_calls, planned_available, latencies)
    SELECT service_id, hour, calls, available, planned_calls, planned_available, ARRAY(
        SELECT coalesce(sum(counted.number), 0)::integer
        FROM generate_series(0, cardinality(%(bounds)s::float8[])) AS slot
        LEFT JOIN counted ON counted.bucket = slot AND counted.good AND NOT counted.planned
            AND counted.service_id = hours.service_id AND counted.hour = hours.hour
        GROUP BY slot ORDER BY slot)
    FROM hours
    ON CONFLICT (service_id, hour) DO UPDATE
        SET calls = excluded.calls, available = excluded.available,
            planned_calls = excluded.planned_calls, planned_available = excluded.planned_available,
            latencies = excluded.latencies
"""


def fold_calls(now: datetime) -> int:
    """Add the calls of the hours that may have grown up; return how many hours were written. Safe to run twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            FOLD,
            {"available": sorted(one.value for one in AVAILABLE), "bounds": [float(one) for one in BOUNDS]},
        )
        return int(cursor.rowcount)
