"""One department: keeps its records in place and answers only what its rules allow."""
