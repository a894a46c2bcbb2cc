"""One file per maker of transcripts; each has the formats that it writes as FORMATS."""
