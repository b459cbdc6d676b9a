"""Booking an advisor: five steps, each with an address, then the private page of what was booked.

`steps` is what was chosen so far, `service`, `store`, `advisor` and `time` are the choices, `details` the form and the
booking; `mine` is the booked appointment and its holder, `moving` how she moves or cancels it.
"""
