"""Plans, results and problems for people and for CI. Pure: data in, lines out."""
