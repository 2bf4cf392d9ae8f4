"""The platform's floor under the services: transactions, feed, jobs, schedule, network, bell."""
