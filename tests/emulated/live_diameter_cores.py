"""An AAA server's core, and one that asks it what its commands say and records the answers.

``python live_diameter_cores.py DIR`` is the agents' parent with these cores as its roles.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from agents.core.actions import Action, Record, SendMessage
from agents.core.events import Command, Event, MessageReceived
from agents.live.parent import Parent
from agents.romip.aaa import AaaServer
from agents.wire.address import Address
from agents.wire.diameter import AaAnswer, AaRequest


class Asker:
    """Sends an AaRequest for each command "ask", whose arguments may differ from the usual."""

    def __init__(self, config: Mapping[str, Any], random: Random) -> None:
        self._config = config

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        match event:
            case Command("ask", arguments):
                return [self._ask(arguments)]
            case MessageReceived(AaAnswer() as answer, source, destination):
                details = {"session": answer.session, "result": answer.result, "user": answer.user}
                ends = {"from": source, "to": destination, "by": answer.origin_host}
                return [Record("answered", {**details, **ends, "previous": answer.previous})]
        return []

    def tick(self, now: float) -> Sequence[Action]:
        return []

    def deadline(self) -> float | None:
        return None

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        return []

    def _ask(self, arguments: Mapping[str, str]) -> Action:
        config = self._config
        asked = AaRequest(
            session=arguments["session"],
            user=arguments["user"],
            maar=Address.parse(arguments.get("maar", config["address"])),
            origin_host=arguments.get("origin_host", config["origin_host"]),
            origin_realm=config["realm"],
            destination_realm=arguments.get("realm", config["aaa_realm"]),
        )
        address = Address.parse(config["address"])
        return SendMessage(asked, address, Address.parse(config["aaa"]))


if __name__ == "__main__":
    roles = {("puppet", "asker"): Asker, ("puppet", "aaa"): AaaServer.from_config}
    Parent(Path(sys.argv[1]), roles).run()
