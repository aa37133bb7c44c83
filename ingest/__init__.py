"""Turns sources into a new generation of the library."""
