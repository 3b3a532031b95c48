"""The app: its stacks, and the order of their deployment."""

from aws_cdk import App, Environment, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from infra_cdk.foundation import Foundation
from infra_cdk.parts.retention import LimitCdkLogs
from infra_cdk.settings import EDGE_REGION, StageSettings
from infra_cdk.stacks.api import ApiStack
from infra_cdk.stacks.data import DataStack
from infra_cdk.stacks.delivery import DeliveryStack
from infra_cdk.stacks.edge import EdgeStack
from infra_cdk.stacks.messaging import MessagingStack
from infra_cdk.stacks.network import NetworkStack
from infra_cdk.stacks.observability import ObservabilityStack
from infra_cdk.stacks.prepare import PrepareStack
from infra_cdk.stacks.site import SiteStack, host_of
from infra_cdk.stacks.site_alarms import SiteAlarmsStack
from layers.build import Built


def add_stacks(app: App, settings: StageSettings, built: Built) -> None:
    """Add one stage's stacks to ``app``; each depends on those it uses, and consumers depend on the prepare stack."""
    where = Environment(account=settings.account, region=settings.region)
    edge_region = Environment(account=settings.account, region=EDGE_REGION)

    def named(part: str) -> str:
        return f"{settings.prefix}-{part}"

    network = NetworkStack(app, named("network"), settings=settings, env=where) if settings.in_vpc else None
    data = DataStack(app, named("data"), settings=settings, network=network, env=where)
    messaging = MessagingStack(app, named("messaging"), settings=settings, data=data, network=network, env=where)
    foundation = Foundation(settings=settings, built=built, data=data, messaging=messaging.engine, network=network)
    prepare = PrepareStack(app, named("prepare"), foundation=foundation, env=where)
    api = ApiStack(app, named("api"), foundation=foundation, env=where)
    api.add_stack_dependency(prepare, "Indexes are made before anything is written")
    delivery = DeliveryStack(app, named("delivery"), foundation=foundation, receipts_url=api.url, env=where)
    delivery.add_stack_dependency(prepare, "Queues are declared before mappings read them")
    site: SiteStack | None = None
    if settings.site is not None:
        edge = (
            EdgeStack(
                app,
                named("edge"),
                settings=settings,
                site=settings.site,
                env=edge_region,
                cross_region_references=True,
            )
            if settings.site.waf
            else None
        )
        site = SiteStack(
            app,
            named("site"),
            settings=settings,
            site=settings.site,
            api_host=host_of(api.url),
            storage=data.attachments.origin,
            web_acl_arn=edge.web_acl.arn if edge else None,
            env=where,
            cross_region_references=True,
        )
        if not settings.emulator:
            SiteAlarmsStack(
                app,
                named("site-alarms"),
                settings=settings,
                distribution=site.distribution,
                env=edge_region,
                cross_region_references=True,
            )
    observability = ObservabilityStack(
        app,
        named("observability"),
        foundation=foundation,
        api=api,
        delivery=delivery,
        env=where,
    )
    if site is not None:
        observability.add_stack_dependency(site, "CloudFront takes minutes, in which the first heartbeats come")
    Tags.of(app).add("service", "wavecom")
    Tags.of(app).add("stage", settings.stage)
    app.node.add_validation(LimitCdkLogs(app, settings))
    check(app)


def check(app: App) -> None:
    """Have cdk-nag check all of ``app``, at synth."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
