"""Protocols that are broken on purpose: the ladder says where."""

from __future__ import annotations

from dataclasses import replace

import pytest
from figure_runs import after, besides, broken, compared, said, silent

from agents.wire.messages import BindingAcknowledgement
from agents.wire.options import MobileNodeIdentifier
from agents.wire.signaling_messages import BindingRevocationIndication


def _releases(message):
    return message.lifetime == 0


def _is_short(message):
    """Whether it is an update to a correspondent; that to the home agent lasts for 60 s."""
    return message.lifetime < 15


def _missing(comparison):
    """Return the steps that are missing; with another peer they may have been begun as well."""
    kinds = said(comparison)
    assert {kind for kind, _ in kinds} <= {"missing", "incomplete"}
    return [step for kind, step in kinds if kind == "missing"]


SILENT = [
    # topology, role, message that is never said, figure, move, what the ladder says
    ("pmipv6", "mag", "ProxyBindingUpdate", "rfc5213-fig2", ["3", "4", "5"]),
    ("pmipv6", "lma", "ProxyBindingAcknowledgement", "rfc5213-fig2", ["4", "5"]),
    ("pmipv6", "mag", "RouterAdvertisement", "rfc5213-fig2", ["5"]),
    ("spmip", "mag", "ProxyBindingQuery", "jikim-fig1", ["5", "6", "7", "8"]),
    ("spmip", "lma", "ProxyQueryAcknowledgement", "jikim-fig1", ["6", "7", "8"]),
    ("sdpmip", "mag", "ProxyBindingQuery", "jikim-fig2", ["3", "4", "5", "6"]),
    ("sdpmip", "mag", "ProxyQueryAcknowledgement", "jikim-fig2", ["4", "5", "6"]),
    ("romip", "maar", "RouterAdvertisement", "ma-fig1", ["4", "5", "6", "7", "8"]),
    ("romip", "maar", "sDBA", "ma-fig1", ["6", "7", "8"]),
    ("romip", "maar", "dDBU", "ma-fig1", ["7", "8"]),
    ("romip", "maar", "dDBA", "ma-fig1", ["8"]),
    ("mipv6", "mn", "BindingUpdate", "rfc6275-registration", ["4", "5"]),
    ("mipv6", "ha", "BindingAcknowledgement", "rfc6275-registration", ["5"]),
    ("mipv6", "ha", "BindingAcknowledgement", "rfc6275-returning-home", ["4"]),
    ("mipv6-ro", "mn", "HomeTestInit", "rfc6275-return-routability", ["1a", "2a", "3", "4"]),
    ("dmipv6", "dhp", "DhpDiscoveryAcknowledgement", "liu-fig10a", ["2", "5", "6", "7", "8"]),
    ("dmipv6", "dhp", "DhoaResponse", "liu-fig10a", ["6", "7", "8"]),
    ("dmipv6", "dhp", "BindingAcknowledgement", "liu-handoff", ["3"]),
]


@pytest.mark.parametrize(("topology", "role", "name", "figure", "missing"), SILENT)
def test_who_is_silent_is_missed(monkeypatch, topology, role, name, figure, missing):
    protocol = topology.partition("-")[0]
    recording = broken(monkeypatch, topology, [(protocol, role)], silent(name))
    comparison = compared(recording, figure)
    assert _missing(comparison) == missing
    assert not comparison.matches
    first = comparison.differences[0]
    assert f"step {missing[0]} (" in first.text and "is missing" in first.text


def test_a_gateway_that_does_not_deregister_is_missed_at_the_handover_only(monkeypatch):
    silence = silent("ProxyBindingUpdate", _releases)
    recording = broken(monkeypatch, "pmipv6", [("pmipv6", "mag")], silence)
    assert said(compared(recording, "rfc5213-fig2")) == []
    assert said(compared(recording, "rfc5213-fig3")) == [("missing", "2"), ("missing", "3")]


def test_a_step_that_is_skipped_is_missed_though_the_others_are_there(monkeypatch):
    silence = silent("BindingAcknowledgement", _is_short)
    roles = [("mipv6", "cn"), ("mipv6", "mn")]
    recording = broken(monkeypatch, "mipv6-ro", roles, silence)
    assert _missing(compared(recording, "rfc6275-return-routability")) == ["4"]
    assert said(compared(recording, "rfc6275-registration")) == []


def test_one_peer_that_is_silent_is_missed_though_another_is_not(monkeypatch):
    recording = broken(monkeypatch, "mipv6-ro", [("mipv6", "cn")], silent("CareOfTest"))
    comparison = compared(recording, "rfc6275-return-routability")
    assert comparison.roles["CN"] == "mn2"
    assert said(comparison) == [("incomplete", "1a")]
    assert "HomeTestInit mn1 -> cn" in comparison.differences[0].text


def test_who_swaps_two_steps_is_out_of_order(monkeypatch):
    late = after("RouterAdvertisement", "dDBU")
    recording = broken(monkeypatch, "romip", [("romip", "maar")], late, since=3.9)
    comparison = compared(recording, "ma-fig1")
    assert ("out of order", "5") in said(comparison)
    (swapped,) = (each for each in comparison.differences if each.kind == "out of order")
    assert "step 5 (sDBU, A_MAAR3 -> A_MAAR2) is out of order" in swapped.text


def test_what_nobody_has_asked_for_is_extra(monkeypatch):
    def revoke(answer):
        named = tuple(
            each for each in answer.message.options if isinstance(each, MobileNodeIdentifier)
        )
        return replace(answer, message=BindingRevocationIndication(1, 7, 0, named))

    recording = broken(
        monkeypatch,
        "pmipv6",
        [("pmipv6", "lma")],
        besides("ProxyBindingAcknowledgement", revoke),
    )
    comparison = compared(recording, "rfc5213-fig2")
    assert said(comparison) == [("extra", "BindingRevocationIndication")]
    assert comparison.differences[0].text == (
        "extra: BindingRevocationIndication lma -> mag1 is no step of the figure"
    )


def test_who_refuses_does_not_take_the_step(monkeypatch):
    def refuse(action):
        message = getattr(action, "message", None)
        if isinstance(message, BindingAcknowledgement):
            return [replace(action, message=replace(message, status=129, lifetime=0))]
        return [action]

    recording = broken(monkeypatch, "mipv6", [("mipv6", "ha")], lambda: refuse)
    kinds = said(compared(recording, "rfc6275-registration"))
    assert ("missing", "5") in kinds
    assert ("extra", "BindingAcknowledgement") in kinds


def test_questions_repeated_in_vain_are_not_extra(monkeypatch):
    recording = broken(monkeypatch, "mipv6", [("mipv6", "ha")], silent("BindingAcknowledgement"))
    comparison = compared(recording, "rfc6275-registration")
    asked = [rung for rung in comparison.rungs if rung.name == "BindingUpdate"]
    assert [rung.again for rung in asked] == [False] + [True] * (len(asked) - 1)
    assert len(asked) > 1
    assert [step.number for step in comparison.steps_of(asked[1])] == ["4"]
