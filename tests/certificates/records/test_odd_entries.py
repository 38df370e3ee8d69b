"""At the door of the government's records: a certificate beside any odd one is always proposed, and can be taken."""

import copy
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from agent.wire.jobs import Identifier
from agent.wire.pki.moments import EARLIEST, NO_END
from certificates.certra.answers import CORE, NAMES, read_answer
from certificates.certra.client import CertraClient
from certificates.certra.errors import CertraError, OutcomeUnknown
from certificates.certra.facts import AuthenticationCertificateStatus, CertificateInfo
from certificates.certra.register import INFO_ENTRIES, OPEN_STATUSES, read_infos
from certificates.certra.values import Unreadable
from certificates.models.records import ProposalKind
from tests.certificates.certra.answering import certra_answer
from tests.certificates.records.steps import decide, past, proposals, tag
from tests.certificates.samples import ehealth
from tests.certificates.stages import enrolled
from tests.support import questions
from tests.support.holder import Holder
from tests.support.hospital import Hospital
from tests.support.odd import HOPELESS, ODD
from tests.support.sandbox import SandboxProcess

OPERATION = "GetCertificateInfoForCitizen"
GOOD = """<p:CertificateInfo>
  <c:RequestedDate>2026-01-05T10:00:00Z</c:RequestedDate>
  <c:PublicKeyIdentifier>%s</c:PublicKeyIdentifier>
  <c:CertificateEntity EntityType="Organization"><c:CertificateIdentifier><c:Actor>
    <cc:Id Type="CBE">0406798006</cc:Id><cc:Name>AZ Sint-Elisabeth Maasdal</cc:Name></c:Actor>
    <c:ApplicationId>EHBOX</c:ApplicationId></c:CertificateIdentifier></c:CertificateEntity>
  <c:AuthenticationCertificateStatus>VALID_ACTIVE</c:AuthenticationCertificateStatus>
  <c:ETKStatus>VALID_ACTIVE</c:ETKStatus>
  <c:AutomaticallyValidated>true</c:AutomaticallyValidated>
  <c:AuthenticationCertificateDetails>
    <c:SerialNumber>42</c:SerialNumber><c:DN>CN=x</c:DN><c:IssuerDN>CN=y</c:IssuerDN>
    <c:ValidNotBefore>2026-01-05T10:00:00Z</c:ValidNotBefore><c:ValidNotAfter>2029-01-05T10:00:00Z</c:ValidNotAfter>
  </c:AuthenticationCertificateDetails>
  <c:Revocable>true</c:Revocable><c:Replaceable>false</c:Replaceable>
  <c:ReplacementPeriodStartDate>2028-10-05T10:00:00Z</c:ReplacementPeriodStartDate>
  <c:ContactData><c:EmailPrivate>a@b.example</c:EmailPrivate><c:PhonePrivate>1</c:PhonePrivate></c:ContactData>
</p:CertificateInfo>"""
KEY = "ab" * 20
WORDS = st.sampled_from(
    [
        *("", " ", "-5", "24:00", "-0005-01-01T00:00:00Z", "20260-01-01T00:00:00Z", "2026-01-05T24:00:00Z"),
        *("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-02-30T00:00:00Z", "yesterday"),
        *("true", "maybe", "1", "x" * 3000, "\u200b", "\U0001f600", "85073003328", "SUSPENDED", "zz" * 20),
    ]
) | st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


@st.composite
def odd_entries(draw: st.DrawFn) -> etree._Element:
    """An entry of the register with fields that say something else, are missing, stand twice or are unknown."""
    [entry] = _body([GOOD % ("cd" * 20)])
    for _ in range(draw(st.integers(1, 3))):
        every = list(entry.iter(etree.Element))[1:]
        if not every:
            break
        one = draw(st.sampled_from(every))
        how = draw(st.sampled_from(["text", "missing", "twice", "unknown", "type"]))
        parent = one.getparent()
        assert parent is not None
        if how == "text":
            for child in list(one):
                one.remove(child)
            one.text = draw(WORDS)
        elif how == "missing":
            parent.remove(one)
        elif how == "twice":
            parent.append(copy.deepcopy(one))
        elif how == "unknown":
            etree.SubElement(one, f"{{{CORE}}}Surprise").text = draw(WORDS)
        else:
            one.set(draw(st.sampled_from(["Type", "EntityType", "lang"])), draw(WORDS))
    return entry


def _body(entries: list[str]) -> list[etree._Element]:
    content = etree.fromstring(certra_answer(OPERATION, "".join(entries)))
    return content.findall(".//p:CertificateInfo", NAMES)


def _read(entries: list[etree._Element]) -> tuple[CertificateInfo, ...]:
    envelope = etree.fromstring(certra_answer(OPERATION, ""))
    response = envelope[0][0]
    for entry in entries:
        response.append(copy.deepcopy(entry))
    answer = read_answer(
        etree.tostring(envelope),
        200,
        f"{OPERATION}Response",
        open_lists=OPEN_STATUSES,
        entries=INFO_ENTRIES,
    )
    return read_infos(answer)


@settings(max_examples=150)
@given(before=st.lists(odd_entries(), max_size=3), after=st.lists(odd_entries(), max_size=3))
def test_an_entry_is_read_beside_any_odd_one(
    before: list[etree._Element], after: list[etree._Element]
) -> None:
    [good] = _body([GOOD % KEY])
    found = _read([*before, good, *after])
    [expected] = _read([good])
    assert expected in found
    assert len(found) <= len(before) + 1 + len(after)


@given(entry=odd_entries())
def test_an_odd_entry_alone_is_read_or_refused_as_an_answer_of_its_kind(entry: etree._Element) -> None:
    try:
        assert len(_read([entry])) == 1
    except (CertraError, Unreadable):
        return


def test_what_breaks_the_schema_elsewhere_is_no_answer() -> None:
    with pytest.raises(OutcomeUnknown):
        read_answer(
            certra_answer(OPERATION, (GOOD % KEY) + "<p:Surprise/>"),
            200,
            f"{OPERATION}Response",
            entries=INFO_ENTRIES,
        )


@st.composite
def odd_infos(draw: st.DrawFn, good: CertificateInfo) -> CertificateInfo:
    """What the register tells of another certificate, in which readable fields say odd things."""
    key = draw(st.sampled_from(["cd" * 20, "AB", "x" * 200, "\u200b", good.public_key_identifier]))
    number = draw(st.sampled_from(["0406798006", "", "x" * 250, "71000436"]))
    moment = draw(st.sampled_from([EARLIEST, NO_END, good.requested_at]))
    assert good.details is not None
    details = replace(
        good.details,
        serial_number=draw(st.sampled_from(["", "-1", "0", "4" * 60, "4" * 900, "٤٢", "0x1f", "9\n"])),
        dn=draw(st.text(max_size=30)),
        valid_not_before=moment,
        valid_not_after=draw(st.sampled_from([EARLIEST, NO_END, moment])),
    )
    actor = replace(
        good.entity.actor,
        ids=draw(st.sampled_from([(), (Identifier("CBE", number),), (Identifier("CBE", "0406798006"),) * 2])),
        name=draw(st.sampled_from(["", "x" * 900, "85073003328", "\u202e"])),
    )
    return replace(
        good,
        public_key_identifier=key,
        requested_at=moment,
        entity=replace(good.entity, actor=actor, application_id=draw(st.sampled_from([None, "", "x" * 90]))),
        status=AuthenticationCertificateStatus(draw(st.sampled_from(["VALID_ACTIVE", "NEW", "x" * 90, ""]))),
        details=draw(st.sampled_from([None, details])),
        replacement_period_start=draw(st.sampled_from([None, EARLIEST, NO_END])),
        base_service_usages=draw(st.sampled_from([(), ("x" * 900,)])),
    )


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_certificate_is_proposed_and_taken_beside_any_odd_one(
    hospital: Hospital, holder: Holder, government: SandboxProcess, data: st.DataObject
) -> None:
    enrolled(holder)
    key = past(government, tag())
    infos, chain_of = CertraClient.certificate_infos, CertraClient.certificate_chain
    every = ODD | HOPELESS

    def told(client: CertraClient, question: bytes) -> tuple[CertificateInfo, ...]:
        [good] = [one for one in infos(client, question) if one.public_key_identifier == key]
        # The odd ones come first: what is read last must not be lost for them.
        others = [data.draw(odd_infos(good)) for _ in range(data.draw(st.integers(1, 4)))]
        return (*(one for one in others if one.public_key_identifier != key), good)

    def delivered(client: CertraClient, wanted: str) -> list[bytes]:
        if wanted == key:
            return chain_of(client, wanted)
        return [every[sorted(every)[len(wanted) % len(every)]](ehealth()), b"", b"\x30\x00"]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(CertraClient, "certificate_infos", told)
        patched.setattr(CertraClient, "certificate_chain", delivered)
        inquiry = questions.answer(hospital, holder)
    [good] = proposals(inquiry, kind=ProposalKind.NEW_CERTIFICATE, key=key)
    assert good.facts["acceptable"] is True, good.facts
    decided = decide(hospital, inquiry, [good])
    assert decided.settled == 1


def test_keys_that_are_too_long_and_entries_told_twice(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    """Of entries that begin alike each is told, of the same entry one; none keeps the others from being told."""
    enrolled(holder)
    key = past(government, tag())
    infos = CertraClient.certificate_infos

    def told(client: CertraClient, question: bytes) -> tuple[CertificateInfo, ...]:
        [good] = [one for one in infos(client, question) if one.public_key_identifier == key]
        assert good.details is not None
        odd = [
            replace(
                good,
                public_key_identifier="k" * 200,
                details=replace(good.details, serial_number=serial),
            )
            for serial in ("1", "2", "3", "3")
        ]
        return (*odd, good)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(CertraClient, "certificate_infos", told)
        inquiry = questions.answer(hospital, holder)
    found = proposals(inquiry, kind=ProposalKind.NEW_CERTIFICATE)
    assert len(found) == 4
    assert all(len(one.key) <= 120 for one in found)
    assert key in {one.key for one in found}
