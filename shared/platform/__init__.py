"""Floor 4: settings, database, feed, jobs, network, keys; knows no accounting."""
