"""What forgers send, and worlds of S-PMIP and SD-PMIP in which it could do harm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spmip_world import CORRESPONDENT, DELAY, LMA, A, B, DataWorld, address, home

from agents.wire.address import Address, Prefix
from agents.wire.messages import BindingAcknowledgement
from agents.wire.options import (
    AlternateCareOfAddress,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
)
from agents.wire.signaling_messages import UpdateNotification


def asking(scheme: str, **config: Any) -> DataWorld:
    """A world in which A asks where node 1 is, which is at B, and hears no answer."""

    def fate(number: int, message: Any) -> tuple[float, ...]:
        mute = isinstance(message, BindingAcknowledgement) and message.flags & 1
        return () if mute else (0.0,)

    world = DataWorld(scheme, fate=fate, lma=config, mag=config)
    world.settle((1, B))
    world.send(CORRESPONDENT, address(1), A)
    world.run(2 * DELAY)
    return world


def answer(world: DataWorld, **changes: Any) -> BindingAcknowledgement:
    """The answer that A waits for, but for the changes."""
    genuine = world.answers()[-1].message
    care_of = changes.pop("care_of", None)
    about = changes.pop("about", None)
    options = tuple(
        AlternateCareOfAddress(care_of)
        if care_of and isinstance(option, AlternateCareOfAddress)
        else HomeNetworkPrefix(Prefix(about, 128))
        if about and isinstance(option, HomeNetworkPrefix)
        else option
        for option in genuine.options
    )
    return replace(genuine, **{"options": options, **changes})


def respondent(scheme: str) -> Address:
    return LMA if scheme == "spmip" else B


def forged_notification(prefix: Prefix, sequence: int = 7) -> UpdateNotification:
    options = (MobileNodeIdentifier(1, b"mn1@example.com"), HomeNetworkPrefix(prefix))
    return UpdateNotification(sequence, 1, 0x8000, options)


def keep_forging(world: DataWorld, seconds: float) -> None:
    """Notifications in the respondent's name, several in each round trip."""
    source = respondent(world.scheme)
    for index in range(int(seconds * 1000 / 3)):
        world.at(index * 0.003, lambda: world.forge(A, forged_notification(home(1)), source, A))
