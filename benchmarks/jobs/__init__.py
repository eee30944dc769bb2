"""What the processes that are measured run. Each function sets up and gives what one round does."""
