"""The network: private subnets, a way out, and with PrivateLink, a way to Atlas that never leaves AWS."""

from typing import Any

from aws_cdk import CfnOutput, Fn, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra_cdk.acknowledged import acknowledge
from infra_cdk.settings import StageSettings
from wavecom import topology

MONGODB_PORTS = ec2.Port.tcp_range(1024, 65535)
"""Atlas gives each node of a private endpoint its own port (MongoDB Atlas documentation, "Private Endpoints")."""
ATLAS_PORTS = ec2.Port.tcp_range(27015, 27017)
"""Of clusters that are not reached by a private endpoint (MongoDB Atlas documentation, "Required Ports")."""
AMQPS = ec2.Port.tcp(5671)


class NetworkStack(Stack):
    """A VPC with the functions' security groups, and the broker's.

    The function that calls clients' endpoints has a group of its own, so that an endpoint leads nowhere inside: beyond
    what it needs itself it may call only the ports that endpoints may have, and no other group lets it in. At these
    ports the VPC has nothing but the endpoints of AWS services, which take signed requests alone.
    """

    def __init__(self, scope: Construct, name: str, *, settings: StageSettings, **stack: Any) -> None:
        super().__init__(scope, name, **stack)
        self._zones = settings.zone_names or [Fn.select(zone, Fn.get_azs()) for zone in range(settings.zones)]
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(settings.cidr),
            availability_zones=self.availability_zones,
            nat_gateways=settings.nat_gateways,
            restrict_default_security_group=False,  # would need a function that may change every security group
            subnet_configuration=[
                ec2.SubnetConfiguration(name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=26),
                ec2.SubnetConfiguration(name="private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=23),
            ],
        )
        if settings.zone_names:
            acknowledge(self.vpc, "The stage names its zones", "CloudFormation-Validate::W3010")
        self._log_flows(settings)
        self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        self.functions = ec2.SecurityGroup(
            self, "Functions", vpc=self.vpc, description="WaveCom functions", allow_all_outbound=True
        )
        self.broker = ec2.SecurityGroup(
            self, "Broker", vpc=self.vpc, description="WaveCom RabbitMQ broker", allow_all_outbound=True
        )
        self.broker.add_ingress_rule(self.functions, AMQPS, "Functions publish")
        self.webhooks = self._webhooks_group(settings)
        # Lambda's own poller runs in the broker's subnets, in the broker's security group.
        self.broker.add_ingress_rule(self.broker, AMQPS, "Event source mappings consume")
        for service in ("SQS", "SECRETS_MANAGER"):
            self._endpoint(service.title().replace("_", ""), getattr(ec2.InterfaceVpcEndpointAwsService, service))
        if settings.atlas_endpoint_service is not None:
            endpoint = self._atlas_endpoint(settings.atlas_endpoint_service)
            CfnOutput(self, "AtlasEndpointId", value=endpoint.vpc_endpoint_id, description="To be accepted in Atlas")
        CfnOutput(self, "Addresses", value=",".join(self.egress_addresses), description="What the functions call from")

    @property
    def availability_zones(self) -> list[str]:
        """The zones in use, by name or from CloudFormation's own list.

        CDK's own property asks the account at every synth, which fails without a sign-in.
        """
        return list(self._zones)

    @property
    def egress_addresses(self) -> list[str]:
        """The public addresses of the NAT gateways, from which the functions call the internet."""
        gateways = [each for subnet in self.vpc.public_subnets for each in subnet.node.find_all()]
        return [each.ref for each in gateways if isinstance(each, ec2.CfnEIP)]

    @property
    def nat_gateways(self) -> list[str]:
        """The ids of the NAT gateways."""
        gateways = [each for subnet in self.vpc.public_subnets for each in subnet.node.find_all()]
        return [each.ref for each in gateways if isinstance(each, ec2.CfnNatGateway)]

    def _webhooks_group(self, settings: StageSettings) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self, "Webhooks", vpc=self.vpc, description="WaveCom webhooks function", allow_all_outbound=False
        )
        for port in topology.WEBHOOK_PORTS:
            group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), "Endpoints of clients, and AWS")
        if settings.network == "nat":
            ports = ATLAS_PORTS if settings.mongodb_port is None else ec2.Port.tcp(settings.mongodb_port)
            group.add_egress_rule(ec2.Peer.any_ipv4(), ports, "MongoDB")
        if settings.queue_engine == "rabbitmq":
            group.add_egress_rule(self.broker, AMQPS, "Announces retries")
            self.broker.add_ingress_rule(group, AMQPS, "The webhooks function publishes")
        return group

    def _log_flows(self, settings: StageSettings) -> None:
        group = logs.LogGroup(
            self,
            "FlowLog",
            log_group_name=f"/{settings.prefix}/flow",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = iam.Role(self, "FlowLogRole", assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"))
        self.vpc.add_flow_log(
            "Flow",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group, role),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )

    def _endpoint(self, name: str, service: ec2.IInterfaceVpcEndpointService) -> None:
        group = ec2.SecurityGroup(
            self, f"{name}Endpoint", vpc=self.vpc, description=f"{name} endpoint", allow_all_outbound=False
        )
        group.add_ingress_rule(self.functions, ec2.Port.tcp(443), "Functions")
        group.add_ingress_rule(self.webhooks, ec2.Port.tcp(443), "The webhooks function")
        group.add_ingress_rule(self.broker, ec2.Port.tcp(443), "Event source mappings")
        self.vpc.add_interface_endpoint(name, service=service, security_groups=[group], open=False)

    def _atlas_endpoint(self, service: str) -> ec2.InterfaceVpcEndpoint:
        group = ec2.SecurityGroup(
            self, "AtlasEndpoint", vpc=self.vpc, description="MongoDB Atlas endpoint", allow_all_outbound=False
        )
        group.add_ingress_rule(self.functions, MONGODB_PORTS, "Functions")
        group.add_ingress_rule(self.webhooks, MONGODB_PORTS, "The webhooks function")
        self.webhooks.add_egress_rule(group, MONGODB_PORTS, "MongoDB Atlas")
        return self.vpc.add_interface_endpoint(
            "Atlas",
            service=ec2.InterfaceVpcEndpointService(service),
            security_groups=[group],
            private_dns_enabled=False,
            open=False,
        )
