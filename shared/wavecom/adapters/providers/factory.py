"""Create providers from their configuration. Each client is imported only where it is used."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from wavecom.adapters.providers import configuration as config
from wavecom.domain.notifications.enums import Channel
from wavecom.domain.reports import DeliveryReport
from wavecom.ports.providers import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDefaults:
    """Values that all providers share: defaults of the simulated ones, timeouts, pool sizes, and the address of AWS.

    ``report`` receives the delivery reports of simulated providers, with their delay.
    """

    region: str
    endpoint_url: str | None
    timeout: timedelta
    max_connections: int
    receipts_url: str | None
    latency: timedelta = timedelta(0)
    failure_rate: float = 0.0
    down: frozenset[Channel] = frozenset()
    journal: Path | None = None
    report: Callable[[DeliveryReport, timedelta], None] | None = None


def make_provider(of: config.AnyProvider, defaults: ProviderDefaults) -> Provider:  # noqa: PLR0911 - one for each kind of provider
    """Return the provider that ``of`` describes; it connects with its first message."""
    match of:
        case config.SimulatedConfig():
            return _simulated(of, defaults)
        case config.SmtpConfig():
            return _smtp(of, defaults)
        case config.SesConfig():
            return _ses(of, defaults)
        case config.SendGridConfig():
            return _sendgrid(of, defaults)
        case config.EndUserMessagingConfig():
            return _end_user_messaging(of, defaults)
        case config.SnsConfig():
            return _sns(of, defaults)
        case config.TwilioConfig():
            return _twilio(of, defaults)
        case config.FcmConfig():
            return _fcm(of, defaults)
        case config.ApnsConfig():
            return _apns(of, defaults)


def _simulated(of: config.SimulatedConfig, defaults: ProviderDefaults) -> Provider:
    from wavecom.adapters.providers.simulated import SimulatedProvider  # noqa: PLC0415

    return SimulatedProvider(
        of.name,
        of.channel,
        latency=defaults.latency if of.latency_ms is None else timedelta(milliseconds=of.latency_ms),
        failure_rate=defaults.failure_rate if of.failure_rate is None else of.failure_rate,
        down=of.channel in defaults.down if of.down is None else of.down,
        idempotent=of.idempotent,
        journal=defaults.journal,
        report=defaults.report,
    )


def _smtp(of: config.SmtpConfig, defaults: ProviderDefaults) -> Provider:
    from wavecom.adapters.providers.email.smtp import Encryption, SmtpEmailProvider  # noqa: PLC0415

    plain_or_upgraded = Encryption.STARTTLS if of.starttls else Encryption.NONE
    encryption = Encryption.IMPLICIT if of.implicit_tls else plain_or_upgraded

    return SmtpEmailProvider(
        name=of.name,
        host=of.host,
        port=of.server_port,
        sender=of.sender,
        username=of.username,
        password=of.password.get_secret_value() if of.password else None,
        encryption=encryption,
        timeout=of.timeout(defaults.timeout),
        pool_size=defaults.max_connections,
    )


def _ses(of: config.SesConfig, defaults: ProviderDefaults) -> Provider:
    from wavecom.adapters.providers.email.ses import SesEmailProvider, ses_client  # noqa: PLC0415

    client = ses_client(
        region=of.region or defaults.region,
        endpoint_url=defaults.endpoint_url,
        timeout=of.timeout(defaults.timeout),
        max_connections=defaults.max_connections,
    )
    return SesEmailProvider(client=client, name=of.name, sender=of.sender, configuration_set=of.configuration_set)


def _sendgrid(of: config.SendGridConfig, defaults: ProviderDefaults) -> Provider:
    from wavecom.adapters.providers.email.sendgrid import SendGridEmailProvider  # noqa: PLC0415

    return SendGridEmailProvider(
        name=of.name,
        base_url=of.base_url,
        api_key=of.api_key.get_secret_value(),
        sender=of.sender,
        timeout=of.timeout(defaults.timeout),
        max_connections=defaults.max_connections,
        idempotency_header=of.idempotency_header,
    )


def _end_user_messaging(of: config.EndUserMessagingConfig, defaults: ProviderDefaults) -> Provider:
    from wavecom.adapters.providers.sms.end_user_messaging import (  # noqa: PLC0415
        EndUserMessagingSmsProvider,
        end_user_messaging_client,
    )

    return EndUserMessagingSmsProvider(
        client=end_user_messaging_client(
            region=of.region or defaults.region,
            endpoint_url=defaults.endpoint_url,
            timeout=of.timeout(defaults.timeout),
            max_connections=defaults.max_connections,
        ),
        name=of.name,
        origination_identity=of.sender,
        configuration_set=of.configuration_set,
    )


def _sns(of: config.SnsConfig, defaults: ProviderDefaults) -> Provider:
    from wavecom.adapters.providers.sms.sns import SnsSmsProvider, sns_client  # noqa: PLC0415

    return SnsSmsProvider(
        client=sns_client(
            region=of.region or defaults.region,
            endpoint_url=defaults.endpoint_url,
            timeout=of.timeout(defaults.timeout),
            max_connections=defaults.max_connections,
        ),
        name=of.name,
        sender_id=of.sender,
    )


def _twilio(of: config.TwilioConfig, defaults: ProviderDefaults) -> Provider:
    from wavecom.adapters.providers.sms.twilio import TwilioSmsProvider  # noqa: PLC0415

    return TwilioSmsProvider(
        name=of.name,
        base_url=of.base_url,
        account_sid=of.account_sid,
        auth_token=of.auth_token.get_secret_value(),
        sender=of.sender,
        timeout=of.timeout(defaults.timeout),
        max_connections=defaults.max_connections,
        receipts_url=f"{defaults.receipts_url}/receipts" if defaults.receipts_url else None,
    )


def _fcm(of: config.FcmConfig, defaults: ProviderDefaults) -> Provider:
    from wavecom.adapters.providers.push.fcm import FcmPushProvider  # noqa: PLC0415

    return FcmPushProvider(
        name=of.name,
        base_url=of.base_url,
        service_account=of.service_account.get_secret_value(),
        timeout=of.timeout(defaults.timeout),
        max_connections=defaults.max_connections,
    )


def _apns(of: config.ApnsConfig, defaults: ProviderDefaults) -> Provider:
    from wavecom.adapters.providers.push.apns import ApnsPushProvider  # noqa: PLC0415

    return ApnsPushProvider(
        name=of.name,
        base_url=of.base_url,
        key_id=of.key_id,
        team_id=of.team_id,
        topic=of.topic,
        private_key=of.private_key.get_secret_value(),
        timeout=of.timeout(defaults.timeout),
    )
