"""What signalling messages are for, in words for who has never seen the drafts."""

from __future__ import annotations

from testbed.evidence.signalling import ERRORS

_ND = {
    "RouterSolicitation",
    "RouterAdvertisement",
    "NeighborSolicitation",
    "NeighborAdvertisement",
    "Redirect",
}
OTHER = "others"

PURPOSES = {
    "bind": "say where the mobile is, and agree",
    "ask": "ask where somebody is, and answer",
    "tell": "tell others of the change",
    "test": "prove that an address is the mobile's own",
    "find": "find a home proxy and get an address from it",
    "flow": "agree on the interface of a flow",
    OTHER: "settle other things",
}
_PURPOSE = {
    "bind": (
        *("BindingUpdate", "BindingAcknowledgement", "BindingError"),
        *("ProxyBindingUpdate", "ProxyBindingAcknowledgement", "dDBU", "dDBA"),
    ),
    "ask": (
        *("ProxyBindingQuery", "ProxyQueryAcknowledgement", "AA-Request", "AA-Answer"),
        *("sDBU", "sDBA"),
    ),
    "flow": (
        *("GenericSignalingOption", "GenericSignalingRequest"),
        "GenericSignalingAcknowledgement",
    ),
    "tell": ("UpdateNotification", "UpdateNotificationAcknowledgement"),
    "test": ("HomeTestInit", "HomeTest", "CareOfTestInit", "CareOfTest"),
    "find": (
        *("DhpDiscoveryQuery", "DhpDiscoveryAcknowledgement", "DhoaRequest", "DhoaResponse"),
        *("MulticastDhpQuery", "MulticastDhpAcknowledgement"),
        *("ServerDhpQuery", "ServerDhpRequirements", "ServerDhpResponse"),
    ),
}
_OF = {message: purpose for purpose, messages in _PURPOSE.items() for message in messages}


def is_mobility(message: str) -> bool:
    """Say whether ``message`` is a mobility protocol's, not IPv6's own."""
    return message not in _ND and message not in ERRORS


def purpose(message: str) -> str:
    """Return what ``message`` is for: a key of ``PURPOSES``."""
    return _OF.get(message, OTHER)
