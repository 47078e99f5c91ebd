"""Each status that an anchor can give, its order of precedence, and what the reply carries."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pmipv6_anchor import (
    BETWEEN_MAGS,
    NOT_CHANGED,
    POOL,
    PROXY,
    UNKNOWN,
    WIFI,
    Anchor,
    option,
    pbu,
    prefixes_in,
)
from pmipv6_world import LMA, MAGS, link_layer, name, text

from agents.core.actions import Drop
from agents.core.events import MessageReceived
from agents.wire.address import ALL_ZERO, UNSPECIFIED, Address, Prefix
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import Status
from agents.wire.options import (
    AccessTechnologyType,
    AlternateCareOfAddress,
    HandoffIndicator,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    Timestamp,
)

FOREIGN = Prefix.parse("2001:db8:ffff::/64")
SECRET = {"spi": 256, "key": "30" * 16}
DISABLED = {name(1): {"prefixes": {}, "enabled": False}}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"node": None}, Status.MISSING_MN_IDENTIFIER_OPTION),
        ({"mag": Address.parse("2001:db8:bad::1")}, Status.MAG_NOT_AUTHORIZED_FOR_PROXY_REG),
        ({"node": "stranger@example.com"}, Status.NOT_LMA_FOR_THIS_MOBILE_NODE),
        ({"prefixes": None}, Status.MISSING_HOME_NETWORK_PREFIX_OPTION),
        ({"handoff": None}, Status.MISSING_HANDOFF_INDICATOR_OPTION),
        ({"technology": None}, Status.MISSING_ACCESS_TECH_TYPE_OPTION),
        ({"prefixes": (FOREIGN,)}, Status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX),
    ],
)
def test_a_wrong_update_changes_nothing_and_is_told_why(changes, status) -> None:
    anchor = Anchor()
    reply = anchor.ask(**changes)
    assert reply is not None and reply.status == status
    assert reply.sequence == 1 and reply.flags == 0x20
    assert anchor.events() == ["binding_rejected"]
    assert anchor.routing() == [] and anchor.rows() == []


def test_152_for_a_node_whose_profile_forbids_the_service() -> None:
    reply = Anchor(mobiles=DISABLED).ask()
    assert reply is not None and reply.status == Status.PROXY_REG_NOT_ENABLED


def test_146_without_the_authenticator_that_is_asked_for() -> None:
    anchor = Anchor(authentication=SECRET)
    reply = anchor.ask()
    assert reply is not None and reply.status == Status.MIPV6_AUTH_FAIL
    assert anchor.rows() == []


def test_130_when_the_pool_is_empty() -> None:
    anchor = Anchor(pool="2001:db8:1:8000::/63")
    for number in (1, 2):
        assert anchor.ask(node=name(number), octets=link_layer(number)).status == 0
    reply = anchor.ask(node=name(3), octets=link_layer(3))
    assert reply.status == Status.INSUFFICIENT_RESOURCES
    assert len(anchor.rows()) == 2


def test_130_without_pool_and_static_prefixes() -> None:
    assert Anchor(pool=None).ask().status == Status.INSUFFICIENT_RESOURCES


def test_131_for_an_ordinary_home_registration() -> None:
    anchor = Anchor()
    reply = anchor.ask(BindingUpdate(9, 0xC000, 75))
    assert (reply.status, reply.flags, reply.sequence) == (131, 0, 9)
    anchor.ask(BindingUpdate(9, 0x8000, 75))
    assert anchor.reply() is None and anchor.drops() == ["not a proxy registration"]


@pytest.mark.parametrize("offset", [-0.31, 0.31, -86400, 86400])
def test_156_outside_the_validity_window_with_the_anchors_time(offset) -> None:
    anchor = Anchor()
    reply = anchor.ask(pbu(anchor.now + offset))
    assert reply.status == Status.TIMESTAMP_MISMATCH
    assert option(reply, Timestamp).seconds == pytest.approx(anchor.now, abs=1e-4)


@pytest.mark.parametrize("offset", [-0.29, 0.29])
def test_the_validity_window_is_what_the_configuration_says(offset) -> None:
    anchor = Anchor()
    assert anchor.ask(pbu(anchor.now + offset)).status == 0
    strict = Anchor(timestamp_validity_window=0.2)
    assert strict.ask(pbu(strict.now + offset)).status == Status.TIMESTAMP_MISMATCH


def test_157_below_and_at_the_last_accepted_timestamp() -> None:
    anchor = Anchor()
    first = pbu(anchor.now + 0.1)
    assert option(anchor.ask(first), Timestamp).value == option(first, Timestamp).value
    for late in (first, pbu(anchor.now)):
        reply = anchor.ask(late)
        assert reply.status == Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED
        assert option(reply, Timestamp).seconds == pytest.approx(anchor.now, abs=1e-4)
    assert anchor.ask(pbu(anchor.now + 0.2)).status == 0


def test_157_comes_before_156_and_both_before_a_missing_option() -> None:
    anchor = Anchor()
    anchor.ask()
    old = pbu(anchor.now - 5, prefixes=None, handoff=None)
    assert anchor.ask(old).status == Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED


@pytest.mark.parametrize("behind", [0, 1, 100, 32767])
def test_135_for_a_sequence_number_that_is_not_newer(behind) -> None:
    anchor = Anchor()
    assert anchor.ask(stamped=False, sequence=70).status == 0
    reply = anchor.ask(stamped=False, sequence=(70 - behind) % 65536)
    assert reply.status == Status.SEQUENCE_NUMBER_OUT_OF_WINDOW
    assert reply.sequence == 70, "the last accepted, to continue from"
    assert option(reply, Timestamp) is None


@pytest.mark.parametrize("ahead", [1, 2, 32767])
def test_a_newer_sequence_number_is_accepted_across_the_wrap(ahead) -> None:
    anchor = Anchor()
    assert anchor.ask(stamped=False, sequence=65530).status == 0
    assert anchor.ask(stamped=False, sequence=(65530 + ahead) % 65536).status == 0


def test_155_for_a_prefix_of_another_node() -> None:
    anchor = Anchor()
    (prefix,) = prefixes_in(anchor.ask())
    reply = anchor.ask(node=name(2), octets=link_layer(2), prefixes=(prefix,))
    assert reply.status == Status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
    assert [row["node"] for row in anchor.rows()] == [name(1)]


def test_155_for_a_prefix_that_is_anothers_by_profile() -> None:
    static = {
        name(n): {"prefixes": {text(link_layer(n)): [f"2001:db8:1:{n}::/64"]}} for n in (1, 2)
    }
    anchor = Anchor(mobiles=static)
    reply = anchor.ask(prefixes=(Prefix.parse("2001:db8:1:2::/64"),))
    assert reply.status == Status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
    assert anchor.ask(prefixes=(Prefix.parse("2001:db8:1:1::/64"),)).status == 0


def test_155_for_not_changed_from_a_gateway_that_does_not_serve_the_node() -> None:
    anchor = Anchor()
    given = prefixes_in(anchor.ask())
    reply = anchor.ask(prefixes=given, handoff=NOT_CHANGED, mag=MAGS[1])
    assert reply.status == Status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
    assert anchor.rows()[0]["care_of"] == str(MAGS[0])


def test_159_when_the_prefix_sets_differ() -> None:
    anchor = Anchor(prefixes_per_mobile=2)
    given = prefixes_in(anchor.ask())
    assert len(given) == 2
    for wrong in (given[:1], (*given, FOREIGN)):
        reply = anchor.ask(prefixes=wrong, handoff=NOT_CHANGED)
        assert reply.status == Status.BCE_PBU_PREFIX_SET_DO_NOT_MATCH
        assert prefixes_in(reply) == wrong
    assert anchor.ask(prefixes=given[::-1], handoff=NOT_CHANGED).status == 0


def test_159_when_the_interface_has_a_session_with_other_prefixes() -> None:
    anchor = Anchor()
    anchor.ask()
    unused = Prefix.parse("2001:db8:1:80ff::/64")
    reply = anchor.ask(prefixes=(unused,), handoff=NOT_CHANGED)
    assert reply.status == Status.BCE_PBU_PREFIX_SET_DO_NOT_MATCH


def test_174_for_an_alternate_care_of_address_that_is_no_gateway() -> None:
    anchor = Anchor()
    elsewhere = AlternateCareOfAddress(Address.parse("2001:db8:bad::1"))
    reply = anchor.ask(pbu(anchor.now, elsewhere))
    assert reply.status == Status.INVALID_CARE_OF_ADDRESS
    assert anchor.routing() == []


def test_a_rejection_echoes_what_the_request_had() -> None:
    anchor = Anchor()
    wanted = (FOREIGN, Prefix.parse("2001:db8:fffe::/64"))
    local = LinkLocalAddress(Address.parse("fe80::7"))
    update = pbu(anchor.now, local, prefixes=wanted, handoff=BETWEEN_MAGS)
    reply = anchor.ask(update)
    assert prefixes_in(reply) == wanted
    for kind in (
        MobileNodeIdentifier,
        HandoffIndicator,
        AccessTechnologyType,
        MobileNodeLinkLayerIdentifier,
        LinkLocalAddress,
        Timestamp,
    ):
        assert option(reply, kind) == option(update, kind)


def test_a_rejection_fills_in_what_the_request_lacked() -> None:
    anchor = Anchor()
    reply = anchor.ask(
        node=None, prefixes=None, handoff=None, technology=None, octets=None, stamped=False
    )
    assert option(reply, MobileNodeIdentifier).identifier == b""
    assert prefixes_in(reply) == (ALL_ZERO,)
    assert option(reply, HandoffIndicator).value == 0
    assert option(reply, AccessTechnologyType).value == 0
    assert option(reply, MobileNodeLinkLayerIdentifier) is None
    assert option(reply, Timestamp) is None


def test_an_acceptance_carries_the_mandatory_options_and_what_was_asked() -> None:
    anchor = Anchor(prefixes_per_mobile=2, max_lifetime=100)
    update = pbu(anchor.now, handoff=UNKNOWN, technology=WIFI)
    reply = anchor.ask(update)
    (sent,) = anchor.replies()
    assert (sent.source, sent.destination) == (LMA, MAGS[0])
    assert (reply.status, reply.flags, reply.sequence, reply.lifetime) == (0, 0x20, 1, 25)
    assert prefixes_in(reply) == (POOL, Prefix.parse("2001:db8:1:8001::/64"))
    for kind in (MobileNodeIdentifier, HandoffIndicator, AccessTechnologyType, Timestamp):
        assert option(reply, kind) == option(update, kind)
    assert option(reply, LinkLocalAddress) is None


def test_a_link_local_address_is_made_kept_and_replaced() -> None:
    anchor = Anchor()
    query = LinkLocalAddress(UNSPECIFIED)
    made = option(anchor.ask(pbu(anchor.now, query)), LinkLocalAddress).address
    assert made[:8] == bytes.fromhex("fe80000000000000") and any(made[8:])
    anchor.now += 1
    assert option(anchor.ask(pbu(anchor.now, query)), LinkLocalAddress).address == made
    own = LinkLocalAddress(Address.parse("fe80::7"))
    anchor.now += 1
    assert option(anchor.ask(pbu(anchor.now, own)), LinkLocalAddress) == own
    anchor.now += 1
    assert option(anchor.ask(pbu(anchor.now, query)), LinkLocalAddress) == own


def test_the_reply_goes_to_the_source_though_the_binding_is_elsewhere() -> None:
    anchor = Anchor()
    anchor.ask(pbu(anchor.now, AlternateCareOfAddress(MAGS[1])))
    (sent,) = anchor.replies()
    assert sent.destination == MAGS[0]
    assert anchor.rows()[0]["care_of"] == str(MAGS[1])


def test_what_is_no_proxy_binding_update_for_this_anchor_is_dropped() -> None:
    anchor = Anchor()
    assert anchor.ask(replace(pbu(anchor.now), flags=PROXY & ~0x0200)) is None
    assert anchor.drops() == ["not a proxy registration"]
    elsewhere = MessageReceived(pbu(anchor.now), MAGS[0], MAGS[1])
    answer = MessageReceived(BindingAcknowledgement(0, 0x20, 1, 75), MAGS[0], LMA)
    for event in (elsewhere, answer):
        (drop,) = anchor.core.handle(event, anchor.now)
        assert isinstance(drop, Drop) and drop.reason == "unexpected message"
