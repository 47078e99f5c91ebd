import pytest
from capture_files import interface, packet, section
from evidence_frames import echo, ethernet, ipv6, stamped, tcp, timestamps, udp
from evidence_world import CN, HOME_ADDRESS, PING, TCP, UDP, build

from testbed.evidence.capture import read_capture
from testbed.evidence.pcapng import CaptureError


def datagram(sequence):
    return ipv6(CN, HOME_ADDRESS, 17, udp(40000, 5001, stamped(sequence, size=300)))


@pytest.fixture
def network():
    return build(PING, UDP, TCP)


def mac(network, name):
    return next(i.mac for n in network.nodes.values() for i in n.interfaces if i.name == name)


def test_a_merged_capture_is_read_interface_by_interface(network, tmp_path):
    sent = ethernet(mac(network, "cn-eth0"), datagram(4))
    other = ethernet("02:00:00:00:00:99", ipv6(HOME_ADDRESS, CN, 58, echo(129, 77, 9)))
    segment = ipv6(CN, HOME_ADDRESS, 6, tcp(45000, 5201, 7, b"x" * 500, timestamps(3)))
    file = tmp_path / "capture.pcapng"
    file.write_bytes(
        section()
        + interface("cn:cn-eth0")
        + interface("mn1-eth0")
        + interface("host:eth0")
        + interface("mn1:mn1-eth0", link_type=113)
        + packet(0, 1.5, sent)
        + packet(2, 1.6, sent)
        + packet(3, 1.65, sent)
        + packet(1, 1.7, sent)
        + packet(0, 1.8, other)
        + packet(0, 1.9, ethernet(mac(network, "cn-eth0"), segment), snap=128)
    )
    seen = list(read_capture(file, network))
    assert [(s.at, s.interface, s.outgoing, s.flow) for s in seen] == [
        (1.5, "cn-eth0", True, "voice"),
        (1.7, "mn1-eth0", False, "voice"),
        (1.8, "cn-eth0", False, "ping"),
        (1.9, "cn-eth0", True, "web"),
    ]
    assert [s.identity for s in seen[:3]] == [4, 4, 9]
    assert [s.frame for s in seen] == [1, 4, 5, 6]
    assert seen[3].length == 40 + 20 + 12 + 500  # by its header, though the capture cut it


def test_a_file_that_is_no_capture_is_refused(network, tmp_path):
    file = tmp_path / "capture.pcapng"
    file.write_bytes(b"{}" * 40)
    with pytest.raises(CaptureError, match="neither pcap nor pcapng"):
        list(read_capture(file, network))
