"""Origins (RFC 6454): which server an agent belongs to, in one spelling."""

import ipaddress
from urllib.parse import urlsplit

from agent.wire.errors import OriginInvalid


def normalise_origin(url: str) -> str:
    """`scheme://host[:port]`, lower-case, default port left out (RFC 6454 6.2).

    https, or http for a loopback host only. Raises OriginInvalid for anything else, a path, a query or
    credentials among it.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise OriginInvalid("not an address") from None
    if parts.scheme not in ("https", "http") or not host:
        raise OriginInvalid("an https address is needed")
    if (
        parts.path not in ("", "/")
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
        or "?" in url
        or "#" in url
    ):
        raise OriginInvalid("only scheme, host and port are expected")
    host = _host(host)
    if parts.scheme == "http" and not is_loopback(host):
        raise OriginInvalid("http is for this machine only")
    default = 443 if parts.scheme == "https" else 80
    return f"{parts.scheme}://{host}" + (f":{port}" if port is not None and port != default else "")


def _host(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            ascii_host = host.encode("idna").decode("ascii").lower()
        except UnicodeError:
            raise OriginInvalid("not a host name") from None
        if not all(c.isalnum() or c in ".-" for c in ascii_host):
            raise OriginInvalid("not a host name") from None
        return ascii_host
    return f"[{address.compressed}]" if address.version == 6 else str(address)


def is_loopback(host: str) -> bool:
    """Whether a host, as it stands in an origin, is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
