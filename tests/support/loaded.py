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

# The same: how many of our modules, and how many classes in them that `dataclass` or `record` wrote.
COUNTS_OUR_MODULES = """
import os, sys

end = os._exit

def tell(code):
    ours = {name: module for name, module in sys.modules.items() if name.startswith('vsms_cli')}
    classes = [
        vars(kept) for name, module in ours.items() for kept in vars(module).values()
        if isinstance(kept, type) and kept.__module__ == name
    ]
    dataclasses = sum('__dataclass_fields__' in members for members in classes)
    records = sum('record_fields' in members for members in classes)
    os.write(2, f'loaded {len(ours)} {dataclasses} {records}'.encode())
    end(code)

os._exit = tell
"""
