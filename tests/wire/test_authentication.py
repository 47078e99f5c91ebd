"""Authenticators: the worked numbers of the vectors, and what must not verify."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from vector_packets import CN, COA, HA, HOA, PACKETS

from agents.wire import authentication, mobility, return_routability
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.options import MobileNodeIdentifier
from agents.wire.tlv import Padding

NUMBERS = {
    name: bytes.fromhex(text)
    for name, text in json.loads(
        Path(__file__).with_name("return-routability.json").read_text()
    ).items()
}
KEY = b"0123456789abcdef"
SPI = 256


def test_the_tokens_and_the_key() -> None:
    home = return_routability.home_keygen_token(NUMBERS["Kcn"], HOA, NUMBERS["nonce_h"])
    care_of = return_routability.care_of_keygen_token(NUMBERS["Kcn"], COA, NUMBERS["nonce_c"])
    assert (home, care_of) == (NUMBERS["htok"], NUMBERS["ctok"])
    assert return_routability.binding_management_key(home, care_of) == NUMBERS["kbm"]
    assert return_routability.binding_management_key(home) == NUMBERS["kbm_del"]


def test_an_update_is_authorized_as_in_vector_7() -> None:
    update = PACKETS[7].payload
    bare = replace(update, options=update.options[:-1])
    assert return_routability.authorize(bare, NUMBERS["kbm"], COA, CN) == update


def test_an_acknowledgement_is_authorized_in_the_same_order_of_addresses() -> None:
    acknowledgement = BindingAcknowledgement(0, 0, 101, 105)
    sealed = return_routability.authorize(acknowledgement, NUMBERS["kbm"], COA, CN)
    assert sealed.options[-1].authenticator.hex() == "1ec5c556204104541aab4212"
    octets = mobility.emit(sealed, CN, HOA)
    assert return_routability.verifies(octets, NUMBERS["kbm"], COA, CN)
    assert not return_routability.verifies(octets, NUMBERS["kbm"], CN, COA)


def test_an_update_is_authenticated_as_in_vector_37() -> None:
    update = PACKETS[37].payload
    bare = replace(update, options=update.options[:-1])
    assert authentication.authenticate(bare, KEY, SPI, COA, HOA) == update


@pytest.mark.parametrize(
    ("key", "spi", "care_of", "home", "verifies"),
    [
        (KEY, SPI, COA, HOA, True),
        (b"0123456789abcdeg", SPI, COA, HOA, False),
        (KEY, 257, COA, HOA, False),
        (KEY, SPI, HA, HOA, False),
        (KEY, SPI, COA, HA, False),
    ],
)
def test_only_the_right_key_and_addresses_verify(
    key: bytes, spi: int, care_of: bytes, home: bytes, verifies: bool
) -> None:
    octets = mobility.emit(PACKETS[37].payload, HOA, HA)
    assert authentication.verifies(octets, key, spi, care_of, home) is verifies  # type: ignore[arg-type]


def test_no_octet_of_the_message_may_change() -> None:
    octets = mobility.emit(PACKETS[37].payload, HOA, HA)
    for at in range(6, len(octets)):
        changed = octets[:at] + bytes((octets[at] ^ 0x40,)) + octets[at + 1 :]
        try:
            assert not authentication.verifies(changed, KEY, SPI, COA, HOA), at
        except ValueError as error:
            assert "past the end" in str(error) or "octets" in str(error)  # no message any more


@pytest.mark.parametrize(
    "options",
    [
        (),
        (MobileNodeIdentifier(1, b"mn1"),),
        (*PACKETS[37].payload.options, MobileNodeIdentifier(1, b"mn1")),
        (Padding(bytes((1, 0))), Padding(bytes((1, 0)))),
    ],
)
def test_the_option_must_be_the_last(options: tuple[object, ...]) -> None:
    octets = mobility.emit(BindingUpdate(60, 0xC000, 60, options), HOA, HA)
    assert not authentication.verifies(octets, KEY, SPI, COA, HOA)
    assert not return_routability.verifies(octets, KEY, COA, CN)
