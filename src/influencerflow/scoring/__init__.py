"""Pure scores between 0 and 100, and the reasons behind them. Nothing here touches a database or the network."""
