"""The Telegram channel: sends by a bot, to chats that people opened with a one-time code."""
