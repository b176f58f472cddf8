"""The service's REST API, and the only home of httpx."""
