"""A reservation: articles that one store keeps for one person, from the request to the hand-over.

`states` is its life, `tables` its rows, `moves` how they change. `asking` is what the shopper does, `answering` what
the store does, `timers` what time does; `telling` says who hears of it, `questions` is what is asked of it.
"""
