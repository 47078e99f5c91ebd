"""The one table of protocol roles: (protocol, role) -> what builds its core."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.core import Core
from agents.dmipv6.correspondent import ServingCorrespondent
from agents.dmipv6.home_proxy import HomeProxy
from agents.dmipv6.mobile_node import DistributedMobileNode
from agents.dmipv6.server import ManagementServer
from agents.flowbinding.lma import FlowAnchor
from agents.flowbinding.mag import FlowGateway
from agents.flowbinding.mobile_node import FlowMobileNode
from agents.mipv6.access_router import AccessRouter
from agents.mipv6.correspondent_node import CorrespondentNode
from agents.mipv6.home_agent import HomeAgent
from agents.mipv6.mobile_node import MobileNode
from agents.pmipv6.lma import LocalMobilityAnchor
from agents.pmipv6.mag import MobileAccessGateway
from agents.romip.aaa import AaaServer
from agents.romip.maar import Maar
from agents.romip.mobile_node import SessionMobileNode
from agents.spmip.distributed import DistributedGateway
from agents.spmip.lma import SignalDrivenAnchor
from agents.spmip.mag import SignalDrivenGateway

Factory = Callable[[Mapping[str, Any], Random], Core]

ROLES: dict[tuple[str, str], Factory] = {
    ("mipv6", "mn"): MobileNode.from_config,
    ("mipv6", "ha"): HomeAgent.from_config,
    ("mipv6", "cn"): CorrespondentNode.from_config,
    ("mipv6", "ar"): AccessRouter.from_config,
    ("dmipv6", "mn"): DistributedMobileNode.from_config,
    ("dmipv6", "ha"): HomeAgent.from_config,
    ("dmipv6", "cn"): ServingCorrespondent.from_config,
    ("dmipv6", "ar"): AccessRouter.from_config,
    ("dmipv6", "dhp"): HomeProxy.from_config,
    ("dmipv6", "server"): ManagementServer.from_config,
    ("pmipv6", "lma"): LocalMobilityAnchor.from_config,
    ("pmipv6", "mag"): MobileAccessGateway.from_config,
    ("spmip", "lma"): SignalDrivenAnchor.from_config,
    ("spmip", "mag"): SignalDrivenGateway.from_config,
    ("flowbinding", "lma"): FlowAnchor.from_config,
    ("flowbinding", "mag"): FlowGateway.from_config,
    ("flowbinding", "mn"): FlowMobileNode.from_config,
    ("romip", "maar"): Maar.from_config,
    ("romip", "mn"): SessionMobileNode.from_config,
    ("romip", "aaa"): AaaServer.from_config,
    ("sdpmip", "mag"): DistributedGateway.from_config,
}
