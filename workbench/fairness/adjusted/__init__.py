"""Adjusted gaps: what remains of a gap when prompts, speakers' covariates or strata are held equal."""
