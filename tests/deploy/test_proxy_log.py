"""What the proxy writes down of requests: addresses that are keys themselves are not in it. The real nginx."""

import re
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from deploy.stack.ports import free_port
from tests.environment import ROOT

NGINX = Path("/usr/sbin/nginx")
SECRET = "Zx9" * 14 + "-"
ASKED = (
    f"/calendar/feeds/{SECRET}.ics",
    f"/calendar/feeds/{SECRET}.ics?{SECRET}",
    f"/invitations/0/0/{SECRET}/",
    f"/notices/letter/{SECRET}/",
    f"/notices/agree/{SECRET}/",
    f"/notices/stop/{SECRET}/",
    f"/accounts/password/reset/key/0-{SECRET}/",
    f"/agent/v1/jobs/{SECRET}",
)


def test_secrets_in_addresses_are_not_written_down(tmp_path: Path) -> None:
    conf = (ROOT / "deploy/nginx/ehportal.conf").read_text("utf-8")
    assert len(re.findall(r"access_log /var/log/nginx/access.log ehportal;", conf)) == 2
    [kept] = re.findall(r"^map .*?^}\n.*?;\n", conf, re.MULTILINE | re.DOTALL)
    port, log = free_port(), tmp_path / "access.log"
    (tmp_path / "nginx.conf").write_text(
        f"""daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log;
        events {{ }}
        http {{ client_body_temp_path {tmp_path}/b; proxy_temp_path {tmp_path}/p; fastcgi_temp_path {tmp_path}/f;
        uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;
        {kept}
        server {{ listen 127.0.0.1:{port}; access_log {log} ehportal; return 404; }} }}"""
    )
    running = subprocess.Popen([NGINX, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log"])
    try:
        for path in (*ASKED, "/calendar/?month=2026-12"):
            told = None
            while told is None:
                assert running.poll() is None, (tmp_path / "error.log").read_text()
                told = _status(f"http://127.0.0.1:{port}{path}")
            assert told == 404
    finally:
        running.terminate()
        running.wait()
    written = log.read_text()
    assert SECRET not in written
    assert '"GET /calendar/feeds/... HTTP/1.1" 404' in written
    assert "GET /calendar/?month=2026-12 HTTP/1.1" in written


def _status(address: str) -> int | None:
    try:
        urllib.request.urlopen(address)  # noqa: S310  # our own machine
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError:
        time.sleep(0.05)  # it is just starting
    return None
