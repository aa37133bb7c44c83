"""The Telegram channel: receives, renders and sends; what to say is the conversation's."""
