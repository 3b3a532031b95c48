"""AWS's own services may do what the stage asks of them: publish alarms, use its key, and run schedules."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.infrastructure.resolve import ACCOUNT, Resolved, allows, arn
from tests.infrastructure.templates import Assembly, as_list
from tests.infrastructure.variants import VARIANTS

KEYS = ("kms:Decrypt", "kms:GenerateDataKey")
"""What a publisher does with the key of a topic or queue (Amazon SNS developer guide, "Enable compatibility between
event sources from AWS services and encrypted topics")."""
OF_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
"""The condition that a service's calls for alarms and schedules of this account fulfil."""
Statement = dict[str, Any]


@pytest.fixture(params=VARIANTS)
def resolved(request: pytest.FixtureRequest, assemblies: dict[str, Assembly]) -> Resolved:
    return Resolved(assemblies[request.param])


def stack_of(name: str) -> str:
    return name.split("/", maxsplit=1)[0]


def granted_to(service: str, statements: list[Statement]) -> list[Statement]:
    """Return a policy's statements about a service, without the condition that it calls for this account.

    A refusal of everybody's calls that are not encrypted is left out: services encrypt theirs.
    """
    return [
        {key: value for key, value in each.items() if key != "Condition" or value != OF_ACCOUNT}
        for each in statements
        if each["Principal"] != "*" and service in as_list(each["Principal"].get("Service", []))
    ]


def topic_policies(resolved: Resolved) -> dict[str, list[Statement]]:
    """Return the statements about each topic, by its stack and logical id."""
    return {
        f"{stack_of(name)}/{topic['Ref']}": resolved.value(stack_of(name), each["PolicyDocument"]["Statement"])
        for name, each in resolved.assembly.of_type("SNS::TopicPolicy").items()
        for topic in each["Topics"]
    }


def told_by_alarms(resolved: Resolved) -> set[str]:
    """Return the topics that alarms name, by stack and logical id."""
    return {
        f"{stack_of(name)}/{topic['Ref']}"
        for kind in ("CloudWatch::Alarm", "CloudWatch::CompositeAlarm")
        for name, each in resolved.assembly.of_type(kind).items()
        for topic in each.get("AlarmActions", [])
    }


def test_cloudwatch_may_publish_to_every_topic_of_alarms(resolved: Resolved) -> None:
    policies = topic_policies(resolved)

    topics = told_by_alarms(resolved)

    assert {stack_of(each).split("-", 2)[2] for each in topics} >= {"observability"}
    for topic in topics:
        statements = granted_to("cloudwatch.amazonaws.com", policies[topic])
        assert allows(statements, "sns:Publish", topic_arn(resolved, topic)), topic


def topic_arn(resolved: Resolved, topic: str) -> str:
    return arn("sns", resolved.assembly.resources[topic]["Properties"]["TopicName"])


def services_that_publish(resolved: Resolved) -> Iterator[tuple[str, str]]:
    """Return the services that publish to encrypted topics and queues, each with the key that it needs."""
    topics = resolved.assembly.of_type("SNS::Topic")
    publishers = {
        "cloudwatch.amazonaws.com": told_by_alarms(resolved),
        "events.amazonaws.com": {name for name in told_by_alarms(resolved) if "observability" in name},
        "ses.amazonaws.com": {
            f"{stack_of(name)}/{each['EventDestination']['SnsDestination']['TopicARN']['Ref']}"
            for name, each in resolved.assembly.of_type("SES::ConfigurationSetEventDestination").items()
        },
    }
    for service, named in publishers.items():
        for name in named:
            if "KmsMasterKeyId" in topics[name]:
                yield service, resolved.value(stack_of(name), topics[name]["KmsMasterKeyId"])
    for name, each in resolved.assembly.of_type("SNS::Subscription").items():
        if "RedrivePolicy" in each:
            stack, (queue, _) = stack_of(name), each["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"]
            properties = resolved.assembly.resources[f"{stack}/{queue}"]["Properties"]
            if "KmsMasterKeyId" in properties:
                yield "sns.amazonaws.com", resolved.value(stack, properties["KmsMasterKeyId"])


def test_services_that_publish_may_use_the_keys_of_what_they_publish_to(resolved: Resolved) -> None:
    policies = {
        arn("kms", f"key/{name.split('/')[1]}"): resolved.value(stack_of(name), each["KeyPolicy"]["Statement"])
        for name, each in resolved.assembly.of_type("KMS::Key").items()
    }

    needed = set(services_that_publish(resolved))

    everything = "everything" in str(resolved.assembly.folder)
    services = {service.partition(".")[0] for service, _ in needed}
    assert services == ({"cloudwatch", "events"} if policies else set()) | ({"ses", "sns"} if everything else set())
    for service, key in needed:
        for action in KEYS:
            assert allows(granted_to(service, policies[key]), action, key), (service, action)


def test_the_role_of_a_schedule_may_invoke_its_target_and_keep_what_it_could_not_call(resolved: Resolved) -> None:
    schedules = resolved.assembly.of_type("Scheduler::Schedule")

    assert {each["Name"].split("-", 2)[2] for each in schedules.values()} == {"sweep", "observe"}
    for name, each in schedules.items():
        stack, target = stack_of(name), each["Target"]
        role = target["RoleArn"]["Fn::GetAtt"][0]
        (trust,) = resolved.value(
            stack, resolved.assembly.resources[f"{stack}/{role}"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        )
        assert allows(
            [{**each, "Resource": "*"} for each in granted_to("scheduler.amazonaws.com", [trust])],
            "sts:AssumeRole",
            "*",
        )
        statements = [
            resolved.value(stack, statement)
            for policy in resolved.assembly.of_type("IAM::Policy").values()
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        assert allows(statements, "lambda:InvokeFunction", resolved.value(stack, target["Arn"]))
        assert allows(statements, "sqs:SendMessage", resolved.value(stack, target["DeadLetterConfig"]["Arn"]))
