"""Alarms on limits of AWS: the account's concurrency, and the ports of the NAT gateways."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch

from infra_cdk.parts.alarms import MINUTE, SILENCE_IS_GOOD, Alarms
from infra_cdk.parts.explanations import concurrency_percent

CONCURRENCY_PERCENT = 80


def add_limit_alarms(alarms: Alarms, nat_gateways: Sequence[str]) -> None:
    """Add the alarms on limits. ``nat_gateways`` are ids; there are none without a VPC."""
    alarms.add(
        "account-concurrency",
        concurrency_percent(),
        threshold=CONCURRENCY_PERCENT,
        minutes=3,
        means=f"The account's functions use more than {CONCURRENCY_PERCENT} % of its concurrency.",
        section="account-concurrency",
        missing=SILENCE_IS_GOOD,
        pages=True,
    )
    if nat_gateways:
        alarms.add(
            "nat-ports",
            port_errors(nat_gateways),
            threshold=0,
            minutes=2,
            of=5,
            means="A NAT gateway has no port left for new connections.",
            section="nat-ports",
            missing=SILENCE_IS_GOOD,
            pages=True,
        )


def port_errors(nat_gateways: Sequence[str]) -> cloudwatch.MathExpression:
    """Return the number of connections without a NAT gateway port (Amazon VPC user guide, "NAT gateway metrics")."""
    gateways = {
        f"gateway{number}": cloudwatch.Metric(
            namespace="AWS/NATGateway",
            metric_name="ErrorPortAllocation",
            dimensions_map={"NatGatewayId": identifier},
            statistic="Sum",
            period=MINUTE,
        )
        for number, identifier in enumerate(nat_gateways, start=1)
    }
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({each}, 0)" for each in gateways),
        using_metrics=gateways,
        label="Connections without a port",
        period=MINUTE,
    )
