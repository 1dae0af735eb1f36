"""Efir: one self-hosted media service."""

VERSION = "0.1.0"
