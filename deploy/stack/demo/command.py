"""The demo: `deploy/demo`. Starts everything, loads two hospitals, says how to go on, and stops with Ctrl-C."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

import psycopg

from deploy.stack.demo.accounts import (
    HOSPITALS,
    MAASDAL,
    PASSWORD,
    PIN,
    Account,
    DemoHospital,
    with_secrets,
)
from deploy.stack.demo.arguments import parser
from deploy.stack.demo.cards import COMMAND, Workstation, make_workstation
from deploy.stack.demo.folder import hold, wipe
from deploy.stack.demo.journey import totp_code
from deploy.stack.ports import free_port, is_free
from deploy.stack.stack import Stack

WEB_PORT = 8000
SANDBOX_PORTS = (8441, 8442, 8440)
AGAIN = (
    "--once plays on a demo of its own. Stop the running one with Ctrl-C first, or let both be:\n"
    "  deploy/demo --once --folder .demo-once"
)


def say(text: str = "") -> None:
    """Print a line at once."""
    print(text, flush=True)


def port_of(name: str, wished: int, folder: Path) -> int:
    """Return the port kept for `name`, else the wished one if free, else any; the sandbox's addresses must stay."""
    kept = folder / f"port-{name}"
    port = int(kept.read_text()) if kept.exists() else wished
    if not is_free(port):
        if kept.exists() and name != "web":
            say(
                f"Port {port} is taken by another program, and the sandbox's certificates name it. Free it, or --fresh."
            )
            raise SystemExit(2)
        port = free_port()
    kept.write_text(str(port))
    return port


def build(folder: Path, port: int) -> Stack:
    """Return the stack of the demo, not yet started."""
    names = ("production", "acceptance", "control")
    ports = tuple(port_of(name, wished, folder) for name, wished in zip(names, SANDBOX_PORTS, strict=True))
    web = port or port_of("web", WEB_PORT, folder)
    stack = Stack(folder, say, web_port=web, sandbox_ports=(ports[0], ports[1], ports[2]))
    stack.extra_environment |= agent_commands(folder)
    return stack


def agent_commands(folder: Path) -> dict[str, str]:
    """Return the settings by which the pages name the command of each account's virtual workstation."""
    commands = {
        account.email: shlex.quote(str(station_folder(folder, hospital) / COMMAND))
        for hospital in HOSPITALS
        for account in hospital.accounts
    }
    return {"AGENT_COMMANDS": json.dumps(commands)}


def station_folder(folder: Path, hospital: DemoHospital) -> Path:
    """Return where the holder's workstation of a hospital is kept."""
    return folder / "workstations" / hospital.surname.lower()


def load(stack: Stack) -> tuple[dict[str, Account], dict[str, Workstation]]:
    """Load the hospitals and make their workstations."""
    command = [sys.executable, "-m", "deploy.stack.demo.data", str(stack.folder), stack.sandbox.control]
    stack.run(command, os.environ | stack.processes.environment)
    stations = {
        hospital.surname.lower(): make_workstation(
            station_folder(stack.folder, hospital),
            hospital,
            stack.folder / "sandbox",
            hospital.language,
        )
        for hospital in HOSPITALS
    }
    return with_secrets(stack.folder / "accounts.json"), stations


def introduce(stack: Stack, accounts: dict[str, Account], stations: dict[str, Workstation]) -> None:
    """Say where it is, who may sign in, and how to use the virtual identity card."""
    agent = stations[MAASDAL.surname.lower()].command
    shown = agent.relative_to(Path.cwd()) if agent.is_relative_to(Path.cwd()) else agent
    say()
    say(f"  ehportal is at  {stack.origin}")
    say()
    say(f"  Sign in with password  {PASSWORD}  and the six digits of  deploy/demo --code E-MAIL")
    for account in accounts.values():
        say(f"    {account.email:<34} {', '.join(account.roles):<24} {account.full_name}")
    say()
    say("  The holder's workstation, with a virtual identity card:")
    say(f"    {shown} enrol {stack.origin}        once; the PIN is {PIN}")
    say(f"    {shown} run ID                        the ID is on the holder's page")
    say(f"    {shown} doctor")
    say()
    say(
        f"  The government's sandbox: {stack.sandbox.production} (production), {stack.sandbox.acceptance} (acceptance),"
    )
    say(f"  its switches: {stack.sandbox.control} (deploy/sandbox/README.md). Logs: {stack.processes.logs}")
    say(f"  Mail that ehportal sends, such as invitations: {stack.mail}")
    say()
    say("  Ctrl-C stops everything; what you did stays. --fresh starts over.")


def watch(stack: Stack) -> int:
    """Stay until Ctrl-C, or until a part ends by itself."""
    while True:
        dead = stack.processes.dead()
        if dead:
            say(f"{', '.join(dead)} ended by itself; see {stack.processes.logs}.")
            return 1
        time.sleep(0.5)


def interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Turn a signal into a clean stop; a shell that starts us beside itself (`&`) has us ignore Ctrl-C otherwise."""
    raise KeyboardInterrupt


def main() -> int:
    """Run the demo; returns the exit status."""
    options = parser().parse_args()
    folder: Path = options.folder.resolve()
    if options.code:
        return print_code(folder, options.code)
    held = hold(folder, instead=AGAIN if options.once else "")
    if options.fresh:
        wipe(folder)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)
    began = time.monotonic()
    stack = build(folder, options.port)
    say("Starting ehportal")
    try:
        stack.start()
        accounts, stations = stack.step("hospitals and their cards", lambda: load(stack))
        say(f"  {'ready after':<28} {time.monotonic() - began:5.1f} s")
        if options.once:
            from deploy.stack.demo.once import play

            return play(stack, accounts, stations)
        introduce(stack, accounts, stations)
        return watch(stack)
    except KeyboardInterrupt:
        return 0
    except (OSError, RuntimeError, subprocess.CalledProcessError, psycopg.Error) as error:
        say(f"ehportal could not start: {error}")
        say(f"The logs are in {stack.processes.logs}.")
        return 1
    finally:
        say("Stopping …")
        stack.stop()
        os.close(held)


def print_code(folder: Path, email: str) -> int:
    """Print the current TOTP code of a demo account."""
    accounts = with_secrets(folder / "accounts.json") if (folder / "accounts.json").exists() else {}
    found = [account for address, account in accounts.items() if address.startswith(email)]
    if len(found) != 1:
        say("Start the demo first, and name one of its accounts.")
        return 2
    say(totp_code(found[0].totp_secret))
    return 0


if __name__ == "__main__":
    sys.exit(main())
