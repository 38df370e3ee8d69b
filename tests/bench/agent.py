"""The agent's share between consent and the bytes that are sent, beside the token's own signature."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from tests.bench.stand import milliseconds, show

GOAL = 300.0
"""Milliseconds that the agent may add to what the token takes."""


def measure() -> None:
    """Print build-and-sign through the agent's own reader beside C_Sign in this process."""
    import PyKCS11

    from agent.card.eid import CardReader
    from agent.wire.jobs import (
        CertificateContent,
        ContactData,
        Contract,
        Identifier,
        LocalisedText,
        Signer,
    )
    from agent.wire.pki.keys import make_csr
    from agent.wire.pki.names import ehealth_dn
    from agent.wire.xml.request import build_generate_certificate
    from agent.wire.xml.signature import sign_enveloped
    from tests.support.cards import MODULE, PIN, CitizenPki
    from tests.support.holder import any_key

    own = CitizenPki().card(algorithm="rsa")
    contract = Contract(
        dn=ehealth_dn("CBE", "0406798006", "AZ Sint-Elisabeth Maasdal", None),
        signer=Signer((Identifier("SSIN", own.ssin),), own.first_names, own.surname),
        texts=tuple(LocalisedText(language, "<p>Contract</p>" * 400) for language in ("nl", "fr", "de")),
    )
    content = CertificateContent(
        ContactData("an@maasdal.example", None, "+32 11", None), contract, None, ("tsa",)
    )
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SOFTHSM2_CONF"] = str(own.write_token(Path(folder) / "card"))
        with CardReader(Path(MODULE)) as reader:
            card = reader.card()

            def whole() -> None:
                unsigned = build_generate_certificate(
                    content,
                    make_csr(any_key(), contract.dn),
                    request_id=f"_{uuid4()}",
                    issue_instant=datetime.now(UTC),
                )
                sign_enveloped(
                    unsigned,
                    chain=card.chain("Signature"),
                    sign=lambda data, _algorithm: reader.sign(
                        card, "Signature", data, ask_pin=lambda _why: PIN
                    ),
                )

            agent, agent_95 = milliseconds(whole)
        library = PyKCS11.PyKCS11Lib()
        library.load(MODULE)
        slots = library.getSlotList(tokenPresent=True)
        (slot,) = [one for one in slots if library.getTokenInfo(one).label.strip() == "BELPIC"]
        session = library.openSession(slot, PyKCS11.CKF_SERIAL_SESSION)
        session.login(PIN)
        (key,) = session.findObjects(
            [(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY), (PyKCS11.CKA_LABEL, "Signature")]
        )
        mechanism = PyKCS11.Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS, None)
        token, token_95 = milliseconds(lambda: session.sign(key, b"x" * 20_000, mechanism))
    rows = [
        ("the token's C_Sign", f"{token:.1f}", f"{token_95:.1f}"),
        ("build, CSR, sign by the card, check", f"{agent:.1f}", f"{agent_95:.1f}"),
        (f"the agent's own share (goal: {GOAL:.0f})", f"{agent - token:.1f}", f"{agent_95 - token_95:.1f}"),
    ]
    show("From consent to the bytes that are sent", ("work", "ms", "p95"), rows)
