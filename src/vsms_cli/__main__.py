"""`python -m vsms_cli`"""

from vsms_cli.main import main

main()
