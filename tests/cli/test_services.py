"""`dmm-testbed exec --service`: where a command goes, and what is said of its source."""

from __future__ import annotations

import pytest

from testbed.cli import service
from testbed.cli.errors import InputError
from testbed.emulated.running import Sandbox
from testbed.emulated.traffic import as_user

CN = "2001:db8:4::2"
RUNNING = Sandbox(1, "net", "/nowhere", {"mn1": 7}, {"mn1": "2001:db8::7", "cn": CN}, {"mn1": "mn"})


@pytest.mark.parametrize(
    ("to", "command", "destination"),
    [
        ("cn", ["true"], CN),
        ("2001:db8:0::9", ["ping", "cn"], "2001:db8::9"),
        (None, ["ping", "-c", "2", "cn"], CN),
        (None, ["iperf3", "-c", "2001:DB8::9"], "2001:db8::9"),
        (None, ["mn1", "mn1", "cn"], CN),
    ],
)
def test_the_peer_is_what_is_said_or_the_first_that_the_command_names(
    to: str | None, command: list[str], destination: str
) -> None:
    assert service.destination(RUNNING, "mn1", to, command) == destination


@pytest.mark.parametrize(
    ("to", "command"), [("nobody", ["true"]), (None, ["cn"]), (None, ["true"])]
)
def test_a_peer_that_nothing_names_is_asked_for(to: str | None, command: list[str]) -> None:
    with pytest.raises(InputError, match="--to"):
        service.destination(RUNNING, "mn1", to, command)


def test_what_the_agent_chose_is_said_in_a_line() -> None:
    said = {"source": "2001:db8::1", "via": "proxy", "proxy": "2001:db8::d"}
    assert service.describe(said) == "source 2001:db8::1, via proxy 2001:db8::d"
    assert service.describe({"source": "::1", "via": "home", "proxy": ""}) == "source ::1, via home"


def test_who_may_not_become_another_user_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_user, "available", lambda: False)
    with pytest.raises(InputError, match="needs root"):
        service.run(RUNNING, "mn1", "voip", "cn", ["true"])


def test_in_a_user_namespace_there_are_no_other_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_user.os, "geteuid", lambda: 0)
    monkeypatch.setattr(
        as_user.Path, "read_text", lambda self: "         0       1000          1\n"
    )
    assert not as_user.available()
    monkeypatch.setattr(
        as_user.Path, "read_text", lambda self: "         0          0 4294967295\n"
    )
    assert as_user.available()


def test_an_empty_service_is_no_service() -> None:
    with pytest.raises(InputError, match="empty"):
        service.run(RUNNING, "mn1", "", "cn", ["true"])
