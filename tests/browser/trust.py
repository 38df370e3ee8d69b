"""Trusted lists of the sandbox for the site: with changes, one that is refused, and an operator to decide about."""

from datetime import UTC, datetime, timedelta

from django.test import override_settings

from certificates.models import PlatformCertificate
from certificates.services.trusted.prepared import add_software, mark
from certificates.services.trusted.watch import plan_lists
from organisations.tenancy import acting_for
from tests.certificates.trusted.conftest import Lists
from tests.support.hospital import PLATFORM, Hospital
from tests.support.sandbox import SandboxProcess

SOFTWARE = ["eHealth-connector on SRV-CONNECTOR-01", "HiX", "Vitalink"]


def trust_pages(hospital: Hospital, sandbox: SandboxProcess) -> dict[str, str]:
    """Fetch the sandbox's lists as workers do, and return the pages that show them."""
    names = ("production", "acceptance")
    files = {name: [str(sandbox.pki / name / "tslo.pem")] for name in names}
    signers = {name: [str(sandbox.pki / name / "iam.pem")] for name in names}
    addresses = {"production": sandbox.production, "acceptance": sandbox.acceptance}
    now = datetime.now(UTC)
    with override_settings(TSL_ADDRESSES=addresses, TSL_OPERATORS=files, IAM_SIGNERS=signers):
        for name in names:
            sandbox.control_post(f"/control/lists/{name}/again")
        plan_lists(now)
        lists, others = Lists(sandbox), Lists(sandbox, "acceptance")
        lists.fetch()
        others.fetch()
        lists.change("transport", "withdraw", "Sandbox Web CA 2025 production")
        lists.change("transport", "add", "Sandbox Web CA 2027", since=(now + timedelta(days=20)).isoformat())
        lists.change("application", "announce")
        lists.fetch()
        others.spoil("person", "stranger")
        others.fetch("person")
        others.spoil("person", None)
    rows = PlatformCertificate.objects.filter(environment="production", use="sessions")
    rows.update(switch_at=now + timedelta(days=12))
    signer = rows[0]
    with acting_for([hospital.organisation.pk], as_platform=True):
        add_software(hospital.organisation, signer, SOFTWARE, actor=PLATFORM, now=now)
        line = signer.software.filter(organisation=hospital.organisation).first()
        assert line is not None
        by = hospital.administrator
        mark(hospital.organisation, line.pk, prepared=True, by=by, actor=PLATFORM, now=now)
    return {
        "trusted": "/trust/",
        "trusted-list": f"/trust/lists/{lists.row('transport').pk}/",
        "trusted-refused": f"/trust/lists/{others.row('person').pk}/",
        "trusted-store": "/trust/production/timestamps/",
        "trusted-own-store": "/trust/production/tls/own/",
        "platform-certificate": f"/trust/certificates/{signer.pk}/",
        "operation-trust": "/operation/trust/",
        "operation-services": "/operation/services/",
    }
