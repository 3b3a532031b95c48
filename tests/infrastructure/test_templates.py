"""What every stage's templates hold: encryption, rights, redrive, placement, and the engines' mappings."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from layers.build import function_names, handler
from local.config import PROJECT
from tests.infrastructure.conftest import SYNTHESIS
from tests.infrastructure.resolve import REGION, Resolved
from tests.infrastructure.templates import Assembly, Resource, as_list
from tests.infrastructure.variants import CHANGED, VARIANTS
from wavecom import topology
from wavecom.adapters.s3.address import bucket_origin
from wavecom.domain.webhooks.delivery import LEASE
from wavecom.settings import SECRET_SETTINGS, Settings

CFN_LINT = Path(sys.executable).parent / "cfn-lint"
SETTINGS = {name.upper() for name in Settings.model_fields} | {f"{name.upper()}_SECRET" for name in SECRET_SETTINGS}
OF_POWERTOOLS = {"POWERTOOLS_LOG_LEVEL", "POWERTOOLS_METRICS_NAMESPACE"}
NOWHERE_IN_PARTICULAR = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
    "sns:Publish",
    "ses:GetAccount",
    "sns:GetSMSSandboxAccountStatus",
    "sms-voice:DescribeAccountAttributes",
}
"""Actions that name no ARN: traces, network interfaces, text messages to a phone number, questions to an account."""


def stage_of(variant: str) -> str:
    return "dev" if variant.startswith("dev") else "prod"


def is_of_cdk(name: str) -> bool:
    """Tell whether a resource belongs to one of CDK's own functions."""
    return any(part in name for part in ("/AWSCDK", "/Custom", "/LogRetention"))


each_variant = pytest.mark.parametrize("variant", VARIANTS)
each_sqs = pytest.mark.parametrize("variant", ["dev-sqs", "prod-sqs"])
each_rabbitmq = pytest.mark.parametrize("variant", ["dev-rabbitmq", "prod-rabbitmq", "everything"])
Assemblies = dict[str, Assembly]


@each_variant
def test_cdk_nag_finds_nothing(assemblies: Assemblies, variant: str) -> None:
    report = json.loads((assemblies[variant].folder / "validation-report.json").read_text())

    assert [found for each in report["pluginReports"] for found in each["violations"]] == []


def test_cdk_nag_would_find_something(tmp_path: Path) -> None:
    program = """
import sys
from aws_cdk import App, Stack, aws_sqs
from infra_cdk.app import check
app = App(outdir=sys.argv[1])
aws_sqs.Queue(Stack(app, "careless"), "Queue")
check(app)
app.synth()
"""
    command = [sys.executable, "-c", program, str(tmp_path)]
    subprocess.run(command, cwd=PROJECT, env=SYNTHESIS, capture_output=True, check=False)

    report = (tmp_path / "validation-report.json").read_text()
    assert "AwsSolutions-SQS4" in report


def test_cfn_lint_finds_no_error_in_any_template(assemblies: Assemblies) -> None:
    templates = [str(path) for name in VARIANTS for path in assemblies[name].templates]
    done = subprocess.run([CFN_LINT, "--format", "json", *templates], capture_output=True, text=True, check=False)

    found = [each for each in json.loads(done.stdout) if each["Level"] == "Error"]
    # Atlas's resource types come from MongoDB, not from AWS: cfn-lint does not know them.
    assert [each for each in found if not re.search(r"'MongoDB::Atlas::\w+' does not exist", each["Message"])] == []
    assert len(templates) > 35


@each_variant
def test_every_function_is_deployed_from_the_staged_code(assemblies: Assemblies, variant: str) -> None:
    functions = assemblies[variant].functions

    assert {each["Handler"] for each in functions.values()} == {handler(name) for name in function_names()}
    for each in functions.values():
        assert each["Runtime"] == "python3.13"
        assert each["Architectures"] == ["arm64"]
        assert len(each["Layers"]) == 2
        assert each["TracingConfig"] == {"Mode": "Active"}
        assert "Ref" in each["LoggingConfig"]["LogGroup"]


@each_variant
def test_functions_are_told_nothing_but_settings_and_the_names_of_secrets(assemblies: Assemblies, variant: str) -> None:
    for function in assemblies[variant].functions.values():
        variables = function["Environment"]["Variables"]
        assert variables.keys() <= SETTINGS | OF_POWERTOOLS
        assert "MONGODB_URI" not in variables
        assert "MONGODB_URI_SECRET" in variables
        if variables.get("BROKER") == "rabbitmq":
            assert "@" not in json.dumps(variables["AMQP_URL"])


@each_variant
def test_only_who_deals_with_providers_may_read_their_secret(assemblies: Assemblies, variant: str) -> None:
    readers = {
        name
        for name, function in assemblies[variant].functions.items()
        if "PROVIDERS_SECRET" in function["Environment"]["Variables"]
    }

    expected = {"api", "receipts", "deliver-high", "deliver-standard", "observe"} if variant == "everything" else set()
    assert readers == expected


@each_variant
def test_no_template_holds_a_secret(assemblies: Assemblies, variant: str) -> None:
    for path in assemblies[variant].templates:
        text = path.read_text()
        for found in re.finditer(r"mongodb(\+srv)?://[^\"]*", text):
            assert "@" not in found[0], path.name
        passwords = re.findall(r'"Password": ("[^"]*")', text)
        assert all("resolve:secretsmanager" in each for each in passwords)


@each_variant
def test_each_right_is_named_and_lies_on_something(assemblies: Assemblies, variant: str) -> None:
    for function in assemblies[variant].functions:
        for statement in assemblies[variant].rights(function):
            actions = as_list(statement["Action"])
            assert not [action for action in actions if "*" in action], function
            if "*" in as_list(statement["Resource"]):
                assert set(actions) <= NOWHERE_IN_PARTICULAR, function


@each_variant
def test_a_functions_own_code_may_not_touch_network_interfaces(assemblies: Assemblies, variant: str) -> None:
    assembly = assemblies[variant]
    for function in assembly.functions:
        denied = [each for each in assembly.rights(function) if "lambda:SourceFunctionArn" in json.dumps(each)]
        assert len(denied) == (0 if variant == "dev-sqs" else 1)
        for each in denied:
            assert each["Effect"] == "Deny"
            assert f":function:wavecom-{stage_of(variant)}-{function}" in json.dumps(each["Condition"])


@each_sqs
def test_functions_may_do_what_they_do_and_no_more_on_sqs(assemblies: Assemblies, variant: str) -> None:
    def sqs(function: str) -> set[str]:
        return {each for each in assemblies[variant].actions(function) if each.startswith("sqs:")}

    publish, look = {"sqs:SendMessage", "sqs:GetQueueUrl"}, {"sqs:GetQueueAttributes", "sqs:GetQueueUrl"}
    consume = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"}
    assert sqs("api") == publish | look
    assert sqs("sweep") == publish | look
    assert sqs("observe") == look
    assert sqs("receipts") == publish
    assert sqs("feed") == sqs("keys") == sqs("prepare") == set()
    assert consume | publish <= sqs("webhooks")
    assert consume | publish <= sqs("deliver-high")
    assert consume | publish <= sqs("deliver-standard")


def test_only_consumers_may_send_and_only_by_what_the_stage_names(assemblies: Assemblies) -> None:
    assembly = assemblies["everything"]
    sends = {"ses:SendEmail", "ses:SendBulkEmail", "sns:Publish", "sms-voice:SendTextMessage"}

    senders = {name for name in assembly.functions if assembly.actions(name) & sends}
    assert senders == {"deliver-high", "deliver-standard"}
    (ses,) = [each for each in assembly.rights("deliver-high") if "ses:SendEmail" in as_list(each["Action"])]
    assert ":identity/bank.example" in json.dumps(ses["Resource"])
    assert ":configuration-set/wavecom-prod" in json.dumps(ses["Resource"])
    assert {each["Effect"] for each in assembly.rights("deliver-high") if "sns:Publish" in as_list(each["Action"])} == {
        "Allow",
        "Deny",
    }
    assert assemblies["dev-sqs"].actions("deliver-high").isdisjoint(sends)


@each_sqs
def test_sqs_queues_are_those_of_the_topology_encrypted_and_redriven(assemblies: Assemblies, variant: str) -> None:
    stage = variant.split("-", maxsplit=1)[0]
    queues = {
        each["QueueName"].removeprefix(f"wavecom-{stage}-"): each
        for name, each in assemblies[variant].of_type("SQS::Queue").items()
        if "messaging/" in name
    }

    assert queues.keys() == set(topology.SQS_QUEUES)
    dead_letters = queues.pop(topology.DEAD_LETTERS)
    assert dead_letters["MessageRetentionPeriod"] == topology.DEAD_LETTERS_KEPT_SECONDS
    for name, each in queues.items():
        assert each["RedrivePolicy"]["maxReceiveCount"] == topology.SQS_MAX_RECEIVES
        of_webhooks = name in topology.WEBHOOK_QUEUES
        reader = assemblies[variant].functions["webhooks" if of_webhooks else "deliver-high"]
        assert each["VisibilityTimeout"] == 6 * reader["Timeout"], name
    for each in (*queues.values(), dead_letters):
        assert "KmsMasterKeyId" in each if stage == "prod" else each["SqsManagedSseEnabled"]
    variables = [each["Environment"]["Variables"] for each in assemblies[variant].functions.values()]
    assert {each.get("SQS_QUEUE_PREFIX") for each in variables} == {f"wavecom-{stage}-", None}


@each_variant
def test_every_queue_and_topic_refuses_what_is_not_encrypted_on_its_way(assemblies: Assemblies, variant: str) -> None:
    assembly = assemblies[variant]
    for kind in ("SQS::Queue", "SNS::Topic"):
        policies = assembly.of_type(f"{kind}Policy")
        protected = {
            f"{name.split('/')[0]}/{target['Ref']}"
            for name, policy in policies.items()
            if '"aws:SecureTransport": "false"' in json.dumps(policy)
            for target in policy["Queues" if "Queues" in policy else "Topics"]
        }
        assert set(assembly.of_type(kind)) == protected


@each_sqs
def test_each_sqs_queue_feeds_its_consumer(assemblies: Assemblies, variant: str) -> None:
    mappings = assemblies[variant].of_type("Lambda::EventSourceMapping")
    limits = topology.delivery_limits()

    of_webhooks = [each for name, each in mappings.items() if "/Webhooks" in name]
    assert (len(mappings), len(of_webhooks)) == (5, len(topology.WEBHOOK_QUEUES))
    for each in mappings.values():
        assert each["BatchSize"] == (topology.WEBHOOK_BATCH if each in of_webhooks else limits.batch_size)
        assert each["MaximumBatchingWindowInSeconds"] == 1
        assert each["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert each["ScalingConfig"]["MaximumConcurrency"] >= 2
    assert assemblies[variant].functions["webhooks"]["Timeout"] == LEASE.total_seconds()
    for name in ("deliver-high", "deliver-standard"):
        function = assemblies[variant].functions[name]
        assert function["Timeout"] == limits.function_timeout
        variables = function["Environment"]["Variables"]
        assert int(variables["LEASE_SECONDS"]) == limits.lease >= function["Timeout"]
        assert 6 * function["Timeout"] <= limits.visibility_timeout


@each_rabbitmq
def test_each_queue_of_each_lane_feeds_its_consumer(assemblies: Assemblies, variant: str) -> None:
    assembly = assemblies[variant]
    shards = int(assembly.functions["api"]["Environment"]["Variables"]["LANE_SHARDS"])

    mappings = assembly.of_type("Lambda::EventSourceMapping")

    readers = {topology.HIGH_PRIORITY: "High", topology.STANDARD: "Standard"}
    expected = {queue: reader for lane, reader in readers.items() for queue in topology.shards(lane, shards)}
    expected |= dict.fromkeys(topology.WEBHOOK_QUEUES, "Webhooks")
    fed = {each["Queues"][0]: json.dumps(each["FunctionName"]) for each in mappings.values()}
    assert fed.keys() == expected.keys()
    for queue, function in fed.items():
        assert expected[queue] in function
    for each in mappings.values():
        assert {access["Type"] for access in each["SourceAccessConfigurations"]} == {"BASIC_AUTH", "VIRTUAL_HOST"}
        of_webhooks = each["Queues"][0] in topology.WEBHOOK_QUEUES
        assert each["BatchSize"] == (topology.WEBHOOK_BATCH if of_webhooks else topology.delivery_limits().batch_size)
    for consumer in ("deliver-high", "deliver-standard", "webhooks"):
        assert "mq:DescribeBroker" in assembly.actions(consumer)


@each_rabbitmq
def test_the_broker_is_private_and_its_password_nowhere(assemblies: Assemblies, variant: str) -> None:
    (broker,) = assemblies[variant].of_type("AmazonMQ::Broker").values()

    nodes = 1 if variant.startswith("dev") else 3
    assert (broker["EngineType"], broker["EngineVersion"]) == ("RABBITMQ", "4.2")
    assert broker["DeploymentMode"] == ("SINGLE_INSTANCE" if nodes == 1 else "CLUSTER_MULTI_AZ")
    assert len(broker["SubnetIds"]) == nodes
    assert broker["PubliclyAccessible"] is False
    assert broker["Logs"] == {"General": True}
    assert "resolve:secretsmanager" in json.dumps(broker["Users"][0]["Password"])


@each_variant
def test_what_consumes_and_accepts_waits_for_what_prepares(assemblies: Assemblies, variant: str) -> None:
    manifest = json.loads((assemblies[variant].folder / "manifest.json").read_text())["artifacts"]
    stage = stage_of(variant)

    for part in ("api", "delivery"):
        assert f"wavecom-{stage}-prepare" in manifest[f"wavecom-{stage}-{part}"]["dependencies"]
    (version,) = assemblies[variant].of_type("Lambda::Version").values()
    assert "Prepare" in json.dumps(version)


def test_what_prepares_runs_again_when_the_package_has_changed(assemblies: Assemblies) -> None:
    before, after = (assemblies[name].of_type("Lambda::Version").keys() for name in ("dev-sqs", CHANGED))

    assert before.isdisjoint(after)


@each_variant
def test_keys_secrets_and_logs_stay_but_not_those_of_a_deployment_that_failed(
    assemblies: Assemblies, variant: str
) -> None:
    for name, each in assemblies[variant].resources.items():
        if "FlowLog" in name or is_of_cdk(name):
            continue
        if each["Type"] in ("AWS::Logs::LogGroup", "AWS::KMS::Key", "AWS::SecretsManager::Secret"):
            keeps = "Delete" if variant.startswith("dev") else "RetainExceptOnCreate"
            assert each["DeletionPolicy"] == keeps, name


@each_variant
def test_functions_stand_in_private_subnets_where_the_stage_has_a_network(assemblies: Assemblies, variant: str) -> None:
    for function in assemblies[variant].functions.values():
        placement = function.get("VpcConfig")
        if variant == "dev-sqs":
            assert placement is None
        else:
            assert placement is not None
            assert "private" in json.dumps(placement["SubnetIds"])
            assert "public" not in json.dumps(placement["SubnetIds"])
    if variant != "dev-sqs":
        assert assemblies[variant].of_type("EC2::FlowLog")


def group_of(function: dict[str, Any]) -> str:
    """Return the security group of a function, by its name in the network's stack."""
    (group,) = function["VpcConfig"]["SecurityGroupIds"]
    (name,) = re.findall(r"FnGetAtt(\w+?)[0-9A-F]{8}GroupId", json.dumps(group))
    return str(name)


def ways(assembly: Assembly, kind: str, group: str) -> set[tuple[str, int, int]]:
    """Return whom the rules of a kind lead between ``group`` and, with the first and the last port."""

    def other(rule: dict[str, Any]) -> str:
        far = rule.get("CidrIp") or rule["DestinationSecurityGroupId" if kind == "Egress" else "SourceSecurityGroupId"]
        return far if isinstance(far, str) else re.sub(r"[0-9A-F]{8}$", "", far["Fn::GetAtt"][0])

    inline = [
        rule
        for name, each in assembly.of_type("EC2::SecurityGroup").items()
        if re.search(rf"/{group}[0-9A-F]{{8}}$", name)
        for rule in each.get(f"SecurityGroup{kind}", [])
    ]
    apart = [
        rule
        for rule in assembly.of_type(f"EC2::SecurityGroup{kind}").values()
        if re.match(rf"{group}[0-9A-F]{{8}}$", rule["GroupId"]["Fn::GetAtt"][0])
    ]
    return {(other(rule), rule.get("FromPort", 0), rule.get("ToPort", 65_535)) for rule in [*inline, *apart]}


ANYWHERE = "0.0.0.0/0"


@pytest.mark.parametrize("variant", ["dev-rabbitmq", "prod-sqs", "prod-rabbitmq", "everything"])
def test_endpoints_of_clients_lead_nowhere_inside(assemblies: Assemblies, variant: str) -> None:
    assembly = assemblies[variant]
    groups = {name: group_of(function) for name, function in assembly.functions.items()}

    assert groups == {name: "Webhooks" if name == "webhooks" else "Functions" for name in groups}
    endpoints = {(ANYWHERE, port, port) for port in topology.WEBHOOK_PORTS}
    of_atlas = (ANYWHERE, 27_015, 27_017)
    database = {
        {"prod-sqs": ("AtlasEndpoint", 1024, 65_535), "dev-rabbitmq": (ANYWHERE, 30_001, 30_001)}.get(variant, of_atlas)
    }
    broker = {("Broker", 5671, 5671)} if assembly.of_type("AmazonMQ::Broker") else set()
    assert ways(assembly, "Egress", "Webhooks") == endpoints | database | broker
    for port in topology.WEBHOOK_PORTS:
        let_in = {
            inside
            for inside in ("Functions", "Broker", "AtlasEndpoint", "Webhooks")
            for source, first, last in ways(assembly, "Ingress", inside)
            if source in ("Webhooks", ANYWHERE) and first <= port <= last
        }
        assert let_in == ({"AtlasEndpoint"} if variant == "prod-sqs" and port >= 1024 else set())


@pytest.mark.parametrize("variant", ["dev-rabbitmq", "prod-sqs", "prod-rabbitmq", "everything"])
def test_who_calls_endpoints_reaches_the_broker_the_secrets_and_the_queues(
    assemblies: Assemblies, variant: str
) -> None:
    assembly = assemblies[variant]

    for service in ("SqsEndpoint", "SecretsManagerEndpoint"):
        assert ("Webhooks", 443, 443) in ways(assembly, "Ingress", service)
    if assembly.of_type("AmazonMQ::Broker"):
        assert ("Webhooks", 5671, 5671) in ways(assembly, "Ingress", "Broker")


def test_privatelink_has_an_endpoint_for_atlas(assemblies: Assemblies) -> None:
    services = [each["ServiceName"] for each in assemblies["prod-sqs"].of_type("EC2::VPCEndpoint").values()]

    assert "com.example.atlas" in services


@each_variant
def test_logs_end_and_the_accounts_key_encrypts_them_where_there_is_one(assemblies: Assemblies, variant: str) -> None:
    groups = assemblies[variant].of_type("Logs::LogGroup")

    assert len(groups) >= len(assemblies[variant].functions) + 1
    for name, each in groups.items():
        assert each["RetentionInDays"] > 0
        has_key = not variant.startswith("dev") and "FlowLog" not in name and "-edge/" not in name
        assert ("KmsKeyId" in each) is (has_key and not is_of_cdk(name))


@each_variant
def test_scheduled_functions_run_once_a_minute_and_once_at_a_time(assemblies: Assemblies, variant: str) -> None:
    assembly = assemblies[variant]
    schedules = assembly.of_type("Scheduler::Schedule")

    assert len(schedules) == 2
    for each in schedules.values():
        assert each["ScheduleExpression"] == "rate(1 minute)"
        assert each["Target"]["DeadLetterConfig"]
        assert each["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 1}
    assert assembly.functions["sweep"]["ReservedConcurrentExecutions"] == 1
    assert assembly.functions["sweep"]["Timeout"] < 60
    invocations = [each for name, each in assembly.of_type("Lambda::EventInvokeConfig").items() if "delivery/" in name]
    assert [each["MaximumRetryAttempts"] for each in invocations] == [0, 0]


@each_variant
def test_the_api_is_throttled_and_its_log_tells_no_recipient(assemblies: Assemblies, variant: str) -> None:
    (stage,) = assemblies[variant].of_type("ApiGatewayV2::Stage").values()

    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] > 0
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert {"requestId", "status", "latencyMs"} <= logged.keys()
    assert not re.search(r"querystring|protocol\.body|authorizer", stage["AccessLogSettings"]["Format"])
    routes = {each["RouteKey"] for each in assemblies[variant].of_type("ApiGatewayV2::Route").values()}
    assert routes == {
        "ANY /api/{proxy+}",
        "ANY /receipts/{proxy+}",
        "ANY /u/{proxy+}",
        "GET /api/events",
        "HEAD /api/events",
    }


@each_variant
def test_readers_of_the_feed_hold_environments_of_its_own_function(assemblies: Assemblies, variant: str) -> None:
    resources = assemblies[variant].of_type("ApiGatewayV2::Route")
    integrations = assemblies[variant].of_type("ApiGatewayV2::Integration")

    def function_of(route: Resource) -> str:
        integration = route["Target"]["Fn::Join"][1][1]["Ref"]
        (found,) = [each for name, each in integrations.items() if name.endswith(f"/{integration}")]
        return str(found["IntegrationUri"]["Fn::GetAtt"][0])

    of_feed = {each["RouteKey"] for each in resources.values() if function_of(each).startswith("Feed")}
    assert of_feed == {"GET /api/events", "HEAD /api/events"}


@each_variant
def test_attachments_are_in_a_private_bucket_that_is_reached_over_tls_only(
    assemblies: Assemblies, variant: str
) -> None:
    assembly = assemblies[variant]
    (bucket,) = [each for name, each in assembly.of_type("S3::Bucket").items() if "-data/" in name]
    (policy,) = [each for name, each in assembly.of_type("S3::BucketPolicy").items() if "-data/" in name]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    with_key = bool(assembly.of_type("KMS::Key"))
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == ("aws:kms" if with_key else "AES256")
    denied = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [each["Condition"] for each in denied]


@pytest.mark.parametrize(
    ("variant", "origin"),
    [("dev-sqs", "https://*.cloudfront.net"), ("everything", "https://wavecom.bank.example")],
)
def test_the_page_may_put_attachments_into_their_bucket(assemblies: Assemblies, variant: str, origin: str) -> None:
    assembly = assemblies[variant]
    (bucket,) = [each for name, each in assembly.of_type("S3::Bucket").items() if "-data/" in name]

    (rule,) = bucket["CorsConfiguration"]["CorsRules"]
    assert (rule["AllowedMethods"], rule["AllowedOrigins"]) == (["PUT"], [origin])
    assert {"content-type", "x-amz-checksum-sha256"} == set(rule["AllowedHeaders"])


def test_guardduty_scans_attachments_where_the_stage_asks_for_it(assemblies: Assemblies) -> None:
    (plan,) = assemblies["everything"].of_type("GuardDuty::MalwareProtectionPlan").values()

    assert plan["Actions"] == {"Tagging": {"Status": "ENABLED"}}
    assert Resolved(assemblies["everything"]).environment("deliver-high")["ATTACHMENT_SCANNER"] == "guardduty"
    assert not assemblies["prod-sqs"].of_type("GuardDuty::MalwareProtectionPlan")


@each_variant
def test_the_page_is_private_behind_cloudfront_with_its_own_policy(assemblies: Assemblies, variant: str) -> None:
    assembly = assemblies[variant]
    (bucket,) = [each for name, each in assembly.of_type("S3::Bucket").items() if "-site/" in name]
    (distribution,) = [each["DistributionConfig"] for each in assembly.of_type("CloudFront::Distribution").values()]
    ((name, headers),) = assembly.of_type("CloudFront::ResponseHeadersPolicy").items()
    files = Resolved(assembly).environment("api")["ATTACHMENTS_BUCKET"]
    uploads_to = bucket_origin(files, region=REGION, endpoint_url=None)

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert assembly.of_type("CloudFront::OriginAccessControl")
    security = headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    policy = (PROJECT / "dashboard" / "content-security-policy.txt").read_text().strip()
    sent = Resolved(assembly).value(name.split("/")[0], security["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    assert sent == policy.replace("connect-src 'self'", f"connect-src 'self' {uploads_to}")
    assert "unsafe-inline" not in policy
    uploads = sorted(
        (each["Properties"]["SystemMetadata"]["cache-control"], each["Properties"].get("Include"))
        for each in assembly.resources.values()
        if each["Type"] == "Custom::CDKBucketDeployment"
    )
    assert uploads == [("max-age=31536000, immutable", ["assets/*"]), ("no-cache", None)]
    (api,) = distribution["CacheBehaviors"]
    assert (api["PathPattern"], api["ViewerProtocolPolicy"]) == ("/api/*", "https-only")
    assert set(api["AllowedMethods"]) >= {"GET", "POST", "PUT", "DELETE"}
    assert ("WebACLId" in distribution) is (not variant.startswith("dev"))


def test_the_firewall_limits_and_manages(assemblies: Assemblies) -> None:
    (acl,) = assemblies["prod-rabbitmq"].of_type("WAFv2::WebACL").values()

    statements = [each["Statement"] for each in acl["Rules"]]
    assert acl["Scope"] == "CLOUDFRONT"
    assert [each["RateBasedStatement"]["AggregateKeyType"] for each in statements if "RateBasedStatement" in each] == [
        "IP"
    ]
    managed = {each["ManagedRuleGroupStatement"]["Name"] for each in statements if "ManagedRuleGroupStatement" in each}
    assert "AWSManagedRulesCommonRuleSet" in managed


def test_atlas_is_made_where_the_stage_asks_for_it(assemblies: Assemblies) -> None:
    def kinds(variant: str) -> set[str]:
        return {each["Type"] for each in assemblies[variant].resources.values() if each["Type"].startswith("MongoDB::")}

    assert kinds("everything") == {
        "MongoDB::Atlas::Cluster",
        "MongoDB::Atlas::DatabaseUser",
        "MongoDB::Atlas::ProjectIpAccessList",
    }
    assert kinds("prod-rabbitmq") == set()
    allowed = [
        each["Properties"]["AccessList"]
        for each in assemblies["everything"].resources.values()
        if each["Type"] == "MongoDB::Atlas::ProjectIpAccessList"
    ]
    assert len(allowed[0]) == 3, "a NAT gateway in each zone"


def test_delivery_reports_of_ses_come_to_the_receipts_function(assemblies: Assemblies) -> None:
    assembly = assemblies["everything"]
    (configuration_set,) = assembly.of_type("SES::ConfigurationSet").values()
    (destination,) = assembly.of_type("SES::ConfigurationSetEventDestination").values()

    assert configuration_set["Name"] == "wavecom-prod"
    assert {"bounce", "complaint", "delivery", "deliveryDelay", "send"} <= set(
        destination["EventDestination"]["MatchingEventTypes"]
    )
    subscribed = [each for each in assembly.of_type("SNS::Subscription").values() if each["Protocol"] == "lambda"]
    assert "Receipts" in json.dumps(subscribed[0]["Endpoint"])
    assert subscribed[0]["RedrivePolicy"]
    kept = [each for each in assembly.of_type("Lambda::EventInvokeConfig").values() if "DestinationConfig" in each]
    assert "SesUndelivered" in json.dumps(kept)


@each_variant
def test_no_account_is_looked_at_to_make_the_templates(assemblies: Assemblies, variant: str) -> None:
    manifest = json.loads((assemblies[variant].folder / "manifest.json").read_text())

    assert "missing" not in manifest


def test_a_stage_may_name_its_zones(assemblies: Assemblies) -> None:
    by_name, by_list = (
        [each["AvailabilityZone"] for each in assemblies[variant].of_type("EC2::Subnet").values()]
        for variant in ("everything", "prod-rabbitmq")
    )

    assert set(by_name) == {"eu-central-1a", "eu-central-1b", "eu-central-1c"}
    assert all(each["Fn::Select"][1] == {"Fn::GetAZs": ""} for each in by_list)


def test_a_domain_of_ones_own_is_printed_with_what_its_dns_record_points_to(assemblies: Assemblies) -> None:
    def outputs(variant: str, part: str) -> dict[str, Any]:
        (template,) = [each for each in assemblies[variant].templates if each.name.endswith(f"-{part}.template.json")]
        found: dict[str, Any] = json.loads(template.read_text())["Outputs"]
        return found

    for part, name, target in (
        ("api", "api.bank.example", "RegionalDomainName"),
        ("site", "wavecom.bank.example", "DomainName"),
    ):
        output = outputs("everything", part)["DnsTarget"]
        assert output["Value"]["Fn::GetAtt"][1] == target
        assert name in output["Description"]
        assert "DnsTarget" not in outputs("prod-rabbitmq", part)
