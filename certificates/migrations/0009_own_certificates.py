"""A care provider's own certificates and requests: private to that user until shared, with all that belongs to them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from organisations.row_security import keep_private, keep_private_with

CERTIFICATE = ("certificate_id", "certificates_certificate")


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0008_row_security_of_papers'),
        ('organisations', '0004_private_events'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='certificate',
            name='certificate_once_an_organisation',
        ),
        migrations.AddField(
            model_name='certificate',
            name='owner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='own_certificates', to='organisations.person'),
        ),
        migrations.AddField(
            model_name='certificate',
            name='private_to',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='certificate',
            name='shared_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='certificaterequest',
            name='personal',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='certificaterequest',
            name='private_to',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='certificaterequest',
            name='identifier',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisationidentifier'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.UniqueConstraint(condition=models.Q(('private_to', None)), fields=('organisation', 'fingerprint'), name='certificate_once_an_organisation'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.UniqueConstraint(condition=models.Q(('private_to__isnull', False)), fields=('organisation', 'fingerprint', 'private_to'), name='private_certificate_once_an_owner'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('owner', None), ('private_to', None), ('shared_at', None)), models.Q(('owner__isnull', False), ('private_to__isnull', False), ('shared_at', None)), models.Q(('owner__isnull', False), ('private_to', None), ('shared_at__isnull', False)), _connector='OR'), name='an_own_certificate_is_private_or_shared'),
        ),
        migrations.AddConstraint(
            model_name='certificaterequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('identifier', None), ('personal', True), ('private_to__isnull', False)), models.Q(('identifier__isnull', False), ('personal', False), ('private_to', None)), _connector='OR'), name='a_personal_request_has_no_number_and_is_private'),
        ),
        keep_private("certificates_certificate"),
        keep_private("certificates_certificaterequest"),
        keep_private_with("certificates_revocation", CERTIFICATE),
        keep_private_with("certificates_encryptiontoken", CERTIFICATE),
        keep_private_with("certificates_continuityproof", CERTIFICATE),
        keep_private_with("certificates_installation", CERTIFICATE),
        keep_private_with("certificates_recordproposal", CERTIFICATE),
        keep_private_with(
            "certificates_agentjob",
            ("request_id", "certificates_certificaterequest"),
            ("revocation_id", "certificates_revocation"),
            ("token_id", "certificates_encryptiontoken"),
        ),
    ]
