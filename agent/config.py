"""Where this agent keeps its things, and the few choices a workstation may make in `agent.toml`.

language = "nl"                     # nl, fr, de or en; otherwise the system's
[card]
modules = ["/absolute/path.so"]     # PKCS#11 modules to allow beside the official middleware, tried first
[keystore]
folder = "/absolute/folder"         # where key stores go; default ~/ehealth/keystore
[passwords]
keyring = true                      # keep the password of unfinished work in the system's keyring
[server]
ca_file = "/absolute/ca.pem"        # extra CA for the server's TLS, for networks with their own
"""

import os
import stat
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from agent.durable import private_folder
from agent.errors import AgentError

HOME_VARIABLE = "EHPORTAL_AGENT_HOME"
OFFICIAL_MODULES: dict[str, tuple[str, ...]] = {
    "linux": (
        "/usr/lib/x86_64-linux-gnu/libbeidpkcs11.so.0",
        "/usr/lib/aarch64-linux-gnu/libbeidpkcs11.so.0",
        "/usr/lib64/libbeidpkcs11.so.0",
        "/usr/lib/libbeidpkcs11.so.0",
        "/usr/local/lib/libbeidpkcs11.so.0",
    ),
    "darwin": (
        "/Library/Belgium Identity Card/Pkcs11/libbeidpkcs11.dylib",
        "/Library/Belgium Identity Card/Pkcs11/beid-pkcs11.bundle/Contents/MacOS/libbeidpkcs11.dylib",
        "/usr/local/lib/libbeidpkcs11.dylib",
    ),
    "win32": (r"C:\Windows\System32\beidpkcs11.dll",),
}
_SECTIONS: dict[str, dict[str, type]] = {
    "card": {"modules": list},
    "keystore": {"folder": str},
    "passwords": {"keyring": bool},
    "server": {"ca_file": str},
}


@dataclass(frozen=True)
class Config:
    """The agent's settings; paths are absolute."""

    home: Path
    extra_modules: tuple[Path, ...]
    keystore_folder: Path
    language: str | None
    use_keyring: bool
    ca_file: Path | None

    @property
    def pending_folder(self) -> Path:
        """Keys and state of work that is not finished."""
        return self.home / "pending"

    @property
    def official_modules(self) -> tuple[Path, ...]:
        """Where the government's middleware puts its module on this system."""
        return tuple(Path(path) for path in OFFICIAL_MODULES.get(sys.platform, ()))

    def module(self) -> Path:
        """The PKCS#11 module to load: the first allowed one that exists. Raises `middleware_missing`."""
        for path in (*self.extra_modules, *self.official_modules):
            if path.is_file():
                return self.allowed(path)
        raise AgentError("middleware_missing")

    def allowed(self, path: Path) -> Path:
        """The path itself when it is on the allow-list and nobody else can change the file.

        Raises `module_not_allowed`.
        """
        listed = path.is_absolute() and path in (*self.extra_modules, *self.official_modules)
        if not listed or _others_can_write(path):
            raise AgentError("module_not_allowed", path=str(path))
        return path


def load_config() -> Config:
    """Read the settings, making the home folder when it is missing. Raises AgentError `config_*`."""
    chosen = os.environ.get(HOME_VARIABLE)
    home = Path(chosen) if chosen else Path(platformdirs.user_data_dir("ehportal-agent", appauthor=False))
    if not home.is_absolute():
        raise AgentError("config_invalid", what=HOME_VARIABLE)
    private_folder(home)
    settings = _read(home / "agent.toml")
    folder = settings.get("keystore.folder")
    ca_file = settings.get("server.ca_file")
    modules = settings.get("card.modules", [])
    language = settings.get("language")
    return Config(
        home=home,
        extra_modules=tuple(
            _absolute(path, "card.modules") for path in (modules if isinstance(modules, list) else [])
        ),
        keystore_folder=_absolute(folder, "keystore.folder")
        if folder
        else Path.home() / "ehealth" / "keystore",
        language=language if isinstance(language, str) else None,
        use_keyring=settings.get("passwords.keyring") is True,
        ca_file=_absolute(ca_file, "server.ca_file") if ca_file else None,
    )


def _absolute(value: object, what: str) -> Path:
    if not isinstance(value, str) or not Path(value).is_absolute():
        raise AgentError("config_invalid", what=what)
    return Path(value)


def _others_can_write(path: Path) -> bool:
    if sys.platform == "win32":
        return False  # the folder's ACL decides there; Program Files and System32 are not for users to write
    try:
        facts = path.stat()
    except OSError:
        return True
    # A group of one's own (same number as the user), or the system's, is nobody else.
    shared_group = facts.st_gid not in (facts.st_uid, 0)
    return bool(facts.st_mode & stat.S_IWOTH or (facts.st_mode & stat.S_IWGRP and shared_group))


def _read(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    if _others_can_write(path):
        raise AgentError("config_unsafe", path=str(path))
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise AgentError("config_invalid", what="agent.toml") from None
    settings: dict[str, object] = {}
    for name, value in document.items():
        if name == "language" and value in ("nl", "fr", "de", "en"):
            settings[name] = value
        elif name in _SECTIONS and isinstance(value, dict):
            for field, kind in value.items():
                if not isinstance(kind, _SECTIONS[name].get(field, _Nothing)):
                    raise AgentError("config_invalid", what=f"{name}.{field}")
                settings[f"{name}.{field}"] = kind
        else:
            raise AgentError("config_invalid", what=name)
    return settings


class _Nothing:
    """A type that no value has: an unknown field is refused."""
