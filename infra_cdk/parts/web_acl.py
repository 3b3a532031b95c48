"""AWS WAF in front of CloudFront: AWS's managed rules, and a limit on requests from one address."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from infra_cdk.parts.removal import removal
from infra_cdk.parts.retention import retention
from infra_cdk.settings import Site, StageSettings

MANAGED = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
)
COUNTED = (
    "SizeRestrictions_BODY",
    "CrossSiteScripting_BODY",
    "EC2MetaDataSSRF_BODY",
    "GenericRFI_BODY",
    "GenericLFI_BODY",
)
"""Rules that count and do not block: a message may be 4 MB of HTML, and the API escapes and limits it itself."""
CREDENTIALS = ("authorization", "x-api-key", "cookie")
"""Headers with credentials, which no log contains."""


class WebAcl(Construct):
    """A web ACL of scope CLOUDFRONT, which must be in us-east-1."""

    def __init__(self, scope: Construct, name: str, *, settings: StageSettings, site: Site) -> None:
        super().__init__(scope, name)
        acl = wafv2.CfnWebACL(
            self,
            "Acl",
            name=settings.prefix,
            scope="CLOUDFRONT",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visible(settings.prefix),
            rules=[
                wafv2.CfnWebACL.RuleProperty(
                    name="Rate",
                    priority=0,
                    action=wafv2.CfnWebACL.RuleActionProperty(block={}),
                    statement=wafv2.CfnWebACL.StatementProperty(
                        rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                            limit=site.requests_per_five_minutes, aggregate_key_type="IP"
                        )
                    ),
                    visibility_config=_visible("Rate"),
                ),
                *(_managed(rule, priority) for priority, rule in enumerate(MANAGED, 1)),
            ],
        )
        self.arn = acl.attr_arn
        self._log(settings)

    def _log(self, settings: StageSettings) -> None:
        """Log each request without credentials and without the query string, which may hold a recipient."""
        # WAF writes only to groups with this prefix (AWS WAF developer guide, "Logging: CloudWatch Logs").
        group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"aws-waf-logs-{settings.prefix}",
            retention=retention(settings.log_retention_days),
            removal_policy=removal(settings),
        )
        redacted = wafv2.CfnLoggingConfiguration.FieldToMatchProperty
        logging = wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.arn,
            log_destination_configs=[
                Stack.of(self).format_arn(
                    service="logs",
                    resource="log-group",
                    resource_name=f"aws-waf-logs-{settings.prefix}",
                    arn_format=ArnFormat.COLON_RESOURCE_NAME,
                )
            ],
            redacted_fields=[
                *(redacted(single_header={"Name": header}) for header in CREDENTIALS),
                redacted(query_string={}),
            ],
        )
        logging.node.add_dependency(group)


def _managed(name: str, priority: int) -> wafv2.CfnWebACL.RuleProperty:
    counted = [
        wafv2.CfnWebACL.RuleActionOverrideProperty(
            name=rule, action_to_use=wafv2.CfnWebACL.RuleActionProperty(count={})
        )
        for rule in COUNTED
    ]
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
        statement=wafv2.CfnWebACL.StatementProperty(
            managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=name,
                rule_action_overrides=counted if name == "AWSManagedRulesCommonRuleSet" else None,
            )
        ),
        visibility_config=_visible(name),
    )


def _visible(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
