"""Command line: `serve` runs the platform, `card` makes a virtual identity card."""

import argparse
import json
import logging
import signal
import sys
import threading
from pathlib import Path

from deploy.sandbox import control, platform
from deploy.sandbox.authorities.cards import CardError, make_card, read_pin
from deploy.sandbox.authorities.citizens import ALGORITHMS, PURPOSES
from deploy.sandbox.authorities.pki import ENVIRONMENTS, Pki, SandboxNotStarted
from deploy.sandbox.faults import Faults
from deploy.sandbox.foreigners import Foreigners
from deploy.sandbox.lists.published import Lists
from deploy.sandbox.register.requests import Register
from deploy.sandbox.server import HOST, Handler, Listener, bind
from deploy.sandbox.sessions.iam import Signers
from deploy.sandbox.sessions.service import Shapes
from deploy.sandbox.soap import Schema
from deploy.sandbox.state.received import Received
from deploy.sandbox.state.source import SourceError, SourceKeeper
from deploy.sandbox.state.store import Clock, StateInUse, Store, serving
from deploy.sandbox.tokens import signer as token_signer
from deploy.sandbox.tokens.kept import Tokens


def main() -> int:
    """Run what the arguments ask for; returns the exit status."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    try:
        if arguments.command == "card":
            return _card(arguments)
        with serving(arguments.state):
            return _serve(arguments)
    except (StateInUse, SandboxNotStarted, SourceError, CardError, ValueError, OSError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run the platform on the loopback interface")
    serve.add_argument(
        "--state", type=Path, required=True, help="folder that keeps everything over a restart"
    )
    for name in (*ENVIRONMENTS, "control"):
        serve.add_argument(f"--{name}-port", type=int, default=0, help="0: the earlier one, or any")
    serve.add_argument(
        "--source", type=Path, help="the authentic source (JSON); the built-in one unless told"
    )
    card = commands.add_parser("card", help="make a virtual identity card for SoftHSM2")
    card.add_argument("--state", type=Path, required=True, help="the folder that serve was given")
    card.add_argument("--softhsm", type=Path, required=True, help="folder for softhsm2.conf and the token")
    card.add_argument("--ssin", required=True)
    card.add_argument("--first-names", required=True, help='as on the card, like "An Marie"')
    card.add_argument("--surname", required=True)
    card.add_argument("--algorithm", choices=ALGORITHMS, default="rsa")
    card.add_argument("--pin-file", type=Path, help="file with the PIN, for its owner only; 1234 unless told")
    card.add_argument("--expired", action="store_true")
    card.add_argument("--without-nonrepudiation", action="store_true")
    card.add_argument("--revoked", choices=PURPOSES)
    return parser.parse_args()


def _card(arguments: argparse.Namespace) -> int:
    card = make_card(
        arguments.state,
        arguments.softhsm,
        ssin=arguments.ssin,
        first_names=arguments.first_names,
        surname=arguments.surname,
        algorithm=arguments.algorithm,
        pin=read_pin(arguments.pin_file) if arguments.pin_file else "1234",
        expired=arguments.expired,
        without_nonrepudiation=arguments.without_nonrepudiation,
        revoked=arguments.revoked,
    )
    ready = {"configuration": str(card.configuration), "module": str(card.module), "label": card.label}
    print(json.dumps(ready), flush=True)
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    store = Store(arguments.state)
    clock = Clock(store)
    earlier = store.setting("ports", {})
    listeners = {
        name: bind(getattr(arguments, f"{name}_port"), earlier.get(name), Handler)
        for name in (*ENVIRONMENTS, "control")
    }
    ports = {name: listener.server_address[1] for name, listener in listeners.items()}
    store.put_setting("ports", ports)
    bases = {name: f"http://{HOST}:{port}" for name, port in ports.items()}
    source = SourceKeeper(store, arguments.source)
    pki = Pki.open(arguments.state, store, {name: bases[name] for name in ENVIRONMENTS}, clock.now())
    register = Register(store, pki, clock)
    shared = platform.Platform(
        store,
        clock,
        pki,
        source,
        register,
        Faults(store),
        Received(store),
        Schema(),
        Tokens(store),
        token_signer.load(arguments.state, pki, store),
        Foreigners(store, register),
        Signers(arguments.state, pki, store, clock.now()),
        Shapes(),
        Lists(arguments.state, pki, store, clock.now()),
    )
    for environment in ENVIRONMENTS:
        listeners[environment].RequestHandlerClass = platform.handler_for(shared, environment)
    listeners["control"].RequestHandlerClass = control.handler_for(shared)
    return _run(list(listeners.values()), {"ready": True, **bases, "pki": str(arguments.state / "pki")})


def _run(listeners: list[Listener], ready: dict[str, object]) -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    for listener in listeners:
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    print(json.dumps(ready), flush=True)
    stop.wait()
    for listener in listeners:
        listener.shutdown()
        listener.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
