"""Settings from the environment, and from the secrets that it names."""

import json

import boto3
import pytest
from moto import mock_aws

from wavecom import topology
from wavecom.adapters.secrets import read_secret
from wavecom.bootstrap import Container, container
from wavecom.domain.errors import UnavailableError
from wavecom.settings import Settings, SettingsError

CREDENTIALS = json.dumps({"username": "wave", "password": "p@ss/word"})


@pytest.fixture(autouse=True)
def _environment(monkeypatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://localhost")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def test_a_secret_stands_in_for_a_variable(monkeypatch) -> None:
    monkeypatch.delenv("MONGODB_URI")
    monkeypatch.setenv("MONGODB_URI_SECRET", "wavecom/uri")
    monkeypatch.setenv("PROVIDERS_SECRET", "wavecom/providers")
    secrets = {
        "wavecom/uri": "mongodb://atlas.example",
        "wavecom/providers": json.dumps([{"kind": "ses", "name": "ses", "sender": "no-reply@bank.example"}]),
    }

    settings = Settings.from_environment(secrets.__getitem__)

    assert settings.mongodb_uri.get_secret_value() == "mongodb://atlas.example"
    assert [provider.name for provider in settings.providers] == ["ses"]


def test_a_variable_that_is_set_wins_and_its_secret_is_not_read(monkeypatch) -> None:
    monkeypatch.setenv("MONGODB_URI_SECRET", "wavecom/uri")

    assert Settings.from_environment(lambda _: pytest.fail("read")).mongodb_uri.get_secret_value()


@pytest.mark.parametrize(
    ("function", "needed"),
    [
        ("api", {"uri", "broker", "providers", "sealing-key"}),
        ("feed", {"uri"}),
        ("receipts", {"uri", "broker", "providers"}),
        ("keys", {"uri"}),
        ("deliver", {"uri", "broker", "providers"}),
        ("webhooks", {"uri", "broker", "sealing-key"}),
        ("sweep", {"uri", "broker", "sealing-key"}),
        ("observe", {"uri", "broker", "providers"}),
        ("prepare", {"uri", "broker"}),
        (None, {"uri", "broker", "providers", "sealing-key"}),
    ],
)
def test_a_function_reads_the_secrets_that_it_needs_and_no_others(
    monkeypatch, function: str | None, needed: set[str]
) -> None:
    monkeypatch.delenv("MONGODB_URI")
    values = {"uri": "mongodb://atlas.example", "broker": CREDENTIALS, "providers": "[]", "sealing-key": "k" * 32}
    named = {"MONGODB_URI": "uri", "AMQP_CREDENTIALS": "broker", "PROVIDERS": "providers", "SEALING_KEY": "sealing-key"}
    for variable, name in named.items():
        monkeypatch.setenv(f"{variable}_SECRET", f"wavecom/{name}")
    with mock_aws():
        secrets = boto3.client("secretsmanager")
        for name in needed:  # reading another one would raise, for it is not there
            secrets.create_secret(Name=f"wavecom/{name}", SecretString=values[name])

        settings = container.__wrapped__(function).settings

    assert settings.mongodb_uri.get_secret_value() == values["uri"]
    assert (settings.amqp_credentials is not None) is ("broker" in needed)
    assert (settings.sealing_key is not None) is ("sealing-key" in needed)


def test_the_pool_is_as_large_as_its_setting(monkeypatch) -> None:
    monkeypatch.setenv("MONGODB_POOL_SIZE", "2")

    parts = Container(Settings.from_environment())

    assert parts.mongo.database.client.options.pool_options.max_pool_size == 2
    parts.mongo.close()


def test_credentials_join_the_brokers_address(monkeypatch) -> None:
    monkeypatch.setenv("BROKER", "rabbitmq")
    monkeypatch.setenv("AMQP_URL", "amqps://b-1.mq.eu-central-1.amazonaws.com:5671")
    monkeypatch.setenv("AMQP_CREDENTIALS_SECRET", "wavecom/broker")

    settings = Settings.from_environment(lambda _: CREDENTIALS)

    assert settings.broker_url == "amqps://wave:p%40ss%2Fword@b-1.mq.eu-central-1.amazonaws.com:5671"
    assert "p@ss" not in repr(settings)


@pytest.mark.parametrize("text", ["no json", "[]", '{"username": "wave"}'])
def test_credentials_of_another_shape_are_refused_without_being_shown(monkeypatch, text: str) -> None:
    monkeypatch.setenv("AMQP_CREDENTIALS", text)

    with pytest.raises(SettingsError, match="AMQP_CREDENTIALS") as refused:
        Settings.from_environment()
    assert text not in str(refused.value)


def test_a_secret_is_read_from_secrets_manager() -> None:
    with mock_aws():
        arn = boto3.client("secretsmanager").create_secret(Name="wavecom/uri", SecretString="mongodb://x")["ARN"]

        assert read_secret(arn) == read_secret("wavecom/uri") == "mongodb://x"


def test_a_secret_that_is_missing_is_named() -> None:
    with mock_aws(), pytest.raises(UnavailableError, match="wavecom/none"):
        read_secret("wavecom/none")


ARN = "arn:aws:sms-voice:eu-central-1:123456789012"
TWILIO = {"kind": "twilio", "name": "twilio", "accountSid": f"AC{'0' * 32}", "authToken": "t"}
EUM = {"kind": "end-user-messaging", "name": "eum"}
SNS = {"kind": "sns", "name": "sns"}


@pytest.mark.parametrize(
    ("provider", "senders"),
    [
        (TWILIO, ["+15005550006", "12345", "WaveCom", "Bank & Co", "MGBank", "MG" + "0a" * 16]),
        (
            EUM,
            [
                *("+15005550006", "12345", "WaveCom", "My-Bank", "phone-0123456789abcdef0", "pool-0123456789abcdef0"),
                *(f"{ARN}:phone-number/phone-0a", f"{ARN}:sender-id/WaveCom/DE", f"{ARN}:pool/pool-0a"),
            ],
        ),
        (SNS, ["WaveCom", "My-Bank", "B"]),
    ],
)
def test_an_sms_sender_is_a_number_or_a_name(monkeypatch, provider: dict[str, str], senders: list[str]) -> None:
    for sender in senders:
        monkeypatch.setenv("PROVIDERS", json.dumps([{**provider, "sender": sender}]))

        assert Settings.from_environment().providers[0].sender == sender  # type: ignore[union-attr]


@pytest.mark.parametrize("provider", [TWILIO, EUM, SNS])
@pytest.mark.parametrize(
    "sender",
    [
        "",
        "+1 202 555 0123",
        "+1202555OOOO",
        "+\uff11\uff12\uff10\uff12\uff15\uff15\uff15\uff10\uff11\uff12\uff13",
        "+0123456789",
        "+1234567890123456",
        "12025550123",
        "WaveComBanks",
        "Zo\u00eb Bank",
        "Wave\nCom",
        "WaveCom\n",
        "MG" + "0g" * 16,
        "arn:aws:sns:eu-central-1:123456789012:topic",
    ],
)
def test_an_sms_sender_of_another_form_is_refused_with_its_place(
    monkeypatch, provider: dict[str, str], sender: str
) -> None:
    monkeypatch.setenv("PROVIDERS", json.dumps([{**provider, "sender": sender}]))

    with pytest.raises(SettingsError, match=rf"PROVIDERS\[0\]\.{provider['kind']}\.sender: must be a"):
        Settings.from_environment()


@pytest.mark.parametrize("segments", ["0", "11", "many"])
def test_an_sms_may_have_1_to_10_segments(monkeypatch, segments: str) -> None:
    monkeypatch.setenv("SMS_MAX_SEGMENTS", segments)

    with pytest.raises(SettingsError, match="SMS_MAX_SEGMENTS"):
        Settings.from_environment()


def test_the_limits_of_delivery_follow_from_one_another() -> None:
    limits = topology.delivery_limits(lease_seconds=90, provider_timeout_seconds=10, sends_at_once=128)

    # 60 s are left to begin in; each of 128 threads makes 6 calls of 10 s in these.
    assert limits.batch_size == 768
    assert limits.function_timeout <= limits.lease
    assert limits.visibility_timeout >= 6 * limits.function_timeout
    settings = Settings.from_environment()
    assert limits.lease == settings.timings().lease.total_seconds()
    assert limits.function_timeout > settings.send_bound.total_seconds()


def test_a_lease_under_which_nothing_could_begin_is_refused() -> None:
    with pytest.raises(ValueError, match="lease"):
        topology.delivery_limits(lease_seconds=30, provider_timeout_seconds=10)


@pytest.mark.parametrize(
    "sender",
    [
        "no-reply@bank.example",
        "Bank <no-reply@bank.example>",
        "Zoë Bank <no-reply@bänk.example>",
        '"Bank: Alerts" <no-reply@bank.example>',
        '"Bank@Home, N.A." <no-reply@bank.example>',
        "N.A. Bank <no-reply@mail.bank.example>",
    ],
)
def test_sender_of_email_is_one_mailbox(monkeypatch, sender: str) -> None:
    monkeypatch.setenv("PROVIDERS", json.dumps([{"kind": "ses", "name": "ses", "sender": sender}]))

    assert Settings.from_environment().providers[0].sender == sender  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("sender", "reason"),
    [
        ("Bank@Home <no-reply@bank.example>", "quotes"),
        ("Bank: Alerts <no-reply@bank.example>", "quotes"),
        ("Bank, N.A. <no-reply@bank.example>", "quotes"),
        ("a@bank.example, b@bank.example", "one address"),
        ("A <a@bank.example>, B <b@bank.example>", "one address"),
        ("Bank <no-reply@bank.example", "an address"),
        ("Bank <nobody>", "an address"),
        ("Bank", "an address"),
        ("grüße@bank.example", "ASCII"),
        ("Bank\r\nBcc: x@evil.example <no-reply@bank.example>", "control characters"),
        ("=?utf-8?q?x=40evil.example?=@bank.example", "an address"),
    ],
)
def test_sender_of_another_form_is_refused_with_its_place_and_a_way_to_mend_it(
    monkeypatch, sender: str, reason: str
) -> None:
    monkeypatch.setenv("PROVIDERS", json.dumps([{"kind": "ses", "name": "ses", "sender": sender}]))

    with pytest.raises(SettingsError, match=reason) as caught:
        Settings.from_environment()

    assert str(caught.value).startswith("PROVIDERS[0]")


@pytest.mark.parametrize(
    ("given", "port"), [({}, 587), ({"implicitTls": True}, 465), ({"implicitTls": True, "port": 8465}, 8465)]
)
def test_smtp_has_the_port_of_its_encryption(monkeypatch, given: dict[str, object], port: int) -> None:
    smtp = {"kind": "smtp", "name": "smtp", "sender": "a@bank.example", "host": "mail.bank.example", **given}
    monkeypatch.setenv("PROVIDERS", json.dumps([smtp]))

    assert Settings.from_environment().providers[0].server_port == port  # type: ignore[union-attr]


CURRENT, PREVIOUS = "whsec_Y3VycmVudC1zZWNyZXQ=", "whsec_cHJldmlvdXMtc2VjcmV0"


def test_a_secret_and_the_one_before_it_are_both_good_for_reports(monkeypatch) -> None:
    tokens = {"authToken": "a" * 32, "previousAuthToken": "b" * 32}
    secrets = {"webhookSecret": CURRENT, "previousWebhookSecret": PREVIOUS}
    smtp = {"kind": "smtp", "name": "smtp", "host": "localhost", "sender": "no-reply@bank.example", **secrets}
    monkeypatch.setenv("PROVIDERS", json.dumps([{**TWILIO, "sender": "WaveCom", **tokens}, smtp]))

    container = Container(Settings.from_environment())
    services = container.receipt_services
    container.mongo.close()

    assert services.twilio_auth_tokens == {"twilio": ("a" * 32, "b" * 32)}
    assert services.webhook_secrets == {"smtp": (CURRENT, PREVIOUS)}


def test_without_a_secret_before_it_only_the_present_one_is_good(monkeypatch) -> None:
    smtp = {"kind": "smtp", "name": "smtp", "host": "localhost", "sender": "no-reply@bank.example"}
    providers = [{**TWILIO, "sender": "WaveCom"}, {**smtp, "webhookSecret": CURRENT}, {**smtp, "name": "other"}]
    monkeypatch.setenv("PROVIDERS", json.dumps(providers))

    container = Container(Settings.from_environment())
    services = container.receipt_services
    container.mongo.close()

    assert services.twilio_auth_tokens == {"twilio": ("t",)}
    assert services.webhook_secrets == {"smtp": (CURRENT,)}


def test_the_present_token_is_what_twilio_is_called_with(monkeypatch) -> None:
    tokens = {"authToken": "a" * 32, "previousAuthToken": "b" * 32}
    monkeypatch.setenv("PROVIDERS", json.dumps([{**TWILIO, "sender": "WaveCom", **tokens}]))

    (config,) = Settings.from_environment().providers

    assert config.auth_token.get_secret_value() == "a" * 32  # type: ignore[union-attr]
    assert "b" * 32 not in repr(config)


def test_the_keys_of_sendgrids_events_are_read_and_others_are_refused(monkeypatch) -> None:
    sendgrid = {"kind": "sendgrid", "name": "sendgrid", "sender": "no-reply@bank.example", "apiKey": "SG.key"}
    current, previous = "M" * 123 + "=", "N" * 124
    keys = {"webhookPublicKey": current, "previousWebhookPublicKey": previous}
    monkeypatch.setenv("PROVIDERS", json.dumps([{**sendgrid, **keys}, {**sendgrid, "name": "without"}]))

    container = Container(Settings.from_environment())
    services = container.receipt_services
    container.mongo.close()

    assert services.sendgrid_keys == {"sendgrid": (current, previous)}
    for wrong in ("", "M" * 20, "-----BEGIN PUBLIC KEY-----" + "M" * 100):
        monkeypatch.setenv("PROVIDERS", json.dumps([{**sendgrid, "webhookPublicKey": wrong}]))
        with pytest.raises(SettingsError, match="webhookPublicKey"):
            Settings.from_environment()
