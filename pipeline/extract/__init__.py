"""Stage 2: items that say too little -> the text of their page, or of their transcript. ``wants`` says which."""
