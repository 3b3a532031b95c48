"""The engines and stages that are synthesised, apart from CDK's library, which takes seconds to import."""

from typing import Any

ACCOUNT = "123456789012"
ARN = "arn:aws:acm:us-east-1:123456789012:certificate/5f0e5f0e-0000-4000-8000-000000000000"
EVERYTHING = {
    "account": ACCOUNT,
    "queueEngine": "rabbitmq",
    "network": "nat",
    "zoneNames": ["eu-central-1a", "eu-central-1b", "eu-central-1c"],
    "atlas": {"projectId": "0123456789abcdef01234567"},
    "ses": {"identities": ["bank.example"]},
    "snsSms": True,
    "attachmentScanner": "guardduty",
    "smsOriginationArns": ["arn:aws:sms-voice:eu-central-1:123456789012:phone-number/phone-0001"],
    "providersSecret": "wavecom/everything/providers-2026ab",
    "alarmEmail": "oncall@bank.example",
    "apiDomain": {"name": "api.bank.example", "certificateArn": ARN.replace("us-east-1", "eu-central-1")},
    "site": {"waf": True, "domain": {"name": "wavecom.bank.example", "certificateArn": ARN}},
}
PROD_SQS = {
    "account": ACCOUNT,
    "queueEngine": "sqs",
    "network": "privatelink",
    "atlasEndpointService": "com.example.atlas",
    "mongodbSecret": "wavecom/prod/mongodb-atlas1",
}
"""The secret's name ends as an ARN does: in a hyphen and six characters; so does that of the providers above."""
CHANGED = "dev-sqs-changed"
"""Stage dev on SQS again, after a change of the package."""
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "dev-sqs": ("dev", {}),
    "dev-rabbitmq": ("dev", {"queueEngine": "rabbitmq", "network": "nat", "apiReserved": 20, "mongodbPort": 30_001}),
    "prod-sqs": ("prod", PROD_SQS),
    "prod-rabbitmq": ("prod", {}),
    "everything": ("prod", EVERYTHING),
}
