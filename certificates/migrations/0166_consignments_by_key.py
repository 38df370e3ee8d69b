"""The parts of large uploads are sealed too: which keys they stand under is found and told."""

from django.conf import settings
from django.db import migrations

from organisations.sealed_columns import Place, indexed_by_key, keys_in_use

BEFORE = [
    Place("certificates_certificate", "sealed_der"),
    Place("certificates_certificate", "ssin_index", text=True),
    Place("certificates_certificaterequest", "sealed_contract", optional=True),
    Place("certificates_certificaterequest", "sealed_signed_request", optional=True),
    Place("certificates_revocation", "sealed_contract", optional=True),
    Place("certificates_revocation", "sealed_signed_request", optional=True),
    Place("certificates_encryptiontoken", "sealed_etk", optional=True),
    Place("certificates_paper", "sealed_values"),
    Place("certificates_paper", "sealed_document"),
    Place("certificates_paper", "sealed_copy", optional=True),
    Place("certificates_foreignrequest", "sealed_dn"),
    Place("certificates_foreignrequest", "sealed_csr", optional=True),
    Place("certificates_importbatch", "sealed_certificates"),
    Place("certificates_recordproposal", "sealed_certificates", optional=True),
    Place("certificates_cardcheck", "sealed_chain", optional=True),
    Place("certificates_errand", "sealed_parameters", optional=True),
    Place("certificates_errand", "sealed_answer", optional=True),
]
PARTS = Place("certificates_consignmentpart", "sealed_content")


def told(places):
    return keys_in_use("certificates", places, settings.DATABASE_WEB_ROLE).sql


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0165_claim_consignments")]

    operations = [
        indexed_by_key(PARTS),
        migrations.RunSQL(told([*BEFORE, PARTS]), told(BEFORE)),
    ]
