"""tshark and scapy as judges: what is emitted here must be what they read there."""

from __future__ import annotations

import json
import struct
import subprocess
from typing import Any

import pytest
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt
from test_vectors import VECTORS, codec_of
from vector_packets import PACKETS

from agents.wire import packet

RAW_IP = 101
MALFORMED = {36}  # the literal reading of the draft of 2009


def emitted() -> dict[int, bytes]:
    """The packets as this codec emits them, and those that it does not look into."""
    known = {v.number: codec_of(v) for v in VECTORS}
    made = {number: packet.emit(PACKETS[number], known[number]) for number in PACKETS}
    return made | {v.number: v.octets for v in VECTORS if v.number not in made}


EMITTED = emitted()


@pytest.fixture(scope="module")
def decoded(tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, Any]]:
    """What tshark reads in each packet: field to value or, where it is there twice, values."""
    file = tmp_path_factory.mktemp("judges") / "emitted.pcap"
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW_IP)
    for octets in EMITTED.values():
        data += struct.pack("<IIII", 1000, 0, len(octets), len(octets)) + octets
    file.write_bytes(data)
    command = ["tshark", "-r", str(file), "-T", "json", "--no-duplicate-keys"]
    command += ["-o", "ipv6.defragment:FALSE"]
    output = subprocess.run(command, check=True, capture_output=True, timeout=120).stdout
    packets = [flatten(one["_source"]["layers"], {}) for one in json.loads(output)]
    return dict(zip(EMITTED, packets, strict=True))


def flatten(tree: Any, into: dict[str, Any]) -> dict[str, Any]:
    for name, value in tree.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                into.setdefault(name, {})
                flatten(one, into)
            elif name in into and into[name] != {}:
                earlier = into[name] if isinstance(into[name], list) else [into[name]]
                into[name] = [*earlier, one]
            else:
                into[name] = one
    return into


FIELDS: list[tuple[int, dict[str, Any]]] = [
    (1, {"mip6.mhtype": "0"}),
    (3, {"mip6.coti.cookie": "0xc1c2c3c4c5c6c7c8"}),
    (4, {"mip6.hot.nindex": "7", "mip6.hot.token": "0x37ef3c8eb202a6f2"}),
    (
        6,
        {
            "ipv6.opt.mipv6.home_address": "2001:db8:1::100",
            "mip6.bu.seqnr": "100",
            "mip6.bu.a_flag": "1",
            "mip6.bu.h_flag": "1",
            "mip6.bu.l_flag": "1",
            "mip6.bu.k_flag": "0",
            "mip6.bu.lifetime": "60",
            "mip6.acoa.acoa": "2001:db8:2::100",
        },
    ),
    (7, {"mip6.ni.hni": "7", "mip6.ni.cni": "9"}),
    (
        8,
        {
            "ipv6.routing.mipv6.home_address": "2001:db8:1::100",
            "mip6.ba.status": "0",
            "mip6.ba.seqnr": "100",
            "mip6.ba.lifetime": "55",
            "mip6.bra.interval": "45",
        },
    ),
    (10, {"mip6.be.status": "1", "mip6.be.haddr": "2001:db8:1::100"}),
    (
        12,
        {
            "mip6.ba.p_flag": "1",
            "mip6.ba.lifetime": "75",
            "mip6.mnid.subtype": "1",
            "mip6.mnid.identifier": "mn1@example.com",
            "mip6.nemo.mnp.pfl": "64",
            "mip6.nemo.mnp.mnp": "2001:db8:a:1::",
            "mip6.hi": "1",
            "mip6.att": "4",
            "mip6.mnlli.lli": "02:00:00:00:01:01",
            "mip6.lila_lla": "fe80::1",
        },
    ),
    (14, {"mip6.ba.status": "156", "mip6.hi": "4"}),
    (26, {"mip6.bri_br.type": "1", "mip6.bri_r.trigger": "1", "mip6.bri_seqnr": "20"}),
    (27, {"mip6.bri_br.type": "2", "mip6.bri_status": "0", "mip6.bri_ap": "1"}),
    (28, {"mip6.mhtype": "19"}),
    (31, {"mip6.mhtype": "250"}),
    (37, {"mip6.auth.mobility_spi": "256"}),
    (38, {"mip6.bi.bid": "1", "mip6.bi.coa_ipv6": "2001:db8:2::100"}),
    (40, {"icmpv6.mip6.identifier": "4660", "icmpv6.checksum.status": "1"}),
    (
        44,
        {
            "icmpv6.nd.ra.flag.h": "1",
            "icmpv6.opt.prefix.flag.r": "1",
            "icmpv6.opt.prefix": "2001:db8:1::1",
            "icmpv6.checksum.status": "1",
        },
    ),
    (54, {"icmpv6.type": "167", "icmpv6.checksum.status": "1"}),
    (55, {"icmpv6.type": "133", "icmpv6.checksum.status": "1"}),
    (57, {"icmpv6.code": "6"}),
    (58, {"ipv6.opt.tel": "4"}),
]


@pytest.mark.parametrize(("number", "fields"), FIELDS)
def test_tshark_reads_the_fields(
    decoded: dict[int, dict[str, Any]], number: int, fields: dict[str, str]
) -> None:
    read = {name: decoded[number].get(name) for name in fields}
    assert read == fields


def test_tshark_finds_nothing_malformed(decoded: dict[int, dict[str, Any]]) -> None:
    malformed = {number for number, layers in decoded.items() if "_ws.malformed" in layers}
    assert malformed == MALFORMED


def test_tshark_verifies_every_icmpv6_checksum(decoded: dict[int, dict[str, Any]]) -> None:
    statuses = {
        number: layers.get("icmpv6.checksum.status")
        for number, layers in decoded.items()
        if "icmpv6.type" in layers
    }
    assert set(statuses.values()) == {"1"}
    assert {40, 41, 44, 45, 46, 47, 48, 49, 51, 53, 54, 55, 57} <= set(statuses)


@pytest.mark.parametrize("number", EMITTED)
def test_scapy_reads_and_writes_the_same_octets(number: int) -> None:
    assert bytes(IPv6(EMITTED[number])) == EMITTED[number]


def checksummed(dissected: Any) -> Any:
    layer = dissected
    while layer.payload:
        layer = layer.payload
        if getattr(layer, "cksum", None) is not None:
            return layer
    return None


@pytest.mark.parametrize("number", EMITTED)
def test_scapy_computes_the_same_checksum(number: int) -> None:
    dissected = IPv6(EMITTED[number])
    if dissected.haslayer(IPv6ExtHdrDestOpt):
        # scapy finds the home address only where it is the header's one option.
        header = dissected[IPv6ExtHdrDestOpt]
        header.options = [option for option in header.options if option.otype > 1]
        header.autopad, header.len = 1, None
    layer = checksummed(dissected)
    if layer is None:
        assert number in {57, 58, 59, 60, 61} or dissected.nh == 58
        return
    layer.cksum = None
    assert bytes(dissected) == EMITTED[number]
