"""References stay in their organisation, and what is private needs a name: a user's, or the platform's own."""

from django.db import migrations

from organisations.row_security import dependent_condition, guard, narrow_anew, private_condition

CERTIFICATE = ("certificate_id", "certificates_certificate")
HANGING_ON_A_CERTIFICATE = (
    "certificates_revocation",
    "certificates_encryptiontoken",
    "certificates_continuityproof",
    "certificates_installation",
    "certificates_recordproposal",
)
PERSON = "organisations_person"


class Migration(migrations.Migration):
    dependencies = [("certificates", "0014_installations_by_machine"), ("organisations", "0010_guards")]

    operations = [
        narrow_anew("certificates_certificate", private_condition()),
        narrow_anew("certificates_certificaterequest", private_condition()),
        *(narrow_anew(table, dependent_condition(table, CERTIFICATE)) for table in HANGING_ON_A_CERTIFICATE),
        narrow_anew(
            "certificates_agentjob",
            dependent_condition(
                "certificates_agentjob",
                ("request_id", "certificates_certificaterequest"),
                ("revocation_id", "certificates_revocation"),
                ("token_id", "certificates_encryptiontoken"),
            ),
        ),
        guard("certificates_certificate", owner_id=PERSON),
        guard(
            "certificates_certificaterequest",
            identifier_id="organisations_organisationidentifier",
            replaces_id="certificates_certificate",
            holder_id=PERSON,
            certificate_id="certificates_certificate",
        ),
        guard(
            "certificates_agentjob",
            request_id="certificates_certificaterequest",
            revocation_id="certificates_revocation",
            token_id="certificates_encryptiontoken",  # noqa: S106  # a table
            inquiry_id="certificates_recordsinquiry",
            holder_id=PERSON,
        ),
        guard("certificates_importbatch"),
        guard("certificates_revocation", certificate_id="certificates_certificate", holder_id=PERSON),
        guard("certificates_encryptiontoken", certificate_id="certificates_certificate"),
        guard("certificates_continuityproof", certificate_id="certificates_certificate"),
        guard("certificates_installation", certificate_id="certificates_certificate"),
        guard("certificates_machinelook"),
        guard("certificates_recordsinquiry", holder_id=PERSON),
        guard(
            "certificates_recordproposal",
            inquiry_id="certificates_recordsinquiry",
            certificate_id="certificates_certificate",
        ),
        guard(
            "certificates_paper",
            person_id=PERSON,
        ),
        guard(
            "certificates_foreignrequest",
            person_id=PERSON,
            declaration_id="certificates_paper",
            certificate_id="certificates_certificate",
        ),
    ]
