"""An appointment: a time that one advisor keeps for one person, from the request to what came of it.

`states` is its life, `tables` its rows, `moves` how they change. `placing` finds who and where, `holding` keeps a start
for ten minutes, `asking` is what the shopper does, `receiving` what staff do, `preparing` what is made ready;
`telling` says who hears of it, `questions` is what is asked of it, `conflicts` what no longer fits.
"""
