"""Processes of the product: uvicorn, supervisor, logs."""
