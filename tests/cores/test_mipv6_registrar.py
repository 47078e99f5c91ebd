"""The registrar of bindings under an authority that is not a home agent's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mipv6_bench import COA, COA2, HA, START, A, arrival, only, reasons
from mipv6_home import update

from agents.core import actions as do
from agents.mipv6.authority import Inquiry, Terms
from agents.mipv6.binding_cache import Binding
from agents.mipv6.registrar import Registrar, RegistrarConfig
from agents.mipv6.update import Update
from agents.wire import packet
from agents.wire.messages import BindingAcknowledgement
from agents.wire.numbers import Status
from agents.wire.options import AlternateCareOfAddress, BusinessFlowAttribute
from agents.wire.packet import Packet

FIRST, SECOND, THIRD = (A(f"2001:db8:d::{n}") for n in (1, 2, 3))
FLOW = BusinessFlowAttribute(5004, 17)


class Everybody:
    """Lets everybody have every home address, and remembers what it was told."""

    def __init__(self) -> None:
        self.verdict: Terms | Inquiry | Status = Terms(400.0, "somebody")
        self.told: list[tuple[str, Any]] = []

    def admit(self, update: Update, binding: Binding | None) -> Terms | Inquiry | Status:
        return self.verdict

    def may_delete(self, update: Update, binding: Binding) -> bool:
        return True

    def retains(self, update: Update, binding: Binding) -> bool:
        return BusinessFlowAttribute in update.options

    def bound(self, binding: Binding, update: Update, previous: Binding | None) -> Sequence[Any]:
        self.told.append(("bound", previous and previous.care_of))
        return []

    def released(self, binding: Binding, now: float) -> Sequence[Any]:
        self.told.append(("released", binding.home_address))
        return []

    def options(self, update: Update, status: Status) -> Sequence[Any]:
        return (FLOW,) if status is Status.ACCEPTED else ()


def served() -> tuple[Registrar, Everybody]:
    authority = Everybody()
    return Registrar(RegistrarConfig(HA), authority), authority


def give(registrar: Registrar, sent: Packet, now: float = START) -> list[Any]:
    return registrar.receive(arrival(packet.emit(sent)), now)


def test_its_authority_is_told_of_what_stands_and_what_ends() -> None:
    registrar, authority = served()
    actions = give(registrar, update(1, home=FIRST))
    assert only(actions, BindingAcknowledgement).payload.options == (FLOW,)
    give(registrar, update(2, home=FIRST, care_of=COA2))
    give(registrar, update(3, 0, home=FIRST, care_of=COA2))
    assert authority.told == [("bound", None), ("bound", COA), ("released", FIRST)]


def test_an_update_waits_while_the_authority_inquires() -> None:
    registrar, authority = served()
    authority.verdict = Inquiry([do.Record("asked")])
    assert give(registrar, update(1, home=FIRST)) == [do.Record("asked")]
    assert reasons(give(registrar, update(1, home=FIRST))) == [
        "update older than the one that waits"
    ]
    authority.verdict = Terms(400.0)
    actions = registrar.resume(FIRST, START + 1)
    assert only(actions, BindingAcknowledgement).payload.sequence == 1
    assert registrar.resume(FIRST, START + 1) == []
    assert registrar.bindings(START + 1)[0]["remaining"] == 240.0


def test_a_deregistration_meanwhile_ends_the_waiting() -> None:
    registrar, authority = served()
    authority.verdict = Inquiry(())
    give(registrar, update(1, home=FIRST))
    give(registrar, update(2, 0, home=FIRST))
    authority.verdict = Terms(400.0)
    assert registrar.resume(FIRST, START + 1) == []


def test_a_binding_can_outlive_an_update_of_lifetime_zero() -> None:
    registrar, authority = served()
    give(registrar, update(1, home=FIRST))
    actions = give(registrar, update(2, 0, home=FIRST, options=(FLOW,)))
    reply = only(actions, BindingAcknowledgement).payload
    assert (reply.status, reply.lifetime) == (Status.ACCEPTED, 0)
    standing = registrar.binding_of(FIRST)
    assert standing is not None and standing.sequence == 2
    assert standing.expires_at == START + 240
    assert authority.told[-1] == ("bound", COA)


def test_care_of_addresses_that_lead_back_are_discarded() -> None:
    registrar, _ = served()
    give(registrar, update(1, home=FIRST, options=(AlternateCareOfAddress(SECOND),)))
    give(registrar, update(1, home=SECOND, options=(AlternateCareOfAddress(THIRD),)))
    looped = update(1, home=THIRD, options=(AlternateCareOfAddress(FIRST),))
    assert reasons(give(registrar, looped)) == [
        "care-of address that leads back to the home address"
    ]
    assert registrar.binding_of(THIRD) is None
    straight = update(2, home=THIRD)
    assert only(give(registrar, straight), BindingAcknowledgement).payload.status == 0


def test_a_revoked_binding_is_gone_and_its_numbers_are_remembered() -> None:
    registrar, _ = served()
    give(registrar, update(9, home=FIRST))
    actions = registrar.revoke(FIRST, START, "taken back")
    assert [type(action) for action in actions] == [do.RemoveRoute, do.RemoveTunnel, do.Record]
    assert registrar.revoke(FIRST, START, "taken back") == []
    old = only(give(registrar, update(9, home=FIRST)), BindingAcknowledgement).payload
    assert (old.status, old.sequence) == (Status.SEQUENCE_NUMBER_OUT_OF_WINDOW, 9)


def test_an_address_that_goes_to_another_node_begins_anew() -> None:
    registrar, _ = served()
    give(registrar, update(9, home=FIRST))
    registrar.revoke(FIRST, START, "taken back")
    registrar.forget(FIRST)
    assert only(give(registrar, update(1, home=FIRST)), BindingAcknowledgement).payload.status == 0
