"""What is known of an e-mail body: its pieces, what the service makes of it, its visible text."""
