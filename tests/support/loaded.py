"""Which heavy modules a process of vsms has loaded by its end."""

# As a sitecustomize.py: vsms ends with os._exit, which runs nothing registered with atexit.
TELLS_WHAT_IS_LOADED = """
import os, sys

heavy = {'typer', 'httpx', 'keyring', 'rich', 'sqlite3'}
end = os._exit

def tell(code):
    os.write(2, (' '.join(sorted(heavy & set(sys.modules))) + '|').encode())
    end(code)

os._exit = tell
"""
