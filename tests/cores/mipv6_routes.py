"""A correspondent on a bench, and a mobile node that proves to it where it is."""

from __future__ import annotations

from typing import Any

from mipv6_bench import CN, COA, HOA, Bench, from_away, only

from agents.wire import return_routability
from agents.wire.address import Address
from agents.wire.messages import (
    BindingUpdate,
    CareOfTest,
    CareOfTestInit,
    HomeTest,
    HomeTestInit,
)
from agents.wire.numbers import BindingUpdateFlag
from agents.wire.options import NonceIndices
from agents.wire.packet import Packet

ACKNOWLEDGE = int(BindingUpdateFlag.ACKNOWLEDGE)
HOME_COOKIE = bytes.fromhex("a1a2a3a4a5a6a7a8")
CARE_OF_COOKIE = bytes.fromhex("c1c2c3c4c5c6c7c8")


def config(**changes: Any) -> dict[str, Any]:
    return {
        "address": str(CN),
        "route_optimization": True,
        "nonce_interval": 30,
        "binding_limit": 16,
        **changes,
    }


class Prover:
    """A mobile node's side of return routability, in a few lines (RFC 6275 §5.2.5, §5.2.6)."""

    def __init__(self, bench: Bench, home: Address = HOA, care_of: Address = COA) -> None:
        self.bench, self.home, self.care_of = bench, home, care_of
        self.home_test: HomeTest
        self.care_of_test: CareOfTest

    def test_home(self) -> Prover:
        actions = self.bench.take(Packet(self.home, CN, HomeTestInit(HOME_COOKIE)))
        self.home_test = only(actions, HomeTest).payload
        return self

    def test_care_of(self, care_of: Address | None = None) -> Prover:
        self.care_of = care_of or self.care_of
        actions = self.bench.take(Packet(self.care_of, CN, CareOfTestInit(CARE_OF_COOKIE)))
        self.care_of_test = only(actions, CareOfTest).payload
        return self

    def test(self) -> Prover:
        return self.test_home().test_care_of()

    def update(
        self,
        sequence: int,
        lifetime: int = 105,
        flags: int = ACKNOWLEDGE,
        options: tuple[Any, ...] = (),
    ) -> Packet:
        """A Binding Update from the care-of address, proved by both tokens."""
        indices = NonceIndices(self.home_test.nonce_index, self.care_of_test.nonce_index)
        message = BindingUpdate(sequence, flags, lifetime, (*options, indices))
        key = self.key()
        proved = return_routability.authorize(message, key, self.care_of, CN)
        return from_away(proved, self.care_of, CN, self.home)

    def deletion(self, sequence: int, *, at_home: bool = False) -> Packet:
        """A Binding Update that deletes, proved by the home token alone."""
        message = BindingUpdate(
            sequence, ACKNOWLEDGE, 0, (NonceIndices(self.home_test.nonce_index, 0),)
        )
        key = return_routability.binding_management_key(self.home_test.token)
        proved = return_routability.authorize(message, key, self.home, CN)
        if at_home:
            return Packet(self.home, CN, proved)
        return from_away(proved, self.care_of, CN, self.home)

    def key(self) -> bytes:
        return return_routability.binding_management_key(
            self.home_test.token, self.care_of_test.token
        )


def bound(**changes: Any) -> tuple[Bench, Prover]:
    bench = Bench("cn", config(**changes))
    prover = Prover(bench).test()
    bench.take(prover.update(10))
    return bench, prover
