"""Stage 4: the stories of the window -> the slots of the issue. Opens the issue when it is due."""
