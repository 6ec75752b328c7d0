"""Address of an optional language model. Pure, no secrets are logged from here."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    """An OpenAI-compatible endpoint. `operator`: who runs it, as `/privacy` names it.

    `url`: the base without a slash at the end, such as `https://models.example.org/v1`.
    """

    url: str
    model: str
    operator: str
    key: str = field(default="", repr=False)

    @property
    def completions_url(self) -> str:
        return f"{self.url}/chat/completions"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}
