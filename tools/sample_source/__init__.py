"""What the sample catalogue is made of: hand-written creators and campaigns, and how their figures are drawn."""
