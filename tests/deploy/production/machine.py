"""A machine in a folder, on which the README's production section is followed: its own /opt, /etc, /run and /var.

What is real: the files of the release, Debian's Python and nginx, PostgreSQL over TCP with passwords, Redis, every
command that is ours, the units' own command lines, and a user who is not root. What stands in for the rest of a
machine: `apt-get` and `adduser` only write down what was asked, `pip` takes the locked packages from the environment of
the tests, and `systemctl` starts what a unit names.
"""

import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from deploy.locks import SERVER, pinned
from deploy.stack.ports import free_port
from tests.environment import ROOT

OURS = re.compile(
    r"(?<![\w.}])/(?=(?:opt/ehportal|etc/(?:ehportal|nginx|systemd)|run/(?:ehportal|nginx)|var/)\b)"
)
"""Where a path of the machine begins that lies in the folder here."""
NGINX = "/usr/sbin/nginx"
STAND_INS = {
    "apt-get": 'echo "apt-get $*" >> "$MACHINE/asked"',
    "adduser": 'echo "adduser $*" >> "$MACHINE/asked"',
    "sudo": 'if [ "$1" = "-u" ]; then shift 2; fi\nexec "$@"',
    # Nobody here has another group than the own; modes are the README's.
    "install": 'if [ "$3" = "-g" ]; then set -- "$1" "$2" "$5" "$6"; fi\nexec /usr/bin/install "$@"',
    "python3": 'exec "$PYTHON" "$@" --without-pip',
    "nginx": f'exec {NGINX} -c "$MACHINE/etc/nginx/nginx.conf" -e "$MACHINE/var/log/nginx.log" "$@"',
}


def servant() -> str | None:
    """Return the user as whom everything runs, None for ourselves where we are not root."""
    return "nobody" if os.geteuid() == 0 else None


def python_for_everybody() -> str:
    """Return an interpreter of our own version that another user may run."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    candidates = ["/usr/bin/python3", "/usr/local/bin/python3", os.path.realpath(sys.executable)]
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates:
        if Path(candidate).exists():
            said = subprocess.run([candidate, "-c", question], capture_output=True, text=True, user=servant())
            if said.stdout.strip() == own:
                return candidate
    raise AssertionError(f"no Python {own} that {servant()} may run")


def lay(source: Path, target: Path) -> None:
    """Put a file there without copying it where the disk allows."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def commands() -> list[str]:
    """Return the lines of the README's production section that are typed in a terminal, in order."""
    section = (ROOT / "README.md").read_text("utf-8").partition("## Production\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


class Machine:
    """The folder and what runs in it."""

    def __init__(self) -> None:
        self.root = Path(
            tempfile.mkdtemp(prefix="ehportal-machine-", dir="/tmp")
        )  # short enough for a socket
        self.user = servant()
        self.ports = {"80": free_port(), "443": free_port()}
        self.environment = {
            "PATH": f"{self.root}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "MACHINE": str(self.root),
            "PYTHON": python_for_everybody(),
            "EHPORTAL_SETTINGS": f"{self.root}/etc/ehportal",
            "HOME": f"{self.root}/home",
            "LC_ALL": "C.UTF-8",
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._lay_out()

    def path(self, text: str) -> str:
        """Return `text` with every path of the machine moved into the folder."""
        return OURS.sub(f"{self.root}/", text)

    def _lay_out(self) -> None:
        for folder in (
            "bin",
            "home",
            "tmp",
            "opt/ehportal/deploy",
            "run/ehportal",
            "var/lib/ehportal",
            "var/log/nginx",
        ):
            (self.root / folder).mkdir(parents=True)
        (self.root / "etc/systemd/system").mkdir(parents=True)
        for name, body in STAND_INS.items():
            script = self.root / "bin" / name
            script.write_text(f"#!/bin/sh\n{body}\n")
            script.chmod(0o755)
        self._lay_release()
        shutil.copytree("/etc/nginx", self.root / "etc/nginx", symlinks=True)
        self.rewrite("etc/nginx/nginx.conf", r"^user .*;\n", "")
        (self.root / "etc/nginx/modules-enabled").mkdir(exist_ok=True)
        for module in (self.root / "etc/nginx/modules-enabled").iterdir():
            module.unlink()
        held = self.root / "tmp"
        bodies = "".join(
            f"{kind}_temp_path {held}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (self.root / "etc/nginx/conf.d/folders.conf").write_text(bodies)
        conf = self.root / "etc/nginx/nginx.conf"
        conf.write_text(self.path(conf.read_text()))
        if self.user:
            owner = pwd.getpwnam(self.user)
            for found in (self.root, *self.root.rglob("*")):
                if not found.is_symlink():
                    os.chown(found, owner.pw_uid, owner.pw_gid)

    def _lay_release(self) -> None:
        """The files of the release: what the image takes too, and what stands in deploy for an operator."""
        product = self.root / "opt/ehportal"
        told = (ROOT / "deploy/Containerfile").read_text("utf-8")
        taken = [
            word
            for line in re.findall(r"^COPY (?!--from)(.*) \S+$", told, re.MULTILINE)
            for word in line.split()
        ]
        for name in [*taken, "deploy/systemd", "deploy/nginx", "deploy/ehportal.env", "deploy/prepare.env"]:
            source = ROOT / name
            for file in source.rglob("*") if source.is_dir() else [source]:
                if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".mo":
                    target = product / file.relative_to(ROOT)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(file, target)
        for file in (product / "deploy").rglob("*"):
            if file.is_file():
                file.write_text(self.path(file.read_text("utf-8")))
        for port, free in self.ports.items():
            self.rewrite(
                "opt/ehportal/deploy/nginx/ehportal.conf", rf"listen {port}\b", f"listen 127.0.0.1:{free}"
            )

    def rewrite(self, name: str, pattern: str, new: str) -> None:
        """Replace `pattern` in a file of the machine; fail where it is not there."""
        file = self.root / name
        text, count = re.subn(pattern, new, file.read_text("utf-8"), flags=re.MULTILINE)
        assert count, f"{pattern} is not in {name}"
        file.write_text(text)

    def fill_in(self, name: str, **values: str) -> None:
        """Give settings of a file their values, as an operator's editor does; each must stand there already."""
        for key, value in values.items():
            self.rewrite(f"etc/ehportal/{name}", rf"^{key}=.*$", f"{key}={value}".replace("\\", "\\\\"))

    def run(self, line: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Type one line of the README, as the user; returns what came of it."""
        return subprocess.run(
            ["/bin/bash", "-o", "pipefail", "-c", self.path(line)],
            cwd=self.root / "home",
            env=self.environment,
            user=self.user,
            group="nogroup" if self.user else None,
            extra_groups=[] if self.user else None,
            umask=0o022,
            capture_output=True,
            text=True,
            **more,
        )

    def type(self, line: str) -> str:
        """Type one line and return what it said; fail where it failed."""
        variable = re.fullmatch(r"([A-Z]+)=(\S+)", line)
        if variable:
            self.environment.setdefault(variable[1], variable[2])
            return ""
        if "/bin/pip install" in line:
            return self.install_packages(line)
        if line.startswith("sudo systemctl"):
            return self.systemctl(shlex.split(line)[2:])
        done = self.run(line)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def install_packages(self, line: str) -> str:
        """Put exactly what the server's lock names into the virtual environment."""
        assert self.path(line).endswith(
            f"--require-hashes -r {self.root}/opt/ehportal/requirements/server.txt"
        )
        [site] = (self.root / "opt/ehportal/.venv/lib").glob("python*/site-packages")
        for name, version in pinned(SERVER.file).items():
            distribution = metadata.distribution(name)
            assert distribution.version == version
            place = Path(str(distribution.locate_file("")))
            for file in distribution.files or []:
                source = Path(str(file.locate()))
                if ".." not in file.parts and source.is_file() and source.suffix != ".pyc":
                    lay(source, site / source.relative_to(place))
            for entry in distribution.entry_points.select(group="console_scripts"):
                script = site.parents[2] / "bin" / entry.name
                script.write_text(
                    f"#!{site.parents[2]}/bin/python\nimport sys\nfrom {entry.module} import {entry.attr}\n"
                    f"sys.exit({entry.attr}())\n"
                )
                script.chmod(0o755)
        return ""

    def systemctl(self, words: list[str]) -> str:
        """Start the units that are enabled, or nginx anew."""
        if words[:2] == ["enable", "--now"]:
            for unit in words[2:]:
                self.start_unit(unit)
            self.wait_for_web()
        elif words == ["restart", "nginx"]:
            self.stop("nginx")
            self.start("nginx", "nginx -g 'daemon off;'", {})
            self.wait(lambda: self.run(f"curl -sk {self.origin}/healthz").returncode == 0, "nginx")
        else:
            assert words == ["daemon-reload"], words
        return ""

    def start_unit(self, unit: str) -> None:
        """Run the command of an installed unit in its environment."""
        name, at, lane = unit.partition("@")
        text = (self.root / f"etc/systemd/system/{name}{at}.service").read_text("utf-8")
        told = re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)
        environment = dict(value.split("=", 1) for key, value in told if key == "Environment")
        [file] = [value for key, value in told if key == "EnvironmentFile"]
        for line in Path(file).read_text("utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                key, _, value = line.partition("=")
                environment[key] = "".join(shlex.split(value))
        [command] = [value for key, value in told if key == "ExecStart"]
        [folder] = [value for key, value in told if key == "WorkingDirectory"]
        said = command.replace("%i", lane).replace("%%", "%")
        self.start(unit, f"cd {folder} && exec {said}", environment)

    def start(self, name: str, line: str, environment: dict[str, str]) -> None:
        """Start something as the user; its output goes to a log of its name."""
        with (self.root / "var/log" / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                ["/bin/bash", "-c", f"exec {line}" if not line.startswith("cd ") else line],
                env=self.environment | environment,
                user=self.user,
                group="nogroup" if self.user else None,
                extra_groups=[] if self.user else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop(self, *names: str) -> None:
        """End what runs, the last first; all of it where none is named."""
        for name in names or list(reversed(self.running)):
            process = self.running.pop(name, None)
            if process is None:
                continue
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def origin(self) -> str:
        """Where people reach it."""
        return f"https://127.0.0.1:{self.ports['443']}"

    def log(self, name: str) -> str:
        """What a process said."""
        return (self.root / "var/log" / f"{name}.log").read_text("utf-8", "replace")

    def wait_for_web(self) -> None:
        """Return when the web server answers where WEB_BIND says."""
        bound = re.search(
            r"^WEB_BIND=(.*)$", (self.root / "etc/ehportal/ehportal.env").read_text(), re.MULTILINE
        )
        where = (
            f"http://{bound[1]}/healthz"
            if bound
            else "--unix-socket /run/ehportal/web.sock http://localhost/healthz"
        )
        self.wait(lambda: self.run(f"curl --fail --silent {where}").returncode == 0, "ehportal-web")

    def wait(self, there: Any, name: str) -> None:
        """Return when `there()` is true; fail with the log where the process ended."""
        while not there():
            assert self.running[name].poll() is None, self.log(name)
            time.sleep(0.2)

    def remove(self) -> None:
        """Stop everything and leave nothing."""
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)
