"""RabbitMQ, by the AMQP 0-9-1 client py-amqp."""
