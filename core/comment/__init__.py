"""What Anna writes back."""
