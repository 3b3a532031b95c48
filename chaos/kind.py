"""The kinds of stacks that faults are applied to, one after the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chaos.stack import LEASE_SECONDS
from wavecom import topology


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A stack that is started anew for its faults.

    ``idempotent`` says that the providers accept a token; ``lease_seconds`` is the duration of a claim. With
    ``outages`` servers freeze and no consumer dies, so no outcome may be unknown.
    """

    name: str
    title: str
    about: str
    idempotent: bool = False
    lease_seconds: float = LEASE_SECONDS
    outages: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            name="plain",
            title="Plain providers",
            about="Providers that send twice what they are asked for twice, as most do.",
        ),
        Kind(
            name="idempotent",
            title="Idempotent providers",
            about="Providers that take a token, and send what carries the same one once.",
            idempotent=True,
        ),
        Kind(
            name="outages",
            title="Servers that stand still",
            about="Plain providers, and leases as in production. The consumers live and know what was sent, so nothing "
            "may be held as unknown and nothing sent twice.",
            lease_seconds=topology.LEASE_SECONDS,
            outages=True,
        ),
    )
}
