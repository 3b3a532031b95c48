"""The HTTP API: its functions, throttling, access logs, and a custom domain."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_certificatemanager as certificatemanager
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra_cdk.acknowledged import acknowledge
from infra_cdk.foundation import Foundation
from infra_cdk.parts.function import Code, WaveComFunction
from infra_cdk.parts.removal import removal
from infra_cdk.parts.retention import retention
from infra_cdk.parts.ses_events import SesEvents
from infra_cdk.settings import StageSettings
from wavecom import topology

TIMEOUT = Duration.seconds(29)
"""A second less than the timeout of an HTTP API (Amazon API Gateway developer guide, "Quotas for HTTP APIs")."""
ACCESS_LOG_FORMAT = (
    '{"requestId": "$context.requestId", "ip": "$context.identity.sourceIp", "time": "$context.requestTime", '
    '"method": "$context.httpMethod", "path": "$context.path", "status": "$context.status", '
    '"length": "$context.responseLength", "latencyMs": "$context.responseLatency", '
    '"error": "$context.integrationErrorMessage"}'
)
"""The format of access logs. No path has recipients or bodies; the query string, which may, is not logged."""


class ApiStack(Stack):
    """The stack of ``https://…/api/*``, ``https://…/u/*`` and ``https://…/receipts/*``."""

    def __init__(self, scope: Construct, name: str, *, foundation: Foundation, **stack: Any) -> None:
        super().__init__(scope, name, **stack)
        settings = foundation.settings
        code = Code(self, "Code", built=foundation.built, settings=settings)
        self.http_api = apigatewayv2.HttpApi(
            self,
            "Http",
            api_name=settings.prefix,
            description=f"WaveCom {settings.stage}",
            create_default_stage=False,
            disable_execute_api_endpoint=settings.api_domain is not None,
        )
        self.url = f"https://{settings.api_domain.name}" if settings.api_domain else self.http_api.api_endpoint
        self.api = WaveComFunction(
            self,
            "Api",
            name="api",
            module="api",
            code=code,
            foundation=foundation,
            description="The HTTP API",
            memory_mb=1769,
            timeout=TIMEOUT,
            rights=[
                *foundation.messaging.may_publish(),
                *foundation.messaging.may_read_depths(),
                *foundation.data.attachments.may_take(),
            ],
            environment={"links_url": self.url},
            reserved=settings.api_reserved,
        )
        foundation.data.attachments.explain(self.api)
        self.feed = WaveComFunction(
            self,
            "Feed",
            name="feed",
            module="feed",
            code=code,
            foundation=foundation,
            description="The feed of events, whose readers wait",
            memory_mb=256,
            timeout=TIMEOUT,
            rights=[],
            reserved=settings.feed_reserved,
        )
        self.receipts = WaveComFunction(
            self,
            "Receipts",
            name="receipts",
            module="receipts",
            code=code,
            foundation=foundation,
            description="Delivery reports of providers",
            memory_mb=512,
            timeout=TIMEOUT,
            rights=foundation.messaging.may_publish([topology.WEBHOOKS]),
            environment={"receipts_url": self.url},
            reserved=settings.receipts_reserved,
        )
        self.keys = WaveComFunction(
            self,
            "Keys",
            name="keys",
            module="keys",
            code=code,
            foundation=foundation,
            description="Makes API keys, for whom IAM lets invoke it",
            memory_mb=512,
            timeout=TIMEOUT,
            rights=[],
        )
        self._route("/api/{proxy+}", self.api.function)
        self._route("/u/{proxy+}", self.api.function)
        self._route("/api/events", self.feed.function, [apigatewayv2.HttpMethod.GET, apigatewayv2.HttpMethod.HEAD])
        self._route("/receipts/{proxy+}", self.receipts.function)
        self.domain = self._domain(settings)
        self._stage(foundation)
        self.ses = (
            SesEvents(self, "Ses", foundation=foundation, receipts=self.receipts) if settings.ses is not None else None
        )
        CfnOutput(self, "Url", value=self.url, description="Where the API answers")
        if settings.api_domain is not None and self.domain is not None:
            CfnOutput(
                self,
                "DnsTarget",
                value=self.domain.regional_domain_name,
                description=f"What the DNS record of {settings.api_domain.name} points to (CNAME)",
            )

    @property
    def functions(self) -> list[WaveComFunction]:
        """All functions of the stack."""
        return [self.api, self.feed, self.receipts, self.keys]

    def _domain(self, settings: StageSettings) -> apigatewayv2.DomainName | None:
        domain = settings.api_domain
        if domain is None:
            return None
        return apigatewayv2.DomainName(
            self,
            "Domain",
            domain_name=domain.name,
            certificate=certificatemanager.Certificate.from_certificate_arn(
                self, "Certificate", domain.certificate_arn
            ),
        )

    def _route(
        self,
        path: str,
        function: lambda_.Function,
        methods: Sequence[apigatewayv2.HttpMethod] = (apigatewayv2.HttpMethod.ANY,),
    ) -> None:
        routes = self.http_api.add_routes(
            path=path,
            methods=list(methods),
            integration=integrations.HttpLambdaIntegration("Integration", function),
        )
        for route in routes:
            acknowledge(
                route,
                "The function checks API keys, which are WaveCom's own, and the signatures of delivery reports",
                "AwsSolutions-APIG4",
            )

    def _stage(self, foundation: Foundation) -> None:
        settings = foundation.settings
        log = logs.LogGroup(
            self,
            "AccessLog",
            log_group_name=f"/{settings.prefix}/access",
            retention=retention(settings.log_retention_days),
            encryption_key=foundation.key,
            removal_policy=removal(settings),
        )
        stage = apigatewayv2.HttpStage(
            self,
            "Stage",
            http_api=self.http_api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigatewayv2.ThrottleSettings(
                rate_limit=settings.api_requests_per_second, burst_limit=settings.api_burst
            ),
            domain_mapping=apigatewayv2.DomainMappingOptions(domain_name=self.domain) if self.domain else None,
        )
        resource = stage.node.default_child
        assert isinstance(resource, apigatewayv2.CfnStage)
        resource.access_log_settings = apigatewayv2.CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn, format=ACCESS_LOG_FORMAT
        )
