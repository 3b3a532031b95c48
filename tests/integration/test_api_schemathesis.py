"""The API attacked from its own description, over real HTTP."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, CheckFunction
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.integration.conftest import Api, MakeApi, attempted
from wavecom.domain.providers.outcomes import Outcome

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"

schema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text()))


@pytest.fixture
def token(make_key: Callable[..., str]) -> str:
    return make_key()


@pytest.fixture
def api(make_api: MakeApi, token: str) -> Api:
    return make_api("http", token=token, development_tenant=None)


@pytest.fixture
def failed_id(api: Api) -> str:
    """A notification that can be looked at and retried, and with luck cancelled."""
    notification_id = api.created()["_id"]
    attempted(api, notification_id, Outcome.PERMANENT)
    return notification_id


@schema.parametrize()
@settings(max_examples=60, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_api_keeps_to_its_description(case: Case, api: Api, token: str, failed_id: str):
    if re.fullmatch("[0-9a-f]{24}", str(case.path_parameters.get("notification_id"))):
        case.path_parameters["notification_id"] = failed_id
    # A schema cannot say all rules: what a recipient is depends on the type, a subject is required for EMAIL,
    # moments lie in the future, a cursor comes from an earlier page. So what fits the schema may still be refused.
    excluded: list[CheckFunction] = [positive_data_acceptance]
    if case.path == "/api/notifications/batch":
        # The answer is 207 for the batch, and the item that does not fit is refused within it.
        excluded.append(negative_data_rejection)
    headers = {"Authorization": f"Bearer {token}"}
    response = case.call(base_url=str(api.client.base_url), headers=headers)
    if response.status_code != 431:  # the local server's own word on headers that are too large, before the API's
        case.validate_response(response, headers=headers, excluded_checks=excluded)
