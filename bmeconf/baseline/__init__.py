"""What was last applied or declared, and who moved since."""
