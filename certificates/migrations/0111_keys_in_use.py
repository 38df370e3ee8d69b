"""Which keys are in use is told; and a number stands under a key also where only a certificate has it."""

from django.conf import settings
from django.db import migrations

from organisations.sealed_columns import Place, index_in_use, keys_in_use

PERSON = Place("organisations_person", "ssin_index", text=True)
DEVICE = Place("organisations_device", "ssin_index", text=True)
CERTIFICATE = Place("certificates_certificate", "ssin_index", text=True)


class Migration(migrations.Migration):
    dependencies = [("certificates", "0110_values_by_key"), ("organisations", "0111_keys_in_use")]

    operations = [
        keys_in_use(
            "certificates",
            [
                Place("certificates_certificate", "sealed_der"),
                CERTIFICATE,
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
            ],
            settings.DATABASE_WEB_ROLE,
        ),
        index_in_use([PERSON, DEVICE, CERTIFICATE], settings.DATABASE_WEB_ROLE, before=[PERSON, DEVICE]),
    ]
