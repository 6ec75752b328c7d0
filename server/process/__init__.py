"""Worker processes, uvicorn and logs."""
