"""modelaudit."""
