"""What gateways do to an answer on its way: none of it changes what it says, and none of it opens a door."""

import base64
from collections.abc import Callable

import pytest

from certificates.certra.client import CertraClient
from certificates.certra.errors import OutcomeUnknown, Transient
from tests.certificates.certra.answering import answering, certra_answer, client_of
from tests.certificates.certra.test_gateway import signed_by_a_stranger
from tests.certificates.certra.wires import listening

PLAIN = certra_answer("GetCertificate", "<p:X509Certificate>AAAA</p:X509Certificate>")
KEY = "ab" * 20


def asked(
    content: bytes, kind: bytes = b"text/xml", status: bytes = b"200 OK", extra: bytes = b""
) -> list[bytes]:
    """Ask for a certificate, and return what was understood."""
    header = b"Content-Type: " + kind + b"\r\n"
    with listening(answering(content, extra=header)) as listener:
        return list(client_of(f"http://127.0.0.1:{listener.port}").certificate_chain(KEY))


def declared(encoding: str) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n'.encode() + PLAIN


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        b"\xef\xbb\xbf" + declared("utf-8"),
        b"\r\n \t\n" + declared("UTF-8"),
        b"\xef\xbb\xbf\n" + declared("UTF-8"),
        *(declared(name) for name in ("US-ASCII", "ISO-8859-1", "iso-8859-15", "windows-1252", "UTF8")),
        declared("UTF-8").replace(b"<s:Body>", b"<!-- gateway 7 --><s:Body><!-- -->"),
        declared("UTF-8").replace(b"AAAA", b"AA<!-- cut -->AA"),
        declared("UTF-8") + b"\n<!-- served in 7 ms -->\n",
    ],
)
def test_it_is_understood(content: bytes) -> None:
    assert asked(content) == [base64.b64decode("AAAA")]


BOMB = b'<!DOCTYPE s [<!ENTITY a "aaaa">]>'


@pytest.mark.parametrize(
    "content",
    [
        BOMB + PLAIN,
        declared("UTF-8").replace(b"?>\n", b"?>" + BOMB, 1),
        PLAIN.replace(b"AAAA", b"&a;"),
        declared("UTF-16"),
        declared("UTF-7"),
        declared("US-ASCII").replace(b"AAAA", "AA\xe9A".encode("latin-1")),
        ("\ufeff" + PLAIN.decode()).encode("utf-16-le"),
        PLAIN.replace(b"<s:Body>", b"<?go away?><s:Body>"),
        PLAIN.replace(b"<s:Body>", b"<s:Body>" + b"<a>" * 60 + b"</a>" * 60),
        PLAIN.replace(b"<s:Body>", b"<s:Body %s>" % b" ".join(b'xmlns:n%d="u"' % n for n in range(9000))),
        b"x" + PLAIN,
    ],
)
def test_doors_stay_shut(content: bytes) -> None:
    with pytest.raises(Transient, match=r"without a readable answer|SOAP body"):
        asked(content)


def parts(*pieces: tuple[str, bytes], end: bytes = b"--\r\n", gap: bytes = b"\r\n") -> bytes:
    """Several parts with their headers, between boundaries."""
    shown = b"".join(
        b"--b%s%s%s%s%s%s" % (gap, head.replace("\n", gap.decode()).encode(), gap, gap, body, gap)
        for head, body in pieces
    )
    return shown + b"--b" + end


ROOT_HEAD = 'Content-Type: application/xop+xml; type="text/xml"\nContent-ID: <root@x>'
XOP = PLAIN.replace(
    b"AAAA", b'<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:one%40x"/>'
)
RELATED = b'multipart/related; type="application/xop+xml"; boundary="b"'
ATTACHED = (
    "Content-Type: application/octet-stream\nContent-ID: <one@x>\nContent-Transfer-Encoding: binary",
    b"\x00\r\n--\x00",
)


@pytest.mark.parametrize(
    ("kind", "content", "found"),
    [
        (b"multipart/related; boundary=b", parts(("Content-Type: text/xml", PLAIN)), b"\0\0\0"),
        (
            b"multipart/related; boundary=b",
            b"preamble\r\n" + parts((ROOT_HEAD, declared("utf-8"))),
            b"\0\0\0",
        ),
        (b"Multipart/Related;boundary=b", parts((ROOT_HEAD, PLAIN), gap=b"\n"), b"\0\0\0"),
        (RELATED, parts((ROOT_HEAD, XOP), ATTACHED), b"\x00\r\n--\x00"),
        (RELATED + b'; start="<root@x>"', parts(ATTACHED, (ROOT_HEAD, XOP)), b"\x00\r\n--\x00"),
        (
            RELATED,
            parts((ROOT_HEAD + "\nContent-Transfer-Encoding: base64", base64.encodebytes(PLAIN))),
            b"\0\0\0",
        ),
        (
            RELATED,
            parts((ROOT_HEAD + "\nContent-Transfer-Encoding: quoted-printable", PLAIN.replace(b"=", b"=3D"))),
            b"\0\0\0",
        ),
    ],
)
def test_the_root_of_several_parts_is_read(kind: bytes, content: bytes, found: bytes) -> None:
    assert asked(content, kind) == [found]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (b"multipart/related", parts((ROOT_HEAD, PLAIN))),
        (b"multipart/related; boundary=c", parts((ROOT_HEAD, PLAIN))),
        (b"multipart/related; boundary=b", parts((ROOT_HEAD, PLAIN), end=b"")),
        (b"multipart/mixed; boundary=b", parts((ROOT_HEAD, PLAIN))),
        (RELATED + b'; start="<other@x>"', parts((ROOT_HEAD, PLAIN))),
        (RELATED, parts((ROOT_HEAD, XOP))),
        (RELATED, parts((ROOT_HEAD + "\nContent-Transfer-Encoding: base64", b"@@@"))),
        (RELATED, parts(*[(ROOT_HEAD, PLAIN)] * 60)),
    ],
)
def test_several_parts_that_make_no_whole_are_named(kind: bytes, content: bytes) -> None:
    with pytest.raises(Transient, match="several parts"):
        asked(content, kind)


def test_one_part_included_again_and_again_is_too_large() -> None:
    include = XOP[XOP.index(b"<p:X509Certificate>") : XOP.index(b"</p:GetCert")]
    many = PLAIN.replace(b"<p:X509Certificate>AAAA</p:X509Certificate>", include * 100)
    with pytest.raises(Transient, match="too large"):
        asked(parts((ROOT_HEAD, many), (ATTACHED[0], b"x" * 100_000)), RELATED)


def generate(client: CertraClient) -> object:
    return client.submit(signed_by_a_stranger())


def ask(client: CertraClient) -> object:
    return client.certificate_chain(KEY)


@pytest.mark.parametrize("deed", [generate, ask])
@pytest.mark.parametrize(
    "status", [b"301 Moved", b"302 Found", b"307 Temporary Redirect", b"308 Permanent Redirect"]
)
@pytest.mark.parametrize(
    "place", [b"https://login.example.test/in?x=1", b"/maintenance", b"http://[bad", b""]
)
def test_a_redirect_is_called_one(
    deed: Callable[[CertraClient], object], status: bytes, place: bytes
) -> None:
    extra = b"Location: " + place + b"\r\n" if place else b""
    with listening(answering(b"<html>elsewhere</html>", status, extra)) as listener:
        with pytest.raises(Transient, match=r"redirected \(HTTP 30\d.*nothing was done") as told:
            deed(client_of(f"http://127.0.0.1:{listener.port}"))
        assert len(listener.heard) == 1, "it is not followed"
    assert ("login.example.test" in str(told.value)) is (b"login" in place)
    assert "x=1" not in str(told.value)


def test_see_other_may_come_after_the_deed() -> None:
    answer = answering(b"", b"303 See Other", b"Location: /done\r\n")
    with listening(answer) as listener, pytest.raises(OutcomeUnknown, match="redirected"):
        generate(client_of(f"http://127.0.0.1:{listener.port}"))
