"""The home agent with the options of RFC 4285."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mipv6_bench import (
    COA,
    COA2,
    HA,
    HOA,
    KEY_CONFIG,
    START,
    Bench,
    answer,
    arrival,
    only,
)
from mipv6_home import (
    config,
    signed_update,
    status,
    update,
)
from vector_octets import vector

from agents.mipv6.authentication import TOLERANCE, corrected, timestamp_at
from agents.wire import authentication, mobility, packet
from agents.wire.messages import (
    BindingAcknowledgement,
)
from agents.wire.numbers import Status
from agents.wire.options import (
    MobilityMessageReplayProtection,
)


class TestAuthenticated:
    """With the options of RFC 4285."""

    def test_who_has_the_key_is_bound_and_answered_with_proof(self) -> None:
        bench = Bench("ha", config(authentication=KEY_CONFIG))
        reply = only(bench.take(signed_update(bench, 1)), BindingAcknowledgement)
        octets = mobility.emit(reply.payload, HA, HOA)
        key = bytes.fromhex(KEY_CONFIG["key"])
        assert authentication.verifies(octets, key, 256, COA, HOA)
        assert reply.payload.options[0] == MobilityMessageReplayProtection(timestamp_at(START))
        assert bench.kernel.tunnel_of(HOA) == COA

    def test_who_has_not_is_refused(self) -> None:
        bench = Bench("ha", config(authentication=KEY_CONFIG))
        assert status(bench.take(update(1))) is Status.MIPV6_AUTH_FAIL
        assert bench.kernel.routes == {}

    def test_a_proof_without_a_timestamp_is_not_enough(self) -> None:
        bench = Bench("ha", config(authentication=KEY_CONFIG))
        assert status(bench.take(vector(37))) is Status.MIPV6_MESG_ID_REQD

    @pytest.mark.parametrize("off", [-TOLERANCE - 0.1, TOLERANCE + 0.1])
    def test_a_clock_too_far_off_is_set_right(self, off: float) -> None:
        bench = Bench("ha", config(authentication=KEY_CONFIG))
        late = signed_update(bench, 1)
        bench.now += off
        actions = bench.take(late)
        assert status(actions) is Status.MIPV6_ID_MISMATCH
        right = corrected(timestamp_at(START), bench.now)
        assert answer(actions).options[0] == MobilityMessageReplayProtection(right)
        assert right & 0xFFFFFFFF == timestamp_at(START) & 0xFFFFFFFF
        assert right >> 32 == timestamp_at(bench.now) >> 32

    @pytest.mark.parametrize("off", [-TOLERANCE + 0.1, TOLERANCE - 0.1])
    def test_a_clock_that_is_nearly_right_will_do(self, off: float) -> None:
        bench = Bench("ha", config(authentication=KEY_CONFIG))
        late = signed_update(bench, 1)
        bench.now += off
        assert status(bench.take(late)) is Status.ACCEPTED

    def test_a_world_without_octets_is_no_less_careful(self) -> None:
        bench = Bench("ha", config(authentication=KEY_CONFIG))
        genuine = replace(arrival(packet.emit(signed_update(bench, 1))), octets=b"")
        assert status(bench.give(replace(genuine, source=COA2))) is Status.MIPV6_AUTH_FAIL
        assert status(bench.give(genuine)) is Status.ACCEPTED
