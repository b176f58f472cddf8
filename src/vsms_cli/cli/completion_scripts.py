"""`vsms completion`"""

from typing import Annotated, Final

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.completion_candidates import SHELLS
from vsms_cli.cli.name_hints import unknown_word
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode

# `__complete` prints blanks, which are quoted here, and nothing else that a shell would read: `completion_candidates`.

_BASH: Final = r"""# vsms: completion for bash.  source <(vsms completion bash)
_vsms() {
    local word=${COMP_WORDS[COMP_CWORD]} blank='\ ' line
    COMPREPLY=()
    case $word in
        [\"\']*[\"\'\$\`]*) return ;;  # quotes inside a word: readline replaces a part of it
        [\"\']*) blank=' ' ;;
        *[\"\'\$\`]*) return ;;
    esac
    while IFS= read -r line; do
        line=${line%%$'\t'*}
        COMPREPLY+=("${line// /$blank}")
    done < <("$1" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _vsms vsms
"""

_ZSH: Final = r"""#compdef vsms
# vsms: completion for zsh.  source <(vsms completion zsh), behind compinit; or a file _vsms in $fpath
_vsms() {
    local -a values shown match
    local value about
    while IFS=$'\t' read -r value about; do
        values+=("$value")
        shown+=("$value${about:+  -- $about}")
    done < <("${words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)
    match=(-M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}')
    (( $#values == 1 )) && match=(-U)  # a code in place of the name that was begun
    (( $#values )) && compadd $match -l -d shown -a values
}
if [[ ${funcstack[1]-} == _vsms ]]; then _vsms "$@"; else compdef _vsms vsms; fi
"""

_FISH: Final = r"""# vsms: completion for fish.  vsms completion fish | source
function __vsms_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    test (count $current) -eq 0; and set current ''
    $words[1] __complete $words[2..-1] $current 2>/dev/null
end
complete -c vsms -k -f -a '(__vsms_complete)'
"""

_POWERSHELL: Final = r"""# vsms: completion for PowerShell.  vsms completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName vsms -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
    if ($wordToComplete -eq '') { $words += ' ' }
    & $commandAst.CommandElements[0].ToString() __complete @words 2>$null | ForEach-Object {
        $value, $about = $_ -split "`t", 2
        # PowerShell takes five characters as a quote, and a console that is not UTF-8 makes others of letters.
        $inside = [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($value)
        $typed = if ($value -cmatch '^[A-Za-z0-9._=-]+$') { $value } else { "'$inside'" }
        $tip = if ($about) { $about } else { $value }
        [System.Management.Automation.CompletionResult]::new($typed, $value, 'ParameterValue', $tip)
    }
}
"""

_SCRIPTS: Final = dict(zip(SHELLS, (_BASH, _ZSH, _FISH, _POWERSHELL), strict=True))


@command(
    "completion",
    examples=(
        "source <(vsms completion bash)",
        "source <(vsms completion zsh)",
        "vsms completion fish | source",
        "vsms completion powershell | Out-String | Invoke-Expression",
    ),
    rows=False,
    checked=False,
)
def app(
    run: Runtime,
    *,
    shell: Annotated[str, typer.Argument(metavar="SHELL", help=f"{', '.join(SHELLS)}.")],
) -> ExitCode:
    """Print the script that completes commands, options, ids, countries, services and profiles with Tab.

    It reads what vsms left in its cache directory: neither the network nor the keyring is asked. Order ids are
    those of the last `vsms orders list`.
    """
    if shell not in _SCRIPTS:
        raise unknown_word("shell", shell, _SCRIPTS)
    run.streams.out.write(_SCRIPTS[shell])
    return ExitCode.OK
