"""Secrets of AWS Secrets Manager, read once a process."""

from datetime import timedelta

from wavecom.domain.errors import UnavailableError

CONNECT_TIMEOUT = timedelta(seconds=2)
READ_TIMEOUT = timedelta(seconds=3)


def read_secret(name: str) -> str:
    """Return the text of a secret, by its ARN or name. Raises `UnavailableError`, which names the secret.

    The client is created and imported here, since a process needs it only a few times.
    """
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    config = Config(
        connect_timeout=CONNECT_TIMEOUT.total_seconds(),
        read_timeout=READ_TIMEOUT.total_seconds(),
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    try:
        value: str = boto3.client("secretsmanager", config=config).get_secret_value(SecretId=name)["SecretString"]
    except (BotoCoreError, ClientError, KeyError) as exc:
        reason = exc.response["Error"]["Code"] if isinstance(exc, ClientError) else type(exc).__name__
        raise UnavailableError(f"The secret {name} cannot be read: {reason}") from exc
    return value
