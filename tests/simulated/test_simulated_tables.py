from hypothesis import given
from hypothesis import strategies as st

from agents.wire.address import ALL_ZERO, Address, Prefix
from testbed.simulated.tables import PrefixTable, Route, SourceTable

INSIDE = Address.parse("2001:db8:1:8000::5")


def prefix(text: str) -> Prefix:
    return Prefix.parse(text)


def test_the_longest_prefix_wins_and_a_shorter_one_takes_over_when_it_goes() -> None:
    table: PrefixTable[str] = PrefixTable()
    for text in ("::/0", "2001:db8:1:8000::/64", "2001:db8:1::/48"):
        table.add(prefix(text), text)
    assert table.lookup(INSIDE) == "2001:db8:1:8000::/64"
    table.remove(prefix("2001:db8:1:8000::/64"))
    assert table.lookup(INSIDE) == "2001:db8:1::/48"
    table.remove(prefix("2001:db8:1::/48"))
    assert table.lookup(INSIDE) == "::/0"


def test_a_route_replaces_the_one_of_the_same_prefix() -> None:
    table: PrefixTable[str] = PrefixTable()
    table.add(ALL_ZERO, "old")
    assert table.lookup(INSIDE) == "old"
    table.add(ALL_ZERO, "new")
    assert table.lookup(INSIDE) == "new"


@given(
    st.lists(st.tuples(st.integers(0, 2**128 - 1), st.integers(0, 128)), max_size=30),
    st.integers(0, 2**128 - 1),
)
def test_lookup_agrees_with_a_search_through_all_prefixes(
    networks: list[tuple[int, int]], number: int
) -> None:
    table: PrefixTable[Prefix] = PrefixTable()
    prefixes = set()
    for network, length in networks:
        shift = 128 - length
        prefixes.add(Prefix(Address((network >> shift << shift).to_bytes(16)), length))
    for each in prefixes:
        table.add(each, each)
    address = Address(number.to_bytes(16))
    covering = [each for each in prefixes if each.contains(address)]
    assert table.lookup(address) == max(covering, key=lambda each: each.length, default=None)


def test_a_source_route_holds_for_its_source_alone() -> None:
    table, route = SourceTable(), Route(None, tunnel=Address.parse("2001:db8::1"))
    table.add(prefix("2001:db8:1:8000::/64"), ALL_ZERO, route)
    anywhere = Address.parse("2001:db8:9::9")
    assert table.lookup(INSIDE, anywhere) is route
    assert table.lookup(anywhere, anywhere) is None
    table.remove(prefix("2001:db8:1:8000::/64"), ALL_ZERO)
    assert table.lookup(INSIDE, anywhere) is None
