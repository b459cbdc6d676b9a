"""What exists: places and their hours, the catalogue, the stock and the people who advise."""
