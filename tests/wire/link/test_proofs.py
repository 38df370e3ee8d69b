from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.encoding import from_base64url, to_base64url
from agent.wire.errors import ProofInvalid
from agent.wire.link.proofs import key_of, make_proof, public_jwk, read_proof, thumbprint, verify_proof

KEY = ec.generate_private_key(ec.SECP256R1())
JWK = public_jwk(KEY)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://certificates.example.org/agent/v1/jobs"


def _token(*, with_key: bool = False) -> str:
    return make_proof(KEY, method="POST", url=URL, body=b"{}", now=NOW, with_key=with_key)


def _code(
    token: str, *, method: str = "POST", url: str = URL, body: bytes = b"{}", now: datetime = NOW
) -> str:
    try:
        verify_proof(token, jwk=JWK, method=method, url=url, body=body, now=now)
    except ProofInvalid as error:
        return error.code
    return "ok"


def test_a_proof_holds_for_its_own_call_only() -> None:
    token = _token()
    proof = verify_proof(token, jwk=JWK, method="POST", url=URL, body=b"{}", now=NOW)
    assert proof.kid == thumbprint(JWK)
    assert len(from_base64url(proof.jti)) == 16
    assert _code(token, method="GET") == "proof_invalid"
    assert _code(token, url=URL + "/x") == "proof_invalid"
    assert _code(token, url=URL.replace("certificates", "evil")) == "proof_invalid"
    assert _code(token, body=b"{ }") == "proof_invalid"


@pytest.mark.parametrize(
    ("seconds", "code"), [(0, "ok"), (120, "ok"), (-120, "ok"), (121, "proof_stale"), (-121, "proof_stale")]
)
def test_a_proof_grows_stale(seconds: int, code: str) -> None:
    assert _code(_token(), now=NOW + timedelta(seconds=seconds)) == code


def test_another_key_does_not_prove_this_device() -> None:
    other = public_jwk(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(ProofInvalid):
        verify_proof(_token(), jwk=other, method="POST", url=URL, body=b"{}", now=NOW)


def test_an_enrolment_proof_carries_its_key() -> None:
    assert read_proof(_token(with_key=True)).jwk == JWK
    assert read_proof(_token()).jwk is None


def test_rfc_7638_thumbprint_is_over_the_required_members_in_order() -> None:
    assert thumbprint(dict(reversed(JWK.items()))) == thumbprint(JWK)
    with pytest.raises(ProofInvalid):
        thumbprint({**JWK, "use": "sig"})


@given(st.data())
def test_every_altered_character_is_noticed(data: st.DataObject) -> None:
    token = _token(with_key=True)
    index = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.sampled_from("ABCxyz019-_.= "))
    altered = token[:index] + character + token[index + 1 :]
    assert _code(altered) == ("ok" if altered == token else "proof_invalid")


@given(st.text(max_size=80))
def test_anything_else_is_no_proof(text: str) -> None:
    assert _code(text) == "proof_invalid"


def test_algorithm_none_and_others_are_refused() -> None:
    header, payload, _ = _token().split(".")
    claims = from_base64url(header)
    for algorithm in (b"none", b"HS256", b"ES384"):
        forged = to_base64url(claims.replace(b"ES256", algorithm))
        assert _code(f"{forged}.{payload}.") == "proof_invalid"


@pytest.mark.parametrize(
    "change", [{"kty": "RSA"}, {"crv": "P-384"}, {"x": "AAAA"}, {"x": JWK["y"]}, {"d": "AAAA"}, {"y": 1}]
)
def test_only_a_p256_public_key_is_a_key(change: dict[str, object]) -> None:
    with pytest.raises(ProofInvalid):
        key_of({**JWK, **change})
