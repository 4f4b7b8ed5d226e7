"""Files that may lie: how they are read, what they may ask for, and how they are quoted."""
