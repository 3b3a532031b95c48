"""Logs end wherever they are written, hold nothing that lets somebody in, and a stage goes whole."""

import json

import pytest

from tests.infrastructure.templates import Assembly
from tests.infrastructure.variants import VARIANTS

each_variant = pytest.mark.parametrize("variant", VARIANTS)
with_firewall = pytest.mark.parametrize("variant", ["prod-sqs", "prod-rabbitmq", "everything"])
Assemblies = dict[str, Assembly]


@each_variant
def test_every_function_writes_to_a_log_that_ends_even_those_of_cdk(assemblies: Assemblies, variant: str) -> None:
    assembly = assemblies[variant]
    groups = assembly.of_type("Logs::LogGroup")

    functions = assembly.of_type("Lambda::Function")
    assert len(functions) > len(assembly.functions)
    for name, each in functions.items():
        group = each["LoggingConfig"]["LogGroup"]["Ref"]
        log = groups[f"{name.split('/')[0]}/{group}"]
        assert log["RetentionInDays"] > 0, name
        if "FunctionName" in each:
            assert log["LogGroupName"] == f"/aws/lambda/{each['FunctionName']}"


@pytest.mark.parametrize("variant", ["dev-rabbitmq", "prod-rabbitmq", "everything"])
def test_the_logs_that_amazon_mq_makes_end(assemblies: Assemblies, variant: str) -> None:
    bounded = [each["Properties"] for each in assemblies[variant].resources.values() if "LogRetention" in each["Type"]]

    names = {json.dumps(each["LogGroupName"]) for each in bounded}
    assert any("/aws/amazonmq/broker/" in each and "/general" in each for each in names)
    assert all(each["RetentionInDays"] > 0 for each in bounded)


@with_firewall
def test_the_firewall_logs_requests_without_credentials_and_recipients(assemblies: Assemblies, variant: str) -> None:
    (logging,) = assemblies[variant].of_type("WAFv2::LoggingConfiguration").values()
    groups = assemblies[variant].of_type("Logs::LogGroup")

    headers = {each["SingleHeader"]["Name"] for each in logging["RedactedFields"] if "SingleHeader" in each}
    assert headers == {"authorization", "x-api-key", "cookie"}
    assert {"QueryString": {}} in logging["RedactedFields"]
    (group,) = [each for each in groups.values() if str(each.get("LogGroupName", "")).startswith("aws-waf-logs-")]
    assert group["RetentionInDays"] > 0
    (destination,) = logging["LogDestinationConfigs"]
    assert json.dumps(destination).endswith(f':log-group:{group["LogGroupName"]}"]]}}')


@each_variant
def test_the_bucket_is_emptied_before_it_is_deleted(assemblies: Assemblies, variant: str) -> None:
    assembly = assemblies[variant]
    deleted = {
        name: bucket
        for name, bucket in assembly.of_type("S3::Bucket").items()
        if assembly.resources[name]["DeletionPolicy"] == "Delete"
    }

    emptied = [
        each["Properties"]["BucketName"]["Ref"]
        for each in assembly.resources.values()
        if each["Type"] == "Custom::S3AutoDeleteObjects"
    ]
    assert sorted(emptied) == sorted(name.split("/")[1] for name in deleted)
    assert all({"Key": "aws-cdk:auto-delete-objects", "Value": "true"} in each["Tags"] for each in deleted.values())
    kept_data = variant.startswith("prod") or variant == "everything"
    assert {name.split("/")[0].rpartition("-")[2] for name in deleted} == ({"site"} if kept_data else {"site", "data"})
