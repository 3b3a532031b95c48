"""Choose a provider for each notification: by weight, past open breakers and full limits."""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wavecom.domain.notifications.notification import Channel, Notification
from wavecom.domain.notifications.settlement import AttemptResult, must_repeat
from wavecom.domain.providers.limits import Permit
from wavecom.domain.providers.weights import draw
from wavecom.domain.tenants import is_test
from wavecom.ports.provider_limits import Breakers, Pace, Weights
from wavecom.ports.providers import Provider
from wavecom.ports.system import Clock


def anyone(recipient: str) -> bool:
    """Take every recipient."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A provider as a channel uses it: its configured weight, its limit, and whose messages it can take."""

    provider: Provider
    weight: float = 1.0
    per_second: float | None = None
    takes: Callable[[str], bool] = anyone


def gate(provider: str, notification: Notification) -> str:
    """Return the name under which a provider's breaker, limit and weight are kept.

    Each tenant's test world has its own, so that nothing that is tried out there stops anybody's messages.
    """
    return f"{provider}/{notification.tenant_id}" if is_test(notification.tenant_id) else provider


@dataclass(frozen=True, slots=True)
class Routes:
    """Each channel's providers, and the simulators that serve test keys."""

    live: Mapping[Channel, Sequence[Route]]
    simulators: Mapping[Channel, Sequence[Route]] = field(default_factory=dict)

    def of(self, notification: Notification) -> list[Route]:
        """Return those that can take a notification.

        Where none can, since another one was configured when it was accepted, all are returned: their clients refuse
        the recipient for good before they call anybody, which is the truth, while to wait would not help.
        """
        world = self.simulators if is_test(notification.tenant_id) else self.live
        routes = world.get(notification.channel, ())
        return [route for route in routes if route.takes(notification.recipient)] or list(routes)


@dataclass(frozen=True, slots=True)
class Pending:
    """A claimed notification that looks for a provider; ``tried`` refused it in this claim, at last ``refused``.

    ``some_may_take`` says that one of them refused it for the time being only.
    """

    notification: Notification
    tried: frozenset[str] = frozenset()
    refused: AttemptResult | None = None
    some_may_take: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A notification with its provider, and when the provider's limit lets the call begin."""

    pending: Pending
    provider: Provider
    not_before: datetime | None = None

    @property
    def gate(self) -> str:
        """The name under which breaker, limit and weight of this call are kept."""
        return gate(self.provider.name, self.pending.notification)


@dataclass(frozen=True, slots=True)
class NoProvider:
    """A notification that no provider takes at present; ``wait`` is the shortest that one of them asks for."""

    pending: Pending
    names: tuple[str, ...]
    wait: timedelta


@dataclass(slots=True)
class Routed:
    """What became of a group of pending notifications."""

    planned: list[Planned] = field(default_factory=list)
    refused: list[NoProvider] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """Routes groups of notifications. Breakers, limits and weights are asked once a group, not once a message."""

    routes: Routes
    breakers: Breakers
    pace: Pace
    weights: Weights
    clock: Clock
    random: Callable[[], float] = random.random

    def __call__(self, group: Sequence[Pending]) -> Routed:
        """Choose a provider for each of ``group``; a refusal by breaker or limit goes on to the next provider."""
        routed = Routed()
        possible = [self._possible(pending) for pending in group]
        permits = self.breakers.permits(
            {
                gate(route.provider.name, pending.notification)
                for pending, routes in zip(group, possible, strict=True)
                for route in routes
            }
        )
        candidates = self._in_order(group, possible, permits)
        waits: defaultdict[str, timedelta] = defaultdict(timedelta, {name: each.wait for name, each in permits.items()})
        calls_left = {name: permit.calls for name, permit in permits.items()}
        looking = list(zip(group, candidates, strict=True))
        while looking:
            wanted: dict[str, list[tuple[Pending, list[Route]]]] = {}
            for pending, routes in looking:
                route = next((each for each in routes if _spend(calls_left, _gate(each, pending))), None)
                if route is None:
                    routed.refused.append(self._no_provider(pending, permits, waits))
                else:
                    rest = [each for each in routes if each is not route]
                    wanted.setdefault(_gate(route, pending), []).append((pending, [route, *rest]))
            looking = [left for name, asking in wanted.items() for left in self._reserve(name, asking, waits, routed)]
        return routed

    def has_other(self, pending: Pending, provider: str) -> bool:
        """Whether there is a provider that has not refused a notification in this claim, besides ``provider``."""
        names = {route.provider.name for route in self.routes.of(pending.notification)}
        return bool(names - pending.tried - {provider})

    def _possible(self, pending: Pending) -> list[Route]:
        """Return the providers that may be asked for a notification."""
        bound_to = pending.notification.bound_to
        return [
            route
            for route in self.routes.of(pending.notification)
            if route.provider.name not in pending.tried
            and (route.provider.name == bound_to or not must_repeat(pending.notification))
        ]

    def _in_order(
        self, group: Sequence[Pending], possible: Sequence[Sequence[Route]], permits: Mapping[str, Permit]
    ) -> list[list[Route]]:
        """Return for each the providers to ask, in order: the one it is bound to, a trial, then as the weights draw."""
        factors = self.weights.factors()
        trials = {name for name, permit in permits.items() if permit.calls == 1}
        ordered = []
        for pending, routes in zip(group, possible, strict=True):
            bound_to = pending.notification.bound_to
            by_name = {route.provider.name: route for route in routes}
            weights = {name: route.weight * factors.get(_gate(route, pending), 1.0) for name, route in by_name.items()}
            names = draw(weights, (self.random() for _ in weights)) if len(weights) > 1 else list(weights)
            # The one trial of a half-open breaker must not be left unused, or nobody learns whether it may close.
            names.sort(key=lambda name: (name != bound_to, gate(name, pending.notification) not in trials))
            ordered.append([by_name[name] for name in names])
        return ordered

    def _reserve(
        self, name: str, asking: list[tuple[Pending, list[Route]]], waits: dict[str, timedelta], routed: Routed
    ) -> list[tuple[Pending, list[Route]]]:
        """Plan as many calls to one provider as its limit allows, and return the others without it."""
        route = asking[0][1][0]
        slots = self.pace.take(name, wanted=len(asking), per_second=route.per_second, at=self.clock())
        for index, (pending, _) in enumerate(asking[: slots.count]):
            not_before = slots.first + index * slots.every if slots.every else None
            routed.planned.append(Planned(pending, route.provider, not_before))
        if slots.count < len(asking):
            waits[name] = max(waits[name], slots.wait)
        return [(pending, routes[1:]) for pending, routes in asking[slots.count :]]

    def _no_provider(
        self, pending: Pending, permits: Mapping[str, Permit], waits: Mapping[str, timedelta]
    ) -> NoProvider:
        names = tuple(
            route.provider.name
            for route in self.routes.of(pending.notification)
            if _gate(route, pending) in permits and route.provider.name not in pending.tried
        )
        shortest = min((waits[gate(name, pending.notification)] for name in names), default=timedelta(0))
        return NoProvider(pending, names, shortest)


def _gate(route: Route, pending: Pending) -> str:
    return gate(route.provider.name, pending.notification)


def _spend(calls_left: dict[str, int | None], name: str) -> bool:
    """Take one of the calls that a breaker permits, if there is one left."""
    left = calls_left[name]
    if left is None:
        return True
    if left > 0:
        calls_left[name] = left - 1
        return True
    return False
