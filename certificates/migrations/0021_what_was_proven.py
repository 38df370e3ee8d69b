"""What older rows prove: for whom a workstation worked in earnest, and which number got a certificate here.

A workstation goes on working for an organisation where a request of it was signed there, or a token of it was made or
tested there, and where it is the only organisation that ever knew the card. Any other asks its holder anew.
"""

from django.db import migrations

LINKS = """
    INSERT INTO organisations_devicelink
        (id, organisation_id, device_id, account_id, agreed_at, statement, proof, ended_at, ended_by_id)
    SELECT gen_random_uuid(), person.organisation_id, device.id, person.user_id, device.enrolled_at,
           ''::bytea, '', NULL, NULL
    FROM organisations_device device
    JOIN organisations_person person ON person.ssin_index = device.ssin_index AND person.left_on IS NULL
    WHERE device.revoked_at IS NULL
      AND (
        EXISTS (SELECT 1 FROM certificates_agentjob job
                WHERE job.organisation_id = person.organisation_id AND job.device_id = device.id
                  AND job.state IN ('signed', 'done'))
        OR EXISTS (SELECT 1 FROM certificates_encryptiontoken token
                   WHERE token.organisation_id = person.organisation_id AND token.device_id = device.id)
        OR EXISTS (SELECT 1 FROM certificates_continuityproof proof
                   WHERE proof.organisation_id = person.organisation_id AND proof.device_id = device.id)
        OR NOT EXISTS (SELECT 1 FROM organisations_person other
                       WHERE other.ssin_index = device.ssin_index
                         AND other.organisation_id <> person.organisation_id)
      )
      AND NOT EXISTS (SELECT 1 FROM organisations_devicelink link
                      WHERE link.device_id = device.id AND link.organisation_id = person.organisation_id
                        AND link.ended_at IS NULL);
"""

NUMBERS = """
    UPDATE organisations_organisationidentifier number
    SET state = 'proven', proven_by = 'certificate', proven_at = delivered.first_at
    FROM (
        SELECT request.identifier_id, min(certificate.created_at) AS first_at
        FROM certificates_certificaterequest request
        JOIN certificates_certificate certificate ON certificate.id = request.certificate_id
        WHERE certificate.source = 'requested' AND certificate.chain_trusted
          AND request.identifier_id IS NOT NULL AND request.environment = 'production'
        GROUP BY request.identifier_id
    ) delivered
    WHERE number.id = delivered.identifier_id AND number.state = 'claimed';
"""


class Migration(migrations.Migration):
    dependencies = [("certificates", "0020_guards"), ("organisations", "0012_number_claims")]

    operations = [
        migrations.RunSQL(sql=LINKS, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(sql=NUMBERS, reverse_sql=migrations.RunSQL.noop),
    ]
