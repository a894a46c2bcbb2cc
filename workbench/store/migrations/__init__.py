"""How the tables of the store came to be what they are: one module per revision, the first made all of them."""
