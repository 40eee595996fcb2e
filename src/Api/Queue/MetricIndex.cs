using System.Buffers.Binary;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Queue;

/// <summary>One point of a metric.</summary>
/// <param name="Seconds">Since the run was created.</param>
public readonly record struct MetricPoint(int Step, int Epoch, int Seconds, float Value)
{
    /// <summary>Bytes of one point in a chunk.</summary>
    public const int Size = 16;

    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to, Step);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], Epoch);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], Seconds);
        BinaryPrimitives.WriteSingleLittleEndian(to[12..], Value);
    }

    public static MetricPoint Read(ReadOnlySpan<byte> from) => new(BinaryPrimitives.ReadInt32LittleEndian(from),
        BinaryPrimitives.ReadInt32LittleEndian(from[4..]), BinaryPrimitives.ReadInt32LittleEndian(from[8..]), BinaryPrimitives.ReadSingleLittleEndian(from[12..]));

    /// <summary>All points of a chunk in order.</summary>
    public static IEnumerable<MetricPoint> ReadAll(byte[] chunk)
    {
        for (var at = 0; at + Size <= chunk.Length; at += Size) yield return Read(chunk.AsSpan(at, Size));
    }
}

/// <summary>Gathers the points of one batch of events and appends them to the chunks of their series.</summary>
internal sealed class MetricIndex(LabContext context, Run run)
{
    private readonly Dictionary<string, List<MetricPoint>> _fresh = [];

    public void Add(IReadOnlyDictionary<string, double> values, long step, int epoch, DateTimeOffset at)
    {
        var seconds = (int)Math.Clamp((at - run.CreatedAt).TotalSeconds, 0, int.MaxValue);
        foreach (var (key, value) in values)
        {
            if (!_fresh.TryGetValue(key, out var points)) _fresh[key] = points = [];
            points.Add(new MetricPoint((int)Math.Min(step, int.MaxValue), epoch, seconds, (float)value));
        }
    }

    public void Flush()
    {
        var known = context.MetricSeries.Where(s => s.RunId == run.Id).ToDictionary(s => s.Key);
        foreach (var key in _fresh.Keys.Where(k => !known.ContainsKey(k)))
            context.MetricSeries.Add(known[key] = new MetricSeries { RunId = run.Id, Key = key });
        context.SaveChanges(); // chunks need the ids of new series
        foreach (var (key, points) in _fresh) Append(known[key], points);
        _fresh.Clear();
    }

    private void Append(MetricSeries series, List<MetricPoint> points)
    {
        var at = 0;
        while (at < points.Count)
        {
            var number = series.Count / MetricChunk.MaxPoints;
            var room = MetricChunk.MaxPoints - series.Count % MetricChunk.MaxPoints;
            var part = points.GetRange(at, Math.Min(room, points.Count - at));
            var chunk = room < MetricChunk.MaxPoints ? context.MetricChunks.Find(series.Id, number) : null;
            if (chunk is null)
                context.MetricChunks.Add(chunk = new MetricChunk { SeriesId = series.Id, Number = number, FirstStep = part[0].Step, Points = [] });
            var bytes = new byte[chunk.Points.Length + part.Count * MetricPoint.Size];
            chunk.Points.CopyTo(bytes, 0);
            for (var i = 0; i < part.Count; i++) part[i].Write(bytes.AsSpan(chunk.Points.Length + i * MetricPoint.Size));
            (chunk.Points, chunk.Count, chunk.LastStep) = (bytes, bytes.Length / MetricPoint.Size, part[^1].Step);
            series.Count += part.Count;
            at += part.Count;
        }
        series.LastStep = points[^1].Step;
        series.Last = Finite(points[^1].Value);
        foreach (var value in points.Select(p => Finite(p.Value)).OfType<double>())
        {
            series.Min = Math.Min(series.Min ?? value, value);
            series.Max = Math.Max(series.Max ?? value, value);
        }
    }

    private static double? Finite(float value) => float.IsFinite(value) ? value : null;
}
