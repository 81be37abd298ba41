"""What is shown: a Plan, a Result, a Drift or a Report -> one Page."""
