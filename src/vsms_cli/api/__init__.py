"""The client of the service's REST API. Only here, and in the sandbox's transport, httpx is used."""
