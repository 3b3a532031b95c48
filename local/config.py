"""The local stack's configuration: its folders, its ports, and the environment of its processes."""

import contextlib
import ipaddress
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PROJECT = Path(__file__).resolve().parent.parent
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
STATE_VARIABLE = "WAVECOM_STATE_DIR"
"""Set in the environment of every process of a stack, so that processes of a killed run can be found."""

MAX_PROCESSES = 32
PRIVATE = 0o700
PRIVATE_UMASK = 0o077
"""The umask of every process of a stack: only the owner can read its files."""

Broker = Literal["sqs", "rabbitmq"]


class StackError(Exception):
    """The stack cannot run; the text is one sentence for the person who started it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackConfig:
    """A stack's configuration. A URI of None means our own server on the port beside it."""

    state: Path
    broker: Broker
    host: str
    port: int
    mongodb_uri: str | None
    mongodb_port: int
    amqp_url: str | None
    amqp_port: int
    aws_endpoint_url: str | None
    sqs_port: int
    api_processes: int = 1
    consumers: int = 1
    """Processes for each queue."""

    @classmethod
    def from_environment(cls) -> "StackConfig":
        """Read BROKER, HOST, PORT, the addresses of existing servers and the ports. Raises `StackError`."""
        broker = os.environ.get("BROKER") or "sqs"
        if broker not in ("sqs", "rabbitmq"):
            raise StackError(f"BROKER must be sqs or rabbitmq, not {broker!r}.")
        host = os.environ.get("HOST") or "127.0.0.1"
        check_host(host, os.environ.get("DEVELOPMENT_TENANT"))
        return cls(
            state=Path(os.environ.get(STATE_VARIABLE) or PROJECT / ".local").resolve(),
            broker="rabbitmq" if broker == "rabbitmq" else "sqs",
            host=host,
            port=_port("PORT", 5000),
            mongodb_uri=os.environ.get("MONGODB_URI") or None,
            mongodb_port=_port("MONGODB_PORT", 27117),
            amqp_url=os.environ.get("AMQP_URL") or None,
            amqp_port=_port("AMQP_PORT", 5772),
            aws_endpoint_url=os.environ.get("AWS_ENDPOINT_URL") or None,
            sqs_port=_port("SQS_PORT", 4567),
            api_processes=_count("API_PROCESSES"),
            consumers=_count("CONSUMERS"),
        )

    @classmethod
    def on_ports(cls, state: Path, broker: Broker, first: int) -> "StackConfig":
        """Return a stack with servers of its own, on the six ports that begin with ``first``."""
        return cls(
            state=state,
            broker=broker,
            host="127.0.0.1",
            port=first,
            mongodb_uri=None,
            mongodb_port=first + 1,
            amqp_url=None,
            amqp_port=first + 2,
            aws_endpoint_url=None,
            sqs_port=first + 5,
        )

    @property
    def url(self) -> str:
        """The URL of the API."""
        host = "localhost" if self.host in ("127.0.0.1", "::1") else self.host
        return f"http://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """True if only this machine can reach the API."""
        return is_loopback(self.host)

    @property
    def logs(self) -> Path:
        """The folder of the processes' logs."""
        return self.state / "logs"

    def own_ports(self) -> dict[int, tuple[str, str]]:
        """Return the ports of the stack's own servers, each with its purpose and the variable that changes it."""
        ports = {self.port: ("the API", "PORT")}
        if self.mongodb_uri is None:
            ports[self.mongodb_port] = ("MongoDB", "MONGODB_PORT")
        if self.broker == "rabbitmq" and self.amqp_url is None:
            ports |= {self.amqp_port + offset: ("RabbitMQ", "AMQP_PORT") for offset in (0, 1, 2)}
        if self.broker == "sqs" and self.aws_endpoint_url is None:
            ports[self.sqs_port] = ("the AWS emulator", "SQS_PORT")
        return ports

    def environment(self) -> dict[str, str]:
        """Return the environment of WaveCom's own processes. The caller's variables override development defaults.

        A proxy from the caller's environment is not used for this machine.
        """
        given = os.environ
        defaults = {
            "LINKS_URL": self.url,
            "UPLOADS_URL": self.url,
            "SEALING_KEY": self._sealing_key(),
            "MONGODB_URI": f"mongodb://127.0.0.1:{self.mongodb_port}/?directConnection=true",
            "AWS_REGION": "us-east-1",
            "QUEUED_TIMEOUT_SECONDS": "30",
            "PENDING_TIMEOUT_SECONDS": "10",
            "RETRY_MARGIN_SECONDS": "15",
            "LEASE_SECONDS": "60",
            "POWERTOOLS_METRICS_NAMESPACE": "WaveCom",
        }
        if self.is_loopback:
            defaults |= {"DEVELOPMENT_TENANT": "development", "WEBHOOKS_TO_LOOPBACK": "true"}
        if self.broker == "rabbitmq":
            defaults["AMQP_URL"] = f"amqp://guest:guest@127.0.0.1:{self.amqp_port}"
        elif self.aws_endpoint_url is None:
            defaults |= {
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.sqs_port}",
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
            }
        fixed = {
            STATE_VARIABLE: str(self.state),
            "BROKER": self.broker,
            "HOST": self.host,
            "PORT": str(self.port),
            "API_PROCESSES": str(self.api_processes),
            "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "shared")]),
            "PYTHONUNBUFFERED": "1",
        }
        return {**given, **_unset(defaults, given), **_no_proxy(given), **fixed}

    def _sealing_key(self) -> str:
        """Return the random text that seals links and secrets, drawn when the stack first needs it."""
        file = self.state / "sealing-key"
        make_private(self.state)
        if not file.exists():
            whole = file.with_suffix(f".{secrets.token_hex(4)}")
            whole.write_text(secrets.token_urlsafe(32))
            with contextlib.suppress(FileExistsError):  # of two processes, both use the first one's
                file.hardlink_to(whole)
            whole.unlink()
        return file.read_text()


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server on ``host``."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_host(host: str, development_tenant: str | None) -> None:
    """Raise `StackError` if other machines could act as the development tenant, which needs no key."""
    if development_tenant and not is_loopback(host):
        raise StackError(
            f"HOST is {host}, which others can reach, and DEVELOPMENT_TENANT admits everybody without a key: "
            "unset one of them. make key makes a key."
        )


def make_private(folder: Path) -> None:
    """Create a folder that only its owner can read, or restrict an existing one. It holds recipients."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    folder.chmod(PRIVATE)


def _unset(defaults: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in defaults.items() if not given.get(name)}


def _no_proxy(given: Mapping[str, str]) -> dict[str, str]:
    """Return the caller's NO_PROXY with this machine added, under both names; the lower case one has precedence."""
    named = given.get("no_proxy", given.get("NO_PROXY", "")).strip()
    merged = named if named == "*" else ",".join(filter(None, [named, *THIS_MACHINE]))
    return {"NO_PROXY": merged, "no_proxy": merged}


def _count(variable: str) -> int:
    text = os.environ.get(variable) or "1"
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= MAX_PROCESSES:
        raise StackError(f"{variable} must be a number from 1 to {MAX_PROCESSES}, not {text!r}.")
    return int(text)


def _port(variable: str, default: int) -> int:
    text = os.environ.get(variable) or str(default)
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 65_535:
        raise StackError(f"{variable} must be a port number from 1 to 65535, not {text!r}.")
    return int(text)


def check_ports_are_free(config: StackConfig) -> None:
    """Raise `StackError` naming the first port that another process listens on."""
    for port, (purpose, variable) in config.own_ports().items():
        host = config.host if variable == "PORT" else "127.0.0.1"
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as exc:
                raise StackError(
                    f"Port {port}, for {purpose}, is not free ({exc.strerror}): stop the program that uses it, "
                    f"or set {variable}."
                ) from exc
