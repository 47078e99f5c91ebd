"""Which message answers which, and what makes one the same as another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "BindingUpdate": ("BindingAcknowledgement",),
    "ProxyBindingUpdate": ("ProxyBindingAcknowledgement",),
    "ProxyBindingQuery": ("ProxyQueryAcknowledgement",),
    "sDBU": ("sDBA",),
    "dDBU": ("dDBA",),
    "AA-Request": ("AA-Answer",),
    "HomeTestInit": ("HomeTest",),
    "CareOfTestInit": ("CareOfTest",),
    "DhpDiscoveryQuery": ("DhpDiscoveryAcknowledgement",),
    "MulticastDhpQuery": ("MulticastDhpAcknowledgement",),
    "ServerDhpQuery": ("ServerDhpResponse",),
    "ServerDhpRequirements": ("ServerDhpResponse",),
    "DhoaRequest": ("DhoaResponse",),
    "UpdateNotification": ("UpdateNotificationAcknowledgement",),
    "GenericSignalingRequest": ("GenericSignalingAcknowledgement",),
    "BindingRevocationIndication": ("BindingRevocationAcknowledgement",),
    "RouterSolicitation": ("RouterAdvertisement",),
    "MobilePrefixSolicitation": ("MobilePrefixAdvertisement",),
    "HomeAgentAddressDiscoveryRequest": ("HomeAgentAddressDiscoveryReply",),
}
"""The answers to each question, by their names in results."""

ANSWERS: Mapping[str, tuple[str, ...]] = {
    answer: tuple(name for name, answers in QUESTIONS.items() if answer in answers)
    for answer in {answer for answers in QUESTIONS.values() for answer in answers}
}


def number_of(message: Any) -> object:
    """Return what an answer repeats of its question; None where nothing tells."""
    return getattr(message, "sequence", None) or transaction_of(message)


def transaction_of(message: Any) -> object:
    """Return what tells an exchange from others and stays when its question is repeated."""
    return getattr(message, "session", None) or getattr(message, "hop_by_hop", None)
