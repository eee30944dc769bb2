"""The speed, measured side by side against the way it is usually done: ``make bench``."""
