"""The exam soaks as the integration tests do."""

from tests.integration.conftest import soaks

__all__ = ["soaks"]
