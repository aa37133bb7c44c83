"""Pictures of conversations for the documentation: the real bot, as a phone shows it. `python -m tests.pictures`."""
