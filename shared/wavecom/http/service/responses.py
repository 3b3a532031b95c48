"""Answers about the service."""

from typing import Literal, Self

from wavecom.application.operate import health as application
from wavecom.http.framework.responses import Shape, Timestamp, iso


class Health(Shape):
    """Which dependencies answer. ``uptime`` is this process's, in seconds."""

    status: Literal["healthy", "unhealthy"]
    timestamp: Timestamp
    services: dict[str, Literal["connected", "disconnected"]]
    uptime: int

    @classmethod
    def from_domain(cls, health: application.Health) -> Self:
        """Return the health of the service."""
        return cls(
            status="healthy" if health.is_healthy else "unhealthy",
            timestamp=iso(health.at),
            services={name: "connected" if answers else "disconnected" for name, answers in health.answers.items()},
            uptime=round(health.uptime.total_seconds()),
        )
