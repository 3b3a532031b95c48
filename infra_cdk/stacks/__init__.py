"""One stack a file, in the order in which they are deployed: see `infra_cdk.app`."""
