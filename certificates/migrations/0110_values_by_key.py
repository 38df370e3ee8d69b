"""Which key a certificate, a request, a paper or a token stands under is found by an index."""

from django.db import migrations

from organisations.sealed_columns import Place, indexed_by_key


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0100_forgetting")]

    operations = [
        indexed_by_key(Place("certificates_certificate", "sealed_der")),
        indexed_by_key(Place("certificates_certificate", "ssin_index", text=True), then="ssin_index"),
        indexed_by_key(Place("certificates_certificaterequest", "sealed_contract", optional=True)),
        indexed_by_key(Place("certificates_certificaterequest", "sealed_signed_request", optional=True)),
        indexed_by_key(Place("certificates_revocation", "sealed_contract", optional=True)),
        indexed_by_key(Place("certificates_revocation", "sealed_signed_request", optional=True)),
        indexed_by_key(Place("certificates_encryptiontoken", "sealed_etk", optional=True)),
        indexed_by_key(Place("certificates_paper", "sealed_values")),
        indexed_by_key(Place("certificates_paper", "sealed_document")),
        indexed_by_key(Place("certificates_paper", "sealed_copy", optional=True)),
        indexed_by_key(Place("certificates_foreignrequest", "sealed_dn")),
        indexed_by_key(Place("certificates_foreignrequest", "sealed_csr", optional=True)),
        indexed_by_key(Place("certificates_importbatch", "sealed_certificates")),
        indexed_by_key(Place("certificates_recordproposal", "sealed_certificates", optional=True)),
        indexed_by_key(Place("certificates_cardcheck", "sealed_chain", optional=True)),
    ]
