"""A setting that is not documented fails."""

from pathlib import Path

from influencerflow.settings import Settings


def test_every_setting_is_documented() -> None:
    documented = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert f"`{field.alias or 'INFLUENCERFLOW_' + name.upper()}`" in documented
