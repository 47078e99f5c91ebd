"""What the Info column says of each message and option, around the values of their fields.

``{field}`` is the field's value in words; what stands in ``[...]`` is left out where a field in
it is empty, zero or missing. A message is followed by what its options say.
"""

from __future__ import annotations

from agents.wire import dmipv6_messages as dmipv6
from agents.wire import flow_options, messages, nd_options, options
from agents.wire import flow_sub_options as flow

_ANSWER = "{status}, seq {sequence}"
_RECORDS = "{records}"

SUMMARIES: dict[type, str] = {
    messages.BindingUpdate: "seq {sequence}, lifetime {lifetime}",
    messages.BindingAcknowledgement: f"{_ANSWER}, lifetime {{lifetime}}",
    messages.BindingError: "{status}, home address {home_address}",
    messages.HomeTest: "nonce index {nonce_index}",
    messages.CareOfTest: "nonce index {nonce_index}",
    messages.BindingRevocationIndication: "{trigger}, seq {sequence}",
    messages.BindingRevocationAcknowledgement: _ANSWER,
    messages.UpdateNotification: "{reason}, seq {sequence}",
    messages.UpdateNotificationAcknowledgement: _ANSWER,
    messages.GenericSignalingRequest: "seq {sequence}",
    messages.GenericSignalingAcknowledgement: _ANSWER,
    messages.SecureGenericSignalingRequest: "seq {sequence}",
    messages.SecureGenericSignalingAcknowledgement: _ANSWER,
    options.AlternateCareOfAddress: "care-of {address}",
    options.MobileNodeIdentifier: "MN {identifier}",
    options.HomeNetworkPrefix: "prefix {prefix}",
    options.MobileNetworkPrefix: "network {prefix}",
    options.BindingIdentifier: "BID {identifier}",
    options.HandoffIndicator: "{value}",
    options.ServiceSelection: "service {identifier}",
    options.AnchoredPrefix: "anchored {prefix}",
    options.LocalPrefix: "local {prefix}",
    options.PreviousMaar: "previous MAAR {address}",
    options.ServingMaar: "MAAR {address}",
    options.AlternativeInterfaceIndicator: "other gateway {proxy_care_of_address}",
    options.BusinessFlowAttribute: "flow of port {port}[, protocol {protocol}]",
    options.SessionHomeAddress: "{role} {address}",
    flow_options.FlowSummary: "flows {identifiers}",
    flow_options.FlowIdentification: "flow {identifier}",
    flow_options.EarlyFlowIdentification: "flow {identifier}, {request}, {action}",
    flow.BindingReference: "BID {identifiers}",
    flow.Ipv6TrafficSelector: (
        "[from {start_source_address} ][port {start_source_port} ][to {start_destination_address} ]"
        "[port {start_destination_port} ][next header {start_next_header} ]"
    ),
    flow.Ipv4TrafficSelector: (
        "[from {start_source_address} ][port {start_source_port} ][to {start_destination_address} ]"
        "[port {start_destination_port} ][protocol {start_protocol} ]"
    ),
    dmipv6.DhpRecord: "{address} (load {load}, distance {distance})",
    dmipv6.DhpDiscoveryAcknowledgement: _RECORDS,
    dmipv6.MulticastDhpAcknowledgement: _RECORDS,
    dmipv6.ServerDhpResponse: _RECORDS,
    dmipv6.ServerDhpRequirements: "capability {capability}, load {load}, routing {routing}",
    dmipv6.DhoaResponse: "home address {address}",
    nd_options.PrefixInformation: "prefix {prefix}",
    nd_options.SourceLinkLayerAddress: "from {address}",
    nd_options.HomeAddressPair: "{mobile_node} with {correspondent}",
    nd_options.RomipSessions: "[sessions {pairs}]",
    nd_options.RomipAddress: "assigned {address}",
    nd_options.RomipIdentifier: "MN {identifier}",
}

PROTOCOLS = {
    **dict.fromkeys(("ProxyBindingUpdate", "ProxyBindingAcknowledgement"), "PMIPv6"),
    **dict.fromkeys(("UpdateNotification", "UpdateNotificationAcknowledgement"), "PMIPv6"),
    **dict.fromkeys(("RouterSolicitation", "RouterAdvertisement"), "ROMIP"),
    **dict.fromkeys(("ProxyBindingQuery", "ProxyQueryAcknowledgement"), "S-PMIP"),
    **dict.fromkeys(("sDBU", "dDBU", "sDBA", "dDBA"), "ROMIP"),
    **{cls.__name__: "DMIPv6" for cls in dmipv6.DMIPV6_MESSAGES},
    **{
        cls.__name__: "PMIPv6"
        for cls in messages.MOBILITY_MESSAGES
        if cls.__name__.startswith(("BindingRevocation", "Generic", "SecureGeneric"))
    },
    "other": "MIPv6",
}
"""What the Protocol column says, by the message's name; ``other`` is for the rest."""
