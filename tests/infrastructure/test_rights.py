"""Each function is told what it needs, may use all that it is told of, and may do nothing that it has no use for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.infrastructure.resolve import Resolved, allows, arn, secret_arn
from tests.infrastructure.templates import Assembly, as_list
from tests.infrastructure.variants import VARIANTS
from wavecom import topology

FUNCTIONS = (
    "api",
    "feed",
    "receipts",
    "keys",
    "deliver-high",
    "deliver-standard",
    "webhooks",
    "sweep",
    "observe",
    "prepare",
)
CONSUMERS = {"deliver-high", "deliver-standard"}
PUBLISH, LOOK = "sqs:SendMessage", "sqs:GetQueueAttributes"
USES_QUEUES_FOR = {
    "api": {PUBLISH, LOOK},
    "receipts": {PUBLISH},
    "deliver-high": {PUBLISH},
    "deliver-standard": {PUBLISH},
    "webhooks": {PUBLISH},
    "sweep": {PUBLISH, LOOK},
    "observe": {LOOK},
}
USES_QUEUES = {"receipts": (topology.WEBHOOKS,), "webhooks": topology.WEBHOOK_QUEUES}
"""The queues of functions that do not use all of them: delivery reports only announce events."""
ON_WEBHOOK_SECRETS = {"api", "webhooks", "sweep"}
ON_PROVIDERS = {"api", "receipts", "observe", *CONSUMERS}
ON_RABBITMQ = {*USES_QUEUES_FOR, "prepare"}
NO_RIGHT_NEEDED = {
    "RECEIPTS_URL": "others call it",
    "LINKS_URL": "others call it",
    "CORS_ORIGINS": "others come from there",
}
Right = tuple[str, str]


@dataclass(frozen=True)
class Deployed:
    """A function of a variant, with what its template says."""

    resolved: Resolved
    name: str

    @property
    def environment(self) -> dict[str, str]:
        return self.resolved.environment(self.name)

    @property
    def template(self) -> dict[str, Any]:
        return self.resolved.assembly.functions[self.name]

    @property
    def granted(self) -> set[Right]:
        return {
            (action, resource)
            for each in self.resolved.statements(self.name)
            if each["Effect"] == "Allow"
            for action in as_list(each["Action"])
            for resource in as_list(each["Resource"])
        }

    @property
    def fed_by(self) -> list[str]:
        """What the event source mappings of this function read from."""
        stack = self.resolved.stacks[self.name]
        of_it = [
            each
            for name, each in self.resolved.assembly.of_type("Lambda::EventSourceMapping").items()
            if self.name.title().replace("-", "") in name
        ]
        return [self.resolved.value(stack, each["EventSourceArn"]) for each in of_it]


@pytest.fixture(params=[(variant, function) for variant in VARIANTS for function in FUNCTIONS], ids="-".join)
def deployed(request: pytest.FixtureRequest, assemblies: dict[str, Assembly]) -> Deployed:
    """Each function of each engine and stage."""
    variant, function = request.param
    return Deployed(Resolved(assemblies[variant]), function)


def test_these_are_all_functions(assemblies: dict[str, Assembly]) -> None:
    for variant in VARIANTS:
        assert assemblies[variant].functions.keys() == set(FUNCTIONS)


def test_a_function_is_told_of_the_secrets_that_it_needs_and_of_no_others(deployed: Deployed) -> None:
    named = {name for name in deployed.environment if name.endswith("_SECRET")}

    engine = deployed.resolved.assembly.of_type("AmazonMQ::Broker")
    stage_has_providers = "everything" in str(deployed.resolved.assembly.folder)
    assert named == {
        "MONGODB_URI_SECRET",
        *({"AMQP_CREDENTIALS_SECRET"} if engine and deployed.name in ON_RABBITMQ else ()),
        *({"SEALING_KEY_SECRET"} if deployed.name in ON_WEBHOOK_SECRETS else ()),
        *({"PROVIDERS_SECRET"} if stage_has_providers and deployed.name in ON_PROVIDERS else ()),
    }


def test_a_function_has_the_rights_that_it_needs(deployed: Deployed) -> None:
    statements = deployed.resolved.statements(deployed.name)

    needed = list(needed_for(deployed))

    assert [each for each in needed if not allows(statements, *each)] == []
    assert len(needed) >= 1


def needed_for(deployed: Deployed) -> Iterator[Right]:
    """Return the rights that follow from a function's environment, and those that no variable names."""
    for variable, value in deployed.environment.items():
        if variable.endswith("_SECRET"):
            yield "secretsmanager:GetSecretValue", value if value.startswith("arn:") else secret_arn(value)
        elif variable == "SQS_QUEUE_PREFIX":
            for queue in USES_QUEUES.get(deployed.name, topology.SQS_QUEUES):
                for action in ("sqs:GetQueueUrl", *USES_QUEUES_FOR[deployed.name]):
                    yield action, arn("sqs", f"{value}{queue}")
        elif variable == "ATTACHMENTS_BUCKET":
            yield from needed_for_attachments(deployed, f"arn:aws:s3:::{value}")
        elif variable == "AMQP_URL":
            assert "AMQP_CREDENTIALS_SECRET" in deployed.environment
            assert deployed.template["VpcConfig"]["SecurityGroupIds"], "the broker lets in who has the security group"
        elif variable not in NO_RIGHT_NEEDED:
            assert not value.startswith(("arn:", "http", "amqp", "mongodb")), variable
    yield from needed_of_keys(deployed)
    yield from needed_of_lambda(deployed)
    yield from needed_of_mappings(deployed)
    yield from needed_of_senders(deployed)
    yield from needed_of_destinations(deployed)


NETWORK = (
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
)


def needed_of_lambda(deployed: Deployed) -> Iterator[Right]:
    """Return what Lambda does in a function's name: it writes its log, traces it, and places it in a VPC."""
    log = arn("logs", f"log-group:/aws/lambda/{deployed.template['FunctionName']}:log-stream:1")
    yield "logs:CreateLogStream", log
    yield "logs:PutLogEvents", log
    if deployed.template["TracingConfig"]["Mode"] == "Active":
        yield "xray:PutTraceSegments", "*"
        yield "xray:PutTelemetryRecords", "*"
    if "VpcConfig" in deployed.template:
        yield from (
            (each, "*") for each in (*NETWORK, "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses")
        )


def needed_of_mappings(deployed: Deployed) -> Iterator[Right]:
    """Return what Lambda's pollers do with a function's role (developer guide, Amazon SQS and Amazon MQ)."""
    for source in deployed.fed_by:
        if ":mq:" in source:
            yield "mq:DescribeBroker", source
            yield from ((each, "*") for each in (*NETWORK, "ec2:DescribeSecurityGroups", "ec2:DescribeVpcs"))
        else:
            yield from ((f"sqs:{each}", source) for each in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"))


def needed_of_senders(deployed: Deployed) -> Iterator[Right]:
    """Return what consumers do with AWS's senders that the stage has, and what the observer asks about them."""
    settings = VARIANTS[deployed.resolved.assembly.folder.name][1]
    sends, looks = deployed.name in CONSUMERS, deployed.name == "observe"
    for identity in settings.get("ses", {}).get("identities", ()):
        (of_stage,) = deployed.resolved.assembly.of_type("SES::ConfigurationSet").values()
        for resource in (f"configuration-set/{of_stage['Name']}", f"identity/{identity}"):
            for action in ("SendEmail", "SendBulkEmail", "SendRawEmail") if sends else ():
                yield f"ses:{action}", arn("ses", resource)
        yield from [("ses:GetAccount", "*")] if looks else []
    if settings.get("snsSms"):
        yield from [("sns:Publish", "+4915112345678")] if sends else []
        yield from [("sns:GetSMSSandboxAccountStatus", "*")] if looks else []
    for origination in settings.get("smsOriginationArns", ()):
        yield from [("sms-voice:SendTextMessage", origination)] if sends else []
        yield from [("sms-voice:DescribeAccountAttributes", "*")] if looks else []


def needed_of_destinations(deployed: Deployed) -> Iterator[Right]:
    """Return what Lambda does in a function's name with what it could not apply (developer guide, "Destinations")."""
    resolved = deployed.resolved
    for name, each in resolved.assembly.of_type("Lambda::EventInvokeConfig").items():
        if "DestinationConfig" not in each or deployed.name.title() not in str(each["FunctionName"]):
            continue
        queue = each["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
        stack = name.split("/")[0]
        yield "sqs:SendMessage", resolved.value(stack, {"Fn::GetAtt": [queue, "Arn"]})
        if "KmsMasterKeyId" in resolved.assembly.resources[f"{stack}/{queue}"]["Properties"]:
            yield from (("kms:GenerateDataKey", key) for key in keys_for(deployed))


def needed_of_keys(deployed: Deployed) -> Iterator[Right]:
    """Return what a function does with the stage's own key."""
    for key in keys_for(deployed):
        yield "kms:Decrypt", key
        if PUBLISH in USES_QUEUES_FOR.get(deployed.name, ()) and deployed.environment["BROKER"] == "sqs":
            yield "kms:GenerateDataKey", key


def needed_for_attachments(deployed: Deployed, bucket: str) -> Iterator[Right]:
    """Return what a function does with the bucket. S3 says that an object is missing to whom may list them."""
    if deployed.name == "sweep":
        yield "s3:DeleteObject", f"{bucket}/bank-a/1"
        return
    yield "s3:GetObject", f"{bucket}/bank-a/1"
    yield "s3:ListBucket", bucket
    if deployed.name == "api":
        yield "s3:PutObject", f"{bucket}/bank-a/1"
        yield from (("kms:GenerateDataKey", key) for key in keys_for(deployed))
    elif deployed.environment.get("ATTACHMENT_SCANNER") == "guardduty":
        yield "s3:GetObjectTagging", f"{bucket}/bank-a/1"


def keys_for(deployed: Deployed) -> Iterator[str]:
    """Return the key that encrypts the function's environment, and with it the secrets and queues of the stage."""
    if "KmsKeyArn" in deployed.template:
        key: str = deployed.resolved.value(deployed.resolved.stacks[deployed.name], deployed.template["KmsKeyArn"])
        yield key


OTHER_USES: dict[str, tuple[str, Callable[[Deployed, str], bool]]] = {
    "logs:CreateLogStream": (
        "Lambda writes its log",
        lambda of, at: f"/aws/lambda/wavecom-{stage(of)}-{of.name}:" in at,
    ),
    "logs:PutLogEvents": ("Lambda writes its log", lambda of, at: f"/aws/lambda/wavecom-{stage(of)}-{of.name}:" in at),
    "xray:PutTraceSegments": ("Lambda traces it", lambda of, _: of.template["TracingConfig"]["Mode"] == "Active"),
    "xray:PutTelemetryRecords": ("Lambda traces it", lambda of, _: of.template["TracingConfig"]["Mode"] == "Active"),
    **dict.fromkeys(
        (
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ),
        ("Lambda places it in the VPC", lambda of, _: "VpcConfig" in of.template),
    ),
    **dict.fromkeys(
        ("ec2:DescribeSecurityGroups", "ec2:DescribeVpcs", "mq:DescribeBroker"),
        (
            "its mapping reads the broker",
            lambda of, at: any(":mq:" in each and at in ("*", each) for each in of.fed_by),
        ),
    ),
    **dict.fromkeys(
        ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"),
        ("its mapping reads the queue", lambda of, at: at in of.fed_by),
    ),
    "sqs:GetQueueUrl": ("its mapping reads the queue", lambda of, at: at in of.fed_by),
    "sqs:SendMessage": (
        "Lambda keeps what it could not apply",
        lambda of, at: of.name == "receipts" and at.endswith("-ses-events-undelivered"),
    ),
    "kms:GenerateDataKey": (
        "Lambda keeps what it could not apply in an encrypted queue",
        lambda of, at: of.name == "receipts" and at in keys_for(of),
    ),
    **dict.fromkeys(
        ("ses:GetAccount", "sns:GetSMSSandboxAccountStatus", "sms-voice:DescribeAccountAttributes"),
        ("it asks whether the account is in a sandbox", lambda of, _: of.name == "observe"),
    ),
    "ses:SendEmail": ("it sends", lambda of, _: of.name in CONSUMERS),
    "ses:SendBulkEmail": ("it sends", lambda of, _: of.name in CONSUMERS),
    "ses:SendRawEmail": ("it sends attachments", lambda of, _: of.name in CONSUMERS),
    "sns:Publish": ("it sends", lambda of, _: of.name in CONSUMERS),
    "sms-voice:SendTextMessage": ("it sends", lambda of, _: of.name in CONSUMERS),
}
"""Rights that no name in the environment asks for: what for, and whether a function has that use on a resource."""


def stage(deployed: Deployed) -> str:
    return str(deployed.template["FunctionName"]).split("-")[1]


def test_each_right_of_a_function_has_a_use(deployed: Deployed) -> None:
    needed = set(needed_for(deployed))

    def has_use(action: str, resource: str) -> bool:
        named = any(allows([{"Effect": "Allow", "Action": action, "Resource": resource}], *each) for each in needed)
        other = OTHER_USES.get(action)
        return named or (other is not None and other[1](deployed, resource))

    assert [each for each in sorted(deployed.granted) if not has_use(*each)] == []
