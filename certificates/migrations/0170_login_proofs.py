"""Whether a certificate logs in at the platform, as workstations found out."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from organisations.row_security import guard, keep_private_with, protect

TABLE = "certificates_loginproof"
CERTIFICATE = ("certificate_id", "certificates_certificate")


class Migration(migrations.Migration):
    dependencies = [
        ("certificates", "0166_consignments_by_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="LoginProof",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("device_id", models.UUIDField()),
                ("device_label", models.CharField(max_length=100)),
                ("checked_at", models.DateTimeField()),
                ("verdict", models.CharField(max_length=40)),
                ("passed", models.BooleanField()),
                ("not_before", models.DateTimeField(null=True)),
                ("not_on_or_after", models.DateTimeField(null=True)),
                ("signer", models.CharField(blank=True, max_length=64)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("weak_signature", models.BooleanField(default=False)),
                ("clock_seconds", models.IntegerField(default=0)),
                ("attributes", models.JSONField(default=dict)),
                (
                    "certificate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="login_proofs",
                        to="certificates.certificate",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisations.organisation",
                    ),
                ),
            ],
            options={
                "ordering": ["-checked_at", "-id"],
                "indexes": [models.Index(fields=["certificate", "-checked_at"], name="login_by_certificate")],
            },
        ),
        protect(TABLE),
        keep_private_with(TABLE, CERTIFICATE),
        guard(TABLE, certificate_id="certificates_certificate"),
    ]
