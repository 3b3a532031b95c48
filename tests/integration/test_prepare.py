"""What a deployment is told where the database is not to be had."""

from datetime import timedelta

import pytest

from functions.prepare import handler
from infra_cdk.deployed import Deployed, DeployedError
from tests.conftest import free_ports
from wavecom.adapters.mongo.client import Mongo
from wavecom.domain.errors import StoreUnavailableError


def test_a_database_that_lets_nobody_in_is_told_soon_and_with_what_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "REACH_TIMEOUT", timedelta(seconds=0.5))
    mongo = Mongo(f"mongodb://127.0.0.1:{free_ports(1)}/?directConnection=true", "wavecom")

    with pytest.raises(StoreUnavailableError, match=r"MongoDB does not answer; .* access list"):
        handler._check_reachable(mongo)
    mongo.close()


@pytest.mark.parametrize(
    "uri", ["mongodb+srv://user:secret-word@…", "http://secret-word", "mongodb://user:secret-word@a:b"]
)
def test_what_is_no_connection_string_is_told_without_quoting_it(uri: str) -> None:
    with pytest.raises(StoreUnavailableError, match="leads to no MongoDB") as refused:
        Mongo(uri, "wavecom")

    assert "secret-word" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_stage_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(DeployedError, match=r"stage 'nope' is not in the stages of cdk\.json, which has: dev, prod"):
        Deployed("nope")
