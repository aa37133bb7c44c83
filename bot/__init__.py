"""Talks with buyers: the advisor and its channels."""
