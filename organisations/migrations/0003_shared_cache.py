"""The cache that all web processes share: sign-in limits and used TOTP codes hold for every one of them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("organisations", "0002_row_security")]

    operations = [
        migrations.RunSQL(
            sql="""
                CREATE TABLE ehportal_cache (
                    cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
                );
                CREATE INDEX ehportal_cache_expires ON ehportal_cache (expires);
            """,
            reverse_sql="DROP TABLE ehportal_cache;",
        ),
    ]
