"""HTTP requests: identity, validation, paging, OpenAPI types."""
