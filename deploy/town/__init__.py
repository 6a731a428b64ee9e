"""The synthetic town: departments' extracts with the dirt of real ones, and the truth apart."""
