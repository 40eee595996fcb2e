using System.CommandLine;

namespace WebLab.Remote.Verbs;

/// <summary><c>completion bash</c>: verbs and options by the tab key.</summary>
internal static class CompletionVerb
{
    // System.CommandLine answers [suggest:POSITION] itself, with what could stand there.
    private const string Bash = """
        _weblab_remote() {
          local line=${COMP_LINE#*remote }
          local at=$((COMP_POINT - ${#COMP_LINE} + ${#line}))
          mapfile -t COMPREPLY < <(weblab_remote "[suggest:$at]" "$line" 2>/dev/null | grep -F -- "${COMP_WORDS[COMP_CWORD]}")
        }
        weblab_remote() { PROGRAM "$@"; }
        complete -F _weblab_remote -o default weblab-remote
        _weblab_lab() { [ "${COMP_WORDS[1]}" = remote ] && _weblab_remote; }
        complete -F _weblab_lab -o default lab ./lab
        """;

    public static Command Make(Terminal terminal)
    {
        var bash = new Command("bash", "For bash; put  source <(./lab remote completion bash)  into ~/.bashrc.");
        bash.SetAction(_ => terminal.Output.WriteLine(Bash.Replace("PROGRAM", $"dotnet '{typeof(CompletionVerb).Assembly.Location}'", StringComparison.Ordinal)));
        return new Command("completion", "Completion of verbs and options by the tab key.") { bash };
    }
}
