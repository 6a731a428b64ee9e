"""From similarities to clusters: match weights, thresholds, multi-party solving, quality."""
