"""The dashboard: a private bucket behind CloudFront, with the API under the same name."""

from pathlib import Path
from typing import Any

from aws_cdk import CfnElement, CfnOutput, DefaultStackSynthesizer, Duration, Fn, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as certificatemanager
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from infra_cdk.acknowledged import acknowledge, shown_account
from infra_cdk.settings import Site, StageError, StageSettings

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
DIST = DASHBOARD / "dist"
ENTRY = "index.html"
HASHED = "assets/*"
NOT_PUBLISHED = [".built", ".vite"]
YEAR = Duration.days(365)
UPLOADER = "CDK's own function for uploads; its rights are on this bucket, CDK's assets, and invalidations"
UPLOADER_ACTIONS = ("GetObject*", "GetBucket*", "List*", "DeleteObject*", "Abort*")
BASIC_EXECUTION = "service-role/AWSLambdaBasicExecutionRole"
SPA = """function handler(event) {
  var request = event.request;
  if (request.uri.indexOf('.') === -1) { request.uri = '/index.html'; }
  return request;
}
"""
"""A path without a dot is a page of the dashboard, for its router; any other is a file."""


class SiteStack(Stack):
    """One origin for the browser: ``/api/*`` is the HTTP API, everything else the dashboard's files."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        settings: StageSettings,
        site: Site,
        api_host: str,
        storage: str,
        web_acl_arn: str | None,
        **stack: Any,
    ) -> None:
        """``storage`` is the origin of the bucket that the page puts attachments into."""
        super().__init__(scope, name, **stack)
        if not (DIST / ENTRY).exists():
            raise StageError("The dashboard is not built: run make page, or set site to null for an API without it")
        self._bucket = self._make_bucket(settings)
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"WaveCom {settings.stage}",
            default_root_object=ENTRY,
            default_behavior=self._files(storage),
            additional_behaviors={"/api/*": _api(api_host)},
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if site.domain else None,
            web_acl_id=web_acl_arn,
            domain_names=[site.domain.name] if site.domain else None,
            certificate=(
                certificatemanager.Certificate.from_certificate_arn(self, "Certificate", site.domain.certificate_arn)
                if site.domain
                else None
            ),
        )
        self._acknowledge(site)
        if not settings.emulator:
            self._upload()
        url = site.domain.name if site.domain else self.distribution.distribution_domain_name
        CfnOutput(self, "Url", value=f"https://{url}", description="Where the dashboard is")
        if site.domain:
            CfnOutput(
                self,
                "DnsTarget",
                value=self.distribution.distribution_domain_name,
                description=f"What the DNS record of {site.domain.name} points to (CNAME)",
            )

    def _make_bucket(self, settings: StageSettings) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Files",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.DESTROY,
            # Two uploads own the files, and neither deletes the other's. An emulator gets no files.
            auto_delete_objects=not settings.emulator,
        )
        acknowledge(bucket, "It holds the published page, which CloudFront alone may read", "AwsSolutions-S1")
        return bucket

    def _files(self, storage: str) -> cloudfront.BehaviorOptions:
        policy = (DASHBOARD / "content-security-policy.txt").read_text().strip()
        policy = policy.replace("connect-src 'self'", f"connect-src 'self' {storage}")
        headers = cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            response_headers_policy_name=f"{self.stack_name}-{self.region}",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=policy, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=YEAR, include_subdomains=True, override=True
                ),
            ),
        )
        return cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(self._bucket),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            response_headers_policy=headers,
            compress=True,
            function_associations=[
                cloudfront.FunctionAssociation(
                    event_type=cloudfront.FunctionEventType.VIEWER_REQUEST,
                    function=cloudfront.Function(
                        self,
                        "Pages",
                        code=cloudfront.FunctionCode.from_inline(SPA),
                        runtime=cloudfront.FunctionRuntime.JS_2_0,
                    ),
                )
            ],
        )

    def _upload(self) -> None:
        """Upload files with hashed names first, cached for a year, and then the others, revalidated on each use."""
        forever = [deployment.CacheControl.max_age(YEAR), deployment.CacheControl.immutable()]
        hashed = deployment.BucketDeployment(
            self,
            "Upload",
            sources=[deployment.Source.asset(str(DIST), exclude=NOT_PUBLISHED)],
            destination_bucket=self._bucket,
            exclude=["*"],
            include=[HASHED],
            cache_control=forever,
            prune=False,
            retain_on_delete=False,
        )
        others = deployment.BucketDeployment(
            self,
            "UploadPage",
            sources=[deployment.Source.asset(str(DIST), exclude=NOT_PUBLISHED)],
            destination_bucket=self._bucket,
            exclude=[HASHED],
            cache_control=[deployment.CacheControl.no_cache()],
            prune=False,
            retain_on_delete=False,
            distribution=self.distribution,
            distribution_paths=["/*"],
        )
        others.node.add_dependency(hashed)
        self._acknowledge_uploader()

    def _acknowledge_uploader(self) -> None:
        assets = f"cdk-{DefaultStackSynthesizer.DEFAULT_QUALIFIER}-assets-{shown_account(self)}-{self.region}"
        bucket = self._bucket.node.default_child
        assert isinstance(bucket, CfnElement)
        files = self.get_logical_id(bucket)
        resources = ["*", f"<{files}.Arn>/*", f"arn:<AWS::Partition>:s3:::{assets}/*"]
        findings = [
            "AwsSolutions-L1",
            f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{BASIC_EXECUTION}]",
            *(f"AwsSolutions-IAM5[Action::s3:{action}]" for action in UPLOADER_ACTIONS),
            *(f"AwsSolutions-IAM5[Resource::{resource}]" for resource in resources),
        ]
        for construct in self.node.children:
            if construct.node.id.startswith("Custom::CDKBucketDeployment"):
                acknowledge(construct, UPLOADER, *findings)

    def _acknowledge(self, site: Site) -> None:
        acknowledge(self.distribution, "The API's own access log has every call", "AwsSolutions-CFR3")
        acknowledge(self.distribution, "Banks decide on regions by WAF rules of their own", "AwsSolutions-CFR1")
        if not site.waf:
            acknowledge(self.distribution, "This stage does without WAF", "AwsSolutions-CFR2")
        if site.domain is None:
            acknowledge(self.distribution, "CloudFront's own name has its own certificate", "AwsSolutions-CFR4")


def _api(host: str) -> cloudfront.BehaviorOptions:
    return cloudfront.BehaviorOptions(
        origin=origins.HttpOrigin(host, protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY),
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        compress=True,
    )


def host_of(url: str) -> str:
    """Return the host of an ``https://`` address that may be a token."""
    return Fn.select(2, Fn.split("/", url))
