"""The demo's world: the invented house Aurore, a week of its reservations, and the same at the scale of a chain.

`aurore` puts the house into an empty database, `week` lives the seven days before today by calling the real
use-cases, `chain` makes many stores and products for load tests. `shelves` is what can be on one, `towns` what the
store picker knows of France, `letters` spells addresses; `pictures` draws, `data` is read.
"""
