"""`enishi demo`: the whole federation, real processes on loopback, on a made-up town."""
