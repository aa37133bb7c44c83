"""The commands of `blik`, one module each."""
