"""Integrations that only the demo house has."""
