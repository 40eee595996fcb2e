namespace WebLab.Web.Parts;

/// <summary>Which colour and mark a run has among others: drawn from its id, so that it keeps them when others come and go.</summary>
public static class RunSeats
{
    /// <summary>Seven colours and six marks: 42 runs can be told apart.</summary>
    public const int Seats = 42;

    /// <summary>A seat for each id, each once. Only runs that want the same seat move on.</summary>
    public static IReadOnlyList<int> Of(IReadOnlyList<string> ids)
    {
        var (taken, colours, marks) = (new HashSet<int>(), new HashSet<int>(), new HashSet<int>());
        return [.. ids.Select(Sit)];

        int Sit(string id)
        {
            var seat = Wanted(id);
            // As long as there is a colour or a mark that nobody wears, nobody shares one.
            bool Free() => !taken.Contains(seat) && (colours.Count == Colours || !colours.Contains(seat % Colours)) && (marks.Count == Marks || !marks.Contains(seat % Marks));
            for (var k = 0; k < Seats && !Free(); k++) seat = (seat + 1) % Seats;
            taken.Add(seat);
            colours.Add(seat % Colours);
            marks.Add(seat % Marks);
            return seat;
        }
    }

    private const int Colours = 7, Marks = 6;

    // FNV-1a: the same in every process, unlike string.GetHashCode.
    private static int Wanted(string id)
    {
        var hash = 2166136261u;
        foreach (var letter in id) hash = (hash ^ letter) * 16777619u;
        return (int)(hash % Seats);
    }
}
