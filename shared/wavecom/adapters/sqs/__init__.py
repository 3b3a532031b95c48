"""Amazon SQS, by boto3."""
