"""Who can reach a stack on one machine, and who can read its files."""

import stat
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

import pytest

from local.config import StackConfig, StackError, check_host, is_loopback, make_private


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_the_development_tenant_may_be_on_loopback(host: str) -> None:
    check_host(host, "development")

    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "example.com", "localhost.example.com"])
def test_the_development_tenant_is_refused_where_others_reach_it(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", host)
    monkeypatch.setenv("DEVELOPMENT_TENANT", "development")

    with pytest.raises(StackError, match="DEVELOPMENT_TENANT"):
        StackConfig.from_environment()


@pytest.mark.parametrize("tenant", [None, ""])
def test_without_a_development_tenant_any_host_will_do(tenant: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "0.0.0.0")
    monkeypatch.delenv("DEVELOPMENT_TENANT", raising=False)
    if tenant is not None:
        monkeypatch.setenv("DEVELOPMENT_TENANT", tenant)

    assert not StackConfig.from_environment().environment().get("DEVELOPMENT_TENANT")


@pytest.mark.parametrize(
    ("given", "bypassed"),
    [
        ({}, False),
        ({"NO_PROXY": "provider.test"}, True),
        ({"no_proxy": " provider.test, other.test "}, True),
        ({"no_proxy": "", "NO_PROXY": "provider.test"}, False),
        ({"NO_PROXY": "*"}, True),
    ],
)
def test_a_stack_asks_no_proxy_for_this_machine_and_the_callers_for_others(
    given: dict[str, str], bypassed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"HTTP_PROXY": "http://proxy.bank.example:3128", **given}.items():
        monkeypatch.setenv(name, value)

    environment = StackConfig.on_ports(tmp_path, "sqs", 21_000).environment()

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert getproxies()["http"] == "http://proxy.bank.example:3128"
    assert all(proxy_bypass(host) for host in ("127.0.0.1", "localhost", "::1", "127.0.0.1:4567"))
    assert bool(proxy_bypass("provider.test")) is bypassed


def test_a_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)

    make_private(folder)
    make_private(tmp_path / "new")

    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, tmp_path / "new")] == [0o700, 0o700]


def test_links_in_email_lead_to_the_stack_and_stay_valid_when_it_starts_again(tmp_path: Path) -> None:
    first, again = (StackConfig.on_ports(tmp_path / "state", "sqs", 21_000).environment() for _ in range(2))
    other = StackConfig.on_ports(tmp_path / "other", "sqs", 21_100).environment()

    assert first["LINKS_URL"] == "http://localhost:21000"
    assert first["SEALING_KEY"] == again["SEALING_KEY"] != other["SEALING_KEY"]
    assert len(first["SEALING_KEY"]) >= 32
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
