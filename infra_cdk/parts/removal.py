"""The removal policy of buckets, keys, secrets and logs."""

from aws_cdk import RemovalPolicy

from infra_cdk.settings import StageSettings


def removal(settings: StageSettings) -> RemovalPolicy:
    """Return the policy: they stay if the stage's ``keepData`` is set.

    Those of a failed first deployment are removed in any case, since they would block the next one.
    """
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if settings.keep_data else RemovalPolicy.DESTROY
