"""WaveCom in an AWS account, as an app of small CloudFormation stacks."""
