"""Which mobility session a Proxy Binding Update is about (RFC 5213 §5.4.1)."""

from __future__ import annotations

from collections.abc import Container
from enum import Enum
from typing import NamedTuple

from agents.pmipv6.binding_cache import Binding, BindingCache, Released
from agents.pmipv6.request import Request
from agents.wire.numbers import HandoffIndication, Status

_BETWEEN_INTERFACES = int(HandoffIndication.HANDOFF_BETWEEN_INTERFACES)
_BETWEEN_MAGS = int(HandoffIndication.HANDOFF_BETWEEN_MAGS)
_UNKNOWN = int(HandoffIndication.HANDOFF_STATE_UNKNOWN)
_NOT_CHANGED = int(HandoffIndication.HANDOFF_STATE_NOT_CHANGED)


class Verdict(Enum):
    """What becomes of a request that passes every other check."""

    CREATE = "a new mobility session"
    UPDATE = "an existing session"
    WAIT = "an existing session, once its gateway has released it"
    REFUSE = "refused with a status"
    IGNORE = "a release of what is not there"


class Lookup(NamedTuple):
    """The verdict, and the entry that was found, whose last update orders this one."""

    verdict: Verdict
    binding: Binding | None = None
    status: Status | None = None


_CREATE = Lookup(Verdict.CREATE)
_IGNORE = Lookup(Verdict.IGNORE)


def find_session(cache: BindingCache, request: Request, profiled: Container[bytes] = ()) -> Lookup:
    """Return what ``request`` is about; ``profiled`` are the node's interfaces by its profile.

    A profiled interface never takes over the session of another one because it may be a handoff:
    the profile gives it a session of its own, so there is nothing to wait for (§5.4.1.2, item 4).
    """
    if request.prefixes:
        found = _by_prefix(cache, request)
    elif request.link_layer:
        found = _by_interface(cache, request, request.link_layer in profiled)
    else:
        found = _by_node(cache, request)
    if request.releases and found.verdict in (Verdict.CREATE, Verdict.WAIT):
        return _IGNORE
    return found


def _by_prefix(cache: BindingCache, request: Request) -> Lookup:
    """RFC 5213 §5.4.1.1: at least one prefix with a NON_ZERO value."""
    entries = (cache.at(prefix, request.link_layer) for prefix in request.prefixes)
    binding = next(filter(None, entries), None)
    if binding is None:
        return _unknown_prefixes(cache, request)
    if binding.identifier != request.identifier:
        return Lookup(Verdict.REFUSE, None, Status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX)
    if request.prefixes != binding.prefixes and set(request.prefixes) != set(binding.prefixes):
        return Lookup(Verdict.REFUSE, binding, Status.BCE_PBU_PREFIX_SET_DO_NOT_MATCH)
    if _same_session(binding, request):
        return Lookup(Verdict.UPDATE, binding)
    if request.releases:
        return _IGNORE
    # A new session it would be (item 6), but no two sessions share a prefix (§5.2).
    return Lookup(Verdict.REFUSE, binding, Status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX)


def _unknown_prefixes(cache: BindingCache, request: Request) -> Lookup:
    binding = _interface_session(cache, request)
    if binding is None or request.releases:
        return _CREATE
    # The interface has a session with other prefixes, and one interface has one session (§5.4).
    return Lookup(Verdict.REFUSE, binding, Status.BCE_PBU_PREFIX_SET_DO_NOT_MATCH)


def _same_session(binding: Binding, request: Request) -> bool:
    """RFC 5213 §5.4.1.1, item 5, and the same interface by its identifier (as §5.4.1.2)."""
    if request.handoff == _BETWEEN_INTERFACES:
        return True
    if request.technology != binding.technology:
        return False
    if request.care_of == binding.care_of:
        return True
    if request.link_layer:
        # "Not changed" from a gateway that does not serve the node moves nothing.
        return request.link_layer == binding.link_layer and request.handoff != _NOT_CHANGED
    return not binding.link_layer and request.handoff == _BETWEEN_MAGS


def _by_interface(cache: BindingCache, request: Request, profiled: bool) -> Lookup:
    """RFC 5213 §5.4.1.2: no prefix, but a link-layer identifier."""
    binding = _interface_session(cache, request)
    if binding is not None:
        return Lookup(Verdict.UPDATE, binding)
    found = _of_only_session(cache, request, (_BETWEEN_INTERFACES,))
    if profiled and found.binding is not None and request.handoff == _UNKNOWN:
        return found if found.binding.link_layer == request.link_layer else _CREATE
    return found


def _by_node(cache: BindingCache, request: Request) -> Lookup:
    """RFC 5213 §5.4.1.3: neither prefix nor link-layer identifier."""
    return _of_only_session(cache, request, (_BETWEEN_INTERFACES, _BETWEEN_MAGS))


def _of_only_session(cache: BindingCache, request: Request, handoffs: tuple[int, ...]) -> Lookup:
    sessions = cache.of_node(request.identifier or b"")
    if len(sessions) != 1:
        return _CREATE
    (binding,) = sessions
    if request.handoff in handoffs or _from_serving_gateway(binding, request):
        return Lookup(Verdict.UPDATE, binding)
    if request.handoff != _UNKNOWN:
        return _CREATE
    released = type(binding.state) is Released
    return Lookup(Verdict.UPDATE if released else Verdict.WAIT, binding)


def _from_serving_gateway(binding: Binding, request: Request) -> bool:
    """Say whether a gateway that knows no identifiers speaks of the node that it serves.

    The RFC is silent on it, but without this it could neither release nor repeat a registration
    whose acknowledgement was lost.
    """
    return (
        not (request.link_layer or binding.link_layer)
        and request.care_of == binding.care_of
        and request.technology == binding.technology
    )


def _interface_session(cache: BindingCache, request: Request) -> Binding | None:
    if not request.link_layer or request.identifier is None or request.technology is None:
        return None
    return cache.of_interface(request.identifier, request.technology, request.link_layer)
