"""Figures about offices, services and agencies, measured from the logs."""
