"""Functions that the scenarios share."""

from datetime import timedelta
from typing import Final

from chaos.load import Load
from chaos.outcome import PolicyFigures
from chaos.run import RunConfig
from chaos.stack import ChaosStack, Document
from chaos.verify import documents, figures, wait_until_finished

POLICY: Final = "resend"
WARM_UP_SECONDS: Final = 5.0
FINISHED_WITHIN: Final = timedelta(minutes=5)


def scenario_load(stack: ChaosStack, config: RunConfig, name: str) -> Load:
    """Return a load that is ready to start."""
    return Load(url=stack.config.url, rate=config.rate, policies=(POLICY,), seed=f"{config.seed}:{name}")


def wait_and_count(stack: ChaosStack, load: Load) -> tuple[PolicyFigures, dict[str, Document]]:
    """Wait until everything is finished, and return the figures and the stored notifications."""
    for _ in wait_until_finished(stack, load.accepted, FINISHED_WITHIN):
        pass
    stack.providers.journal.read()
    found = documents(stack, load.accepted)
    return figures(POLICY, list(load.accepted), found, stack.providers.journal.by_id), found
