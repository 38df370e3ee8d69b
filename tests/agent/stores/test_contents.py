"""What goes into a key store under which alias, and what a renewal carries over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from agent.errors import StoreError
from agent.pkcs12 import Contents, KeyEntry
from agent.stores import contents as keystore
from tests.agent.stores.samples import CA_ALIAS, full_contents, other_contents


def _tokens(contents: Contents) -> list[str]:
    return [entry.alias for entry in keystore.encryption_entries(contents)]


def _certificate_for(key: rsa.RSAPrivateKey, **usages: bool) -> x509.Certificate:
    now, name = datetime.now(UTC), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    every = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.KeyUsage(**{usage: usages.get(usage, False) for usage in every}), critical=True)
        .sign(key, hashes.SHA256())
    )


def test_a_new_store_has_the_platforms_aliases() -> None:
    first = full_contents().keys[0]
    assert isinstance(first.key, rsa.RSAPrivateKey)
    assert first.certificate is not None
    authority = full_contents().certificates[0].certificate
    made = keystore.new_contents(first.key, first.certificate, [authority, authority])
    assert [entry.alias for entry in made.keys] == ["authentication"]
    assert [entry.alias for entry in made.certificates] == [CA_ALIAS]
    assert keystore.with_authorities(made, [authority]) == made
    renewed = other_contents().certificates[0].certificate
    assert renewed.subject == authority.subject
    both = keystore.with_authorities(made, [renewed])
    assert [entry.alias for entry in both.certificates] == [CA_ALIAS, f"{CA_ALIAS} {renewed.serial_number}"]


def test_an_encryption_key_stands_under_its_serial_number() -> None:
    contents, token = other_contents(), full_contents().keys[1]
    assert isinstance(token.key, rsa.RSAPrivateKey)
    assert token.certificate is not None
    made = keystore.with_encryption_entry(contents, token.key, token.certificate)
    assert _tokens(made) == [*_tokens(contents), str(token.certificate.serial_number)]
    assert keystore.with_encryption_entry(made, token.key, token.certificate) == made
    other = full_contents().keys[2].key
    assert isinstance(other, rsa.RSAPrivateKey)
    with pytest.raises(StoreError) as refused:
        keystore.with_encryption_entry(contents, other, token.certificate)
    assert refused.value.code == "store_mismatched"


def test_a_bare_key_gets_its_certificate() -> None:
    token = full_contents().keys[1]
    assert isinstance(token.key, rsa.RSAPrivateKey)
    assert token.certificate is not None
    waiting = replace(other_contents(), keys=(*other_contents().keys, replace(token, certificate=None)))
    made = keystore.with_encryption_entry(waiting, token.key, token.certificate)
    assert made.keys[-1] == token
    assert len(made.keys) == len(waiting.keys)


def test_a_renewal_carries_every_old_encryption_key_and_no_old_authentication_key() -> None:
    old, new = full_contents(), other_contents()
    made = keystore.carried_over(old, new)
    assert keystore.authentication_entry(made) == keystore.authentication_entry(new)
    assert _tokens(made) == [*_tokens(new), *_tokens(old)]
    assert old.keys[0].key.public_key() not in [entry.key.public_key() for entry in made.keys]
    assert made.certificates == new.certificates
    assert keystore.carried_over(old, made) == made


def test_another_key_under_the_same_number_is_an_error() -> None:
    old = full_contents()
    clash = replace(old.keys[1], key=old.keys[2].key)
    new = replace(other_contents(), keys=(*other_contents().keys, clash))
    with pytest.raises(StoreError) as refused:
        keystore.carried_over(old, new)
    assert refused.value.code == "store_alias_taken"
    assert refused.value.values == {"alias": old.keys[1].alias}


def test_the_authentication_key_is_not_carried_under_another_name() -> None:
    old = full_contents()
    first = old.keys[0]
    assert first.certificate is not None
    twice = replace(old, keys=(*old.keys, replace(first, alias=str(first.certificate.serial_number))))
    assert _tokens(twice) == _tokens(old)
    assert keystore.carried_over(twice, other_contents()) == keystore.carried_over(old, other_contents())


def test_stores_of_other_software_are_understood_by_what_their_certificates_are_for() -> None:
    key, signing = full_contents().keys[1].key, full_contents().keys[2].key
    assert isinstance(key, rsa.RSAPrivateKey)
    assert isinstance(signing, rsa.RSAPrivateKey)
    sealed = _certificate_for(key, key_encipherment=True, data_encipherment=True)
    signs = _certificate_for(signing, digital_signature=True, key_encipherment=True)
    found = Contents((KeyEntry("my token", key, sealed), KeyEntry("mykey", signing, signs)), ())
    assert keystore.authentication_entry(found).certificate == signs
    assert _tokens(found) == [str(sealed.serial_number)]
    only_tokens = Contents(found.keys[:1], ())
    with pytest.raises(StoreError) as refused:
        keystore.authentication_entry(only_tokens)
    assert refused.value.code == "store_no_authentication"
