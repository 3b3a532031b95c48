"""Invoke a function's handler in a process of its own, under exactly the rights of its role.

Every call to AWS is asked of the policy first, by action and resource, and refused with AccessDenied as IAM would do
where it is not allowed. Queues are moto's; secrets are looked up as Secrets Manager does; senders take everything.
`invoke` is given one object: ``events``, ``statements``, ``secrets`` (value by whole ARN), ``queues``, ``objects``
(bytes by key, by bucket), and ``key``, the ARN of what encrypts them or None. It returns what was asked, and the
answers or the exception.

A process is forked from one that has imported boto3 and moto, which takes longer than the handler.
"""

import importlib
import multiprocessing
import os
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Connection
from typing import Any

import boto3
from botocore import handlers
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel
from moto import mock_aws

from local.context import LocalContext
from tests.infrastructure.resolve import REGION, allows, arn
from wavecom.adapters.s3.scanner import TAG

Parameters = dict[str, Any]
SANDBOXES: dict[str, Parameters] = {
    "GetAccount": {"ProductionAccessEnabled": False},
    "GetSMSSandboxAccountStatus": {"IsInSandbox": True},
    "DescribeAccountAttributes": {"AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "SANDBOX"}]},
}
"""What an account that is in every sandbox is told."""
Right = tuple[str, str]
LOOKS_LIKE_A_WHOLE_ARN = re.compile(r"-[A-Za-z0-9]{6}$")
SENDERS = {"SES", "SESv2", "SNS", "Pinpoint SMS Voice V2"}


class Account:
    """What the function finds in AWS, and whether its role lets it."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._statements = given["statements"]
        self._secrets: dict[str, str] = given["secrets"]
        self._key: str | None = given["key"]
        self.asked: list[tuple[str, str, bool]] = []

    def note(self, params: Parameters, context: dict[str, Any], **_: Any) -> None:
        """Keep a call's parameters for `answer`, which is told of the request alone."""
        context["wavecom_parameters"] = params

    def answer(self, model: OperationModel, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, Any] | None:
        """Refuse a call that is not allowed, answer for Secrets Manager and senders, and leave others to moto."""
        service, operation = model.service_model.service_id, model.name
        parameters = context["wavecom_parameters"]
        allowed = [self._ask(*right) for right in RIGHTS[operation](self, parameters)]
        if not all(allowed):
            return _response(
                400, {"Error": {"Code": "AccessDeniedException", "Message": f"{operation} is not allowed"}}
            )
        if operation == "GetSecretValue":
            found = self.find(parameters["SecretId"])
            if found is None:
                return _response(400, {"Error": {"Code": "ResourceNotFoundException", "Message": "No such secret"}})
            return _response(200, {"SecretString": self._secrets[found]})
        if operation in SANDBOXES:
            return _response(200, SANDBOXES[operation])
        return _response(200, _taken(parameters)) if service in SENDERS else None

    def _ask(self, action: str, resource: str) -> bool:
        allowed = allows(self._statements, action, resource)
        self.asked.append((action, resource, allowed))
        return allowed

    def find(self, secret_id: str) -> str | None:
        """Return the whole ARN of a secret, as Secrets Manager finds it by its name, its ARN or a part of that.

        What ends in a hyphen and six characters counts as a whole ARN (AWS Secrets Manager API reference,
        "GetSecretValue").
        """
        if not secret_id.startswith("arn:"):
            secret_id = arn("secretsmanager", f"secret:{secret_id}")
        elif LOOKS_LIKE_A_WHOLE_ARN.search(secret_id):
            return secret_id if secret_id in self._secrets else None
        return next((each for each in self._secrets if LOOKS_LIKE_A_WHOLE_ARN.sub("", each) == secret_id), None)

    def secret(self, parameters: Parameters) -> Iterator[Right]:
        """Return what reading a secret takes."""
        yield "secretsmanager:GetSecretValue", self.find(parameters["SecretId"]) or parameters["SecretId"]
        yield from self.key("kms:Decrypt")

    def key(self, *actions: str) -> Iterator[Right]:
        """Return what the stage's own key is used for, where it has one."""
        if self._key:
            yield from ((action, self._key) for action in actions)

    def publish(self, parameters: Parameters) -> Iterator[Right]:
        """Return what sending to a queue takes (Amazon SQS developer guide, "Key management": producers)."""
        yield "sqs:SendMessage", _queue(parameters)
        yield from self.key("kms:GenerateDataKey", "kms:Decrypt")

    def objects(self, action: str, parameters: Parameters) -> Iterator[Right]:
        """Return what using objects takes (Amazon S3 user guide, "Required permissions for Amazon S3 API")."""
        keys = [parameters["Key"]] if "Key" in parameters else [each["Key"] for each in parameters["Delete"]["Objects"]]
        for key in keys:
            yield action, f"arn:aws:s3:::{parameters['Bucket']}/{key}"
        if action != "s3:DeleteObject":
            yield from self.key("kms:Decrypt")

    def email(self, action: str, parameters: Parameters) -> Iterator[Right]:
        """Return what sending by SES takes: the identity and the configuration set."""
        domain = parameters["FromEmailAddress"].rpartition("@")[2].rstrip(">")
        yield action, arn("ses", f"identity/{domain}")
        if "ConfigurationSetName" in parameters:
            yield action, arn("ses", f"configuration-set/{parameters['ConfigurationSetName']}")


def _queue(parameters: Parameters) -> str:
    return arn("sqs", parameters["QueueUrl"].rpartition("/")[2])


RIGHTS: dict[str, Callable[[Account, Parameters], Iterator[Right]]] = {
    "GetObject": lambda account, of: account.objects("s3:GetObject", of),
    "GetObjectTagging": lambda account, of: account.objects("s3:GetObjectTagging", of),
    "DeleteObjects": lambda account, of: account.objects("s3:DeleteObject", of),
    "GetSecretValue": lambda account, of: account.secret(of),
    "SendMessageBatch": lambda account, of: account.publish(of),
    "GetQueueUrl": lambda _, of: iter([("sqs:GetQueueUrl", arn("sqs", of["QueueName"]))]),
    "GetQueueAttributes": lambda _, of: iter([("sqs:GetQueueAttributes", _queue(of))]),
    "SendEmail": lambda account, of: account.email(
        "ses:SendRawEmail" if "Raw" in of["Content"] else "ses:SendEmail", of
    ),
    "SendBulkEmail": lambda account, of: account.email("ses:SendBulkEmail", of),
    "Publish": lambda _, of: iter([("sns:Publish", of["PhoneNumber"])]),
    "SendTextMessage": lambda _, of: iter([("sms-voice:SendTextMessage", of["OriginationIdentity"])]),
    "GetAccount": lambda _, __: iter([("ses:GetAccount", "*")]),
    "GetSMSSandboxAccountStatus": lambda _, __: iter([("sns:GetSMSSandboxAccountStatus", "*")]),
    "DescribeAccountAttributes": lambda _, __: iter([("sms-voice:DescribeAccountAttributes", "*")]),
}
"""What a call takes, by its name (AWS service authorization reference). A call that is not here is an error."""


def _taken(parameters: Parameters) -> Parameters:
    """Return a sender's answer, which has taken all of one or of many."""
    many = parameters.get("BulkEmailEntries", [])
    results = [{"Status": "SUCCESS", "MessageId": f"message-{number}"} for number, _ in enumerate(many)]
    return {"BulkEmailEntryResults": results} if many else {"MessageId": "message-1"}


def _response(status: int, parsed: Parameters) -> tuple[AWSResponse, Any]:
    return AWSResponse("", status, HTTPHeaders(), None), {**parsed, "ResponseMetadata": {"HTTPStatusCode": status}}


def invoke(function: str, given: dict[str, Any], environment: Mapping[str, str], *, timeout: float) -> dict[str, Any]:
    """Return what a handler answered in a new process with this environment alone, within ``timeout`` seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "moto.sqs.models", "moto.s3.models", "pydantic", "pymongo"])
    theirs, ours = context.Pipe()
    process = context.Process(target=_run, args=(theirs, function, given, dict(environment)))
    process.start()
    theirs.close()
    try:
        assert ours.poll(timeout), f"{function} has not answered after {timeout} s"
        told: dict[str, Any] = ours.recv()
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
    return told


def _run(told: Connection, function: str, given: dict[str, Any], environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    told.send(_answers(function, given))


def _fill(bucket: str, objects: Mapping[str, bytes]) -> None:
    """Make a bucket whose objects GuardDuty has found clean."""
    files = boto3.client("s3", region_name="us-east-1")
    files.create_bucket(Bucket=bucket)
    for key, octets in objects.items():
        files.put_object(Bucket=bucket, Key=key, Body=octets, Tagging=f"{TAG}=NO_THREATS_FOUND")


def _answers(function: str, given: dict[str, Any]) -> dict[str, Any]:
    """Invoke the handler with each event and return its answers and what was asked."""
    with mock_aws():
        queues = boto3.client("sqs", region_name=REGION)
        for name in given["queues"]:
            queues.create_queue(QueueName=name)
        for bucket, objects in given["objects"].items():
            _fill(bucket, objects)
        account = Account(given)
        handlers.BUILTIN_HANDLERS.append(("before-parameter-build", account.note))
        handlers.BUILTIN_HANDLERS.append(("before-call", account.answer))
        boto3.DEFAULT_SESSION = None  # the next one knows them
        answers, error = [], None
        try:
            handle = importlib.import_module(f"functions.{function}.handler").lambda_handler
            answers += [handle(event, LocalContext()) for event in given["events"]]
        except Exception as exc:  # noqa: BLE001 - it is told with what was asked, by which its cause is known
            error = "".join(traceback.format_exception(exc))
    return {"answers": answers, "error": error, "asked": account.asked}
