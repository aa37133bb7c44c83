"""`python -m bot` is `blik`."""

from bot.cli import main

if __name__ == "__main__":
    main()
