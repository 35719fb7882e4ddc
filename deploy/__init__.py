"""What deployments need beside the code: the edge's configuration, and a command that makes secrets."""
