"""How large messages are: their declarations in ``agents.wire``, with the options that roles send.

Octets of the whole IPv6 packet. Options for authentication, which a topology may ask for, are not
in them.
"""

from __future__ import annotations

from agents.wire import messages
from agents.wire.address import Address, Prefix
from agents.wire.draft_numbers import SessionRole
from agents.wire.mobility import length
from agents.wire.numbers import AccessTechnology, HandoffIndication, IdentifierSubtype
from agents.wire.options import (
    AccessTechnologyType,
    AlternateCareOfAddress,
    BindingAuthorizationData,
    BusinessFlowAttribute,
    HandoffIndicator,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    NonceIndices,
    ServingMaar,
    SessionHomeAddress,
    Timestamp,
)
from agents.wire.signaling_messages import (
    UpdateNotification,
    UpdateNotificationAcknowledgement,
)

IPV6 = 40
HOME_ADDRESS_OPTION = ROUTING_HEADER = 24  # with what pads them (RFC 6275 §6.3, §6.4)
SOLICITATION, ADVERTISEMENT = 56, 112  # as hosts and access routers send them (RFC 4861 §4.1, §4.2)
ASKED, ANSWERED = 292, 252  # AA-Request and AA-Answer in TCP; names of other lengths change them

_ADDRESS = Address(bytes(16))
_PREFIX = HomeNetworkPrefix(Prefix(_ADDRESS, 64))
_ROLE = SessionRole.MOVED_NODE


def _update(*options: object) -> int:
    return IPV6 + length(messages.BindingUpdate(0, 0, 0, options))


def _acknowledgement(*options: object) -> int:
    return IPV6 + length(messages.BindingAcknowledgement(0, 0, 0, 0, options))


def _identifier(name: str) -> MobileNodeIdentifier:
    return MobileNodeIdentifier(IdentifierSubtype.NAI, name.encode())


def proxy_update(name: str) -> int:
    """Return the size of a ProxyBindingUpdate about ``name``, as of its acknowledgement."""
    return _update(
        _identifier(name),
        _PREFIX,
        HandoffIndicator(HandoffIndication.HANDOFF_STATE_UNKNOWN),
        AccessTechnologyType(AccessTechnology.IEEE_802_11),
        Timestamp(0),
        MobileNodeLinkLayerIdentifier(bytes(6)),
    )


def query() -> int:
    """Return the size of a ProxyBindingQuery without a tunnel (draft-jikim-dmm-pmip-00 §4.1)."""
    return _update(_PREFIX, Timestamp(0))


def query_answer() -> int:
    """Return the size of a ProxyQueryAcknowledgement (draft-jikim-dmm-pmip-00 §4.2)."""
    return _acknowledgement(_PREFIX, AlternateCareOfAddress(_ADDRESS), Timestamp(0))


def notification(name: str) -> int:
    """Return the size of an UpdateNotification about ``name`` (RFC 7077)."""
    return IPV6 + length(UpdateNotification(0, 0, 0, (_identifier(name), _PREFIX)))


def notification_answer(name: str) -> int:
    """Return the size of an UpdateNotificationAcknowledgement (RFC 7077)."""
    return IPV6 + length(UpdateNotificationAcknowledgement(0, 0, (_identifier(name),)))


def home_update() -> int:
    """Return the size of a BindingUpdate to a home agent."""
    return _update() + HOME_ADDRESS_OPTION


def flow_update() -> int:
    """Return the size of a BindingUpdate to a distributed home proxy, about one flow."""
    options = (AlternateCareOfAddress(_ADDRESS), BusinessFlowAttribute(0))
    return _update(*options) + HOME_ADDRESS_OPTION


def home_acknowledgement() -> int:
    """Return the size of a BindingAcknowledgement to a mobile node."""
    return _acknowledgement() + ROUTING_HEADER


def peer_update() -> int:
    """Return the size of a BindingUpdate to a correspondent, with its proof."""
    proof = (NonceIndices(0, 0), BindingAuthorizationData(bytes(12)))
    return _update(*proof) + HOME_ADDRESS_OPTION


def peer_acknowledgement() -> int:
    """Return the size of a correspondent's BindingAcknowledgement."""
    return _acknowledgement(BindingAuthorizationData(bytes(12))) + ROUTING_HEADER


def care_of_test_init() -> int:
    """Return the size of a CareOfTestInit."""
    return IPV6 + length(messages.CareOfTestInit(bytes(8)))


def care_of_test() -> int:
    """Return the size of a CareOfTest."""
    return IPV6 + length(messages.CareOfTest(0, bytes(8), bytes(8)))


def session_query(name: str, sessions: int) -> int:
    """Return the size of an sDBU that asks for ``sessions``."""
    session = (SessionHomeAddress(_ROLE, _ADDRESS),) * 2
    return _update(_identifier(name), *session * sessions, Timestamp(0))


def session_answer(sessions: int) -> int:
    """Return the size of an sDBA about ``sessions``."""
    session = (SessionHomeAddress(_ROLE, _ADDRESS),) * 2
    return _acknowledgement(*(*session, ServingMaar(_ADDRESS)) * sessions)


def session_update() -> int:
    """Return the size of a dDBU about one session."""
    address = SessionHomeAddress(_ROLE, _ADDRESS)
    return _update(address, ServingMaar(_ADDRESS), address, Timestamp(0))


def session_acknowledgement() -> int:
    """Return the size of a dDBA about one session."""
    return _acknowledgement(*(SessionHomeAddress(_ROLE, _ADDRESS),) * 2)
