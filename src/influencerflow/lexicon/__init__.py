"""Words and what they tell: topics, places, people, kinds of account, languages. Data in TOML, matching here; pure."""
