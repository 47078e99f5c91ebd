"""A correspondent's keys and nonces: they make tokens that need no memory (RFC 6275 §5.2)."""

from __future__ import annotations

from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import NamedTuple

from agents.wire import return_routability
from agents.wire.address import Address

MAX_NONCE_LIFETIME = 240.0
"""Seconds after which no token is accepted any more (RFC 6275 §12)."""

KEPT = 8
"""How many nonces are remembered at most (RFC 6275 §5.2.7)."""

_KEY_SIZE, _NONCE_SIZE = 20, 8


class Secret(NamedTuple):
    """The node key Kcn and the nonce of one interval; both are rolled together."""

    node_key: bytes
    nonce: bytes

    def home_token(self, home_address: Address) -> bytes:
        """Return the home keygen token of ``home_address`` (RFC 6275 §5.2.5)."""
        return return_routability.home_keygen_token(self.node_key, home_address, self.nonce)

    def care_of_token(self, care_of_address: Address) -> bytes:
        """Return the care-of keygen token of ``care_of_address`` (RFC 6275 §5.2.5)."""
        return return_routability.care_of_keygen_token(self.node_key, care_of_address, self.nonce)


class Nonces:
    """The secrets of the last intervals of ``interval`` seconds, each made when first used.

    Its index is the number of the interval, counted from a random one, modulo 65536.
    """

    def __init__(self, interval: float, random: Random) -> None:
        self._interval = interval
        self._random = random
        self._kept = max(1, min(KEPT, int(MAX_NONCE_LIFETIME / interval)))
        self._offset = random.getrandbits(16)
        self._secrets: dict[int, Secret] = {}

    def current(self, now: float) -> tuple[int, Secret]:
        """Return the index and the secret of the interval that ``now`` lies in."""
        turn = int(now / self._interval)
        if turn not in self._secrets:
            self._forget_before(turn - self._kept + 1)
            randbytes = self._random.randbytes
            self._secrets[turn] = Secret(randbytes(_KEY_SIZE), randbytes(_NONCE_SIZE))
        return turn + self._offset & 0xFFFF, self._secrets[turn]

    def at(self, index: int, now: float) -> Secret | None:
        """Return the secret under ``index``; None where it is too old, or there was none."""
        turn = int(now / self._interval)
        age = turn + self._offset - index & 0xFFFF
        return self._secrets.get(turn - age) if age < self._kept else None

    def _forget_before(self, first: int) -> None:
        self._secrets = {turn: each for turn, each in self._secrets.items() if turn >= first}
