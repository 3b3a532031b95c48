"""What fills the ports: MongoDB, RabbitMQ, SQS, providers."""
