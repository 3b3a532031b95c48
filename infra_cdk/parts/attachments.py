"""The bucket of attachments, the rights on it, and its scanner for malware."""

from collections.abc import Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_guardduty as guardduty
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from infra_cdk.acknowledged import acknowledge
from infra_cdk.parts.removal import removal
from infra_cdk.settings import StageSettings

GUARDDUTY = "malware-protection-plan.guardduty.amazonaws.com"
MANAGED_RULES = "DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*"
ANY_OBJECT = "Objects are named by tenants and ids, and a function may use all of them"


class Attachments(Construct):
    """A private bucket that clients put files into by presigned requests, over TLS only.

    Its name follows from the stage, so that other stacks name it without an export.
    """

    def __init__(self, scope: Construct, name: str, *, settings: StageSettings, key: kms.Key | None) -> None:
        super().__init__(scope, name)
        self._key = key
        self._scanned_by_guardduty = settings.attachment_scanner == "guardduty"
        self.bucket_name = f"{settings.prefix}-attachments-{Aws.ACCOUNT_ID}-{settings.region}"
        self._region = settings.region
        self._arn = f"arn:{Aws.PARTITION}:s3:::{self.bucket_name}"
        origins = _origins_of_pages(settings)
        bucket = s3.Bucket(
            self,
            "Files",
            bucket_name=self.bucket_name,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=key is not None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            removal_policy=removal(settings),
            auto_delete_objects=not settings.keep_data and not settings.emulator,
            cors=[
                s3.CorsRule(
                    allowed_methods=[s3.HttpMethods.PUT],
                    allowed_origins=origins,
                    allowed_headers=["content-type", "x-amz-checksum-sha256"],
                )
            ]
            if origins
            else None,
            lifecycle_rules=[s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1))],
        )
        acknowledge(bucket, "Every use is an API call of WaveCom's, in its own logs", "AwsSolutions-S1")
        if self._scanned_by_guardduty:
            self._scan(bucket, settings)

    @property
    def origin(self) -> str:
        """The origin that browsers put files to; buckets of us-east-1 have no region in their host."""
        host = "s3" if self._region == "us-east-1" else f"s3.{self._region}"
        return f"https://{self.bucket_name}.{host}.amazonaws.com"

    def may_take(self) -> list[iam.PolicyStatement]:
        """Return the rights to let clients put files, and to check them."""
        return [*self._rights("s3:PutObject", "s3:GetObject"), *self._may_use_key("kms:GenerateDataKey")]

    def may_send(self) -> list[iam.PolicyStatement]:
        """Return the rights to read files, and what the scanner says of them."""
        return self._rights("s3:GetObject", *(["s3:GetObjectTagging"] if self._scanned_by_guardduty else []))

    def may_delete(self) -> list[iam.PolicyStatement]:
        """Return the right to delete files."""
        return [iam.PolicyStatement(actions=["s3:DeleteObject"], resources=[f"{self._arn}/*"])]

    def explain(self, *functions: IConstruct) -> None:
        """Accept that functions may use every object."""
        shown = f"{self._arn}/*".replace(Aws.PARTITION, "<AWS::Partition>").replace(Aws.ACCOUNT_ID, "<AWS::AccountId>")
        for function in functions:
            acknowledge(function, ANY_OBJECT, f"AwsSolutions-IAM5[Resource::{shown}]")

    def _rights(self, *actions: str) -> list[iam.PolicyStatement]:
        """Return rights on all objects. To whom may not list them, S3 does not tell that one is missing."""
        return [
            iam.PolicyStatement(actions=list(actions), resources=[f"{self._arn}/*"]),
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self._arn]),
        ]

    def _may_use_key(self, *actions: str) -> list[iam.PolicyStatement]:
        return [iam.PolicyStatement(actions=list(actions), resources=[self._key.key_arn])] if self._key else []

    def _scan(self, bucket: s3.Bucket, settings: StageSettings) -> None:
        """Have GuardDuty scan each new object, and tag it with the result.

        The rights are those of the Amazon GuardDuty user guide, "Create or update IAM role policy".
        """
        role = iam.Role(
            self,
            "Scanner",
            role_name=f"{settings.prefix}-scanner-{settings.region}",
            assumed_by=iam.ServicePrincipal(GUARDDUTY),
        )
        for right in self._scanner_rights(settings):
            role.add_to_policy(right)
        plan = guardduty.CfnMalwareProtectionPlan(
            self,
            "Plan",
            role=role.role_arn,
            protected_resource=guardduty.CfnMalwareProtectionPlan.CFNProtectedResourceProperty(
                s3_bucket=guardduty.CfnMalwareProtectionPlan.S3BucketProperty(bucket_name=bucket.bucket_name)
            ),
            actions=guardduty.CfnMalwareProtectionPlan.CFNActionsProperty(
                tagging=guardduty.CfnMalwareProtectionPlan.CFNTaggingProperty(status="ENABLED")
            ),
        )
        plan.node.add_dependency(role)
        rule = f"arn:<AWS::Partition>:events:{settings.region}:<AWS::AccountId>:rule/{MANAGED_RULES}"
        acknowledge(role, "GuardDuty names its rules itself", f"AwsSolutions-IAM5[Resource::{rule}]")
        self.explain(role)

    def _scanner_rights(self, settings: StageSettings) -> Sequence[iam.PolicyStatement]:
        rules = f"arn:{Aws.PARTITION}:events:{settings.region}:{Aws.ACCOUNT_ID}:rule/{MANAGED_RULES}"
        objects, validation = f"{self._arn}/*", f"{self._arn}/malware-protection-resource-validation-object"
        of_s3 = {"StringLike": {"kms:ViaService": f"s3.{settings.region}.amazonaws.com"}}

        def right(
            resource: str, *actions: str, conditions: dict[str, dict[str, str]] | None = None
        ) -> iam.PolicyStatement:
            return iam.PolicyStatement(actions=list(actions), resources=[resource], conditions=conditions)

        return [
            right(
                rules,
                "events:PutRule",
                "events:DeleteRule",
                "events:PutTargets",
                "events:RemoveTargets",
                conditions={"StringLike": {"events:ManagedBy": GUARDDUTY}},
            ),
            right(rules, "events:DescribeRule", "events:ListTargetsByRule"),
            right(
                objects,
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:PutObjectTagging",
                "s3:GetObjectTagging",
                "s3:PutObjectVersionTagging",
                "s3:GetObjectVersionTagging",
            ),
            right(self._arn, "s3:ListBucket", "s3:PutBucketNotification", "s3:GetBucketNotification"),
            right(validation, "s3:PutObject"),
            *([right(self._key.key_arn, "kms:GenerateDataKey", "kms:Decrypt", conditions=of_s3)] if self._key else []),
        ]


def _origins_of_pages(settings: StageSettings) -> list[str]:
    """Return the origins of pages that put files: those of ``corsOrigins``, and the dashboard's.

    Without a domain of its own the dashboard has a name that CloudFront chooses once the bucket is there. That any page
    of CloudFront may put files gives nothing away: what lets it is the presigned request.
    """
    if settings.site is None:
        return list(settings.cors_origins)
    host = settings.site.domain.name if settings.site.domain else "*.cloudfront.net"
    return [*settings.cors_origins, f"https://{host}"]
