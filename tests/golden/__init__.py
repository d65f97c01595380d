"""Conversations as text, played to Telegram, Discord and the web from one script each."""
