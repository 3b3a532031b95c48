"""The configured providers with all their options: the models of the setting PROVIDERS."""

from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, field_validator, model_validator
from pydantic.alias_generators import to_camel

from wavecom.adapters.providers.email.address import parse_sender
from wavecom.adapters.providers.sms.senders import EndUserMessagingSender, SnsSender, TwilioSender
from wavecom.domain.notifications.enums import Channel

Sender = Annotated[str, Field(min_length=3, description="From address, for example WaveCom <no-reply@bank.example>")]


WebhookSecret = Annotated[SecretStr, Field(min_length=10)]
PublicKey = Annotated[str, Field(pattern="^[A-Za-z0-9+/]{100,400}={0,2}$")]


def _texts(*secrets: SecretStr | None) -> tuple[str, ...]:
    return tuple(each.get_secret_value() for each in secrets if each is not None)


class ProviderConfig(BaseModel):
    """Options of every provider.

    Each is built once, as a part of the settings.

    ``weight`` decides its share of its channel, ``per_second`` is its rate limit. Delivery reports by the generic
    webhook are signed with ``webhook_secret`` (``whsec_`` and base64); ``previous_webhook_secret`` is accepted too,
    while the sender switches to the present one. ``has_sandbox`` says that the provider is a
    `wavecom.ports.providers.WithSandbox`.
    """

    has_sandbox: ClassVar[bool] = False

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True, defer_build=True
    )

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    per_second: Annotated[float | None, Field(gt=0, le=100_000)] = None
    timeout_seconds: Annotated[float | None, Field(gt=0, le=60)] = None
    webhook_secret: WebhookSecret | None = None
    previous_webhook_secret: WebhookSecret | None = None

    def webhook_secrets(self) -> tuple[str, ...]:
        """Return the secrets that reports by the generic webhook may be signed with."""
        return _texts(self.webhook_secret, self.previous_webhook_secret)

    def timeout(self, default: timedelta) -> timedelta:
        """Return the longest wait for the provider."""
        return default if self.timeout_seconds is None else timedelta(seconds=self.timeout_seconds)


class SimulatedConfig(ProviderConfig):
    """Sends nothing."""

    kind: Literal["simulated"]
    channel: Channel
    latency_ms: Annotated[int | None, Field(ge=0, le=60_000)] = None
    failure_rate: Annotated[float | None, Field(ge=0, le=1)] = None
    down: bool | None = None
    idempotent: bool = False


class EmailConfig(ProviderConfig):
    """A provider of email."""

    channel: Literal[Channel.EMAIL] = Channel.EMAIL
    sender: Sender

    @field_validator("sender")
    @classmethod
    def _sender(cls, sender: str) -> str:
        parse_sender(sender)
        return sender


class SmtpConfig(EmailConfig):
    """An SMTP server. With ``implicit_tls`` a connection is encrypted from the first byte, and ``starttls`` ignored."""

    kind: Literal["smtp"]
    host: str
    port: Annotated[int | None, Field(ge=1, le=65_535)] = None
    username: str | None = None
    password: SecretStr | None = None
    starttls: bool = True
    implicit_tls: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.username and not (self.starttls or self.implicit_tls):
            raise ValueError("username needs starttls or implicitTls, or the password would travel in the clear")
        return self

    @property
    def server_port(self) -> int:
        """The port: of submission, or of submission over TLS (RFC 8314, 3.3), unless another one is named."""
        return self.port or (465 if self.implicit_tls else 587)


class SesConfig(EmailConfig):
    """Amazon SES."""

    has_sandbox = True

    kind: Literal["ses"]
    configuration_set: str | None = None
    region: str | None = None


class SendGridConfig(EmailConfig):
    """SendGrid, or a service with its API.

    ``webhook_public_key`` is the verification key of its Event Webhook: base64 of a DER SubjectPublicKeyInfo. Events
    that fit the ``previous_webhook_public_key`` are accepted too.
    """

    kind: Literal["sendgrid"]
    api_key: SecretStr
    base_url: str = "https://api.sendgrid.com"
    idempotency_header: Annotated[str | None, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$")] = None
    webhook_public_key: PublicKey | None = None
    previous_webhook_public_key: PublicKey | None = None

    def webhook_public_keys(self) -> tuple[str, ...]:
        """Return the keys, one of which must have signed an event."""
        return tuple(each for each in (self.webhook_public_key, self.previous_webhook_public_key) if each is not None)


class SmsConfig(ProviderConfig):
    """A provider of SMS."""

    channel: Literal[Channel.SMS] = Channel.SMS


class EndUserMessagingConfig(SmsConfig):
    """AWS End User Messaging."""

    has_sandbox = True

    kind: Literal["end-user-messaging"]
    sender: EndUserMessagingSender | None = None
    configuration_set: str | None = None
    region: str | None = None


class SnsConfig(SmsConfig):
    """Amazon SNS."""

    has_sandbox = True

    kind: Literal["sns"]
    sender: SnsSender | None = None
    region: str | None = None


class TwilioConfig(SmsConfig):
    """Twilio. Its callbacks may be signed with ``previous_auth_token`` too; we make our calls with ``auth_token``."""

    kind: Literal["twilio"]
    account_sid: str
    auth_token: SecretStr
    previous_auth_token: Annotated[SecretStr | None, Field(min_length=10)] = None
    sender: TwilioSender
    base_url: str = "https://api.twilio.com"

    def auth_tokens(self) -> tuple[str, ...]:
        """Return the tokens that callbacks may be signed with."""
        return _texts(self.auth_token, self.previous_auth_token)


class PushConfig(ProviderConfig):
    """A provider of push messages."""

    channel: Literal[Channel.PUSH] = Channel.PUSH


class FcmConfig(PushConfig):
    """Firebase Cloud Messaging. ``service_account`` is the JSON key file's content."""

    kind: Literal["fcm"]
    service_account: SecretStr
    base_url: str = "https://fcm.googleapis.com"

    @field_validator("service_account", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return TypeAdapter(dict[str, str]).dump_json(value).decode() if isinstance(value, dict) else value


class ApnsConfig(PushConfig):
    """Apple Push Notification service. ``private_key`` is the .p8 file's content."""

    kind: Literal["apns"]
    key_id: str
    team_id: str
    topic: str
    private_key: SecretStr
    base_url: str = "https://api.push.apple.com"


AnyProvider = Annotated[
    SimulatedConfig
    | SmtpConfig
    | SesConfig
    | SendGridConfig
    | EndUserMessagingConfig
    | SnsConfig
    | TwilioConfig
    | FcmConfig
    | ApnsConfig,
    Field(discriminator="kind"),
]
