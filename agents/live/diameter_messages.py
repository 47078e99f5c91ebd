"""Octets of Diameter by the library python-diameter: headers, AVPs, AA-Requests and AA-Answers.

The application is NASREQ's (RFC 7155), with AVPs of RFC 5447 and RFC 5779.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

from diameter.message import Avp, Message, MessageHeader
from diameter.message.avp.errors import AvpDecodeError
from diameter.message.packer import Error, Unpacker

from agents.wire.address import UNSPECIFIED, Address
from agents.wire.diameter import AaAnswer, AaRequest

AA, NASREQ, RELAY = 265, 1, 0xFFFFFFFF
HEADER = 20  # octets (RFC 6733 §3)
PROXY_INFO, RESULT_CODE, SESSION_ID, ORIGIN_HOST, ORIGIN_REALM = 284, 268, 263, 264, 296
AUTH_APPLICATION, _FAILED_AVP = 258, 279
MISSING_AVP, INVALID_AVP_VALUE, INVALID_AVP_LENGTH, UNKNOWN_AVP = 5005, 5004, 5014, 5001

_REQUEST, _PROXIABLE, _ERROR, _AGAIN = 0x80, 0x40, 0x20, 0x10
_USER, _DESTINATION_REALM, _REQUEST_TYPE = 1, 283, 274
_MOBILE_NODE, _FEATURES, _AGENT_INFO, _AGENT_ADDRESS = 506, 124, 486, 334
_AUTHORIZE_ONLY = 2  # RFC 5779 §4.2.1
_PMIP6_SUPPORTED = 0x0000_0100_0000_0000  # RFC 5779 §5.5
_IPV6 = bytes((0, 2))  # RFC 6733 §4.3.1
_PROTOCOL_ERRORS = range(3000, 4000)  # RFC 6733 §7.1.3
_RECOGNIZED = frozenset(
    {1, 25, 33, 124, 125, 258, 263, 264, 274, 278, 282, 283, 284, 293, 296, 334, 486, 506}
)


class DiameterError(ValueError):
    """Octets that are no Diameter message, or a message that lacks what its receiver needs.

    ``result`` is the Result-Code that says so, ``code`` that of the AVP at fault, 0 if none is.
    """

    def __init__(self, why: str, result: int = INVALID_AVP_VALUE, code: int = 0) -> None:
        super().__init__(why)
        self.result = result
        self.code = code


def avp(code: int, value: Any, mandatory: bool = True) -> Any:
    """Return the AVP of that code with a value of its type."""
    return Avp.new(code, value=value, is_mandatory=mandatory)


def parse(octets: bytes) -> Any:
    """Return the message; DiameterError where the octets are none."""
    try:
        header = MessageHeader.from_bytes(octets)
        unpacker = Unpacker(octets)
        unpacker.set_position(HEADER)
        avps = []
        while not unpacker.is_done():
            avps.append(Avp.from_unpacker(unpacker))
    except Error as error:
        raise DiameterError(str(error), INVALID_AVP_LENGTH) from error
    return Message(header, avps)


def bare(octets: bytes) -> Any:
    """Return the message that only has the header of ``octets``, at least as long as one."""
    return Message(MessageHeader.from_bytes(octets), [])


def request(command: int, application: int, avps: Sequence[Any], proxiable: bool = False) -> Any:
    """Return a request; whoever sends it gives it its identifiers."""
    flags = _REQUEST | (_PROXIABLE if proxiable else 0)
    header = MessageHeader(command_flags=flags, command_code=command, application_id=application)
    return Message(header, list(avps))


def answer(asked: Any, avps: Sequence[Any], result: int) -> Any:
    """Return the answer to ``asked``; a protocol error has the E bit (RFC 6733 §7.1.3)."""
    was = asked.header
    flags = was.command_flags & _PROXIABLE | (_ERROR if result in _PROTOCOL_ERRORS else 0)
    header = MessageHeader(
        command_flags=flags,
        command_code=was.command_code,
        application_id=was.application_id,
        hop_by_hop_identifier=was.hop_by_hop_identifier,
        end_to_end_identifier=was.end_to_end_identifier,
    )
    passed_on = [each for each in asked.avps if each.code == PROXY_INFO]  # RFC 6733 §6.2
    return Message(header, [*avps, *passed_on])


def aa_request(value: AaRequest) -> Any:
    """Return the AA-Request that spells ``value``."""
    user = value.user
    avps = [
        avp(SESSION_ID, value.session),
        avp(AUTH_APPLICATION, NASREQ),
        avp(ORIGIN_HOST, value.origin_host.encode()),
        avp(ORIGIN_REALM, value.origin_realm.encode()),
        avp(_DESTINATION_REALM, value.destination_realm.encode()),
        avp(_REQUEST_TYPE, _AUTHORIZE_ONLY),
        avp(_USER, user),
        avp(_MOBILE_NODE, user, mandatory=False),
        avp(_FEATURES, _PMIP6_SUPPORTED, mandatory=False),
        _agent_info(value.maar),
    ]
    return request(AA, NASREQ, avps, proxiable=True)


def aa_answer(value: AaAnswer, asked: Any) -> Any:
    """Return the AA-Answer to ``asked`` that spells ``value``."""
    origin = [
        avp(ORIGIN_HOST, value.origin_host.encode()),
        avp(ORIGIN_REALM, value.origin_realm.encode()),
    ]
    session, result = avp(SESSION_ID, value.session), avp(RESULT_CODE, value.result)
    user = avp(_USER, value.user)
    if value.result in _PROTOCOL_ERRORS:
        return answer(asked, [session, *origin, result, user], value.result)
    application, kind = avp(AUTH_APPLICATION, NASREQ), avp(_REQUEST_TYPE, _AUTHORIZE_ONLY)
    previous = [_agent_info(value.previous)] if value.result < 3000 else []
    avps = [session, application, kind, result, *origin, user, *previous]
    return answer(asked, avps, value.result)


def read_aa_request(message: Any) -> AaRequest:
    """Return what an AA-Request asks; DiameterError names the AVP that is missing or wrong."""
    for each in message.avps:
        if each.is_mandatory and (each.vendor_id or each.code not in _RECOGNIZED):
            raise DiameterError(f"the AVP {each.code} is unknown", UNKNOWN_AVP, each.code)
    return AaRequest(
        session=text(message, SESSION_ID),
        user=text(message, _USER),
        maar=_address(message),
        origin_host=text(message, ORIGIN_HOST),
        origin_realm=text(message, ORIGIN_REALM),
        destination_realm=text(message, _DESTINATION_REALM),
    )


def read_aa_answer(message: Any) -> AaAnswer:
    """Return what an AA-Answer says; DiameterError names the AVP that is missing or wrong."""
    result = number(message, RESULT_CODE)
    if message.header.is_error and result < 3000:
        raise DiameterError(f"an error with the Result-Code {result}", code=RESULT_CODE)
    return AaAnswer(
        session=text(message, SESSION_ID),
        result=result,
        user=text(message, _USER) if find(message, _USER) else "",
        origin_host=text(message, ORIGIN_HOST),
        origin_realm=text(message, ORIGIN_REALM),
        previous=_address(message) if find(message, _AGENT_INFO) else UNSPECIFIED,
    )


def find(message: Any, code: int) -> list[Any]:
    """Return the AVPs of that code, none of a vendor's."""
    return [each for each in message.avps if each.code == code and not each.vendor_id]


def text(message: Any, code: int) -> str:
    """Return the text in the AVP of that code; DiameterError where there is none."""
    found = str(_one(message, code, lambda each: each.payload.decode()))
    if not found or not found.isprintable():
        raise DiameterError(f"the AVP {code} is {found!r}", code=code)
    return found


def number(message: Any, code: int) -> int:
    """Return the number in the AVP of that code; DiameterError where there is none."""
    return int(_one(message, code, lambda each: int(each.value)))


def numbers(avps: Collection[Any], codes: Collection[int]) -> set[int]:
    """Return the numbers in all AVPs of those codes, no vendor's; else DiameterError."""
    own = (each for each in avps if each.code in codes and not each.vendor_id)
    return {int(_read(each, lambda it: int(it.value))) for each in own}


def group(each: Any) -> list[Any]:
    """Return the AVPs inside a Grouped one; DiameterError where they cannot be told apart."""
    return list(_read(each, lambda it: it.value))


def failed_avp(asked: Any, code: int) -> list[Any]:
    """Return the Failed-AVP with what is at fault; what is missing has nothing in it (§7.5)."""
    if not code:
        return []
    found = find(asked, code)[:1] or [Avp(code, flags=Avp.avp_flag_mandatory)]
    return [avp(_FAILED_AVP, found)]


def again(message: Any) -> Any:
    """Mark a request as one that may have been sent before (RFC 6733 §3: T)."""
    message.header.command_flags |= _AGAIN
    return message


def _one(message: Any, code: int, read: Callable[[Any], Any]) -> Any:
    found = find(message, code)
    if not found:
        raise DiameterError(f"the AVP {code} is missing", MISSING_AVP, code)
    return _read(found[0], read)


def _read(each: Any, read: Callable[[Any], Any]) -> Any:
    try:
        return read(each)
    except (AvpDecodeError, Error, struct.error, ValueError, OSError) as error:
        raise DiameterError(f"the AVP {each.code} cannot be read", code=each.code) from error


def _agent_info(maar: Address) -> Any:
    return avp(_AGENT_INFO, [avp(_AGENT_ADDRESS, str(maar))])


def _address(message: Any) -> Address:
    """Return the address of the home agent in MIP6-Agent-Info (RFC 5779 §5.1)."""
    for each in _one(message, _AGENT_INFO, partial(group)):
        if each.code == _AGENT_ADDRESS and not each.vendor_id:
            if each.payload[:2] != _IPV6 or len(each.payload) != 18:
                raise DiameterError("no IPv6 address", code=_AGENT_ADDRESS)
            return Address(each.payload[2:])
    raise DiameterError("MIP6-Agent-Info has no address", MISSING_AVP, _AGENT_ADDRESS)
