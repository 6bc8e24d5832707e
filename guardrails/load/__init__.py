"""Load: when to send what, what was seen, how sure we are. Pure: the services and the clock are behind `LoadRig`."""
