"""From a department's extract to rows and facts: read strictly, map, report; never half-import."""
