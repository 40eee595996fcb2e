using WebLab.Engine.Attacks;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;

namespace WebLab.Web.Evaluations;

public enum RowState
{
    Waiting,
    Working,
    Done,
}

/// <summary>One step of the way down from all images to those that stand everything.</summary>
/// <param name="Number">0: clean accuracy; then the attacks in their order.</param>
/// <param name="Name">Short name in files; absent before the attack has begun.</param>
/// <param name="Given">Images that it may take.</param>
/// <param name="Broke">Of these, those that it took.</param>
/// <param name="News">Of these, those that no attack before it took; absent while it is not known.</param>
/// <param name="Left">Images that stand everything so far, of all; of those looked at so far while clean accuracy is measured.</param>
/// <param name="Before">Share that stood before this row.</param>
public sealed record WaterfallRow(int Number, string? Name, RowState State, long? Given, long? Broke, long? News, Rated? Left, double Before,
    int Done, int Total, double? Seconds, long? Forward, long? Backward)
{
    /// <summary>Of one image that was looked at.</summary>
    public double? MillisecondsPerImage => Seconds is { } seconds && Done > 0 ? 1000 * seconds / Done : null;
}

/// <summary>Where an evaluation stands, row by row: from its news while it runs, from what became of every image in the end.</summary>
/// <param name="Rows">Clean first.</param>
/// <param name="SecondsLeft">At most, at the pace so far; absent while there is no pace or nothing left.</param>
public sealed record Waterfall(IReadOnlyList<WaterfallRow> Rows, double? SecondsLeft)
{
    /// <param name="battery">The attacks in full, in their order.</param>
    /// <param name="news">Clean, then the attacks that have begun, in their order.</param>
    /// <param name="over">Nothing will come any more.</param>
    /// <param name="statistics">When the evaluation has completed.</param>
    public static Waterfall Of(IReadOnlyList<AttackOptions> battery, IReadOnlyList<AttackResult> news, bool over, EvaluationStatistics? statistics = null)
    {
        var rows = new List<WaterfallRow>();
        var images = statistics?.Images ?? (news.Count > 0 ? news[0].Total : 0);
        var right = news.Count > 0 ? (long)Math.Round(news[0].Accuracy * news[0].Done) : 0;
        var (before, standing) = (1.0, right);
        for (var n = 0; n <= battery.Count; n++)
        {
            var told = n < news.Count ? news[n] : null;
            var state = told is null ? RowState.Waiting : told.Done >= told.Total || n + 1 < news.Count ? RowState.Done : RowState.Working;
            var row = new WaterfallRow(n, told?.Attack, state, null, null, null, null, before, told?.Done ?? 0, told?.Total ?? images, told?.Seconds, told?.Forward, told?.Backward);
            if (statistics is not null) row = Known(row, statistics);
            else if (told is not null && n == 0) row = row with { Left = Rated.Of(right, told.Done), Given = told.Done, Broke = told.Done - right };
            else if (told is not null) row = Told(row, told, images, ref standing);
            rows.Add(row);
            // The next attack begins where this one is; one that was tried on all images may leave more than the one before.
            if (row.Left is { } left) before = Math.Min(before, left.Accuracy);
        }

        return new Waterfall(rows, over || statistics is not null ? null : Rest(battery, rows, images, standing));
    }

    private static WaterfallRow Known(WaterfallRow row, EvaluationStatistics s)
    {
        if (row.Number == 0) return row with { State = RowState.Done, Left = s.Clean, Given = s.Images, Broke = s.Images - s.Clean.Right, News = s.Images - s.Clean.Right };
        var share = s.Attacks.ElementAtOrDefault(row.Number - 1);
        return share is null ? row : row with { Name = share.Name, State = RowState.Done, Given = share.Tried, Broke = share.Broke, News = share.News, Left = share.Left };
    }

    // News tell the share of all images that is left: in a cascade after this attack and all before it, else after this one alone.
    private static WaterfallRow Told(WaterfallRow row, AttackResult told, int images, ref long standing)
    {
        var left = (long)Math.Round(told.Accuracy * images);
        standing = Math.Min(standing, left);
        return row with { Given = told.Total, Broke = told.Total - left, Left = Rated.Of(left, images) };
    }

    private static double? Rest(IReadOnlyList<AttackOptions> battery, List<WaterfallRow> rows, int images, long standing)
    {
        // A backward pass takes about twice as long as a forward pass.
        var (work, seconds) = (rows.Sum(r => (r.Forward ?? 0) + 2.0 * (r.Backward ?? 0)), rows.Sum(r => r.Seconds ?? 0));
        if (work <= 0 || seconds <= 0) return null;
        var left = 0.0;
        foreach (var row in rows.Where(r => r.State != RowState.Done))
            if (row is { State: RowState.Working, Done: > 0, Seconds: { } spent }) left += spent / row.Done * (row.Total - row.Done);
            else if (row.Number > 0) left += battery[row.Number - 1].Effort() is var e ? Math.Min(images, standing) * (e.Forward + 2 * e.Backward) * seconds / work : 0;
        return left > 0 ? left : null;
    }
}
