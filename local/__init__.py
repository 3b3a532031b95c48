"""The stack for one machine: servers, processes, and the pollers that stand in for AWS's event sources."""
