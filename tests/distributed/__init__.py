"""The distributed mode: the commands of compose.yaml as processes on loopback."""
