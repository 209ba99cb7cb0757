"""What other systems are told and what they say: Home Assistant, Oppleo's listeners, vehicles."""
