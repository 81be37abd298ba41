"""The live side: API -> the account as it is, and which live object each resource is."""
