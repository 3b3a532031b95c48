"""The adapters of the ports: MongoDB, RabbitMQ, SQS, providers."""
