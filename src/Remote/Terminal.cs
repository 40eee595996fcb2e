using System.Text;

namespace WebLab.Remote;

/// <summary>Where a verb reads and writes; news for people go to <see cref="Errors"/> where the output is for scripts.</summary>
internal sealed record Terminal(TextReader Input, TextWriter Output, TextWriter Errors, TimeProvider Time)
{
    public static Terminal Own() => new(Console.In, Console.Out, Console.Error, TimeProvider.System);

    /// <summary>Reads a line that nobody shall see: without echo from a keyboard, whole from a pipe.</summary>
    public string ReadSecret(string question)
    {
        if (Console.IsInputRedirected || Input != Console.In) return Input.ReadLine()?.Trim() ?? "";
        Errors.Write(question);
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
            if (key.Key == ConsoleKey.Backspace) typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar)) typed.Append(key.KeyChar);
        Errors.WriteLine();
        return typed.ToString().Trim();
    }
}
