"""Adoption: manifests from what is live, of which a plan is empty."""
