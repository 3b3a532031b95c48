"""What becomes of keys, secrets and logs when their stack goes."""

from aws_cdk import RemovalPolicy

from infra_cdk.settings import StageSettings


def removal(settings: StageSettings) -> RemovalPolicy:
    """Return whether they stay with their stage's ``keepData``.

    What a failed first deployment made goes in any case: it would stand in the way of the next one.
    """
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if settings.keep_data else RemovalPolicy.DESTROY
