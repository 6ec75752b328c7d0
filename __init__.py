"""Office 360: appointments, turns and video attention for public offices."""


def __getattr__(name: str) -> str:
    """Read the installed version, which stands in pyproject.toml, when it is asked for."""
    if name == "__version__":
        from importlib.metadata import version

        return version("office360")
    raise AttributeError(name)
