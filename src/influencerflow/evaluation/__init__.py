"""How good the matches are: judged briefs in, measures of the engine and of what it has to beat out."""
