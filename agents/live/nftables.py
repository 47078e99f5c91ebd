"""Tables of nftables: one chain of rules each, which takes the place of an earlier agent's."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence

from agents.live.netlink import Netlink, NetlinkError, Request
from agents.live.nft import (
    NETFILTER,
    Hook,
    Rule,
    add_keys,
    counted,
    delete_rules,
    delete_table,
    new_rule,
    new_set,
    new_table,
    remove_keys,
    transact,
)


class Table:
    """A table whose rules and sets change while packets pass it.

    ``sets`` are the names of sets and the lengths of their keys, ``keys`` what is in them from the
    start. NetlinkError where the kernel cannot have it.
    """

    def __init__(
        self,
        name: str,
        hook: Hook,
        rules: Sequence[Rule],
        sets: Mapping[str, int] | None = None,
        keys: Mapping[str, Sequence[bytes]] | None = None,
    ) -> None:
        self._name = name
        self._netlink = Netlink(NETFILTER)
        self._keys: dict[str, set[bytes]] = {}
        requests = new_table(name, hook)
        for each, length in (sets or {}).items():
            requests.append(self._new_set(each, length))
        for each, members in (keys or {}).items():
            requests += add_keys(name, each, members)
            self._keys[each].update(members)
        requests += [new_rule(name, rule) for rule in rules]
        try:
            transact(self._netlink, requests)
        except NetlinkError as error:
            if error.errno != errno.EEXIST:
                raise
            transact(self._netlink, [delete_table(name), *requests])

    def precede(self, name: str, length: int, rule: Rule) -> None:
        """Make another set and a rule that looks into it, before all rules; else NetlinkError."""
        made = self._new_set(name, length)
        transact(self._netlink, [made, new_rule(self._name, rule, first=True)])

    def change(self, name: str, add: Sequence[bytes] = (), remove: Sequence[bytes] = ()) -> None:
        """Add keys to a set and remove others, all at once; NetlinkError if that is refused."""
        held = self._keys[name]
        new = [key for key in dict.fromkeys(add) if key not in held]
        old = [key for key in dict.fromkeys(remove) if key in held]
        requests = remove_keys(self._name, name, old) + add_keys(self._name, name, new)
        if requests:
            transact(self._netlink, requests)
            held.update(new)
            held.difference_update(old)

    def rewrite(self, rules: Sequence[Rule]) -> None:
        """Have ``rules`` in place of those that are there; NetlinkError if they are refused.

        To make a table anew takes the kernel tens of milliseconds, this does not.
        """
        made = [new_rule(self._name, rule) for rule in rules]
        transact(self._netlink, [delete_rules(self._name), *made])

    def counted(self) -> int:
        """Return how many packets its rules have counted."""
        return counted(self._netlink, self._name)

    def close(self) -> None:
        """Delete it."""
        transact(self._netlink, [delete_table(self._name)])
        self._netlink.close()

    def _new_set(self, name: str, length: int) -> Request:
        self._keys[name] = set()
        return new_set(self._name, name, length, len(self._keys))


def replace_table(name: str, hook: Hook, rules: Sequence[Rule]) -> Table:
    """Evaluate ``rules`` for every packet at ``hook``; NetlinkError where the kernel cannot."""
    return Table(name, hook, rules)


def delete_tables(names: Sequence[str]) -> None:
    """Delete those of these tables that are there."""
    netlink = Netlink(NETFILTER)
    for name in names:
        try:
            transact(netlink, [delete_table(name)])
        except NetlinkError:  # is not there, or the kernel has no nftables at all
            continue
    netlink.close()
