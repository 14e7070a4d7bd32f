"""`python -m influencerflow.cli`"""

from influencerflow.cli.main import run

run()
