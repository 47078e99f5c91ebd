"""How `dmm-testbed exec --service` finds the address from which a command runs."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from testbed.cli.errors import InputError

if TYPE_CHECKING:
    from testbed.emulated.running import Sandbox

MOBILE = "mn"  # the role of an agent that knows flows


def run(sandbox: Sandbox, node: str, service: str, to: str | None, command: Sequence[str]) -> int:
    """Run ``command`` on ``node`` as a flow of ``service``; return its exit status."""
    from testbed.emulated.errors import EmulationError
    from testbed.emulated.foreground import run_as
    from testbed.emulated.traffic import as_user
    from testbed.emulated.visiting import Visit

    if not service:
        raise InputError("--service is empty: name a service of the topology")
    if sandbox.roles.get(node) != MOBILE:
        raise InputError(f"{node} is no mobile with an agent of its own: --service means nothing")
    peer = destination(sandbox, node, to, command)
    holder = sandbox.holder(node)
    if not as_user.available() or holder is None:
        raise InputError("--service needs root: the command runs as a user of its own (use sudo)")
    visit, flow = Visit(sandbox, node), f"exec-{os.getpid()}"
    try:
        with visit.user(flow) as user:
            wanted = {"flow": flow, "service": service, "destination": peer}
            said = visit.open_flow({**wanted, "protocol": 0, "port": 0, "user": user})
            if "source" not in said:
                raise InputError(f"{node} opens no flow: {said.get('error', said)}")
            click.echo(f"dmm-testbed: {describe(said)}", err=True)
            try:
                return run_as(user, holder, command)
            finally:
                visit.close_flow(flow)
    except (EmulationError, OSError) as error:
        raise InputError(str(error)) from error


def describe(said: Mapping[str, Any]) -> str:
    """Say in a line what an agent chose for a flow."""
    way = f", via {said['via']}" if said.get("via") else ""
    return f"source {said['source']}{way}" + (f" {said['proxy']}" if said.get("proxy") else "")


def destination(sandbox: Sandbox, node: str, to: str | None, command: Sequence[str]) -> str:
    """Return the address that ``command`` talks to: that of ``to``, or of the first it names."""
    others = {name: each for name, each in sandbox.addresses.items() if name != node}
    for word in (to,) if to is not None else command[1:]:
        if word in others:
            return others[word]
        with suppress(ValueError):
            return str(ipaddress.IPv6Address(word))
    if to is not None:
        raise InputError(f"--to {to}: neither an IPv6 address nor one of {', '.join(others)}")
    raise InputError("say with --to which node or address the command talks to: it names none")
