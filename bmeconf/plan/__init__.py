"""Desired and live -> a Plan: ordered steps with pins, manual steps, findings."""
