"""Choose a provider for each notification: by weight, past open breakers and full limits."""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wavecom.domain.notifications.attempts import AttemptResult
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.notifications.notification import Notification
from wavecom.domain.notifications.settlement import must_use_same_provider
from wavecom.domain.providers.limits import Permit
from wavecom.domain.providers.weights import draw
from wavecom.domain.tenants import is_test
from wavecom.ports.providers import Breakers, Pace, Provider, Weights
from wavecom.ports.system import Clock


def every_recipient(recipient: str) -> bool:
    """Accept every recipient."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelProvider:
    """A provider of a channel: its configured weight, its limit, and the recipients it accepts."""

    provider: Provider
    weight: float = 1.0
    per_second: float | None = None
    takes: Callable[[str], bool] = every_recipient


def limits_name(provider: str, notification: Notification) -> str:
    """Return the name of a provider's breaker, limit and weight.

    Each tenant's test world has its own, so that tests never stop real messages.
    """
    return f"{provider}/{notification.tenant_id}" if is_test(notification.tenant_id) else provider


@dataclass(frozen=True, slots=True)
class ChannelProviders:
    """Each channel's providers, and the simulators that serve test keys."""

    live: Mapping[Channel, Sequence[ChannelProvider]]
    simulators: Mapping[Channel, Sequence[ChannelProvider]] = field(default_factory=dict)

    def of(self, notification: Notification) -> list[ChannelProvider]:
        """Return the providers that can send a notification.

        If none takes the recipient, because the configuration changed after it was accepted, all are returned: their
        clients then refuse the recipient for good without a call. Waiting would not help. But if none carries the
        sender's messages any more, none is returned, and it waits: nobody else may send them.
        """
        if is_test(notification.tenant_id):
            return list(self.simulators.get(notification.channel, ()))
        routes = self.live.get(notification.channel, ())
        if (sender := notification.sender) is not None:
            routes = [route for route in routes if sender.may_use(route.provider.name)]
        return [route for route in routes if route.takes(notification.recipient)] or list(routes)


@dataclass(frozen=True, slots=True)
class PendingSend:
    """A claimed notification that needs a provider; those in ``tried`` refused it in this claim, last with ``refused``.

    ``some_refused_for_now`` says that one of them refused it only for now.
    """

    notification: Notification
    tried: frozenset[str] = frozenset()
    refused: AttemptResult | None = None
    some_refused_for_now: bool = False


@dataclass(frozen=True, slots=True)
class PlannedSend:
    """A notification with its provider, and the time from which the provider's limit allows the call."""

    pending: PendingSend
    provider: Provider
    not_before: datetime | None = None

    @property
    def limits_name(self) -> str:
        """The name of this call's breaker, limit and weight."""
        return limits_name(self.provider.name, self.pending.notification)


@dataclass(frozen=True, slots=True)
class NoProvider:
    """A notification that no provider accepts at present; ``wait`` is the shortest wait that a provider asks for."""

    pending: PendingSend
    names: tuple[str, ...]
    wait: timedelta


@dataclass(slots=True)
class Selection:
    """The result of selecting providers for a group: planned sends, and notifications without a provider."""

    planned: list[PlannedSend] = field(default_factory=list)
    refused: list[NoProvider] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSelection:
    """Selects providers for groups of notifications. Breakers, limits and weights are read once a group."""

    routes: ChannelProviders
    breakers: Breakers
    pace: Pace
    weights: Weights
    clock: Clock
    random: Callable[[], float] = random.random

    def select(self, group: Sequence[PendingSend]) -> Selection:
        """Choose a provider for each of ``group``; if a breaker or limit refuses, try the next provider."""
        selection = Selection()
        possible = [self._possible(pending) for pending in group]
        permits = self.breakers.permits(
            {
                limits_name(route.provider.name, pending.notification)
                for pending, routes in zip(group, possible, strict=True)
                for route in routes
            }
        )
        candidates = self._in_order(group, possible, permits)
        waits: defaultdict[str, timedelta] = defaultdict(timedelta, {name: each.wait for name, each in permits.items()})
        calls_left = {name: permit.calls for name, permit in permits.items()}
        unplanned = list(zip(group, candidates, strict=True))
        while unplanned:
            requests_by_name: dict[str, list[tuple[PendingSend, list[ChannelProvider]]]] = {}
            for pending, routes in unplanned:
                named = ((each, limits_name(each.provider.name, pending.notification)) for each in routes)
                route = next((each for each, name in named if _take_permit(calls_left, name)), None)
                if route is None:
                    selection.refused.append(self._no_provider(pending, permits, waits))
                else:
                    rest = [each for each in routes if each is not route]
                    name = limits_name(route.provider.name, pending.notification)
                    requests_by_name.setdefault(name, []).append((pending, [route, *rest]))
            unplanned = [
                left
                for name, requests in requests_by_name.items()
                for left in self._reserve(name, requests, waits, selection)
            ]
        return selection

    def has_other(self, pending: PendingSend, provider: str) -> bool:
        """Return whether a provider other than ``provider`` has not refused the notification in this claim."""
        names = {route.provider.name for route in self.routes.of(pending.notification)}
        return bool(names - pending.tried - {provider})

    def _possible(self, pending: PendingSend) -> list[ChannelProvider]:
        """Return the providers that may be asked for a notification."""
        bound_to = pending.notification.state.bound_to
        return [
            route
            for route in self.routes.of(pending.notification)
            if route.provider.name not in pending.tried
            and (route.provider.name == bound_to or not must_use_same_provider(pending.notification))
        ]

    def _in_order(
        self, group: Sequence[PendingSend], possible: Sequence[Sequence[ChannelProvider]], permits: Mapping[str, Permit]
    ) -> list[list[ChannelProvider]]:
        """Return each one's providers in order: the one it is bound to, a trial, then by a weighted draw."""
        factors = self.weights.factors()
        trials = {name for name, permit in permits.items() if permit.calls == 1}
        ordered = []
        for pending, routes in zip(group, possible, strict=True):
            bound_to = pending.notification.state.bound_to
            by_name = {route.provider.name: route for route in routes}
            weights = {
                name: route.weight * factors.get(limits_name(route.provider.name, pending.notification), 1.0)
                for name, route in by_name.items()
            }
            names = draw(weights, (self.random() for _ in weights)) if len(weights) > 1 else list(weights)
            # The one trial of a half-open breaker must be used, or the breaker never closes.
            names.sort(key=lambda name: (name != bound_to, limits_name(name, pending.notification) not in trials))
            ordered.append([by_name[name] for name in names])
        return ordered

    def _reserve(
        self,
        name: str,
        requests: list[tuple[PendingSend, list[ChannelProvider]]],
        waits: dict[str, timedelta],
        selection: Selection,
    ) -> list[tuple[PendingSend, list[ChannelProvider]]]:
        """Plan as many calls to one provider as its limit allows, and return the others for their next provider."""
        route = requests[0][1][0]
        slots = self.pace.take(name, requested=len(requests), per_second=route.per_second, at=self.clock())
        for index, (pending, _) in enumerate(requests[: slots.count]):
            not_before = slots.first + index * slots.every if slots.every else None
            selection.planned.append(PlannedSend(pending, route.provider, not_before))
        if slots.count < len(requests):
            waits[name] = max(waits[name], slots.wait)
        return [(pending, routes[1:]) for pending, routes in requests[slots.count :]]

    def _no_provider(
        self, pending: PendingSend, permits: Mapping[str, Permit], waits: Mapping[str, timedelta]
    ) -> NoProvider:
        names = tuple(
            route.provider.name
            for route in self.routes.of(pending.notification)
            if limits_name(route.provider.name, pending.notification) in permits
            and route.provider.name not in pending.tried
        )
        shortest = min((waits[limits_name(name, pending.notification)] for name in names), default=timedelta(0))
        return NoProvider(pending, names, shortest)


def _take_permit(calls_left: dict[str, int | None], name: str) -> bool:
    """Take one of the calls that a breaker permits; return False if none is left."""
    left = calls_left[name]
    if left is None:
        return True
    if left > 0:
        calls_left[name] = left - 1
        return True
    return False
