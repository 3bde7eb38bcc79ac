"""The one way out to the web: http.py is the client, guard.py decides which addresses it may connect to."""
