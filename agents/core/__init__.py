"""The vocabulary that every protocol core shares: events in, actions out, time as an argument."""
