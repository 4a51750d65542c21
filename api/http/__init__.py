"""What every request passes whatever it asks for: limits on bodies and time, problems, tags, the OpenAPI document."""
