"""An invented catalogue and invented campaigns, to try the product with: no real person, brand or channel is meant.

`creators.jsonl` and `campaigns.json` are written by `tools/make_sample.py`; change the sources there, not these files.
"""
