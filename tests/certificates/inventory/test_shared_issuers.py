"""Each authority is stored once for all certificates of all organisations, and rows of the version before move over."""

import base64
import hashlib

import psycopg
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import read_certificate
from certificates.models import Certificate, Issuer
from certificates.services.inventory import share_issuers as moving
from certificates.services.inventory.add_certificate import add_certificate
from certificates.services.inventory.share_issuers import share_issuers
from ehportal.lanes import CHORES
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.samples import NOW, der
from tests.support.hospital import Hospital, make_hospital
from tests.support.responder import World

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world() -> World:
    return World("http://127.0.0.1:1")


def add(hospital: Hospital, world: World, chain: list[bytes], *, trusted: bool = True) -> Certificate:
    leaf = world._issue("Leaf", world.keys[2], "World Issuing", world.keys[1])
    with acting_for([hospital.organisation.pk], as_platform=True):
        return add_certificate(
            hospital.organisation,
            read_certificate(leaf.public_bytes(Encoding.DER)),
            environment=Environment.PRODUCTION,
            chain=chain,
            chain_trusted=trusted,
            source="imported",
            actor=Actor.platform(),
            now=NOW,
        )[0]


def again(certificate: Certificate) -> Certificate:
    with acting_for([certificate.organisation_id], as_platform=True):
        return Certificate.objects.get(pk=certificate.pk)


def as_before(certificate: Certificate, chain: list[bytes]) -> None:
    """Write the row as the version before did."""
    with acting_for([certificate.organisation_id], as_platform=True):
        Certificate.objects.filter(pk=certificate.pk).update(
            issuers=None, chain=[base64.b64encode(one).decode() for one in chain]
        )


def test_one_row_for_each_authority_whoever_has_certificates_of_it(world: World) -> None:
    chain = [der(world.issuing), der(world.root)]
    for hospital in (make_hospital(), make_hospital(cbe="0635769870", proven=False)):
        for _ in range(2):
            kept = again(add(hospital, world, chain))
            assert kept.chain == []
            assert kept.issuers == [hashlib.sha256(one).hexdigest() for one in chain]
            assert list(kept.above) == chain
    assert {bytes(one.der) for one in Issuer.objects.all()} == set(chain)


def test_what_no_anchor_vouches_for_stays_with_its_organisation(world: World) -> None:
    kept = again(add(make_hospital(), world, [der(world.issuing)], trusted=False))
    assert kept.issuers is None
    assert list(kept.above) == [der(world.issuing)]
    assert not Issuer.objects.exists()
    assert share_issuers(NOW) == 0
    assert again(kept).issuers is None


def test_rows_of_the_version_before_are_read_and_move_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "AT_ONCE", 2)
    hospitals = [make_hospital(), make_hospital(cbe="0635769870", proven=False)]
    chains = [[der(world.issuing), der(world.root)], [der(world.issuing)], []]
    rows = [(add(hospital, world, chain), chain) for hospital in hospitals for chain in chains]
    for certificate, chain in rows:
        as_before(certificate, chain)
        assert list(again(certificate).above) == chain
    Issuer.objects.all().delete()
    assert share_issuers(NOW) == len(rows)
    assert share_issuers(NOW) == 0
    assert Issuer.objects.count() == 2
    for certificate, chain in rows:
        moved = again(certificate)
        assert moved.issuers == [hashlib.sha256(one).hexdigest() for one in chain], "in their order"
        assert list(moved.above) == chain
        assert len(moved.chain) == len(chain), "the version before still reads it"
    assert share_issuers in {task.run for task in CHORES}


def test_the_function_is_the_web_role_s_alone(owner_url: str) -> None:
    with psycopg.connect(owner_url) as owner:
        granted = owner.execute(
            "SELECT has_function_privilege('ehportal_web', 'ehportal_share_issuers(integer)', 'EXECUTE'),"
            " (SELECT count(*) FROM pg_proc, aclexplode(proacl) WHERE proname = 'ehportal_share_issuers'"
            "  AND grantee = 0)"
        ).fetchone()
    assert granted == (True, 0)
