"""The core: message in, advice out. Knows no channel."""
